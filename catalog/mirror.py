"""Keeps the catalog's tables equal to the lake, by what is new only.

Small tables (experiments, runs, artifacts) are held in memory as events; metrics, predictions and
outcomes stay in their Parquet files, and only the rows of living journals are held, and of metrics
a summary per run and metric. For compacted files the summary was made with them
(catalog/rollup.py), so that nobody reads all points. Each look reads the journals first and lists
the segments after (lake/recover.py says why), loads segments not seen before, and drops the rows of
journals that became segments.

Every file is checked against its digest, in full, before DuckDB sees it for the first time, those
of points too (lake/checked.py). Measured on 5 million points, 35 MB: 27 ms of 370 ms of the first
look; 1 ms for 10,000 runs.

    events_<table>   rows of segments (journal_id null) and of journals
    live_<table>     rows of journals of the tables that stay in files
    summary_parts    last, min, max ... per run, metric and source; merged when asked
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from catalog.rollup import PARTS
from catalog.session import SQL_TYPES
from catalog.tables import SPECS
from catalog.views import SUMMARISE
from lake.recover import JournalReader
from lake.rollup import sound_rollups
from lake.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb
    import pyarrow as pa

    from catalog.range_files import RangeFiles
    from lake.errors import LakeError
    from lake.lake import Lake
    from lake.recover import Update
    from lake.table import Snapshot

IN_FILES: Final = ("metrics", "predictions", "outcomes")
HELD: Final = tuple(name for name in SPECS if name not in IN_FILES)
APART: Final = frozenset(SPECS) - {"runs", "metrics"}  # no run's row depends on these
# a segment could be made, consumed and deleted unseen between two looks further apart than this
LONGEST_GAP_SECONDS: Final = 300.0
KEPT_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Seen:
    """What of one table is in memory."""

    version: int = -1
    rewritten: int = 0
    segments: set[str] = field(default_factory=set)
    journals: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Change:
    """What a look brought: the runs it touched, None for all, and those that logged points."""

    runs: set[str] | None = field(default_factory=set)
    logged: set[str] = field(default_factory=set)
    anything: bool = False

    def touch(self, table: str, run_ids: Iterable[str] = ()) -> None:
        """Note new rows of a table, and the runs they are of."""
        self.anything = True
        if table == "metrics":
            self.logged.update(run_ids)
        elif self.runs is not None:
            self.runs.update(run_ids)

    def touch_all(self) -> None:
        """Note that every row must be made again."""
        self.anything = True
        self.runs = None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is in the lake now, where that may be something new."""

    update: Update
    snapshots: Mapping[str, Snapshot]
    gap: float  # seconds since the look before


