"""Charts of an analysis as files: the same specs as in its report, as SVG and PNG."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from core.charts.export import to_png, to_svg
from core.eda.figures import (
    association_chart,
    box_chart,
    column_chart,
    correlation_chart,
    importance_chart,
    missing_chart,
    pair_charts,
    together_chart,
)
from core.eda.target_section import information_chart
from lake.exported_file import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.charts.theme import Spec
    from core.eda.report import EDAReport
    from core.eda.table import Data

_LONGEST: Final = 60  # characters of a column's name in a file's


def draw(data: Data, report: EDAReport, folder: Path, *, scale: float = 2) -> list[str]:
    """Write every chart of a table into a folder and return the paths. Raises StoreError."""
    paths = []
    for number, (name, spec) in enumerate(charts(data, report), 1):
        stem = folder / f"{number:02d}-{file_name(name)}"
        for suffix, content in (
            (".svg", to_svg(spec).encode()),
            (".png", to_png(spec, scale=scale)),
        ):
            path = stem.with_name(stem.name + suffix)
            write_file(path, content)
            paths.append(str(path))
    return paths


def charts(data: Data, report: EDAReport) -> Iterator[tuple[str, Spec]]:
    """Yield the charts of a table with a name each; a kind there is nothing to draw of is not."""
    whole = {
        "boxes": box_chart(report.columns),
        "correlations": correlation_chart(report.associations),
        "associations": association_chart(report.associations),
        "missing values": missing_chart(report),
        "missing together": together_chart(report),
    }
    if report.target is not None:
        name = report.target.column
        whole[f"what tells of {name}"] = information_chart(report.target)
        whole[f"importance for {name}"] = importance_chart(report.target)
    yield from ((name, spec) for name, spec in whole.items() if spec is not None)
    pairs = pair_charts(data, report.associations)
    yield from ((f"pair {place}", spec) for place, spec in enumerate(pairs, 1))
    for summary in report.columns:
        spec = column_chart(summary)
        if spec is not None:
            yield f"column {summary.name}", spec


def file_name(text: str) -> str:
    """Return a name that every file system takes.

    >>> file_name("column Größe/cm"), file_name("..")
    ('column-Gr-e-cm', 'chart')
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:_LONGEST] or "chart"
