"""What an analysis does, in its order; each step says that it begins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.types as is_a

from core.eda.advice import advise
from core.eda.associations import associate
from core.eda.correlations import METHODS, kendall, pearson, spearman
from core.eda.mixed import mixed_issues
from core.eda.quality.registry import Examination
from core.eda.report import EDAReport
from core.eda.summary import MOST_OUTLIERS, summarize
from core.eda.target import analyze_target
from core.errors import EDAError
from core.memory import give_back

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from core.eda.associations import Associations
    from core.eda.issue import DataQualityIssue
    from core.eda.summary import Summary
    from core.eda.table import Data

    Progress = Callable[[str, float], None]

KENDALL_ROWS: Final = 10_000
# shares of the whole that are done when a step begins
_QUALITY: Final = 0.6
_ASSOCIATIONS: Final = 0.7
_TARGET: Final = 0.85


def analyze(data: Data, target: str | None, progress: Progress) -> EDAReport:
    """Look at a table whole. Raises EDAError for a target that is not one of its columns."""
    _check_target(data, target)
    summaries, examination = _look_at_columns(data, target, progress)
    progress("looking for faults", _QUALITY)
    issues, together = _issues(examination, data), examination.missing_together()
    del examination
    give_back()
    progress("comparing columns", _ASSOCIATIONS)
    associations = associate(data, summaries)
    found = None
    if target is not None:
        progress(f"looking at {target}", _TARGET)
        found = analyze_target(data, summaries, target)
    progress("done", 1.0)
    return EDAReport(
        dataset_name=data.name,
        num_rows=data.all_rows,
        num_columns=len(data.names),
        summary_statistics={s.name: s.statistics for s in summaries},
        missing_values={s.name: s.statistics["missing"] for s in summaries},
        data_types={s.name: s.given_type for s in summaries},
        outliers={s.name: s.outlier_rows for s in summaries if s.outlier_rows},
        correlations=_pearson_table(associations),
        quality_issues=issues,
        recommendations=advise(data.rows, summaries, associations, issues, found),
        columns=summaries,
        labels=data.labels,
        associations=associations,
        target=found,
        missing_together=together,
        approximations=_approximations(data, summaries, associations),
    )


def _look_at_columns(
    data: Data, target: str | None, progress: Progress
) -> tuple[list[Summary], Examination]:
    """Count every column and look for its faults, while it is sorted."""
    summaries, examination = [], Examination(data.names, data.rows, target)
    for place, name in enumerate(data.names):
        progress(f"counting {name}", _QUALITY * place / len(data.names))
        column = data.column(name)
        summaries.append(_completed(summarize(column), data))
        examination.take(name, column.values, column.measured)
    give_back()
    return summaries, examination


def summarize_all(data: Data, progress: Progress) -> list[Summary]:
    """Count every column."""
    summaries = []
    for place, name in enumerate(data.names):
        progress(f"counting {name}", place / len(data.names))
        summaries.append(_completed(summarize(data.column(name)), data))
    return summaries


def _completed(summary: Summary, data: Data) -> Summary:
    """Put in what was counted of all rows, where only some of them are looked at."""
    if data.whole is None:
        return summary
    exact = data.whole.statistics[summary.name]
    looked_at = summary.statistics["count"]
    share = exact["missing"] / data.whole.rows
    found = {**summary.statistics, **exact, "missing_share": share, "looked_at": looked_at}
    rows = tuple(row * data.whole.step for row in summary.outlier_rows)
    return replace(summary, statistics=found, outlier_rows=rows)


def _of_sample(issues: list[DataQualityIssue], data: Data) -> list[DataQualityIssue]:
    """Say of what was found in some of the rows how many these are."""
    if data.whole is None:
        return issues
    return [replace(issue, sampled=issue.sampled or data.rows) for issue in issues]


def _issues(examination: Examination, data: Data) -> list[DataQualityIssue]:
    """Return what is wrong with a table, also what was wrong before it could be read."""
    found = examination.issues(mixed_issues(data.mixed, data.all_rows))
    return _of_sample(found, data)


def find_issues(data: Data, progress: Progress) -> list[DataQualityIssue]:
    """Return what is wrong with a table, the most severe first."""
    examination = Examination(data.names, data.rows)
    for place, name in enumerate(data.names):
        progress(f"looking at {name}", place / len(data.names))
        examination.take(name, data.table[name])
    return _issues(examination, data)


def correlation_frame(data: Data, method: str) -> pd.DataFrame:
    """Return the correlations of all columns of numbers and booleans. Raises EDAError."""
    import pandas as pd  # 300 ms that only its users need

    if method not in METHODS:
        message = f"There is no correlation {method!r}."
        raise EDAError(message, hint=f"Use one of {', '.join(METHODS)}.", method=method)
    taking = [
        column for name in data.names if _is_numeric((column := data.column(name)).values.type)
    ]
    names = [column.name for column in taking]
    columns = [column.numbers() for column in taking]
    rows = data.rows
    if method == "kendall":
        chosen = np.arange(0, rows, max(1, -(-rows // KENDALL_ROWS)))
        columns, rows = [column[chosen] for column in columns], len(chosen)
    measure = {"pearson": pearson, "spearman": spearman, "kendall": kendall}[method]
    with np.errstate(all="ignore"):  # of infinite and huge values
        matrix = measure(columns)
    frame = pd.DataFrame(matrix, index=names, columns=names)
    frame.attrs["rows"] = rows
    return frame


def _is_numeric(kind: object) -> bool:
    from core.profile.measured import is_number

    return is_number(kind) or bool(is_a.is_boolean(kind))


def _check_target(data: Data, target: str | None) -> None:
    if target is not None and target not in data.names:
        hint = f"Columns: {', '.join(data.names)}."
        raise EDAError(f"There is no column {target!r}.", hint=hint, column=target)


def _pearson_table(found: Associations) -> dict[str, dict[str, float | None]]:
    numbers = {n for p in found.pairs if "pearson" in p.measures for n in (p.first, p.second)}
    return {
        name: {other: value for other, value in row.items() if other in numbers}
        for name, row in found.matrix("pearson").items()
        if name in numbers
    }


def _approximations(data: Data, summaries: Sequence[Summary], found: Associations) -> list[str]:
    said = []
    if data.whole is not None:
        said.append(
            f"Of {data.whole.rows:,} rows every {data.whole.step}th was looked at, {data.rows:,} in"
            " all: the table is larger than EDA_MAX_DATASET_SIZE. Exact, of all rows, are rows,"
            " values and missing values, least, greatest, mean, standard deviation, skewness,"
            " kurtosis, zeros, negative and infinite numbers, and how many flags are true. All"
            " else is of the rows looked at, also how many rows a finding affects."
        )
    short = {m: n for m, n in found.rows.items() if n < data.rows and found.pairs}
    for measure, rows in short.items():
        said.append(f"{measure.replace('_', ' ')}: {rows:,} of {data.rows:,} rows, evenly spaced.")
    capped = [s.name for s in summaries if s.statistics.get("outliers", 0) > MOST_OUTLIERS]
    if capped:
        said.append(
            f"Row numbers of outliers: the first {MOST_OUTLIERS:,} of {', '.join(capped)}."
            " Their count is of all rows."
        )
    if found.left_out:
        said.append(f"Pairs: without {len(found.left_out)} columns, because there are too many.")
    return said
