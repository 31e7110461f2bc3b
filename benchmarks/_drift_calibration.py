"""How often tables without any drift are called drifted, at four sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.drift.detect import detect_drift

if TYPE_CHECKING:
    from benchmarks._measure import Report

SIZES: Final = ((50, 1100), (100, 5000), (1000, 5000), (100_000, 100_000))  # current, reference
_OF_COLUMNS: Final = 7.0  # per cent, at most
_OF_TABLES: Final = 5.0


def draw_table(random: np.random.Generator, rows: int) -> dict[str, Any]:
    """Draw a table: normal, skewed and partly missing numbers, codes and names."""
    return {
        "number": random.normal(size=rows),
        "skewed": random.lognormal(size=rows),
        "code": random.integers(0, 4, rows),
        "site": random.choice(list("abcde"), rows),
        "half": np.where(random.random(rows) < 0.3, np.nan, random.normal(size=rows)),
    }


def count_false_alarms(current: int, reference: int, comparisons: int) -> tuple[int, int]:
    """Compare tables of one population: how many columns, and how many tables, are called drifted.

    The first comparisons are the same whatever their number.
    """
    random = np.random.default_rng([current, reference])
    columns = tables = 0
    for _ in range(comparisons):
        first, second = (draw_table(random, rows) for rows in (reference, current))
        report = detect_drift(first, second)
        columns += len(report.drifted_columns)
        tables += report.drift_detected
    return columns, tables


def measure_calibration(report: Report, comparisons: int) -> None:
    """Say of each size how many columns and tables without drift are called drifted."""
    report.begin(f"false alarms, {comparisons} comparisons of each size", "5 columns, no drift")
    columns_of_a_table = len(draw_table(np.random.default_rng(1), 1))
    for current, reference in SIZES:
        columns, tables = count_false_alarms(current, reference, comparisons)
        size = f"{current:,} rows with {reference:,}"
        each = 100 * columns / (comparisons * columns_of_a_table)
        note = f"{columns} of {comparisons * columns_of_a_table}"
        what = f"% of columns, {size}"
        report.add(f"columns {size}", what, each, "count", at_most=_OF_COLUMNS, note=note)
        each, note = 100 * tables / comparisons, f"{tables} of {comparisons}"
        what = f"% of tables, {size}"
        report.add(f"tables {size}", what, each, "count", at_most=_OF_TABLES, note=note)
