"""Drift that a table as a whole hides."""

from __future__ import annotations

import json

import numpy as np

from core.drift.detect import detect_drift
from core.drift.findings import Subgroup, SubgroupDrift
from core.drift.report import DriftReport


def people(rows: int, *, seed: int, women: float = 0.5, shift: float = 0.0) -> dict[str, object]:
    """Draw people, of whom men score less by what women score more."""
    random = np.random.default_rng(seed)
    sex = np.where(random.random(rows) < women, "f", "m")
    score = random.normal(size=rows) + np.where(sex == "f", shift, -shift)
    return {"sex": sex.tolist(), "score": score, "noise": random.normal(size=rows)}


def compared(first: object, second: object, by: str = "sex") -> SubgroupDrift:
    found = detect_drift(first, second, by=by).subgroups
    assert found is not None
    return found


def test_drift_that_cancels_out_in_the_whole_is_seen_in_the_subgroups() -> None:
    report = detect_drift(people(1000, seed=1), people(1000, seed=2, shift=0.3), by="sex")
    assert report.drifted_columns == ()
    assert report.drift_detected
    assert report.subgroups is not None
    found = {group.name: group.drifted_columns for group in report.subgroups.groups}
    assert found == {"f": ("score",), "m": ("score",)}
    assert "sex 'f': score drifted within this subgroup." in " ".join(report.recommendations)
    assert DriftReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_another_mix_is_not_drift_within_the_subgroups() -> None:
    found = compared(people(1000, seed=1), people(1000, seed=2, women=0.8))
    assert found.mix_drifted
    assert found.mix["chi2"]["drifted"] is True
    assert [group.drifted_columns for group in found.groups] == [(), ()]


def test_each_subgroup_is_compared_as_a_table_of_its_own() -> None:
    first, second = people(400, seed=1), people(300, seed=2, shift=1.0)
    women = [
        {name: np.array(values)[np.array(side["sex"]) == "f"] for name, values in side.items()}
        for side in (first, second)
    ]
    alone = detect_drift(women[0], women[1], columns=["score", "noise"])
    (found,) = [group for group in compared(first, second).groups if group.name == "f"]
    assert found.feature_drifts == alone.feature_drifts
    assert (found.reference_rows, found.current_rows) == (alone.reference_rows, alone.current_rows)
    ks = found.tests["score"]["ks"]
    assert ks["p_value"] == alone.statistical_tests["score"]["ks"]["p_value"]
    assert (ks["p_adjusted"] or 0) > (alone.statistical_tests["score"]["ks"]["p_adjusted"] or 1)


def test_small_subgroups_are_named_and_not_tested() -> None:
    first = {"site": ["a"] * 100 + ["b"] * 19 + [None] * 30, "x": [*range(149)]}
    found = compared(first, first, "site")
    assert [(group.name, group.tested) for group in found.groups] == [
        ("a", True),
        ("missing", True),
        ("b", False),
    ]
    assert found.groups[2] == Subgroup(name="b", reference_rows=19, current_rows=19, tested=False)
    assert found.notes == ("1 of 3 subgroups have fewer than 20 rows in a table.",)


def test_numbers_and_flags_make_subgroups_too() -> None:
    first = {"code": [1, 2, None] * 40, "flag": [True, False, True] * 40, "x": [*range(120)]}
    assert {g.name for g in compared(first, first, "code").groups} == {"1", "2", "missing"}
    assert {g.name for g in compared(first, first, "flag").groups} == {"true", "false"}


def test_columns_that_make_no_subgroups_are_said() -> None:
    first = {"age": np.arange(200.0), "x": [1] * 200}
    assert compared(first, first, "age").notes == (
        "age makes no subgroups: its values are not the same few in both tables.",
    )
    assert compared(first, {"x": [1] * 200}, "age").notes == (
        "age is in one of the tables only: there are no subgroups to compare.",
    )


def test_without_drift_subgroups_hardly_ever_drift() -> None:
    found = [compared(people(600, seed=n), people(120, seed=n + 1000)).drifted for n in range(80)]
    assert sum(found) <= 4  # a hundredth: 5 of 80 have a probability below 0.002
