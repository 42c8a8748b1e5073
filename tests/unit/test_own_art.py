"""An uploaded SVG made safe: whatever goes in, what comes out is curves, tones and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.admin.maps.art import LARGEST_FILE, made_safe, size_of, with_sides, without_sides
from app.clinical.errors import Refusal
from app.notes.body_drawing import Drawing, read

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {
    "svg": {"viewBox", "width", "height"},
    "g": {
        "id", "class", "fill", "stroke", "stroke-linecap", "stroke-linejoin", "stroke-width",
        "font-family", "font-size", "text-anchor",
    },
    "path": {"d", "fill", "stroke", "fill-rule"},
    "text": {"x", "y"},
}  # fmt: skip
VALUE = re.compile(r"[-A-Za-z0-9#. ,]*\Z")


def svg(inside: str, attributes: str = 'viewBox="0 0 100 80"') -> bytes:
    """A file that holds this."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


def drawn(inside: str, attributes: str = 'viewBox="0 0 100 80"') -> Drawing:
    """What the printer of notes reads in it once it is safe."""
    return read(made_safe(svg(inside, attributes)).text, "test")


def assert_safe(text: str) -> None:
    """Only what is allowed stands in it, and the printer of notes reads it whole."""
    root = ElementTree.fromstring(text)
    for element in root.iter():
        kind = element.tag.removeprefix(SVG)
        assert set(element.keys()) <= ALLOWED[kind], kind
        assert all(VALUE.match(value) for value in element.attrib.values())
        assert (element.text or "").strip() in (("R", "L") if kind == "text" else ("",))
    width, height = size_of(text)
    assert 0 < width <= 400
    assert 0 < height <= 400
    for stroke in read(text, "test").strokes:
        for trace in stroke.traces:
            left, top, right, bottom = trace.extent
            # Two decimals of each step may add up.
            assert -width - 1 <= left <= right <= 2 * width + 1
            assert -height - 1 <= top <= bottom <= 2 * height + 1


# --- Whatever goes in --------------------------------------------------------------------------

NUMBER = st.one_of(
    st.integers(-500, 500).map(str),
    st.floats(-1e3, 1e3).map(lambda n: f"{n:.3f}"),
    st.sampled_from(["1e9", "-0", "NaN", "inf", "", "%", "1e400", "5mm", "50%", "0x10"]),
)
WORD = st.sampled_from(
    ["none", "red", "#fff", "url(#a)", "url(http://x)", "javascript:alert(1)", "expression(1)",
     "inherit", "currentColor", "&amp;", "]]&gt;", "rgb(1,2,3)", "rgba(0,0,0,.5)"]
)  # fmt: skip
PATH = st.lists(
    st.tuples(st.sampled_from("MmLlHhVvCcSsQqTtAaZzX"), st.lists(NUMBER, max_size=8)), max_size=8
).map(lambda parts: "M0 0" + "".join(letter + " ".join(numbers) for letter, numbers in parts))
TRANSFORM = st.lists(
    st.tuples(
        st.sampled_from(["matrix", "translate", "scale", "rotate", "skewX", "skewY", "evil"]),
        st.lists(NUMBER, max_size=7),
    ),
    max_size=3,
).map(lambda parts: " ".join(f"{name}({','.join(numbers)})" for name, numbers in parts))
ATTRIBUTE = st.one_of(
    st.tuples(st.just("d"), PATH),
    st.tuples(st.just("points"), st.lists(NUMBER, max_size=12).map(" ".join)),
    st.tuples(st.just("transform"), TRANSFORM),
    st.tuples(
        st.sampled_from(
            ["x", "y", "width", "height", "rx", "ry", "r", "cx", "cy", "x1", "y2", "viewBox"]
        ),
        NUMBER,
    ),
    st.tuples(
        st.sampled_from(
            ["fill", "stroke", "stroke-width", "class", "id", "href", "onclick", "onload", "style",
             "filter", "clip-path", "display", "opacity", "xml:base", "requiredFeatures"]
        ),
        WORD,
    ),
)  # fmt: skip
KINDS = st.sampled_from(
    ["g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "svg", "use", "image",
     "text", "script", "style", "foreignObject", "a", "animate", "set", "defs", "mask", "iframe"]
)  # fmt: skip


