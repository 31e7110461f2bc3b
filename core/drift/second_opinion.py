"""Evidently's verdict on the columns of a report, beside ours, and why they differ.

It is asked for at most 20,000 rows of each table: one out of each of as many stretches of equal
length, so that the whole of a table that is in some order counts. Columns it cannot compare, or
would take for something else, are not shown to it, and named with the reason.

Evidently calls nobody for this; DO_NOT_TRACK is set all the same, before it is imported.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping  # noqa: TC003 - from_dict reads the fields
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.drift.plain import from_plain, to_plain
from core.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from core.drift.pairs import Pair
    from core.drift.report import DriftReport, TestResult

ROWS: Final = 20_000
_JUDGED: Final = ("type", "missing_share", "new_categories", "lost_categories", "range")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOpinion:
    """What both say of a column. `theirs` is None when Evidently was not asked; `reason` says why
    it was not, or why the verdicts differ.
    """

    ours: bool
    theirs: bool | None
    method: str = ""
    value: float | None = None
    threshold: float | None = None
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """Whether both were asked, and say the same."""
        return self.theirs is not None and self.theirs == self.ours


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """Evidently's verdicts by column; `rows` are those it saw of reference and current table."""

    version: str
    rows: tuple[int, int]
    columns: Mapping[str, ColumnOpinion]

    @property
    def agreement(self) -> tuple[str, ...]:
        """The columns on which both agree."""
        return tuple(name for name, opinion in self.columns.items() if opinion.agrees)

    @property
    def disagreement(self) -> Mapping[str, str]:
        """The columns on which they do not, with the reason."""
        return {
            name: opinion.reason
            for name, opinion in self.columns.items()
            if opinion.theirs is not None and not opinion.agrees
        }

    @property
    def not_asked(self) -> Mapping[str, str]:
        """The columns it was not shown, with the reason."""
        return {n: opinion.reason for n, opinion in self.columns.items() if opinion.theirs is None}

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> SecondOpinion:
        """Make it again of what `to_dict` returned."""
        return from_plain(cls, plain)


def ask_evidently(
    reference: pa.Table, current: pa.Table, report: DriftReport
) -> tuple[SecondOpinion, bytes]:
    """Return Evidently's opinion on the columns of a report, and its own page as HTML.

    Raises MissingExtraError when it is not installed.
    """
    evidently = _evidently()
    names = [name for name in report.feature_drifts if name in reference.column_names]
    kinds, reasons = _kinds(reference, current, names)
    before, after = (_shown(table, kinds) for table in (reference, current))
    found: dict[str, Any] = {}
    page = b""
    if kinds:
        found, page = _run(evidently, before, after, kinds)
    columns = {
        name: _opinion(report.statistical_tests[name], found.get(name), reasons.get(name, ""))
        for name in names
    }
    rows = len(before), len(after)
    return SecondOpinion(version=evidently.__version__, rows=rows, columns=columns), page


def _evidently() -> Any:
    os.environ.setdefault("DO_NOT_TRACK", "1")
    with warnings.catch_warnings():  # what it imports uses what is deprecated
        warnings.simplefilter("ignore")
        try:
            import evidently  # 3 s and 300 MB that only this needs
        except ImportError as error:
            message = "The second opinion needs Evidently, which is not installed."
            hint = "Install it: pip install 'mhras-workbench[evidently]'."
            raise MissingExtraError(message, hint=hint, extra="evidently") from error
    return evidently


