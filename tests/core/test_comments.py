"""Comments: said of things, answered, edited, settled, taken back, and found again by everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from core.comments import LONGEST, Anchor
from core.errors import CommentError, CommentNotFoundError
from core.maintenance import collect_garbage
from tests.support.processes import Child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

HOSTILE = (
    "<script>alert(1)</script>\n![x](http://192.0.2.1/p.png) '; drop table runs -- \u202e\x1b[31m"
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "lake", actor="ana", durability="process") as opened:
        yield opened


@pytest.fixture
def run_id(bench: Workbench) -> str:
    with bench.tracker.start_run("risk", "forest") as run:
        run.log_metrics({"auc": 0.7}, step=3)
    return run.run_id


def test_a_comment_is_kept_with_author_and_time(bench: Workbench, run_id: str) -> None:
    before = datetime.now(UTC)
    made = bench.comments.add("run", run_id, "  Why so *low*?\n")
    assert (made.text, made.actor, made.subject_name) == ("Why so *low*?", "ana", "forest")
    assert (made.edited_at, made.resolved, made.parent_id, made.anchor) == (None, False, None, None)
    assert before - timedelta(seconds=1) < made.created_at <= datetime.now(UTC)
    assert bench.comments.list("run", run_id) == (made,)
    assert bench.comments.count("run", [run_id]) == 1


def test_everything_can_be_commented_on_by_name_or_id(bench: Workbench) -> None:
    data = bench.datasets.register_dataset({"phq9": [3, 17]}, "phq9", "us")
    report = bench.datasets.detect_drift("phq9@v1", "phq9@v1")
    with bench.tracker.start_run("risk") as run:
        run.log_bytes("{}", "model.json", "model")
    model = bench.models.register_model("risk", run_id=run.run_id, artifact="model.json")
    told = {
        "dataset": ("phq9", "phq9", "phq9"),
        "dataset_version": ("phq9@v1", data.version_id, "phq9@v1"),
        "model": (model.model_name, model.model_name, model.model_name),
        "model_version": (model.name, model.model_id, model.name),
        "card": (model.name, model.model_id, model.name),
        "drift_report": (report.report_id, report.report_id, "phq9@v1 to phq9@v1"),
    }
    for kind, (name, subject_id, subject_name) in told.items():
        by_name: Any = bench.comments.add(kind, name, "by name")  # type: ignore[arg-type]
        by_id: Any = bench.comments.add(kind, subject_id, "by id")  # type: ignore[arg-type]
        assert [(c.subject_id, c.subject_name) for c in (by_name, by_id)] == [
            (subject_id, subject_name)
        ] * 2
    assert [c.subject_kind for c in bench.comments.newest()][::-2] == [*told]


def test_an_annotation_points_to_a_metric_or_a_column(bench: Workbench, run_id: str) -> None:
    bench.datasets.register_dataset({"phq9": [3, 17]}, "phq9", "us")
    on_metric = bench.comments.add("run", run_id, "a dip", metric="auc", step=3)
    on_column = bench.comments.add("dataset_version", "phq9@v1", "in points", column="phq9")
    assert on_metric.anchor == Anchor(kind="metric", name="auc", step=3)
    assert on_column.anchor == Anchor(kind="column", name="phq9")
    assert str(on_metric.anchor) == "metric auc at step 3"


@pytest.mark.parametrize(
    ("text", "anchor", "faults"),
    [
        (" \n", {}, ["says nothing"]),
        ("x" * (LONGEST + 1), {}, ["20,001 characters"]),
        ("a\0b", {}, ["NUL"]),
        ("", {"metric": "auk"}, ["says nothing", "no metric 'auk', but: auc"]),
        ("x", {"metric": "auc", "column": "age"}, ["choose one", "only datasets have columns"]),
        ("x", {"step": 2**63}, ["a step is one of a metric", "no step is"]),
    ],
)
def test_all_that_is_wrong_is_said_at_once_and_nothing_is_kept(
    bench: Workbench, run_id: str, text: str, anchor: dict[str, Any], faults: list[str]
) -> None:
    with pytest.raises(CommentError) as caught:
        bench.comments.add("run", run_id, text, **anchor)
    found: Any = caught.value.faults
    assert len(found) == len(faults)
    assert all(part in fault for part, fault in zip(faults, found, strict=True))
    assert bench.comments.list("run", run_id) == ()


def test_what_is_not_there_is_not_commented_on(bench: Workbench, run_id: str) -> None:
    for kind, subject in (("run", "forest"), ("dataset", "phq9"), ("model_version", "risk@v1")):
        with pytest.raises(CommentNotFoundError, match="to comment on"):
            bench.comments.add(kind, subject, "x")  # type: ignore[arg-type]
    with pytest.raises(CommentError, match="Kinds: run, dataset"):
        bench.comments.add("planet", run_id, "x")  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        bench.comments.get("nothing")


def test_answers_stand_under_what_they_answer_also_when_that_is_gone(
    bench: Workbench, run_id: str
) -> None:
    first = bench.comments.add("run", run_id, "first")
    second = bench.comments.add("run", run_id, "second")
    answer = bench.comments.reply(first.comment_id, "answer")
    deeper = bench.comments.reply(answer.comment_id, "deeper")
    assert deeper.parent_id == first.comment_id
    bench.comments.delete(first.comment_id)
    threads = bench.comments.threads("run", [run_id])
    assert [(t.first and t.first.text, [c.text for c in t.replies]) for t in threads] == [
        (None, ["answer", "deeper"]),
        (second.text, []),
    ]
    assert bench.comments.count("run", [run_id]) == 3


def test_an_edit_says_when_and_wins_over_an_older_one_when_the_clock_is_set_back(
    bench: Workbench, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench.comments.add("run", run_id, "low")
    same = bench.comments.edit(made.comment_id, "low ")
    assert same == made
    edited = bench.comments.edit(made.comment_id, "high")
    monkeypatch.setattr("core.comments.now_us", lambda: 1)
    again = bench.comments.edit(made.comment_id, "higher")
    assert (again.text, again.created_at) == ("higher", made.created_at)
    assert again.edited_at is not None
    assert edited.edited_at is not None
    assert again.edited_at > edited.edited_at > made.created_at


def test_only_who_wrote_a_comment_changes_it_and_anybody_settles_it(
    bench: Workbench, run_id: str
) -> None:
    made = bench.comments.add("run", run_id, "Is this *right*?")
    with Workbench(bench.lake.root, actor="ben", durability="process") as other:
        for change in (lambda: other.comments.edit(made.comment_id, "Yes."),
                       lambda: other.comments.delete(made.comment_id)):  # fmt: skip
            with pytest.raises(CommentError, match="written by ana"):
                change()
        settled = other.comments.resolve(made.comment_id)
        assert (settled.resolved, settled.resolved_by, settled.text) == (True, "ben", made.text)
    assert bench.comments.get(made.comment_id) == settled
    assert bench.comments.list("run", run_id, resolved=False) == ()
    opened = bench.comments.resolve(made.comment_id, resolved=False)
    assert opened == made
    answer = bench.comments.reply(made.comment_id, "Yes.")
    with pytest.raises(CommentError, match="not settled by itself"):
        bench.comments.resolve(answer.comment_id)


def test_hostile_text_comes_back_as_it_was_written(bench: Workbench, run_id: str) -> None:
    for text in (HOSTILE, "💥" * LONGEST, "null", '{"t":"runs"}\n{"t":"runs"}'):
        made = bench.comments.add("run", run_id, text)
        assert bench.comments.get(made.comment_id).text == text
    halved = bench.comments.add("run", run_id, "half \ud800 a character")
    assert halved.text == "half ? a character"
    bench.lake.flush()
    assert len(bench.comments.list("run", run_id)) == 5


def test_comments_survive_compaction_and_are_the_same_in_stock_sql(
    bench: Workbench, run_id: str
) -> None:
    import duckdb

    from catalog.export import export_catalog

    made = bench.comments.add("run", run_id, "first")
    bench.comments.edit(made.comment_id, "second")
    bench.comments.resolve(made.comment_id)
    gone = bench.comments.add("run", run_id, "gone")
    bench.comments.delete(gone.comment_id)
    bench.lake.flush()
    bench.lake.settle = 0
    bench.lake.compact(minimum=1)
    ours = bench.sql("from comments").to_pylist()
    assert [(row["text"], row["resolved_by"]) for row in ours] == [("second", "ana")]
    with duckdb.connect(export_catalog(bench.lake), read_only=True) as stock:
        assert stock.sql("from comments").to_arrow_table().to_pylist() == ours


def test_comments_go_with_a_purged_run_and_when_they_were_deleted_long_ago(
    bench: Workbench,
) -> None:
    folder = bench.lake.root
    with Workbench(folder) as other, other.tracker.start_run("risk", "gone") as run:
        pass  # of no living writer
    with bench.tracker.start_run("risk", "kept") as kept:
        pass
    bench.comments.add("run", run.run_id, "goes with its run")
    stays = bench.comments.add("run", kept.run_id, "stays")
    gone = bench.comments.add("run", kept.run_id, "a secret")
    bench.comments.delete(gone.comment_id)
    bench.tracker.delete_run(run.run_id)
    assert [c.text for c in bench.comments.newest()] == ["stays"]  # of no deleted run
    bench.lake.flush()
    bench.lake.settle = 0
    report = collect_garbage(
        bench, purge_deleted=timedelta(), now=datetime.now(UTC) + timedelta(seconds=5)
    )
    assert (report.purged_runs, len(report.purged_comments)) == ((run.run_id,), 2)
    rows = bench.lake.table("comments").read().to_pylist()
    assert [row["comment_id"] for row in rows] == [stays.comment_id]


def write_on(pipe: Connection, folder: Path, run_id: str) -> None:
    with Workbench(folder, actor="ben", durability="process") as bench:
        for number in count():
            pipe.send(bench.comments.add("run", run_id, f"from ben {number}").comment_id)


def test_two_processes_write_at_once_and_a_killed_one_loses_nothing_it_was_told_is_kept(
    bench: Workbench, run_id: str
) -> None:
    with Child(write_on, bench.lake.root, run_id) as child:
        theirs = [child.hear()]
        ours = []
        for number in range(12):
            ours.append(bench.comments.add("run", run_id, f"from ana {number}").comment_id)
            theirs.append(child.hear())
        child.kill()
    found = {comment.comment_id: comment for comment in bench.comments.list("run", run_id)}
    assert set(theirs) | set(ours) <= set(found)
    assert {found[one].actor for one in theirs} == {"ben"}
    numbers = [int(c.text.rpartition(" ")[2]) for c in found.values() if c.actor == "ben"]
    assert numbers == [*range(len(numbers))]
