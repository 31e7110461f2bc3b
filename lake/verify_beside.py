"""Prove what lies beside a lake's rows and objects, and helps to keep them.

spare/       the copies of the last manifests are those of the manifests
inventory/   each list of what was there is as it was written, under the name it was given
journal/     each line is a row, with the checksum it was written with (lake/lines.py)
catalog.*    the exported catalog is what was exported (lake/exported.py)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lake.digest import digest_bytes
from lake.errors import DamagedError, LakeError, NotFoundError, StoreError
from lake.exported import verify_exported
from lake.inventory import inventory_keys, read_inventory
from lake.manifest import Manifest
from lake.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lake.store import Store
    from lake.table import Table


def verify_beside(store: Store, tables: Iterable[Table]) -> Iterator[Problem]:
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
