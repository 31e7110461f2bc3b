"""Commands on the lake as a whole, SQL, the doctor and the demo."""

from __future__ import annotations

import csv
import io
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from app import cli_demo
from catalog.tables import SPECS
from core import Workbench
from tests.support.commands import HOSTILE, Command

if TYPE_CHECKING:
    from tests.support.sample_lake import SampleLake


@pytest.mark.usefixtures("lake")
def test_sql_answers_in_json(mhras: Command) -> None:
    query = """
    select 1 as a, 2 as a, 1.25::decimal(4, 2) as price, sum(3) as total, 'nan'::double as nothing,
           map {'x': 0.5} as measures, timestamp '2026-03-01 05:00:00' as at, [1, null] as list,
           timestamptz '2026-03-01 06:00:00+01' as there, 'é' as letter, null as absent
    """
    assert mhras.json("sql", query) == [
        {
            "a": 1,
            "a_2": 2,
            "price": 1.25,
            "total": 3,
            "nothing": "NaN",
            "measures": {"x": 0.5},
            "at": "2026-03-01T05:00:00Z",
            "list": [1, None],
            "there": "2026-03-01T05:00:00Z",
            "letter": "é",
            "absent": None,
        }
    ]


def test_sql_answers_in_csv_that_keeps_every_character(mhras: Command, lake: Path) -> None:
    with Workbench(lake) as wb, wb.tracker.start_run("odd", HOSTILE) as run:
        run.log_params({"depth": 4})
    status, out, _ = mhras("sql", "select run_name, params, note from runs", "--csv")
    rows = list(csv.reader(io.StringIO(out, newline="")))
    assert status == 0
    assert rows == [["run_name", "params", "note"], [HOSTILE, '{"depth": "4"}', ""]]


@pytest.mark.usefixtures("sample")
def test_sql_answers_in_lines(mhras: Command) -> None:
    query = "select experiment_name, count(*) as n from runs group by all order by 1"
    wanted = [["experiment_name", "n"], ["phq9 risk", "5"], ["sleep", "5"]]
    assert mhras.lines("sql", query) == wanted


@pytest.mark.slow
def test_compacting_merges_what_there_is(
    mhras: Command, sample: SampleLake, abandoned: str
) -> None:
    before = mhras.json("sql", "select count(*) as n from metrics")
    status, out, remarks = mhras("compact")
    assert (status, set(out.splitlines())) == (0, {f"{name}: nothing to merge" for name in SPECS})
    assert remarks == "No table has 64 small files; --minimum 1 merges what there is.\n"
    done = {table["table"]: table for table in mhras.json("compact", "--minimum", "1")["tables"]}
    assert [done["runs"]["segments"], done["runs"]["files"]] == [2, 1]
    assert mhras.json("sql", "select count(*) as n from metrics") == before
    assert mhras.json("run", "show", abandoned)["is_stale"]
    data = {path.name for path in (sample.folder / "tables" / "runs" / "data").iterdir()}
    assert len(data - {"0000-schema.parquet"}) == 1


def test_compacting_first_takes_in_what_dead_processes_left(
    mhras: Command, sample: SampleLake, abandoned: str
) -> None:
    assert len(list((sample.folder / "journal").glob("*.jsonl"))) == 1
    assert len(mhras.json("compact")["recovered_journals"]) == 1
    assert list((sample.folder / "journal").glob("*.jsonl")) == []
    assert mhras.json("run", "show", abandoned)["run_name"] == "abandoned"


def test_exporting_the_catalog_names_the_file(
    mhras: Command, sample: SampleLake, tmp_path: Path
) -> None:
    assert mhras("export", "catalog") == (0, f"{sample.folder / 'catalog.duckdb'}\n", "")
    assert (sample.folder / "catalog.sql").is_file()
    elsewhere = tmp_path / "elsewhere"
    answer = mhras("export", "catalog", "--folder", str(elsewhere))
    assert answer == (0, f"{elsewhere / 'catalog.duckdb'}\n", "")


def test_the_doctor_finds_a_healthy_lake_well(mhras: Command, sample: SampleLake) -> None:
    findings = mhras.json("doctor")
    assert {finding["state"] for finding in findings} == {"ok"}
    subjects = {finding["subject"] for finding in findings}
    assert {"python", "packages", "duckdb", "lake", "writing", "disk", "table runs"} <= subjects
    details = {finding["subject"]: finding["detail"] for finding in findings}
    assert details["lake"] == f"{sample.folder} (environment MHRAS_LAKE)"


def test_the_doctor_says_what_is_wrong(mhras: Command, tmp_path: Path) -> None:
    status, out, _ = mhras("doctor", "--lake", str(tmp_path / "none"))
    assert status == 1
    assert f"wrong  lake               There is no lake at {tmp_path / 'none'}." in out
    assert out.endswith("Something is wrong.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("abandoned")
def test_the_doctor_notes_journals_of_dead_processes(mhras: Command) -> None:
    notes = [f for f in mhras.json("doctor") if f["state"] == "note"]
    assert [note["subject"] for note in notes] == ["journals"]
    assert notes[0]["detail"].startswith("1 of dead processes")


@pytest.mark.slow
def test_the_demo_leaves_a_lake_of_plain_parquet(mhras: Command, tmp_path: Path) -> None:
    lake = ("--lake", str(tmp_path / "demo"))
    status, out, _ = mhras("demo", *lake, "--no-serve")
    assert status == 0
    assert re.search(r"people, \d+ runs in .*\nBest held-out AUROC 0\.\d{3}: ", out)
    points = mhras.json("sql", "select count(*) as n from metrics", *lake)
    with closing(duckdb.connect()) as connection:
        files = f"read_parquet('{tmp_path}/demo/tables/metrics/**/*.parquet')"
        (count,) = connection.execute(f"select count(*) from {files}").fetchall()
    assert points == [{"n": count[0]}]
    again = mhras("demo", *lake, "--no-serve")
    assert again == (0, f"The demo is in {tmp_path / 'demo'} already.\n", "")
    assert mhras.json("sql", "select count(*) as n from metrics", *lake) == points
    assert mhras("verify", "--level", "content", *lake)[0] == 0


def test_the_demo_is_looked_for_under_the_names_it_has() -> None:
    names = {"cohort.py": cli_demo._RAND, "nhanes.py": cli_demo._NHANES}
    for file, name in names.items():
        source = Path(cli_demo.__file__).with_name("demo") / file
        assert f'name="{name}"' in source.read_text(encoding="utf8")
