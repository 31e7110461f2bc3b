from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest

from core.datasets.comparison import compare_tables
from core.datasets.sources import open_source, read_all
from core.drift.detect import detect_drift
from core.drift.document import drift_document
from core.drift.report import DriftReport
from core.frames import FrameError, to_arrow
from core.render.markdown import render_markdown
from tests.support.sas_transport import write_transport

if TYPE_CHECKING:
    from pathlib import Path

    from core import Workbench


def test_a_transport_file_gives_its_zeros_numbers_and_texts(tmp_path: Path) -> None:
    numbers = [0.0, 1.0, -2.5, None, 9.0, 1e10, math.pi, 1 / 3]
    names = ["ana", "ben", "", "chloé", "d", "e", "f", "g"]
    write_transport(tmp_path / "people.xpt", {"SCORE": numbers, "NAME": names})
    table = pa.concat_tables(open_source(tmp_path / "people.xpt").pieces)
    assert table["NAME"].to_pylist() == [name or None for name in names]  # as SAS means it
    found = table["SCORE"].to_pylist()
    assert found.pop(3) is numbers.pop(3) is None
    assert found == pytest.approx(numbers, rel=1e-15, abs=0.0)


def test_labels_of_a_transport_file_are_kept_shown_and_reported(
    workbench: Workbench, tmp_path: Path
) -> None:
    labels = {"LBXGH": "Glycohemoglobin (%)", "SITE": "Ort der Pr\u00fcfung"}
    for name, shift in (("before", 0), ("after", 90)):
        cells: dict[str, list[float | str | None]] = {
            "LBXGH": [float(n + shift) for n in range(300)],
            "SITE": ["x"] * 300,
            "AGE": [30.0] * 300,
        }
        write_transport(tmp_path / f"{name}.xpt", cells, labels)
    register = workbench.datasets.register_dataset
    first = register(tmp_path / "before.xpt", "lab", "made up", {"wave": 1})
    own = {"labels": {"LBXGH": "HbA1c"}}
    second = register([tmp_path / "after.xpt", tmp_path / "after.xpt"], "lab", "made up", own)
    assert (first.labels, first.metadata["wave"]) == (labels, 1)
    assert second.labels == {**labels, "LBXGH": "HbA1c"}
    profiles = workbench.datasets.browser.columns(second.version_id)
    assert [each.label for each in profiles] == ["HbA1c", labels["SITE"], ""]
    report = workbench.datasets.detect_drift(first.version_id, second.version_id)
    assert DriftReport.from_dict(report.to_dict()).labels == second.labels
    assert "HbA1c" in render_markdown(drift_document(report))
    files = compare_tables(tmp_path / "before.xpt", tmp_path / "after.xpt")
    assert files.labels == labels


def test_data_that_were_there_without_labels_get_them(workbench: Workbench, tmp_path: Path) -> None:
    write_transport(tmp_path / "a.xpt", {"AGE": [30.0, 41.0]}, {"AGE": "Age in years"})
    plain = workbench.datasets.register_dataset({"AGE": [30.0, 41.0]}, "people", "form")
    assert plain.labels == {}
    again = workbench.datasets.register_dataset(tmp_path / "a.xpt", "people", "form")
    assert (again.version_id, again.labels) == (plain.version_id, {"AGE": "Age in years"})
    assert workbench.datasets.register_dataset(tmp_path / "a.xpt", "people", "form") == again


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


def test_no_line_is_left_out_because_the_others_are_different(tmp_path: Path) -> None:
    """Left to itself DuckDB takes the last line, with three fields, for all of the table."""
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3,4,5\n")
    with pytest.raises(FrameError, match="first line has 2 fields, and others have more or fewer"):
        open_source(tmp_path / "ragged.csv")


def test_values_may_begin_with_a_number_sign(tmp_path: Path) -> None:
    """Left to itself DuckDB takes them for comments."""
    (tmp_path / "marked.csv").write_text("id,name\n#1,x\n#2,y\n3,z\n")
    assert read_all(tmp_path / "marked.csv")["id"].to_pylist() == ["#1", "#2", "3"]


@pytest.mark.parametrize(
    ("text", "line"), [("Report of May\n\na,b\n1,2\n3,4\n", 3), ("# by X\na,b\n1,2\n3,4\n", 2)]
)
def test_lines_before_a_table_are_refused(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "report.csv").write_text(text)
    with pytest.raises(FrameError, match=f"its table seems to begin in line {line}; take out"):
        open_source(tmp_path / "report.csv")


@pytest.mark.parametrize("name", ["empty.csv", "empty.jsonl"])
def test_a_file_without_a_byte_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(FrameError, match=f"{name} cannot be read: it is empty."):
        open_source(tmp_path / name)


def test_other_encodings_are_refused_in_few_words(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_bytes("name\nJürgen\nZoë\n".encode("latin-1"))
    with pytest.raises(FrameError, match=r"This file is not utf-8 encoded\."):
        read_all(tmp_path / "names.csv")


def test_one_column_may_have_a_comma_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text('"last, first"\n"b, a"\n"c, d"\n')
    source = open_source(tmp_path / "names.csv")
    table = pa.concat_tables(source.pieces)
    assert table.to_pydict() == {"last, first": ["b, a", "c, d"]}


def test_a_name_no_file_can_have_is_a_file_that_is_not_there() -> None:
    with pytest.raises(FrameError, match="There is no file xxx"):
        open_source("x" * 5_000)


def test_a_dict_of_columns_needs_lists() -> None:
    with pytest.raises(FrameError, match="something else than lists of values"):
        open_source({"age": 30})


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
        pd.DataFrame({"o": [1, "a", None]}),
        pd.DataFrame({"o": [object()]}),
        pd.DataFrame({"n": [2**100]}),
        pd.DataFrame({"z": [1j]}),
        pd.DataFrame({"s": ["\ud800"]}),
        {"a": [1, 2], "b": [1]},
        {"a": [1, "x"]},
        [{"a": 1}, {"a": "x"}],
    ],
)
def test_a_table_that_arrow_cannot_hold_is_refused_with_a_hint(frame: Any) -> None:
    for read in (open_source, to_arrow, lambda data: detect_drift(data, data)):
        with pytest.raises(FrameError) as refused:
            read(frame)
        assert refused.value.hint
