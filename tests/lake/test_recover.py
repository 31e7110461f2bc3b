from __future__ import annotations

import fcntl
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from lake.compact import collect, compact
from lake.errors import DamagedError, LakeError, SchemaError
from lake.journal import Journal, encode_row
from lake.lake import Lake
from lake.recover import JournalReader, last_heartbeats, living_writers, seal
from lake.segment import from_rows
from lake.spec import TableSpec
from tests.lake.tables import EVERYTHING, METRICS
from tests.support.processes import Child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]

FOLDED = TableSpec(
    name="folded",
    columns={"text": "string", "number": "int64"},
    fold=lambda rows: [{"text": "sum", "number": sum(row["number"] for row in rows)}],
)
SPECS = (EVERYTHING, FOLDED, METRICS)
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("metrics", {"run_id": "r", "metric_name": "loss", "value": 0.5, "step": 1, "logged_at": 10}),
    ("everything", {"text": "first", "whole": 1, "tags": {"stage": "dev", "kind": None}}),
    ("metrics", {"run_id": "r", "metric_name": "loss", "value": math.nan, "logged_at": 20}),
    ("folded", {"text": "one", "number": 1}),
    ("folded", {"text": "two", "number": 2}),
]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with open_lake(tmp_path / "lake") as lake:
        yield lake


def open_lake(folder: Path) -> Lake:
    lake = Lake.open(folder, settle=0.0)
    lake.define(*SPECS)
    return lake


def encoded(rows: list[tuple[str, dict[str, Any]]]) -> bytes:
    return b"".join(encode_row(table, row) for table, row in rows)


def leave_journal(lake: Lake, data: bytes, number: int = 0) -> str:
    """Leave a journal like that of a dead process: a file whose lock nobody holds."""
    journal_id = f"{number + 1:016x}-gone.{number}-000000"
    lake.journal.folder.mkdir(exist_ok=True)
    lake.journal.path(journal_id).write_bytes(data)
    return journal_id


def journals_in(lake: Lake) -> list[str]:
    return sorted(path.stem for path in lake.journal.folder.iterdir())


