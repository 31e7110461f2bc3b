"""A comment on a run: written, answered and settled in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import Workbench
from tests.browser.test_looks import UPSTREAM
from tests.browser.ui import has, says

if TYPE_CHECKING:
    from tests.browser.ui import Ui
    from tests.support.sample_lake import SampleLake


def test_a_run_is_commented_on_answered_and_settled(ui: Ui, sample: SampleLake) -> None:
    ui.open(f"run?id={sample.evil}&tab=Comments")
    ui.fill("Comment", "Is this **one** <b>odd</b>?\n\n# Very")
    send = ui.keyed("new-comment").get_by_test_id("stFormSubmitButton").get_by_role("button")
    ui.press(send, until=has("[class*=st-key-thread-] strong"))
    ui.press(ui.page.get_by_role("button", name="Reply"), until=has("[aria-label=Answer]"))
    ui.fill("Answer", "No, it is `quoted`.")
    ui.press(ui.page.get_by_role("button", name="Send"), until=has("[class*=st-key-under-] code"))
    ui.press(ui.page.get_by_role("button", name="Settle"), until=says("settled by"))
    assert "<b>odd</b>" in ui.text
    assert [found for found in ui.violations() if not found.startswith(tuple(UPSTREAM))] == []
    with Workbench(sample.folder) as bench:
        question, *_, answer = bench.comments.list("run", sample.evil)
    assert (question.resolved, answer.text) == (True, "No, it is `quoted`.")
