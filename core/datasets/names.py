"""What a dataset, a version and a tag may be called."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from core.errors import DataVersionError

LATEST: Final = "latest"
_NAME: Final = re.compile(r"[^\W_][\w .+-]{0,98}[\w.+-]|[^\W_]")
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_STRANGE: Final = re.compile(r"[^\w.+-]+")
_SUFFIX: Final = re.compile(
    r"\.(csv|tsv|txt|parquet|jsonl|ndjson|arrow|feather|xpt|gz)$", re.IGNORECASE
)
NUMBERED: Final = re.compile(r"v([1-9][0-9]*)")


def proposed_name(file: str) -> str:
    """Return what a dataset may be called that comes from a file; nothing where that says nothing.

    >>> proposed_name("PHQ-9 answers (May).csv.gz"), proposed_name("??.csv")
    ('PHQ-9 answers May', '')
    """
    stem = PurePath(file).name
    while _SUFFIX.search(stem):
        stem = _SUFFIX.sub("", stem)
    words = _STRANGE.sub(" ", stem).split()
    name = " ".join(words)[:100].strip(" ._-+")
    return name if _NAME.fullmatch(name) else ""


def check_names(dataset_name: str, label: str | None = None) -> None:
    """Refuse names that cannot be written in a command or a view. Raises DataVersionError.

    >>> check_names("phq9", "2024.1")
    """
    faults = []
    if not _NAME.fullmatch(dataset_name):
        faults.append(f"{dataset_name!r} is not a name for a dataset")
    if label is not None and (not _LABEL.fullmatch(label) or label == LATEST):
        faults.append(f"{label!r} is not a label for a version")
    if faults:
        hint = "Use letters, digits, '.', '-', '_' and '+'; a dataset's name may have spaces."
        raise DataVersionError(f"{'; '.join(faults)}.", hint=hint, faults=tuple(faults))
