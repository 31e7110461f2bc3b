"""Files that commands write where a user asks for them: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from lake.errors import MhrasError


class OutputFileError(MhrasError, OSError):
    """A file that cannot be written. Fact: path."""

    code = "output_file"


def check_place(path: Path) -> None:
    """Refuse a place where no file can be written, before any work is done for it.

    Raises OutputFileError.
    """
    folder = path.parent
    if path.is_dir():
        raise OutputFileError(f"{path} is a folder.", hint="Name a file.", path=str(path))
    if not folder.is_dir():
        message = f"There is no folder {folder} to write {path.name} into."
        raise OutputFileError(message, hint="Make it first.", path=str(path))
    if not os.access(folder, os.W_OK):
        message = f"{folder} may not be written into."
        raise OutputFileError(message, hint="Name a file in another folder.", path=str(path))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name first: whoever looks sees the old file or the new one.

    Raises OutputFileError with the reason of the system.
    """
    check_place(path)
    descriptor, name = -1, ""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)  # as any new file; mkstemp lets only its owner read
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        message = f"{path} cannot be written: {error.strerror}."
        raise OutputFileError(message, path=str(path)) from error
