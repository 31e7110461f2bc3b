"""Tables that are larger than an analysis may hold: what is exact, what is of some rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.eda.document import eda_document
from core.eda.module import EDAModule, EDAOptions
from core.errors import RenderError
from core.render.document import render_markdown
from core.settings import Settings
from core.workbench import Workbench

ROWS = 40_000
RANDOM = np.random.default_rng(3)
FRAME = pd.DataFrame(
    {
        "low": RANDOM.lognormal(size=ROWS),
        "far": 1e9 + RANDOM.normal(size=ROWS),
        "count": RANDOM.poisson(1, ROWS) - 1,
        "gapped": np.where(RANDOM.random(ROWS) < 0.2, np.nan, RANDOM.normal(size=ROWS)),
        "flag": RANDOM.random(ROWS) < 0.3,
        "site": RANDOM.choice(["Ulm", "Bonn"], ROWS),
        "row": np.arange(ROWS),
    }
)
SMALL = EDAOptions(max_dataset_size=200_000)


def test_moments_of_all_rows_are_those_of_pandas() -> None:
    report = EDAModule(options=SMALL).analyze_dataset(FRAME)
    assert (report.num_rows, report.num_columns) == (ROWS, 7)
    for name in ("low", "far", "count", "gapped", "row"):
        found, column = report.summary_statistics[name], FRAME[name]
        expected = {
            "count": column.count(),
            "missing": column.isna().sum(),
            "mean": column.mean(),
            "std": column.std(),
            "skewness": column.skew(),
            "kurtosis": column.kurt(),
            "min": column.min(),
            "max": column.max(),
            "zeros": (column == 0).sum(),
            "negatives": (column < 0).sum(),
            "infinite": 0,
        }
        assert {n: found[n] for n in expected} == pytest.approx(expected, rel=1e-9, abs=1e-9)
    flag = report.summary_statistics["flag"]
    assert (flag["true"], flag["count"]) == (FRAME["flag"].sum(), ROWS)


def test_the_rest_is_of_evenly_spaced_rows_and_the_report_says_so() -> None:
    report = EDAModule(options=SMALL).analyze_dataset(FRAME)
    row = report.summary_statistics["row"]
    step = round(ROWS / row["looked_at"])
    assert step > 4
    assert row["p50"] == pytest.approx(FRAME["row"][::step].median())
    assert any(f"every {step}th was looked at" in text for text in report.approximations)
    assert "the table is larger than EDA" in render_markdown(eda_document(report))
    assert {issue.sampled for issue in report.quality_issues} == {row["looked_at"]}
    beyond = set(report.outliers["low"])
    assert beyond <= set(FRAME.index[::step])
    assert FRAME["low"][list(beyond)].min() > FRAME["low"].quantile(0.75)


def test_what_fits_is_looked_at_whole() -> None:
    report = EDAModule().analyze_dataset(FRAME)
    assert "looked_at" not in report.summary_statistics["row"]
    assert not any("every" in text and "MAX" in text for text in report.approximations)


@pytest.mark.parametrize("kind", ["parquet", "csv", "polars", "lazy", "arrow"])
def test_every_source_is_thinned_alike(tmp_path: Path, kind: str) -> None:
    table = pa.Table.from_pandas(FRAME[["low", "site", "row"]], preserve_index=False)
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=9_999)
    FRAME[["low", "site", "row"]].to_csv(tmp_path / "t.csv", index=False)
    sources = {
        "parquet": tmp_path / "t.parquet",
        "csv": tmp_path / "t.csv",
        "polars": pl.from_arrow(table),
        "lazy": pl.scan_parquet(tmp_path / "t.parquet"),
        "arrow": table,
    }
    found = EDAModule(options=SMALL).generate_summary_statistics(sources[kind])
    wanted = EDAModule(options=SMALL).generate_summary_statistics(table)
    assert found["row"]["count"] == ROWS
    assert found["row"]["mean"] == wanted["row"]["mean"] == (ROWS - 1) / 2
    assert found["low"]["std"] == pytest.approx(FRAME["low"].std(), rel=1e-12)


PROGRAM = """
import resource, sys
from core.eda.module import EDAModule, EDAOptions
EDAModule(options=EDAOptions(max_dataset_size=4_000_000)).analyze_dataset(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_file_is_analyzed_in_less_memory_than_it_takes(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    columns = {f"column {n}": pa.array(RANDOM.integers(0, 9, 50_000)) for n in range(4)}
    with pq.ParquetWriter(path, pa.table(columns).schema, compression="zstd") as writer:
        for _ in range(60):  # 96 MB in memory, 64 of them for each of two copies of a column
            writer.write_table(pa.table(columns))
    peaks = []
    for rows in (1, 60):
        if rows == 1:
            pq.write_table(pa.table(columns), tmp_path / "small.parquet")
        name = "small.parquet" if rows == 1 else "large.parquet"
        run = [sys.executable, "-c", PROGRAM, str(tmp_path / name)]
        out = subprocess.run(run, capture_output=True, check=True, text=True)
        peaks.append(int(out.stdout) * 1024)
    assert peaks[1] - peaks[0] < 60e6


def test_a_version_is_sampled_while_it_is_read_and_gives_what_its_frame_gives(
    tmp_path: Path,
) -> None:
    with Workbench(tmp_path / "lake") as wb:
        wb.datasets.register_dataset(FRAME, "visits", "here", version="v1")
        parts, version = wb.datasets.open_dataset("visits@v1")
        assert parts.read_all().equals(wb.datasets.get_dataset("visits", as_frame="arrow")[0])
        assert version.name == "visits@v1"
        found = EDAModule(wb.datasets, options=SMALL).analyze_dataset("visits@v1", store=False)
    wanted = EDAModule(options=SMALL).analyze_dataset(FRAME).summary_statistics
    assert found.summary_statistics["row"]["looked_at"] < ROWS
    for name in ("count", "missing", "mean", "std", "min", "max"):
        assert found.summary_statistics["low"][name] == pytest.approx(wanted["low"][name])


def test_progress_is_told_to_the_end_and_can_end_the_analysis() -> None:
    told: list[tuple[str, float]] = []
    EDAModule(progress=lambda text, share: told.append((text, share))).analyze_dataset(
        {"a": [1, 2, 3], "b": ["x", "y", "x"]}, "b"
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[0] == ("counting a", 0.0)
    assert told[-1] == ("done", 1.0)

    def cancel(text: str, _share: float) -> None:
        if text == "comparing columns":
            raise KeyboardInterrupt

    pool = pa.default_memory_pool().backend_name
    with pytest.raises(KeyboardInterrupt):
        EDAModule(progress=cancel).analyze_dataset({"a": [1, 2, 3]})
    assert pa.default_memory_pool().backend_name == pool


def test_the_settings_reach_the_analysis(tmp_path: Path) -> None:
    template = tmp_path / "ours.html"
    template.write_text(
        '{% extends "page.html" %}{% block brand %}<b>Clinic {{ "&" }}</b>{% endblock %}'
    )
    settings = Settings(
        lake=str(tmp_path / "lake"),
        eda_max_dataset_size="200 kB",  # type: ignore[arg-type] # as it is written
        eda_visualization_dpi=72,
        eda_report_template=template,
    )
    with Workbench(settings=settings) as wb:
        report = wb.eda.analyze_dataset(FRAME)
        assert report.summary_statistics["row"]["looked_at"] < ROWS
        path = wb.eda.export_report(report, "html", tmp_path / "report.html")
        assert "<b>Clinic &amp;</b>" in Path(path).read_text(encoding="utf8")
        template.write_text("{% no %}")
        with pytest.raises(RenderError, match="is no template"):
            wb.eda.export_report(report, "html", tmp_path / "report.html")
