"""Take the pictures of README.md and docs/tour.md from the demonstration lake.

    .venv/bin/python tools/screenshots.py DEMO_LAKE

Each page is opened in Chromium as a visitor sees it; the pictures have few colours, so that all of
them together stay small.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
SIZE: Final = {"width": 1280, "height": 860}
COLOURS: Final = 128
CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
SETTLED: Final = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app?.dataset.testScriptState === 'notRunning' && !!document.querySelector('h1')
    && !document.querySelector('[data-testid=stSkeleton]')
    && !document.querySelector('[data-stale=true]');
}"""
SERVE: Final = """
import sys
from app.serve import serve
from core.settings import Settings
serve(Settings(lake=sys.argv[1]), port=0, ready=lambda address: print(address, flush=True))
"""
PICTURE: Final = re.compile(r"!\[.*\]\((?P<file>tour/[\w-]+\.png)\)\n\n`/(?P<address>[^`]*)`")


def pictures() -> dict[Path, str]:
    """Return the files of pictures and the pages they are of, as the tour names them."""
    tour = (DOCS / "tour.md").read_text(encoding="utf8")
    found = {DOCS / match["file"]: match["address"] for match in PICTURE.finditer(tour)}
    return {DOCS / "runs.png": found[DOCS / "tour/runs.png"], **found}


def take(page: Page, address: str, path: Path) -> None:
    """Keep a picture of a page once everything on it is drawn."""
    page.goto(address)
    page.wait_for_function(SETTLED, timeout=120_000)
    page.wait_for_load_state("networkidle")
    path.parent.mkdir(exist_ok=True)
    page.screenshot(path=path, animations="disabled")
    with Image.open(path) as image:
        fewer = image.convert("RGB").quantize(COLOURS)
    fewer.save(path, optimize=True)


def main(lake: str) -> None:
    """Serve the lake, and take all pictures."""
    command = [sys.executable, "-c", SERVE, lake]
    browser = next(filter(None, map(shutil.which, CHROMIUM)))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout is not None  # noqa: S101 - it is a pipe
        address = server.stdout.readline().strip()
        try:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
                )
                page = chromium.new_page(viewport=SIZE, color_scheme="light", locale="en-GB")
                for path, place in pictures().items():
                    take(page, f"{address}/{place}", path)
                    print(f"{path.relative_to(DOCS.parent)}: /{place}")  # noqa: T201
                chromium.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main(sys.argv[1])
