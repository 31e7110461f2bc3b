from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lake.errors import DamagedError
from lake.journal import encode_row, with_checksums, without_checksum
from lake.lake import Lake
from lake.lines import split_lines
from lake.recover import seal
from lake.verify import verify
from tests.lake.tables import EVERYTHING, METRICS

if TYPE_CHECKING:
    from pathlib import Path

SPECS = {spec.name: spec for spec in (METRICS, EVERYTHING)}
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("metrics", {"run_id": "r", "metric_name": "loss", "value": 0.5, "step": 1, "logged_at": 10}),
    ("everything", {"text": 'é },"crc32":7}', "tags": {"crc32": "8", "}": "\n"}}),
]
LINES = b"".join(encode_row(table, row) for table, row in ROWS)


def left(folder: Path, data: bytes) -> tuple[Lake, str]:
    """Open a lake with a journal whose writer is gone."""
    lake = Lake.open(folder, settle=0)
    lake.define(*SPECS.values())
    (folder / "journal").mkdir(exist_ok=True)
    journal_id = f"{1:016x}-gone.1-000000"
    lake.journal.path(journal_id).write_bytes(data)
    return lake, journal_id


def test_lines_come_back_without_their_checksums() -> None:
    written = with_checksums(LINES)
    lines = written.split(b"\n")[:-1]
    assert b"".join(f"{without_checksum(line)!r}".encode() for line in lines) == b"".join(
        f"{line!r}".encode() for line in LINES.split(b"\n")[:-1]
    )
    assert with_checksums(b"") == b""


def test_every_flipped_bit_of_a_journal_is_noticed() -> None:
    written = with_checksums(LINES)
    assert split_lines(written, SPECS).damaged == []
    for place in range(8 * (len(written) - 1)):
        data = bytearray(written)
        data[place // 8] ^= 1 << place % 8
        assert split_lines(bytes(data), SPECS).damaged, place


def test_lines_without_checksums_are_rows_of_an_earlier_version() -> None:
    lines = split_lines(LINES, SPECS)
    assert (lines.damaged, list(lines.flat), list(lines.rows)) == ([], ["metrics"], ["everything"])


def test_a_flipped_bit_is_not_made_permanent(tmp_path: Path) -> None:
    data = with_checksums(LINES)
    lake, journal_id = left(tmp_path, data.replace(b"0.5", b"0.7"))
    with pytest.raises(DamagedError, match="line 1 is not a row"):
        seal(lake, journal_id)
    key = f"journal/{journal_id}.jsonl"
    assert [(p.kind, p.path) for p in verify(lake.store, SPECS.values(), "content")] == [
        ("journal", key)
    ]
    lake.journal.path(journal_id).write_bytes(data)
    assert seal(lake, journal_id) == {"everything": 1, "metrics": 1}


@pytest.mark.parametrize("size", [1, 9, 5_000])
def test_a_journal_of_zeros_is_found(tmp_path: Path, size: int) -> None:
    lake, journal_id = left(tmp_path, bytes(size))
    (problem,) = verify(lake.store, SPECS.values(), "content")
    assert (problem.kind, problem.path) == ("journal", f"journal/{journal_id}.jsonl")


def test_a_torn_last_line_is_no_problem(tmp_path: Path) -> None:
    lake, _ = left(tmp_path, with_checksums(LINES)[:-9])
    assert verify(lake.store, SPECS.values(), "content") == []


def test_what_a_lake_logs_has_checksums(tmp_path: Path) -> None:
    with Lake.open(tmp_path, settle=0) as lake:
        lake.define(*SPECS.values())
        for table, row in ROWS:
            lake.append(table, [row, row])
        (path,) = (tmp_path / "journal").iterdir()
        assert path.read_bytes() == b"".join(
            2 * with_checksums(encode_row(table, row)) for table, row in ROWS
        )
        lake.flush()
        assert lake.table("everything").read()["text"].to_pylist() == 2 * [ROWS[1][1]["text"]]
