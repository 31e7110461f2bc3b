"""A server that is killed while it takes an upload in leaves nothing half-written."""

from __future__ import annotations

import signal
import tempfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from app.upload import as_file
from core import Workbench
from core.maintenance import verify_lake
from tests.support.processes import Child

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]

BEFORE, UPLOADED = b"site,beds\na,3\n", b"site,beds\n" + b"b,4\n" * 2_000


def wait_for_the_end(pipe: Pipe) -> None:
    pipe.send("here")
    signal.pause()


def taken_in(pipe: Pipe, folder: Path) -> None:
    """Stop where rows have come in and none is recorded."""
    with Workbench(folder) as bench, as_file(upload(UPLOADED)) as path:
        bench.datasets.register_dataset(
            path, "wards", "form", progress=lambda _rows: wait_for_the_end(pipe)
        )


def stored(pipe: Pipe, folder: Path) -> None:
    """Stop where all objects are written, and the version is about to be recorded."""
    with Workbench(folder) as bench, as_file(upload(UPLOADED)) as path:
        bench.lake.append = lambda *_given, **_named: wait_for_the_end(pipe)  # type: ignore[method-assign]
        bench.datasets.register_dataset(path, "wards", "form")


def upload(data: bytes) -> SimpleNamespace:
    return SimpleNamespace(name="wards.csv", getbuffer=lambda: memoryview(data))


@pytest.mark.parametrize("work", [taken_in, stored])
def test_a_registration_that_is_killed_leaves_the_lake_as_it_was(
    tmp_path: Path, work: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where uploads are read from
    folder = tmp_path / "lake"
    with Workbench(folder) as bench, as_file(upload(BEFORE)) as path:
        bench.datasets.register_dataset(path, "wards", "form")
    with Child(work, folder) as server:
        assert server.hear() == "here"
        server.kill()
    with Workbench(folder) as bench:
        assert [version.num_rows for version in bench.datasets.list_versions("wards")] == [1]
        assert verify_lake(bench, level="content").problems == ()
        with as_file(upload(UPLOADED)) as path:
            again = bench.datasets.register_dataset(path, "wards", "form")
        assert (again.version, again.num_rows) == ("v2", 2_000)
        assert bench.datasets.get_dataset("wards", "v2", as_frame="arrow")[0].num_rows == 2_000
        assert verify_lake(bench, level="content").problems == ()
