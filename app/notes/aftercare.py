"""The after-care sheet: one side English, one side Spanish, the emergency first on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.notes import sheet, words
from app.notes.paper import Box, Face, Pen, Run, broken
from app.notes.rows import Line, Row, height_of, space
from app.notes.sheet import Head, Leaf, Part
from app.notes.tags import Tag

_SIZE, _LEADING, _BIG = 11.0, 15.5, 13.0
_GAP = 22.0
_PAD = 9.0

_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")

# What the sheet itself says; everything about health is in the text.
_SAYS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "After your treatment",
        "aside": "English · español al dorso",
        "session": "Session of {day}",
        "with": "Session of {day} with {who}",
        "for": "{what} for {why}",
        "why": "For {why}",
        "next": "Your next visit",
        "when": "Date and time:",
        "call": "Call us at {telephone}",
        "call_us": "Call us",
        "call_at_any": "for any of these, or for anything that worries you",
        "guide": "The maker’s Medication Guide was given with this sheet.",
        "own": "Text of {day}, version {version}, by {by}",
        "published": "Text of the published warnings, catalogue {catalogue}",
        "other_side": "Español al dorso",
        "side": "Side {side} of 2",
        "page": "Side {side} of 2, page {page} of {pages}",
    },
    "es": {
        "title": "Después de su tratamiento",
        "aside": "Español · English on the other side",
        "session": "Sesión del {day}",
        "with": "Sesión del {day} con {who}",
        "for": "{what} para {why}",
        "why": "Para {why}",
        "next": "Su próxima visita",
        "when": "Fecha y hora:",
        "call": "Llámenos al {telephone}",
        "call_us": "Llámenos",
        "call_at_any": "por cualquiera de estos motivos, o por algo que le preocupe",
        "guide": "La guía de medicación del fabricante se entregó con esta hoja.",
        "own": "Texto del {day}, versión {version}, de {by}",
        "published": "Texto de las advertencias publicadas, catálogo {catalogue}",
        "other_side": "English on the other side",
        "side": "Lado {side} de 2",
        "page": "Lado {side} de 2, página {page} de {pages}",
    },
}


class Section(NamedTuple):
    """A heading, empty where there is none, and its lines; a line of a list is a bullet."""

    heading: str
    lines: Sequence[tuple[bool, str]]


class Side(NamedTuple):
    """One language's side: why the session was, the lines of the emergency, and the text."""

    language: str
    reasons: Sequence[str]
    emergency: Sequence[str]
    sections: Sequence[Section]


class OwnText(NamedTuple):
    """Whose text it is; a clinic without one gives what is published."""

    day: date
    version: int
    by: str


class AfterCare(NamedTuple):
    """What one patient is given. `products` are those given, none while nothing is; `at` is when
    the sheet is made (ISO 8601, UTC with a Z)."""

    clinic: Mapping[str, Any]
    patient: str
    day: date
    performer: str
    products: Sequence[str]
    sides: Sequence[Side]
    own: OwnText | None
    catalogue: str
    guide_given: bool
    at: str


def sections_of(text: str) -> list[Section]:
    """The sections of a text as it is typed: an empty line ends one, `- ` begins a line of a list.

    The first line of a section that has more is its heading.
    """
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        typed = [line.strip() for line in block.splitlines() if line.strip()]
        if not typed:
            continue
        headed = len(typed) > 1 and not typed[0].startswith("- ")
        found.append(
            Section(
                typed[0] if headed else "",
                [
                    (line.startswith("- "), line.removeprefix("- "))
                    for line in (typed[1:] if headed else typed)
                ],
            )
        )
    return found


def call_section(language: str, telephone: str, reasons: Sequence[str]) -> Section:
    """When to call the clinic, by its number where it has one."""
    says = _SAYS[language]
    heading = says["call"].format(telephone=telephone) if telephone else says["call_us"]
    return Section(f"{heading} {says['call_at_any']}", [(True, each) for each in reasons])


def render(given: AfterCare) -> bytes:
    """Two sides, to be printed on one sheet."""
    paper = given.clinic["paper"]
    leaves = [_leaf(given, side, number, paper) for number, side in enumerate(given.sides, 1)]
    return sheet.render(paper, _SAYS["en"]["title"], leaves, at=given.at)


