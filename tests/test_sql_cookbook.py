"""Every query of docs/sql.md runs on a stock DuckDB, and the important ones are right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalog.export import export_catalog
from core import Workbench

ROOT = Path(__file__).resolve().parents[1]
QUERIES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/sql.md").read_text("utf8"), re.DOTALL)
# another process without ours: what a user of the lake has
STOCK = """
import json, sys
import duckdb
assert not {"lake", "catalog", "core", "pyarrow"} & sys.modules.keys()
connection = duckdb.connect(sys.argv[1], read_only=True)
answers = [connection.execute(query).fetchall() for query in json.load(sys.stdin)]
print(json.dumps(answers, default=str))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[object]]]:
    folder = tmp_path_factory.mktemp("cookbook")
    with Workbench(folder / "lake", durability="process") as wb:
        with wb.tracker.start_run("risk", "parent") as parent:
            parent.log_params({"model": "all"})
        for depth in (2, 4, 6):
            with wb.tracker.start_run("risk", f"depth-{depth}", parent=parent) as run:
                run.log_params({"model": "rf", "depth": depth})
                run.log_bytes(b"tree" * depth, "model.json", "model")
                for step in range(depth):
                    run.log_metrics({"auc": 0.6 + step / 20 + depth / 100}, step=step)
        wb.tracker.start_run("risk", "broken").end("FAILED", error="ValueError: no rows")
        wb.tracker.wait()
        for score in (11, 30):
            table = {"person": [1, 2], "score": [4, score]}
            limits = {"columns": {"score": {"maximum": 27}}}
            said: dict[str, Any] = {"contract": limits, "on_violation": "warn"}
            wb.datasets.register_dataset(table, "phq9", "us", key="person", **said)
        wb.lake.flush()
        export_catalog(wb.lake, datasets=wb.datasets.views.exported)
    code = [sys.executable, "-I", "-c", STOCK, str(folder / "lake" / "catalog.duckdb")]
    done = subprocess.run(
        code, cwd=folder, input=json.dumps(QUERIES), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return dict(zip(QUERIES, json.loads(done.stdout), strict=True))


def answer(answers: dict[str, list[list[object]]], words: str) -> list[list[object]]:
    (found,) = [rows for query, rows in answers.items() if words in query]
    return found


def test_there_are_at_least_fifteen_queries() -> None:
    assert len(QUERIES) >= 15


def test_every_query_has_an_answer(answers: dict[str, list[list[object]]]) -> None:
    empty = [query for query, rows in answers.items() if not rows]
    assert empty == []


def test_the_leaderboard_is_in_order(answers: dict[str, list[list[object]]]) -> None:
    names = [row[0] for row in answer(answers, "nulls last limit 10")]
    assert names[:3] == ["depth-6", "depth-4", "depth-2"]


def test_params_that_differ_are_found(answers: dict[str, list[list[object]]]) -> None:
    assert answer(answers, "settings > 1") == [["depth", 3], ["model", 2]]


def test_failures_tell_their_reason(answers: dict[str, list[list[object]]]) -> None:
    ((name, experiment, _, error),) = answer(answers, "status = 'FAILED' order")
    assert (name, experiment, error) == ("broken", "risk", "ValueError: no rows")


def test_the_first_step_over_a_line_is_found(answers: dict[str, list[list[object]]]) -> None:
    assert answer(answers, "first_step") == [["depth-6", 1], ["depth-4", 2]]


def test_versions_are_compared(answers: dict[str, list[list[object]]]) -> None:
    assert answer(answers, 'datasets."phq9@v2"') == [[2, 11, 30]]
    text = "score is more than 27 in 1 of 2 rows"
    assert answer(answers, "violations[0]") == [["phq9", "v2", text]]


def test_children_are_counted(answers: dict[str, list[list[object]]]) -> None:
    ((parent, children, best),) = answer(answers, "as children")
    assert (parent, children) == ("parent", 3)
    assert best == pytest.approx(0.6 + 5 / 20 + 0.06)
