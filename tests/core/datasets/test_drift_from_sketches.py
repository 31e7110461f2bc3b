"""Versions are compared by their sketches as they would be by their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from core.errors import DataVersionError
from core.profile.distribution import SKETCH_BINS
from lake.objects import object_key

if TYPE_CHECKING:
    from core import Workbench
    from core.drift.report import DriftReport

ROWS = 20_000
MANY = {"site", "only"}  # more values than a sketch lists


def drawn(rows: int, *, shift: float = 0.0, seed: int = 0) -> dict[str, Any]:
    """Columns of many shapes; a part of what is drawn moves by `shift`."""
    random = np.random.default_rng([rows, seed])
    names = np.array([f"site {n:03}" for n in range(1000)])
    return {
        "normal": random.normal(shift, 1, rows),
        "skewed": random.lognormal(shift, 1.5, rows),
        "zeros": np.where(random.random(rows) < 0.6 + shift / 5, 0.0, random.exponential(2, rows)),
        "rounded": random.normal(120 + 15 * shift, 15, rows).round(),
        "cents": random.gamma(2 + shift, 3, rows).round(2),
        "half": np.where(random.random(rows) < 0.3 + shift / 5, np.nan, random.normal(size=rows)),
        "odd": np.append(random.standard_cauchy(rows - 2), [np.inf, -np.inf]),
        "code": random.integers(0, 5, rows) ** (2 if shift else 1),
        "sex": random.choice(["f", "m"], rows, p=[0.5 + shift / 4, 0.5 - shift / 4]),
        "old": random.random(rows) < 0.2 + shift / 4,
        "site": names[
            (random.gamma(2, 40, rows) + 100 * (shift >= 0.2) * shift).astype(int) % 1000
        ],
        "only": names[random.integers(0, 1000, rows)] if not shift else ["one"] * rows,
        "still": random.normal(size=rows),
    }


def compared(workbench: Workbench, shift: float) -> tuple[DriftReport, DriftReport]:
    before = workbench.datasets.register_dataset(pa.table(drawn(ROWS)), "before", "drawn")
    table = pa.table(drawn(ROWS - 3000, shift=shift, seed=1))
    after = workbench.datasets.register_dataset(table, "after", "drawn")
    ids = before.version_id, after.version_id
    exact = workbench.datasets.detect_drift(*ids, store=False)
    sketched = workbench.datasets.detect_drift(*ids, method="sketch", store=False)
    assert (exact.method, sketched.method) == ("exact", "sketch")
    return exact, sketched


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.2, 0.5, 1.5])
def test_sketches_give_the_verdicts_of_all_values(workbench: Workbench, shift: float) -> None:
    exact, sketched = compared(workbench, shift)
    assert set(sketched.drifted_columns) == set(exact.drifted_columns)
    assert sketched.drift_score == pytest.approx(exact.drift_score, abs=2 / SKETCH_BINS)
    for column, tests in exact.statistical_tests.items():
        found = sketched.statistical_tests[column]
        assert found.keys() == tests.keys()
        for name, expected in tests.items():
            if column in MANY and name.endswith("_categories"):
                continue  # those it does not list may be new or not: the sketch does not say
            assert found[name]["drifted"] == expected["drifted"], (column, name)


def number(report: DriftReport, column: str, test: str) -> float:
    return float(report.statistical_tests[column][test]["statistic"] or 0.0)


@pytest.mark.parametrize("shift", [0.0, 0.2, 1.5])
def test_sketches_are_wrong_by_no_more_than_they_say(workbench: Workbench, shift: float) -> None:
    exact, sketched = compared(workbench, shift)
    numbers = [name for name, tests in exact.statistical_tests.items() if "ks" in tests]
    assert len(numbers) == 8
    for column in numbers:
        for test in ("ks", "mann_whitney", "range", "js", "psi"):
            expected = pytest.approx(number(exact, column, test), abs=1 / SKETCH_BINS, rel=0.01)
            assert number(sketched, column, test) == expected, (column, test)
        distance = number(exact, column, "wasserstein")
        assert number(sketched, column, "wasserstein") == pytest.approx(distance, rel=0.1, abs=0.01)


def test_what_sketches_hold_whole_is_exact(workbench: Workbench) -> None:
    exact, sketched = compared(workbench, 0.2)
    for column in ("code", "sex", "old", "rounded"):
        for test in exact.statistical_tests[column]:
            found, expected = number(sketched, column, test), number(exact, column, test)
            assert found == pytest.approx(expected, rel=1e-9), (column, test)
    for column in exact.statistical_tests:
        missing = number(exact, column, "missing_share")
        assert number(sketched, column, "missing_share") == missing


def test_sketches_need_no_rows(workbench: Workbench) -> None:
    versions = [
        workbench.datasets.register_dataset(pa.table(drawn(500, shift=shift)), "drawn", "drawn")
        for shift in (0.0, 1.0)
    ]
    for version in versions:
        for part in workbench.datasets._versions.stored(version)[1].parts:
            workbench.lake.store.delete(*(object_key(piece.object) for piece in part.pieces))
    report = workbench.datasets.detect_drift("drawn@v1", "drawn@v2", method="sketch")
    assert "normal" in report.drifted_columns
    stored = workbench.datasets.detect_drift("drawn@v1", "drawn@v2", method="sketch")
    assert stored.report_id == report.report_id


def test_a_version_is_compared_with_a_frame_by_sketches(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(pa.table(drawn(500)), "drawn", "drawn")
    report = workbench.datasets.detect_drift("drawn", drawn(400, shift=2.0), method="sketch")
    assert (report.method, report.current_rows) == ("sketch", 400)
    assert "skewed" in report.drifted_columns


def test_what_sketches_cannot_say_is_refused(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(pa.table(drawn(500)), "drawn", "drawn")
    with pytest.raises(DataVersionError, match="nothing of correlations"):
        workbench.datasets.detect_drift("drawn", "drawn", method="sketch", correlations=True)
    with pytest.raises(DataVersionError, match="no method 'fast'"):
        workbench.datasets.detect_drift("drawn", "drawn", method="fast")  # type: ignore[arg-type]
