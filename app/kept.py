"""The signed documents the clinic keeps: notes and what follows them, found by what is in hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select

from app.audit import AuditEntry
from app.extensions import db
from app.models import Addendum, Authority, Note, Patient
from app.models.signed_file import NoteDamaged
from app.notes import verification
from app.notes.level import Stamp
from app.notes.record import read_code
from app.web import uuid_or_none

Document = Note | Addendum

# How the trail calls it that a stored file was not what was signed.
DAMAGED = "note.damaged"

RECORD_CHANGED = "Its record has changed."
NOT_ATTACHED = "The record attached to its file is another."


def roots() -> list[str]:
    """The certificates of this clinic's authority."""
    return list(
        db.session.scalars(select(Authority.certificate_pem).order_by(Authority.created_at))
    )


def with_file(pdf_sha256: str) -> Document | None:
    """The document whose stored file is exactly this one."""
    return _first(Note.pdf_sha256 == pdf_sha256, Addendum.pdf_sha256 == pdf_sha256)


def with_code(typed: str) -> Document | None:
    """The document whose printed code was typed, as well as it may be read."""
    begins = read_code(typed)
    if begins is None:
        return None
    # A range, which an index answers in any collation: no digit stands behind f.
    ends = begins + "g"
    return _first(
        Note.record_sha256.between(begins, ends), Addendum.record_sha256.between(begins, ends)
    )


def claimed_by(record: Mapping[str, Any] | None) -> Document | None:
    """The document that a record says it is; whether it really is, is another question."""
    record = record or {}
    claims, own = record.get("note"), record.get("addendum")
    key = uuid_or_none(str(claims.get("treatment"))) if isinstance(claims, dict) else None
    if key is None:
        return None
    note = db.session.scalars(select(Note).where(Note.treatment_id == key)).one_or_none()
    if note is None or not isinstance(own, dict):
        return note
    return next((each for each in note.addenda if each.number == own.get("number")), None)


def patient_of(document: Document) -> Patient:
    """Whose it is."""
    note = document if isinstance(document, Note) else document.note
    return note.treatment.patient


def later_than(document: Document) -> Sequence[Addendum]:
    """What was signed after it, in order."""
    if isinstance(document, Note):
        return document.addenda
    return [each for each in document.note.addenda if each.number > document.number]


class Judged(NamedTuple):
    """Why a stored document is not what was signed, or None; if it is, its level and time stamp."""

    fault: str | None
    level: str | None = None
    stamp: Stamp | None = None


def judged(document: Document, roots_pem: Sequence[str]) -> Judged:
    """What a stored document is worth: its hashes, signature and record."""
    try:
        pdf = document.stored_pdf()
    except NoteDamaged as damage:
        return Judged(str(damage))
    verdict = verification.verify(pdf, roots_pem)
    if not (verdict.intact and verdict.trusted):
        return Judged(verdict.reason)
    if hashlib.sha256(document.record).hexdigest() != document.record_sha256:
        return Judged(RECORD_CHANGED)
    # The notes of the first releases carry no record.
    if verdict.record is not None and verdict.record != document.record:
        return Judged(NOT_ATTACHED)
    return Judged(None, verdict.level, verdict.stamp)


def still_damaged() -> list[str]:
    """The numbers of documents that somebody found damaged and that still are, by number."""
    told = (
        select(AuditEntry.subject_id)
        .where(AuditEntry.act == DAMAGED, AuditEntry.subject_id.is_not(None))
        .distinct()
    )
    keys = [uuid_or_none(key or "") for key in db.session.scalars(told)]
    if not keys:
        return []
    notes = db.session.scalars(
        select(Note).where(Note.id.in_(keys) | Note.addenda.any(Addendum.id.in_(keys)))
    )
    return sorted(each.reference for note in notes for each in _damaged_of(note))


def _damaged_of(note: Note) -> Iterator[Document]:
    documents: list[Document] = [note, *note.addenda]
    for document in documents:
        if hashlib.sha256(document.pdf).hexdigest() != document.pdf_sha256:
            yield document


def _first(of_notes: ColumnElement[bool], of_addenda: ColumnElement[bool]) -> Document | None:
    return (
        db.session.scalars(select(Note).where(of_notes).limit(1)).first()
        or db.session.scalars(select(Addendum).where(of_addenda).limit(1)).first()
    )
