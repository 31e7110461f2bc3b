"""What differs inside two files of two runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from core.tracking.artifact_diff import (
    MOST_CHANGES,
    MOST_LINES,
    artifact_pairs,
    json_changes,
    table_changes,
    text_changes,
)
from core.tracking.run import Artifact


def artifact(path: str, digest: str) -> Artifact:
    return Artifact(
        artifact_id=f"{path}-{digest}",
        run_id="a",
        artifact_type="file",
        path=path,
        uri="",
        digest=digest,
        size_bytes=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_files_that_differ_come_first() -> None:
    first = [artifact("a", "1"), artifact("b", "1"), artifact("c", "1")]
    second = [artifact("b", "2"), artifact("c", "1"), artifact("d", "1")]
    pairs = artifact_pairs(first, second)
    assert [(pair.path, pair.standing) for pair in pairs] == [
        ("b", "differs"),
        ("a", "first only"),
        ("d", "second only"),
        ("c", "same"),
    ]


def test_texts_of_the_same_lines_have_no_changes() -> None:
    assert text_changes("a\nb", "a\nb\n") == []
    assert text_changes("a\n" * MOST_LINES, "b") is None


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        ({"a": 1}, {"a": 1.0}, ["a"]),  # another type is another value
        ({"a": True}, {"a": 1}, ["a"]),
        ([1, 2, 3], [1], ["[1]", "[2]"]),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}]}}, ["a.b[0].c"]),
        (1, [1], ["(all)"]),
        ({"z": None}, {}, ["z"]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, []),
    ],
)
def test_json_tells_the_places(before: object, after: object, places: list[str]) -> None:
    assert [change.place for change in json_changes(before, after)] == places


def test_json_that_is_deep_or_long_is_walked() -> None:
    deep: object = 1
    other: object = 2
    for _ in range(5000):
        deep, other = [deep], [other]
    (change,) = json_changes(deep, other)
    assert (change.before, change.after) == ("1", "2")
    assert len(json_changes(list(range(5000)), [0])) == MOST_CHANGES


def test_tables_are_compared_by_column_and_cell() -> None:
    nan = float("nan")
    before = pa.table({"a": [1, None, 3], "b": [1.0, nan, nan], "c": [[1], [2], [3]], "d": [1] * 3})
    after = pa.table({"a": [1, None, 4], "b": [1.0, nan, 2.0], "c": [[1], [2], [9]], "e": [1] * 3})
    found = table_changes(before, after)
    assert found.cells == {"a": 1, "b": 1, "c": 1}
    assert (found.added, found.removed, found.retyped) == (("e",), ("d",), {})


def test_tables_of_other_lengths_and_types_are_told_apart() -> None:
    found = table_changes(pa.table({"a": [1]}), pa.table({"a": ["x", "y"]}))
    assert found.rows == (1, 2)
    assert found.retyped == {"a": ("int64", "string")}
    assert found.cells == {}
