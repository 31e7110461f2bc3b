"""Every way in which something of a lake becomes durable: the table that crash tests go through.

To add a path, add an entry to PATHS: what is there before, the work, and how much it changes. What
the work has done is told by name ("metrics 7"), and read back by name.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from catalog.export import DATABASE, export_catalog
from lake.backup import backup, restore
from lake.compact import collect
from lake.digest import digest_bytes
from lake.erase import erase
from lake.errors import (
    AlreadyExistsError,
    DamagedError,
    NotFoundError,
    StoreError,
)
from lake.expiry import LEASE_SUFFIX, keys_of
from lake.gc import collect_objects
from lake.inventory import take_inventory
from lake.journal import encode_row
from lake.objects import object_key
from lake.repair import repair
from lake.segment import decode
from lake.store import LocalStore
from lake.verify import verify
from tests.crash.contents import SPECS, TABLES, append, claims_in, named, opened, read_lake, row
from tests.crash.registered_data import read_versions, register, some_dataset
from tests.crash.tracked_run import read_runs, some_run, track_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

    from lake.errors import LakeError
    from lake.lake import Lake
    from lake.store import Store

DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Says what was acknowledged and what was refused, wherever that is to be heard."""

    acknowledge: Callable[[str], object]
    refused: Callable[[LakeError], object]
    passes: bool
    """Whether a fault is over when what it hit is tried again."""

    def attempt(self, work: Callable[[], object], *, repeat: bool = True) -> bool:
        """Try something, and try it again when it was refused; whether it was done."""
        try:
            work()
        except StoreError as error:
            self.refused(error)
        else:
            return True
        if repeat and self.passes:
            work()
            return True
        return False


def no_preparation(_folder: Path) -> None:
    """Begin with an empty folder."""


def read_all(folder: Path) -> list[str]:
    """Name all that is in the lake."""
    return read_lake(folder / "lake")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitPath:
    """One way: `work` does it in a folder that `prepare` filled, and numbers what is new.

    Repeated by another process with other numbers, it ends whatever was begun. `found` names what
    is there, `gone` what the work takes away. `points` is how many system calls change the disk,
    `syncs` how many of them wait for it: a path that lost some on the way is noticed.
    """

    points: int
    syncs: int
    work: Callable[[Path, int, Teller], None]
    prepare: Callable[[Path], None] = no_preparation
    found: Callable[[Path], list[str]] = read_all
    gone: frozenset[str] = field(default=frozenset())
    lakes: tuple[str, ...] = ("lake",)
    slow: bool = False


def some_lake(folder: Path) -> None:
    """Leave compacted rows, segments, objects and claims."""
    with opened(folder / "lake") as lake:
        tables = [lake.table(name) for name in TABLES]
        for table in tables:
            append(table, 0, 1)
            append(table, 2, 3)
        lake.compact(minimum=1)
        for table in tables:
            collect(table, grace=0)
            append(table, 4)
            append(table, 5)
        for number in (0, 1):
            lake.objects.put(f"object {number}".encode())
            lake.claim("experiments", str(number), {"by": number})


def some_lake_and_journal(folder: Path) -> None:
    """Leave a lake, and the journal of a dead process in it."""
    some_lake(folder)
    lines = [encode_row(table, row(table, number)) for number in (10, 11, 12) for table in TABLES]
    journal = folder / "lake" / "journal" / f"{1:016x}-gone.1-000000.jsonl"
    journal.parent.mkdir()
    journal.write_bytes(b"".join(lines))


def create(folder: Path, first: int, teller: Teller) -> None:
    made: list[Lake] = []
    teller.attempt(lambda: made.append(opened(folder / "lake")))
    for lake in made:
        with lake:
            lake.append("metrics", [row("metrics", first)])
            teller.acknowledge(f"metrics {first}")


def log(lake: Lake, number: int, teller: Teller) -> None:
    """Log a row of each table, once: one that was refused may be there."""
    for name in TABLES:
        if teller.attempt(partial(lake.append, name, [row(name, number)]), repeat=False):
            teller.acknowledge(f"{name} {number}")


def log_and_close(folder: Path, first: int, teller: Teller) -> None:
    with opened(folder / "lake") as lake:
        for number in range(first, first + 3):
            log(lake, number, teller)


def log_and_flush(folder: Path, first: int, teller: Teller) -> None:
    with opened(folder / "lake") as lake:
        for number in range(first, first + 2):
            log(lake, number, teller)
            teller.attempt(lake.flush)


def recover(folder: Path, _first: int, teller: Teller) -> None:
    with opened(folder / "lake") as lake:
        teller.attempt(lake.recover)


