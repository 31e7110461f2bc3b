"""Stores in a bucket, for the tests of this folder."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

from lake.cache import ObjectCache
from lake.remote import S3Store
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def opened(url: str, folder: Path, *, patience: float = 20.0) -> Iterator[S3Store]:
    """Open a store whose local copies are in a folder, and close it after the block."""
    store = S3Store(url, cache=ObjectCache(folder), patience=patience)
    try:
        yield store
    finally:
        store.close()


def script(code: str, *arguments: object, before: str = "") -> str:
    """Run Python that has `store`, in the bucket and with the copies given first; what it prints.

    `before` is run before anything is imported, so what it registers at exit is run last.
    Warnings are errors. Whatever it says on its way out, also of threads and finalizers, is one.
    """
    head = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from lake.cache import ObjectCache\n"
        "from lake.remote import S3Store\n"
        "store = S3Store(sys.argv[1], cache=ObjectCache(Path(sys.argv[2])))\n"
    )
    run = [sys.executable, "-W", "error", "-c", before + head + code, *map(str, arguments)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.strip()
