"""The page that goes before a copy for whoever referred the patient. It is no part of the note."""

from __future__ import annotations

import io
from typing import NamedTuple

from app.notes import sheet, words
from app.notes.joined import Tags, is_tagged
from app.notes.paper import Face, Run
from app.notes.record import Record
from app.notes.rows import Row, lines, space
from app.notes.sheet import Head, Leaf, Part

_SIZE, _LEADING = 10.5, 15.0


class Sent(NamedTuple):
    """Which copy goes to whom: its number, when it was printed (ISO 8601, UTC) and by whom."""

    to: str
    npi: str
    at: str
    by: str
    copy: int


def render(record: Record, sent: Sent) -> bytes:
    """One page: whom it is for, about whom, what was done, and what is enclosed."""
    patient, paper = record["patient"], record["clinic"]["paper"]
    width = sheet.inner_width(paper)
    about = [
        [Run(f"Born {words.day(patient['born'])} · MRN "), Run(patient["record_number"], Face.CODE)]
    ]
    head = Head(record["clinic"], [Run(words.patient_name(patient), Face.STRONG)], about)
    number = record["note"]["number"]
    printed = words.moment(sent.at, record["clinic"]["time_zone"])
    part = Part("Copy of a session note", printed, _letter(record, sent, width))
    foot = (f"Copy {sent.copy}, note {number}", f"Printed by {sent.by}")
    return sheet.render(paper, f"Letter with note {number}", [Leaf(head, [part], foot)], at=sent.at)


def _letter(record: Record, sent: Sent, width: float) -> list[Row]:
    patient, number = record["patient"], record["note"]["number"]
    service = words.day(record["service"]["date"])
    telephone = record["clinic"]["telephone"]
    paragraphs = [
        f"{words.patient_name(patient)}, born {words.day(patient['born'])}, was treated here on"
        f" {service} by {words.person(record['performed_by'])}.",
        f"{words.title(record)}. {words.headline(record)}",
        f"Enclosed is copy {sent.copy} of the signed note {number}. It says in its margin when and"
        " for whom it was printed. The signed file itself is at the clinic.",
    ]
    if telephone:
        paragraphs.append(f"Questions: {telephone}.")
    rows = [space(10), *_paragraph(f"To {sent.to}", width, Face.STRONG)]
    if sent.npi:
        rows += _paragraph(f"NPI {sent.npi}", width)
    rows.append(space(14))
    for each in paragraphs:
        rows += [*_paragraph(each, width), space(9)]
    return [*rows, space(8), *_paragraph(record["clinic"]["name"], width, Face.STRONG)]


def _paragraph(text: str, width: float, face: Face = Face.TEXT) -> list[Row]:
    return lines([Run(text, face)], width, size=_SIZE, leading=_LEADING)


def before(letter: bytes, copy: bytes) -> bytes:
    """The letter and the copy as one file, the letter first; read out in that order."""
    import pikepdf

    with pikepdf.open(io.BytesIO(copy)) as document, pikepdf.open(io.BytesIO(letter)) as first:
        tags = Tags(document) if is_tagged(document) else None
        copied = list(document.pages)
        for place, page in enumerate(first.pages):
            document.pages.insert(place, page)
        if tags:
            tags.take(first, list(document.pages)[: len(first.pages)])
            tags.take(document, copied)
            tags.lay()
        out = io.BytesIO()
        document.save(out, force_version="1.7", deterministic_id=True)
        return out.getvalue()
