"""The tables we make are those Streamlit makes of the same, only sooner."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from streamlit.dataframe_util import convert_anything_to_arrow_bytes

from app.arrow_tables import named_values, rows_table


def of_streamlit(data: Any) -> pa.Table:
    return pa.ipc.open_stream(convert_anything_to_arrow_bytes(data)).read_all()


@pytest.mark.parametrize("texts", [{"a": "1", "b c": "-"}, {"only": "one"}])
def test_values_stand_beside_their_names(texts: dict[str, str]) -> None:
    ours, theirs = named_values(texts), of_streamlit(texts)
    assert ours.equals(theirs)
    assert ours.to_pandas().equals(theirs.to_pandas())  # the names are those of rows


def test_no_values_are_an_empty_table() -> None:
    assert named_values({}).to_pandas().to_dict() == {"value": {}}


@pytest.mark.parametrize(
    "rows",
    [
        [{"x": 1, "name": "a"}, {"x": 2, "name": "b"}],
        [{"x": 1.5}, {"x": None}, {"x": float("nan")}],
        [{"x": 1}, {"x": 2.5, "name": "a"}],
        [{"at": date(2026, 1, 1)}, {"at": None}],
        [{"x": True}, {"x": False}],
        [{"x": [1.0, 2.0]}, {"x": []}],
    ],
)
def test_rows_of_a_chart_are_columns(rows: list[dict[str, Any]]) -> None:
    assert rows_table(rows).to_pylist() == of_streamlit(rows).to_pylist()


def test_texts_and_numbers_in_one_column_are_texts() -> None:
    assert rows_table([{"x": 1}, {"x": "a"}, {}])["x"].to_pylist() == ["1", "a", None]
