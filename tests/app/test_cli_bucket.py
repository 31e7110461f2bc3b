"""The commands, given the URL of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from app import cli_demo
from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command


@pytest.fixture
def url(bucket: str) -> str:
    """Give a lake with one finished run."""
    with Workbench(f"{bucket}/lake", actor="ana") as bench:
        with bench.tracker.start_run("sleep", "forest") as run:
            run.log_params({"depth": 4})
            run.log_metrics({"auc": 0.7}, step=1)
            run.log_bytes(b"weights", "model.bin", "model")
        bench.tracker.wait()
    return f"{bucket}/lake"


def test_a_lake_is_made_once(mhras: Command, bucket: str) -> None:
    assert mhras("init", f"{bucket}/new")[:2] == (0, f"Made an empty lake at {bucket}/new\n")
    assert mhras("init", "--lake", f"{bucket}/new")[:2] == (
        0,
        f"There is a lake already at {bucket}/new\n",
    )


def test_where_there_is_no_lake_commands_say_so(mhras: Command, bucket: str) -> None:
    for command in (["runs"], ["compact"], ["verify"], ["serve"]):
        status, _, remarks = mhras(*command, "--lake", bucket)
        assert status != 0
        assert f"There is no lake at {bucket}" in remarks
    status, _, remarks = mhras("runs", "--lake", "gs://bucket/lake")
    assert status != 0
    assert "s3://bucket/prefix" in remarks


def test_runs_are_listed_shown_and_asked_for(mhras: Command, url: str) -> None:
    (run,) = mhras.json("runs", "--lake", url, "--filter", "metrics.auc > 0.6")
    assert run["run_name"] == "forest"
    shown = mhras.json("run", "show", run["run_id"], "--lake", url)
    assert shown["params"] == {"depth": 4}
    assert mhras.lines("sql", "select run_name from runs", "--lake", url) == [
        ["run_name"],
        ["forest"],
    ]


def test_the_lake_is_compacted_proved_and_found_well(mhras: Command, url: str) -> None:
    done = mhras.json("compact", "--minimum", "1", "--lake", url)
    assert {table["table"]: table["files"] for table in done["tables"]}["metrics"] == 1
    assert mhras("verify", "--level", "content", "--lake", url)[0] == 0
    findings = {each["subject"]: each for each in mhras.json("doctor", "--lake", url)}
    assert findings["writing"]["state"] == "ok"
    assert url in findings["lake id"]["detail"]
    assert findings["journals"]["detail"] == "0 of living processes"


def test_the_catalog_is_exported_into_the_bucket_or_a_folder(
    mhras: Command, url: str, tmp_path: Path
) -> None:
    status, out, _ = mhras("export", "catalog", "--lake", url)
    assert status == 0
    with duckdb.connect(out.strip(), read_only=True) as connection:
        views = connection.execute("select view_name from duckdb_views() where not internal")
        assert ("runs",) in views.fetchall()
    folder = str(tmp_path / "outside")
    assert mhras("export", "catalog", "--lake", url, "--folder", folder)[1] == (
        f"{folder}/catalog.duckdb\n"
    )


def test_the_bucket_s_lake_is_served(
    mhras: Command, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[str] = []
    monkeypatch.setattr(cli_demo, "_serve", lambda settings, *_: served.append(settings.lake))
    assert mhras("serve", "--lake", url)[0] == 0
    assert served == [url]
