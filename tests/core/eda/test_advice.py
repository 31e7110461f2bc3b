"""What to do first is ranked by what it changes, and the same is said once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.eda.advice import RANKING
from core.eda.document import eda_document
from core.eda.module import EDAModule
from core.eda.report import EDAReport
from core.render.document import Chart, render_markdown

ROWS = 800
RANDOM = np.random.default_rng(11)


@pytest.fixture(scope="module")
def report() -> EDAReport:
    frame = pd.DataFrame({f"x{n}": RANDOM.normal(size=ROWS) for n in range(6)})
    frame.loc[RANDOM.random(ROWS) < 0.8, "x0"] = np.nan
    frame.loc[RANDOM.random(ROWS) < 0.4, "x1"] = np.nan
    frame.loc[frame["x1"].isna() | (RANDOM.random(ROWS) < 0.1), "x2"] = np.nan
    for name in ("cost a", "cost b", "cost c"):
        frame[name] = RANDOM.lognormal(0, 2.5, ROWS)
    return EDAModule().analyze_dataset(frame)


def test_what_reaches_most_comes_first_and_the_ranking_is_stated(report: EDAReport) -> None:
    said = report.recommendations
    gaps = next(n for n, text in enumerate(said) if text.startswith("x0: "))
    skew = next(n for n, text in enumerate(said) if "is skewed" in text)
    assert gaps < skew
    assert RANKING in render_markdown(eda_document(report))


def test_the_same_of_several_columns_is_said_once(report: EDAReport) -> None:
    (gaps,) = [text for text in report.recommendations if "values" in text and "missing" in text]
    assert gaps.startswith("x0: ")
    assert "Likewise x2, x1." in gaps
    (skewed,) = [text for text in report.recommendations if "is skewed" in text]
    assert sum(name in skewed for name in ("cost a", "cost b", "cost c")) == 3


def test_columns_that_are_missing_together_are_drawn_as_counted(report: EDAReport) -> None:
    frame = {name: report.missing_together[name] for name in ("x0", "x1", "x2")}
    assert {*report.missing_together} == {"x0", "x1", "x2"}
    assert [frame[name][name] for name in frame] == [1.0, 1.0, 1.0]
    assert frame["x1"]["x2"] == frame["x2"]["x1"] > 0.8 > frame["x0"]["x1"]
    absent = report.missing_values
    assert frame["x1"]["x2"] == pytest.approx(absent["x1"] / absent["x2"])  # one inside the other
    (section,) = [s for s in eda_document(report).sections if s.title == "Missing values"]
    titles = [block.spec["title"] for block in section.blocks if isinstance(block, Chart)]
    assert titles == ["Missing values along the rows", "Missing together"]
    assert EDAReport.from_dict(report.to_dict()).missing_together == report.missing_together
