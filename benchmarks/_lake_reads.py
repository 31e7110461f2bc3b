"""Opening a table of any size, and reading one that got its rows one at a time."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

import duckdb

from benchmarks._lake_scale import NAME, open_lake, row, rows
from benchmarks._measure import seconds_of, show, times_in_turns, times_of
from catalog.catalog import Catalog
from catalog.export import export_catalog
from lake.compact import collect, compact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks._lake_deltalake import DeltaPeer
    from benchmarks._lake_scale import Scale
    from benchmarks._measure import Report

QUERY: Final = "select count(*) as points, sum(value) as total from metrics"
_SOON: Final = 0.010
_AS_FAST: Final = 1.5


def measure_open(report: Report, folder: Path, scale: Scale, peer: DeltaPeer | None) -> None:
    """Open tables of several sizes: the lake, and what the table holds now."""
    report.begin("open a table", "Lake.open to a snapshot; DuckDB's part is the catalog's")
    for size in scale.sizes:
        place = append(folder / f"open-appended-{size}", size)
        _open(report, place, f"{size}.journal", f"{size:,} appends through the journal", scale)
    for size in scale.sizes:
        place = fill(folder / f"open-{size}", size)
        _open(report, place, f"{size}", f"{size:,} segments, none merged", scale)
    largest = scale.sizes[-1]
    place = folder / f"open-{largest}"
    with open_lake(place) as lake:
        compact(lake.table(NAME), minimum=1, settle=0)
    _open(report, place, "merged", f"{largest:,} segments, merged, not deleted", scale)
    with open_lake(place) as lake:
        collect(lake.table(NAME), grace=0)
    _open(report, place, "deleted", f"{largest:,} segments, merged, deleted", scale)
    place = folder / "open-manifests"
    with open_lake(place) as lake:
        table = lake.table(NAME)
        for number in range(scale.manifests):
            table.append(rows(number))
            compact(table, minimum=1, settle=0)
    _open(report, place, "manifests", f"{scale.manifests:,} manifests", scale)
    if peer is not None:
        for size in (size for size in scale.sizes if size <= scale.appends // scale.turn):
            peer.grow(size)
            _peer_opens(report, f"open.{size}", peer, scale)
        peer.grow(scale.appends // scale.turn)
        _peer_opens(report, f"open.{largest}", peer, scale)


def append(place: Path, size: int) -> Path:
    """Append rows to a new lake, each of them durably, as the tracker does."""
    with open_lake(place) as lake:
        for number in range(size):
            lake.append(NAME, [row(number)])
    return place


def fill(place: Path, size: int) -> Path:
    """Append segments of one row to a new lake, past the journal: the most files there can be."""
    with open_lake(place) as lake:
        table = lake.table(NAME)
        for number in range(size):
            table.append(rows(number))
    return place


def _open(report: Report, place: Path, key: str, what: str, scale: Scale) -> None:
    times = times_of(lambda: open_lake(place).table(NAME).snapshot(), 2 * scale.repeat)
    first = min(times_of(lambda: Catalog(open_lake(place)).sql(QUERY), min(2, scale.repeat)))
    note = f"first question to a catalog {show(first, 'seconds')}"
    report.add_times(f"open.{key}", what, times, at_most=_SOON, note=note)


def _peer_opens(report: Report, key: str, peer: DeltaPeer, scale: Scale) -> None:
    times = times_of(peer.open, 2 * scale.repeat)
    report.set_peer(key, min(times), f"{peer.open():,} commits")


def measure_read(report: Report, folder: Path, scale: Scale, peer: DeltaPeer | None) -> None:
    """Read what came in one row at a time, in turns with the same rows in one compacted file."""
    count = scale.appends
    report.begin(f"read after {count:,} appends of 1 row", "in turns with one compacted file")
    grown = folder / "appends"
    if not grown.exists():
        fill(grown, count)
    with open_lake(grown) as lake:
        held = lake.table(NAME).read()
        files = len(lake.table(NAME).snapshot().files)
    one = folder / "one-file"
    with open_lake(one) as lake:
        lake.table(NAME).append(held)
        compact(lake.table(NAME), minimum=1, settle=0)
        collect(lake.table(NAME), grace=0)
    appended = append(folder / "journal", count)
    for way in _WAYS:
        _compare(report, f"{way}, journal", way, (appended, one), scale)
    for way, begin in _WAYS.items():
        what = f"{files:,} files, {way}"
        report.add(f"read.{way}.fresh", what, seconds_of(begin(grown)), note="once, not merged yet")
    with open_lake(grown) as lake:
        took = seconds_of(lambda: compact(lake.table(NAME), minimum=1, settle=0))
    note = "in the background, a minute or so after an append"
    report.add("read.compact", "merging them", took, note=note)
    for way in ("library", "catalog"):
        _compare(report, f"{way}, merged", way, (grown, one), scale)
    with open_lake(grown) as lake:
        took = seconds_of(_WAYS["stock SQL"](grown))
        report.add(
            "read.replaced", "merged, stock SQL", took, note="replaced files are still there"
        )
        collect(lake.table(NAME), grace=0)
    _compare(report, "stock SQL, merged", "stock SQL", (grown, one), scale)
    if peer is not None:
        peer.grow(count // scale.turn)
        commits = f"of {len(peer.times)} commits"
        query = QUERY.replace("metrics", "points")
        library, stock = min(times_of(peer.read, 3)), min(times_of(lambda: peer.query(query), 3))
        report.set_peer("read.library, journal", library, commits)
        report.set_peer("read.stock SQL, journal", stock, f"DuckDB, {commits}")


def _reading(place: Path) -> Callable[[], object]:
    return lambda: open_lake(place).table(NAME).read(["value"])


def _asking(place: Path) -> Callable[[], object]:
    catalog = Catalog(open_lake(place))
    catalog.sql(QUERY)
    return lambda: catalog.sql(QUERY)


def _asking_stock(place: Path) -> Callable[[], object]:
    with open_lake(place) as lake:
        database = str(export_catalog(lake))

    def ask() -> object:
        with duckdb.connect(database, read_only=True) as connection:
            return connection.execute(QUERY).fetchall()

    return ask


_WAYS: Final[dict[str, Callable[[Path], Callable[[], object]]]] = {
    "library": _reading,
    "catalog": _asking,
    "stock SQL": _asking_stock,
}


def _compare(report: Report, what: str, way: str, places: tuple[Path, Path], scale: Scale) -> None:
    grown, one = (_WAYS[way](place) for place in places)
    times, reference = times_in_turns((grown, one), 3 * scale.repeat)
    single = median(reference)
    note = f"median of {len(times)}; one file {show(single, 'seconds')}"
    report.add(f"read.{what}", what, median(times), at_most=_AS_FAST * single, note=note)