def _leaf(given: AfterCare, side: Side, number: int, paper: str) -> Leaf:
    says, width = _SAYS[side.language], sheet.inner_width(paper)
    day = _day(given.day, side.language)
    session = says["with" if given.performer else "session"].format(day=day, who=given.performer)
    why = _joined(side.reasons, side.language)
    what = _joined(given.products, side.language)
    about: list[Line] = [[Run(session)]]
    if why:
        about.append([Run(says["for" if what else "why"].format(what=what, why=why))])
    source = says["published"].format(catalogue=given.catalogue)
    if given.own:
        source = says["own"].format(
            day=_day(given.own.day, side.language), version=given.own.version, by=given.own.by
        )

    def paging(page: int, pages: int) -> str:
        form = says["page" if pages > 1 else "side"]
        return form.format(side=number, page=page, pages=pages)

    return Leaf(
        Head(given.clinic, [Run(given.patient, Face.STRONG)], about),
        [Part(says["title"], says["aside"], _rows(given, side, width))],
        (source, says["other_side"]),
        lang=None if side.language == "en" else side.language,
        paging=paging,
    )


def _day(day: date, language: str) -> str:
    return words.day(day) if language == "en" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _joined(parts: Sequence[str], language: str) -> str:
    if language == "en" or len(parts) < 2:
        return words.joined(list(parts))
    return f"{', '.join(parts[:-1])} y {parts[-1]}"


def _rows(given: AfterCare, side: Side, width: float) -> list[Row]:
    says, half = _SAYS[side.language], (width - _GAP) / 2
    rows = [space(4), _call(side.emergency, width), space(14)]
    sections = list(side.sections)
    while sections:
        # What has a list stands two and two, what is prose across the page.
        two = [each for each in sections[:2] if any(bullet for bullet, _ in each.lines)]
        if len(two) == 2:
            columns = [_section(each, half) for each in two]
            rows.append(sheet.beside(columns, [0.0, half + _GAP]))
        else:
            rows += _section(sections[0], width)
        del sections[: max(1, 2 * (len(two) == 2))]
        rows.append(space(11))
    rows += [*_text([Run(says["next"], Face.STRONG)], width, Tag("H2")), _visit(says["when"])]
    if given.guide_given:
        rows += [space(12), *_text([Run(says["guide"])], width, Tag("P"))]
    return rows


def _call(emergency: Sequence[str], width: float) -> Row:
    """The emergency in a heavy frame."""
    inner = width - 2 * _PAD
    first = _text([Run(emergency[0], Face.STRONG)], inner, Tag("P"), size=_BIG, leading=19.0)
    rest = [row for line in emergency[1:] for row in _text([Run(line)], inner, Tag("P"))]
    height = height_of([*first, *rest]) + 2 * _PAD

    def draw(pen: Pen, x: float, top: float) -> None:
        pen.box(Box(x, top - height, width, height), line=1.6, radius=3.0)
        y = top - _PAD
        for row in (*first, *rest):
            row.draw(pen, x + _PAD, y)
            y -= row.height

    return Row(height, draw)


def _section(section: Section, width: float) -> list[Row]:
    rows = []
    if section.heading:
        rows += _text([Run(section.heading, Face.STRONG)], width, Tag("H2"))
        rows[-1] = Row(rows[-1].height, rows[-1].draw, keep=True)
    listed = Tag("L")
    for bullet, line in section.lines:
        tag = Tag("LBody", Tag("LI", listed)) if bullet else Tag("P")
        rows += _text([Run(line)], width, tag, bullet=bullet)
        rows.append(space(2))
    return rows


def _text(
    runs: Line,
    width: float,
    tag: Tag,
    *,
    size: float = _SIZE,
    leading: float = _LEADING,
    bullet: bool = False,
) -> list[Row]:
    indent = 13.0 if bullet else 0.0

    def row(line: Line, first: bool, goes_on: bool) -> Row:
        def draw(pen: Pen, x: float, top: float) -> None:
            middle = top - leading * 0.52
            if bullet and first:
                pen.disc(x + 4, middle, 1.5, line=0.1, fill=0.0)
            with pen.tagged(tag):
                pen.runs(x + indent, middle - size * 0.36, line, size, goes_on=goes_on)

        return Row(leading, draw)

    made = broken(runs, width - indent, size)
    return [row(line, place == 1, place < len(made)) for place, line in enumerate(made, start=1)]


def _visit(when: str) -> Row:
    def draw(pen: Pen, x: float, top: float) -> None:
        pen.text(x, top - 15, when, _SIZE)
        for start in (90.0, 210.0):
            pen.line([(x + start, top - 17), (x + start + 105, top - 17)], 0.6)

    return Row(22.0, draw)
