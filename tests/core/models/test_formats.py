"""Bytes are told by what is in them, whatever their file is called, and none of them is run."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import zipfile
import zlib
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from core.errors import MissingExtraError, ModelFormatError
from core.models.formats import ModelFormat, format_of
from core.models.loading import load


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


def safetensors(arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]) -> bytes:
    header, body = {"__metadata__": {"made": "here"}}, b""
    for name, array in arrays.items():
        place = [len(body), len(body) + array.nbytes]
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": place}  # type: ignore[dict-item]
        body += array.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def protobuf(*fields: tuple[int, bytes]) -> bytes:
    varint = bytes([1 << 3, 10])  # ir_version = 10
    return varint + b"".join(bytes([n << 3 | 2, len(data)]) + data for n, data in fields)


ONNX = protobuf((7, b"\x0a\x01g"), (8, b"\x10\x15"))
PICKLED = pickle.dumps({"weights": [1.5, 2.5]})

CASES = {
    "pickle": (PICKLED, "pickle (not loaded)"),
    "pickle of protocol 0": (pickle.dumps([1, "a"], protocol=0), "pickle (not loaded)"),
    "pickle of protocol 1": (pickle.dumps({"a": 1}, protocol=1), "pickle (not loaded)"),
    "pickle in gzip": (gzip.compress(PICKLED), "pickle (not loaded)"),
    "pickle in bz2": (bz2.compress(PICKLED), "pickle (not loaded)"),
    "pickle in xz": (lzma.compress(PICKLED), "pickle (not loaded)"),
    "pickle in zlib": (zlib.compress(PICKLED), "pickle (not loaded)"),
    "joblib with LZ4": (b"\x04\x22\x4d\x18" + PICKLED, "pickle (not loaded)"),
    "torch": (zipped(data_pkl=PICKLED, version=b"3"), "pickle (not loaded)"),
    "a zip of something": (zipped(notes_txt=b"hello"), "unknown (not loaded)"),
    "a zip with a strange schema": (zipped(schema_json=b"[]"), "unknown (not loaded)"),
    "a damaged zip": (zipped(schema_json=b"{}")[:-30], "unknown (not loaded)"),
    "onnx": (ONNX, "onnx"),
    "another protobuf": (protobuf((2, b"x")), "unknown (not loaded)"),
    "safetensors": (safetensors({"w": np.arange(6.0).reshape(2, 3)}), "safetensors"),
    "xgboost": (b'{"learner": {}, "version": [3, 0, 0]}', "xgboost"),
    "xgboost in ubjson": (b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner{", "xgboost"),
    "lightgbm": (b"tree\nversion=v4\nnum_class=1\n", "lightgbm"),
    "catboost": (b"CBM1\x00\x00\x00\x00", "catboost"),
    "catboost in json": (b'{"oblivious_trees": [], "model_info": {}}', "catboost"),
    "json": (b'{"intercept": -2.1}', "json"),
    "deep json": (b'{"a":' * 100_000, "unknown (not loaded)"),
    "text": (b"(hello)", "unknown (not loaded)"),
    "nothing": (b"", "unknown (not loaded)"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_format_is_told_by_its_content(name: str) -> None:
    data, expected = CASES[name]
    assert format_of(data) == expected


def test_a_model_of_skops_is_told_from_other_zips(model_file: bytes) -> None:
    assert format_of(model_file) == "skops"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(sorted(CASES)), st.integers(0, 300))
def test_no_bytes_make_it_fail(noise: bytes, name: str, place: int) -> None:
    whole = CASES[name][0]
    for data in (noise, whole[:place] + noise, whole[:place] + noise + whole[place:]):
        assert format_of(data) in get_args(ModelFormat)


def test_arrays_of_safetensors_come_back() -> None:
    arrays = {"w": np.arange(6.0).reshape(2, 3), "b": np.array([-0.5])}
    found = load(safetensors(arrays), "safetensors", name="risk@v1")
    assert list(found) == ["w", "b"]
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)


def test_arrays_that_lie_outside_of_the_file_are_refused() -> None:
    data = safetensors({"w": np.arange(6.0)})
    with pytest.raises(ModelFormatError, match="outside of the file"):
        load(data[:-8], "safetensors", name="risk@v1")


@pytest.mark.parametrize("kind", ["pickle (not loaded)", "unknown (not loaded)"])
def test_what_may_run_code_is_not_opened_and_says_what_to_do(kind: str) -> None:
    with pytest.raises(ModelFormatError, match=r"Save the model again as data: skops\.io\.dump"):
        load(PICKLED, kind, name="risk@v1")


def test_a_form_that_a_library_reads_from_files_only_is_refused_with_what_to_do() -> None:
    with pytest.raises(ModelFormatError, match="Save it with format='cbm'"):
        load(CASES["catboost in json"][0], "catboost", name="risk@v1")


def test_a_library_that_is_missing_is_named() -> None:
    with pytest.raises(MissingExtraError, match="pip install onnxruntime"):
        load(ONNX, "onnx", name="risk@v1")


def test_a_damaged_model_is_said_to_be_damaged(model_file: bytes) -> None:
    half = zipped(schema_json=zipfile.ZipFile(io.BytesIO(model_file)).read("schema.json"))
    assert format_of(half) == "skops"
    with pytest.raises(ModelFormatError, match=r"risk@v1 looks like skops, but cannot be opened"):
        load(half, "skops", name="risk@v1")
