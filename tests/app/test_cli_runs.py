"""`mhras runs` and `mhras run show`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from core import Workbench
from tests.support.commands import ESCAPED, HOSTILE, Command, at_a_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sample_lake import SampleLake

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
COLOUR = re.compile(r"\x1b\[[\d;]*m")


def test_runs_are_listed_as_the_tracker_finds_them(mhras: Command, sample: SampleLake) -> None:
    listed = mhras.json("runs")
    with Workbench(sample.folder) as wb:
        runs = wb.tracker.search_runs()
    assert [run["run_id"] for run in listed] == [run.run_id for run in runs]
    assert [run["params"] for run in listed] == [run.params for run in runs]
    assert [run["metrics"] for run in listed] == [run.last_metrics for run in runs]
    assert all(MOMENT.fullmatch(run["start_time"]) for run in listed)


@pytest.mark.usefixtures("sample")
def test_runs_are_filtered_ordered_and_cut(mhras: Command) -> None:
    chosen = ["--filter", "metrics.auc > 0.6 and params.model = 'rf'", "--experiment", "sleep"]
    found = mhras.json("runs", *chosen, "--order-by", "params.depth desc", "--limit", "2")
    assert [run["params"]["depth"] for run in found] == [9, 7]
    assert {run["experiment_name"] for run in found} == {"sleep"}


def test_the_table_has_the_columns_asked_for(mhras: Command, sample: SampleLake) -> None:
    wanted = ["--columns", "metrics.auc,params.depth", "--columns", "tags.stage,actor"]
    head, row = mhras.lines("runs", "--filter", f"run_id = '{sample.finished}'", *wanted)
    assert head[-4:] == ["metrics.auc", "params.depth", "tags.stage", "actor"]
    assert row[0] == sample.finished
    assert row[-3:] == ["4", "dev", "ana"]
    assert float(row[-4]) > 0.6


@pytest.mark.usefixtures("sample")
def test_a_cut_list_says_how_to_see_the_rest(mhras: Command) -> None:
    status, out, remarks = mhras("runs", "--limit", "3")
    assert (status, len(out.splitlines())) == (0, 4)
    assert remarks == "3 of 10 runs; --limit 0 shows all.\n"
    assert len(mhras.json("runs", "--limit", "0")) == 10


def test_numbers_that_json_lacks_are_words(mhras: Command, lake: Path) -> None:
    with Workbench(lake) as wb, wb.tracker.start_run("odd") as run:
        run.log_metrics({"nan": float("nan"), "high": float("inf"), "low": -float("inf")})
    (found,) = mhras.json("runs")
    assert found["metrics"] == {"nan": "NaN", "high": "Infinity", "low": "-Infinity"}


def test_what_users_wrote_cannot_move_the_cursor_or_break_a_line(
    mhras: Command, lake: Path
) -> None:
    with Workbench(lake) as wb:
        with wb.tracker.start_run("odd", HOSTILE, tags={"t": HOSTILE}) as run:
            run.log_params({"p": HOSTILE})
        wb.tracker.set_note(HOSTILE, run_id=run.run_id)
    (found,) = mhras.json("runs")
    assert (found["run_name"], found["params"]["p"]) == (HOSTILE, HOSTILE)
    _, row = mhras.lines("runs", "--columns", "params.p,tags.t")
    assert (row[1], row[-2:]) == (ESCAPED, [ESCAPED, ESCAPED])
    _, shown, _ = mhras("run", "show", run.run_id)
    assert all(line.isprintable() for line in shown.replace("\t", " ").splitlines())


def test_a_terminal_gets_a_table_without_what_users_meant_for_it(lake: Path) -> None:
    with Workbench(lake) as wb, wb.tracker.start_run("odd", "[bold]\x1b[2J\x07name[/bold]"):
        pass
    shown = at_a_terminal("runs")
    assert r"[bold]\x1b[2J" in shown
    assert all(line.isprintable() for line in COLOUR.sub("", shown).splitlines())


def test_runs_of_a_dead_process_are_listed_and_ended(mhras: Command, abandoned: str) -> None:
    (stale,) = mhras.json("runs", "--stale")
    assert (stale["run_id"], stale["status"], stale["is_stale"]) == (abandoned, "RUNNING", True)
    assert MOMENT.fullmatch(stale["heartbeat_at"])
    head, row = mhras.lines("runs", "--stale")
    assert head == ["run", "name", "experiment", "status", "last heard of", "ago"]
    assert row[:4] == [abandoned, "abandoned", "sleep", "RUNNING (stale)"]
    status, out, remarks = mhras("runs", "--stale", "--mark-failed")
    assert (status, remarks) == (0, "1 stale run ended as FAILED.\n")
    assert out.splitlines()[1].split("\t")[:4] == [abandoned, "abandoned", "sleep", "FAILED"]
    assert mhras.json("runs", "--stale") == []


def test_a_run_is_shown_whole(mhras: Command, sample: SampleLake) -> None:
    with Workbench(sample.folder) as wb:
        run = wb.tracker.get_run(sample.finished)
        auc, loss = run.metrics["auc"], run.metrics["loss"]
    shown = mhras.json("run", "show", sample.finished)
    assert shown["params"] == {"depth": 4, "model": "lgbm", "rate": 0.1}
    first, last = auc[0][0], auc[-1][0]
    places = {"last_step": 19, "min_step": 0, "max_step": 19, "best_step": 19, "points": 20}
    assert shown["metrics"]["auc"] == places | {
        "last": last,
        "min": first,
        "max": last,
        "best": last,
    }
    assert shown["metrics"]["loss"]["best"] == loss[-1][0]
    assert {"broken.png", "model.bin"} <= {a["path"] for a in shown["artifacts"]}
    assert shown["environment"]["python"]
    assert shown["note"] == "Try **deeper** trees."
    assert shown["changes"]["previous_run_name"] == "forest-2"
    assert shown["changes"]["params"]["depth"] == [2, 4]


def test_the_sections_of_a_run_are_printed(mhras: Command, sample: SampleLake) -> None:
    status, out, _ = mhras("run", "show", sample.finished)
    titles = re.findall(r"\n\n(.+)\n", out)
    sections = ["params", "tags", "metrics", "artifacts", "environment"]
    assert (status, titles) == (0, [*sections, "changes since forest-2"])


def test_the_beginning_of_an_id_is_enough_when_it_is_the_only_one(
    mhras: Command, sample: SampleLake
) -> None:
    ids = [run["run_id"] for run in mhras.json("runs")]
    length = next(n for n in range(1, 37) if sum(i[:n] == sample.evil[:n] for i in ids) == 1)
    assert mhras.json("run", "show", sample.evil[:length])["run_id"] == sample.evil
    status, out, remarks = mhras("run", "show", sample.evil[: length - 1])
    assert (status, out) == (1, "")
    assert "Give more of the id." in remarks
    assert sample.evil in remarks
