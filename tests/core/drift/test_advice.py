"""Each likely cause is named with the figures that speak for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.drift.detect import detect_drift


def advice(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    return detect_drift(before, after).recommendations


def numbers(rows: int, *, seed: int = 0) -> Any:
    return np.random.default_rng([seed, rows]).normal(120, 18, rows)


def test_row_numbers_that_go_on_are_no_drift() -> None:
    before, after = {"person": [*range(1, 1001)]}, {"person": [*range(1001, 2001)]}
    assert not detect_drift(before, after).drift_detected
    measured = (
        {"cells": [7 * n for n in range(1000)]},
        {"cells": [9000 + 7 * n for n in range(1000)]},
    )
    assert detect_drift(*measured).drifted_columns == ("cells",)


def test_a_label_of_the_whole_table_is_told_from_a_new_coding() -> None:
    (text,) = advice({"wave": [8] * 300}, {"wave": [9] * 300})
    assert text.startswith("wave: is '9' in every row and was '8': a label of the whole table")
    (text,) = advice({"sex": ["f", "m"] * 200}, {"sex": ["1", "2"] * 200})
    assert text.startswith("sex: 'f', 'm' gave way to '1', '2'. It may be coded in a new way")


def test_running_numbers_of_groups_are_told_from_a_new_coding() -> None:
    strata = [number % 15 for number in range(600)]
    (text,) = advice({"stratum": [104 + n for n in strata]}, {"stratum": [119 + n for n in strata]})
    assert text.startswith("stratum: the codes 104 to 118 go on as 119 to 133: a running number")
    few = [number % 4 for number in range(600)]
    (text,) = advice({"answer": few}, {"answer": [4 + n for n in few]})
    assert "'0', '1', '2', '3' gave way to '4', '5', '6', '7'" in text


def test_codes_that_became_one_are_named_with_it() -> None:
    before, after = {"reason": ["a", "b", "c", "x"] * 100}, {"reason": ["x", "x", "x", "b"] * 100}
    (text,) = advice(before, after)
    assert text.startswith("reason: 'a', 'c' no longer occur, and 'x' went from 25% to 75%.")
    assert "coded together as 'x'" in text


def test_an_answer_that_is_cut_off_is_told_from_a_group_that_is_gone() -> None:
    before, after = {"children": [0, 1, 2, 3, 4] * 100}, {"children": [0, 1, 2, 3, 3] * 100}
    (text,) = advice(before, after)
    assert text.startswith("children: '4' no longer occurs, beyond '3'. Answers may now be cut off")


def test_readings_of_one_instrument_are_one_cause() -> None:
    before = {f"pressure_{n}": numbers(900, seed=n) for n in (1, 2, 3)}
    after = {name: values + 6 for name, values in before.items()}
    (text,) = advice(before, after)
    names, _, said = text.partition(": ")
    assert sorted(names.split(", ")) == ["pressure_1", "pressure_2", "pressure_3"]
    assert said.startswith("they changed together, so look for one cause. In pressure_")


def test_a_block_that_was_skipped_is_one_cause() -> None:
    before = {f"item{n}": [0, 1, 2, 3] * 200 for n in (1, 2, 3)}
    after = {name: [0, None, 2, None] * 200 for name in before} | {"item3": [0, 1, None, 3] * 200}
    first, second = advice(before, after)
    assert first.startswith("item1, item2: they changed together")
    assert "In item1, 0% were missing and now 50% are. Look for a question that was" in first
    assert second.startswith("item3: 0% were missing and now 25% are.")


def test_what_changed_beside_the_median_is_said() -> None:
    before = np.repeat(np.arange(100.0), 10)
    after = np.where(before > 60, before + 25, before)
    (text,) = advice({"score": before}, {"score": after})
    assert text.startswith("score: 86% of the values were at most 85 and now 61% are.")


def test_codes_for_unknown_and_finer_scales_are_named() -> None:
    hours = np.array([5.0, 6, 6, 7, 7, 7, 8, 8, 9] * 100)
    before, after = np.append(hours, [99.0] * 20), hours + np.tile([0.5, 1.5], 450)
    (text,) = advice({"sleep": before}, {"sleep": after})
    assert "It comes in steps of 0.5" not in text  # as all are half hours
    assert "The code 99 (20 rows) no longer occurs." in text
    finer = np.append(hours, hours + 0.5) + 1
    (text,) = advice({"sleep": hours}, {"sleep": finer})
    assert "It comes in steps of 0.5 and no longer of 1." in text


def test_a_column_that_may_stand_for_another_is_named() -> None:
    hours = np.array([5.0, 6, 6, 7, 7, 7, 8, 8, 9] * 100)
    before = {"SLD010H": hours, "SLQ060": [1, 2] * 450}
    after = {"SLD012": np.where(np.arange(900) % 2, hours, hours + 0.5), "SLQ030": [0, 3] * 450}
    replaced, gone, new = advice(before, after)
    assert replaced.startswith("SLD010H is gone and SLD012 is new, with a median of 7.25 after 7")
    assert "in steps of 0.5 and no longer of 1" in replaced
    assert gone.startswith("Columns are gone: 'SLD010H'; 'SLQ060'.")
    assert new == "Columns are new: 'SLD012'; 'SLQ030'."


def test_columns_of_few_rows_come_last_and_say_so() -> None:
    known = np.arange(2000) < 150
    rare = [np.where(known, np.arange(2000) % 4, np.nan), np.where(known, 3.0, np.nan)]
    before = {"note": rare[0], "age": numbers(2000)}
    first, second = advice(before, {"note": rare[1], "age": numbers(2000) + 9})
    assert first.startswith("age: the median went from")
    assert "among the 150 rows (7.5%) that have it" in second


def test_rare_values_that_chance_brings_are_not_new() -> None:
    random = np.random.default_rng(5)
    brands = [random.zipf(1.3, 900) % 5000 for _ in range(2)]
    first, second = ({"brand": [f"b{n}" for n in brand]} for brand in brands)
    fresh = len({*second["brand"]} - {*first["brand"]})
    assert fresh > 100
    assert not detect_drift(first, second).drift_detected
    replaced = [name.replace("b1", "c1") for name in second["brand"]]
    assert detect_drift(first, {"brand": replaced}).drifted_columns == ("brand",)


def test_a_coded_answer_is_told_as_its_value_and_not_as_a_text() -> None:
    sides = [{"DMDMARTZ": [1] * ones + [3] * (400 - ones)} for ones in (300, 180)]
    (text,) = detect_drift(*sides).recommendations
    assert text.startswith("DMDMARTZ: 25% were 3 and now 55% are.")
    smokes = [{"smokes": ["yes"] * yes + ["no"] * (400 - yes)} for yes in (300, 180)]
    (text,) = detect_drift(*smokes).recommendations
    assert text.startswith("smokes: 25% were 'no' and now 55% are.")
    target = detect_drift(*sides, target="DMDMARTZ").recommendations[-1]
    assert "the target changed: 25.0% were 3 and now 55.0% are." in target
