"""What docs/operations.md tells an operator is so: its commands run, its tests and files exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from app.cli import app
from core import Workbench
from tests.support.commands import Command
from tests.support.four_runs import log_run

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf8")
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
BUCKET = "s3://bucket"
# what each request of lake/*.py needs, by its name in botocore
PERMISSIONS = {
    "list_objects_v2": "s3:ListBucket",
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "copy_object": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "upload_part": "s3:PutObject",
    "complete_multipart_upload": "s3:PutObject",
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "delete_objects": "s3:DeleteObject",
}


def commands() -> list[list[str]]:
    """Every command of the document, in its order, without the name of the program."""
    lines = [line for block in BLOCKS for line in block.splitlines() if line]
    assert all(line.startswith("mhras ") for line in lines)
    return [line.split()[1:] for line in lines]


@pytest.fixture
def place(tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new user's folder, and the address of a bucket."""
    monkeypatch.chdir(tmp_path)
    for name in ("CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return bucket


def test_every_command_runs_one_after_the_other(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mhras = Command(capsys)
    for arguments in commands():
        here = [argument.replace(BUCKET, place) for argument in arguments]
        status, _, remarks = mhras(*here)
        assert (status, "error" in remarks) == (0, False), (arguments, remarks)
        if arguments == ["init", "lake"]:
            with Workbench("lake", actor="ana") as bench:
                logged = {log_run(bench, name) for name in ("a", "b", "c")}
    for folder in ("lake", "lake-again", "lake-from-bucket", "backups/lake"):
        with Workbench(folder, create=False) as bench:
            assert {run.run_id for run in bench.tracker.search_runs()} == logged


def test_every_command_of_maintenance_is_named() -> None:
    named = {arguments[0] for arguments in commands()}
    assert {"init", "doctor", "config", "backup", "restore", "verify", "gc", "compact"} <= named
    known: Any = get_command(app)
    assert named <= known.commands.keys()


def test_every_test_and_file_that_is_named_exists() -> None:
    named = re.findall(r"`((?:tests|lake|docs)/[\w/]+\.\w+)`|\]\((\w+\.md)\)", TEXT)
    paths = [ROOT / (path or f"docs/{link}") for path, link in named]
    assert len(paths) > 12
    assert [path for path in paths if not path.is_file()] == []


def test_the_permissions_are_those_of_the_requests_that_are_made() -> None:
    sources = "".join(p.read_text("utf8") for p in sorted((ROOT / "lake").glob("*.py")))
    made = {name for name in re.findall(r'"([a-z_0-9]+)"', sources) if name in PERMISSIONS}
    asked = set(re.findall(r'(?:ask|_call)\(\s*"([a-z_0-9]+)"', sources))
    assert made == asked == PERMISSIONS.keys()
    rows = dict(re.findall(r"^\| `(s3:\w+)` \| [^|]+ \| ([^|]+) \|$", TEXT, re.MULTILINE))
    assert rows.keys() == set(PERMISSIONS.values())
    for request, permission in PERMISSIONS.items():
        assert request.title().replace("_", "") in rows[permission]
