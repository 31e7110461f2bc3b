"""`mhras config`, what the doctor says of settings, and that the document is current."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.cli_config import markdown_table
from core.settings import KEYS
from tests.support.commands import at_a_terminal
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of settings that counts; empty."""
    monkeypatch.delenv("MHRAS_CONFIG")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mhras.toml").touch()
    return tmp_path / "mhras.toml"


def test_each_value_is_shown_with_where_it_came_from(
    mhras: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('actor = "ana"\n')
    monkeypatch.setenv("MHRAS_DURABILITY", "process")
    monkeypatch.setenv("XDG_CACHE_HOME", "/data/caches")
    lines = mhras.lines("config", "--lake", "/data/risk")
    assert lines[0] == ["key", "value", "source", "about"]
    assert [line[0] for line in lines[1:]] == list(KEYS)
    found = {line[0]: line[1:3] for line in lines[1:]}
    assert found["lake"] == ["/data/risk", "option --lake"]
    assert found["actor"] == ["ana", f"{file}, line 1"]
    assert found["durability"] == ["process", "environment MHRAS_DURABILITY"]
    assert found["cache_folder"] == ["/data/caches/mhras/objects", "default"]
    assert found["experiment_artifacts_path"] == ["the lake", "default"]


def test_at_a_terminal_a_setting_has_two_lines(file: Path) -> None:
    assert file.exists()
    shown = at_a_terminal("config", "--lake", "/data/risk").split("\r\n")
    assert shown[0] == "lake = /data/risk  (option --lake)"
    assert shown[1] == f"    {KEYS['lake'].about}"
    assert len(shown) == 2 * len(KEYS) + 2


def test_json_has_the_values_themselves(mhras: Command, file: Path) -> None:
    file.write_text("data_version_deduplication = false\n")
    shown = {row["key"]: row for row in mhras.json("config")}
    assert shown["experiment_artifacts_path"]["value"] is None
    assert shown["data_version_deduplication"] == {
        "key": "data_version_deduplication",
        "variable": "DATA_VERSION_DEDUPLICATION",
        "value": False,
        "source": f"{file}, line 1",
        "about": KEYS["data_version_deduplication"].about,
    }


def test_a_variable_that_nobody_reads_is_named(
    mhras: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPERIMENT_ARTIFACT_PATH", "/data")
    monkeypatch.setenv("MHRAS_OF_ANOTHER_PROGRAM", "1")
    status, _, remarks = mhras("config")
    meant = "Did you mean EXPERIMENT_ARTIFACTS_PATH?"
    said = [
        f"The variable EXPERIMENT_ARTIFACT_PATH is not read. {meant}",
    ]
    assert (status, remarks.splitlines()) == (0, [f"{file} was read", *said])
    notes = [f["detail"] for f in mhras.json("doctor", status=1) if f["state"] == "note"]
    assert notes == said


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("command", [["config"], ["runs"], ["init"], ["verify"], ["serve"]])
def test_wrong_settings_stop_every_command(
    mhras: Command, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MHRAS_DURABILITY", "fast")
    status, out, remarks = mhras(*command)
    assert (status, out) == (1, "")
    assert remarks.startswith("error: durability is 'fast' (environment MHRAS_DURABILITY), not ")
    assert [path.name for path in tmp_path.iterdir()] == ["mhras.toml"]


@pytest.mark.usefixtures("file")
def test_the_doctor_lists_every_fault(mhras: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MHRAS_DURABILITY", "fast")
    monkeypatch.setenv("EXPERIMENT_STORAGE_BACKEND", "s3")
    wrong = [f for f in mhras.json("doctor", status=1) if f["state"] == "wrong"]
    assert [finding["subject"] for finding in wrong] == ["settings", "settings"]


def test_the_document_has_the_table_of_the_settings() -> None:
    document = (ROOT / "docs" / "configuration.md").read_text(encoding="utf8")
    assert markdown_table() in document, "take the table from `mhras config --markdown`"
    assert "docs/configuration.md" in (ROOT / "README.md").read_text(encoding="utf8")


def test_the_table_of_the_document_is_printed(mhras: Command) -> None:
    assert mhras("config", "--markdown") == (0, f"{markdown_table()}\n", "")
