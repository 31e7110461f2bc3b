"""What may stand in a page as a drawing."""

from __future__ import annotations

import pytest

from core.errors import RenderError
from core.render.picture import safe_svg

SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}>{}</svg>'


def test_a_drawing_stays_as_it_is() -> None:
    inside = '<g fill="var(--primary)"><a href="#at-x"><text x="1">a &lt; b</text></a></g>'
    assert safe_svg(SVG.format('width="9"', inside)) == f'<svg width="9">{inside}</svg>'


@pytest.mark.parametrize(
    ("attributes", "inside"),
    [
        ("", "<script>alert(1)</script>"),
        ("", "<style>* {display: none}</style>"),
        ("", "<foreignObject/>"),
        ("", '<image href="x.png"/>'),
        ("", '<h:img xmlns:h="http://www.w3.org/1999/xhtml" src="x"/>'),
        ("", '<a href="javascript:alert(1)"/>'),
        ("", '<a href="page.html"/>'),
        ("", '<a xmlns:x="http://www.w3.org/1999/xlink" x:href="#a"/>'),
        ("", '<rect fill="url(https://example.org/a)"/>'),
        ('onload="alert(1)"', ""),
        ('style="color: red"', ""),
    ],
)
def test_more_than_a_drawing_is_refused(attributes: str, inside: str) -> None:
    with pytest.raises(RenderError, match="more than a drawing"):
        safe_svg(SVG.format(attributes, inside))


@pytest.mark.parametrize("svg", ["", "<svg", "text", '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>'])
def test_what_is_no_svg_is_refused(svg: str) -> None:
    with pytest.raises(RenderError):
        safe_svg(svg)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(RenderError) as caught:
        safe_svg(SVG.format('onload="x"', "<script/><style/>"))
    assert caught.value.facts["faults"] == ["<script>", "<style>", "svg onload="]
