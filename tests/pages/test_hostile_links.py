"""Addresses that somebody made up: every page says what it does not know, and nothing breaks."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Final

import pytest

from app.nav import PAGES
from tests.pages.test_pages import titles
from tests.support.sample_datasets import NAME, make_dataset_lake
from tests.support.sample_lake import make_sample_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    Opener = Callable[..., AppTest]

# every name that any page reads from its address
NAMES: Final = (
    "along artifact axes baseline before by cohort cohort-column cohort-columns column columns "
    "compared comparing correlations current cut data dataset depth down every experiment "
    "filter find-data find-model finding first id job log look means metric model multivariate "
    "name node other owner page panel param part prediction query reference run search second "
    "section seeds shade shown smooth sort split stage state status tab table tagged target "
    "target-column version view way where x y "
)
VALUES: Final[list[str | list[str]]] = [
    "' or 1=1; drop table runs --",
    "../../../../etc/passwd",
    "A" * 10_240,
    "<script>alert(1)</script>",
    f"{NAME}@v9",
    ["-1", "1e999", "[]"],
    "\x00\u202e\U0001f600",
    "%s%n{0}",
    "nan",
    NAME,
    "true",
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lakes") / "both"
    make_sample_lake(folder)
    return make_dataset_lake(folder)


@pytest.mark.parametrize("page", [entry.path for entry in PAGES])
def test_a_made_up_address_breaks_no_page(open_page: Opener, lake: Path, page: str) -> None:
    app = open_page(lake, page, **dict(zip(NAMES.split(), cycle(VALUES), strict=False)))
    assert len(titles(app)) == 1
    assert titles(app) != ["Something failed"]
