"""The draw-up sheet: what goes into the syringes for a plan. Nothing on it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.clinical.dosing import volume_text
from app.clinical.drawing_up import Draught, DrawnVial, MuscleLine
from app.notes import sheet, words
from app.notes.paper import Face, Run
from app.notes.rows import (
    HAIR,
    Column,
    Line,
    Row,
    head_row,
    heading,
    lines,
    space,
    table_row,
)
from app.notes.sheet import Head, Leaf, Part

PLAN = "Plan, nothing given yet"
STARTED = "Plan; what was given already is not on it"
_ROW = 15.0
_COLUMN_GAP = 14.0
_LETTERS = "ABCDEFGHIJKLMNOPQRST"


class DrawUp(NamedTuple):
    """The plan of one session. `reasons` says why, in the chart's words; `diluents` and `keeps` are
    said by product: what it is mixed with, and for how many hours it is good then. `as_of` is when
    the chart was saved, in words, `at` when the sheet is made (ISO 8601, UTC with a Z)."""

    clinic: Mapping[str, Any]
    patient: Mapping[str, Any]
    date: str
    reasons: Sequence[str]
    performer: str
    as_of: str
    at: str
    draughts: Sequence[Draught]
    diluents: Mapping[str, str]
    keeps: Mapping[str, Decimal | None]
    given_sites: int


def render(plan: DrawUp) -> bytes:
    """The sheet; one page for all but the longest plans."""
    paper = plan.clinic["paper"]
    width = sheet.inner_width(paper)
    patient = plan.patient
    about = [f"Born {words.day(patient['born'])}"]
    about += [words.SEXES[patient["sex"]]] if patient["sex"] else []
    head = Head(
        plan.clinic,
        [Run(words.patient_name(patient), Face.STRONG)],
        [
            [Run(" · ".join([*about, "MRN "])), Run(patient["record_number"], Face.CODE)],
            [
                Run("Session of "),
                Run(words.day(plan.date).replace(" ", words.NBSP), Face.STRONG),
                Run(f" · {words.allergies(patient)}"),
            ],
        ],
    )
    part = Part(_title(plan), STARTED if plan.given_sites else PLAN, _rows(plan, width))
    foot = (
        f"{words.patient_name(patient)} · MRN {patient['record_number']} · {words.day(plan.date)}",
        f"Draw-up sheet, chart as of {plan.as_of}",
    )
    return sheet.render(paper, "Draw-up sheet", [Leaf(head, [part], foot)], at=plan.at)


def _title(plan: DrawUp) -> str:
    doses = []
    for each in plan.draughts:
        dose = f"{words.units(each.units)} of {each.product or 'a product not chosen yet'}"
        doses.append(dose if each.ml is None else f"{dose} in {_ml(each.ml)}")
    return f"Draw-up sheet: {words.joined(doses)}" if doses else "Draw-up sheet: nothing planned"


def _rows(plan: DrawUp, width: float) -> list[Row]:
    reasons = words.joined(list(plan.reasons))
    sites = words.counted(sum(each.sites for each in plan.draughts), "planned site")
    said = [Run(f"{reasons[:1].upper()}{reasons[1:]}, {sites}. ", Face.STRONG)]
    if plan.performer:
        said.append(Run(f"To be given by {plan.performer}. "))
    said.append(Run("Not part of the record. If the plan changes, print it again."))
    if plan.given_sites:
        were = "were" if plan.given_sites > 1 else "was"
        given = f"{words.counted(plan.given_sites, 'site')} {were} given before it was printed"
        said.append(Run(f" {given} and drew on the same vials."))
    rows = [*lines(said, width, size=9.0, leading=12.4), space(8)]
    for place, each in enumerate(plan.draughts):
        rows += [space(10)] * bool(place)
        if len(plan.draughts) > 1:
            rows += [heading(each.product or "Product not chosen yet"), space(2)]
        rows += _draught(each, plan, width)
    return [*rows, space(10), *_closing(width)]


def _draught(each: Draught, plan: DrawUp, width: float) -> list[Row]:
    rows: list[Row] = []
    if each.vials:
        rows += [heading("Vials, each emptied before the next"), *_vials(each, plan, width)]
    else:
        rows += lines(
            [Run("No vial is chosen on the chart yet, so the volumes are not known.", Face.STRONG)],
            width,
        )
    rows += [space(10), heading("Muscle by muscle, in order"), *_muscles(each, width)]
    return [*rows, space(3), *lines([Run(_balance(each))], width)]


def _vials(each: Draught, plan: DrawUp, width: float) -> list[Row]:
    assert each.preparation is not None  # it has vials
    diluent = plan.diluents.get(each.product) or "Diluent"
    columns = [
        Column("Vial", 30.0),
        Column("Product", 84.0),
        Column("Lot, expiry", 116.0),
        Column(diluent, 110.0),
        Column("Draw up", 84.0),
        Column("Mixed at, by", width - 30 - 84 - 116 - 110 - 84),
    ]
    rows = [head_row(columns)]
    for letter, vial in zip(_LETTERS, each.vials, strict=False):
        drawn = _amount(vial.units, vial.ml) if vial.units else "not needed"
        cells: list[Line] = [
            [Run(letter, Face.STRONG)],
            [Run(f"{each.product} {words.units(vial.vial.units)}")],
            _label(vial),
            [Run("–" if vial.diluent_ml is None else _ml(vial.diluent_ml), Face.STRONG)],
            [Run(drawn, Face.STRONG if vial.units else Face.TEXT)],
            [],
        ]
        rows.append(table_row(columns, cells, _ROW, line=HAIR if len(rows) > 1 else 0.0))
    strength = _strength(each)
    keeps = plan.keeps.get(each.product)
    said = [f"Strength {strength}."] if strength else ["The strength is not known yet."]
    if keeps is not None:
        said.append(f"To be given within {words.plain(keeps)} h of mixing.")
    return [*rows, _line(width), space(2), *lines([Run(" ".join(said))], width)]


def _label(vial: DrawnVial) -> Line:
    lot = Run(vial.vial.lot, Face.CODE) if vial.vial.lot else Run("lot not entered")
    expires = words.day(vial.vial.expires) if vial.vial.expires else "expiry not entered"
    return [lot, Run(f", {expires}")]


def _muscles(each: Draught, width: float) -> list[Row]:
    columns = [
        Column("Muscle or area", width - 48 - 36 - 46 - 74 - 42 - 108 - 56),
        Column("Side", 48.0),
        Column("Guidance", 108.0),
        Column("Sites", 36.0, figures=True),
        Column("Units", 46.0, figures=True),
        Column("mL each", 74.0, figures=True),
        Column("mL", 42.0, figures=True),
        Column("Syringe", 56.0, figures=True),
    ]
    rows = [head_row(columns)]
    for muscle in each.muscles:
        rows.append(table_row(columns, _muscle(muscle), _ROW, line=HAIR if len(rows) > 1 else 0.0))
    sums: list[Line] = [
        [Run("All", Face.STRONG)],
        [],
        [],
        [Run(str(each.sites), Face.STRONG)],
        [Run(words.plain(each.units), Face.STRONG)],
        [],
        [Run("–" if each.ml is None else volume_text(each.ml), Face.STRONG)],
        [],
    ]
    return [*rows, table_row(columns, sums, _ROW, line=2 * HAIR)]


def _muscle(muscle: MuscleLine) -> list[Line]:
    each = [volume_text(ml) for ml in muscle.each_ml]
    side = words.SIDES[muscle.side.value] if muscle.side else "–"
    return [
        [Run(muscle.name)],
        [Run(side)],
        [Run(", ".join(muscle.guidance))],
        [Run(str(muscle.sites))],
        [Run(words.plain(muscle.units))],
        [Run(" to ".join(dict.fromkeys((each[0], each[-1]))) if each else "–")],
        [Run("–" if muscle.ml is None else volume_text(muscle.ml), Face.STRONG)],
        [],
    ]


def _balance(each: Draught) -> str:
    """How the plan adds up to the vials."""
    if not each.vials:
        return ""
    parts = [f"{words.plain(each.given)} given before"] if each.given else []
    parts.append(f"{words.plain(each.units)} planned")
    if each.short:
        return (
            f"The vials hold {words.units(each.held)}; {' + '.join(parts)} are"
            f" {words.units(each.short)} more than that."
        )
    if each.left:
        parts.append(f"{words.plain(each.left)} left over ({_amount(each.left, each.left_ml)})")
        return f"{words.units(each.held)} = {' + '.join(parts)}."
    return f"{words.units(each.held)} = {' + '.join(parts)}. Nothing is left over."


def _closing(width: float) -> list[Row]:
    half = (width - _COLUMN_GAP) / 2
    signed = sheet.beside(
        [
            [heading("Drawn up by, time"), sheet.blank(half, 20)],
            [heading("Checked by, time"), sheet.blank(half, 20)],
        ],
        [0.0, half + _COLUMN_GAP],
    )
    return [
        signed,
        space(10),
        heading("Before the first needle"),
        sheet.box_line("Label on each syringe: product, U/mL, mixed at, initials", width),
        sheet.box_line("Vials kept until the session is signed", width),
    ]


def _strength(each: Draught) -> str | None:
    per_ml = each.units_per_ml
    return words.strength({"concentration_units_per_ml": None if per_ml is None else str(per_ml)})


def _amount(units: Decimal, ml: Decimal | None) -> str:
    return words.units(units) if ml is None else f"{words.units(units)} = {_ml(ml)}"


def _ml(volume: Decimal) -> str:
    return f"{words.plain(volume_text(volume))}{words.NBSP}mL"


def _line(width: float) -> Row:
    return Row(1.0, lambda pen, x, top: pen.line([(x, top), (x + width, top)], HAIR))
