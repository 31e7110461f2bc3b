"""The tour of the workbench: its pictures are there, and its addresses are those of pages."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.nav import PAGES

DOCS = Path(__file__).resolve().parents[1] / "docs"
TOUR = (DOCS / "tour.md").read_text(encoding="utf8")


@pytest.mark.parametrize("file", re.findall(r"!\[.*\]\((.+)\)", TOUR))
def test_a_picture_of_the_tour_is_there_and_small(file: str) -> None:
    data = (DOCS / file).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < 120_000


@pytest.mark.parametrize("address", re.findall(r"^`/([^`]*)`$", TOUR, re.MULTILINE))
def test_an_address_of_the_tour_is_that_of_a_page(address: str) -> None:
    assert (urlsplit(address).path or "home") in {entry.path for entry in PAGES}


def test_every_picture_of_the_tour_has_its_address() -> None:
    assert len(re.findall(r"!\[.*\]\(tour/[\w-]+\.png\)\n\n`/[^`]*`", TOUR)) == TOUR.count("![")
