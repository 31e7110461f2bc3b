"""What people do with models: find one, look at it, read its card and take it with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.test_looks import tour
from tests.browser.ui import is_titled, says
from tests.support.sample_models import MODEL, make_model_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Server
    from tests.browser.ui import Ui

pytestmark = pytest.mark.browser
PAGES = {
    "models": "models",
    "model": f"model?name={MODEL}",
    "model-groups": f"model?name={MODEL}&part=Groups+of+people",
    "model-about": f"model?name={MODEL}&tab=About",
    "model-stages": f"model?name={MODEL}&tab=Stages",
    "card": f"card?model={MODEL}",
    "card-calibration": f"card?model={MODEL}&section=Calibration",
    "card-sign": f"card?model={MODEL}&tab=Publish+and+sign",
}
DARK = ("models", "model", "card", "card-sign")


@pytest.fixture(scope="module")
def served_models(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(make_model_lake(tmp_path_factory.mktemp("lakes") / "models")).address


def test_from_the_catalogue_to_an_exported_card(
    open_ui: Callable[..., Ui], served_models: str, tmp_path: Path
) -> None:
    ui = open_ui(served_models)
    ui.open().go("Models")
    ui.click_cell(ui.keyed("models-table"), 1, 30, until=is_titled(MODEL))
    card = ui.page.get_by_role("button", name="Card", exact=True)
    ui.press(card, until=says("This is a draft"))
    ui.unfold("Export")
    ui.download("HTML, one file for readers", tmp_path / "card.html")
    page = ui.context.new_page()
    page.goto((tmp_path / "card.html").as_uri())
    assert page.locator("h1").inner_text() == f"Model card: {MODEL}"
    assert "<img src=x onerror=alert(1)>" in page.locator("main").inner_text()
    assert page.locator("img[src=x]").count() == 0


def test_pages_of_models_are_accessible(
    open_ui: Callable[..., Ui], served_models: str, theme: str
) -> None:
    pages = PAGES if theme == "light" else {name: PAGES[name] for name in DARK}
    assert tour(open_ui(served_models, theme), pages, "models") == {}
