"""Disks that are full, and disks that lose their power."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHUTDOWN = 0x8004587D  # ioctl FS_IOC_SHUTDOWN of ext4 and XFS
_WITHOUT_LOG = 2  # do not write the journal of the file system first: as if the plug was pulled
_FILLER = "filler"


def _mount(*arguments: object, what: str) -> None:
    if os.geteuid():
        pytest.skip(f"only root may mount {what}")
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{what} cannot be mounted here: {done.stderr.strip()}")


class SmallDisk:
    """A file system in memory, of a few MiB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, *, leave: int) -> None:
        """Leave only so many bytes free, in whole pages."""
        space = os.statvfs(self.folder)
        size = space.f_bavail * space.f_frsize - leave
        with (self.folder / _FILLER).open("ab") as file:
            file.write(bytes(size))

    def free(self) -> None:
        """Take away what `fill` wrote."""
        (self.folder / _FILLER).unlink()


@contextlib.contextmanager
def small_disk(folder: Path, *, megabytes: int = 2) -> Iterator[SmallDisk]:
    """Mount a small disk. Skips the test where that is not allowed."""
    folder.mkdir()
    options = f"size={megabytes}m"
    _mount("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder, what="a small disk")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class RealDisk:
    """An ext4 file system in a file, whose power can be cut."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image = image
        self.folder = folder

    def mount(self) -> None:
        """Switch it on."""
        _mount("mount", "-o", "loop", self.image, self.folder, what="a disk in a file")

    def settle(self) -> None:
        """Wait until all that was written so far will survive."""
        subprocess.run(["sync", "--file-system", str(self.folder)], check=True)

    def cut_power(self) -> None:
        """Forget everything that nobody waited for; from now on nothing is written any more."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _WITHOUT_LOG))
        finally:
            os.close(descriptor)

    def mount_again(self) -> None:
        """Switch it on again, once nobody uses it any more."""
        self.unmount()
        self.mount()

    def unmount(self) -> None:
        """Switch it off."""
        subprocess.run(["umount", str(self.folder)], check=True)


@contextlib.contextmanager
def real_disk(folder: Path) -> Iterator[RealDisk]:
    """Make and mount a disk. Skips the test where that is not allowed."""
    folder.mkdir()
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(32 * 1024 * 1024)
    _mount("mkfs.ext4", "-q", "-F", image, what="a disk in a file")
    disk = RealDisk(image, folder)
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()
