"""Make the golden lake of format version 1. It was run once: what it made is kept for good.

    python -m tests.golden.make_lake_v1 some/new/folder

A lake of every released format stays in this folder, byte for byte as the release wrote it, and
must open in every later version. A new format gets a script and a folder of its own; a new table or
column within a format does not.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.tables import SPECS
from lake.compact import collect, compact
from lake.inventory import take_inventory
from lake.journal import encode_row
from lake.lake import Lake
from lake.segment import from_rows
from lake.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Sequence

START = 1_750_000_000_000_000
SECOND = 1_000_000
WRITER = "golden.1.0000abcd"
EXPERIMENTS = {"phq9 risk": "e-1", "sleep": "e-2"}


def journal_id(number: int) -> str:
    """Name a journal of the writer."""
    return f"{START + number * SECOND:016x}-{WRITER}-{number:06d}"


def experiment(name: str) -> dict[str, Any]:
    event = {"created_at": START, "event_at": START, "writer": WRITER}
    return {"experiment_id": EXPERIMENTS[name], "experiment_name": name, **event}


def run(number: int, name: str, **more: Any) -> dict[str, Any]:
    """Make the one row that a run's session becomes."""
    at = START + number * 100 * SECOND
    return {
        "run_id": f"run-{number}",
        "experiment_id": EXPERIMENTS[name],
        "experiment_name": name,
        "run_name": f"forest-{number}",
        "kind": "start",
        "status": "FINISHED",
        "start_time": at,
        "end_time": at + 60 * SECOND,
        "params": [("depth", str(number)), ("model", "rf")],
        "param_types": [("depth", "int")],
        "tags": [("stage", "dev")],
        "metrics": [("auc", number / 10)],
        "git_commit": "0123456789abcdef0123456789abcdef01234567",
        "inputs": json.dumps(["dataset-version-1"]),
        "actor": "ana",
        "event_at": at,
        "writer": WRITER,
        **more,
    }


def edit(number: int, **change: Any) -> dict[str, Any]:
    at = START + (number * 100 + 90) * SECOND
    return {"run_id": f"run-{number}", "kind": "edit", "event_at": at, "writer": WRITER, **change}


def points(number: int, values: Sequence[tuple[float, int | None]]) -> list[dict[str, Any]]:
    at = START + number * 100 * SECOND
    return [
        {
            "run_id": f"run-{number}",
            "experiment_id": "e-1" if number < 3 else "e-2",
            "metric_name": "auc",
            "value": value,
            "step": step,
            "logged_at": at + place,
        }
        for place, (value, step) in enumerate(values)
    ]


def artifact(number: int, digest: str, path: str, size: int, **more: Any) -> dict[str, Any]:
    at = START + (number * 100 + 50) * SECOND
    return {
        "artifact_id": f"artifact-{number}-{path}",
        "run_id": f"run-{number}",
        "artifact_type": "model",
        "path": path,
        "uri": f"lake://objects/{digest}#reference-{number}/run-{number}/{path}",
        "digest": digest,
        "size_bytes": size,
        "created_at": at,
        "event_at": at,
        "writer": WRITER,
        **more,
    }


def append(lake: Lake, number: int, table: str, rows: Sequence[dict[str, Any]]) -> None:
    lake.table(table).append(from_rows(rows, SPECS[table]), journal_id=journal_id(number))


def make(folder: Path) -> None:
    """Make it: compacted rows, replaced files that still wait, fresh segments, a dead journal."""
    identity = {"created_at": START, "format": 1, "lake_id": "00000000-0000-4000-8000-00000000901d"}
    LocalStore(folder).put("lake.json", json.dumps(identity, sort_keys=True).encode())
    with Lake.open(folder, create=False, settle=0) as lake:
        lake.define(*SPECS.values())
        environment = lake.objects.put(b'{"host": "golden", "python": "3.11.7"}')
        model = lake.objects.put(b"the bytes of a model")
        shared = lake.objects.put(bytes(range(256)) * 20)
        for name in EXPERIMENTS:
            payload = {k: experiment(name)[k] for k in ("experiment_id", "experiment_name")}
            lake.claim("experiments", name, {**payload, "created_at": START})
        append(lake, 1, "experiments", [experiment("phq9 risk")])
        append(lake, 1, "runs", [run(1, "phq9 risk", environment=environment)])
        append(lake, 1, "metrics", points(1, [(0.5, 0), (math.nan, 1), (0.1, 2)]))
        append(lake, 1, "artifacts", [artifact(1, model, "model.bin", 20)])
        append(lake, 2, "runs", [run(2, "phq9 risk", status="FAILED", error="ValueError: no")])
        append(lake, 2, "metrics", points(2, [(math.inf, 0), (-math.inf, 1), (0.2, None)]))
        for table in SPECS:
            compact(lake.table(table), minimum=1, settle=0)
            collect(lake.table(table), grace=0)
        append(lake, 3, "experiments", [experiment("sleep")])
        append(lake, 3, "runs", [run(3, "sleep"), edit(1, tags=[("stage", "prod"), ("a b", "é")])])
        append(lake, 3, "metrics", points(3, [(number / 64, number) for number in range(20)]))
        append(lake, 3, "artifacts", [artifact(3, shared, "data/table.bin", 5120)])
        for table in ("runs", "metrics"):
            compact(lake.table(table), minimum=1, settle=0)
        append(
            lake, 4, "runs", [run(4, "sleep"), edit(2, deleted=True), edit(3, note="Try *more*.")]
        )
        append(lake, 4, "artifacts", [artifact(4, shared, "same.bin", 5120)])
        take_inventory(lake.store)
    shutil.rmtree(folder / "tmp")
    (folder / "journal").mkdir(exist_ok=True)
    rows = [run(5, "sleep", status="RUNNING", end_time=None, params={"depth": "5"}, tags=None)]
    rows[0] |= {"param_types": None, "metrics": None}
    lines = [encode_row("runs", row) for row in rows]
    lines += [encode_row("metrics", row) for row in points(5, [(0.5, 0), (math.nan, 1)])]
    torn = encode_row("metrics", points(5, [(0.25, 2)])[0])[:-20]
    (folder / "journal" / f"{journal_id(5)}.jsonl").write_bytes(b"".join(lines) + torn)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
