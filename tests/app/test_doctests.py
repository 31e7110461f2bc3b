"""The examples in the modules of the app hold; importing them all would start pages."""

from __future__ import annotations

import doctest
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from app import session
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = (
    *("cli_config", "curves", "defaults", "layout", "run_filters", "run_numbers", "run_table"),
    *("session", "state", "wording"),
)


@pytest.fixture
def _settings() -> Iterator[None]:
    session.use(Settings(lake="/data/sleep-study"))
    yield
    session.close()


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    result = doctest.testmod(import_module(f"app.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
