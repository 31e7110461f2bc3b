"""Opening models: only what is data, so that opening a file never runs what is in it.

    skops        the object, when all its types are trusted     onnx         an inference session
    json         the document                                   safetensors  arrays by name
    xgboost, lightgbm, catboost                                  a booster of that library

A pickle may run anything when it is loaded, so it is kept and handed out as bytes, never opened.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from typing import TYPE_CHECKING, Any, Final

from core.errors import MissingExtraError, ModelFormatError
from core.models.formats import PICKLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MOST_UNPACKED: Final = 8 << 30
_TYPES: Final = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}
# Parts of estimators that hold numbers and no code, which skops 0.16 does not list yet. What they
# hold is taken as it is by compiled code: a made-up tree may crash the process, not take it over.
_DATA_ONLY: Final = frozenset(
    {
        "numpy.dtype",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.tree._tree.Tree",
    }
)
HOW_TO_CONVERT: Final = (
    "Save the model again as data: skops.io.dump for scikit-learn, save_model for boosters, "
    "ONNX or safetensors for networks. Its bytes are the artifact of its run."
)


def load(data: bytes, model_format: str, *, name: str, trusted: Sequence[str] = ()) -> Any:
    """Open a model's bytes, whose format `format_of` told.

    `trusted` are names of types, as "mymodule.MyTransformer", that a skops file may hold beside
    those of scikit-learn and numpy. Raises ModelFormatError for what is not opened, or is damaged,
    and MissingExtraError when the library of the format is not installed.
    """
    reader = _READERS.get(model_format)
    if model_format == "skops":
        return load_skops(data, name=name, trusted=trusted)
    if reader is None:
        raise _refused(model_format, name)
    try:
        return reader(data)
    except (MissingExtraError, ModelFormatError):
        raise
    except Exception as error:
        raise _damaged(name, model_format, error) from error


def untrusted_types(data: bytes, *, name: str) -> list[str]:
    """Return the types in a skops file that somebody must say they trust."""
    import skops.io  # with scikit-learn, a second that only models need

    _check_size(data, name)
    try:
        found = skops.io.get_untrusted_types(data=data)
    except Exception as error:
        raise _damaged(name, "skops", error) from error
    return sorted(set(found) - _DATA_ONLY)


def load_skops(data: bytes, *, name: str, trusted: Sequence[str] = ()) -> Any:
    """Open a skops file all of whose types are trusted. Raises ModelFormatError naming others."""
    import skops.io  # as above

    strange = sorted(set(untrusted_types(data, name=name)) - set(trusted))
    if strange:
        message = f"{name} holds types nobody said they trust: {', '.join(strange[:10])}."
        hint = "Look at their code; then load_model(..., trusted=[...]) with their names."
        raise ModelFormatError(message, hint=hint, types=tuple(strange))
    try:
        return skops.io.loads(data, trusted=[*_DATA_ONLY, *trusted])
    except Exception as error:
        raise _damaged(name, "skops", error) from error


def _check_size(data: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _MOST_UNPACKED:
        message = f"{name} would be {size:,} bytes unpacked, of {len(data):,}."
        hint = "No model is packed so well: look where the file comes from."
        raise ModelFormatError(message, hint=hint, size=size)


def _refused(model_format: str, name: str) -> ModelFormatError:
    if model_format == PICKLE:
        message = f"{name} is a pickle: loading one runs whatever is in it, so it is never loaded."
    else:
        message = f"{name} is in no format that is known to hold data only."
    return ModelFormatError(message, hint=HOW_TO_CONVERT, format=model_format)


def _damaged(name: str, model_format: str, error: Exception) -> ModelFormatError:
    said = " ".join(str(error).split())[:200] or type(error).__name__
    message = f"{name} looks like {model_format}, but cannot be opened: {said}"
    hint = "Was it saved by a newer version of the library, or cut short?"
    return ModelFormatError(message, hint=hint, format=model_format)


def _json(data: bytes) -> Any:
    return json.loads(data)


def _safetensors(data: bytes) -> dict[str, Any]:
    """Read arrays by name: a length, a JSON header, then the bytes of all arrays."""
    import numpy as np  # not needed to log

    length = int.from_bytes(data[:8], "little")
    header: Mapping[str, Any] = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    arrays = {}
    for name, about in header.items():
        if name == "__metadata__":
            continue
        if about["dtype"] not in _TYPES:
            message = f"The array {name!r} is {about['dtype']}, which numpy does not have."
            raise ModelFormatError(message, hint="Save it as F32.", dtype=about["dtype"])
        kind, shape = np.dtype(_TYPES[about["dtype"]]), tuple(about["shape"])
        start, end = about["data_offsets"]
        if not 0 <= start <= end <= len(body) or end - start != kind.itemsize * math.prod(shape):
            raise ModelFormatError(f"The array {name!r} lies outside of the file.", name=name)
        arrays[name] = np.frombuffer(body[start:end], dtype=kind).reshape(shape)
    return arrays


def _onnx(data: bytes) -> Any:
    runtime = _library("onnxruntime")
    return runtime.InferenceSession(data, providers=["CPUExecutionProvider"])


def _xgboost(data: bytes) -> Any:
    booster = _library("xgboost").Booster()
    booster.load_model(bytearray(data))
    return booster


def _lightgbm(data: bytes) -> Any:
    return _library("lightgbm").Booster(model_str=data.decode())


def _catboost(data: bytes) -> Any:
    if data[:1] == b"{":
        message = "CatBoost reads its JSON from files only, and this comes from a lake."
        raise ModelFormatError(message, hint="Save it with format='cbm'.", format="catboost")
    return _library("catboost").CatBoost().load_model(blob=data, format="cbm")


def _library(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        message = f"{name} is needed to open this model, and is not installed."
        hint = f"pip install {name}"
        raise MissingExtraError(message, hint=hint, extra=name) from None


_READERS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "json": _json,
    "safetensors": _safetensors,
    "onnx": _onnx,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "catboost": _catboost,
}
