"""A report is one file that trusts nothing it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import vl_convert

from core.errors import RenderError
from core.render.bundle import digest_of, vega
from core.render.document import Chart, Document, Section, Table, render_html
from tests.core.render.documents import chart, everything

TOOLS = Path(__file__).parents[3] / "tools"
PAYLOADS = ("</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}")


def text_of(document: Document) -> str:
    return render_html(document).decode()


def test_the_same_document_has_the_same_bytes() -> None:
    assert render_html(everything("a")) == render_html(everything("a"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_adds_no_element_wherever_it_stands(payload: str) -> None:
    def elements(page: str) -> list[str]:
        return re.findall(r"<[a-z!/][a-z0-9]*", page)

    page = text_of(everything(payload))
    assert elements(page) == elements(text_of(everything("harmless")))
    assert payload not in page or "<" not in payload


def test_nothing_is_fetched_and_only_named_scripts_run() -> None:
    page = text_of(everything("a"))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert not re.search(r"unsafe|https?:|\*", policy)
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", page)


def test_a_document_without_charts_carries_no_drawing_library() -> None:
    page = text_of(Document("Empty", sections=[Section("Nothing")]))
    assert len(page) < 40_000
    assert 'id="vega"' not in page


def test_a_report_of_thirty_columns_is_small() -> None:
    names = [f"{i} to {i + 1}" for i in range(30)]
    columns = [Section(f"column {i}", blocks=[chart("Rows", names=names)]) for i in range(30)]
    assert len(render_html(Document("Columns", sections=columns))) <= 700_000


def test_sections_of_one_name_have_ids_of_their_own() -> None:
    sections = [Section(title) for title in ("A!", "a", "a 2", "年齢", "年齢")]
    ids = re.findall(r'<section id="([^"]*)"', text_of(Document("Ids", sections=sections)))
    assert ids == ["at-a", "at-a-2", "at-a-2-2", "at", "at-2"]


def test_numbers_that_json_does_not_have_are_drawn_as_missing() -> None:
    drawn = chart("x")
    drawn.spec["data"]["values"][0]["value"] = float("nan")
    page = text_of(Document("x", summary=[drawn]))
    assert '"data":{"names":["name","value"],"rows":[["a",null],["b",2],["c",3]]}' in page


def test_colours_of_numbers_come_in_steps() -> None:
    """Those of the page are variables, between which nothing can be drawn."""
    colour = {"field": "value", "type": "quantitative", "scale": {"domain": [0, 9]}}
    spec = {**chart("x").spec, "layer": [{"mark": "rect", "encoding": {"color": colour}}]}
    page = text_of(Document("x", summary=[Chart(spec)]))
    assert '"scale":{"domain":[0,9],"type":"quantize"}' in page


def test_a_table_without_rows_is_a_table() -> None:
    page = text_of(Document("x", summary=[Table(("a",), rows=[])]))
    assert '<th scope="col">a</th>' in page


def test_the_drawing_library_is_that_of_vl_convert() -> None:
    """Charts look the same in reports and in files. If not: tools/vega/package.json, vega.sh."""
    needed = json.loads((TOOLS / "vega" / "package.json").read_text())["dependencies"]
    assert needed["vega"] == vl_convert.get_vega_version()
    assert needed["vega-lite"].rpartition(".")[0] == vl_convert.get_vegalite_versions()[-1]


def test_the_drawing_library_is_packed_as_it_was_built_with_its_licences() -> None:
    script = vega().unpacked()
    assert digest_of(script) == vega().digest
    assert script.startswith((TOOLS / "vega" / "notice.txt").read_bytes())
    assert not re.search(r"""[&<>"'\s]""", vega().packed)
    assert len(vega().packed) <= 270_000


@pytest.mark.parametrize(
    "spec",
    [
        {"mark": "geoshape"},
        {"layer": [{"mark": {"type": "geoshape"}}]},
        {"mark": "point", "encoding": {"latitude": {"field": "y"}}},
        {"data": {"url": "cases.csv"}, "mark": "bar"},
    ],
)
def test_what_the_library_cannot_draw_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(RenderError, match="cannot be drawn in a report"):
        render_html(Document("x", summary=[Chart({**chart("x").spec, **spec})]))
