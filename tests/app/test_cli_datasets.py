"""`mhras import`, `mhras datasets` and `mhras dataset`."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import Workbench
from core.maintenance import collect_garbage
from tests.support.commands import ESCAPED, HOSTILE, Command, at_a_terminal, started
from tests.support.processes import wait_until
from tests.support.sas_transport import write_transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PEOPLE: dict[str, list[Any]] = {"id": [1, 2, 3], "age": [30, 41, 52], "sex": ["f", "m", "f"]}
COLOUR = re.compile(r"\x1b\[[\d;]*m")


def write_lines(path: Path) -> None:
    rows = [dict(zip(PEOPLE, row, strict=True)) for row in zip(*PEOPLE.values(), strict=True)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_arrow(path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, pa.table(PEOPLE).schema) as to:
        to.write_table(pa.table(PEOPLE))


WRITTEN: dict[str, Callable[[Path], object]] = {
    "people.csv": lambda path: pd.DataFrame(PEOPLE).to_csv(path, index=False),
    "people.csv.gz": lambda path: pd.DataFrame(PEOPLE).to_csv(path, index=False),
    "people.tsv": lambda path: pd.DataFrame(PEOPLE).to_csv(path, index=False, sep="\t"),
    "people.parquet": lambda path: pq.write_table(pa.table(PEOPLE), path),
    "people.jsonl": write_lines,
    "people.arrow": write_arrow,
    "people.xpt": lambda path: write_transport(path, PEOPLE),
}


def rows_of(lake: Path, name: str) -> dict[str, list[Any]]:
    with Workbench(lake) as wb:
        rows: dict[str, list[Any]] = wb.datasets.get_dataset(name, as_frame="arrow")[0].to_pydict()
        return rows


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_of_any_kind_becomes_a_version(
    mhras: Command, lake: Path, tmp_path: Path, name: str
) -> None:
    WRITTEN[name](tmp_path / name)
    status, out, remarks = mhras("import", str(tmp_path / name), "--name", "people", "--key", "id")
    assert (status, out) == (0, "people@v1\n")
    assert remarks.startswith("3 rows, 3 columns, ")
    assert rows_of(lake, "people@v1") == PEOPLE


def test_what_is_said_of_a_version_is_kept(mhras: Command, lake: Path, tmp_path: Path) -> None:
    WRITTEN["people.csv"](tmp_path / "people.csv")
    said = ["--description", "Wave 1", "--owner", "ana", "--licence", "CC0", "--version", "2024.1"]
    made = mhras.json("import", str(tmp_path / "people.csv"), "--name", "people", *said)
    assert (made["version"], made["source"], made["owner"]) == ("2024.1", "people.csv", "ana")
    assert mhras.json("dataset", "show", "people@2024.1") == made
    again = mhras("import", str(tmp_path / "people.csv"), "--name", "people")
    assert again[1:] == (
        "people@2024.1\n",
        "people@2024.1 holds just these rows already: nothing was added.\n",
    )
    assert rows_of(lake, "people") == PEOPLE


def test_several_files_are_one_version_of_their_rows(
    mhras: Command, lake: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.parquet"
    pd.DataFrame(PEOPLE).to_csv(first, index=False)
    other_order = pd.DataFrame(PEOPLE)[["sex", "id", "age"]].assign(id=[4, 5, 6])
    other_order.to_parquet(second, index=False)
    made = mhras.json("import", str(first), str(second), "--name", "people", "--key", "id")
    assert (made["num_rows"], made["source"]) == (6, "a.csv, b.parquet")
    assert rows_of(lake, "people") == {
        "id": [1, 2, 3, 4, 5, 6],
        "age": PEOPLE["age"] * 2,
        "sex": PEOPLE["sex"] * 2,
    }


@pytest.mark.usefixtures("lake")
def test_files_of_different_tables_are_refused_with_all_that_differs(
    mhras: Command, tmp_path: Path
) -> None:
    paths = [str(tmp_path / name) for name in ("a.parquet", "b.parquet", "c.parquet")]
    pq.write_table(pa.table(PEOPLE), paths[0])
    pq.write_table(pa.table({"id": [1.5], "sex": ["f"], "note": [""]}), paths[1])
    pq.write_table(pa.table({"id": [1], "age": [2]}), paths[2])
    status, out, remarks = mhras("import", *paths, "--name", "people")
    assert (status, out) == (1, "")
    assert (
        "Unlike a.parquet: b.parquet has no column age; b.parquet has id as double, not int64; "
        "b.parquet has a column note; c.parquet has no column sex."
    ) in remarks
    assert mhras.json("datasets") == []


def test_stopping_an_import_leaves_everything_as_it_was(
    mhras: Command, lake: Path, tmp_path: Path
) -> None:
    path = tmp_path / "long.parquet"
    numbers = np.random.default_rng(0).normal(size=(1_000_000, 4))
    pd.DataFrame(numbers, columns=list("abcd")).to_parquet(path)
    process = started("import", str(path), "--name", "long", "--lake", str(lake))
    wait_until(lambda: any((lake / "objects").rglob("?" * 64)))
    process.send_signal(signal.SIGINT)
    out, remarks = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in remarks
    assert mhras.json("datasets") == []
    assert mhras("verify", "--level", "content")[0] == 0
    with Workbench(lake) as wb:
        assert collect_garbage(wb, dry_run=True).held == ""
    assert mhras("import", str(path), "--name", "long")[1] == "long@v1\n"


def test_datasets_are_listed_with_their_newest_version(mhras: Command, lake: Path) -> None:
    with Workbench(lake) as wb:
        wb.datasets.register_dataset(PEOPLE, "people", "form")
        last = wb.datasets.register_dataset({"id": [1], "age": [2]}, "people", "form")
        wb.datasets.register_dataset({"id": [1]}, "hospitals", "form")
        wb.datasets.tag("people", "production", "v1")
        wb.datasets.tag("people", "tested", "v2")
    hospitals, people = mhras.json("datasets")
    assert (hospitals["dataset_name"], hospitals["tags"]) == ("hospitals", {})
    assert people == {
        "dataset_name": "people",
        "versions": 2,
        "newest": "v2",
        "num_rows": 1,
        "num_columns": 2,
        "size_bytes": last.size_bytes,
        "created_at": last.created_at.isoformat().replace("+00:00", "Z"),
        "tags": {"production": "v1", "tested": "v2"},
    }
    head, _, row = mhras.lines("datasets")
    assert (head[0], row[0], row[-1]) == ("dataset", "people", "production=v1, tested=v2")


def test_a_version_with_many_columns_fits_a_terminal(lake: Path) -> None:
    numbers = {f"phq_item_{n}": [0.5, 1e6, n] for n in range(12)}
    with Workbench(lake) as wb:
        wb.datasets.register_dataset({"sex": ["f", "f", "m"], **numbers}, "people", "form")
    shown = COLOUR.sub("", at_a_terminal("dataset", "show", "people"))
    table = shown.partition("column ")[2].splitlines()
    assert max(map(len, table)) <= 80
    assert sum(line.startswith("phq_item_7 ") for line in table) == 2
    assert "f (2)" in shown
    assert "333,336" in shown


def test_what_users_wrote_in_a_dataset_is_harmless(mhras: Command, lake: Path) -> None:
    with Workbench(lake) as wb:
        wb.datasets.register_dataset({HOSTILE: [HOSTILE] * 2}, "odd", HOSTILE)
    _, out, _ = mhras("dataset", "show", "odd")
    assert all(line.isprintable() for line in out.replace("\t", " ").splitlines())
    assert f"{ESCAPED}\tstring\t0.0%\t1\t" in out
    assert mhras.json("dataset", "show", "odd")["schema"] == {HOSTILE: "string"}


def test_a_dataset_that_is_not_there_is_named(mhras: Command, lake: Path) -> None:
    assert lake.exists()
    status, out, remarks = mhras("dataset", "show", "phq9")
    assert (status, out) == (1, "")
    assert remarks == "error: There is no dataset 'phq9'. None is registered yet.\n"


@pytest.fixture
def two_versions(lake: Path) -> Path:
    """people@v1 and people@v2: a row more, one less, one changed, and a column more."""
    with Workbench(lake) as wb:
        wb.datasets.register_dataset(PEOPLE, "people", "form", key="id")
        now = {"id": [1, 2, 4], "age": [30, 40, 25], "sex": ["f", "m", HOSTILE], "bmi": [20.5] * 3}
        wb.datasets.register_dataset(now, "people", "form")
    return lake


@pytest.mark.usefixtures("two_versions")
def test_a_difference_is_said_in_lines_and_in_json(mhras: Command) -> None:
    status, out, _ = mhras("dataset", "diff", "people@v1", "people@v2")
    lines = out.splitlines()
    assert (status, lines[0]) == (0, "people@v1 -> people@v2")
    assert "+ column bmi double" in lines
    assert "- 1 row removed" in lines
    assert f"+   id=4, age=25, sex={ESCAPED}, bmi=20.5" in lines
    assert lines[lines.index("~ 1 row changed: age 1") + 1] == "~   id=2: age 41 -> 40"
    assert "age\tmean\t41\t31.667" in lines
    found = mhras.json("dataset", "diff", "people@v1", "people@v2", "--examples", "0")
    assert (found["rows_changed"], found["examples_changed"]) == (1, [])
    assert found["moved_statistics"]["age"]["mean"][0] == 41.0


@pytest.mark.usefixtures("two_versions")
def test_versions_without_a_difference_say_so(mhras: Command) -> None:
    _, out, _ = mhras("dataset", "diff", "people@v2", "people@latest")
    assert out.splitlines()[-1] == "nothing differs"


def test_a_difference_has_colours_at_a_terminal(two_versions: Path) -> None:
    assert two_versions.exists()
    shown = at_a_terminal("dataset", "diff", "people@v1", "people@v2")
    assert "\x1b[33m~   id=2: age 41 -> 40\x1b[0m" in shown
    assert all(line.isprintable() for line in COLOUR.sub("", shown).splitlines())


@pytest.mark.usefixtures("two_versions")
def test_a_contract_made_of_a_version_is_what_the_next_one_is_held_to(
    mhras: Command, tmp_path: Path
) -> None:
    _, text, _ = mhras("dataset", "contract", "people@v1")
    (tmp_path / "people.json").write_text(text)
    pd.DataFrame({**PEOPLE, "age": [30, 41, 53]}).to_csv(tmp_path / "people.csv", index=False)
    called = ["import", str(tmp_path / "people.csv"), "--name", "people"]
    called += ["--contract", str(tmp_path / "people.json")]
    status, out, remarks = mhras(*called)
    assert (status, out) == (1, "")
    assert "people breaks its contract: age is more than 52 in 1 of 3 rows." in remarks
    assert mhras.json("datasets")[0]["versions"] == 2
    status, out, remarks = mhras(*called, "--on-violation", "warn")
    assert (status, out) == (0, "people@v3\n")
    assert "warning: age is more than 52 in 1 of 3 rows\n" in remarks
    assert mhras(*called, "--on-violation", "ask")[0] == 2


@pytest.mark.usefixtures("two_versions")
def test_a_version_is_described_for_other_catalogs(mhras: Command, tmp_path: Path) -> None:
    status, out, _ = mhras("dataset", "croissant", "people@v1")
    assert (status, json.loads(out)["alternateName"]) == (0, "people@v1")
    path = tmp_path / "people.json"
    assert mhras("dataset", "croissant", "people@v1", "-o", str(path)) == (0, "", "")
    assert json.loads(path.read_text()) == json.loads(out)
