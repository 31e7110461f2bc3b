"""Every export is read by its own schema or library, and no text in it does anything."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from core.errors import ModelCardError
from core.models.card import ModelCard
from core.models.exports.chai import NAMESPACE
from core.models.exports.formats import FORMATS, check_format, write_card
from core.models.exports.onc import source_attributes
from core.models.exports.tripod import checklist
from tests.core.models.made_cards import AUROC, NOW, a_card, a_standing

SCHEMAS = Path(__file__).with_name("schemas")
BARE = ModelCard(model_id="m", model_name="risk", model_type="skops", version="v1", date=NOW)
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "{{7*7}}{% raw %}",
    "${7*7}#{7*7}",
    "]]><script>alert(1)</script>",
    "<!--<script>alert(1)//-->",
    "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;",
    "\n---\ntags: [owned]\n---\n# x",
    "a: b\n- !!python/object/apply:os.system [true]",
    "'; drop table model_cards; --",
    "=HYPERLINK(1)|`rm`",
    "<style>*{display:none}</style>",
    "<base href=//x><meta http-equiv=refresh content=0>",
    "\u202ereversed\u202c\u2028\u2029",
    "bell\x07 null\x00 escape\x1b[31m",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "| a | b |\n|---|---|\n```\n<details open ontoggle=alert(1)>",
)


class Elements(HTMLParser):
    """Notes the tags of a page, with the names of their attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(page: bytes) -> list[tuple[str, tuple[str, ...]]]:
    parser = Elements()
    parser.feed(page.decode())
    return parser.found


def both(kind: str, word: str) -> bytes:
    return write_card(a_card(word), kind, standing=a_standing(word))


@pytest.fixture(scope="module")
def chai() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "chai-v0.2.xsd"))


@pytest.fixture(scope="module")
def toolkit() -> Any:
    text = (SCHEMAS / "model-card-toolkit-v0.0.2.json").read_text(encoding="utf8")
    return jsonschema.Draft7Validator(json.loads(text))


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_card_has_the_same_bytes(kind: str) -> None:
    assert both(kind, "w") == both(kind, "w")


@pytest.mark.parametrize("name", ["hmtl", "pdf", "", "HTML5"])
def test_a_format_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ModelCardError, match="Formats: html, markdown"):
        write_card(BARE, name)
    assert (check_format("MD"), check_format("xml")) == ("markdown", "chai")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["html", "onc", "tripod"])
def test_a_text_adds_no_element_to_a_page(kind: str, text: str) -> None:
    assert elements(both(kind, text)) == elements(both(kind, _harmless(text)))


