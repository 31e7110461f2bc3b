from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from core.datasets.sources import open_source
from core.frames import FrameError
from tests.support.sas_transport import write_transport

if TYPE_CHECKING:
    from pathlib import Path


def test_a_transport_file_gives_its_zeros_numbers_and_texts(tmp_path: Path) -> None:
    numbers = [0.0, 1.0, -2.5, None, 9.0, 1e10, math.pi, 1 / 3]
    names = ["ana", "ben", "", "chloé", "d", "e", "f", "g"]
    write_transport(tmp_path / "people.xpt", {"SCORE": numbers, "NAME": names})
    table = pa.concat_tables(open_source(tmp_path / "people.xpt").pieces)
    assert table["NAME"].to_pylist() == [name or None for name in names]  # as SAS means it
    found = table["SCORE"].to_pylist()
    assert found.pop(3) is numbers.pop(3) is None
    assert found == pytest.approx(numbers, rel=1e-15, abs=0.0)


def test_a_text_file_may_have_thousands_of_columns(tmp_path: Path) -> None:
    """DuckDB needs more than the memory it first gets to find out their types."""
    names = [f"c{place}" for place in range(3_000)]
    line = ",".join(["0.123456789"] * len(names))
    (tmp_path / "wide.csv").write_text("\n".join([",".join(names), *[line] * 100]))
    source = open_source(tmp_path / "wide.csv")
    assert source.schema.names == names
    assert sum(piece.num_rows for piece in source.pieces) == 100


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_lines_of_different_lengths_are_refused(tmp_path: Path, mark: str) -> None:
    lines = ["a,b", "1,2", "3,4,5", "6"]
    (tmp_path / "ragged.csv").write_text("\n".join(lines).replace(",", mark))
    with pytest.raises(FrameError, match="first line has 2 fields, and others have more or fewer"):
        open_source(tmp_path / "ragged.csv")


def test_one_column_may_have_a_comma_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text('"last, first"\n"b, a"\n"c, d"\n')
    source = open_source(tmp_path / "names.csv")
    table = pa.concat_tables(source.pieces)
    assert table.to_pydict() == {"last, first": ["b, a", "c, d"]}
