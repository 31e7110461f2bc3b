"""Files that somebody uploaded, until the job that takes them in has done so.

    <state folder>/uploads/<id>/<name>

They outlive the server, as jobs do. One whose job failed stays, so that the work can be asked for
again; what nobody took in for a week is deleted when the next file comes.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from core.ids import new_id
from lake.exported_file import write_file
from lake.spool import state_folder

if TYPE_CHECKING:
    from core.settings import Settings

_FOLDER: Final = "uploads"
_KEPT_SECONDS: Final = 7 * 86_400.0


def file_name(given: str) -> str:
    """Return the last part of a name that came from anywhere, as a name of a file here.

    >>> file_name("..\\\\..\\\\answers.csv"), file_name("/etc/.passwd"), file_name("..")
    ('answers.csv', 'passwd', 'upload')
    """
    return PurePosixPath(given.replace("\\", "/")).name.lstrip(".") or "upload"


def keep_upload(settings: Settings, name: str, data: bytes | memoryview) -> Path:
    """Write an upload where a job finds it, and return its path. Raises StoreError."""
    folder = (settings.state_folder or state_folder()).expanduser().absolute() / _FOLDER
    _sweep(folder)
    return Path(write_file(folder / new_id() / file_name(name), data))


def forget_upload(path: Path) -> None:
    """Delete a file that was taken in, and the folder that it had for itself."""
    path.unlink(missing_ok=True)
    folder = path.parent
    if folder.parent.name == _FOLDER and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _sweep(folder: Path) -> None:
    if not folder.is_dir():
        return
    for one in folder.iterdir():
        if one.is_dir() and time.time() - one.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(one, ignore_errors=True)  # another server may be deleting it as well
