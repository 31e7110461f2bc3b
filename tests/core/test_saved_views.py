"""Views of pages that are kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import Workbench
from core.errors import SavedViewError, SavedViewNotFoundError
from core.saved_views import LONGEST_QUERY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "lake", actor="ana", durability="process") as found:
        yield found


def test_a_view_is_kept_for_all_who_use_the_lake(bench: Workbench, tmp_path: Path) -> None:
    kept = bench.saved_views.save("  Failed\n runs ", "runs", "status=FAILED")
    assert (kept.name, kept.page, kept.query, kept.owner) == (
        "Failed runs", "runs", "status=FAILED", "ana",
    )  # fmt: skip
    assert kept.created_at.utcoffset() is not None
    with Workbench(tmp_path / "lake", actor="bo") as other:
        assert other.saved_views.of_page("runs") == [kept]
        assert other.saved_views.of_page("compare") == []


def test_a_view_is_renamed_by_anybody_and_keeps_its_owner(bench: Workbench, tmp_path: Path) -> None:
    kept = bench.saved_views.save("Failed", "runs", "status=FAILED")
    with Workbench(tmp_path / "lake", actor="bo") as other:
        renamed = other.saved_views.rename(kept.view_id, "To look at")
    assert (renamed.name, renamed.owner, renamed.changed_by) == ("To look at", "ana", "bo")
    assert renamed.query == kept.query
    assert renamed.changed_at > kept.changed_at
    assert bench.saved_views.get(kept.view_id) == renamed


def test_a_view_that_is_deleted_is_gone(bench: Workbench) -> None:
    kept = bench.saved_views.save("Failed", "runs", "status=FAILED")
    bench.saved_views.delete(kept.view_id)
    assert bench.saved_views.of_page("runs") == []
    with pytest.raises(SavedViewNotFoundError):
        bench.saved_views.delete(kept.view_id)
    bench.saved_views.save("Failed", "runs", "status=FAILED")  # its name is free again


def test_views_stand_by_name(bench: Workbench) -> None:
    for name in ("b", "C", "a"):
        bench.saved_views.save(name, "runs", "")
    assert [view.name for view in bench.saved_views.of_page("runs")] == ["a", "b", "C"]


@pytest.mark.parametrize("name", ["", " \n", "x" * 121, "a\x00b"])
def test_what_is_no_name_is_refused(bench: Workbench, name: str) -> None:
    with pytest.raises(SavedViewError):
        bench.saved_views.save(name, "runs", "")
    assert bench.saved_views.of_page("runs") == []


def test_a_name_is_of_one_view_of_a_page(bench: Workbench) -> None:
    kept = bench.saved_views.save("Mine", "runs", "")
    bench.saved_views.save("Mine", "drift", "")
    other = bench.saved_views.save("Other", "runs", "")
    with pytest.raises(SavedViewError, match="already"):
        bench.saved_views.save("mine", "runs", "x=1")
    with pytest.raises(SavedViewError, match="already"):
        bench.saved_views.rename(other.view_id, "MINE")
    assert bench.saved_views.rename(kept.view_id, "MINE").name == "MINE"


def test_an_address_without_end_is_refused(bench: Workbench) -> None:
    with pytest.raises(SavedViewError, match="20,001 letters"):
        bench.saved_views.save("Long", "runs", "x" * (LONGEST_QUERY + 1))
