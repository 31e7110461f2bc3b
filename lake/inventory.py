"""What a lake had when it was last found sound, so that what is gone since is noticed.

A segment nobody has merged yet is known by its own name only: no other file says that it must be
there. The same holds for the highest manifests, a claim and lake.json. So whoever has verified a
lake leaves a list of them:

    inventory/<time>.json     per table: the version, its manifests and sentinels with their
                              SHA-256, the names of its live segments; lake.json; the claims

What is missing later is fine where the manifests since then say so: they consumed the segment, or
gave it up. Where so many manifests were made since that the first of them are gone, nothing can be
said about segments. Objects are not listed: the rows that name them say that they must be there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from lake.clock import now_us, to_datetime
from lake.compact import KEPT_MANIFESTS
from lake.digest import digest_bytes
from lake.errors import DamagedError, LakeError, NotFoundError
from lake.identity import IDENTITY, as_document
from lake.manifest import ManifestLog
from lake.problem import Problem
from lake.spec import ROLLUPS
from lake.table import ROLLUP_SENTINEL, SENTINEL, is_segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lake.store import Store

FOLDER: Final = "inventory"
KEPT: Final = 2
_SUFFIX: Final = ".json"
_CHANGED: Final = "is not what it was, though it never changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInventory:
    """One table: its version, the digests of manifests and sentinels by key, its live segments."""

    version: int
    manifests: Mapping[str, str]
    sentinels: Mapping[str, str]
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What was there at a time, in microseconds since 1970 UTC."""

    at: int
    identity: str
    claims: Mapping[str, str]
    tables: Mapping[str, TableInventory]


def take_inventory(store: Store) -> str:
    """Store what is in the lake now and return the key; the last two are kept.

    For a lake that was just found sound. Raises DamagedError when a manifest cannot be read.
    """
    document = {
        "at": now_us(),
        "identity": store.get(IDENTITY).decode("utf8", "replace"),
        "claims": {key: digest_bytes(store.get(key)) for key in _claims(store)},
        "tables": {name: _table(store, name) for name in store.folders("tables")},
    }
    return _write(store, document)


def _write(store: Store, document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True)
    key = f"{FOLDER}/{now_us():016x}{_SUFFIX}"
    body = json.dumps({"key": key, "sha256": digest_bytes(text.encode()), "inventory": text})
    store.put(key, body.encode(), exclusive=True)
    old = [f"{FOLDER}/{entry.name}" for entry in store.list(FOLDER)][:-KEPT]
    if old:
        store.delete(*old)
    return key


def _claims(store: Store) -> list[str]:
    return [f"claims/{entry.name}" for entry in store.below("claims")]


def _table(store: Store, name: str) -> dict[str, Any]:
    folder = f"tables/{name}"
    listing = [e.name for e in store.list(f"{folder}/tail") if is_segment(e.name)]
    log = ManifestLog(store, f"{folder}/log")
    head = log.head().manifest  # after the tail: what it has not consumed was there
    return {
        "version": head.version,
        "manifests": _digests(store, [log.key(version) for version in log.versions()]),
        "sentinels": _digests(store, _sentinels(store, folder)),
        "segments": [name for name in listing if name not in head.consumed],
    }


def _sentinels(store: Store, folder: str) -> list[str]:
    found = [f"{folder}/{part}/{SENTINEL}" for part in ("data", "tail")]
    rollups = f"{folder}/data/{ROLLUPS}"
    return found + [f"{rollups}/{name}/{ROLLUP_SENTINEL}" for name in store.folders(rollups)]


def _digests(store: Store, keys: list[str]) -> dict[str, str]:
    found = {}
    for key in keys:
        try:
            found[key] = digest_bytes(store.get(key))
        except NotFoundError:
            continue  # never there, or deleted since the listing
    return found


def last_inventory(store: Store) -> Inventory | None:
    """Return the newest inventory, None when none was taken. Raises DamagedError."""
    keys = inventory_keys(store)
    return read_inventory(store, keys[-1]) if keys else None


def inventory_keys(store: Store) -> list[str]:
    """Name the inventories there are, the oldest first."""
    names = [e.name for e in store.list(FOLDER) if e.name.endswith(_SUFFIX)]
    return [f"{FOLDER}/{name}" for name in names]


