"""What a version stores beside what is there, and how patches are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from hypothesis import given, strategies as st

from core.datasets.patches import Patch, apply_patch

if TYPE_CHECKING:
    from core import Workbench


def stored(workbench: Workbench) -> int:
    objects = workbench.lake.objects
    return sum(objects.size(digest) for digest in objects.all())


def test_rows_are_patched_though_a_version_between_has_fewer_columns(workbench: Workbench) -> None:
    values = np.random.default_rng(0).normal(size=(20_000, 3))
    table = pa.table({"id": range(20_000), **{f"x{n}": values[:, n] for n in range(3)}})
    register = workbench.datasets.register_dataset
    register(table, "drawn", "drawn", key="id")
    register(table.drop_columns(["x1"]), "drawn", "drawn", key="id")
    before = stored(workbench)
    last = register(table.slice(5), "drawn", "drawn", key="id")
    assert stored(workbench) - before < 0.1 * before
    assert workbench.datasets.get_dataset("drawn", last.version, as_frame="arrow")[0].equals(
        table.slice(5)
    )


@given(data=st.data())
def test_a_patch_gives_the_rows_it_was_made_for(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 400))
    deleted = sorted(data.draw(st.sets(st.integers(0, rows - 1), max_size=min(rows - 1, 6))))
    number = data.draw(st.integers(0, 6))
    places = st.integers(0, rows - len(deleted) + number - 1)
    inserted = sorted(data.draw(st.sets(places, min_size=number, max_size=number)))
    expected = [f"old {n}" for n in range(rows) if n not in deleted]
    for place in inserted:
        expected.insert(place, f"new {place}")
    patch = Patch(np.array(deleted, dtype=np.int64), np.array(inserted, dtype=np.int64))
    old = pa.table({"x": pa.array([f"old {n}" for n in range(rows)], pa.large_string())})
    new = pa.table({"x": pa.array([f"new {n}" for n in inserted], pa.large_string())})
    assert apply_patch(old, patch, new)["x"].to_pylist() == expected