def contents(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    """Read what tells the rows of each table apart."""
    keys = {"everything": ["text", "whole"], "folded": ["number"], "metrics": ["logged_at"]}
    found = {}
    for name, columns in keys.items():
        rows = lake.table(name).read(columns).to_pylist()
        found[name] = sorted(tuple(str(row[column]) for column in columns) for row in rows)
    return found


EXPECTED: dict[str, list[tuple[Any, ...]]] = {
    "everything": [("first", "1")],
    "folded": [("3",)],
    "metrics": [("1970-01-01 00:00:00.000010",), ("1970-01-01 00:00:00.000020",)],
}


def test_every_kind_of_value_survives_the_journal(lake: Lake) -> None:
    row: dict[str, Any] = {
        "text": 'Ärger "quoted"\n\t\\ 😀 \x00',
        "number": 0.1 + 0.2,
        "whole": -(2**63),
        "flag": False,
        "seen_at": 1_700_000_000_123_456,
    }
    tags = {"a.b": "c", "": "", "none": None}
    scores = {"auc": 0.7, "inf": math.inf, "-inf": -math.inf}
    absent = dict.fromkeys(EVERYTHING.columns)
    rows = [row | {"tags": tags, "scores": scores}, {}, {"tags": {}, "scores": {}}]
    leave_journal(lake, encoded([("everything", row) for row in rows]))
    lake.recover()
    moment = datetime.fromisoformat("2023-11-14T22:13:20.123456")
    maps = {"tags": list(tags.items()), "scores": list(scores.items())}
    assert lake.table("everything").read().to_pylist() == [
        row | {"seen_at": moment} | maps,
        absent,
        absent | {"tags": [], "scores": []},
    ]


def test_numbers_that_are_none_survive_the_journal(lake: Lake) -> None:
    values = [math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, -0.0]
    leave_journal(lake, encoded([("metrics", {"value": value}) for value in values]))
    lake.recover()
    read = lake.table("metrics").read(["value"]).column("value").to_pylist()
    assert list(map(repr, read)) == list(map(repr, values))


def test_a_dead_journal_becomes_one_segment_a_table(lake: Lake) -> None:
    journal_id = leave_journal(lake, encoded(ROWS))
    assert lake.recover() == {journal_id: {"everything": 1, "folded": 1, "metrics": 2}}
    assert contents(lake) == EXPECTED
    assert journals_in(lake) == []
    assert {name: len(lake.table(name).snapshot().tail) for name in lake.specs} == dict.fromkeys(
        lake.specs, 1
    )
    assert lake.recover() == {}


def test_an_empty_journal_goes_away(lake: Lake) -> None:
    journal_id = leave_journal(lake, b"")
    assert lake.recover() == {journal_id: {}}
    assert journals_in(lake) == []


def test_a_torn_last_line_is_ignored(lake: Lake) -> None:
    leave_journal(lake, encoded(ROWS) + b'{"t":"metrics","run_id":"r')
    lake.recover()
    assert contents(lake) == EXPECTED


def test_the_journal_of_a_living_process_is_left_alone(lake: Lake) -> None:
    def hold(pipe: Pipe) -> None:
        Journal(lake.journal.folder).append(encoded(ROWS))
        pipe.send("written")
        pipe.recv()

    with Child(hold) as child:
        child.hear()
        assert lake.recover() == {}
        assert len(living_writers(lake.journal.folder)) == 1
        child.kill()
        assert len(lake.recover()) == 1
        assert living_writers(lake.journal.folder) == set()
    assert contents(lake) == EXPECTED


def recover_when_told(pipe: Pipe, folder: Path) -> None:
    lake = open_lake(folder)
    pipe.send("ready")
    pipe.recv()
    pipe.send(lake.recover())


def test_of_many_that_recover_a_journal_one_does(lake: Lake) -> None:
    for number in range(10):
        leave_journal(lake, encoded(ROWS), number)
    children = [Child(recover_when_told, lake.root) for _ in range(4)]
    for child in children:
        child.hear()
    for child in children:
        child.tell("now")
    recovered = [journal_id for child in children for journal_id in child.hear()]
    for child in children:
        with child:
            child.end()
    assert len(recovered) == len(set(recovered)) == 10
    assert contents(lake) == {name: sorted(rows * 10) for name, rows in EXPECTED.items()}


@pytest.mark.parametrize("merged", [False, True])
def test_a_segment_that_another_version_made_of_a_journal_is_not_made_again(
    lake: Lake, merged: bool
) -> None:
    """The same rows then have other bytes, and the segment another name but for the journal's."""
    journal_id = leave_journal(lake, encoded(ROWS))
    table = lake.table("metrics")
    rows = [row for name, row in ROWS if name == "metrics"]
    table.append(from_rows(rows[::-1], METRICS), journal_id=journal_id)
    if merged:
        compact(table, minimum=1, settle=0)
        collect(table, grace=0)
    assert lake.recover() == {journal_id: {"everything": 1, "folded": 1}}
    assert contents(lake) == EXPECTED


# --- damage


def test_a_damaged_line_is_refused_and_its_journal_kept(lake: Lake) -> None:
    first, second = encoded(ROWS[:2]), encoded(ROWS[2:])
    damaged = leave_journal(lake, first + b"\x00\x00garbage\n" + second)
    with pytest.raises(DamagedError, match="line 3") as refused:
        lake.recover()
    assert refused.value.path == str(lake.journal.path(damaged))
    assert journals_in(lake) == [damaged]
    assert contents(lake) == {name: [] for name in lake.specs}


def test_a_damaged_line_of_a_flat_table_is_refused_and_its_journal_kept(lake: Lake) -> None:
    line = encode_row("metrics", {"run_id": "r", "value": 0.5})
    damaged = leave_journal(lake, line + line.replace(b"0.5", b"0.\x005") + line)
    with pytest.raises(DamagedError, match="line 2") as refused:
        lake.recover()
    assert refused.value.path == str(lake.journal.path(damaged))
    assert journals_in(lake) == [damaged]


@pytest.mark.parametrize(
    "row",
    [
        ("surveys", {"text": "a table of a newer version"}),
        ("everything", {"text": "a", "colour": "a column of a newer version"}),
        ("metrics", {"run_id": "r", "colour": "the same in a flat table"}),
        ("metrics", {"run_id": "r", "value": "text instead of a number"}),
        ("everything", {"tags": "text instead of a map"}),
        ("folded", {"text": "without the number its rule adds up"}),
    ],
)
def test_rows_that_fit_no_table_are_refused_and_their_journal_kept(
    lake: Lake, row: tuple[str, dict[str, Any]]
) -> None:
    journal_id = leave_journal(lake, encoded([*ROWS, row]))
    with pytest.raises(SchemaError, match=r"Update mhras-workbench") as refused:
        lake.recover()
    assert refused.value.path == str(lake.journal.path(journal_id))
    assert journals_in(lake) == [journal_id]


def test_bad_journals_do_not_keep_the_others_from_being_recovered(lake: Lake) -> None:
    leave_journal(lake, encoded(ROWS), 0)
    damaged = leave_journal(lake, b"garbage\n", 1)
    leave_journal(lake, encoded(ROWS), 2)
    newer = leave_journal(lake, encoded([("surveys", {"text": "new"})]), 3)
    leave_journal(lake, encoded(ROWS), 4)
    with pytest.raises(LakeError) as refused:
        lake.recover()
    assert damaged in str(refused.value)
    assert newer in str(refused.value)
    assert "surveys" in str(refused.value)
    assert journals_in(lake) == [damaged, newer]
    assert contents(lake) == {name: sorted(rows * 3) for name, rows in EXPECTED.items()}


def test_a_full_disk_keeps_the_journal_for_later(lake: Lake) -> None:
    journal_id = leave_journal(lake, encoded(ROWS))
    tables = lake.root / "tables"
    tables.write_bytes(b"a file where a folder should be")
    with pytest.raises(LakeError):
        seal(lake, journal_id)
    assert journals_in(lake) == [journal_id]
    tables.unlink()
    lake.recover()
    assert contents(lake) == EXPECTED


# --- readers


@pytest.fixture
def reader(lake: Lake) -> JournalReader:
    return JournalReader(lake.journal.folder, lake.specs)


def steps_of(reader: JournalReader) -> list[int]:
    tables = reader.poll().tables
    return tables["metrics"]["step"].to_pylist() if "metrics" in tables else []


def point(step: int) -> bytes:
    return encode_row("metrics", {"run_id": "r", "step": step})


def test_a_reader_takes_each_row_once(lake: Lake, reader: JournalReader) -> None:
    path = lake.journal.path(leave_journal(lake, point(1) + point(2)[:-5]))
    assert steps_of(reader) == [1]
    with path.open("ab") as file:
        file.write(point(2)[-5:] + point(3))
    assert steps_of(reader) == [2, 3]
    assert steps_of(reader) == []


def test_a_reader_says_which_journals_are_gone(lake: Lake, reader: JournalReader) -> None:
    journal_id = leave_journal(lake, point(1))
    assert reader.poll().gone == frozenset()
    lake.recover()
    assert reader.poll().gone == {journal_id}
    assert reader.poll().gone == frozenset()


def test_a_reader_does_not_fold(lake: Lake, reader: JournalReader) -> None:
    leave_journal(lake, encoded(ROWS))
    assert reader.poll().tables["folded"]["number"].to_pylist() == [1, 2]


def test_a_reader_forgets_what_a_failed_call_took_back(lake: Lake, reader: JournalReader) -> None:
    journal_id = leave_journal(lake, point(1) + point(2) + point(3))
    assert steps_of(reader) == [1, 2, 3]
    with lake.journal.path(journal_id).open("r+b") as file:
        file.truncate(len(point(1)))
    update = reader.poll()
    assert update.gone == {journal_id}
    assert update.tables["metrics"]["step"].to_pylist() == [1]
    assert reader.poll().gone == frozenset()


def test_a_reader_passes_over_what_it_does_not_know(
    lake: Lake, reader: JournalReader, caplog: pytest.LogCaptureFixture
) -> None:
    strange = encoded(
        [("surveys", {"text": "newer"}), ("metrics", {"run_id": "r", "step": 2, "colour": "red"})]
    )
    broken = [b"garbage\n", point(9).replace(b"9", b"\x009"), point(9).replace(b"9", b'"9"')]
    bad = leave_journal(lake, point(1) + strange + b"".join(broken) + point(3), 0)
    leave_journal(lake, point(4), 1)
    assert steps_of(reader) == [1, 2, 3, 4]
    assert {bad in record.getMessage() for record in caplog.records} == {True}


def test_other_files_beside_the_journals_are_not_taken_for_journals(lake: Lake) -> None:
    leave_journal(lake, point(1))
    (lake.journal.folder / "notes.jsonl").write_bytes(b"my notes\n")
    (lake.journal.folder / "README").write_bytes(b"what is this?\n")
    assert living_writers(lake.journal.folder) == set()
    assert list(last_heartbeats(lake.journal.folder)) == ["gone.0"]
    assert len(lake.recover()) == 1
    assert journals_in(lake) == ["README", "notes"]


def test_a_lock_taken_to_recover_is_let_go_again(lake: Lake) -> None:
    damaged = leave_journal(lake, b"garbage\n")
    with pytest.raises(DamagedError):
        lake.recover()
    with lake.journal.path(damaged).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
