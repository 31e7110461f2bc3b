"""The door to exploratory data analysis: every method, on ordinary and on hostile tables."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from core import Workbench
from core.eda.document import eda_document
from core.eda.module import EDAModule
from core.errors import DatasetNotFoundError, EDAError
from core.frames import FrameError
from core.render.document import render_html

if TYPE_CHECKING:
    from core.eda.module import Format

HOSTILE: dict[str, Any] = {
    "no rows": pa.table({"a": pa.array([], pa.float64()), "b": pa.array([], pa.string())}),
    "no columns": pa.table({}),
    "one row": {"a": [1.5], "b": ["x"], "c": [None], "d": [True]},
    "all null": pa.table({"a": pa.nulls(5), "b": pa.array([None] * 5, pa.float64())}),
    "infinite": {"a": [math.inf, -math.inf, 1.0, math.nan] * 5, "b": [math.inf] * 20},
    "huge": {"a": [1e300, -1e300, 5e299] * 9, "b": [1.7e308, -1.7e308, 0.0] * 9},
    "tiny": {"a": [5e-324, 0.0, 1e-310] * 9},
    "int64": {"a": [2**63 - 1, -(2**63), 2**63 - 2] * 9, "b": [2**63 - 1, 2**63 - 2, 0] * 9},
    "close": {"a": [1.0, 1.0 + 2**-52, 1.0 + 2**-51] * 9},
    "unicode": {"年齢 <b>\u202e": ["ä", "\x00", "</script>", "😀" * 200] * 9, "": [1, 2, 3, 4] * 9},
    "types": pa.table(
        {
            "list": [[1, 2], [], None],
            "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
            "struct": [{"x": 1}, None, {"x": 2}],
            "bytes": [b"a", None, b"\xff"],
            "date": [dt.date(1, 1, 1), None, dt.date(9999, 12, 31)],
            "time": pa.array([1, None, 3], pa.time64("ns")),
            "span": pa.array([1, None, 3], pa.duration("s")),
            "at": pa.array([0, None, 2**40], pa.timestamp("us", "UTC")),
            "coded": pa.array(["a", None, "b"]).dictionary_encode(),
            "decimal": pa.array([1, None, 3], pa.decimal128(5, 2)),
            "half": pa.array(np.array([1, 2, 3], np.float16)),
        }
    ),
}


def visits(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    age = rng.normal(50, 12, rows)
    frame = pd.DataFrame({"age": age, "site": rng.choice(["north", "south"], rows)})
    frame["pressure"] = 80 + age + rng.normal(0, 5, rows)
    frame["pressure"] = frame["pressure"].where(rng.random(rows) > 0.1)
    frame["smoker"] = rng.random(rows) < 0.3
    frame["seen"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, rows), "D")
    return frame


@pytest.mark.parametrize("name", HOSTILE)
def test_no_table_is_too_strange(name: str) -> None:
    report = EDAModule().analyze_dataset(HOSTILE[name])
    assert list(report.summary_statistics) == list(report.data_types)
    assert json.dumps(report.to_dict(), allow_nan=False)
    assert render_html(eda_document(report)).startswith(b"<!doctype html>")


CELLS = st.none() | st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e-300, 0.0, 7.0])
TEXTS = st.none() | st.text(max_size=3)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(st.tuples(CELLS, CELLS, TEXTS, st.none() | st.booleans()), max_size=30))
def test_any_values_are_counted(rows: list[tuple[Any, ...]]) -> None:
    types = (pa.float64(), pa.float64(), pa.string(), pa.bool_())
    columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(types)]
    report = EDAModule().analyze_dataset(pa.table(columns, names=list("abcd")))
    frame = pd.DataFrame(rows, columns=list("abcd"))
    assert dict(report.missing_values) == frame.isna().sum().to_dict()
    for name in "abc":
        assert report.summary_statistics[name]["distinct"] == frame[name].nunique()
    json.dumps(report.to_dict(), allow_nan=False)


def test_statistics_are_those_of_pandas() -> None:
    frame = visits()
    found = EDAModule().generate_summary_statistics(frame)
    for name in ("age", "pressure"):
        column = frame[name]
        expected = {
            "mean": column.mean(),
            "std": column.std(),
            "skewness": column.skew(),
            "kurtosis": column.kurt(),
            "p5": column.quantile(0.05),
            "iqr": column.quantile(0.75) - column.quantile(0.25),
        }
        for statistic, value in expected.items():
            assert found[name][statistic] == pytest.approx(value, rel=1e-9)
    assert found["smoker"]["share_true"] == frame["smoker"].mean()
    assert found["seen"]["span_seconds"] == (frame.seen.max() - frame.seen.min()).total_seconds()


def test_outliers_are_rows_beyond_the_fences() -> None:
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 100, math.nan, -90]})
    low, high = frame["a"].quantile([0.25, 0.75])
    fences = low - 1.5 * (high - low), high + 1.5 * (high - low)
    expected = frame.index[(frame["a"] < fences[0]) | (frame["a"] > fences[1])].tolist()
    report = EDAModule().analyze_dataset(frame)
    assert list(report.outliers["a"]) == expected == [5, 7]
    assert report.summary_statistics["a"]["outliers"] == 2


def test_faults_are_found_and_told_first() -> None:
    frame = visits()
    frame["answer"] = np.where(np.arange(400) % 40 == 0, 99, np.arange(400) % 4)
    report = EDAModule().analyze_dataset(frame)
    issue = next(issue for issue in report.quality_issues if issue.column == "answer")
    assert (issue.issue_type, issue.affected_rows) == ("sentinel_codes", 10)
    assert EDAModule().detect_data_quality_issues(frame) == list(report.quality_issues)
    page = render_html(eda_document(report)).decode()
    assert "sentinel codes" in page
    assert report.to_dict()["quality_issues"][0]["evidence"]


@pytest.mark.parametrize("make", [pa.Table.from_pandas, pl.from_pandas, pl.LazyFrame])
def test_every_frame_gives_the_same_report(make: Any) -> None:
    frame = visits(50)
    wanted = EDAModule().analyze_dataset(frame).to_dict()
    found = EDAModule().analyze_dataset(make(frame)).to_dict()
    for same in ("summary_statistics", "associations", "missing_values", "outliers"):
        assert found[same] == wanted[same]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_file_is_read_and_named(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"visits{suffix}"
    frame = visits(60)
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    report = EDAModule().analyze_dataset(path)
    assert (report.dataset_name, report.num_rows, report.num_columns) == (path.name, 60, 5)
    assert report.summary_statistics["age"]["mean"] == pytest.approx(frame["age"].mean())


def test_a_version_of_a_dataset_is_found_by_name(tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as wb:
        wb.datasets.register_dataset(visits(30), "visits", "clinic")
        assert wb.eda.analyze_dataset("visits@v1").dataset_name == "visits@v1"
        with pytest.raises(DatasetNotFoundError, match="no dataset 'people'"):
            wb.eda.analyze_dataset("people")


def test_kinds_are_told_by_values() -> None:
    frame = pd.DataFrame({"row": range(40), "code": [f"p{n}" for n in range(40)]})
    frame["site"] = ["a", "b"] * 20
    frame["note"] = [f"note {n // 2} with words" for n in range(40)]
    frame["score"] = np.arange(40) ** 2
    kinds = {summary.name: summary.kind for summary in EDAModule().analyze_dataset(frame).columns}
    assert kinds == {
        "row": "id",
        "code": "id",
        "site": "category",
        "note": "category",
        "score": "number",
    }


def test_pairs_are_ranked_by_their_strength() -> None:
    report = EDAModule().analyze_dataset(visits())
    strongest = report.associations.pairs[0]
    assert (strongest.first, strongest.second) == ("age", "pressure")
    expected = visits()[["age", "pressure"]].corr("spearman").iloc[0, 1]
    assert strongest.strength == pytest.approx(expected, abs=1e-9)
    assert report.correlations["age"]["pressure"] == strongest.measures["pearson"]


def test_what_is_not_of_all_rows_is_said() -> None:
    rng = np.random.default_rng(0)
    large = pa.table({"a": rng.normal(size=150_000), "b": rng.normal(size=150_000)})
    report = EDAModule().analyze_dataset(large)
    assert report.associations.rows["pearson"] == 150_000
    assert report.approximations[0] == "kendall: 1,000 of 150,000 rows, evenly spaced."
    assert any(said.startswith("spearman: 75,000 of") for said in report.approximations)


@pytest.mark.parametrize("format", ["html", "markdown", "json"])
def test_a_report_is_written_whole(format: Format, tmp_path: Path) -> None:  # noqa: A002
    module = EDAModule()
    path = tmp_path / "new" / f"report.{format}"
    report = module.analyze_dataset(visits())
    assert module.export_report(report, format, path) == str(path)
    first = path.read_bytes()
    assert "pressure" in first.decode()
    module.export_report(report, format, path)
    assert path.read_bytes() == first
    assert list(path.parent.iterdir()) == [path]


def test_drawings_are_written_as_svg_and_png(tmp_path: Path) -> None:
    paths = EDAModule().generate_visualizations(visits(120), tmp_path)
    assert sorted(paths) == sorted(map(str, tmp_path.iterdir()))
    stems = [Path(path).stem[3:] for path in paths if path.endswith(".svg")]
    assert stems[:5] == ["boxes", "correlations", "associations", "missing-values", "pair-1"]
    assert stems[5:] == [f"column-{n}" for n in ("age", "site", "pressure", "smoker", "seen")]
    for path in map(Path, paths):
        start = path.read_bytes()[:4]
        assert start == (b"<svg" if path.suffix == ".svg" else b"\x89PNG")


def test_what_tells_of_a_target_is_drawn_too(tmp_path: Path) -> None:
    module = EDAModule()
    paths = module.generate_visualizations(visits(120), tmp_path, target_column="smoker")
    stems = [Path(path).stem[3:] for path in paths if path.endswith(".svg")]
    assert stems[4:6] == ["what-tells-of-smoker", "importance-for-smoker"]
    with pytest.raises(EDAError, match="no column 'site2'"):
        module.generate_visualizations(visits(120), tmp_path, target_column="site2")


def test_columns_of_several_types_are_read_as_texts_and_told() -> None:
    answers = [1, "two", 2.5, None, True, 3, 4, 5, 6, 7]
    frame = pd.DataFrame({"answer": answers, "age": range(10), "site": ["a", "b"] * 5})
    report = EDAModule().analyze_dataset(frame)
    assert report.summary_statistics["answer"]["count"] == 9
    assert report.missing_values["answer"] == 1
    (issue,) = [issue for issue in report.quality_issues if issue.issue_type == "mixed_types"]
    assert (issue.column, issue.affected_rows) == ("answer", 3)
    assert issue.evidence == {"types": {"int": 6, "bool": 1, "float": 1, "str": 1}}
    assert report.summary_statistics["age"]["mean"] == 4.5
    found = EDAModule().detect_data_quality_issues(frame)
    assert [i for i in found if i.issue_type == "mixed_types"] == [issue]


def test_an_exception_of_the_progress_ends_the_analysis() -> None:
    said = []

    def stop(text: str, share: float) -> None:
        said.append((text, share))
        if text == "comparing columns":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EDAModule(progress=stop).analyze_dataset(visits(20))
    assert said[0] == ("counting age", 0.0)


def test_what_cannot_be_analyzed_is_said(tmp_path: Path) -> None:
    module = EDAModule()
    twice = pa.table([[1], [2]], names=["a", "a"])
    with pytest.raises(EDAError, match="a: the name of 2 columns"):
        module.analyze_dataset(twice)
    with pytest.raises(EDAError, match="no column 'b'"):
        module.analyze_dataset({"a": [1]}, "b")
    with pytest.raises(EDAError, match="no correlation 'cosine'"):
        module.analyze_correlations({"a": [1]}, "cosine")
    with pytest.raises(FrameError, match="There is no file"):
        module.analyze_dataset(tmp_path / "nothing.parquet")
    report = module.analyze_dataset({"a": [1]})
    with pytest.raises(EDAError, match="not written as 'pdf'"):
        module.export_report(report, "pdf", tmp_path / "x")  # type: ignore[arg-type]
