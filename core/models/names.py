"""What a model, a version and an alias may be called, and how a version is asked for."""

from __future__ import annotations

import re
from typing import Final, Literal

from core.errors import ModelError

Stage = Literal["none", "staging", "production", "archived"]
STAGES: Final = ("none", "staging", "production", "archived")
LATEST: Final = "latest"
NUMBERED: Final = re.compile(r"v([1-9][0-9]*)")
_NAME: Final = re.compile(r"[^\W_][\w .+-]{0,98}[\w.+-]|[^\W_]")
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


def check_names(model_name: str, label: str | None = None) -> None:
    """Refuse names that cannot be written in a command. Raises ModelError with all faults.

    >>> check_names("phq9 risk", "2024.1")
    """
    faults = []
    if not _NAME.fullmatch(model_name):
        faults.append(f"{model_name!r} is not a name for a model")
    if label is not None and (not _LABEL.fullmatch(label) or label in {LATEST, *STAGES}):
        faults.append(f"{label!r} is not a label for a version, nor an alias")
    if faults:
        hint = "Use letters, digits, '.', '-', '_' and '+'; a model's name may have spaces."
        raise ModelError(f"{'; '.join(faults)}.", hint=hint, faults=tuple(faults))


def split_reference(model: str, version: str | None = None) -> tuple[str, str | None]:
    """Return name and version of what people write: ``risk``, ``risk@v3``, ``risk@production``.

    >>> split_reference("risk@production"), split_reference("risk"), split_reference("risk", "v2")
    (('risk', 'production'), ('risk', None), ('risk', 'v2'))
    """
    if version is None and "@" in model:
        model, _, version = model.rpartition("@")
    return model, None if version == LATEST else version