def append_and_compact(folder: Path, first: int, teller: Teller) -> None:
    with opened(folder / "lake") as lake:
        for number in range(first, first + 2):
            for name in TABLES:
                if teller.attempt(partial(append, lake.table(name), number), repeat=False):
                    teller.acknowledge(f"{name} {number}")
            teller.attempt(partial(lake.compact, minimum=1))
            for name in TABLES:
                teller.attempt(partial(collect, lake.table(name), grace=0))


def put_objects(folder: Path, first: int, teller: Teller) -> None:
    """Store bytes, and a file of more than one piece."""
    source = folder.parent / f"source {first}"
    source.write_bytes(f"object {first + 1}".encode().ljust(1_500_000))
    with opened(folder / "lake") as lake:
        contents: list[bytes | Path] = [f"object {first}".encode(), source]
        for number, content in enumerate(contents, first):
            if teller.attempt(partial(lake.objects.put, content)):
                teller.acknowledge(f"object {number}")


def some_garbage(folder: Path) -> None:
    some_lake(folder)
    with opened(folder / "lake") as lake:
        for number in range(3):
            lake.objects.put(f"unnamed {number}".encode())


def collect_garbage(folder: Path, _first: int, teller: Teller) -> None:
    """Mark what nobody names, and delete it a week later."""
    references = [digest_bytes(f"object {number}".encode()) for number in (0, 1)]
    with opened(folder / "lake") as lake:

        def collect_at(moment: float) -> None:
            for key in keys_of(lake.store, LEASE_SUFFIX):  # what crashed runs out in a minute
                lake.store.delete(key)
            collect_objects(lake.store, lambda: references, now=moment)

        start = time.time()
        for days in (8, 16, 24):
            teller.attempt(partial(collect_at, start + days * DAY))


def claim(folder: Path, first: int, teller: Teller) -> None:
    """Claim names of our own, and one that everybody claims."""
    with opened(folder / "lake") as lake:

        def take(name: str) -> None:
            held = lake.claim("experiments", name, {"by": first})[0]
            teller.acknowledge(f"claim {name} by {held['by']}")

        for name in (f"{first + 10}", "everybody's", f"{first + 11}"):
            teller.attempt(partial(take, name))


def some_export(folder: Path) -> None:
    some_lake(folder)
    with opened(folder / "lake") as lake:
        export_catalog(lake)


def export(folder: Path, first: int, teller: Teller) -> None:
    with opened(folder / "lake") as lake:
        if teller.attempt(partial(append, lake.table("metrics"), first), repeat=False):
            teller.acknowledge(f"metrics {first}")
            teller.acknowledge(f"sql: metrics {first}")
        teller.attempt(partial(export_catalog, lake))


def read_by_sql(folder: Path) -> list[str]:
    import duckdb

    with duckdb.connect(folder / "lake" / DATABASE, read_only=True) as connection:
        rows = connection.execute("select step from metrics").fetchall()
    return sorted([*read_all(folder), *(f"sql: metrics {step}" for (step,) in rows)])


def some_backup(folder: Path) -> None:
    """Leave a lake and an old copy of it; the copy has segments that the lake has merged since."""
    some_lake(folder)
    with opened(folder / "lake") as lake:
        backup(lake.store, LocalStore(folder / "copy"))
        table = lake.table("metrics")
        lake.compact(minimum=1)
        collect(table, grace=0)
        append(table, 20)
        lake.objects.put(b"object 20")
        journal = lake.journal.folder / f"{1:016x}-gone.1-000000.jsonl"
        journal.parent.mkdir()
        journal.write_bytes(encode_row("metrics", row("metrics", 21)))


def back_up(folder: Path, _first: int, teller: Teller) -> None:
    present = read_all(folder)
    if teller.attempt(partial(backup, LocalStore(folder / "lake"), LocalStore(folder / "copy"))):
        for name in present:
            teller.acknowledge(f"copy: {name}")


def read_copy(folder: Path) -> list[str]:
    """Name what is in the lake, and in a lake restored from its copy."""
    again = folder.parent / "restored"
    shutil.rmtree(again, ignore_errors=True)
    restore(LocalStore(folder / "copy"), LocalStore(again))
    return sorted([*read_all(folder), *(f"copy: {name}" for name in read_lake(again))])


def bring_back(folder: Path, _first: int, teller: Teller) -> None:
    def bring() -> None:
        with suppress(AlreadyExistsError):
            restore(LocalStore(folder / "copy"), LocalStore(folder / "again"))

    if teller.attempt(bring):
        for name in read_restored(folder):
            teller.acknowledge(name)


def read_restored(folder: Path) -> list[str]:
    return read_lake(folder / "again")


