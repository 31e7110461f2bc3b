"""Write one file outside of a lake, where somebody asked for it."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from lake.file_names import make_folder
from lake.store import refusals

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, data: bytes | memoryview) -> str:
    """Write a file whole or not at all, and return its path; an older one is replaced.

    Folders that are not there are made. Raises StoreError.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_file(Path(folder, "new", "report.md"), b"# Report")
    ...     Path(written).read_text()
    '# Report'
    """
    place = path.expanduser()
    fresh = place.with_name(f".{secrets.token_hex(8)}.part")  # a long name plus this might not fit
    with refusals(place):
        make_folder(place.absolute().parent)
        try:
            descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            fresh.replace(place)
        finally:
            fresh.unlink(missing_ok=True)
    return str(place)
