"""Drift over time."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from core.drift.detect import detect_drift
from core.drift.series import chunks_of, drift_over_time
from core.errors import DataVersionError
from tests.core.drift.test_detect import STRANGE


def month(seed: int, *, shift: float = 0.0, women: float = 0.5, rows: int = 200) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    sex = np.where(random.random(rows) < women, "f", "m")
    return {"phq9": random.normal(9 + shift, 4, rows), "sex": sex.tolist()}


def months(number: int, **since: float) -> dict[str, dict[str, Any]]:
    """Return months of which the later half has another level."""
    later = {n: since if n >= number // 2 else {} for n in range(number)}
    return {f"month {n:02}": month(n, **later[n]) for n in range(number)}  # type: ignore[arg-type]


def test_the_month_in_which_a_column_changed_is_found() -> None:
    found = drift_over_time(month(99, rows=2000), months(12, shift=2.0))
    assert found.drifted["phq9"][6:] == (True,) * 6
    assert sum(found.drifted["phq9"][:6]) <= 1  # of all that is found, one in twenty may be luck
    changes = {(c.column, c.signal, c.method): c for c in found.change_points}
    assert [*changes] == [("phq9", "mean", "page_hinkley"), ("phq9", "mean", "adwin")]
    for change in changes.values():
        assert change.since == "month 06"
        assert (change.before, change.after) == pytest.approx((9, 11), abs=0.3)


def test_the_month_in_which_a_share_changed_is_found() -> None:
    found = drift_over_time(month(99, rows=2000), months(12, women=0.8))
    found_by = {(c.signal, c.method): c.since for c in found.change_points}
    assert {signal for signal, _ in found_by} == {"share of 'f'", "share of 'm'"}
    assert set(found_by.values()) == {"month 06"}
    assert {change.column for change in found.change_points} == {"sex"}


def test_missing_and_new_values_are_followed_too() -> None:
    parts: dict[str, Any] = {n: {"x": ["a", "b"] * 100} for n in "123"}
    parts |= {n: {"x": ["a", "b", "c", None] * 50} for n in "4567"}
    found = drift_over_time(parts["1"], parts)
    assert {("missing", "4"), ("new values", "4")} <= {
        (c.signal, c.since) for c in found.change_points
    }


def test_the_effect_is_that_of_two_tables() -> None:
    parts = months(3, shift=1.0)
    found = drift_over_time(month(99), parts)
    for place, part in enumerate(parts.values()):
        report = detect_drift(month(99), part)
        assert {n: effects[place] for n, effects in found.effects.items()} == report.feature_drifts


@pytest.mark.parametrize("rows", [50, 400])
def test_a_long_series_without_drift_is_hardly_ever_a_false_alarm(rows: int) -> None:
    alarms = changes = 0
    for seed in range(25):
        parts = {str(n): month(1000 * seed + n, rows=rows) for n in range(12)}
        found = drift_over_time(month(seed + 50_000, rows=1000), parts)
        alarms += found.drift_detected
        changes += bool(found.change_points)
    assert alarms <= 4  # one in twenty: 5 of 25 have a probability below 0.01
    assert changes <= 1


def test_the_table_has_a_row_for_each_column_and_time() -> None:
    found = drift_over_time({"x": [1.0, 2.0], "y": [1, 2]}, {"a": {"x": [1.0, 2.0]}})
    assert found.to_table().to_pylist() == [
        {"column": "x", "time": "a", "rows": 2, "effect": 0.0, "drifted": False},
        {"column": "y", "time": "a", "rows": 2, "effect": None, "drifted": False},
    ]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["effects"]["y"] == ["NaN"]


@pytest.mark.parametrize("strange", range(len(STRANGE)))
def test_no_values_raise_an_error(strange: int) -> None:
    parts = {str(n): pa.table({"x": values}) for n, values in enumerate(STRANGE)}
    parts |= {"none": pa.table({"x": STRANGE[strange]}).slice(0, 0), "other": pa.table({"z": [1]})}
    found = drift_over_time({"x": STRANGE[strange]}, parts)
    json.dumps(found.to_dict(), allow_nan=False)
    for effect in found.effects["x"]:
        assert math.isnan(effect) or 0 <= effect <= 1
    assert drift_over_time(pa.table({"x": STRANGE[strange]}).slice(0, 0), parts).reference_rows == 0


def test_a_table_is_cut_by_the_calendar() -> None:
    days = pa.array([19_753 * 24 + 23, 19_754 * 24, None], pa.int64())  # hours since 1970
    table = pa.table({"at": pc.multiply(days, 3600).cast(pa.timestamp("s")), "x": [1, 2, 3]})
    for every, starts in (
        ("1mo", ["2024-01-01", "2024-02-01"]),
        ("1w", ["2024-01-29"]),
        ("1d", ["2024-01-31", "2024-02-01"]),
        ("1q", ["2024-01-01"]),
    ):
        cut = chunks_of(table, "at", every=every)
        assert ([*cut.parts], cut.undated) == (starts, 1)
        assert sum(part.num_rows for part in cut.parts.values()) == 2


def test_times_with_a_zone_are_cut_by_its_calendar() -> None:
    times = pa.array([dt.datetime(2024, 1, 31, 23, 30, tzinfo=dt.UTC)])
    table = pa.table({"at": times.cast(pa.timestamp("us", "Europe/Berlin"))})
    assert [*chunks_of(table, "at", every="1mo").parts] == ["2024-02-01"]
    found = drift_over_time(table, chunks_of(table, "at"))
    assert (found.times, found.undated) == (("2024-02-01",), 0)


@pytest.mark.parametrize(
    ("column", "every", "message"),
    [("at", "1month", "no length"), ("on", "1mo", "no column"), ("x", "1mo", "not a date")],
)
def test_what_cannot_be_cut_is_refused(column: str, every: str, message: str) -> None:
    with pytest.raises(DataVersionError, match=message):
        chunks_of({"at": [dt.date(2024, 1, 1)], "x": ["1 May"]}, column, every=every)
