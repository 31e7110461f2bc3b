"""Verdicts and tests, as tables of a document show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.drift.glossary import MEANINGS
from core.render.blocks import Badge, Table
from core.render.wording import p_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.drift.report import TestResult
    from core.render.blocks import Cell

DRIFTED: Final = Badge("drifted", level="warning")
STABLE: Final = Badge("stable", level="good")
SHOWN: Final = Badge("shown only")


def verdict(*, drifted: bool) -> Badge:
    """Return the word for a verdict."""
    return DRIFTED if drifted else STABLE


def decides(test: TestResult) -> bool:
    """Tell whether a test decides: distances, which have no p value, are only shown."""
    return test["p_value"] is not None


def table_of_tests(tests: Mapping[str, TestResult]) -> Table:
    """Return a row for each test of a column."""
    effects = any("design_effect" in test for test in tests.values())
    rows: list[tuple[Cell, ...]] = [
        (
            MEANINGS[name].title,
            test["statistic"],
            p_value(test["p_value"]),
            p_value(test["p_adjusted"]),
            test.get("effect") if decides(test) else None,
            test["threshold"],
            *([test.get("design_effect")] if effects else []),
            verdict(drifted=bool(test["drifted"])) if decides(test) else SHOWN,
        )
        for name, test in tests.items()
    ]
    columns = ["Test", "Statistic", "p", "Adjusted p", "Effect", "Threshold", "Verdict"]
    if effects:
        columns.insert(-1, "Design effect")
    return Table(columns, rows=rows)
