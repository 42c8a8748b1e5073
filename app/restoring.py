"""Signed documents put back from their own PDFs: a lost row, a damaged file, a lost clinic.

A file counts only if it is whole to the byte and signed by this clinic's authority. What is stored
and says otherwise stays as it is, and the file is refused with what to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from sqlalchemy import func, select

from app import audit, kept, own_catalogue, retold
from app.audit import AuditEntry
from app.extensions import begin_write, db
from app.kept import Document
from app.models import (
    Addendum,
    Authority,
    Clinic,
    Note,
    Patient,
    SigningKey,
    Treatment,
    immutability,
)
from app.models.patient import fold
from app.notes.signed import Signed
from app.proven import (
    Found,
    NotRestored,
    Record,
    addenda_listed,
    authorities_in,
    note_of,
    pdfs_in,
    read,
    serial_of,
)
from app.web import uuid_or_none

# The acts under which the trail knows a document, by its number and the hash of its file.
KNOWN_BY = ("note.signed", "addendum.signed", "note.restored", "addendum.restored")

# The newest record of the patient of a note.
Newest = Callable[[Found], Record]

# Record number, folded name and birth date, each of which may be corrected.
Who = tuple[str, str, str]


class _Listed(NamedTuple):
    """What is remembered of a file until its turn: all of them together are too much."""

    path: Path
    number: str
    note_number: str
    place: int
    pdf_sha256: str
    who: Who
    signed_at: datetime

    @classmethod
    def of(cls, found: Found) -> _Listed:
        return cls(
            found.path,
            found.number,
            found.note_number,
            found.place,
            found.pdf_sha256,
            _who(found.record["patient"]),
            retold.instant(found.record["signed_at"]),
        )

    def is_of_patient_of(self, other: _Listed) -> bool:
        """Whether both are one patient's: an export says it, or two of three agree."""
        owner, others = _owner(self.path), _owner(other.path)
        if owner and others:
            return owner == others
        return _agree(self.who, other.who)


@dataclass
class Restored:
    """What became of the files: numbers put back, numbers that were there, files refused."""

    restored: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    refused: list[tuple[Path, str]] = field(default_factory=list)


def put_back(paths: Iterable[Path], *, trust: str, now: datetime, done: Restored) -> Iterator[None]:
    """Put back what these files prove; `done` tells of it. Each step is to be committed.

    A step is a note with what follows it. A folder stands for every PDF in it. `trust` are
    certificates (PEM) that the clinic's authority had before this instance, or nothing. Raises
    NotRestored where `trust` is not this clinic's.
    """
    clinic = db.session.scalars(select(Clinic.name)).one()
    roots = [*kept.roots(), *(authorities_in(trust, clinic=clinic) if trust else ())]
    given = [file for each in paths for file in pdfs_in(each)]
    # Addenda that are known of though their files may be refused, or not given at all.
    known = {path.stem for path in given if note_of(path.stem)}
    for path in {each.parent: each for each in given}.values():
        known |= addenda_listed(path)
    listed: list[_Listed] = []
    for alike in _by_number(given, roots, done).values():
        if len({each.pdf_sha256 for each in alike}) > 1:
            reason = f"Another file is {alike[0].number} as well: give one."
            done.refused += [(each.path, reason) for each in alike]
            known |= {each.number for each in alike if each.place}
        else:
            listed.append(alike[0])
    notes = [each for each in listed if each.place == 0]

    def newest_of(found: Found) -> Record:
        # An addendum has its patient from its note, however late it was signed.
        of = _Listed.of(found)
        theirs = [each for each in notes if each.is_of_patient_of(of)]
        return read(max(theirs, key=lambda each: each.signed_at).path, roots).record

    owners = {_owner(path) for path in given}
    of_note: dict[str, list[_Listed]] = {}
    for each in sorted(listed, key=lambda each: (serial_of(each.note_number), each.place)):
        of_note.setdefault(each.note_number, []).append(each)
    for files in of_note.values():
        db.session.rollback()
        begin_write()
        try:
            act = _Act([read(each.path, roots) for each in files], owners=owners, now=now)
            act.put_back(newest_of, known)
        except (NotRestored, retold.NotTold) as refusal:
            db.session.rollback()
            done.refused += [(each.path, str(refusal)) for each in files]
            continue
        if act.restored:
            yield
        done.restored += act.restored
        done.present += act.present


def _by_number(
    paths: Iterable[Path], roots: Sequence[str], done: Restored
) -> dict[str, list[_Listed]]:
    """The files that prove themselves, by what they say they are; the others are refused."""
    found: dict[str, list[_Listed]] = {}
    for path in paths:
        try:
            each = _Listed.of(read(path, roots))
        except NotRestored as refusal:
            done.refused.append((path, str(refusal)))
        else:
            found.setdefault(each.number, []).append(each)
    return found


