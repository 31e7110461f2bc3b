"""`mhras comment`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.support.commands import Command
    from tests.support.sample_lake import SampleLake


def test_a_comment_is_written_answered_settled_and_listed(
    mhras: Command, sample: SampleLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MHRAS_ACTOR", "ana")
    run = sample.finished
    ((first,),) = mhras.lines(
        "comment", "add", "run", run, "a dip", "--metric", "auc", "--step", "3"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("because\nof *this*"))
    monkeypatch.setenv("MHRAS_ACTOR", "ben")
    ((answer,),) = mhras.lines("comment", "reply", first, "-")
    assert mhras("comment", "resolve", first) == (0, "", "")
    one, two = mhras.json("comment", "list", "run", run)
    assert (one["comment_id"], one["anchor"], one["resolved_by"]) == (
        first,
        {"kind": "metric", "name": "auc", "step": 3},
        "ben",
    )
    assert (two["comment_id"], two["text"], two["parent_id"]) == (
        answer,
        "because\nof *this*",
        first,
    )
    _, newest, oldest = mhras.lines("comment")
    assert newest[1:5] == ["run forest-4", "", "because of *this*", "ben"]
    assert (newest[-1], oldest[-1]) == ("answer", "settled")


def test_what_cannot_be_done_is_said(
    mhras: Command, sample: SampleLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, said = mhras("comment", "add", "dataset", "phq9@v3", "x")
    assert (status, "no dataset version 'phq9@v3'" in said) == (1, True)
    monkeypatch.setenv("MHRAS_ACTOR", "ana")
    ((first,),) = mhras.lines("comment", "add", "run", sample.finished, "mine")
    monkeypatch.setenv("MHRAS_ACTOR", "ben")
    status, _, said = mhras("comment", "edit", first, "yours")
    assert (status, "written by ana" in said) == (1, True)
    monkeypatch.setenv("MHRAS_ACTOR", "ana")
    assert mhras("comment", "edit", first, "still mine")[0] == 0
    assert mhras("comment", "delete", first)[0] == 0
    assert mhras.json("comment") == []
