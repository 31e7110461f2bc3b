"""What is in the lakes of the crash tests: rows, objects and claims that have numbers."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from catalog.tables import SPECS as SYSTEM_TABLES
from lake.errors import LakeNotFoundError
from lake.lake import Lake
from lake.recover import JournalReader
from lake.segment import from_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lake.table import Table

SPECS: Final = tuple(SYSTEM_TABLES.values())
TABLES: Final = ("experiments", "metrics")


def opened(folder: Path, *, create: bool = True) -> Lake:
    """Open a lake with the tables of the workbench."""
    lake = Lake.open(folder, create, settle=0)
    lake.define(*SPECS)
    return lake


def row(table: str, number: int) -> dict[str, Any]:
    """Make the row of a number; metrics belong to one of two experiments."""
    if table == "experiments":
        return {"experiment_id": f"e{number}", "experiment_name": str(number), "event_at": number}
    names = {"run_id": "r", "experiment_id": f"e{number % 2}", "metric_name": "loss"}
    return {**names, "value": number / 7, "step": number, "logged_at": number}


def named(table: str, found: dict[str, Any]) -> str:
    """Name a row that was read."""
    column = {"experiments": "experiment_name", "metrics": "step"}[table]
    return f"{table} {found[column]}"


def rows_in(lake: Lake) -> Iterator[str]:
    """Name the rows as a reader finds them: journals first, and not what became segments."""
    update = JournalReader(lake.journal.folder, lake.specs).poll()
    for name in TABLES:
        table = lake.table(name)
        sealed = table.snapshot().journals
        fresh = update.tables[name].to_pylist() if name in update.tables else []
        for found in [*table.read().to_pylist(), *fresh]:
            if found.get("journal_id") not in sealed:
                yield named(name, found)


def objects_in(lake: Lake) -> Iterator[str]:
    """Name the objects by their content, which is checked."""
    for digest in lake.objects.all():
        yield lake.objects.get(digest).decode().strip()


def claims_in(lake: Lake) -> Iterator[str]:
    """Name the claims, with who holds them."""
    for entry in lake.store.list("claims/experiments"):
        document = json.loads(lake.store.get(f"claims/experiments/{entry.name}"))
        yield f"claim {document['name']} by {document['by']}"


def append(table: Table, *numbers: int) -> None:
    """Append rows as one segment."""
    name = table.spec.name
    table.append(from_rows([row(name, number) for number in numbers], table.spec))


def read_lake(folder: Path) -> list[str]:
    """Name all that a reader finds in a lake, and twice what it finds twice."""
    with suppress(LakeNotFoundError), opened(folder, create=False) as lake:
        return sorted([*rows_in(lake), *objects_in(lake), *claims_in(lake)])
    return []
