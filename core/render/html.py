"""Write a document as one HTML file that needs nothing else and trusts nothing it shows.

    <meta http-equiv=Content-Security-Policy>   nothing from outside; no script and no style but
                                                those whose digests it names; no eval
    <style>            report.css, with the colours of the workbench, light and dark
    <nav>, <main>      the document: text, tables, descriptions of charts. Needs no script
    <script type=application/json>   the charts, as Vega-Lite
    <script type=text/plain>         Vega, gzip and base64
    <script>           report.js: draws what comes into view, searches, sorts, switches the theme

Jinja escapes every value; "<" inside the charts is written as \\u003c. The same document gives the
same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.charts.export import on_one_line
from core.charts.theme import configured
from core.errors import RenderError
from core.render.arrangement import Arrangement
from core.render.bundle import digest_of, vega
from core.render.chart_rows import rows_of, table_of
from core.render.colours import VARIABLES, colour_style
from core.render.picture import safe_svg
from core.render.plain import plain
from core.render.wording import numeric_columns, text_of, value_of

if TYPE_CHECKING:
    import jinja2

    from core.render.blocks import Bars, Cell, Chart, Document, Share

_TEMPLATES: Final = Path(__file__).with_name("templates")
_COLOURS: Final = frozenset({"color", "fill", "stroke"})
_MAPS: Final = frozenset({"projection", "latitude", "longitude", "latitude2", "longitude2"})
_SAID: Final = frozenset({"title", "description"})  # said outside of the drawing


def render_html(document: Document, *, template: Path | None = None) -> bytes:
    """Write a document as HTML in UTF-8.

    `template` is a file of Jinja that takes the place of templates/page.html, or extends it and
    fills its blocks `brand` and `footer`. Raises RenderError for one that cannot be used.

    >>> from core.render.blocks import Document
    >>> b"<h1>&lt;b&gt;</h1>" in render_html(Document("<b>"))
    True
    """
    page = Arrangement(document)
    style, script = _style(), _text("report.js")
    text = _template(template).render(
        page=page,
        document=document,
        style=style,
        script=script,
        charts=_charts(page.charts),
        vega=vega() if page.charts else None,
        policy=_policy(style, script, drawn=bool(page.charts)),
    )
    return text.encode()


def _policy(style: str, script: str, *, drawn: bool) -> str:
    scripts = [digest_of(script.encode()), *([vega().digest] if drawn else [])]
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(repr, scripts))}",
            f"style-src {digest_of(style.encode())!r}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _charts(charts: dict[str, Chart]) -> str:
    specs = {name: _drawing(chart) for name, chart in charts.items()}
    found = {"config": configured(VARIABLES), "charts": specs}
    text = json.dumps(
        on_one_line(plain(found)), sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _drawing(chart: Chart) -> dict[str, Any]:
    bare = {name: value for name, value in chart.spec.items() if name not in _SAID}
    _refuse_what_needs_more(bare)
    drawing = {"width": "container", "background": None, **_in_steps(bare)}
    given = rows_of(bare)
    names = sorted(given[0]) if given else []
    if names and all(row.keys() == given[0].keys() for row in given):
        rows = [[row[name] for name in names] for row in given]
        drawing["data"] = {"names": names, "rows": rows}  # which report.js puts together again
    return drawing


def _refuse_what_needs_more(part: Any) -> None:
    """Refuse maps and data from elsewhere: the drawing library of a report has neither."""
    if isinstance(part, list | tuple):
        for inner in part:
            _refuse_what_needs_more(inner)
    elif isinstance(part, Mapping):
        data = part.get("data")
        elsewhere = isinstance(data, Mapping) and "url" in data
        shape = "geoshape" in (part.get("mark"), part.get("type"))
        if elsewhere or shape or not _MAPS.isdisjoint(part):
            message = "A chart cannot be drawn in a report: it is a map, or its data are elsewhere."
            hint = "Give it its rows (core.charts.export.with_data), or add the map as a Picture."
            raise RenderError(message, hint=hint)
        for name, inner in part.items():
            if name != "data":
                _refuse_what_needs_more(inner)


def _in_steps(part: Any) -> Any:
    """Give colours of numbers ten steps: no colour is between two variables of the page."""
    if isinstance(part, list | tuple):
        return [_in_steps(inner) for inner in part]
    if not isinstance(part, Mapping):
        return part
    found = {name: inner if name == "data" else _in_steps(inner) for name, inner in part.items()}
    for channel in _COLOURS & found.keys():
        colour = found[channel]
        if isinstance(colour, dict) and colour.get("type") == "quantitative":
            found[channel] = {
                **colour,
                "scale": {"type": "quantize", **(colour.get("scale") or {})},
            }
    return found


def _sorted_by(cell: Cell) -> str | None:
    value = value_of(cell)
    return None if value is None else f"{value:.15g}" if value.is_integer() else f"{value:.9g}"


def _share_length(cell: Share) -> str:
    """Return how far the bar of a part goes, of 54; its round ends add what is missing to 60."""
    return f"{54 * min(cell.value, 1.0):.3g}"


def _bar_path(bars: Bars) -> str:
    """Draw bars as strokes, 4 wide and up to 44 high: a tenth of the bytes of rectangles."""
    most = max(bars.values, default=0) or 1
    tops = (44 - round(44 * value / most) for value in bars.values)
    return "".join(f"M{4 * place + 2} 44V{top}" for place, top in enumerate(tops) if top < 44)


def _template(path: Path | None) -> jinja2.Template:
    if path is None:
        return _environment().get_template("page.html")
    import jinja2  # as below

    try:
        return _environment().from_string(path.read_text(encoding="utf8"))
    except (OSError, UnicodeDecodeError, jinja2.TemplateError) as error:
        hint = "Name another file, or none, as EDA_REPORT_TEMPLATE."
        raise RenderError(f"{path} is no template: {error}.", hint=hint, path=str(path)) from error


@cache
def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf8")


@cache
def _style() -> str:
    return colour_style() + _text("report.css")


@cache
def _environment() -> jinja2.Environment:
    import jinja2  # 40 ms that only reports need

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "text": text_of,
        "value": _sorted_by,
        "kind": lambda cell: type(cell).__name__.lower(),
        "numeric": numeric_columns,
        "bar_path": _bar_path,
        "share_length": _share_length,
        "rows": table_of,
        "svg": safe_svg,
    }
    return environment
