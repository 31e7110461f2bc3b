"""Look at a table before anything is built on it: the door to exploratory data analysis.

analyze_dataset      everything, as an EDAReport
    table            any frame, file or version, held lean
    summary          each column: statistics, histogram, outliers     all rows
    associations     each pair of columns                             sampled above 100,000 rows
    quality          what is wrong with it
    target           what tells of the target, where there is one
    advice           what to do first
export_report        the report as HTML, Markdown or JSON             (document, core/render)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from core.errors import EDAError
from core.memory import given_back

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from core.datasets.registry import DataVersionControl
    from core.eda.comparison import EDAComparison
    from core.eda.issue import DataQualityIssue
    from core.eda.report import EDAReport
    from core.eda.stored import EDAReports, EDASummary
    from core.eda.table import Data

    Progress = Callable[[str, float], None]

Format = Literal["html", "markdown", "json"]
# of files that core/datasets/sources.py reads
_SUFFIXES: Final = frozenset(
    {".arrow", ".csv", ".feather", ".gz", ".jsonl", ".ndjson", ".parquet", ".tsv", ".xpt"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EDAOptions:
    """What the settings say of analyses (docs/configuration.md).

    `max_dataset_size` are bytes in memory: of a larger table every n-th row is looked at.
    `visualization_dpi` is that of PNG files, and `report_template` a Jinja template for HTML.
    """

    max_dataset_size: int = 2 * 1024**3
    visualization_dpi: int = 144
    report_template: Path | None = None


class EDAModule:
    """Analyses any frame, file, or dataset version.

    `datasets` is where ``name@version`` is looked up, and `stored` where analyses of versions are
    kept, so that each is made once. `progress` is called with what is done next
    and the share that is done; an exception it raises ends the analysis.

    >>> report = EDAModule().analyze_dataset({"age": [30, 41, 41], "site": ["a", "b", "a"]})
    >>> report.num_rows, report.summary_statistics["age"]["mean"]
    (3, 37.333333333333336)
    """

    def __init__(
        self,
        datasets: DataVersionControl | None = None,
        *,
        progress: Progress | None = None,
        stored: EDAReports | None = None,
        options: EDAOptions | None = None,
    ) -> None:
        self._options = options or EDAOptions()
        self._datasets = datasets
        self._stored = stored
        self._progress: Progress = progress or (lambda _text, _share: None)

    def telling(self, progress: Progress) -> EDAModule:
        """Return the same module, which tells `progress` what it does."""
        return EDAModule(
            self._datasets, progress=progress, stored=self._stored, options=self._options
        )

    def analyze_dataset(
        self, data: Any, target_column: str | None = None, *, store: bool = True
    ) -> EDAReport:
        """Look at all columns, at their pairs, and at what tells of the target.

        An analysis of a dataset version is kept in the lake, and found again when the same is asked
        of the same content (`found_again`), unless `store` is false.

        Raises FrameError for what is no table, DatasetNotFoundError, and EDAError for columns that
        cannot be analyzed or a target that is not there.
        """
        from core.eda.analysis import analyze  # with Arrow, which logging does not need

        def compute() -> EDAReport:
            with given_back():
                return analyze(self._read(data), target_column, self._progress)

        if not store or self._stored is None or not self._is_version(data):
            return compute()
        version = self._datasets_here().get_version(data)
        return self._stored.once(version, self._asked(target_column), compute)

    def find_report(self, name: str, target_column: str | None = None) -> EDAReport | None:
        """Return what `analyze_dataset` keeps of a version; None when it would have to analyze.

        Raises DatasetNotFoundError.
        """
        version = self._datasets_here().get_version(name)
        return self._kept().find(version, self._asked(target_column))

    def reports(self, dataset: str | None = None) -> list[EDASummary]:
        """Return the analyses that are kept, of a dataset or of all, the newest first."""
        return self._kept().search(dataset)

    def get_report(self, report_id: str) -> EDAReport:
        """Find an analysis that is kept by its id. Raises EDAError."""
        return self._kept().get(report_id)

    def compare(
        self,
        first: Any,
        second: Any = None,
        *,
        split: str | None = None,
        values: Sequence[Any] | None = None,
    ) -> EDAComparison:
        """Compare two tables, or two cohorts of one: the rows with each of two values of `split`.

        `values` names these where the column has more than two. Raises EDAError when it is neither
        two tables nor a split, and as `analyze_dataset` does.
        """
        from core.eda.comparison import cohorts, compare  # as above

        if (second is None) == (split is None):
            message = "Give a second table, or the column that splits the first one."
            raise EDAError(message, hint="compare(a, b), or compare(a, split='sex').")
        with given_back():
            if split is not None:
                parts = cohorts(self._read(first), split, values)
            else:
                parts = self._read(first), self._read(second)
            return compare(*parts, self._progress)

    def generate_summary_statistics(self, data: Any) -> dict[str, dict[str, Any]]:
        """Return the statistics of each column (core/profile/column.py, core/eda/summary.py).

        Raises as `analyze_dataset` does.
        """
        from core.eda.analysis import summarize_all  # as above

        summaries = summarize_all(self._read(data), self._progress)
        return {summary.name: summary.statistics for summary in summaries}

    def detect_data_quality_issues(self, data: Any) -> list[DataQualityIssue]:
        """Return what is wrong with a table, the most severe first (core/eda/quality).

        Raises as `analyze_dataset` does.
        """
        from core.eda.analysis import find_issues  # as above

        return find_issues(self._read(data), self._progress)

    def generate_visualizations(
        self, data: Any, output_dir: str | Path, *, target_column: str | None = None
    ) -> list[str]:
        """Draw a table as SVG and PNG files in a folder, made when it is not there.

        With a target also what tells of it, and the importance of each feature. Files of the same
        names are replaced. Raises as `analyze_dataset` does, and StoreError.
        """
        from core.eda.analysis import analyze  # as above
        from core.eda.drawings import draw

        read = self._read(data)
        report = analyze(read, target_column, self._progress)
        scale = self._options.visualization_dpi / 72
        return draw(read, report, Path(output_dir), scale=scale)

    def analyze_correlations(self, data: Any, method: str = "pearson") -> pd.DataFrame:
        """Return the correlations of the columns of numbers and booleans, over all rows.

        `method` is "pearson", "spearman" or "kendall". Pairs with missing values are compared over
        the rows that have both, as pandas does. More than 10,000 rows are sampled for Kendall's
        tau, evenly: ``attrs["rows"]`` of the answer is how many were looked at.
        Raises EDAError for another method, and as `analyze_dataset` does.
        """
        from core.eda.analysis import correlation_frame  # as above

        return correlation_frame(self._read(data), method)

    def export_report(
        self,
        report: EDAReport | EDAComparison,
        format: Format = "html",  # noqa: A002 - the name in the contract
        output_path: str | Path = "eda_report.html",
    ) -> str:
        """Write a report or a comparison to a file and return its path; an older one is replaced.

        Raises EDAError for another format, and StoreError.
        """
        from core.eda.comparison import EDAComparison  # as above
        from core.eda.comparison_document import comparison_document
        from core.eda.document import eda_document
        from core.render.document import render_html, render_markdown
        from lake.exported_file import write_file

        if isinstance(report, EDAComparison):
            document = comparison_document(report)
        else:
            document = eda_document(report)
        if format == "html":
            data = render_html(document, template=self._options.report_template)
        elif format == "markdown":
            data = render_markdown(document).encode()
        elif format == "json":
            import json  # only for this format

            data = json.dumps(report.to_dict(), indent=1, allow_nan=False).encode()
        else:
            message = f"A report is not written as {format!r}."
            raise EDAError(message, hint="Use 'html', 'markdown' or 'json'.", format=format)
        return write_file(Path(output_path), data)

    def _read(self, data: Any) -> Data:
        from core.eda.table import as_data  # as above

        most = self._options.max_dataset_size
        if not self._is_version(data):
            return as_data(data, most_bytes=most)
        parts, version = self._datasets_here().open_dataset(data)
        return replace(as_data(parts, version.name, most_bytes=most), labels=version.labels)

    def _asked(self, target_column: str | None) -> dict[str, Any]:
        return {"target": target_column, "most_bytes": self._options.max_dataset_size}

    def _is_version(self, data: Any) -> bool:
        return self._datasets is not None and names_a_version(data)

    def _datasets_here(self) -> DataVersionControl:
        if self._datasets is None:
            raise EDAError("There is no lake here.", hint="Use the `eda` of a Workbench.")
        return self._datasets

    def _kept(self) -> EDAReports:
        if self._stored is None:
            raise EDAError("Nothing is kept here.", hint="Use the `eda` of a Workbench.")
        return self._stored


def names_a_version(data: Any) -> bool:
    """Tell whether a text can only be the name of a dataset version, and not of a file.

    >>> names_a_version("phq9@v3"), names_a_version("phq9.csv")
    (True, False)
    """
    if not isinstance(data, str) or Path(data).expanduser().is_file():
        return False
    return "@" in data or Path(data).suffix.lower() not in _SUFFIXES
