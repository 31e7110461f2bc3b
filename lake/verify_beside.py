"""Prove what lies beside a lake's rows and objects, and helps to keep them.

spare/       the copies of the last manifests are those of the manifests
inventory/   each list of what was there is as it was written, under the name it was given
journal/     each line is a row, with the checksum it was written with (lake/lines.py)
catalog.*    the exported catalog is what was exported (lake/exported.py)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lake.digest import digest_bytes
from lake.errors import DamagedError, LakeError, NotFoundError, StoreError
from lake.exported import verify_exported
from lake.inventory import inventory_keys, read_inventory
from lake.journal import SUFFIX
from lake.lines import split_lines
from lake.manifest import Manifest
from lake.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lake.spec import TableSpec
    from lake.store import Store
    from lake.table import Table

JOURNALS: Final = "journal"
_BEGINNING: Final = b'{"t":"'


def verify_beside(store: Store, tables: Sequence[Table]) -> Iterator[Problem]:
    """Yield what is wrong with what is there; that something is not there is no problem here."""
    for table in tables:
        yield from _verify_spares(table)
    for key in inventory_keys(store):
        try:
            read_inventory(store, key)
        except NotFoundError:
            continue  # replaced by newer ones since the listing
        except (DamagedError, StoreError) as error:
            yield Problem(kind="inventory", path=key, detail=error.message)
    yield from _verify_journals(store, {table.spec.name: table.spec for table in tables})
    yield from verify_exported(store)


def _verify_spares(table: Table) -> Iterator[Problem]:
    log = table.log
    for version in log.spares():
        key = log.spare_key(version)
        try:
            spare = table.store.get(key)
        except NotFoundError:
            continue  # deleted since the listing
        except LakeError as error:
            yield Problem(kind="spare", path=key, detail=error.message)
            continue
        try:
            if log.read(version).sha256 != digest_bytes(spare):
                yield Problem(kind="spare", path=key, detail="is no copy of its manifest")
        except LakeError:  # the manifest itself is gone or damaged, which is found elsewhere
            try:
                Manifest.from_json(spare, path=key)
            except DamagedError as error:
                yield Problem(kind="spare", path=key, detail=error.message)


def _verify_journals(store: Store, specs: Mapping[str, TableSpec]) -> Iterator[Problem]:
    for entry in store.list(JOURNALS):
        key = f"{JOURNALS}/{entry.name}"
        try:
            data = store.get(key) if key.endswith(SUFFIX) else b""
        except NotFoundError:
            continue  # made into segments since the listing
        except LakeError as error:
            yield Problem(kind="journal", path=key, detail=error.message)
            continue
        whole = data[: data.rfind(b"\n") + 1]  # what follows was never acknowledged
        if damaged := split_lines(whole, specs).damaged:
            detail = f"{len(damaged)} of its lines are not as they were written"
            yield Problem(kind="journal", path=key, detail=detail)
        elif data and not data.startswith(_BEGINNING):
            yield Problem(kind="journal", path=key, detail="does not begin with a row")