@contextmanager
def _guards_lifted() -> Iterator[None]:
    """What the guards refuse may happen, in this transaction alone: nobody sees it without them."""
    connection = db.session.connection()
    immutability.lift(connection)
    yield
    db.session.flush()
    immutability.lay(connection)


class _Act:
    """One note with what follows it, put back in the transaction that is open."""

    def __init__(
        self, files: Sequence[Found], *, owners: Collection[UUID | None], now: datetime
    ) -> None:
        """`owners` are the patients by whom the exports sorted all files that were given."""
        self.files = files
        self.owners = owners
        self.now = now
        self.restored: list[str] = []
        self.present: list[str] = []
        # The clinic's row is held so that nobody is given one of these numbers meanwhile.
        db.session.execute(select(Clinic.id).with_for_update())
        self._people = retold.People(now=now)

    def put_back(self, newest_of: Newest, known: Collection[str]) -> None:
        """All or nothing; `known` are addenda that exist. Raises NotRestored and NotTold."""
        for found in self.files:
            self._adopt(found.root)
            _require_as_in_the_trail(found)
        first, *_ = self.files
        note = _stored_note(first)
        followers = self.files
        if first.place == 0:
            _require_all_that_followed(self.files, note, known)
            note = self._note(first, note, newest_of)
            followers = self.files[1:]
        if note is None:
            raise NotRestored(
                f"The note {first.note_number} that it follows is not here: give its file as well."
            )
        documents: list[Document] = [note] if first.place == 0 else []
        documents += [self._addendum(found, note) for found in followers]
        db.session.flush()
        db.session.expire_all()
        roots = kept.roots()
        for document in documents:
            number = document.reference
            if number in self.restored and (fault := kept.judged(document, roots).fault):
                raise NotRestored(f"{number} would not be whole: {fault}")

    def _adopt(self, root: str) -> None:
        """Trust, from now on, an authority that the clinic had before. It issues nothing more."""
        if root in kept.roots():
            return
        (certificate,) = load_pem_x509_certificates(root.encode())
        earliest = db.session.scalar(select(func.min(Authority.created_at))) or self.now
        adopted = Authority(
            certificate_pem=root,
            wrapped_key=b"",
            created_at=min(certificate.not_valid_before_utc, earliest - timedelta(seconds=1)),
        )
        db.session.add(adopted)
        audit.record(db.session, "authority.adopted", by=None, now=self.now, subject=adopted)

    def _note(self, found: Found, stored: Note | None, newest_of: Newest) -> Note:
        key = self._key(found)
        session = db.session.get(Treatment, UUID(found.record["note"]["treatment"]))
        patient = self._patient(found, session, newest_of, key)
        told = retold.treatment_from(
            found.record,
            patient,
            by=key.person,
            people=self._people,
            known=own_catalogue.known(),
        )
        lacked = _lacked(session, told)
        if stored is not None:
            self._mend(stored, found, session=session or told, lacked=lacked)
            return stored
        db.session.add(session or told)
        # Once there is a note its session is final, so that comes first.
        db.session.flush()
        if session is None:
            db.session.add_all(
                retold.adverse_events_from(
                    found.record, told, by=key.person, known=own_catalogue.known()
                )
            )
        year, serial = serial_of(found.number)
        note = Note(
            id=_id_in_the_trail(found) or uuid4(),
            treatment_id=told.id,
            year=year,
            serial=serial,
            **self._as_signed(found, key),
        )
        db.session.add(note)
        db.session.flush()
        db.session.expire_all()
        self._tell("note.restored", note, found, lacked=["note", *lacked])
        return note

    def _mend(
        self, stored: Document, found: Found, *, session: Treatment, lacked: list[str]
    ) -> None:
        """Put the signed bytes in place of damaged ones, and what a session lacks beneath a note.

        The stored hash says which bytes were there, so it has to be the hash of these.
        """
        with db.session.no_autoflush:
            if (stored.pdf_sha256, stored.record_sha256) != (
                found.pdf_sha256,
                found.record_sha256,
            ):
                raise NotRestored(
                    f"{found.number} is stored here as another file. What is stored stays: keep"
                    " this file, and restore a backup."
                )
            damaged = {
                name: hashlib.sha256(there).hexdigest()
                for name, there, signed in (
                    ("pdf", stored.pdf, found.pdf),
                    ("record", stored.record, found.record_bytes),
                )
                if there != signed
            }
            if not damaged and not lacked:
                self.present.append(found.number)
                return
            with _guards_lifted():
                stored.pdf, stored.record = found.pdf, found.record_bytes
                stored.restored_at = self.now
                db.session.add(session)
        if isinstance(stored, Note):
            self._tell("note.restored", stored, found, lacked=lacked, damaged=damaged)
        else:
            self._tell("addendum.restored", stored.note, found, damaged=damaged)

    def _addendum(self, found: Found, note: Note) -> Addendum:
        quoted = found.record["note"]
        if (quoted["pdf_sha256"], quoted["record_sha256"]) != (note.pdf_sha256, note.record_sha256):
            raise NotRestored(f"{found.number} follows another file of {note.number} than this.")
        there = {each.number: each for each in note.addenda}
        for earlier in found.record["follows"]:
            one = there.get(earlier["number"])
            if one is None or one.pdf_sha256 != earlier["pdf_sha256"]:
                raise NotRestored(
                    f"{found.number} follows addendum {earlier['number']}, which is not here: give"
                    " its file as well."
                )
        if stored := there.get(found.place):
            self._mend(stored, found, session=note.treatment, lacked=[])
            return stored
        for later in there.values():
            quotes = {each["number"]: each["pdf_sha256"] for each in later.contents["follows"]}
            if later.number > found.place and quotes.get(found.place) != found.pdf_sha256:
                raise NotRestored(f"{later.reference} was signed after another file than this.")
        restored = Addendum(
            note_id=note.id,
            number=found.place,
            kind=found.record["addendum"]["kind"],
            reason=found.record["reason"],
            **self._as_signed(found, self._key(found)),
        )
        db.session.add(restored)
        db.session.flush()
        db.session.expire(note)
        self._tell("addendum.restored", note, found, lacked=["addendum"])
        return restored

    def _as_signed(self, found: Found, key: SigningKey) -> dict[str, Any]:
        return {
            "record": found.record_bytes,
            "record_sha256": found.record_sha256,
            "pdf": found.pdf,
            "pdf_sha256": found.pdf_sha256,
            "pages": Signed(found.record_bytes, found.pdf, found.level, None).pages,
            "level": found.level,
            "signed_at": retold.instant(found.record["signed_at"]),
            "zone": found.record["clinic"]["time_zone"],
            "signed_by_id": key.person_id,
            "signing_key_id": key.id,
            "restored_at": self.now,
        }

    def _key(self, found: Found) -> SigningKey:
        """The key that signed, by its certificate; of a lost one, the certificate is what is left.

        That key opens nothing: it is retired, and only tells whose signature it was.
        """
        certificate = found.certificate
        serial = f"{certificate.serial_number:x}"
        pem = certificate.public_bytes(Encoding.PEM).decode()
        key = db.session.scalars(select(SigningKey).where(SigningKey.serial == serial)).first()
        if key is None:
            key = SigningKey(
                person=self._people.printed(found.record["signed_by"]),
                certificate_pem=pem,
                wrapped_p12=b"",
                serial=serial,
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
                created_at=certificate.not_valid_before_utc,
                retired_at=self.now,
            )
            db.session.add(key)
            db.session.flush()
        return key

    def _patient(
        self, found: Found, session: Treatment | None, newest_of: Newest, key: SigningKey
    ) -> Patient:
        said = found.record["patient"]
        number = fold(said["record_number"])
        if session is not None:
            if not _is(session.patient, said):
                raise NotRestored(
                    "Its session belongs to another patient here. Move it back to the patient of"
                    f" the note, record number {said['record_number']}, then try again."
                )
            return session.patient
        patient = db.session.scalars(
            select(Patient).where(Patient.folded_record_number == number)
        ).one_or_none() or self._patient_of_another_number(found)
        if patient is None:
            patient = retold.patient_from(
                newest_of(found), key=_owner(found.path), by=key.person, now=self.now
            )
            db.session.add(patient)
            audit.record(db.session, "patient.restored", by=None, now=self.now, subject=patient)
        elif not _is(patient, said):
            raise NotRestored(
                f"The record number {said['record_number']} belongs to somebody else here: neither"
                " name nor birth date agree. Correct that patient, then try again."
            )
        return patient

    def _patient_of_another_number(self, found: Found) -> Patient | None:
        """Whose record number was corrected since, or None: a second patient splits a history."""
        said, owner = found.record["patient"], _owner(found.path)
        exported = db.session.get(Patient, owner) if owner else None
        if exported is not None:
            if not _is(exported, said):
                raise NotRestored(
                    f"It lies with the notes of the record number {exported.record_number}, and"
                    " neither its number nor both name and birth date agree. Correct that patient,"
                    " then try again."
                )
            return exported
        born = select(Patient).where(Patient.born == date.fromisoformat(said["born"]))
        # Two whom one export keeps apart are two, however alike.
        alike = [
            patient
            for patient in db.session.scalars(born)
            if _is(patient, said) and not (owner and patient.id in self.owners)
        ]
        if len(alike) > 1:
            raise NotRestored(
                f"Nobody here has the record number {said['record_number']}, and {len(alike)}"
                " patients have this name and birth date. Give the right one this number, then try"
                " again."
            )
        return alike[0] if alike else None

    def _tell(self, act: str, note: Note, found: Found, **details: Any) -> None:
        self.restored.append(found.number)
        audit.record(
            db.session,
            act,
            by=None,
            now=self.now,
            subject=note,
            number=found.number,
            pdf_sha256=found.pdf_sha256,
            **details,
        )


