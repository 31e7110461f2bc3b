"""Contracts: what is said, what is checked, and what becomes of data that breaks one."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from core.datasets.contract_check import check
from core.datasets.expectations import Contract
from core.errors import ContractError, DataVersionError
from lake.objects import Objects
from lake.store import LocalStore
from tests.core.datasets.arrow_tables import tables
from tests.core.datasets.test_version_round_trip import SHARED, stored

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from core import Workbench

PEOPLE: dict[str, list[Any]] = {
    "id": [1, 2, 2, None],
    "age": [30, -1, 130, None],
    "sex": ["f", "x", None, "m"],
    "score": [0.5, float("nan"), None, 3.0],
    "seen": [dt.date.fromisoformat(f"2024-0{month}-01") for month in (1, 2, 3, 4)],
}


def broken(workbench: Workbench, **contract: Any) -> list[tuple[str, tuple[str, ...], int]]:
    """Register people, and say how they break a contract."""
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    found = workbench.datasets.check("people@v1", contract)
    return [(violation.rule, violation.columns, violation.count) for violation in found]


def violations_of(error: ContractError) -> Any:
    return error.facts["violations"]


@pytest.mark.parametrize(
    ("column", "rule", "count"),
    [
        ("age", {"minimum": 0}, 1),
        ("age", {"minimum": -0.5}, 1),
        ("age", {"maximum": 120}, 1),
        ("age", {"minimum": -1, "maximum": 130}, 0),
        ("age", {"maximum": 2**70}, 0),
        ("age", {"minimum": 2**70}, 3),
        ("age", {"pattern": "[0-9]+"}, 4),
        ("age", {"type": "integer"}, 0),
        ("age", {"type": "int64"}, 0),
        ("age", {"type": "text"}, 4),
        ("age", {"max_missing": 0.25}, 0),
        ("age", {"max_missing": 0.2}, 1),
        ("sex", {"allowed": ["f", "m"]}, 1),
        ("sex", {"allowed": [1]}, 4),
        ("sex", {"pattern": "f|m"}, 1),
        ("sex", {"minimum": 0}, 4),
        ("score", {"max_missing": 0.5}, 0),
        ("score", {"max_missing": 0.49}, 2),
        ("score", {"allowed": [0.5, 3]}, 0),
        ("score", {"minimum": 1}, 1),
        ("seen", {"type": "date", "minimum": "2024-02-01"}, 1),
        ("seen", {"maximum": dt.date.fromisoformat("2024-03-01")}, 1),
        ("seen", {"minimum": "spring"}, 4),
        ("id", {"unique": True}, 1),
        ("seen", {"unique": True}, 0),
        ("weight", {"type": "number"}, 4),
        ("weight", {"required": False}, 0),
    ],
)
def test_each_rule_counts_the_rows_that_break_it(
    workbench: Workbench, column: str, rule: dict[str, Any], count: int
) -> None:
    found = broken(workbench, columns={column: rule})
    assert [(columns, rows) for _, columns, rows in found] == (
        [((column,), count)] if count else []
    )


def test_rules_of_the_whole_table_are_checked(workbench: Workbench) -> None:
    unique = [["id", "sex"], ["id"], ["ward"]]
    found = broken(
        workbench, unique=unique, other_columns=False, minimum_rows=9, columns={"id": {}}
    )
    assert found == [
        ("minimum_rows", (), 4),
        ("required", ("ward",), 4),
        ("other_columns", ("age",), 4),
        ("other_columns", ("sex",), 4),
        ("other_columns", ("score",), 4),
        ("other_columns", ("seen",), 4),
        ("unique", ("id",), 1),
    ]


def test_a_refused_table_registers_nothing_and_says_all(workbench: Workbench) -> None:
    contract = {"columns": {"age": {"minimum": 0}, "sex": {"allowed": ["f", "m"]}}}
    with pytest.raises(ContractError, match="age is less than 0 in 1 of 4 rows; sex") as caught:
        workbench.datasets.register_dataset(PEOPLE, "people", "form", key="id", contract=contract)
    assert workbench.datasets.list_datasets() == []
    ages, sexes = violations_of(caught.value)
    assert ages.examples == ({"row": 1, "id": 2, "age": -1},)
    assert sexes.examples == ({"row": 1, "id": 2, "sex": "x"},)


def test_a_warned_table_is_registered_and_found_by_what_is_wrong(workbench: Workbench) -> None:
    contract = Contract.from_dict({"columns": {"age": {"minimum": 0}}})
    said: dict[str, Any] = {"contract": contract, "on_violation": "warn"}
    version = workbench.datasets.register_dataset(PEOPLE, "people", "form", {"wave": 1}, **said)
    text = "age is less than 0 in 1 of 4 rows"
    violation = {"rule": "minimum", "columns": ["age"], "count": 1, "text": text}
    assert version.metadata == {
        "wave": 1,
        "contract": {"digest": contract.digest, "violations": [violation]},
    }
    query = 'select version from dataset_versions where metadata like \'%"rule": "minimum"%\''
    assert workbench.sql(query).to_pylist() == [{"version": "v1"}]


def test_a_dataset_keeps_its_contract_until_it_gets_another(workbench: Workbench) -> None:
    datasets = workbench.datasets
    datasets.expect("people", {"columns": {"age": {"minimum": 0}}})
    with pytest.raises(ContractError):
        datasets.register_dataset(PEOPLE, "people", "form")
    assert datasets.register_dataset(PEOPLE, "others", "form").metadata == {}
    (row,) = workbench.sql("select * from dataset_contracts").to_pylist()
    assert (row["dataset_name"], row["on_violation"], row["actor"]) == ("people", "refuse", "ana")
    datasets.expect("people", {"columns": {"age": {"maximum": 99}}}, on_violation="warn")
    version = datasets.register_dataset(PEOPLE, "people", "form")
    assert [v["rule"] for v in version.metadata["contract"]["violations"]] == ["maximum"]
    datasets.expect("people", None)
    with pytest.raises(DataVersionError, match="people has no contract"):
        datasets.check("people@v1")


def test_data_that_is_there_already_is_judged_again(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    contract = {"columns": {"age": {"minimum": 0}}}
    with pytest.raises(ContractError):
        workbench.datasets.register_dataset(PEOPLE, "people", "form", contract=contract)
    again = workbench.datasets.register_dataset(
        PEOPLE, "people", "form", contract=contract, on_violation="warn"
    )
    assert (again.version, again.metadata["contract"]["violations"][0]["count"]) == ("v1", 1)
    assert workbench.datasets.get_version("people") == again


def test_contracts_are_read_from_toml_and_json(tmp_path: Path) -> None:
    toml, other = tmp_path / "people.toml", tmp_path / "people.json"
    toml.write_text(
        'unique = [["id", "wave"]]\n[columns.seen]\nminimum = 2024-01-01\n'
        '[columns.sex]\nallowed = ["f", "m"]\n'
    )
    contract = Contract.from_file(toml)
    other.write_text(contract.to_json())
    assert contract.columns["seen"].minimum == dt.date.fromisoformat("2024-01-01")
    assert Contract.from_file(other).digest == contract.digest
    assert Contract.from_file(other).unique == (("id", "wave"),)


def test_everything_wrong_with_a_contract_is_said_at_once(tmp_path: Path) -> None:
    document = {
        "colums": {},
        "unique": ["id"],
        "other_columns": 1,
        "minimum_rows": -1,
        "columns": {
            "age": {"min": 0, "minimum": True, "max_missing": 2, "unique": 1},
            "sex": {"pattern": "(", "allowed": "f"},
            "id": "integer",
        },
    }
    with pytest.raises(DataVersionError) as caught:
        Contract.from_dict(document)
    faults: Any = caught.value.facts["faults"]
    assert len(faults) == 11
    assert "age: max_missing is not a share from 0 to 1" in faults
    (tmp_path / "bad.toml").write_text("columns = [")
    for name in ("bad.toml", "none.toml"):
        with pytest.raises(DataVersionError, match=f"{name} cannot be read"):
            Contract.from_file(tmp_path / name)


def test_a_way_that_is_none_is_refused(workbench: Workbench) -> None:
    ways: Any = "ignore"
    with pytest.raises(DataVersionError, match="Use one of refuse, warn"):
        workbench.datasets.expect("people", {}, on_violation=ways)


def test_a_first_contract_is_kept_by_its_version(workbench: Workbench) -> None:
    wards = ["a", "b", "a", "a"]
    version = workbench.datasets.register_dataset(
        {**PEOPLE, "id": [1, 2, 3, 4], "ward": wards}, "people", "form", key="id"
    )
    contract = Contract.infer(version)
    assert contract.columns["id"].unique
    assert contract.columns["ward"].allowed == ("a", "b")
    assert (contract.columns["age"].minimum, contract.columns["age"].maximum) == (-1, 130)
    assert workbench.datasets.check("people@v1", contract) == ()
    worse = {**PEOPLE, "id": [1, 2, 3, 3], "ward": ["c", *wards[1:]], "more": wards}
    with pytest.raises(ContractError) as caught:
        workbench.datasets.register_dataset(worse, "people", "form", contract=contract)
    assert [v.columns[0] for v in violations_of(caught.value)] == ["more", "ward", "id"]


@SHARED
@given(table=tables())
def test_a_table_of_any_type_keeps_the_contract_that_is_made_of_it(
    tmp_path: Path, table: pa.Table
) -> None:
    from core.profile.column import profile_column
    from core.storable import to_stored

    layout = stored(Objects(LocalStore(tmp_path / "lake")), table)
    statistics = {n: profile_column(to_stored(table[n])) for n in table.column_names}
    version: Any = _Known(
        schema={field.name: str(field.type) for field in table.schema},
        statistics=json.loads(json.dumps(statistics)),
        num_rows=table.num_rows,
    )
    contract = Contract.from_dict(json.loads(Contract.infer(version).to_json()))
    objects = Objects(LocalStore(tmp_path / "lake"))
    assert check(objects, layout, contract, key=()) == ()


class _Known:
    """What `Contract.infer` asks of a version."""

    key = ("c0",)

    def __init__(self, **facts: Any) -> None:
        self.__dict__.update(facts)
