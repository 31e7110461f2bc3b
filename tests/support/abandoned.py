"""What `kill -9` leaves behind of a lake, without a process: in microseconds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lake import lake as lake_module

if TYPE_CHECKING:
    from lake.lake import Lake


def abandon(lake: Lake, *, torn: bytes = b"") -> None:
    """Let go of a lake as the kernel does for a killed process: close its files, and no more.

    Its journals stay as they are, only their locks are gone. `torn` is the beginning of a line
    that the process was writing. The lake must not be used afterwards.
    """
    if lake._keeper is not None:
        lake._keeper.stop()  # a thread dies with its process
        lake._keeper = None
    for descriptor in _descriptors(lake):
        if torn:
            os.write(descriptor, torn)
        os.close(descriptor)
    # nothing of it must run later: neither at this interpreter's end nor in forked children
    lake_module._WRITING.discard(lake)
    lake.journal._forget()
    lake._closed = True


def _descriptors(lake: Lake) -> list[int]:
    """Find the open files of the lake's own journals, as the kernel lists them."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            path = link.readlink()
        except FileNotFoundError:
            continue  # the listing's own
        if path.parent == lake.journal.folder and f"-{lake.writer}-" in path.name:
            found.append(int(link.name))
    return found