def read_inventory(store: Store, key: str) -> Inventory:
    """Return one inventory. Raises NotFoundError and DamagedError."""
    outer = as_document(store.get(key), key)
    text = str(outer.get("inventory"))
    # The first inventories did not say their own name.
    if outer.get("sha256") != digest_bytes(text.encode()) or outer.get("key", key) != key:
        message = f"The inventory {key} is damaged: it is not what was written there."
        raise DamagedError(message, hint="Delete it: the next `mhras verify` takes one.", path=key)
    document = as_document(text.encode(), key)
    tables = {
        name: TableInventory(
            version=facts["version"],
            manifests=facts["manifests"],
            sentinels=facts["sentinels"],
            segments=tuple(facts["segments"]),
        )
        for name, facts in document["tables"].items()
    }
    return Inventory(
        at=document["at"],
        identity=document["identity"],
        claims=document["claims"],
        tables=tables,
    )


def forget(store: Store, keys: Iterable[str]) -> None:
    """Take files out of the last inventory, because they are known to be gone for good."""
    gone = set(keys)
    try:
        inventory = last_inventory(store)
    except DamagedError:
        inventory = None
    if inventory is None:
        return
    tables = {
        name: {
            **asdict(table),
            "manifests": {k: v for k, v in table.manifests.items() if k not in gone},
            "segments": [s for s in table.segments if f"tables/{name}/tail/{s}" not in gone],
        }
        for name, table in inventory.tables.items()
    }
    claims = {key: digest for key, digest in inventory.claims.items() if key not in gone}
    _write(store, {**asdict(inventory), "claims": claims, "tables": tables})


def differences(store: Store, *, content: bool) -> Iterator[Problem]:
    """Yield what was there at the last inventory, and should be, but is gone or changed.

    Of one that is damaged it is told, and the one before it counts.
    """
    inventory = None
    for key in reversed(inventory_keys(store)):
        try:
            inventory = read_inventory(store, key)
            break
        except NotFoundError:  # replaced by newer ones since the listing
            continue
        except DamagedError as error:
            yield Problem(kind="inventory", path=key, detail=error.message)
    if inventory is None:
        return
    since = f"the lake had it on {to_datetime(inventory.at):%Y-%m-%d at %H:%M} UTC"
    for name, table in inventory.tables.items():
        yield from _in_table(store, name, table, inventory.at, since)
    known = dict(inventory.claims) if content else {}
    known[IDENTITY] = digest_bytes(inventory.identity.encode())
    present = _digests(store, sorted(known))
    absent = (known.keys() - present) | (inventory.claims.keys() - {*_claims(store)})
    for key in sorted(absent):
        yield Problem(kind="missing", path=key, detail=f"absent, but {since}")
    for key, found in present.items():
        if found != known[key]:
            yield Problem(kind="content", path=key, detail=_CHANGED)


def _in_table(
    store: Store, name: str, table: TableInventory, at: int, since: str
) -> Iterator[Problem]:
    folder = f"tables/{name}"
    log = ManifestLog(store, f"{folder}/log")
    listing = {entry.name for entry in store.list(f"{folder}/tail")}
    versions = log.versions()  # after the listing: who deletes a segment has consumed it before
    first, last = (versions[0], versions[-1]) if versions else (0, -1)
    for key, digest in table.manifests.items():
        version = int(key.rpartition("/")[2].removesuffix(_SUFFIX))
        lost = version > last or (version < first and last - version < KEPT_MANIFESTS)
        if lost:
            yield Problem(kind="log", path=key, detail=f"absent, but {since}")
        elif version in versions and _digests(store, [key]).get(key, digest) != digest:
            yield Problem(kind="manifest", path=key, detail=_CHANGED)
    gone = [segment for segment in table.segments if segment not in listing]
    if gone and first <= table.version + 1 and last >= table.version:
        explained = _taken_away(log, versions, table.version)
        for segment in gone:
            if segment not in explained:
                detail = f"absent, and nobody has merged it, but {since}"
                yield Problem(kind="missing", path=f"{folder}/tail/{segment}", detail=detail)
    yield from _sentinels_of(store, table, at, since)


def _taken_away(log: ManifestLog, versions: list[int], since: int) -> set[str]:
    """Name the segments that manifests since a version consumed or gave up."""
    names: set[str] = set()
    for version in versions:
        if version >= since:
            try:
                manifest = log.read(version).manifest
            except LakeError:
                continue  # deleted since the listing, or damaged, which is found elsewhere
            names.update(manifest.consumed)
            names.update(file.path.rpartition("/")[2] for file in manifest.lost)
    return names


def _sentinels_of(store: Store, table: TableInventory, at: int, since: str) -> Iterator[Problem]:
    for key in table.sentinels:
        folder, _, name = key.rpartition("/")
        entry = next((e for e in store.list(folder) if e.name == name), None)
        if entry is None:
            yield Problem(kind="sentinel", path=key, detail=f"absent, but {since}")
        elif entry.modified_at < at / 1e6 and _digests(store, [key]) != {key: table.sentinels[key]}:
            yield Problem(kind="sentinel", path=key, detail="is not what it was")
