"""Questions that were asked only after certain answers, to one question or to any of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from core.eda.quality.registry import detect_issues

if TYPE_CHECKING:
    from core.eda.issue import DataQualityIssue

ROWS = 900
RANDOM = np.random.default_rng(8)
ITEMS = RANDOM.choice([0.0, 1, 2, 3, 7], (4, ROWS), p=[0.7, 0.14, 0.1, 0.05, 0.01])
ITEMS[:, RANDOM.random(ROWS) < 0.08] = np.nan
ITEMS[2, RANDOM.random(ROWS) < 0.02] = np.nan
ASKED = np.isin(ITEMS, [1, 2, 3]).any(axis=0)


def skips(columns: dict[str, object]) -> list[DataQualityIssue]:
    found = detect_issues(pa.table(columns))
    return [issue for issue in found if issue.issue_type == "skip_pattern"]


def battery() -> dict[str, object]:
    columns: dict[str, object] = {f"item {n}": row for n, row in enumerate(ITEMS)}
    return columns | {"how hard": np.where(ASKED, RANDOM.choice([0, 1, 2], ROWS), np.nan)}


def test_a_question_behind_any_of_several_is_told_once_and_not_as_missing() -> None:
    (skip,) = skips(battery())
    assert skip.description.startswith("Asked only when any of item 0, item 1, item 2, item 3 is")
    assert skip.evidence["asked"] == "is 1, 2 or 3"
    assert skip.affected_rows == int((~ASKED).sum())
    kinds = {(i.issue_type, i.column) for i in detect_issues(pa.table(battery()))}
    assert ("missing", "how hard") not in kinds
    assert ("missing", "item 0") in kinds  # who answered nothing was asked


def test_its_query_returns_the_rows_that_were_not_asked() -> None:
    table = pa.table(battery())
    (skip,) = skips(battery())
    with duckdb.connect() as connection:
        connection.register("data", table)
        rows = connection.execute(skip.sql).fetchall()
    assert len(rows) == skip.affected_rows
    assert all(np.isnan(row[-1]) for row in rows)


def test_answers_may_be_words_or_ticks() -> None:
    words = np.array(["never", "sometimes", "often"])
    said = RANDOM.choice(3, (3, ROWS), p=[0.7, 0.2, 0.1])
    asked = (said > 0).any(axis=0)
    columns: dict[str, object] = {f"word {n}": words[row] for n, row in enumerate(said)}
    (skip,) = skips({**columns, "why": np.where(asked, RANDOM.normal(size=ROWS), np.nan)})
    assert skip.evidence["asked"] == "is 'often' or 'sometimes'"
    ticks = RANDOM.random((3, ROWS)) < 0.2
    columns = {f"tick {n}": row for n, row in enumerate(ticks)}
    (skip,) = skips({**columns, "why": np.where(ticks.any(axis=0), 1.5 * ITEMS[0], np.nan)})
    assert skip.evidence["asked"] == "is true"


def test_one_column_that_explains_it_is_enough() -> None:
    smokes = RANDOM.choice([0.0, 1], ROWS)
    other = RANDOM.choice([0.0, 1], ROWS)
    started = np.where(smokes == 1, RANDOM.normal(18, 3, ROWS), np.nan)
    (skip,) = skips({"smokes": smokes, "drinks": other, "started": started})
    assert skip.evidence["gates"] == ["smokes"]


def test_what_is_missing_by_chance_has_no_gate() -> None:
    lost = RANDOM.random(ROWS) < 0.6
    columns = {**battery(), "how hard": np.where(lost, np.nan, 1.0 * RANDOM.integers(0, 3, ROWS))}
    assert skips(columns) == []


def test_a_remainder_that_was_not_answered_is_still_missing() -> None:
    gone = ASKED & (RANDOM.random(ROWS) < 0.04)
    columns = battery()
    columns["how hard"] = np.where(ASKED & ~gone, 1.0, np.nan) * RANDOM.choice([1, 2], ROWS)
    (missing,) = (
        issue
        for issue in detect_issues(pa.table(columns))
        if issue.issue_type == "missing" and issue.column == "how hard"
    )
    assert missing.severity == "low"
    assert "of these because it was not asked" in missing.description
