"""What a session is billed with, as one sheet or as text to paste: no price, no signature."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from app.notes import archival, words
from app.notes.paper import DRAWING, SIZES, Face, Pen, Run
from app.notes.rows import (
    HAIR,
    Column,
    Line,
    Row,
    head_row,
    heading,
    lines,
    pairs,
    space,
    table_row,
)

MARGIN, TITLE, BODY_SIZE, ROW = 48.0, 14.0, 9.0, 15.0


def render(sheet: Mapping[str, Any]) -> bytes:
    """The sheet as a PDF of one page; more only where the lines need it."""
    size = SIZES[sheet["clinic"]["paper"]]
    width = size[0] - 2 * MARGIN
    with DRAWING:
        out = io.BytesIO()
        pen = Pen(out, size, title=f"Superbill {sheet['note']}")
        y = size[1] - MARGIN
        for row in _rows(sheet, width):
            if y - row.height < MARGIN:
                pen.end_page()
                y = size[1] - MARGIN
            row.draw(pen, MARGIN, y)
            y -= row.height
        pen.end_page()
        pen.finish()
    return archival.finished(out.getvalue(), pen.document, made_by="Stipple", at=sheet["at"])


def as_text(sheet: Mapping[str, Any]) -> str:
    """The bill as lines of text, to be pasted into a billing program."""
    said = [
        f"Date of service\t{sheet['date']}",
        f"Patient\t{words.written_name(sheet['patient'])}, born {sheet['patient']['born']},"
        f" MRN {sheet['patient']['record_number']}",
        f"Payer\t{sheet['payer'] or 'not recorded'}",
    ]
    if sheet["member_id"]:
        said.append(f"Member number\t{sheet['member_id']}")
    if sheet["authorization_number"]:
        said.append(f"Authorization number\t{sheet['authorization_number']}")
    for role in ("rendering", "ordering"):
        person = sheet[role]
        said.append(f"{role.capitalize()}\t{person['name']}, NPI {person['npi'] or 'not recorded'}")
    said += [f"Diagnosis\t{each['code']}\t{each['description']}" for each in sheet["diagnoses"]]
    said += [
        "\t".join(
            [
                "Line",
                each["code"] or "CPT number not shown",
                each["modifier"] or "",
                str(each["units"]),
                each["label"],
                " ".join(f"NDC {ndc}" for ndc in each["ndc"]),
            ]
        ).rstrip()
        for each in sheet["lines"]
    ]
    said.append(f"Note\t{sheet['note']}")
    return "\n".join(said) + "\n"


def _rows(sheet: Mapping[str, Any], width: float) -> list[Row]:
    clinic, patient = sheet["clinic"], sheet["patient"]
    address = ", ".join([*clinic["address"], *([clinic["telephone"]] * bool(clinic["telephone"]))])
    return [
        *lines([Run(clinic["name"], Face.STRONG)], width, size=11.0, leading=14.0),
        *lines([Run(address)], width, size=BODY_SIZE),
        space(14),
        *lines([Run("Superbill", Face.STRONG)], width, size=TITLE, leading=20.0, kind="H1"),
        *lines(
            [Run(f"For the session of {words.day(sheet['date'])}, signed note {sheet['note']}")],
            width,
            size=BODY_SIZE,
        ),
        space(10),
        heading("Patient and payer"),
        *pairs(
            [
                ("Patient", [Run(words.patient_name(patient), Face.STRONG)]),
                ("Born", [Run(words.day(patient["born"]))]),
                ("MRN", [Run(patient["record_number"], Face.CODE)]),
                ("Payer", [Run(sheet["payer"] or "not recorded")]),
                ("Member number", _code(sheet["member_id"])),
                ("Authorization number", _code(sheet["authorization_number"])),
            ],
            width,
        ),
        space(10),
        heading("Providers"),
        *pairs([(name, _person(sheet[name.lower()])) for name in ("Rendering", "Ordering")], width),
        space(10),
        heading("Diagnoses"),
        *pairs(
            [
                (str(number), [Run(each["code"], Face.CODE), Run(f"  {each['description']}")])
                for number, each in enumerate(sheet["diagnoses"], start=1)
            ],
            width,
        ),
        space(10),
        heading("What was done and used"),
        *_table(sheet, width),
        space(10),
        *lines([Run(_about_codes(sheet))], width, size=8.0),
    ]


def _table(sheet: Mapping[str, Any], width: float) -> list[Row]:
    columns = [
        Column("Code", 96.0),
        Column("Modifier", 60.0),
        Column("Units", 52.0, figures=True),
        Column("What", width - 96.0 - 60.0 - 52.0 - 104.0),
        Column("NDC", 104.0),
    ]
    rows = [head_row(columns)]
    for place, each in enumerate(sheet["lines"]):
        cells: list[Line] = [
            [Run(each["code"], Face.CODE)] if each["code"] else [Run("not shown")],
            [Run(each["modifier"] or "", Face.CODE)],
            [Run(str(each["units"]), Face.STRONG)],
            [Run(each["label"])],
            [Run(" ".join(each["ndc"]), Face.CODE)],
        ]
        rows.append(table_row(columns, cells, ROW, line=HAIR if place else 0.0))
    return rows


def _person(person: Mapping[str, str]) -> Line:
    npi = Run(person["npi"], Face.CODE) if person["npi"] else Run("not recorded")
    return [Run(f"{person['name']}, NPI "), npi]


def _code(text: str) -> Line:
    return [Run(text, Face.CODE)] if text else [Run("not recorded")]


def _about_codes(sheet: Mapping[str, Any]) -> str:
    if all(each["code"] for each in sheet["lines"]):
        return (
            "Units of a drug are its billing units. The signed note is the record of the session."
        )
    return (
        "CPT numbers are shown once the clinic has confirmed its licence of them. Units of a drug"
        " are its billing units. The signed note is the record of the session."
    )
