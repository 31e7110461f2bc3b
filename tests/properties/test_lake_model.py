"""Whatever is done to a lake, through whichever handle: every reader sees what a dictionary holds.

Handles are lakes opened beside each other, as by several processes. Some are asked after every
step, `idle` ones now and then only: they were opened before what happened meanwhile.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from catalog.catalog import Catalog
from catalog.export import export_catalog
from catalog.tables import SPECS
from core.maintenance.garbage import collect_garbage
from lake.backup import backup, restore
from lake.compact import GRACE, collect, compact
from lake.erase import erase
from lake.gc import KEEP
from lake.lake import Lake
from lake.objects import object_key
from lake.segment import from_rows
from lake.store import LocalStore
from lake.verify import verify
from tests.properties.lake_model import NUMBERS, Event, Model, Row, ask, numbers_in, same
from tests.support.abandoned import abandon
from tests.support.memory import MEMORY
from tests.support.thorough import EVERY_POINT

MOST_HANDLES: Final = 4
RUN_IDS: Final = ("a", "b", "ß")
EXPERIMENTS: Final = ("e", "../ß%", "", None)
POINTS: Final = st.lists(
    st.tuples(
        st.sampled_from(RUN_IDS),
        st.sampled_from(EXPERIMENTS),
        st.sampled_from(("loss", "auc")) | st.text(max_size=3),
        st.floats(),
        st.none() | st.integers(-(2**63), 2**63 - 1),
    ),
    min_size=1,
    max_size=5,
)
TEXTS: Final = st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=2)
CONTENTS: Final = st.sampled_from((b"", b"weights", b"plot"))
DAYS: Final = st.integers(min_value=1, max_value=9)


@dataclass(slots=True, eq=False)
class Handle:
    """A lake somebody has opened, and its catalog."""

    lake: Lake
    catalog: Catalog
    idle: bool

    def grow_older(self, seconds: float) -> None:
        """Let time pass for it since it was last asked."""
        if self.catalog._held is not None:
            self.catalog._held.mirror._looked_at -= seconds


@dataclass(frozen=True, slots=True)
class Run:
    """A session of a run, logged through one handle."""

    run_id: str
    handle: Handle


class LakeMachine(RuleBasedStateMachine):
    """Does anything in any order, and compares."""

    handles: Bundle[Handle] = Bundle("handles")
    runs: Bundle[Run] = Bundle("runs")
    digests: Bundle[str] = Bundle("digests")
    artifacts: Bundle[Row] = Bundle("artifacts")

    def __init__(self) -> None:
        super().__init__()
        place = MEMORY if os.access(MEMORY, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(dir=place, prefix="mhras-"))
        self.root = self.folder / "lake"
        self.model = Model()
        self.open: list[Handle] = []
        self.claims: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.promised: dict[str, float] = {}  # an object, and until when a row may still name it
        self.now = time.time()

    @initialize(target=handles)
    def begin(self) -> Handle:
        handle = self._opened(idle=False)
        self.stock = duckdb.connect(export_catalog(handle.lake), read_only=True)
        return handle

    # Handles

    def _opened(self, *, idle: bool) -> Handle:
        lake = Lake.open(self.root, settle=0.0)
        handle = Handle(lake, Catalog(lake), idle)
        self.open.append(handle)
        return handle

    @precondition(lambda self: len(self.open) < MOST_HANDLES)
    @rule(target=handles, idle=st.booleans())
    def open_another(self, idle: bool) -> Handle:
        return self._opened(idle=idle)

    @rule(handle=consumes(handles))
    def close(self, handle: Handle) -> None:
        self.open.remove(handle)
        handle.lake.close()

    @rule(handle=consumes(handles), torn=st.sampled_from((b"", b'{"t":"metrics","run_id":"a"')))
    def kill(self, handle: Handle, torn: bytes) -> None:
        self.open.remove(handle)
        abandon(handle.lake, torn=torn)

    @rule(handle=handles)
    def ask_now(self, handle: Handle) -> None:
        self._compare(handle)

    # Rows

    def _journaled(self, handle: Handle, table: str, *rows: Row) -> None:
        handle.lake.append(table, list(rows), durability="process")
        journal = handle.lake.journal.path(handle.lake.journal.journal_id or "")
        self._acknowledged(table, rows, journal)

    def _acknowledged(self, table: str, rows: tuple[Row, ...], journal: Path | None) -> None:
        for row in rows:
            number = row[NUMBERS.get(table, "event_at")]
            self.model.events[table].append(Event(number=number, row=row, journal=journal))

    def _points(self, points: list[tuple[Any, ...]]) -> tuple[Row, ...]:
        return tuple(
            {
                "run_id": run_id,
                "experiment_id": experiment,
                "metric_name": name,
                "value": value,
                "step": step,
                "logged_at": self.model.next_number(),
            }
            for run_id, experiment, name, value, step in points
        )

    @rule(handle=handles, points=POINTS)
    def log_points(self, handle: Handle, points: list[tuple[Any, ...]]) -> None:
        self._journaled(handle, "metrics", *self._points(points))

    @rule(handle=handles, points=POINTS)
    def append_points(self, handle: Handle, points: list[tuple[Any, ...]]) -> None:
        rows = self._points(points)
        handle.lake.table("metrics").append(from_rows(rows, SPECS["metrics"]))
        self._acknowledged("metrics", rows, None)

    @rule(target=runs, handle=handles, params=TEXTS)
    def start_run(self, handle: Handle, params: dict[str, str]) -> Run:
        at = self.model.next_number()
        run = Run(run_id=RUN_IDS[at % 3] if at < 9 else f"run {at}", handle=handle)
        if any(e.row["run_id"] == run.run_id for e in self.model.events["runs"]):
            run = Run(run_id=f"run {at}", handle=handle)
        row = {"run_id": run.run_id, "run_name": f"run {at}", "kind": "start", "event_at": at}
        self._journaled(
            handle, "runs", row | {"status": "RUNNING", "start_time": at, "params": params}
        )
        return run

    @rule(run=runs, params=TEXTS)
    def log_params(self, run: Run, params: dict[str, str]) -> None:
        if run.handle in self.open:
            at = self.model.next_number()
            row = {"run_id": run.run_id, "kind": "params", "params": params, "event_at": at}
            self._journaled(run.handle, "runs", row)

    @rule(run=runs, handle=handles, tags=TEXTS)
    def set_tags(self, run: Run, handle: Handle, tags: dict[str, str]) -> None:
        row = {"run_id": run.run_id, "kind": "tags", "event_at": self.model.next_number()}
        self._journaled(handle, "runs", row | {"tags": tags})

    @rule(run=consumes(runs), status=st.sampled_from(("FINISHED", "FAILED")))
    def end_run(self, run: Run, status: str) -> None:
        if run.handle in self.open:
            at = self.model.next_number()
            row = {"run_id": run.run_id, "kind": "end", "status": status}
            self._journaled(run.handle, "runs", row | {"end_time": at, "event_at": at})

    @rule(handle=handles, name=st.sampled_from(("risk", "sleep", "ß")))
    def claim_experiment(self, handle: Handle, name: str) -> None:
        number = self.model.next_number()
        payload = {"experiment_id": f"e{number}"}
        ours = name not in self.claims
        expected = self.claims.setdefault(name, {**payload, "name": name})
        assert handle.lake.claim("experiments", name, payload) == (expected, ours)
        if ours:
            row = {"experiment_name": name, "description": None, "event_at": number}
            self._journaled(handle, "experiments", payload | row)

    # Segments and data files

    @rule(handle=handles)
    def flush(self, handle: Handle) -> None:
        handle.lake.flush()

    @rule(handle=handles)
    def recover(self, handle: Handle) -> None:
        handle.lake.recover()
        living = {each.lake.writer for each in self.open}
        journals = list(handle.lake.journal.folder.glob("*.jsonl"))
        assert {path.name.split("-")[1] for path in journals} <= living

    @rule(handle=handles, rows=st.integers(4, 40))
    def flush_and_compact(self, handle: Handle, rows: int) -> None:
        handle.lake.flush()
        for name in SPECS:
            table = handle.lake.table(name)
            compact(table, minimum=1, settle=0, target_rows=rows, partition_rows=rows // 4)

    @rule(handle=handles)
    def collect_ten_minutes_later(self, handle: Handle) -> None:
        for each in self.open:
            each.grow_older(GRACE)
        for name in SPECS:
            collect(handle.lake.table(name), grace=0)

    @rule(handle=handles, run_id=st.sampled_from(RUN_IDS))
    def erase_points(self, handle: Handle, run_id: str) -> None:
        import pyarrow.compute as pc

        erase(handle.lake.table("metrics"), lambda r: pc.equal(r["run_id"], run_id), settle=0)
        self.model.erase("metrics", lambda row: row["run_id"] == run_id)

    # Objects: time passes for them where it is said to

    @rule(target=digests, handle=handles, content=CONTENTS)
    def put_object(self, handle: Handle, content: bytes) -> str:
        digests = [*handle.lake.objects.all()]
        before = {d: self._file(d).stat().st_ino for d in digests}
        digest = handle.lake.objects.put(content)
        if before.get(digest) != self._file(digest).stat().st_ino:
            os.utime(self._file(digest), (self.now, self.now))  # stored now, as time goes here
        self.contents[digest] = content
        self.promised[digest] = self.now + KEEP.total_seconds()
        return digest

    def _file(self, digest: str) -> Path:
        return self.root / object_key(digest)

    @rule(target=artifacts, handle=handles, digest=digests, run_id=st.sampled_from(RUN_IDS))
    def refer_to_object(self, handle: Handle, digest: str, run_id: str) -> Any:
        if self.now >= self.promised[digest]:
            return multiple()
        at = self.model.next_number()
        row = {"artifact_id": f"artifact {at}", "run_id": run_id, "digest": digest, "path": "x"}
        self._journaled(handle, "artifacts", {**row, "event_at": at})
        return row

    @rule(handle=handles, artifact=consumes(artifacts))
    def delete_artifact(self, handle: Handle, artifact: Row) -> None:
        row = {**artifact, "deleted": True, "event_at": self.model.next_number()}
        self._journaled(handle, "artifacts", row)

    @rule(handle=handles, days=DAYS, purge=st.booleans())
    def collect_garbage_later(self, handle: Handle, days: int, purge: bool) -> None:
        self.now += timedelta(days=days).total_seconds()
        deleted = {
            row["artifact_id"]
            for e in self.model.events["artifacts"]
            if (row := e.row).get("deleted")
        }
        now = datetime.fromtimestamp(self.now, UTC)
        old = timedelta() if purge else None
        report = collect_garbage(handle.catalog, now=now, purge_deleted=old)
        assert report.held == ""
        if purge:
            self.model.erase("artifacts", lambda row: row["artifact_id"] in deleted)

    # Copies

    @rule(handle=handles)
    def back_up_and_restore(self, handle: Handle) -> None:
        copy, restored = LocalStore(self.folder / "copy"), self.folder / "restored"
        assert backup(handle.lake.store, copy).damaged == {}
        assert restore(copy, LocalStore(restored)).damaged == {}
        with Lake.open(restored, create=False) as lake, Catalog(lake).cursor() as cursor:
            same(ask(cursor), self.model.answer(), "a restored lake")
        shutil.rmtree(restored)

    # What holds after every step

    def _compare(self, handle: Handle) -> None:
        with handle.catalog.cursor() as cursor:
            same(ask(cursor), self.model.answer(), "a catalog")
        found = {name: numbers_in(handle.lake, name) for name in NUMBERS}
        same(found, {name: self.model.stored(name) for name in NUMBERS}, "a table")

    @precondition(lambda self: hasattr(self, "stock"))
    @invariant()
    def every_reader_sees_every_row_once(self) -> None:
        for handle in self.open:
            if not handle.idle:
                self._compare(handle)
        same(ask(self.stock), self.model.answer(stored=True), "a stock DuckDB")
        self._check_files()

    def _check_files(self) -> None:
        named = {row[2] for row in self.model.answer()["artifacts"]}
        promised = {digest for digest, until in self.promised.items() if self.now < until}
        for handle in self.open[:1]:
            for digest in named | promised:
                assert handle.lake.objects.get(digest) == self.contents[digest]
            assert verify(handle.lake.store, SPECS.values(), "content") == []

    def teardown(self) -> None:
        try:
            for handle in self.open:
                self._compare(handle)
        finally:
            for handle in self.open:
                abandon(handle.lake)
            if hasattr(self, "stock"):
                self.stock.close()
            shutil.rmtree(self.folder)


LakeMachine.TestCase.settings = settings(
    max_examples=50 if EVERY_POINT else 5,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
test_a_lake_is_what_a_dictionary_says = pytest.mark.slow(LakeMachine.TestCase)
