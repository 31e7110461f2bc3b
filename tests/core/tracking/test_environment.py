from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from core import Workbench
from core.tracking.environment import head_commit, without_secrets

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
    run = ["git", *identity, *arguments]
    return subprocess.run(
        run, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "train.py").write_text("depth = 4\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def run_in(folder: Path, lake: Path) -> None:
    code = f"""
from core import Workbench
with Workbench({str(lake)!r}) as wb, wb.tracker.start_run("risk"):
    pass
"""
    subprocess.run([sys.executable, "-c", code, "--token", "s3cret"], cwd=folder, check=True)


def test_the_commit_is_read_from_gits_files(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "deep").mkdir()
    assert head_commit(repository / "deep") == commit
    git(repository, "pack-refs", "--all")
    assert head_commit(repository) == commit
    git(repository, "checkout", "-q", "--detach")
    assert head_commit(repository) == commit
    git(repository, "worktree", "add", "-q", "-b", "side", "../side")
    assert head_commit(repository.parent / "side") == commit


def test_outside_of_git_there_is_no_commit(tmp_path: Path) -> None:
    assert head_commit(tmp_path) is None


def test_a_repository_without_commits_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert head_commit(tmp_path) is None


def test_a_clean_tree_leaves_no_patch(repository: Path, tmp_path: Path) -> None:
    run_in(repository, tmp_path / "lake")
    with Workbench(tmp_path / "lake") as workbench:
        (run,) = workbench.tracker.search_runs("risk")
        facts = workbench.runs.environment(run.run_id)
        assert run.git_commit == git(repository, "rev-parse", "HEAD")
        assert (facts["git"]["dirty"], facts["git"]["branch"]) == (False, "main")
        assert run.code_version == run.git_commit[:12]
        assert run.artifacts == []


def test_uncommitted_changes_are_kept_as_a_patch(repository: Path, tmp_path: Path) -> None:
    (repository / "train.py").write_text("depth = 6\npassword = 'hunter2'\n")
    run_in(repository, tmp_path / "lake")
    with Workbench(tmp_path / "lake") as workbench:
        (run,) = workbench.tracker.search_runs("risk")
        (patch,) = run.artifacts
        text = workbench.runs.read_artifact(patch.artifact_id).decode()
        assert (patch.path, patch.artifact_type) == ("code/uncommitted.patch", "code")
        assert "+depth = 6" in text
        assert "hunter2" not in text
        assert run.code_version == f"{(run.git_commit or '')[:12]}+{patch.digest[:8]}"
        assert workbench.runs.environment(run.run_id)["git"]["changed_files"] == ["train.py"]


def test_secrets_of_the_command_line_are_masked(repository: Path, tmp_path: Path) -> None:
    run_in(repository, tmp_path / "lake")
    with Workbench(tmp_path / "lake") as workbench:
        (run,) = workbench.tracker.search_runs("risk")
        command = workbench.runs.environment(run.run_id)["command"]
        assert "s3cret" not in command
        assert command.endswith("--token ***")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("api_key: abc", "api_key: ***"),
        ('AWS_SECRET_ACCESS_KEY="abc def"', "AWS_SECRET_ACCESS_KEY=***"),
        ("--password hunter2 --depth 4", "--password *** --depth 4"),
        ("learning_rate=0.1", "learning_rate=0.1"),
    ],
)
def test_what_follows_a_secret_word_is_masked(text: str, masked: str) -> None:
    assert without_secrets(text) == masked
