"""Long work in processes of its own: asked for, done, ended, and found again."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from catalog.job_rows import fold_jobs
from core import Workbench
from core.drift.report import ALGORITHM as REPORTS
from core.eda.comparison import ALGORITHM as COMPARISONS
from core.errors import JobError, JobNotFoundError
from core.jobs.board import Jobs
from core.jobs.kinds import KINDS
from core.jobs.processes import free_slot, host_name, is_working, process_mark
from core.jobs.records import JobRecords
from core.jobs.uploads import forget_upload, keep_upload
from core.maintenance import collect_garbage, verify_lake
from core.settings import Settings
from core.worker.__main__ import _waiting_here
from core.worker.work import WORK
from lake.clock import now_us
from lake.objects import object_key
from tests.support.jobs import do_here
from tests.support.processes import Child, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "lake", actor="ana") as opened:
        yield opened


@pytest.fixture
def started() -> list[Any]:
    return []


@pytest.fixture
def idle(bench: Workbench, started: list[Any]) -> Jobs:
    """Jobs whose workers are not started, only counted."""
    return Jobs(bench.catalog, bench.settings, start=started.append)


def sleep(pipe: Connection[Any, Any]) -> None:
    pipe.send(process_mark(os.getpid()))
    signal.pause()


def run_as(bench: Workbench, job_id: str, *, host: str, pid: int, mark: str) -> None:
    """Record what a worker records when it begins."""
    given = {"host": host, "pid": pid, "process_mark": mark, "started_at": now_us()}
    JobRecords(bench.lake).record(job_id, state="RUNNING", **given)


def test_there_is_work_for_every_kind() -> None:
    assert set(WORK) == set(KINDS)


def test_a_file_is_imported_by_another_process(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "phq9.csv").write_text("age,score\n30,4\n41,9\n", encoding="utf8")
    job = bench.jobs.submit("import", {"path": str(tmp_path / "phq9.csv"), "dataset": "phq9"})
    ended = bench.jobs.wait(job.job_id)
    assert (ended.state, ended.error, ended.progress) == ("FINISHED", "", 1.0)
    version = bench.datasets.get_version(ended.result["dataset"])
    assert (version.num_rows, version.actor) == (2, "ana")
    assert ended.host == host_name()
    assert ended.pid != os.getpid()


def test_what_cannot_be_done_says_why(bench: Workbench, tmp_path: Path) -> None:
    wanted = {"path": str(tmp_path / "nowhere.csv"), "dataset": "phq9"}
    ended = bench.jobs.wait(bench.jobs.submit("import", wanted).job_id)
    assert ended.state == "FAILED"
    assert "nowhere.csv" in ended.error


def test_waiting_jobs_are_done_one_after_another(bench: Workbench, tmp_path: Path) -> None:
    jobs = []
    for number in range(3):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"age\n{number}\n", encoding="utf8")
        jobs.append(bench.jobs.submit("import", {"path": str(path), "dataset": f"d{number}"}))
    assert [bench.jobs.wait(job.job_id).state for job in jobs] == ["FINISHED"] * 3


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("nothing", {}, "There is no work called 'nothing'. Ask for one of eda"),
        ("drift", {"reference": "a"}, "current is missing."),
        ("eda", {"datset": 1}, "dataset is missing; datset is no parameter."),
        ("compaction", {"minimum": float("nan")}, "the parameters are not what JSON can hold"),
    ],
)
def test_work_that_cannot_be_is_refused(
    idle: Jobs, started: list[Any], kind: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(JobError, match=message.replace(".", r"\.")):
        idle.submit(kind, parameters)
    assert started == []


def test_the_same_work_is_asked_for_once(idle: Jobs, started: list[Any]) -> None:
    first = idle.submit("eda", {"dataset": "phq9@v1", "target": "score"})
    again = idle.submit("eda", {"target": "score", "dataset": "phq9@v1"})
    other = idle.submit("eda", {"dataset": "phq9@v2"})
    assert first == again
    assert [job.job_id for job in idle.list_jobs()] == [other.job_id, first.job_id]
    assert len(started) == 2


def test_another_session_sees_the_same_jobs(idle: Jobs, bench: Workbench) -> None:
    job = idle.submit("eda", {"dataset": "phq9@v1"}, title="Look at PHQ-9")
    with Workbench(bench.lake.root, actor="ben") as other:
        assert other.jobs.list_jobs() == [job]
        assert (job.title, job.actor, job.state) == ("Look at PHQ-9", "ana", "QUEUED")
        other.jobs.cancel(job.job_id)
    assert idle.get(job.job_id).state == "CANCELLED"
    assert bench.sql("select state from jobs").to_pylist() == [{"state": "CANCELLED"}]


def test_what_has_ended_cannot_be_cancelled(idle: Jobs) -> None:
    job = idle.submit("compaction", {})
    idle.cancel(job.job_id)
    with pytest.raises(JobError, match="Compaction has ended already: CANCELLED"):
        idle.cancel(job.job_id)
    with pytest.raises(JobNotFoundError):
        idle.get("nothing")


def test_of_two_ends_the_first_counts(idle: Jobs, bench: Workbench) -> None:
    job = idle.submit("compaction", {})
    records = JobRecords(bench.lake)
    records.end(job.job_id, "FINISHED", result=json.dumps({"files": {}}))
    records.end(job.job_id, "FAILED", error="late")
    assert (idle.get(job.job_id).state, idle.get(job.job_id).result) == ("FINISHED", {"files": {}})
    bench.lake.flush()
    assert idle.get(job.job_id).state == "FINISHED"


def test_a_job_whose_process_was_killed_has_failed(idle: Jobs, bench: Workbench) -> None:
    job = idle.submit("compaction", {})
    with Child(sleep) as child:
        mark = child.hear()
        run_as(bench, job.job_id, host=host_name(), pid=child.pid, mark=mark)
        assert idle.tend() == []
        assert idle.get(job.job_id).state == "RUNNING"
        child.kill()
        (ended,) = idle.tend()
    assert ended.state == "FAILED"
    assert ended.is_orphaned
    assert f"Process {child_pid(ended.error)} on {host_name()} has ended" in ended.error
    again = idle.again(job.job_id)
    assert (again.state, again.parameters, again.title) == ("QUEUED", {}, job.title)
    assert again.job_id != job.job_id


def child_pid(error: str) -> int:
    return int(error.split()[1])


def test_a_later_process_of_the_same_number_is_not_taken_for_the_worker() -> None:
    assert is_working(host_name(), os.getpid(), process_mark(os.getpid()) or "")
    assert not is_working(host_name(), os.getpid(), "another-boot-1")
    assert is_working("elsewhere", 1, "x") is None


def test_work_that_does_not_listen_is_killed(
    idle: Jobs, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.board.KILL_AFTER_SECONDS", 0.0)
    job = idle.submit("compaction", {})
    with Child(sleep) as child:
        run_as(bench, job.job_id, host=host_name(), pid=child.pid, mark=child.hear())
        idle.cancel(job.job_id)
        (ended,) = idle.tend()
        assert (ended.state, ended.message) == ("CANCELLED", "ended by force")
        wait_until(lambda: not child.alive)


def test_a_job_taken_by_a_process_that_died_is_not_left_waiting(
    idle: Jobs, bench: Workbench
) -> None:
    job = idle.submit("compaction", {})
    claim = {"host": host_name(), "pid": 2**22 + 1, "mark": "gone"}
    bench.lake.claim("jobs", job.job_id, claim)
    assert [ended.state for ended in idle.tend()] == ["FAILED"]


def test_what_finished_or_has_not_ended_is_not_done_again(idle: Jobs, bench: Workbench) -> None:
    waits, finished = idle.submit("compaction", {}), idle.submit("proof", {})
    JobRecords(bench.lake).end(finished.job_id, "FINISHED", result="{}")
    for job, state in ((waits, "QUEUED"), (finished, "FINISHED")):
        with pytest.raises(JobError, match=f"it is {state}"):
            idle.again(job.job_id)
    assert not idle.get(finished.job_id).is_orphaned


def test_files_of_another_machine_are_taken_in_there(
    idle: Jobs, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.board.host_name", lambda: "elsewhere")
    theirs = idle.submit("import", {"path": "/data/a.csv", "dataset": "a"})
    monkeypatch.undo()
    ours = idle.submit("import", {"path": "/data/a.csv", "dataset": "a"})
    anybodys = idle.submit("compaction", {})
    assert [job.job_id for job in _waiting_here(bench)] == [ours.job_id, anybodys.job_id]
    assert (theirs.host, ours.host, anybodys.host) == ("elsewhere", host_name(), "")


def test_a_proof_says_what_is_wrong_and_whom_it_concerns(bench: Workbench) -> None:
    with bench.tracker.start_run("risk", "forest") as run:
        run.log_bytes("weights", "model.txt")
    told: list[tuple[str, float]] = []
    result = WORK["proof"](bench, {"level": "content"}, lambda *said: told.append(said))
    assert (result["problems"], result["findings"]) == (0, [])
    (artifact,) = bench.runs.list_artifacts(run.run_id)
    (bench.lake.root / object_key(artifact.digest)).unlink()
    result = WORK["proof"](bench, {}, lambda *said: told.append(said))
    assert [found["path"] for found in result["findings"]] == [object_key(artifact.digest)]
    assert "forest" in result["findings"][0]["affects"]
    assert told
    with pytest.raises(JobError, match="no proof of 'faith'"):
        WORK["proof"](bench, {"level": "faith"}, lambda *_: None)


def test_what_two_parts_of_a_version_differ_in_is_kept_and_found_again(bench: Workbench) -> None:
    rows = {"sex": ["f", "m"] * 20, "age": [*range(40)], "site": ["a"] * 40}
    bench.datasets.register_dataset(rows, "visits", "made up")
    for kind, asked, made_by in (
        ("comparison", {"first": "visits@v1", "split": "sex"}, COMPARISONS),
        ("cohort", {"dataset": "visits@v1", "condition": "age < 9"}, REPORTS),
    ):
        assert bench.jobs.report(kind, asked, algorithm=made_by) is None
        job = do_here(bench, kind, asked)
        found, key = (
            bench.jobs.report(kind, asked, algorithm=made_by),
            object_key(job.result["report"]),
        )
        assert found == json.loads(bench.lake.store.get(key))
        assert bench.jobs.report(kind, asked, algorithm=made_by + 1) is None
        assert key not in {each.key for each in collect_garbage(bench, dry_run=True).marked}
        bench.lake.store.delete(key)
        (finding,) = verify_lake(bench).findings
        assert f"the report of the job {job.title!r}" in finding.affects[0]
        bench.lake.objects.put(json.dumps(found).encode())


def test_uploads_outlive_the_server_and_go_when_they_are_in(tmp_path: Path) -> None:
    settings = Settings(lake=str(tmp_path / "lake"), state_folder=tmp_path / "state")
    kept = keep_upload(settings, "../../answers.csv", b"age\n30\n")
    left = keep_upload(settings, "answers.csv", b"age\n31\n")
    assert kept.name == left.name == "answers.csv"
    assert {kept.parents[1], left.parents[1]} == {tmp_path / "state/uploads"}
    forget_upload(kept)
    assert (kept.parent.exists(), left.read_bytes()) == (False, b"age\n31\n")
    os.utime(left.parent, (0, 0))
    keep_upload(settings, "more.csv", b"")
    assert not left.exists()
    outside = tmp_path / "theirs" / "answers.csv"
    outside.parent.mkdir()
    outside.write_bytes(b"")
    forget_upload(outside)
    assert (outside.exists(), outside.parent.exists()) == (False, True)


def test_two_work_at_a_time(bench: Workbench) -> None:
    slots = [free_slot(bench.lake) for _ in range(3)]
    with slots[0] as one, slots[1] as two, slots[2] as three:
        assert (one, two, three) == (True, True, False)
    with free_slot(bench.lake) as again:
        assert again


def test_folding_keeps_the_end_and_all_that_was_printed() -> None:
    rows = [
        {"job_id": "a", "state": "RUNNING", "log": "one\n", "event_at": 1},
        {"job_id": "b", "state": "RUNNING", "event_at": 2},
        {"job_id": "a", "state": "FAILED", "log": "two\n", "error": "no", "event_at": 3},
        {"job_id": "a", "state": "RUNNING", "log": "three\n", "event_at": 4},
    ]
    first, second = fold_jobs(rows)
    assert first == {
        "job_id": "a",
        "state": "FAILED",
        "error": "no",
        "log": "one\ntwo\nthree\n",
        "event_at": 4,
    }
    assert second["state"] == "RUNNING"
