"""A row that does not fit its table is refused when it is given, and holds up no others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from lake.errors import SchemaError
from lake.lake import Lake
from lake.spec import TYPES, TableSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THINGS = TableSpec(name="things", columns={kind: kind for kind in TYPES})
ANYTHING = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    *(st.binary(max_size=3), st.builds(object), st.just(np.int64(7)), st.just(np.float64(0.1))),
    st.dictionaries(st.text(max_size=3) | st.integers(), st.none() | st.floats() | st.text()),
    st.lists(st.integers(), max_size=2),
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from([*TYPES, "unknown"]), ANYTHING, max_size=4), max_size=4
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with Lake.open(tmp_path_factory.mktemp("lake") / "lake") as lake:
        lake.define(THINGS)
        yield lake


@given(rows=ROWS)
def test_what_is_taken_becomes_permanent(lake: Lake, rows: list[dict[str, Any]]) -> None:
    try:
        lake.append("things", rows, durability="process")
    except SchemaError:
        lake.append("things", [{"string": "the next one"}], durability="process")
    lake.flush()
    assert not lake.journal.rotated(), "nothing waits for a row that does not fit"


def test_all_that_is_wrong_is_said_and_none_is_kept(tmp_path: Path) -> None:
    with Lake.open(tmp_path / "lake") as lake:
        lake.define(THINGS)
        with pytest.raises(SchemaError) as caught:
            lake.append("things", [{"string": "fits"}, {"string": 7, "int64": 0.5}, {"more": 1}])
        assert caught.value.faults == (
            "string is 7, not of the type string",
            "int64 is 0.5, not of the type int64",
            "there is no column more",
        )
        lake.flush()
        assert lake.table("things").read().num_rows == 0


@pytest.mark.parametrize("value", [0.1, -0.0, 5e-324, math.inf, -math.inf, 2**63 - 1])
def test_numbers_fit_a_column_of_numbers(tmp_path: Path, value: float) -> None:
    with Lake.open(tmp_path / "lake") as lake:
        lake.define(THINGS)
        lake.append("things", [{"double": value}, {"double": math.nan}])
        lake.flush()
        one, other = lake.table("things").read()["double"].to_pylist()
    assert (one, math.copysign(1, one)) == (float(value), math.copysign(1, value))
    assert math.isnan(other)
