"""Downtime sheets: what a session is written on by hand while there is no tablet.

Maps to number the sites on, lines for the sites, every question with an empty box for each answer.
A sheet is no record: it says so, and it is transcribed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.clinical.anatomy import BodyMap, body_map
from app.clinical.catalogue import catalogue
from app.notes import plates, sheet, words
from app.notes.body_drawing import Frame
from app.notes.paper import Box, Face, Pen, Run
from app.notes.plates import Extent, Plate, View
from app.notes.rows import Line, Row, heading, height_of, lines, space
from app.notes.sheet import Head, Leaf, Part

NOT_A_RECORD = "Paper, not part of the record until transcribed"
LINES = 32

# What a sheet shows, by what it is asked for as.
REGIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "head": (
        "head and neck",
        ("head_anterior@1", "head_right_lateral@1", "head_left_lateral@1", "head_posterior@1"),
    ),
    "underarms": ("underarms", ("axillae@1",)),
    "hands": ("hands", ("hands_palmar@1", "hands_dorsal@1")),
    "feet": ("feet", ("feet_plantar@1", "feet_dorsal@1")),
    "arms": ("arms", ("upper_limb_anterior@1", "upper_limb_posterior@1")),
    "legs": ("legs", ("lower_limb_anterior@1", "lower_limb_posterior@1")),
    "body": ("whole body", ("body_anterior@1", "body_posterior@1")),
}

_ANSWERS = {
    "no": "No",
    "yes": "Yes",
    "unable": "Can’t ask",
    "better": "Better",
    "same": "Same",
    "worse": "Worse",
    "none": "No effect",
}
_GAP, _LEAST_ROW, _TALLEST_ROW = 7.0, 12.6, 18.0
_LEAST_MAPS = 150.0
_COLUMN_GAP = 14.0
_SECOND = "Downtime sheet: questions and signature"
# Heights of a question: what is ticked best first, what many questions ask for last.
_TICK_ROWS = (14.6, 13.3, 12.4, 11.6)


class Question(NamedTuple):
    """One question of the catalogue as paper asks it; a part stands beneath its whole.

    `products` are those it is asked for alone; none where it is asked for all.
    """

    text: str
    hint: str
    products: Sequence[str]
    answers: Sequence[str]
    is_part: bool
    at_the_end: bool


class LastTime(NamedTuple):
    """What was given at the last session: "BOTOX 165 U", in so many sites."""

    day: date
    dose: str
    sites: int


class Downtime(NamedTuple):
    """One patient's sheet; `patient` is None for one without a name. `at` is
    when it was printed (ISO 8601, UTC with a Z), `last` what was given last time, if
    anything is known."""

    number: str
    clinic: Mapping[str, Any]
    patient: Mapping[str, Any] | None
    region: str
    at: str
    by: str
    last: LastTime | None
    questions: Sequence[Question]


def render(sheets: Sequence[Downtime]) -> bytes:
    """The sheets as one file, each of two pages or more."""
    paper = sheets[0].clinic["paper"]
    title = f"Downtime sheet {sheets[0].number}" if len(sheets) == 1 else "Downtime sheets"
    return sheet.render(paper, title, [_leaf(each, paper) for each in sheets], at=sheets[0].at)


def _leaf(each: Downtime, paper: str) -> Leaf:
    patient, width = each.patient, sheet.inner_width(paper)
    head = Head(each.clinic, *_whose(each))
    title = f"Downtime sheet: {REGIONS[each.region][0]}"
    room = sheet.room_beneath(paper, head, title, NOT_A_RECORD)
    beneath = sheet.room_beneath(paper, head, _SECOND, NOT_A_RECORD)
    foot = "Name, birth date and MRN by hand"
    if patient:
        name = words.patient_name(patient)
        foot = f"{name} · MRN {patient['record_number']} · {words.day(patient['born'])}"
    return Leaf(
        head,
        (
            Part(title, NOT_A_RECORD, _sites(each, width, room)),
            Part(_SECOND, NOT_A_RECORD, _questions(each, width, beneath)),
        ),
        (foot, f"Sheet {each.number}, printed by {each.by}"),
    )


def _whose(each: Downtime) -> tuple[Line, list[Line]]:
    """The patient, or room to write who it is."""
    patient = each.patient
    at = words.moment(each.at, each.clinic["time_zone"])
    printed = Run(f"Printed {at}")
    if patient is None:
        return (
            [Run("Name ______________________", Face.STRONG)],
            [
                [Run("Born _______________  MRN _______________")],
                [Run("Allergies ___________________________________")],
                [printed],
            ],
        )
    about = [f"Born {words.day(patient['born'])}"]
    about += [words.SEXES[patient["sex"]]] if patient["sex"] else []
    return (
        [Run(words.patient_name(patient), Face.STRONG)],
        [
            [Run(" · ".join([*about, "MRN "])), Run(patient["record_number"], Face.CODE)],
            [Run(words.allergies(patient), Face.STRONG)],
            [printed],
        ],
    )


def _sites(each: Downtime, width: float, room: float) -> list[Row]:
    """How it is used, what was in the vial, the maps, and a line for each site."""
    half = (width - _COLUMN_GAP) / 2
    said: Line = [
        Run("Number each site on the map and write it in the list. ", Face.STRONG),
        Run(
            "Later it is charted in Stipple as transcribed from paper; keep this sheet with the"
            f" note. {_last_time(each)}".rstrip()
        ),
    ]
    vial = sheet.beside(
        [
            sheet.blank_pairs(("Indication", "Product, vial size", "Lot, expiry"), half),
            sheet.blank_pairs(("Diluent, mL", "Mixed at", "Given, discarded"), half),
        ],
        [0.0, half + _COLUMN_GAP],
    )
    above = [*lines(said, width, size=9.0, leading=12.4), space(3), vial, space(9)]
    beneath = 2 * space(9).height + 13.6
    for_table = (LINES // 2) * _LEAST_ROW + beneath
    maps = _maps(REGIONS[each.region][1], width, max(room - height_of(above) - for_table, 0.0))
    left = room - height_of(above) - maps.height - beneath
    row_height = min(max(left / (LINES // 2), _LEAST_ROW), _TALLEST_ROW)
    return [*above, maps, space(9), _list(half, row_height)]


def _last_time(each: Downtime) -> str:
    if each.patient is None:
        return ""
    if each.last is None:
        return "No earlier session is recorded here."
    dose = each.last.dose.replace(" U", f"{words.NBSP}U")
    sites = words.counted(each.last.sites, "site")
    return f"Last time: {words.day(each.last.day)}, {dose} in {sites}."


def _list(half: float, height: float) -> Row:
    titles = ("Site", "Muscle or area", "R M L", "Units", "Given at")
    widths = (27.0, half - 27 - 33 - 38 - 48, 33.0, 38.0, 48.0)
    columns = [
        sheet.ruled(titles, widths, [[str(n)] for n in range(first, first + LINES // 2)], height)
        for first in (1, LINES // 2 + 1)
    ]
    return sheet.beside(columns, [0.0, half + _COLUMN_GAP])


def _questions(each: Downtime, width: float, room: float) -> list[Row]:
    """Every question, none answered, and who did what when; on one page if it can be."""
    ways = [_asked_and_done(each, width, height) for height in _TICK_ROWS]
    return next((rows for rows in ways if height_of(rows) <= room), ways[-1])


def _asked_and_done(each: Downtime, width: float, height: float) -> list[Row]:
    half = (width - _COLUMN_GAP) / 2
    rows = [
        heading("Time-out: ask each one, tick one. No box ticked means not asked."),
        *_asked([q for q in each.questions if not q.at_the_end], width, height),
        space(6),
        heading("Could not be asked, because"),
        sheet.blank(width),
        space(6),
        heading("Consent and after"),
        *_asked([q for q in each.questions if q.at_the_end], width, height),
        space(6),
        heading("Reason for interval, dose or another finding, printed in the note"),
        sheet.blank(width),
        sheet.blank(width),
        space(6),
        heading("Outcome today and plan"),
        sheet.blank(width),
        sheet.blank(width),
        space(6),
    ]
    signed = sheet.beside(
        [
            [heading("Performed by, credentials, date and time"), sheet.blank(half)],
            [heading("Assisted by"), sheet.blank(half)],
        ],
        [0.0, half + _COLUMN_GAP],
    )
    done = [heading("Transcribed into Stipple by, date and time, note number"), sheet.blank(width)]
    return [*rows, signed, space(6), *done]


def _said(question: Question) -> str:
    said = f"{question.text} ({question.hint})" if question.hint else question.text
    only = words.joined(list(question.products))
    return f"{said}. Only for {only}" if only else said


def _asked(questions: Sequence[Question], width: float, height: float) -> list[Row]:
    return [
        sheet.ticks(
            [Run(_said(each))],
            [_ANSWERS[answer] for answer in each.answers],
            width,
            height=height,
            indent=12.0 if each.is_part else 0.0,
        )
        for each in questions
    ]


# --- Maps --------------------------------------------------------------------------------------


def _maps(refs: Sequence[str], width: float, height: float) -> Row:
    """The drawings without a mark, as large as the room lets all of them be."""
    drawn = [body_map(ref) for ref in refs]
    needs = [_need(each) for each in drawn]
    scale, counts = max(_ways(needs, width, max(height, _LEAST_MAPS)))
    frames: list[Plate] = []
    y, first = 0.0, 0
    for count in counts:
        row = range(first, first + count)
        tall = max(needs[place].height for place in row) * scale
        spare = (width - _GAP * (count - 1) - sum(needs[p].width for p in row) * scale) / count
        x = 0.0
        for place in row:
            wide = needs[place].width * scale + spare
            frames.append(_plate(drawn[place], needs[place], Box(x, y - tall, wide, tall), scale))
            x += wide + _GAP
        y -= tall + _GAP
        first += count

    def draw(pen: Pen, x: float, top: float) -> None:
        for plate in plates.moved(frames, x, top):
            alt = f"{plate.view.caption}, without a site, to number the sites on."
            plates.draw(pen, plate, alt)

    return Row(-y - _GAP, draw)


def _need(drawn: BodyMap) -> Extent:
    """The body on the drawing, with a little ground around it."""
    shapes = drawn.outline
    return Extent(
        min(shape.left for shape in shapes) - 5,
        min(shape.top for shape in shapes) - 7,
        max(shape.right for shape in shapes) + 5,
        max(shape.bottom for shape in shapes) + 5,
    )


def _ways(
    needs: Sequence[Extent], width: float, height: float
) -> list[tuple[float, tuple[int, ...]]]:
    """Each way to part the drawings into rows, with the scale that it leaves them."""
    found = []
    for counts in _parted(len(needs)):
        rows, first = [], 0
        for count in counts:
            rows.append(needs[first : first + count])
            first += count
        across = min(
            (width - _GAP * (len(row) - 1)) / sum(need.width for need in row) for row in rows
        )
        down = (height - _GAP * (len(rows) - 1)) / sum(
            max(need.height for need in row) for row in rows
        )
        found.append((min(across, down), counts))
    return found


def _parted(count: int) -> list[tuple[int, ...]]:
    if not count:
        return [()]
    return [(first, *rest) for first in range(1, count + 1) for rest in _parted(count - first)]


def _plate(drawn: BodyMap, need: Extent, box: Box, scale: float) -> Plate:
    """The need in the middle of its box, whatever else of the drawing there is room for."""
    x = need.left - (box.width / scale - need.width) / 2
    y = need.top - (box.height / scale - need.height) / 2
    view = View(drawn, (), need, float("inf"), catalogue().maps[drawn.id].tab, (0, 0))
    return Plate(view, Frame(box, x, y, scale))
