"""Every kind of issue is found where it was planted, and nowhere else."""

from __future__ import annotations

import duckdb
import pytest

from core.eda.quality.registry import detect_issues
from tests.core.eda.planted import CASES, table_of


def rows_of(table: object, sql: str) -> int:
    with duckdb.connect() as connection:
        connection.register("data", table)
        return len(connection.execute(sql).fetchall())


@pytest.mark.parametrize("name", CASES)
def test_a_planted_fault_is_found(name: str) -> None:
    case = CASES[name]()
    table = table_of(case.faulty)
    issues = detect_issues(table, **case.settings)
    found = [issue for issue in issues if issue.issue_type == case.kind]
    assert [issue.columns for issue in found] == [case.columns], issues
    assert found[0].affected_rows == case.rows
    assert rows_of(table, found[0].sql) == case.rows
    assert found[0].description
    assert found[0].recommendation
    assert found[0].evidence


@pytest.mark.parametrize("name", CASES)
def test_its_twin_without_the_fault_is_not_accused(name: str) -> None:
    case = CASES[name]()
    issues = detect_issues(table_of(case.clean), **case.settings)
    assert [issue for issue in issues if issue.issue_type == case.kind] == []


def test_there_are_many_kinds() -> None:
    assert len({CASES[name]().kind for name in CASES}) >= 35
