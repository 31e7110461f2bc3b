"""The raw files of NHANES: an epidemiologist finds at the top what would spoil the analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from core.eda.quality.registry import detect_issues

if TYPE_CHECKING:
    from core.eda.issue import DataQualityIssue

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "nhanes"


def read(name: str) -> pa.Table:
    path = FOLDER / f"{name}.XPT"
    if not path.exists():
        pytest.skip("needs the official NHANES files, which are not part of this repository")
    return pa.Table.from_pandas(pd.read_sas(path, encoding="latin1"), preserve_index=False)


def found(name: str, kind: str) -> list[DataQualityIssue]:
    return [issue for issue in detect_issues(read(name)) if issue.issue_type == kind]


def codes(name: str) -> dict[str, list[float]]:
    issues = found(name, "sentinel_codes")
    return {column: issue.evidence["codes"] for issue in issues for column in issue.columns}


def gates(name: str) -> dict[str, str]:
    return {
        column: f"{issue.evidence['gate']} {issue.evidence['asked']}"
        for issue in found(name, "skip_pattern")
        for column in issue.columns
    }


@pytest.mark.parametrize("cycle", "GHIJ")
def test_refused_and_unknown_answers_are_found(cycle: str) -> None:
    """PHQ-9 items: 0 ... 3; 7 is refused, 9 is don't know. Income: 1 ... 15, 77 and 99."""
    items = codes(f"DPQ_{cycle}")
    assert set(items) == {f"DPQ{item:03}" for item in range(10, 110, 10)}
    assert {value for values in items.values() for value in values} == {7.0, 9.0}
    people = codes(f"DEMO_{cycle}")
    assert people["INDHHIN2"] == people["INDFMIN2"] == [77.0, 99.0]
    assert "RIDRETH3" not in people  # 7 is a group of people there
    assert "RIDAGEYR" not in people


def test_codes_of_any_width_are_found() -> None:
    smoking = codes("SMQ_J")
    assert smoking["SMQ050Q"] == [66666.0, 99999.0]
    assert smoking["SMD650"] == [777.0, 999.0]
    assert smoking["SMQ852Q"] == [9999.0]
    assert smoking["SMD641"] == [99.0]
    assert "SMD100CO" not in smoking


@pytest.mark.parametrize("cycle", "GHIJ")
def test_diastolic_pressures_of_zero_are_found(cycle: str) -> None:
    table = read(f"BPX_{cycle}")
    issues = [i for i in detect_issues(table) if i.issue_type == "impossible_zeros"]
    assert {"BPXDI1", "BPXDI2", "BPXDI3"} <= {issue.column for issue in issues}
    allowed = {"BPXML1", *(f"BPXDI{n}" for n in (1, 2, 3, 4))}  # a cuff inflated to 0, too
    assert {issue.column for issue in issues} <= allowed
    for issue in issues:
        pressures = table[issue.column].to_pandas()
        assert issue.affected_rows == int((pressures < 1).sum())


def test_who_was_asked_is_found() -> None:
    smoking = gates("SMQ_J")
    assert smoking["SMQ040"] == "SMQ020 is 1"  # smokes now: of those who ever smoked
    assert smoking["SMQ050Q"] == "SMQ040 is 3"  # stopped when: of those who do not smoke now
    assert smoking["SMQ905"] == "SMQ900 is 1"
    people = gates("DEMO_J")
    assert people["DMDEDUC2"] == people["DMDMARTL"] == "RIDAGEYR is 20 and more"
    assert people["DMDEDUC3"] == "RIDAGEYR is 6 to 19"
    assert people["DMDYRSUS"] == "DMDBORN4 is 2"


@pytest.mark.parametrize("cycle", "GHIJ")
def test_what_any_of_nine_answers_lets_through_is_found(cycle: str) -> None:
    """DPQ100: how difficult these problems have made it, if one of the nine is 1, 2 or 3."""
    issues = detect_issues(read(f"DPQ_{cycle}"))
    (skip,) = (issue for issue in issues if issue.issue_type == "skip_pattern")
    assert skip.columns == ("DPQ100",)
    assert skip.evidence["gates"] == [f"DPQ{item:03}" for item in range(10, 100, 10)]
    assert skip.evidence["asked"] == "is 1, 2 or 3"
    assert not [i for i in issues if i.issue_type == "missing" and i.column == "DPQ100"]


@pytest.mark.parametrize("name", ["DEMO_J", "DPQ_J", "BPX_J", "SMQ_J", "SLQ_J"])
def test_they_come_first_and_their_queries_return_the_rows(name: str) -> None:
    table = read(name)
    issues = detect_issues(table)
    wanted = {"sentinel_codes", "impossible_zeros", "skip_pattern", "underflow", "placeholders"}
    number = sum(i.issue_type in wanted and i.severity in {"critical", "high"} for i in issues)
    assert number >= 2
    assert {issue.issue_type for issue in issues[:number]} <= wanted
    with duckdb.connect() as connection:
        connection.register("data", table)
        for issue in issues:
            assert len(connection.execute(issue.sql).fetchall()) == issue.affected_rows, issue
