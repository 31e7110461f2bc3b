"""What differs between runs, as lines of a table: a label, and a text for each run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from app.wording import number, param_text, span
from catalog.direction import lower_is_better

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

BEST: Final = "★"
NOT_SET: Final = "not set"


def difference_rows(
    table: pa.Table, *, baseline: int | None = None, least: int = 0, first: str | None = None
) -> list[tuple[str, list[str]]]:
    """Return the lines of a comparison made by `RunBoard.compare`, without what is the same in all.

    With the place of a baseline, values of metrics tell how far they are from it, and the best are
    marked. With `least`, what fewer runs have is left out, and what is the same in all that have
    it. The metric `first` comes before others.
    """
    rows: list[tuple[str, list[str]]] = []
    leading = (f"metrics.{first}", f"metrics.{first}.best")
    labels = sorted(table.column_names, key=lambda label: _rank(label, leading))
    for label in labels:
        values: list[Any] = table.column(label).to_pylist()
        known = [value for value in values if value is not None]
        if least and (len(known) < least or len(set(known)) == 1):
            continue
        kind, _, name = label.partition(".")
        if label == "duration":
            rows.append(("duration", [span(value) for value in values]))
        elif kind in ("params", "tags") and len(set(values)) > 1:
            said = name if kind == "params" else f"tag {name}"
            rows.append((said, [_said(kind, name, value) for value in values]))
        elif kind == "metrics" and not name.endswith((".min", ".max", ".best_step", ".delta")):
            last = name.removesuffix(".best")
            # the best value says nothing where every run ended with it
            told = last != name and values == table.column(f"metrics.{last}").to_pylist()
            if not told and len({number(value) for value in values}) > 1:
                texts = metric_texts(last, values, baseline=baseline)
                rows.append((name.replace(".best", ", best"), texts))
        elif label in ("status", "experiment_name") and len(set(values)) > 1:
            rows.append((label.replace("_name", ""), values))
    return rows


def _said(kind: str, name: str, value: str | None) -> str:
    if value is None:
        return NOT_SET
    return param_text(name, value) if kind == "params" else value


def _rank(label: str, leading: tuple[str, str]) -> int:
    """Say where a line stands: what runs are, the metric that is asked about, all others."""
    if label in leading:
        return 1
    return 2 if label.startswith(("params.", "tags.", "metrics.")) else 0


def metric_texts(
    metric: str, values: Sequence[float | None], *, baseline: int | None = None
) -> list[str]:
    """Say values of a metric; beside a baseline with their distance from it and a mark at the best.

    >>> metric_texts("auc", [0.7, 0.75, None], baseline=0)
    ['0.7', '★ 0.75 (+0.05)', '-']
    >>> metric_texts("loss", [0.7, 0.75], baseline=1)
    ['★ 0.7 (-0.05)', '0.75']
    """
    if baseline is None:
        return [number(value) for value in values]
    known = [value for value in values if value is not None and math.isfinite(value)]
    best = (min if lower_is_better(metric) else max)(known, default=None)
    start, texts = values[baseline], []
    for place, value in enumerate(values):
        text = number(value)
        if value is not None and start is not None and place != baseline:
            text = f"{text} ({value - start:+.3g})" if value != start else f"{text} (=)"
        texts.append(f"{BEST} {text}" if value == best and len(set(known)) > 1 else text)
    return texts