def _kinds(
    reference: pa.Table, current: pa.Table, names: list[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return as what each column is shown, and why some are not."""
    from core.drift.columns import pair_of  # with Arrow, as all of this

    kinds: dict[str, str] = {}
    reasons = {}
    for name in names:
        pair = pair_of(reference, current, name)
        reason = _why_not(pair)
        if reason:
            reasons[name] = reason
        else:
            kinds[name] = pair.kind
    return kinds, reasons


def _why_not(pair: Pair) -> str:
    if pair.changed_type:
        return "it compares values of one type only"
    if "nothing" in {pair.reference.family, pair.current.family}:
        return "it cannot read a column without any value"
    if pair.kind not in {"number", "category"}:
        return "identifiers, times and nested values have no distribution to compare"
    return ""


def _shown(table: pa.Table, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return a sample as NumPy's numbers and texts: it cannot read Arrow's or nullable ones."""
    import numpy as np
    import pandas as pd
    import pyarrow.compute as pc

    from core.storable import to_stored

    rows = table.take(_sampled(table.num_rows))
    shown: dict[str, Any] = {}
    for name, kind in kinds.items():
        column = to_stored(rows[name])
        if kind == "number":
            shown[name] = np.asarray(column.cast("double", safe=False).fill_null(float("nan")))
        else:
            texts = pc.cast(column, "large_string").to_pylist()
            shown[name] = np.array([None if t == "nan" else t for t in texts], dtype=object)
    return pd.DataFrame(shown, index=range(rows.num_rows))


def _sampled(rows: int) -> np.ndarray:
    """Return the places of one row out of each stretch, always the same."""
    import numpy as np

    if rows <= ROWS:
        return np.arange(rows)
    edges = np.linspace(0, rows, ROWS + 1)
    inside = np.random.default_rng(rows).random(ROWS)
    return np.minimum((edges[:-1] + inside * np.diff(edges)).astype(np.int64), rows - 1)


def _run(
    evidently: Any, before: pd.DataFrame, after: pd.DataFrame, kinds: Mapping[str, str]
) -> tuple[dict[str, Any], bytes]:
    from evidently.presets import DataDriftPreset

    definition = evidently.DataDefinition(
        numerical_columns=[name for name, kind in kinds.items() if kind == "number"],
        categorical_columns=[name for name, kind in kinds.items() if kind == "category"],
    )
    first, second = (
        evidently.Dataset.from_pandas(frame, data_definition=definition)
        for frame in (before, after)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        snapshot = evidently.Report([DataDriftPreset(columns=[*kinds])]).run(second, first)
        page = snapshot.get_html_str(as_iframe=False).encode()
    metrics = [m for m in snapshot.dict()["metrics"] if "column" in m["config"]]
    return {metric["config"]["column"]: metric for metric in metrics}, page


def _opinion(
    tests: Mapping[str, TestResult], metric: Mapping[str, Any] | None, reason: str
) -> ColumnOpinion:
    judged = {name: test for name, test in tests.items() if test["p_adjusted"] is not None}
    ours = any(test["drifted"] for test in judged.values())
    if metric is None:
        return ColumnOpinion(ours=ours, theirs=None, reason=reason or "it gave no answer")
    method, threshold = str(metric["config"]["method"]), float(metric["config"]["threshold"])
    value = float(metric["value"])
    # a probability is small where there is drift, a distance is large
    theirs = value < threshold if "p_value" in method else value >= threshold
    return ColumnOpinion(
        ours=ours,
        theirs=theirs,
        method=method,
        value=value,
        threshold=threshold,
        reason="" if ours == theirs else _why(judged, method, value, theirs=theirs),
    )


def _why(tests: Mapping[str, TestResult], method: str, value: float, *, theirs: bool) -> str:
    """Say why one of both sees drift and the other does not."""
    if not theirs:
        kinds = [name for name in _JUDGED if tests.get(name, {}).get("drifted")]
        if kinds and not any(tests.get(n, {}).get("drifted") for n in ("ks", "chi2")):
            return f"{', '.join(kinds)}: {method} does not look at that"
        return (
            f"{method} is {value:.3g} and stays on its side of the threshold; ours is significant"
            " and large enough, on a scale that far values do not stretch"
        )
    least = min((t for t in tests.values()), key=lambda t: float(t["p_adjusted"] or 0.0))
    adjusted, raw = float(least["p_adjusted"] or 0.0), float(least["p_value"] or 0.0)
    if adjusted < 0.05:
        return f"significant (p adjusted {adjusted:.2g}), but the difference is too small for ours"
    if "p_value" in method:
        return f"p is {raw:.2g} for this column, and {adjusted:.2g} adjusted for all that were made"
    return f"{method} is {value:.3g}, which chance makes as well: p adjusted is {adjusted:.2g}"