def element(kind: str, attributes: dict[str, str], inside: list[str]) -> str:
    """An element as a file spells it."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{kind}{said}>{''.join(inside)}</{kind}>"


ATTRIBUTES = st.lists(ATTRIBUTE, max_size=6).map(dict)
TREES = st.recursive(
    st.builds(element, KINDS, ATTRIBUTES, st.just([])),
    lambda inner: st.builds(element, KINDS, ATTRIBUTES, st.lists(inner, max_size=4)),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(TREES, min_size=1, max_size=6).map("".join),
    st.one_of(
        st.just('viewBox="0 0 100 80"'),
        st.just(""),
        st.lists(NUMBER, min_size=4, max_size=4).map(lambda box: f'viewBox="{" ".join(box)}"'),
        st.tuples(NUMBER, NUMBER).map(lambda size: f'width="{size[0]}" height="{size[1]}"'),
    ),
)
def test_any_tree_of_elements_comes_out_as_curves_alone_or_is_refused(
    inside: str, page: str
) -> None:
    try:
        art = made_safe(svg(inside, page))
    except Refusal:
        return
    assert_safe(art.text)
    assert made_safe(art.text.encode()).dropped == {}


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_what_is_no_drawing_is_refused_in_a_sentence(file: bytes) -> None:
    with pytest.raises(Refusal):
        made_safe(file)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 80)), min_size=2, max_size=12, unique=True)
)
def test_a_polygon_lies_where_it_lay(points: list[tuple[float, float]]) -> None:
    corners = " ".join(f"{x:.4f},{y:.4f}" for x, y in points)
    shape = f'<polygon fill="none" stroke="#000" points="{corners}"/>'

    strokes = drawn(f'{shape}<path d="M0 0H9" stroke="#000"/>').strokes

    trace = strokes[0].traces[0]
    ends = [trace.start, *(piece[4:] for piece in trace.pieces)]
    for (x, y), found in zip(points, ends, strict=False):
        assert found == pytest.approx((x * 4, y * 4), abs=0.05)


# --- Known nasty files -------------------------------------------------------------------------

LINE = '<path d="M1 1L9 9" stroke="#000"/>'
ENTITY = '<!DOCTYPE svg [<!ENTITY a "{0}">]><svg xmlns="http://www.w3.org/2000/svg">{1}</svg>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
NASTY = {
    "a script": (svg(f"<script>alert(1)</script>{LINE}"), {"script": 1}),
    "an event": (svg(f'<g onclick="alert(1)">{LINE}</g>'), {"script": 1}),
    "a picture": (svg(f'<image href="http://evil.test/x.png"/>{LINE}'), {"image": 1}),
    "html": (svg(f'<foreignObject><b xmlns="h">x</b></foreignObject>{LINE}'), {"foreignObject": 1}),
    "a reference": (svg(f'<use href="#a"/>{LINE}'), {"use": 1}),
    "a link": (svg(f'<a href="javascript:alert(1)">{LINE}</a>{LINE}'), {"a": 1}),
    "an animation": (svg(f'<animate attributeName="d"/>{LINE}'), {"animate": 1}),
    "a style from elsewhere": (svg(f'<style>@import url("//evil.test");</style>{LINE}'), {}),
    "a fill from elsewhere": (
        svg(f'<rect width="9" height="9" fill="url(http://evil.test#a)"/>{LINE}'),
        {"gradient": 1},
    ),
    "a drawing in a drawing": (svg(f"<svg>{LINE}</svg>{LINE}"), {"svg": 1}),
    "a filter": (svg(f'<g filter="url(#a)">{LINE}</g>'), {"filter": 1}),
    "another name space": (svg(f'<x:evil xmlns:x="urn:x"/>{LINE}'), {}),
}
REFUSED = {
    "an outer entity": ENTITY.format("", "&a;").replace('"">', 'SYSTEM "file:///etc/passwd">'),
    "an inner entity": ENTITY.format("x", LINE),
    "a billion laughs": '<!DOCTYPE svg [<!ENTITY l0 "lol">' + LAUGHS + "]>"
    '<svg xmlns="http://www.w3.org/2000/svg"><path d="&l8;"/></svg>',
    "laughs in an attribute": '<!DOCTYPE svg [<!ENTITY l0 "M0 0L9 9">' + LAUGHS + "]>"
    '<svg xmlns="http://www.w3.org/2000/svg"><path d="&l8;"/></svg>',
    "no name space": "<svg><path d='M0 0L9 9' stroke='#000'/></svg>",
    "html": "<html><body>x</body></html>",
    "nothing": svg("").decode(),
    "only text": svg("<text>Hello</text>").decode(),
    "groups without end": svg("<g>" * 200 + LINE + "</g>" * 200).decode(),
    "numbers without end": svg('<path d="M0 0L1e300 9" stroke="#000"/>').decode(),
    "elements without end": svg("<g/>" * 20_001 + LINE).decode(),
    "curves without end": svg(f'<path d="M0 0{"l1 1l-1-1" * 7_000}" stroke="#000"/>').decode(),
    "a point without a page": svg('<path d="M5 5L5 5" stroke="#000"/>', "").decode(),
    "a page of nothing": svg(LINE, 'viewBox="0 0 1e-320 1e-320"').decode(),
    "a ribbon": svg(LINE, 'viewBox="0 0 1000 10"').decode(),
    "a drawing off its page": svg('<path d="M500 500h9" stroke="#000"/>').decode(),
}


@pytest.mark.parametrize("name", NASTY)
def test_what_is_dangerous_or_unusable_is_left_out_and_told(name: str) -> None:
    file, dropped = NASTY[name]

    art = made_safe(file)

    assert art.dropped == dropped
    assert_safe(art.text)
    assert read(art.text, name).strokes


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        made_safe(REFUSED[name].encode())

    assert re.search(r"[Ss]ave|[Cc]hoose", str(refused.value))


def test_a_file_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(Refusal, match="larger than 2 MB"):
        made_safe(b" " * (LARGEST_FILE + 1))


# --- What a drawing program writes -------------------------------------------------------------


def test_every_basic_shape_is_a_curve() -> None:
    shapes = (
        '<rect x="1" y="2" width="10" height="6" rx="2"/><circle cx="50" cy="40" r="9"/>'
        '<ellipse cx="20" cy="40" rx="9" ry="4"/><line x1="1" y1="1" x2="5" y2="5" stroke="red"/>'
        '<polyline points="1,1 5,5 9,1"/><polygon points="1,1 5,5 9,1"/><path d="M0 0h5v5z"/>'
    )

    strokes = drawn(shapes).strokes

    assert len(strokes) == 7
    circle = strokes[1].traces[0]
    assert circle.extent == pytest.approx((164, 124, 236, 196), abs=0.1)
    assert circle.closed


def test_groups_and_transforms_are_flattened() -> None:
    inside = (
        '<g transform="translate(10 20)"><g transform="rotate(90) scale(2)">'
        '<path d="M0 0L5 0" stroke="#000" fill="none"/></g></g>'
    )

    (stroke,) = drawn(inside).strokes

    assert stroke.traces[0].start == (40, 80)
    assert stroke.traces[0].pieces[0][4:] == (40, 120)


@pytest.mark.parametrize(
    ("style", "layer", "fill"),
    [
        ('style="fill:#f3d9c6"', "tone", 0.96),
        ('fill="#aaaaaa"', "tone", 0.914),
        ('fill="#777"', "tone", 0.851),
        ('fill="black"', "features", 0.094),
        ("", "features", 0.094),
        ('fill="#000" fill-opacity="0.1"', "tone", 0.96),
        ('class="skin"', "tone", 0.96),
    ],
)
def test_a_fill_becomes_the_nearest_tone_of_a_released_drawing(
    style: str, layer: str, fill: float
) -> None:
    sheet = "<style>.skin,.other{fill:#f3d9c6;stroke:none}</style>"

    (stroke,) = drawn(f'{sheet}<path {style} d="M1 1h9v9z"/>').strokes

    assert (stroke.layer, stroke.fill) == (layer, pytest.approx(fill, abs=0.01))


def test_white_fills_white_lines_and_hidden_parts_are_paper() -> None:
    inside = (
        '<path fill="#fff" d="M1 1h9v9z"/><path fill="none" stroke="white" d="M1 1h9"/>'
        f'<g display="none">{LINE}</g><g visibility="hidden">{LINE}</g>{LINE}'
    )

    assert len(drawn(inside).strokes) == 1


def test_the_bolder_lines_are_the_outline() -> None:
    thin = '<path fill="none" stroke="#000" stroke-width="1" d="M1 1h9"/>'
    bold = '<path fill="none" stroke="#000" stroke-width="3" d="M1 5h9"/>'

    layers = [(stroke.layer, stroke.width) for stroke in drawn(thin + thin + bold).strokes]

    assert layers == [("outline", 1.45), ("features", 1.0), ("features", 1.0)]


def test_a_drawing_without_a_page_gets_one_around_it() -> None:
    art = made_safe(svg('<rect x="1000" y="500" width="200" height="100"/>', ""))

    assert (art.width, art.height) == (400.0, 211.3)


def test_a_drawing_has_its_sides_printed_and_loses_them_again() -> None:
    art = made_safe(svg(LINE)).text

    sided = with_sides(art, ("R", "L"))

    assert [label.text for label in read(sided, "test").labels] == ["R", "L"]
    assert_safe(sided)
    assert without_sides(sided) == art


def test_a_released_drawing_can_be_uploaded_again() -> None:
    released = Path("static/bodymaps/hands_dorsal@1.svg").read_bytes()

    art = made_safe(released)

    assert art.dropped == {"text": 2}
    assert_safe(art.text)