def _harmless(text: str) -> str:
    """Return letters of the same paragraphs, so that pages differ by nothing else."""
    return re.sub(r"[^\n]", "w", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_text_in_markdown(text: str) -> None:
    page = both("markdown", text).decode()
    body = page.split("\n---\n", 1)[1]
    assert not re.search(r"(?<!\\)<(?!0\.001)", body)
    assert not re.search(r"(?<!\\)\]\(javascript", body)


@pytest.mark.parametrize("text", [*HOSTILE, "w"])
def test_the_xml_is_valid_and_its_texts_are_what_was_said(text: str, chai: etree.XMLSchema) -> None:
    data = both("chai", text)
    secure = etree.XMLParser(resolve_entities=False, no_network=True)
    chai.assertValid(etree.fromstring(data, secure))
    root = ET.fromstring(data)  # noqa: S314 - we wrote it
    legal = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", text)
    name = root.find(f"{{{NAMESPACE}}}BasicInfo/{{{NAMESPACE}}}ModelName")
    assert name is not None
    assert (name.text or "").split() == legal.split()


def test_the_xml_of_an_empty_card_is_valid_and_says_what_is_not_stated(
    chai: etree.XMLSchema,
) -> None:
    data = write_card(BARE, "chai")
    chai.assertValid(etree.fromstring(data))
    assert data.count(b"Not stated") > 15
    assert data.count(b"<Label>Not measured</Label>") == 3


def test_figures_in_the_xml_have_their_intervals() -> None:
    root = ET.fromstring(both("chai", "w"))  # noqa: S314 - we wrote it
    results = {
        result[0].text: json.loads(result[1].text or "")
        for result in root.iter(f"{{{NAMESPACE}}}MetricResult")
    }
    assert results["AUROC (w 0)"] == {
        "kind": "single", "value": AUROC.value, "low": AUROC.low, "high": AUROC.high,
        "method": "DeLong",
    }  # fmt: skip
    assert results["ICI (w 0)"] == {"kind": "single", "value": None, "reason": "w"}


@pytest.mark.parametrize("text", [*HOSTILE, "w"])
def test_the_toolkit_json_is_valid(text: str, toolkit: Any) -> None:
    found = json.loads(both("mct", text))
    toolkit.validate(found)
    assert found["model_details"]["name"] == text


def test_the_toolkit_json_of_an_empty_card_is_valid_and_leaves_out_what_is_not_known(
    toolkit: Any,
) -> None:
    found = json.loads(write_card(BARE, "mct"))
    toolkit.validate(found)
    assert found == {
        "schema_version": "0.0.2",
        "model_details": {"name": "risk", "version": {"name": "v1", "date": "2026-03-01"}},
        "model_parameters": {"model_architecture": "skops"},
    }


def test_the_toolkit_json_has_slices_with_intervals() -> None:
    metrics = json.loads(both("mct", "w"))["quantitative_analysis"]["performance_metrics"]
    assert metrics[0] == {
        "type": "auroc", "value": "0.731", "slice": "w 0",
        "confidence_interval": {"lower_bound": "0.706", "upper_bound": "0.757"},
    }  # fmt: skip
    assert "w 0, w: w" in [metric["slice"] for metric in metrics]


@pytest.mark.parametrize("text", [*HOSTILE, "w"])
def test_hugging_face_reads_the_markdown(text: str) -> None:
    from huggingface_hub import ModelCard as HubCard

    card = HubCard(both("markdown", text).decode())
    data: Any = card.data
    line = " ".join(text.split())
    assert data.model_name == line
    assert data.tags == [line, f"{line} 2", "mhras-workbench"]
    results = data.eval_results
    found = {(one.dataset_name, one.metric_type): one.metric_value for one in results}
    assert found[f"{line} ({line} 0)", "auroc"] == AUROC.value
    assert card.text.lstrip().startswith("# Model card: ")


def test_hugging_face_reads_the_markdown_of_an_empty_card() -> None:
    from huggingface_hub import ModelCard as HubCard

    data: Any = HubCard(write_card(BARE, "markdown").decode()).data
    assert data.to_dict() == {"model_name": "risk", "tags": ["mhras-workbench"]}


def test_all_31_source_attributes_are_there_filled_or_missing() -> None:
    full, bare = source_attributes(a_card()), source_attributes(BARE)
    numbers = [one.number for one in full]
    assert len(numbers) == len(set(numbers)) == 31
    sizes = [sum(one.number.startswith(f"(B)({i})") for one in full) for i in range(1, 10)]
    assert sizes == [4, 4, 2, 4, 2, 4, 5, 4, 2]
    assert all(one.filled for one in full)
    assert not any(one.filled for one in bare)
    table = json.loads(write_card(BARE, "onc", file_name="onc.json"))
    assert {one["status"] for one in table["attributes"]} == {"missing"}
    assert b"missing" in write_card(BARE, "onc", file_name="onc.html")
    assert write_card(BARE, "onc", file_name="onc.md").startswith(b"# Source attributes of risk@v1")


def test_validity_is_told_apart_by_the_source_of_the_data() -> None:
    found = {one.number: one.value for one in source_attributes(a_card())}
    assert found["(B)(7)(i)"].startswith("words 0 (words, 420 rows, 60 events): AUROC 0.731")
    assert "words 1 (words, 420 rows, 60 events): AUROC 0.703" in found["(B)(7)(iii)"]


def test_all_27_items_are_there_answered_or_missing() -> None:
    full, bare = checklist(a_card()), checklist(BARE)
    assert sorted({one.number for one in full}) == list(range(1, 28))
    assert len({one.item for one in full}) == len(full) == 52
    assert {one.status for one in full} == {"answered"}
    assert {one.item: one.status for one in bare if one.status != "missing"} == {"1": "in part"}
    table = json.loads(write_card(a_card(), "tripod", file_name="tripod.json"))
    assert table["answered"] == 52


def test_the_page_has_every_part() -> None:
    page = both("html", "w").decode()
    heads = re.findall(r"<h2>([^<]*)</h2>", page)
    assert heads == [
        *("Use", "Performance", "Calibration", "Worth of acting on it", "At a threshold"),
        *("Groups of people", "What it looks at", "What the figures mean", "Change over time"),
        *("Risks", "Development", "Fairness", "External validation", "Maintenance", "Openness"),
        *("Release", "Data and lineage", "Model", "Drift of the data"),
        *("Changes since the card before", "Signatures", "Completeness"),
    ]
    assert page.count('<figure id="chart') == 9
    assert "0.731 (0.706 to 0.757)" in page
    assert "too small" in page


def test_the_page_of_an_empty_card_says_what_it_lacks() -> None:
    page = write_card(BARE, "html").decode()
    assert "This is a draft." in page
    assert "Nothing was measured." in page
    assert "Before it can be published: Intended use, Intended users" in page
