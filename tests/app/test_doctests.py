"""The examples in the modules of the app hold; importing them all would start pages."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = (
    *("curves", "defaults", "layout", "run_filters", "run_numbers", "run_table"),
    *("session", "state", "wording"),
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MHRAS_LAKE", "/data/sleep-study")
    result = doctest.testmod(import_module(f"app.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