def some_damage(folder: Path) -> None:
    """Leave a lake with a broken segment, a lost data file and a broken object, and a copy."""
    some_lake(folder)
    lake = folder / "lake"
    backup(LocalStore(lake), LocalStore(folder / "copy"))
    segment = min(lake.glob("tables/metrics/tail/*-*-*-*.parquet"))
    segment.write_bytes(segment.read_bytes()[:-100])
    for path in lake.glob("tables/experiments/data/**/*.parquet"):
        if len(path.stem) == 64:
            path.unlink()
    lost = lake / object_key(digest_bytes(b"object 0"))
    lost.write_bytes(b"abject 0")


def mend(folder: Path, teller: Teller, source: Store | None) -> None:
    with opened(folder / "lake") as lake:
        done = teller.attempt(
            lambda: repair(lake.store, SPECS, verify(lake.store, SPECS, "content"), source=source)
        )
    if done:
        for name in read_damaged(folder):
            teller.acknowledge(name)


def mend_from_copy(folder: Path, _first: int, teller: Teller) -> None:
    mend(folder, teller, LocalStore(folder / "copy"))
    assert not teller.passes or read_all(folder) == read_lake(folder / "copy")


def mend_alone(folder: Path, _first: int, teller: Teller) -> None:
    mend(folder, teller, None)


def read_damaged(folder: Path) -> list[str]:
    """Name what can be read of a lake, a file at a time."""
    found = []
    with opened(folder / "lake") as lake:
        for name in TABLES:
            for key in lake.table(name).snapshot().files:
                with suppress(DamagedError, NotFoundError):
                    rows = decode(lake.store.local_path(key), lake.specs[name])
                    found += [named(name, each) for each in rows.to_pylist()]
        for digest in lake.objects.all():
            with suppress(DamagedError):
                found.append(lake.objects.get(digest).decode())
        return sorted([*found, *claims_in(lake)])


def erase_rows(folder: Path, _first: int, teller: Teller) -> None:
    def doomed(rows: pa.Table) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.is_in(rows["step"], pa.array([1, 5]))

    with opened(folder / "lake") as lake:
        table = lake.table("metrics")
        teller.attempt(partial(erase, table, doomed, settle=0))


def take_inventories(folder: Path, first: int, teller: Teller) -> None:
    with opened(folder / "lake") as lake:
        for number in range(first, first + 3):
            if teller.attempt(partial(append, lake.table("metrics"), number), repeat=False):
                teller.acknowledge(f"metrics {number}")
            teller.attempt(partial(take_inventory, lake.store))


# a run's surroundings are kept by a thread, whose rows may share a wait: it has up to 74 calls
PATHS: Final = {
    "run": CommitPath(
        points=70, syncs=24, work=track_run, prepare=some_run, found=read_runs, slow=True
    ),
    "dataset": CommitPath(
        points=140,
        syncs=50,
        work=register,
        prepare=some_dataset,
        found=read_versions,
        slow=True,
    ),
    "create": CommitPath(points=31, syncs=12, work=create),
    "append": CommitPath(points=30, syncs=13, work=log_and_close, prepare=some_lake),
    "flush": CommitPath(points=46, syncs=19, work=log_and_flush, prepare=some_lake),
    "recover": CommitPath(points=14, syncs=5, work=recover, prepare=some_lake_and_journal),
    "compact": CommitPath(points=124, syncs=40, work=append_and_compact, prepare=some_lake),
    "objects": CommitPath(points=19, syncs=6, work=put_objects, prepare=some_lake),
    "collect": CommitPath(
        points=24,
        syncs=10,
        work=collect_garbage,
        prepare=some_garbage,
        gone=frozenset({"unnamed 0", "unnamed 1", "unnamed 2"}),
    ),
    "claim": CommitPath(points=18, syncs=6, work=claim, prepare=some_lake),
    "export": CommitPath(
        points=18, syncs=6, work=export, prepare=some_export, found=read_by_sql, slow=True
    ),
    "backup": CommitPath(points=69, syncs=23, work=back_up, prepare=some_backup, found=read_copy),
    "restore": CommitPath(
        points=173,
        syncs=59,
        work=bring_back,
        prepare=some_backup,
        found=read_restored,
        lakes=("again",),
    ),
    "repair": CommitPath(
        points=18, syncs=6, work=mend_from_copy, prepare=some_damage, found=read_damaged
    ),
    "give up": CommitPath(
        points=63, syncs=23, work=mend_alone, prepare=some_damage, found=read_damaged
    ),
    "erase": CommitPath(
        points=18,
        syncs=6,
        work=erase_rows,
        prepare=some_lake,
        gone=frozenset({"metrics 1", "metrics 5"}),
    ),
    "inventory": CommitPath(points=41, syncs=14, work=take_inventories, prepare=some_lake),
}
