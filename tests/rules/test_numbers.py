"""No number of medicine stands in program text: doses, limits and days are the catalogue's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import pytest

from app.clinical.catalogue import catalogue
from tests.rules.sources import APP, PROJECT, STATIC, modules, name_of

# What rules, pages and the chart are written in; the paper's geometry is measured elsewhere.
PYTHON = [
    path
    for folder in ("clinical", "treatments", "patients", "records", "admin")
    for path in modules(APP / folder)
]
SCRIPTS = sorted((STATIC / "js" / "chart").glob("*.js"))

# Counting, halving, and hundredths of a unit or of a map unit.
EVERYWHERE = {Decimal(number) for number in ("0", "1", "2", "100", "0.01")}
# How a request was answered: in a script beside its name, in Python where requests are answered.
STATUS = re.compile(r"\bstatus(?: [!=<>]=+|:) \d{3}\b")
STATUSES = {Decimal(number) for number in (200, 201, 204, 303, 403, 404, 409, 413, 422, 429)}
ANSWERING = re.compile(r"/routes[./]|/queries\.py$|_page\.py$")

# Files of nothing but how a code is written down.
FORMATS = {
    "app/admin/maps/art.py": "units, colours and curves of the SVG format",
    "app/clinical/gs1.py": "identifiers and lengths of the GS1 standard",
    "app/clinical/ndc.py": "digits of a National Drug Code",
}

# Each other number, where it stands, and what it is. None of them is medicine.
ALLOWED = {
    "app/clinical/anatomy.py": {"64": "drawings kept in memory"},
    "app/clinical/catalogue/checking.py": {
        "10": "0.1 mL in a mL",
        "1000": "an age that nobody reaches",
    },
    "app/clinical/chart.py": {
        "99999.99": "the most a column holds",
        "600": "the most sites of a chart that travels",
        "20": "letters of a lot in GS1; preparations and vials of a chart that travels",
        "80": "letters of a place in words",
        "200": "letters of a reason",
        "3": "decimals of a volume",
    },
    "app/clinical/own_drawing.py": {
        "3": "points of a shape", "6": "decimals of a scale", "12": "muscles of a region, letters",
        "10": "mm of a fingertip", "2500": "mm of a person", "400": "points of a shape",
        **dict.fromkeys(("24", "40"), "letters"), "60": "letters, and shapes",
    },
    "app/clinical/dosing.py": {
        "0.000001": "how exact a volume is",
        "0.001": "how exact a volume is read",
    },
    "app/clinical/described.py": {
        "20": "preparations and vials of a case", "600": "sites of a case",
        "200": "letters of a text", "12": "letters of a number",
    },
    "app/clinical/reading.py": {
        "400": "items of a list that is read",
        "40": "letters of what is shown of a fault",
    },
    "app/clinical/rules/lots.py": dict.fromkeys(("4", "5"), "digits of a National Drug Code"),
    "app/clinical/rules/times.py": {"6": "minutes in a tenth of an hour", "10": "tenths"},
    "app/treatments/routes/chart.py": {"4": "earlier sessions"},
    "app/treatments/routes/review.py": {"8": "codes offered"},
    "app/treatments/measures.py": {"300": "letters", "12": "letters", "6": "letters"},
    "app/treatments/forms.py": dict.fromkeys(
        ("40", "60", "64", "120", "200", "600", "2000", "4000", "20000"), "letters"
    ),
    "app/treatments/queries.py": {"6": "rows of a list", "12": "rows", "60": "minutes in an hour"},
    "app/patients/forms.py": {
        "10": "letters of a date", "130": "years anybody lives", "40": "letters",
        "300": "letters", "120": "letters", "20": "letters", "600": "letters",
    },
    "app/patients/every_site.py": {
        "13": "cells across a drawing", "5": "steps of ink", "3": "sides of a hexagon, halved",
        **dict.fromkeys(("30", "60", "390"), "degrees of its corners"),
    },
    "app/patients/queries.py": {"12": "rows of a list"},
    "app/patients/routes.py": {"60": "requests"},
    "app/records/__init__.py": {"100000": "bytes of a form"},
    "app/records/forms.py": {"60": "letters", "200": "letters"},
    "app/forms.py": {"80840": "what a provider number is checked with", "10": "its check digit"},
    "app/records/queries.py": {"8": "rows of a list"},
    "app/records/verifying/routes.py": {"60": "rows of a table, letters of a code"},
    "app/admin/maps/routes.py": {"1024": "bytes of a kB"},
    "app/admin/catalogue/routes.py": {"150": "rows of a page", "10": "0.1 mL in a mL"},
    "app/admin/forms.py": {
        "200000": "letters", "500000": "letters of a drawing's plan",
        "240": "letters", "4000": "letters of a side of paper",
        "60": "minutes until a tablet locks",
        "120": "letters", "40": "letters",
        "12": "hours of a clock face", "24": "hours of a day",
    },
    "static/js/chart/acts.js": {"9999999": "the most a column holds, in hundredths"},
    "static/js/chart/anatomy.js": {"4": "region_reach of the catalogue, see the test below"},
    "static/js/chart/calendar.js": {
        "4": "letters of a year", "7": "of a year and month", "8": "before a day",
        "24": "hours in a day",
    },
    "static/js/chart/clockwork.js": {
        "3600000": "milliseconds in an hour", "60000": "in a minute",
        "60": "minutes in an hour", "24": "hours in a day",
    },
    "static/js/chart/corner.js": {"17": "pixels of a ring"},
    "static/js/chart/dom.js": {"1500": "ms a finger is waited for"},
    "static/js/chart/drafting.js": {"7": "letters of a year and month, and of a field's name"},
    "static/js/chart/editor.js": {"1000": "milliseconds", "20000": "milliseconds of patience"},
    "static/js/chart/exact.js": {
        "3": "digits of a hundredth",
        "2000": "texts that are remembered",
        "9999999": "the most a column holds, in hundredths",
    },
    "static/js/chart/instants.js": {"60000": "milliseconds in a minute"},
    "static/js/chart/server.js": {"20000": "milliseconds of patience"},
    "static/js/chart/filling.js": {
        "5": "mm between points at least", "10": "mm offered between them", "15": "mm", "20": "mm",
    },
    "static/js/chart/foot.js": dict.fromkeys(("0.5", "3", "10", "13"), "size of the vial's bar"),
    "static/js/chart/framing.js": {
        "170": "mm in view", "30": "mm of room", "130": "mm of room for a head",
        **dict.fromkeys(("0.14", "0.6", "0.8", "0.86", "1.1"), "parts of a picture"),
        "4": "mm above an outline",
    },
    "static/js/chart/gestures.js": {
        "4": "pixels of a still finger", "12": "pixels of a close one",
        "500": "milliseconds", "600": "milliseconds of a finger that rests",
        "0.002": "of a wheel", "0.05": "of a wheel's line",
    },
    "static/js/chart/grids.js": {
        "3": "under a root: rows of a staggered lattice", "5": "phases of one",
        "0.97": "a step closer", "1.5": "times wider than the area has room for",
    },
    "static/js/chart/ghosts.js": {"11": "pixels of a mark", "17": "pixels of a ring"},
    "static/js/chart/list.js": {
        "4": "earlier sessions on a row",
        "3": "letters of a short dose", "5": "columns", "8": "letters of a dose", "80": "letters",
    },
    "static/js/chart/listing.js": {"9": "sites that make a crowd in the list"},
    "static/js/chart/quick.js": {"600": "letters of a line"},
    "static/js/chart/quickline.js": {
        **dict.fromkeys(("10", "20", "21", "50"), "what number words are worth"),
        "600": "the most sites of a chart that travels",
        "9999999": "the most a column holds, in hundredths",
        "3": "letters of a beginning", "7": "digits of a column",
    },
    "static/js/chart/room.js": {"48": "points along a region", "12": "rounds of evening out"},
    "static/js/chart/marks.js": dict.fromkeys(
        ("5", "5.5", "6", "7", "8.6", "10.5", "12", "13", "13.5", "26"), "size of a dot's letters"
    ),
    "static/js/chart/naming.js": {"4": "names offered", "80": "letters"},
    "static/js/chart/panels.js": {
        "6": "letters of a volume", "8": "of a dose", "20": "of a lot", "60": "of a name",
        "60000": "milliseconds in a minute",
    },
    "static/js/chart/picture.js": {
        "0.5": "how much a covered word matters beside a covered site",
        "22": "pixels of a touch", "12": "the closest a picture comes", "1.6": "one step closer",
        "68": "pixels of a line", "300": "milliseconds", "4": "steps of a key",
        "24": "pixels of an edge",
    },
    "static/js/chart/rail.js": {"8": "letters of a dose"},
    "static/js/chart/reaction.js": {"200": "letters of what was said"},
    "static/js/chart/scene.js": {"4": "views that have room", "3": "steps beside the brush"},
    "static/js/chart/selecting.js": {"8": "letters"},
    "static/js/chart/sync.js": dict.fromkeys(
        ("300", "1000", "2000", "4000", "8000", "15000", "30000"), "milliseconds"
    ),
    "static/js/chart/tabs.js": {"4": "tabs that are many"},
    "static/js/chart/tools.js": {"8": "letters of a dose", "10": "mm in a cm"},
    "static/js/chart/vault.js": {
        "12": "hours, and bytes of a nonce", "60": "minutes and seconds", "1000": "milliseconds",
        "16": "base of hexadecimal digits", "256": "bits of a key",
    },
    "static/js/chart/vialform.js": {
        "6": "letters of a volume", "7": "of a year and month", "20": "of a lot",
        "200": "of a reason",
    },
    "static/js/chart/vials.js": {"7": "letters of a year and month"},
    "static/js/chart/watch.js": dict.fromkeys(("200", "1500", "15000"), "milliseconds"),
}  # fmt: skip

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`")
REGEX = re.compile(r"(?<=[(,=:])\s*/(?:[^/\\\n]|\\.)+/[a-z]*")
NUMBER = re.compile(r"(?<![\w.$#])\d[\d_]*(?:\.\d+)?")
PLACES = re.compile(r"\$\{([^{}]*)\}")


def in_python(source: str) -> Iterator[tuple[int, Decimal]]:
    """Line and value of every number in a module, also of one that a Decimal is made from.

    Which part of a text or a row is meant, `key[:3]`, is counting.
    """
    tree = ast.parse(source)
    counted = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        for part in ast.walk(node.slice)
        if isinstance(part, ast.Constant) and isinstance(part.value, int)
    }
    for node in ast.walk(tree):
        if id(node) in counted:
            continue
        if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
            continue
        if isinstance(node.value, int | float | str):
            number = _number(str(node.value))
            if number is not None:
                yield node.lineno, number


def in_script(source: str) -> Iterator[tuple[int, Decimal]]:
    """Line and value of every number in a script, also of a text that is only a number."""
    source = COMMENT.sub(lambda found: "\n" * found.group().count("\n"), source)
    source = REGEX.sub("/ /", source)
    source = STATUS.sub("status", source)
    source = STRING.sub(_code_of, source)
    for line, text in enumerate(source.splitlines(), start=1):
        for found in NUMBER.findall(text):
            yield line, Decimal(found.replace("_", ""))


def _code_of(text: re.Match[str]) -> str:
    """A text without its words; what is computed in a template, and a number, stay."""
    inside = text.group()[1:-1]
    if _number(inside) is not None:
        return inside
    return " ".join(PLACES.findall(inside)) + "\n" * inside.count("\n")


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if re.fullmatch(r"-?[\d_]+(\.\d+)?", text) else None
    except InvalidOperation:
        return None


def allowed(file: str) -> set[Decimal]:
    own = {Decimal(number) for number in ALLOWED.get(file, {})}
    return EVERYWHERE | own | (STATUSES if ANSWERING.search(file) else set())


def test_no_module_of_medicine_or_of_a_page_holds_a_number_of_medicine() -> None:
    strange = [
        f"{name_of(path)}:{line} has {number}"
        for path in PYTHON
        if name_of(path) not in FORMATS
        for line, number in in_python(path.read_text("utf-8"))
        if abs(number) not in allowed(name_of(path))
    ]

    assert not strange


def test_no_script_of_the_chart_holds_a_number_of_medicine() -> None:
    strange = [
        f"{name_of(path)}:{line} has {number}"
        for path in SCRIPTS
        for line, number in in_script(path.read_text("utf-8"))
        if number not in allowed(name_of(path))
    ]

    assert not strange


def test_a_tap_reaches_as_far_on_the_tablet_as_in_the_catalogue() -> None:
    reach = re.findall(
        r"^export const REACH = (\d+);", (SCRIPTS[0].parent / "anatomy.js").read_text("utf-8"), re.M
    )

    assert [Decimal(number) for number in reach] == [catalogue().limit("region_reach")]


def test_every_allowed_number_still_stands_where_it_is_allowed() -> None:
    for file, numbers in ALLOWED.items():
        source = (PROJECT / file).read_text("utf-8")
        there = in_python if file.endswith(".py") else in_script
        found = {abs(number) for _, number in there(source)}

        assert {Decimal(number) for number in numbers} <= found, file
        assert all(numbers.values()), file


@pytest.mark.parametrize(
    "planted",
    [
        "LIMIT = 400",
        "if given.units > 155:\n    pass",
        'MOST = Decimal("195")',
        "most = min(weight * 10, 340)",
        'WINDOW = timedelta(days=84)',
        'SHARE = {"biceps": -50}',
        'FACTOR = Decimal("2.5")',
    ],
)  # fmt: skip
def test_a_number_of_medicine_in_a_module_is_found(planted: str) -> None:
    numbers = [number for _, number in in_python(planted)]

    assert any(abs(number) not in allowed("app/clinical/rules/doses.py") for number in numbers)


@pytest.mark.parametrize(
    "planted",
    [
        "const most = 155;",
        "const most = 400;",
        "const status = units > 200;",
        "if (units > 19_500) warn();",
        'const usual = "3.33";',
        "say(`${units * 2.5} left`);",
        "const interval = days => days < 84; // as the label says",
    ],
)
def test_a_number_of_medicine_in_a_script_is_found(planted: str) -> None:
    numbers = [number for _, number in in_script(planted)]

    assert any(number not in allowed("static/js/chart/edits.js") for number in numbers)


def test_counting_words_and_comments_are_no_numbers_of_medicine() -> None:
    python = '"""Within 84 days."""\nfirst = parts[0]\nhalf = total / 2  # of 155 U\n'
    script = 'const year = /^\\d{4}-\\d\\d$/; /* 84 days */ say("84 days", `${count + 1} of 31`);'

    assert {abs(number) for _, number in in_python(python)} <= EVERYWHERE
    assert {number for _, number in in_script(script)} <= EVERYWHERE
