"""The export: signed documents and their records as files, for whoever leaves or must answer.

DIR/patients/<id>/notes/<number>.pdf   the stored bytes; addenda as <number>-A1.pdf beside them
DIR/records/<number>.json              the record each was laid out from
DIR/SHA256SUMS                         as `sha256sum -c` reads it
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sqlalchemy import select

from app.extensions import db
from app.kept import Document
from app.models import Note, Patient, Treatment
from app.models.signed_file import NoteDamaged

SUMS = "SHA256SUMS"
PDF, JSON = "pdf", "json"


class Unwritable(Exception):
    """The folder cannot take an export; the text is one sentence that says why."""


@dataclass
class Exported:
    """What an export wrote: documents, and those left out because they are not what was signed."""

    documents: int = 0
    files: int = 0
    bad: list[str] = field(default_factory=list)


def require_free(target: Path) -> None:
    """Go on if nothing is at `target`, or an empty folder. Raises Unwritable."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise Unwritable(f"{target} is not a folder: name one that is new or empty.")
    if target.is_dir() and any(target.iterdir()):
        raise Unwritable(f"{target} is not empty: name a folder that is new or empty.")


def folder_beside(target: Path) -> Path:
    """A new folder beside `target`, to be filled and then moved there. Raises Unwritable."""
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        beside.mkdir(mode=0o700, parents=True)
    except OSError as fault:
        raise Unwritable(f"{target} cannot be made: {fault.strerror}.") from None
    return beside


def fill(folder: Path, *, patient: Patient | None, kinds: frozenset[str]) -> Exported:
    """Write the documents of one patient, or of all, and their sums into an empty folder."""
    done, sums = Exported(), []
    for document, owner in _documents(patient):
        number = document.reference
        try:
            pdf, record = document.stored_pdf(), _record_of(document)
        except NoteDamaged:
            done.bad.append(number)
            continue
        done.documents += 1
        for kind, content, path in (
            (PDF, pdf, PurePosixPath("patients", owner, "notes", f"{number}.pdf")),
            (JSON, record, PurePosixPath("records", f"{number}.json")),
        ):
            if kind in kinds:
                _write(folder / path, content)
                sums.append(f"{hashlib.sha256(content).hexdigest()}  {path}\n")
                done.files += 1
    _write(folder / SUMS, "".join(sorted(sums, key=lambda line: line[66:])).encode())
    return done


def move(folder: Path, target: Path) -> None:
    """Put the finished folder in its place in one step. Raises Unwritable if that is taken."""
    try:
        if target.is_dir():
            target.rmdir()  # Not every system moves a folder over an empty one.
        folder.rename(target)
    except OSError as fault:
        raise Unwritable(f"{target} cannot be written: {fault.strerror}.") from None


def _documents(patient: Patient | None) -> Iterator[tuple[Document, str]]:
    """Every signed document with its patient's id, each note before what follows it.

    A note is read when its turn comes and then let go: a clinic's notes together are too much.
    """
    query = select(Note.id, Treatment.patient_id).join(Note.treatment)
    if patient is not None:
        query = query.where(Treatment.patient_id == patient.id)
    for key, owner in db.session.execute(query.order_by(Note.year, Note.serial)).all():
        note = db.session.get_one(Note, key)
        yield note, str(owner)
        for addendum in note.addenda:
            yield addendum, str(owner)
        db.session.expunge_all()


def _record_of(document: Document) -> bytes:
    if hashlib.sha256(document.record).hexdigest() != document.record_sha256:
        raise NoteDamaged("The record of %(number)s has changed.", number=document.reference)
    return document.record


def _write(path: Path, content: bytes) -> None:
    """A new file that only its owner reads; a name that is taken raises."""
    _make(path.parent)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _make(folder: Path) -> None:
    """A folder, with those it lies in, that only its owner opens."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700)
