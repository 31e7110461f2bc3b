"""Edits of many runs at once, and taking them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import ExperimentError, InvalidMetricError, RunNotFoundError
from core.tracking.edits import ARCHIVED, LONGEST_VALUE

if TYPE_CHECKING:
    from core import Workbench

NOBODY = "01938f6a-0000-7000-8000-000000000000"


@pytest.fixture
def runs(workbench: Workbench) -> list[str]:
    """Three runs that ended: the first has a tag already."""
    ids = []
    for tags in ({"stage": "dev"}, {}, {"stage": "test"}):
        with workbench.tracker.start_run("risk", tags=tags) as run:
            ids.append(run.run_id)
    return ids


def stages(workbench: Workbench, runs: list[str]) -> list[str | None]:
    return [workbench.tracker.get_run(run_id).tags.get("stage") for run_id in runs]


def test_a_tag_is_set_and_taken_back_run_by_run(workbench: Workbench, runs: list[str]) -> None:
    edit = workbench.tracker.edits.tag(runs, "stage", "dev")
    assert stages(workbench, runs) == ["dev", "dev", "dev"]
    assert dict(edit.before) == {runs[1]: None, runs[2]: "test"}  # the first had it already
    assert workbench.tracker.edits.undo(edit) == []
    assert stages(workbench, runs) == ["dev", None, "test"]
    assert "stage" not in workbench.tracker.get_run(runs[1]).tags


def test_a_tag_is_taken_away_and_given_back(workbench: Workbench, runs: list[str]) -> None:
    edit = workbench.tracker.edits.tag(runs, "stage", None)
    assert stages(workbench, runs) == [None, None, None]
    workbench.tracker.edits.undo(edit)
    assert stages(workbench, runs) == ["dev", None, "test"]


def test_deleted_runs_come_back_whole(workbench: Workbench, runs: list[str]) -> None:
    workbench.tracker.delete_run(runs[0])
    edit = workbench.tracker.edits.delete(runs)
    assert workbench.runs.count_runs() == 0
    assert workbench.runs.count_runs(only_deleted=True) == 3
    workbench.tracker.edits.undo(edit)
    # the one that was deleted before stays so
    assert {run.run_id for run in workbench.tracker.search_runs()} == set(runs[1:])
    assert workbench.tracker.edits.restore(runs).before == {runs[0]: True}
    assert workbench.runs.count_runs() == 3


def test_archived_runs_are_told_by_their_tag(workbench: Workbench, runs: list[str]) -> None:
    workbench.tracker.edits.archive(runs[:2])
    assert workbench.runs.count_runs(None, f"tags.{ARCHIVED} is null") == 1
    workbench.tracker.edits.unarchive(runs)
    assert workbench.runs.count_runs(None, f"tags.{ARCHIVED} is null") == 3


def test_what_others_changed_since_is_left_alone(workbench: Workbench, runs: list[str]) -> None:
    edit = workbench.tracker.edits.tag(runs, "stage", "final")
    workbench.tracker.set_tags({"stage": "broken"}, run_id=runs[1])
    assert workbench.tracker.edits.undo(edit) == [runs[1]]
    assert stages(workbench, runs) == ["dev", "broken", "test"]


def test_an_edit_that_is_undone_twice_changes_nothing(
    workbench: Workbench, runs: list[str]
) -> None:
    edit = workbench.tracker.edits.tag(runs, "stage", "final")
    workbench.tracker.edits.undo(edit)
    assert workbench.tracker.edits.undo(edit) == runs
    assert stages(workbench, runs) == ["dev", None, "test"]


def test_every_change_has_who_made_it_and_when(workbench: Workbench, runs: list[str]) -> None:
    edit = workbench.tracker.edits.delete(runs[:1])
    workbench.tracker.edits.undo(edit)
    query = """select actor, deleted, event_at from events_runs
               where run_id = $1 and kind = 'edit' order by event_at"""
    with workbench.catalog.cursor() as cursor:
        rows = cursor.execute(query, [runs[0]]).fetchall()
    assert [row[:2] for row in rows] == [("ana", True), ("ana", False)]
    assert rows[0][2] == edit.made_at.replace(tzinfo=None) or rows[0][2] > edit.made_at.replace(
        tzinfo=None
    )
    assert rows[1][2] > rows[0][2]


def test_one_id_that_is_not_there_changes_nothing(workbench: Workbench, runs: list[str]) -> None:
    with pytest.raises(RunNotFoundError, match=NOBODY):
        workbench.tracker.edits.delete([*runs, NOBODY])
    assert workbench.runs.count_runs() == 3


def test_what_is_no_tag_is_refused(workbench: Workbench, runs: list[str]) -> None:
    with pytest.raises(InvalidMetricError):
        workbench.tracker.edits.tag(runs, " ", "x")
    with pytest.raises(ExperimentError, match="5,001 letters"):
        workbench.tracker.edits.tag(runs, "stage", "x" * (LONGEST_VALUE + 1))
    assert stages(workbench, runs) == ["dev", None, "test"]
