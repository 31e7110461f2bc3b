"""What a column is flagged for, and what is drawn of odd ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from core.datasets.column_profile import ColumnProfile

ROWS = 100
ODD: dict[str, Any] = {
    "nothing": [None] * ROWS,
    "same": ["x"] * ROWS,
    "never": [False] * ROWS,
    "far": [*range(ROWS - 1), 10**9],
    "zeros": [0] * 60 + [*range(1, 41)],
    "infinite": [float("inf"), *np.linspace(0, 1, ROWS - 1)],
    "huge": [1e300, *np.linspace(0, 1, ROWS - 1)],
    "lists": [[1]] * ROWS,
    "words": [f"word {n}" for n in range(ROWS)],
    "one": [2.5] * ROWS,
    "even": [*range(ROWS)],
    "few": [float(n % 20) for n in range(ROWS)],
}


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ColumnProfile]:
    folder: Path = tmp_path_factory.mktemp("lakes") / "lake"
    with Workbench(folder) as bench:
        version = bench.datasets.register_dataset(ODD, "odd", "here")
        return {p.name: p for p in bench.datasets.browser.columns(version.version_id)}


@pytest.mark.parametrize(
    ("column", "flag"),
    [
        ("nothing", "empty"),
        ("same", "constant"),
        ("never", "constant"),
        ("far", "skewed"),
        ("zeros", "mostly zero"),
        ("infinite", "infinite"),
        ("words", "all distinct"),
        ("one", "constant"),
    ],
)
def test_what_to_look_at_is_flagged(
    profiles: dict[str, ColumnProfile], column: str, flag: str
) -> None:
    assert flag in profiles[column].flags


def test_values_far_beyond_are_counted_and_not_drawn(profiles: dict[str, ColumnProfile]) -> None:
    far = profiles["far"]
    assert far.beyond == ROWS - sum(far.counts)
    assert profiles["huge"].counts == ()
    assert profiles["words"].beyond == ROWS - 12


def test_whole_numbers_lie_evenly_in_ranges(profiles: dict[str, ColumnProfile]) -> None:
    assert profiles["even"].counts == (5,) * 20
    assert profiles["few"].counts == (5,) * 20
    assert profiles["few"].edges[:2] == (-0.5, 0.5)


def test_a_column_without_a_distribution_has_no_bars(profiles: dict[str, ColumnProfile]) -> None:
    assert profiles["nothing"].counts == ()
    assert profiles["lists"].counts == ()
    assert profiles["one"].counts == (ROWS,)
