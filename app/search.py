"""How patients are found: by name, birth date or record number, case and accents ignored.

Only patients whom the signed-in person sees are found. A record number is taken whoever has it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from app import wording
from app.extensions import db
from app.models import Patient
from app.models.patient import BETWEEN_SPELLINGS, fold
from app.sight import seen

# A list longer than this is narrowed by typing, not by scrolling.
SHOWN = 50
# How many of those with the same first letter are compared when nobody matches.
COMPARED = 2000
ALIKE = 0.72


def matches(text: str) -> list[ColumnElement[bool]]:
    """What a patient must be for this text: the birth date it names, or every word of it."""
    if days := wording.possible_days(text):
        return [Patient.born.in_(days)]
    return [_has(word) for word in fold(text).split()]


def _has(word: str) -> ColumnElement[bool]:
    ways = [
        Patient.folded_name.contains(word, autoescape=True),
        Patient.folded_record_number.startswith(word, autoescape=True),
    ]
    # A record number is typed with or without its leading noughts.
    if word.isascii() and word.isdigit():
        ways.append(func.ltrim(Patient.folded_record_number, "0") == word.lstrip("0"))
        if len(word) == 4 and 1800 < int(word) < 9999:
            year = int(word)
            ways.append(and_(Patient.born >= date(year, 1, 1), Patient.born <= date(year, 12, 31)))
    return or_(*ways)


def patients(text: str, *, limit: int = SHOWN) -> list[Patient]:
    """Whom the text may mean, by family name. An empty text means nobody."""
    if not text.strip():
        return []
    found = select(Patient).where(*matches(text), seen())
    return list(db.session.scalars(found.order_by(Patient.folded_name).limit(limit)))


def answer(typed: str, goes_to: Callable[[Patient], str | None]) -> dict[str, Any]:
    """What a page shows of a search; where each patient leads, or None where nowhere."""
    found = patients(typed)
    near = None if found else nearest(typed)
    return {
        "typed": typed,
        "found": [(patient, goes_to(patient)) for patient in found],
        "near": near and (near, goes_to(near)),
        "limit": SHOWN,
    }


def nearest(text: str) -> Patient | None:
    """The one patient whose name is spelled almost like this, when nobody is spelled so."""
    wanted = fold(text)
    if len(wanted) < 3 or not any(letter.isalpha() for letter in wanted):
        return None
    first = wanted[0]
    query = (
        select(Patient.id, Patient.folded_name)
        .where(
            seen(),
            or_(
                Patient.folded_name.startswith(first, autoescape=True),
                Patient.folded_name.contains(f" {first}", autoescape=True),
                Patient.folded_name.contains(f"-{first}", autoescape=True),
            ),
        )
        .limit(COMPARED)
    )
    best = max(
        ((_likeness(wanted, name), key) for key, name in db.session.execute(query)),
        key=lambda pair: pair[0],
        default=(0.0, None),
    )
    return db.session.get(Patient, best[1]) if best[0] >= ALIKE else None


def _likeness(wanted: str, name: str) -> float:
    """How alike the two are, a whole spelling of the name or the best of its words."""
    candidates = [*name.split(BETWEEN_SPELLINGS), *re.split("[ -]", name)]
    return max(difflib.SequenceMatcher(None, wanted, other).ratio() for other in candidates)


def same_person(names: Collection[str], born: date) -> list[Patient]:
    """Who is born that day and has one of these `spellings` already.

    A hidden patient is not told of, here either.
    """
    found = select(Patient).where(Patient.born == born, seen())
    return [each for each in db.session.scalars(found) if {*each.spellings} & {*names}]


def next_record_number() -> str:
    """The next free number after the highest of those given lately; a suggestion, not a claim."""
    recent = db.session.scalars(
        select(Patient.record_number).order_by(Patient.created_at.desc()).limit(200)
    ).all()
    numbers = [text for text in recent if text.isascii() and text.isdigit() and len(text) <= 15]
    width = max((len(text) for text in numbers), default=6)
    number = max((int(text) for text in numbers), default=0) + 1
    while is_taken(f"{number:0{width}d}"):
        number += 1
    return f"{number:0{width}d}"


def is_taken(record_number: str, *, but_by: Patient | None = None) -> bool:
    """Whether another patient has this record number, however it is spelled."""
    query = select(Patient.id).where(Patient.folded_record_number == fold(record_number))
    return any(key for key in db.session.scalars(query) if but_by is None or key != but_by.id)
