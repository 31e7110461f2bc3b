"""What is kept of the columns of a version beside its rows."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from core import Workbench
from core.datasets.sketches import read_sketches, store_sketches
from core.maintenance import collect_garbage
from core.profile.measured import MeasuredColumn
from core.profile.sketch import SKETCH_VALUES, ColumnSketch, sketch_column
from core.settings import Settings
from core.storable import to_stored
from lake.errors import DamagedError

if TYPE_CHECKING:
    from pathlib import Path

    from core.datasets.layout import Layout

COLUMNS: dict[str, Any] = {
    "score": np.random.default_rng(0).normal(size=3000).tolist(),
    "code": [1, 2, None] * 1000,
    "odd": [math.inf, -math.inf, math.nan] * 1000,
    "site": [f"site {n % 700}" for n in range(3000)],
    "sex": ["f", None, "m"] * 1000,
    "old": [True, False, None] * 1000,
    "seen": [dt.date(2024, 1, 1), None, dt.date(2025, 1, 1)] * 1000,
    "tags": [["a"], [], None] * 1000,
    "none": [None] * 3000,
}
TABLE = pa.table(COLUMNS)


def layout_of(workbench: Workbench, name: str) -> Layout:
    versions = workbench.datasets._versions
    return versions.layout(workbench.datasets.get_version(name).storage_uri)


def plain(sketch: ColumnSketch) -> dict[str, Any]:
    numbers, (texts, counts) = sketch.numbers, sketch.top
    facts = (sketch.family, sketch.rows, sketch.missing, sketch.distinct)
    points = numbers.points.tolist(), numbers.least_counts.tolist(), numbers.counts.tolist()
    spread = repr(numbers.spread)
    return {"facts": facts, "points": points, "spread": spread, "top": (texts, counts.tolist())}


def test_sketches_are_stored_with_a_version(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(TABLE, "strange", "made up")
    layout = layout_of(workbench, "strange")
    assert layout.sketches in layout.objects()
    found = read_sketches(workbench.lake.objects, layout)
    expected = {n: sketch_column(MeasuredColumn(to_stored(TABLE[n]))) for n in COLUMNS}
    assert {n: plain(s) for n, s in found.items()} == {n: plain(s) for n, s in expected.items()}
    assert len(found["site"].listed[0]) == SKETCH_VALUES
    assert found["site"].unlisted == (700 - SKETCH_VALUES, 3000 - found["site"].listed[1].sum())


def test_a_version_without_sketches_has_them_made_of_its_rows(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(TABLE, "strange", "made up")
    layout = layout_of(workbench, "strange")
    document = layout.to_json().replace(b'"sketches":"' + layout.sketches.encode(), b'"old":"')
    before = type(layout).from_json(document)
    assert before.sketches == ""
    stored, made = (read_sketches(workbench.lake.objects, each) for each in (layout, before))
    assert {n: plain(s) for n, s in made.items()} == {n: plain(s) for n, s in stored.items()}


def test_equal_columns_have_equal_sketches(workbench: Workbench) -> None:
    sketches = {n: sketch_column(MeasuredColumn(to_stored(TABLE[n]))) for n in COLUMNS}
    digests = {store_sketches(workbench.lake.objects, sketches, "zstd") for _ in range(2)}
    assert len(digests) == 1


def test_a_collection_leaves_sketches(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(TABLE, "strange", "made up")
    report = collect_garbage(workbench)
    assert report.marked == ()


def test_sketches_are_where_the_chunks_are(tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    settings = Settings(data_version_storage_path=str(place))
    with Workbench(tmp_path / "lake", settings=settings) as workbench:
        workbench.datasets.register_dataset(TABLE, "strange", "made up")
        digest = layout_of(workbench, "strange").sketches
    assert [path.name for path in place.rglob(digest)] == [digest]


def test_another_object_is_no_sketches(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(TABLE, "strange", "made up")
    layout = layout_of(workbench, "strange")
    wrong = replace(layout, sketches=layout.parts[0].pieces[0].object)
    with pytest.raises(DamagedError, match="are damaged"):
        read_sketches(workbench.lake.objects, wrong)
