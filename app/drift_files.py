"""The files into which a report of drift is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli_output import say
from app.output_file import check_place, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.drift.report import DriftReport
    from core.drift.series import DriftSeries
    from core.render.blocks import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Where a report is wanted; `json` may be "-", which prints it instead of the tables.

    `opinion` is for the page that Evidently makes of it.
    """

    html: str | None = None
    markdown: str | None = None
    json: str | None = None
    opinion: str | None = None

    def check(self) -> None:
        """Refuse a place where no file can be written. Raises OutputFileError."""
        for file in (self.html, self.markdown, self.json, self.opinion):
            if file not in (None, "-"):
                check_place(Path(file).expanduser())

    def write_opinion(self, page: bytes) -> None:
        """Write the page of Evidently where it is wanted. Raises OutputFileError."""
        if self.opinion is not None:
            write_whole(Path(self.opinion).expanduser(), page)

    def write(self, report: DriftReport | DriftSeries, document: Callable[[], Document]) -> bool:
        """Write them; tell whether the report was printed. Raises OutputFileError."""
        if self.html is not None or self.markdown is not None:
            from core.render.html import render_html  # with charts, which few need
            from core.render.markdown import render_markdown  # as above

            made = document()
            if self.html is not None:
                write_whole(Path(self.html).expanduser(), render_html(made))
            if self.markdown is not None:
                write_whole(Path(self.markdown).expanduser(), render_markdown(made).encode())
        text = json.dumps(report.to_dict(), indent=2)
        if self.json == "-":
            say(text)
        elif self.json is not None:
            write_whole(Path(self.json).expanduser(), f"{text}\n".encode())
        return self.json == "-"