class Mirror:
    """The lake's events in a DuckDB. One thread at a time."""

    def __init__(self, lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._files = lake.checked
        self._store = lake.store
        self._reads_elsewhere = False
        self._elsewhere: RangeFiles | None = None
        self._snapshots = Snapshots(lake, SPECS)
        self._reader = JournalReader(lake.journal.folder, SPECS)
        self._seen = {name: _Seen() for name in SPECS}
        self._taken: Mapping[str, Snapshot] | None = None
        self._looked_at = self._named_at = monotonic()
        self.files: dict[str, dict[str, str]] = {name: {} for name in IN_FILES}
        for name, spec in SPECS.items():
            table = f"events_{name}" if name in HELD else f"live_{name}"
            columns = ", ".join(f"{c} {SQL_TYPES[kind]}" for c, kind in spec.columns.items())
            connection.execute(f"create table {table} ({columns}, journal_id varchar)")
        points = "(select * from live_metrics where false)"
        parts = SUMMARISE.format(points=points)
        connection.execute(
            f"create table summary_parts as select *, '' as journal_id from ({parts})"
        )

    def look(self) -> News | None:
        """Look for what is new in the lake, which is then to be taken in; None when nothing is."""
        update = self._reader.poll()
        snapshots = self._snapshots.take(anew=bool(update.gone))
        gap, self._looked_at = monotonic() - self._looked_at, monotonic()
        same = snapshots is self._taken and not update.tables and not update.gone
        if same and monotonic() - self._named_at <= KEPT_SECONDS:
            return None
        return News(update=update, snapshots=snapshots, gap=gap)

    def take(self, news: News) -> Change:
        """Take in what a look found. Where that fails, this is half of something: make it anew."""
        update, snapshots = news.update, news.snapshots
        anew = {
            name
            for name, snapshot in snapshots.items()
            if self._must_begin_anew(name, snapshot, news.gap)
        }
        self._fetch(snapshots, anew)
        change = Change()
        for name, snapshot in snapshots.items():
            if name in anew:
                self._load_all(name, snapshot, change)
            self._load_new(name, snapshot, change)
            if self._seen[name].journals:
                self._drop_journals(name, snapshot.journals, update.gone, change)
            if name in update.tables:
                self._add_live(name, update.tables[name], snapshot, change)
        self._name_files({name: snapshots[name].files for name in IN_FILES})
        self._taken = snapshots
        return change

    def _must_begin_anew(self, name: str, snapshot: Snapshot, gap: float) -> bool:
        seen = self._seen[name]
        if seen.version == -1 or snapshot.version < seen.version:
            # without the highest manifest, rows would be missed
            self._snapshots.tables[name].log.check_head()
        if seen.version == -1:
            return bool(snapshot.files)
        return seen.version != snapshot.version and bool(
            snapshot.consumed - seen.segments
            or gap > LONGEST_GAP_SECONDS
            or snapshot.rewritten != seen.rewritten
        )

    def _fetch(self, snapshots: Mapping[str, Snapshot], anew: set[str]) -> None:
        """Have the files that are about to be read on this machine, all fetched at once."""
        keys = [key for name in anew for key in snapshots[name].data]
        for name, snapshot in snapshots.items():
            keys += self._fresh(name, snapshot)
        if keys:
            self._store.copies(keys)

    def _fresh(self, name: str, snapshot: Snapshot) -> list[str]:
        known = self._seen[name].segments
        return [key for key in snapshot.tail if _name_of(key) not in known]

    def _name_files(self, keys: Mapping[str, Sequence[str]]) -> None:
        """Keep the paths of the files that stay files, which were checked when they were loaded.

        The views of their tables read them whenever they are asked. Asking for them again now and
        then keeps the copies of a bucket's files from being let go.
        """
        if monotonic() - self._named_at > KEPT_SECONDS:
            self._named_at, self.files = monotonic(), {name: {} for name in keys}
        for name, named in keys.items():
            known = self.files[name]
            fresh = [key for key in named if key not in known]
            paths = dict(zip(fresh, self._places(fresh), strict=True))
            self.files[name] = {key: known.get(key) or paths[key] for key in named}

    def lost_files(self) -> bool:
        """Tell whether one of `files` is gone, and look for all of them next time."""
        paths = [path for files in self.files.values() for path in files.values()]
        lost = not all(Path(path).exists() for path in paths if "://" not in path)
        if lost:
            self.files, self._taken = {name: {} for name in self.files}, None
        return lost

    def _places(self, keys: Sequence[str]) -> list[str]:
        """Name files for DuckDB: checked ones of this machine, or those that are only elsewhere."""
        copies = self._store.copies(keys)
        here = [key for key, copy in zip(keys, copies, strict=True) if copy is not None]
        paths = dict(zip(here, map(str, self._files.paths(here)), strict=True))
        if len(here) < len(keys) and not self._reads_elsewhere:
            from catalog.range_files import let_read  # fsspec, which few need

            self._reads_elsewhere = True
            self._elsewhere = let_read(self._connection, self._store, self._store.url)
        return [paths.get(key) or f"{self._store.url}/{key}" for key in keys]

    def take_refusal(self) -> LakeError | None:
        """Return what a bucket refused while DuckDB was reading from it, and forget it."""
        return self._elsewhere.take_refusal() if self._elsewhere is not None else None

    def _load_all(self, name: str, snapshot: Snapshot, change: Change) -> None:
        """Begin again from the compacted files: at first, when they lost rows, after a long gap."""
        seen = self._seen[name]
        if name in HELD:
            self._connection.execute(f"delete from events_{name} where journal_id is null")
        elif name == "metrics":
            self._connection.execute("delete from summary_parts where journal_id = ''")
        seen.version, seen.segments = snapshot.version, set(snapshot.consumed)
        change.touch(name) if name in APART else change.touch_all()
        summarised = self._load_rollups(snapshot)
        self._load(name, [key for key in snapshot.data if key not in summarised], change)

    def _load_rollups(self, snapshot: Snapshot) -> frozenset[str]:
        """Take the summaries that were made with the data files; of which ones there are any."""
        sound = sound_rollups(self._files, snapshot.rollups)
        if sound:
            source = "read_parquet($files, union_by_name=true)"
            statement = f"insert into summary_parts select *, '' from ({PARTS})"
            statement = statement.format(rollups=source)
            self._connection.execute(statement, {"files": [str(path) for path in sound.values()]})
        return frozenset(sound)

    def _load_new(self, name: str, snapshot: Snapshot, change: Change) -> None:
        seen = self._seen[name]
        self._load(name, self._fresh(name, snapshot), change)
        seen.version, seen.rewritten = snapshot.version, snapshot.rewritten
        seen.segments = {_name_of(key) for key in snapshot.tail} | snapshot.consumed

    def _load(self, name: str, keys: Iterable[str], change: Change) -> None:
        files = self._places(tuple(keys))
        if not files:
            return
        source = "read_parquet($files, union_by_name=true)"
        if name in HELD:
            # by name: files that an older version of this program wrote lack the newer columns,
            # and those of a newer one have some that are unknown here
            known = f"columns(lambda c: list_contains($known, c)) from {source}"
            statement = f"insert into events_{name} by name select {known}"
            values = {"files": files, "known": [*SPECS[name].columns]}
            self._connection.execute(statement, values)
        elif name == "metrics":
            statement = f"insert into summary_parts select *, '' from ({SUMMARISE})"
            self._connection.execute(statement.format(points=source), {"files": files})
        if name in APART or change.runs is None:
            change.touch(name)
        else:
            found = f"select distinct run_id from {source}"
            rows = self._connection.execute(found, {"files": files}).fetchall()
            change.touch(name, (run_id for (run_id,) in rows))

    def _drop_journals(
        self, name: str, sealed: frozenset[str], gone: frozenset[str], change: Change
    ) -> None:
        """Forget the live rows of journals that are segments now, or were taken away."""
        seen = self._seen[name]
        dropped = seen.journals & (sealed | gone)
        if not dropped:
            return
        seen.journals -= dropped
        tables = [f"events_{name}" if name in HELD else f"live_{name}"]
        if name == "metrics":
            tables.append("summary_parts")
        for table in tables:
            self._connection.execute(
                f"delete from {table} where journal_id in (select unnest($dropped))",
                {"dropped": sorted(dropped)},
            )
        if dropped <= sealed:
            change.touch(name)  # their runs were touched when the segments were loaded
        else:
            change.touch_all()

    def _add_live(self, name: str, rows: pa.Table, snapshot: Snapshot, change: Change) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        journals = set(pc.unique(rows["journal_id"]).to_pylist())
        if sealed := journals & snapshot.journals:
            values = pa.array(sorted(sealed), pa.string())
            rows = rows.filter(pc.invert(pc.is_in(rows["journal_id"], value_set=values)))
        if not rows.num_rows:
            return
        self._seen[name].journals |= journals - sealed
        cursor = self._connection
        cursor.register("fresh_rows", rows)
        try:
            table = f"events_{name}" if name in HELD else f"live_{name}"
            cursor.execute(f"insert into {table} from fresh_rows")
            if name == "metrics":
                self._summarise_live(cursor)
        finally:
            cursor.unregister("fresh_rows")
        change.touch(name, () if name in APART else pc.unique(rows["run_id"]).to_pylist())

    @staticmethod
    def _summarise_live(cursor: duckdb.DuckDBPyConnection) -> None:
        grouped = SUMMARISE.replace("select run_id,", "select journal_id, run_id,", 1)
        grouped = grouped.replace("group by run_id", "group by journal_id, run_id")
        cursor.execute("insert into summary_parts by name " + grouped.format(points="fresh_rows"))


def _name_of(key: str) -> str:
    return key.rpartition("/")[2]
