"""Write SAS transport files (XPORT, version 5), as SAS's technical note TS-140 tells."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

RECORD: Final = 80
WHEN: Final = b"23NOV26:10:00:00"
WIDTH: Final = 8  # of a number, and of the texts written here


def write_transport(
    path: Path,
    columns: Mapping[str, Sequence[float | str | None]],
    labels: Mapping[str, str] | None = None,
) -> None:
    """Write columns of numbers, or of texts of eight characters at most, and their labels."""
    said = labels or {}
    described = [
        name_record(place, name, cells, said.get(name, ""))
        for place, (name, cells) in enumerate(columns.items())
    ]
    rows = zip(*(map(value, cells) for cells in columns.values()), strict=True)
    pieces = [
        header("LIBRARY"),
        padded(b"SAS     SAS     SASLIB  9.4     Linux".ljust(64) + WHEN),
        padded(WHEN),
        header("MEMBER ", "000000000000000001600000000140"),
        header("DSCRPTR"),
        padded(b"SAS     PEOPLE  SASDATA 9.4     Linux".ljust(64) + WHEN),
        padded(WHEN),
        header("NAMESTR", f"{len(columns):010d}".ljust(30, "0")),
        padded(b"".join(described)),
        header("OBS    "),
        padded(b"".join(b"".join(row) for row in rows)),
    ]
    path.write_bytes(b"".join(pieces))


def header(kind: str, numbers: str = "0" * 30) -> bytes:
    return padded(f"HEADER RECORD*******{kind} HEADER RECORD!!!!!!!{numbers}".encode())


def padded(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // RECORD) * RECORD)


def name_record(
    place: int, name: str, cells: Sequence[float | str | None], label: str = ""
) -> bytes:
    """Describe one column in 140 bytes."""
    kind = 2 if isinstance(cells[0], str) else 1
    said, form = label.encode("latin-1").ljust(40), b" " * 8
    begin = struct.pack(">4h8s40s8s", kind, 0, WIDTH, place + 1, name.encode().ljust(8), said, form)
    return begin + struct.pack(">4h8s2hl52x", 0, 0, 0, 0, form, 0, 0, place * WIDTH)


def value(cell: float | str | None) -> bytes:
    """Write one value; IBM's floating point has a power of 16 and 56 bits below the point."""
    if isinstance(cell, str):
        return cell.encode("latin-1").ljust(WIDTH)
    if cell is None:
        return b".".ljust(WIDTH, b"\0")
    if not cell:
        return bytes(WIDTH)
    power = math.frexp(cell)[1] + 3 >> 2
    fraction = int(abs(cell) / 16.0**power * 2**56)
    return bytes([(cell < 0) << 7 | power + 64]) + fraction.to_bytes(7, "big")
