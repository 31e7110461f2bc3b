"""The packaged settings rule in every form of start, from any folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from app.defaults import packaged_settings
from core.charts.palette import DARK, LIGHT, Palette

if TYPE_CHECKING:
    from pathlib import Path

TELL = """
import json, sys
import app.asgi
from streamlit import config
keys = ("browser.gatherUsageStats", "runner.postScriptGC", "client.showErrorDetails",
        "server.enableStaticServing", "theme.light.primaryColor", "theme.dark.sidebar.textColor")
print(json.dumps({key: config.get_option(key) for key in keys}))
"""


def told(folder: Path) -> dict[str, object]:
    """What Streamlit is set to in a process started in a folder, without anybody's home."""
    run = subprocess.run(
        [sys.executable, "-c", TELL],
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(run.stdout)
    return found


def test_settings_hold_from_any_folder(tmp_path: Path) -> None:
    assert told(tmp_path) == {
        "browser.gatherUsageStats": False,
        "runner.postScriptGC": False,
        "client.showErrorDetails": "none",
        "server.enableStaticServing": True,
        "theme.light.primaryColor": "#0f766e",
        "theme.dark.sidebar.textColor": "#e9eef6",
    }


def test_settings_made_by_hand_win(tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    text = '[client]\nshowErrorDetails = "full"\n[theme.light]\nprimaryColor = "#123456"\n'
    (tmp_path / ".streamlit/config.toml").write_text(text, encoding="utf8")
    found = told(tmp_path)
    assert found["client.showErrorDetails"] == "full"
    assert found["theme.light.primaryColor"] == "#123456"
    assert found["runner.postScriptGC"] is False


def test_every_setting_is_one_that_streamlit_knows() -> None:
    from streamlit import config

    known = config.get_config_options()
    assert [key for key in packaged_settings() if key not in known] == []


@pytest.mark.parametrize(("mode", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_pages_and_exported_charts_have_the_same_colours(mode: str, palette: Palette) -> None:
    settings = packaged_settings()
    assert settings[f"theme.{mode}.backgroundColor"] == palette.background
    assert settings[f"theme.{mode}.textColor"] == palette.ink
    assert tuple(settings[f"theme.{mode}.chartCategoricalColors"]) == palette.categorical
    assert tuple(settings[f"theme.{mode}.chartSequentialColors"]) == palette.sequential
    assert tuple(settings[f"theme.{mode}.chartDivergingColors"]) == palette.diverging
