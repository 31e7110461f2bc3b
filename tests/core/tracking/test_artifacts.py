from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import ArtifactError, Workbench

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_kept_under_its_name(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"trees": 3}')
    with workbench.tracker.start_run("risk") as run:
        uri = workbench.tracker.log_artifact(
            tmp_path / "model.json", "model", metadata={"format": "json"}
        )
    (found,) = workbench.tracker.get_run(run.run_id).artifacts
    assert (found.path, found.artifact_type, found.size_bytes) == ("model.json", "model", 12)
    assert (found.uri, found.metadata, found.run_id) == (uri, {"format": "json"}, run.run_id)
    assert workbench.runs.read_artifact(found.artifact_id) == b'{"trees": 3}'


def test_a_folder_is_kept_file_by_file(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "plots" / "deep").mkdir(parents=True)
    (tmp_path / "plots" / "roc.svg").write_text("<svg/>")
    (tmp_path / "plots" / "deep" / "pr.svg").write_text("<svg></svg>")
    with workbench.tracker.start_run("risk") as run:
        run.log_artifact(tmp_path / "plots", "plot")
    assert [a.path for a in run.artifacts] == ["plots/deep/pr.svg", "plots/roc.svg"]


def test_bytes_and_text_are_kept(workbench: Workbench) -> None:
    with workbench.tracker.start_run("risk") as run:
        run.log_bytes(b"\x00\x01", "raw.bin", "data")
        run.log_bytes("Größe", "notes/größe.txt", "report")
    contents = {a.path: workbench.runs.read_artifact(a.artifact_id) for a in run.artifacts}
    assert contents == {"raw.bin": b"\x00\x01", "notes/größe.txt": "Größe".encode()}


def test_equal_content_of_many_runs_is_stored_once(workbench: Workbench) -> None:
    for _ in range(3):
        with workbench.tracker.start_run("risk") as run:
            run.log_bytes(b"x" * 100_000, "weights.bin", "model")
    workbench.tracker.wait()
    large = [d for d in workbench.lake.objects.all() if workbench.lake.objects.size(d) == 100_000]
    assert len(large) == 1


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/../../b", "", "a\nb"])
def test_names_that_lead_out_of_the_run_are_refused(workbench: Workbench, name: str) -> None:
    with (
        workbench.tracker.start_run("risk") as run,
        pytest.raises(ArtifactError, match="not a name"),
    ):
        run.log_bytes(b"x", name)
    assert run.artifacts == []


def test_a_link_out_of_a_folder_is_refused(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.txt").symlink_to(tmp_path / "secret.txt")
    with (
        workbench.tracker.start_run("risk") as run,
        pytest.raises(ArtifactError, match=r"lead out of it: .*link\.txt"),
    ):
        run.log_artifact(tmp_path / "folder")
    assert run.artifacts == []


def test_what_is_not_there_is_named(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with workbench.tracker.start_run("risk") as run:
        with pytest.raises(ArtifactError, match="no file or folder missing"):
            run.log_artifact("missing")
        with pytest.raises(ArtifactError, match="holds no files"):
            run.log_artifact(tmp_path / "empty")
        with pytest.raises(ArtifactError, match="not a type"):
            run.log_bytes(b"x", "x", "Model!")
    with pytest.raises(ArtifactError, match="no artifact 'nothing'"):
        workbench.runs.read_artifact("nothing")
