"""Which kind of model bytes are, told by what is in them: a name may say anything.

skops         a zip with schema.json that names a class      safetensors  a length, then JSON
xgboost       JSON or UBJSON with a learner                   lightgbm     text: tree, version=
catboost      CBM1, or its JSON                               onnx         protobuf of a graph
json          any other JSON object
pickle        also compressed, also inside a zip (torch): may run code when it is loaded
unknown       everything else
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ModelFormat = Literal[
    "skops",
    "onnx",
    "json",
    "safetensors",
    "xgboost",
    "lightgbm",
    "catboost",
    "pickle (not loaded)",
    "unknown (not loaded)",
]
PICKLE: Final = "pickle (not loaded)"
UNKNOWN: Final = "unknown (not loaded)"
_HEAD: Final = 1 << 16  # bytes of a compressed stream that are looked at
_LARGEST_SCHEMA: Final = 64 << 20
_COMPRESSED: Final[Mapping[bytes, Callable[[io.BytesIO], bytes]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file).read(_HEAD),
    b"BZh": lambda file: bz2.BZ2File(file).read(_HEAD),
    b"\xfd7zXZ\x00": lambda file: lzma.LZMADecompressor().decompress(file.read(_HEAD), _HEAD),
    b"]\x00\x00": lambda file: lzma.LZMADecompressor().decompress(file.read(_HEAD), _HEAD),
    b"x": lambda file: zlib.decompressobj().decompress(file.read(_HEAD), _HEAD),
}


def format_of(data: bytes) -> ModelFormat:
    r"""Tell the format of a model's bytes. Nothing of them is run.

    >>> import pickle
    >>> format_of(pickle.dumps([1.5])), format_of(b'{"intercept": -2.1}'), format_of(b"\x00")
    ('pickle (not loaded)', 'json', 'unknown (not loaded)')
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        return _of_zip(data)
    if data[:1] == b"{":
        return _of_json(data)
    return next((name for name, is_it in _TESTS if is_it(data)), "unknown (not loaded)")


def _of_zip(data: bytes) -> ModelFormat:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {member.filename: member for member in archive.infolist()}
            schema = members.get("schema.json")
            if schema is not None and schema.file_size <= _LARGEST_SCHEMA:
                document = json.loads(archive.read(schema))
                if isinstance(document, dict) and {"__class__", "__loader__"} <= document.keys():
                    return "skops"
            with_pickle = any(_is_pickle(archive.open(name).read(2)) for name in members)
            return PICKLE if with_pickle else UNKNOWN
    except (zipfile.BadZipFile, ValueError, RecursionError, zlib.error, EOFError, OSError):
        return UNKNOWN
    except (NotImplementedError, RuntimeError):  # compressed or encrypted as nobody reads it here
        return UNKNOWN


def _of_json(data: bytes) -> ModelFormat:
    if data[:2] == b"{L" or (data[:2] == b"{i" and b"learner" in data[:200]):
        return "xgboost"  # UBJSON: names are led by the type of their length
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return UNKNOWN
    if "learner" in document and "version" in document:
        return "xgboost"
    if "oblivious_trees" in document or ("trees" in document and "model_info" in document):
        return "catboost"
    return "json"


def _is_pickle(data: bytes) -> bool:
    """Tell a pickle by its first bytes, or, of the old protocols, by all of them."""
    if len(data) >= 2 and data[0] == 0x80:
        return data[1] <= 9  # a protocol of today, or of some years from now
    if data[:1] not in (b"(", b"c", b"]", b"}", b"I", b"F", b"S", b"V", b"L", b"N"):
        return False
    import pickletools  # 5 ms that only such bytes need

    try:
        return any(code.name == "STOP" for code, *_ in pickletools.genops(data))
    except (ValueError, IndexError, OverflowError, UnicodeDecodeError):
        return False


def _is_compressed_pickle(data: bytes) -> bool:
    for head, read in _COMPRESSED.items():
        if data.startswith(head):
            try:
                return _is_pickle(read(io.BytesIO(data))[:2])
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
                return False
    return data.startswith(b"\x04\x22\x4d\x18")  # LZ4, in which joblib writes pickles only


def _is_safetensors(data: bytes) -> bool:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or not 2 <= length <= len(data) - 8 or data[8:9] != b"{":
        return False
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        return False
    tensors = [value for name, value in header.items() if name != "__metadata__"]
    keys = {"dtype", "shape", "data_offsets"}
    return all(isinstance(tensor, dict) and keys <= tensor.keys() for tensor in tensors)


def _is_onnx(data: bytes) -> bool:
    """Tell a ModelProto by its fields: the version of its format, and a graph (1 and 7)."""
    kinds = dict(_protobuf_fields(data))
    return kinds.get(1) == 0 and kinds.get(7) == 2 and kinds.get(8) == 2


def _protobuf_fields(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield number and wire type of the outer fields; a last (0, -1) when it is no protobuf."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        size = {0: 0, 1: 8, 5: 4}.get(wire, -1)
        if wire == 0:
            _, at = _varint(data, at)
        elif wire == 2:
            size, at = _varint(data, at)
        at += size
        if number == 0 or size < 0 or at > len(data):
            yield from ((number, -1) for number in (1, 7, 8))
            return
        yield number, wire


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    return 0, len(data) + 1


# safetensors before the pickles: its first byte may be any
_TESTS: Final[tuple[tuple[ModelFormat, Callable[[bytes], bool]], ...]] = (
    ("safetensors", _is_safetensors),
    ("pickle (not loaded)", _is_pickle),
    ("pickle (not loaded)", _is_compressed_pickle),
    ("catboost", lambda data: data.startswith(b"CBM1")),
    ("lightgbm", lambda data: data.startswith(b"tree\n") and b"\nversion=" in data[:200]),
    ("onnx", _is_onnx),
)