def _stored_note(found: Found) -> Note | None:
    """The note with this number. Raises NotRestored where number or session is another note's."""
    year, serial = serial_of(found.note_number)
    key = UUID(found.record["note"]["treatment"])
    numbered = db.session.scalars(
        select(Note).where(Note.year == year, Note.serial == serial)
    ).one_or_none()
    if numbered is not None and numbered.treatment_id != key:
        raise NotRestored(
            f"{found.note_number} is the note of another session here, and one number stands for"
            " one note. What is stored stays: keep this file, and restore a backup."
        )
    signed = db.session.scalars(select(Note).where(Note.treatment_id == key)).one_or_none()
    if signed is not None and numbered is None:
        raise NotRestored(
            f"Its session is signed here as {signed.number}. What is stored stays: keep this file."
        )
    return numbered


def _lacked(session: Treatment | None, told: Treatment) -> list[str]:
    """What of a session is missing, now put into it. Raises NotRestored if it says otherwise."""
    if session is None:
        return ["session"]
    if session.is_discarded:
        raise NotRestored("Its session was discarded here. What is stored stays: keep this file.")
    with db.session.no_autoflush:
        if wrong := retold.contradictions(session, told):
            raise NotRestored(
                f"The stored session says otherwise than the note: {', '.join(wrong)}. What is"
                " stored stays: keep this file, and restore a backup."
            )
        return retold.put_in_what_is_missing(session, told)


