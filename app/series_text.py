"""Drift over time, for people at a terminal and for pipes."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Final

from app.cli_output import at_terminal, printable, say, say_table
from app.wording import counted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.drift_files import ReportFiles
    from core.drift.series import DriftSeries
    from core.render.blocks import Document

_DRAWN: Final = 30  # times that fit a line of a terminal
_SHADES: Final = ".:-=+*#"  # by sixths of the largest effect


def hand_over_series(series: DriftSeries, files: ReportFiles) -> None:
    """Write the files asked for, and print the series unless its JSON was printed."""

    def document() -> Document:
        from core.drift.series_document import series_document  # with charts, which few need

        return series_document(series)

    if not files.write(series, document):
        say_series(series, terminal=at_terminal())


def say_series(series: DriftSeries, *, terminal: bool) -> None:
    """Print the verdict, what drifted when, and since when levels are others."""
    say(f"{counted(len(series.times), 'table')} compared with {printable(series.reference)}")
    rows = f"{series.reference_rows:,} rows, then {sum(series.rows):,}"
    say(f"{rows}, {counted(len(series.effects), 'column')} compared")
    if series.undated:
        say(f"{counted(series.undated, 'row')} without a time left out")
    drifted = series.drifted_columns
    said = f"{counted(len(drifted), 'column')} drifted; score {series.drift_score:.3f} of 1 at most"
    say(f"Drift: {said}." if drifted else "No drift.")
    if series.report_id:
        say(f"report {series.report_id}")
    if drifted:
        say()
        sys.stdout.flush()
        headers = ["column", "first", "times", "effect at most"]
        strip = terminal and len(series.times) <= _DRAWN
        lines = [_line(series, name, terminal) for name in drifted]
        if strip:
            headers.append("over time")
            drawn = [_drawn(series, name) for name in drifted]
            lines = [(*line, text) for line, text in zip(lines, drawn, strict=True)]
        say_table(headers, lines)
    points = [*dict.fromkeys(_points(series))]
    if points:
        say()
        sys.stdout.flush()
        say_table(("column", "level of", "since", "before", "after"), points)


def _line(series: DriftSeries, name: str, terminal: bool) -> tuple[object, ...]:
    effect = series.largest_effects[name]
    at = [time for time, drift in zip(series.times, series.drifted[name], strict=True) if drift]
    compared = sum(not math.isnan(each) for each in series.effects[name])
    return (name, at[0], f"{len(at)}/{compared}", f"{effect:.1%}" if terminal else effect)


def _drawn(series: DriftSeries, name: str) -> str:
    """Draw a mark for each time: darker for more, ! for drift, nothing where it is not there."""
    largest = max(series.largest_effects.values()) or 1.0
    marks = []
    for effect, drifted in zip(series.effects[name], series.drifted[name], strict=True):
        if math.isnan(effect):
            marks.append(" ")
        else:
            marks.append("!" if drifted else _SHADES[round(effect / largest * (len(_SHADES) - 1))])
    return "".join(marks)


def _points(series: DriftSeries) -> Iterator[tuple[str, str, str, str, str]]:
    for point in series.change_points:
        levels = (point.before, point.after)
        mean = point.signal == "mean"
        before, after = (number(each) if mean else f"{each:.1%}" for each in levels)
        yield point.column, point.signal, point.since, before, after