def _is(patient: Patient, said: Record) -> bool:
    here = (patient.folded_record_number, fold(patient.name), patient.born.isoformat())
    return _agree(here, _who(said))


def _who(said: Record) -> Who:
    return fold(said["record_number"]), fold(said["name"]), said["born"]


def _agree(one: Who, other: Who) -> bool:
    """Whether two of the three agree."""
    return sum(a == b for a, b in zip(one, other, strict=True)) >= 2


def _owner(path: Path) -> UUID | None:
    """The patient's id where a file lies as an export lays it, so that links stay."""
    of_export = path.absolute().parent
    return uuid_or_none(of_export.parent.name) if of_export.name == "notes" else None


def _in_the_trail(number: str) -> list[AuditEntry]:
    return list(
        db.session.scalars(
            select(AuditEntry).where(
                AuditEntry.act.in_(KNOWN_BY), AuditEntry.details["number"].as_string() == number
            )
        )
    )


def _require_as_in_the_trail(found: Found) -> None:
    """Raises NotRestored where the trail says that this number was signed as another file."""
    for entry in _in_the_trail(found.number):
        if entry.details.get("pdf_sha256", found.pdf_sha256) != found.pdf_sha256:
            raise NotRestored(
                f"The trail says that {found.number} was signed as another file. Nothing was put"
                " back: find out which of the two the clinic gave out."
            )


def _id_in_the_trail(found: Found) -> UUID | None:
    """The id that the note had, so that its prints and entries are its own again."""
    return next(
        (uuid_or_none(entry.subject_id or "") for entry in _in_the_trail(found.number)), None
    )


def _require_all_that_followed(
    files: Sequence[Found], stored: Note | None, known: Collection[str]
) -> None:
    """Raises NotRestored where an addendum is missing that is `known`, or that the trail knows.

    A note comes back with what followed it, or a void one would count for a while.
    """
    if stored is not None:
        return
    key = _id_in_the_trail(files[0])
    here = set(db.session.scalars(select(Addendum.number).where(Addendum.note_id == key)))
    here |= {each.place for each in files}
    signed = db.session.scalars(
        select(AuditEntry.details).where(
            AuditEntry.act == "addendum.signed", AuditEntry.subject_id == str(key)
        )
    )
    followed = {details["number"] for details in signed}
    followed |= {reference for reference in known if note_of(reference) == files[0].number}
    for reference in sorted(followed):
        if int(reference.rpartition("-A")[2]) not in here:
            raise NotRestored(f"{reference} followed it: give that file as well.")
