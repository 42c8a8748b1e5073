"""The command restore-note: signed documents come back from their own PDFs, or are refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app import audit, clock, create_app, keyring
from app.auth.signing_keys import SECRET
from app.extensions import begin_write, db
from app.kept import Document
from app.models import AdverseEvent, Authority, Clinic, Note, Patient, Person, Role, Treatment
from app.models.addendum import WRONG_PATIENT
from app.models.immutability import lay, lift
from app.notes import authority
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.databases import configuration, raw_engine
from tests.dumps import last_entry, nothing_changed, tables, trail
from tests.factories import Cast
from tests.integration.test_export import export, files_in
from tests.rows import alter_stored_bytes
from tests.unit.notes import forging

MAIN = re.compile(r"<main.*</main>", re.DOTALL)
TOKEN = re.compile(r'name="csrf.token" (value|content)="[^"]*"')


class Signed(NamedTuple):
    """A signed note: its id, its session's and its number."""

    id: UUID
    session: UUID
    number: str

    @classmethod
    def of(cls, note: Note) -> Signed:
        return cls(note.id, note.treatment_id, note.number)

    @property
    def note(self) -> Note:
        """As it is stored now."""
        return db.session.get_one(Note, self.id)


class History(NamedTuple):
    """A patient's two signed sessions, the earlier with an addendum and a print, and a draft."""

    patient: UUID
    first: Signed
    second: Signed
    draft: UUID


def session(patient: Patient, cast: Cast, *, days_ago: int) -> Treatment:
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    day = cast.clinic.today(clock.now()) - timedelta(days=days_ago)
    body = factories.chart_body(draft, date=day.isoformat())
    return factories.chart(draft, body, by=cast.alice)


def signed_in_the_trail(act: str, note: Note, document: Document) -> None:
    """The entry that signing on a page writes."""
    begin_write()
    audit.record(
        db.session,
        act,
        by=note.signed_by,
        now=clock.now(),
        subject=note,
        number=document.reference,
        pdf_sha256=document.pdf_sha256,
    )
    db.session.commit()


@pytest.fixture
def history(app: Flask, cast: Cast, as_alice: AuditingClient) -> History:
    patient = factories.patient(cast.dan)
    first = factories.sign(session(patient, cast, days_ago=84), by=cast.alice, clinic=cast.clinic)
    added = factories.addendum(first, by=cast.alice, clinic=cast.clinic)
    signed_in_the_trail("note.signed", first, first)
    signed_in_the_trail("addendum.signed", first, added)
    begin_write()
    first.add_copy("for the payer", by=cast.dan, zone="America/New_York", now=clock.now())
    db.session.commit()
    told_in = session(patient, cast, days_ago=0)
    factories.adverse_event(first.treatment, told_in=told_in, by=cast.alice)
    second = factories.sign(told_in, by=cast.alice, clinic=cast.clinic)
    signed_in_the_trail("note.signed", second, second)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    return History(patient.id, Signed.of(first), Signed.of(second), draft.id)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


@pytest.fixture
def exported(app: Flask, history: History, disk: Path) -> Path:
    """Every signed document as the clinic exported it."""
    assert export(app, "--all", "--format", "pdf", "--to", disk / "out").exit_code == 0
    return disk / "out"


def restore(app: Flask, *arguments: str | Path) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(
        args=["restore-note", *map(str, arguments)], catch_exceptions=False
    )


def command(app: Flask, *arguments: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=arguments)


def reasons(result: Result) -> list[str]:
    """Why each file was refused."""
    return [line.partition("was not put back: ")[2] for line in result.stderr.splitlines()]


def lose(app: Flask, *statements: str, **values: Any) -> None:
    """Delete or change what is final, as somebody does who has the key to the database."""
    on_sqlite = db.engine.dialect.name == "sqlite"
    db.session.rollback()
    values = {
        name: value.hex if on_sqlite and isinstance(value, UUID) else value
        for name, value in values.items()
    }
    attacker = raw_engine(dict(app.config) | {"INSTANCE_PATH": app.instance_path})
    with attacker.begin() as connection:
        lift(connection)
        for statement in statements:
            connection.execute(text(statement), values)
        lay(connection)
    attacker.dispose()


def lose_session(app: Flask, note: Signed) -> None:
    """Everything of a signed session."""
    of_session = ("sites", "preparations", "vials", "answers", "chart_saves", "notes")
    lose(
        app,
        *(f"DELETE FROM {table} WHERE note_id = :note" for table in ("addenda", "printed_copies")),
        *(f"DELETE FROM {table} WHERE treatment_id = :key" for table in of_session),
        "DELETE FROM adverse_events WHERE treatment_id = :key OR told_in_id = :key",
        "DELETE FROM treatments WHERE id = :key",
        key=note.session,
        note=note.id,
    )


class Seen(NamedTuple):
    """What a clinic sees of a history: pages and figures, and the files as they are stored."""

    earlier: Any
    sites: str
    patient: str
    files: list[bytes]
    records: list[bytes]


def seen(app: Flask, browser: AuditingClient, history: History) -> Seen:
    db.session.rollback()
    notes = list(db.session.scalars(db.select(Note).order_by(Note.serial)))
    files = [each.stored_pdf() for note in notes for each in (note, *note.addenda)]
    records = [each.record for note in notes for each in (note, *note.addenda)]
    draft, patient = history.draft, history.patient
    pages = [
        TOKEN.sub("", browser.get(f"/patients/{patient}{page}").text) for page in ("/sites", "")
    ]
    sites, whole = (found[0] for found in pages if found)
    return Seen(browser.get(f"/treatments/{draft}/earlier").json, sites, whole, files, records)


def test_a_lost_note_comes_back_as_it_was(
    app: Flask, history: History, exported: Path, as_alice: AuditingClient
) -> None:
    before, rows, note = seen(app, as_alice, history), tables(), history.second
    address = f"/treatments/{note.session}"
    lose(app, "DELETE FROM notes WHERE id = :id", id=note.id)
    assert as_alice.get(f"{address}/note.pdf").status_code == 404
    assert seen(app, as_alice, history) != before

    result = restore(app, exported)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "1 put back, 2 were here.\n"
    assert seen(app, as_alice, history) == before
    after = tables()
    assert {name for name in after if after[name] != rows[name]} == {"notes"}
    assert as_alice.get(f"{address}/note.pdf").data == note.note.stored_pdf()
    assert "Put back from its own PDF" in as_alice.get(address).text
    entry = last_entry("note.restored")
    assert (entry.by_id, entry.subject_id) == (None, str(note.id))
    assert (entry.details["number"], entry.details["lacked"]) == (note.number, ["note"])
    assert command(app, "verify-all").exit_code == 0
    assert command(app, "audit-verify").exit_code == 0


def test_a_session_that_is_lost_whole_comes_back_with_its_chart(
    app: Flask, history: History, exported: Path, as_alice: AuditingClient
) -> None:
    before, key = seen(app, as_alice, history), history.second.session
    chart = history.second.note.treatment.chart()
    events = [event.kind for event in history.second.note.treatment.told_events]
    lose_session(app, history.second)

    result = restore(app, exported)

    assert (result.exit_code, result.stderr) == (0, "")
    assert seen(app, as_alice, history) == before
    found = db.session.get_one(Treatment, key)
    assert found.performer is not None
    assert found.performer.username == "alice"
    assert {answer.answered_by.username for answer in found.said} == {"alice"}
    assert [site.given_by.username for site in found.sites if site.given_by] == ["alice"] * 2
    assert [event.kind for event in found.told_events] == events == ["drooping_brow"]
    again = found.chart()
    assert [(site.key, site.units, site.side) for site in again.sites] == [
        (site.key, site.units, site.side) for site in chart.sites
    ]
    assert again.preparations[0].diluent == chart.preparations[0].diluent
    (vial,) = again.preparations[0].vials
    assert (vial.lot, vial.units, vial.discarded) == ("SAMPLE-1", Decimal(100), Decimal(90))
    assert last_entry("note.restored").details["lacked"] == ["note", "session"]
    assert command(app, "verify-all").exit_code == 0


def test_rows_that_a_signed_session_lacks_come_back_beneath_its_note(
    app: Flask, history: History, exported: Path, as_alice: AuditingClient
) -> None:
    before, key = seen(app, as_alice, history), history.second.session
    lose(
        app,
        *(f"DELETE FROM {table} WHERE treatment_id = :key" for table in ("sites", "vials")),
        key=key,
    )

    result = restore(app, exported)

    assert (result.exit_code, result.stderr) == (0, "")
    assert seen(app, as_alice, history) == before
    assert last_entry("note.restored").details["lacked"] == ["vials", "sites"]
    with pytest.raises(Exception, match="final"), raw_engine(app.config).begin() as connection:
        connection.execute(text("UPDATE sites SET position = position + 1"))


def test_a_damaged_file_and_a_damaged_record_are_whole_again(
    app: Flask, history: History, exported: Path, as_alice: AuditingClient
) -> None:
    before, key = seen(app, as_alice, history), history.first.id
    reference = history.first.note.addenda[0].reference
    alter_stored_bytes(app, history.first.note)
    alter_stored_bytes(app, history.first.note.addenda[0])
    lose(app, "UPDATE notes SET record = :record WHERE id = :id", record=b"{}", id=key)
    assert command(app, "verify-all").exit_code == 1

    result = restore(app, exported)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "2 put back, 1 were here.\n"
    assert seen(app, as_alice, history) == before
    assert sorted(last_entry("note.restored").details["damaged"]) == ["pdf", "record"]
    assert last_entry("addendum.restored").details["number"] == reference
    assert command(app, "verify-all").exit_code == 0
    with pytest.raises(Exception, match="final"), raw_engine(app.config).begin() as connection:
        connection.execute(text("UPDATE notes SET pages = pages + 1"))


def test_whoever_restores_twice_changes_nothing(
    app: Flask, history: History, exported: Path
) -> None:
    with nothing_changed():
        result = restore(app, exported, "--json")

    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert (len(said["present"]), said["restored"], said["refused"]) == (3, [], [])


def test_an_addendum_comes_back_behind_its_note(
    app: Flask, note: Signed, cast: Cast, disk: Path
) -> None:
    added = factories.addendum(note.note, by=cast.alice, clinic=cast.clinic)
    pdf, record = added.stored_pdf(), added.record
    (disk / "addendum.pdf").write_bytes(pdf)
    lose(app, "DELETE FROM addenda WHERE note_id = :id", id=note.id)

    result = restore(app, disk)

    assert (result.exit_code, result.stderr) == (0, "")
    (back,) = note.note.addenda
    assert (back.stored_pdf(), back.record) == (pdf, record)
    assert last_entry("addendum.restored").subject_id == str(note.id)


def test_a_void_note_does_not_come_back_without_what_voids_it(
    app: Flask, note: Signed, cast: Cast, disk: Path
) -> None:
    void = factories.addendum(
        note.note, by=cast.alice, clinic=cast.clinic, kind=WRONG_PATIENT, text=""
    )
    reference = void.reference
    signed_in_the_trail("note.signed", void.note, void.note)
    signed_in_the_trail("addendum.signed", void.note, void)
    (disk / "note.pdf").write_bytes(void.note.stored_pdf())
    (disk / "void.pdf").write_bytes(void.stored_pdf())
    lose_session(app, note)

    refused = restore(app, disk / "note.pdf")

    assert reasons(refused) == [f"{reference} followed it: give that file as well."]
    assert db.session.get(Treatment, note.session) is None
    assert restore(app, disk).exit_code == 0
    assert note.note.is_void


# A patient whose record number, name or allergies changed since


def correct(app: Flask, patient: Patient, **values: str) -> None:
    """Change a patient's row; a record number is folded as the tests write it."""
    if number := values.get("record_number"):
        values["folded_record_number"] = number.casefold()
    changes = ", ".join(f"{name} = :{name}" for name in values)
    lose(app, f"UPDATE patients SET {changes} WHERE id = :id", id=patient.id, **values)


def patients() -> list[Patient]:
    return list(db.session.scalars(db.select(Patient).order_by(Patient.record_number)))


@pytest.fixture
def of_another_number(app: Flask, cast: Cast, disk: Path) -> Patient:
    """A patient whose record number was corrected since a note, which is lost with its session."""
    patient = factories.patient(cast.dan, record_number="OLD-1")
    note = factories.sign(session(patient, cast, days_ago=84), by=cast.alice, clinic=cast.clinic)
    place = disk / "patients" / str(patient.id) / "notes"
    place.mkdir(parents=True)
    (disk / "note.pdf").write_bytes(note.stored_pdf())
    (place / "note.pdf").write_bytes(note.stored_pdf())
    correct(app, patient, record_number="NEW-1")
    lose_session(app, Signed.of(note))
    return patient


def test_a_corrected_record_number_makes_no_second_patient(
    app: Flask, of_another_number: Patient, disk: Path
) -> None:
    result = restore(app, disk / "note.pdf")

    assert (result.exit_code, result.stderr) == (0, "")
    (patient,) = patients()
    assert (patient.id, patient.record_number) == (of_another_number.id, "NEW-1")
    assert [each.note is not None for each in patient.treatments] == [True]


def test_of_two_patients_of_one_name_and_birth_date_none_is_guessed(
    app: Flask, of_another_number: Patient, cast: Cast, disk: Path
) -> None:
    factories.patient(cast.dan)

    with nothing_changed():
        refused = restore(app, disk / "note.pdf")
    exported = restore(app, disk / "patients")

    (reason,) = reasons(refused)
    assert reason.startswith("Nobody here has the record number OLD-1, and 2 patients have this")
    assert exported.exit_code == 0
    assert len(of_another_number.treatments) == 1


def test_who_is_called_otherwise_and_numbered_otherwise_is_not_entered_twice(
    app: Flask, of_another_number: Patient, disk: Path
) -> None:
    correct(app, of_another_number, family_name="Married-Sample")

    with nothing_changed():
        result = restore(app, disk / "patients")

    (reason,) = reasons(result)
    assert reason.startswith("It lies with the notes of the record number NEW-1, and neither")


# What is refused


@pytest.fixture
def note(app: Flask, cast: Cast) -> Signed:
    """A note that nothing followed."""
    draft = session(factories.patient(cast.dan), cast, days_ago=0)
    return Signed.of(factories.sign(draft, by=cast.alice, clinic=cast.clinic))


@pytest.fixture
def lost(app: Flask, note: Signed, disk: Path) -> Path:
    """The file of a note whose row is lost."""
    file = disk / f"{note.number}.pdf"
    file.write_bytes(note.note.stored_pdf())
    lose(app, "DELETE FROM notes WHERE id = :id", id=note.id)
    return file


def test_a_file_that_is_not_what_was_signed_is_refused(app: Flask, lost: Path, disk: Path) -> None:
    whole = lost.read_bytes()
    forged = {
        "bit": forging.flipped(whole, len(whole) // 2, 3),
        "cut": whole[:-1],
        "picture": b"\x89PNG",
        "revision": forging.revision(whole, words=b"15 U"),
    }
    for name, content in forged.items():
        (disk / "forged").mkdir(exist_ok=True)
        (disk / "forged" / f"{name}.pdf").write_bytes(content)

    with nothing_changed():
        result = restore(app, disk / "forged")

    assert result.exit_code == 1
    assert reasons(result) == [
        "It has been changed or damaged since it was signed.",
        "It has been changed or damaged since it was signed.",
        "This is not a PDF.",
        "Something was added to it after it was signed.",
    ]


def test_a_note_of_another_clinic_is_refused(app: Flask, lost: Path) -> None:
    theirs = authority.found("Quayside Clinic", secret=b"x" * 32, now=factories.BEGAN)
    lose(app, "UPDATE authorities SET certificate_pem = :pem", pem=theirs.certificate_pem)

    with nothing_changed():
        result = restore(app, lost)

    assert reasons(result) == [
        "Nothing has been changed, but this clinic did not issue the signature."
    ]


def test_what_is_no_authority_of_this_clinic_is_never_adopted(
    app: Flask, lost: Path, cast: Cast, disk: Path
) -> None:
    theirs = authority.found("Harbor Clinic", secret=b"x" * 32, now=factories.BEGAN)
    (disk / "root.pem").write_text(theirs.certificate_pem)
    (disk / "none.pem").write_text("no certificate")
    assert cast.alice.signing_key is not None
    (disk / "signer.pem").write_text(cast.alice.signing_key.certificate_pem)

    with nothing_changed():
        other = restore(app, lost, "--trust", disk / "root.pem")
        none = restore(app, lost, "--trust", disk / "none.pem")
        signer = restore(app, lost, "--trust", disk / "signer.pem")

    assert (other.exit_code, none.exit_code, signer.exit_code) == (2, 2, 2)
    assert "a signer's certificate" in signer.stderr
    assert "only its own notes are put back" in other.stderr
    assert "is not a certificate" in none.stderr


def test_a_session_that_was_changed_since_is_left_as_it_is(
    app: Flask, note: Signed, lost: Path
) -> None:
    lose(app, "UPDATE sites SET units = 700 WHERE treatment_id = :key", key=note.session)

    with nothing_changed():
        result = restore(app, lost)

    (reason,) = reasons(result)
    assert reason.startswith("The stored session says otherwise than the note: the sites.")


def test_a_session_that_was_moved_since_is_left_with_whom_it_is(
    app: Flask, note: Signed, lost: Path, cast: Cast
) -> None:
    other = factories.patient(cast.dan, given_name="Jonas", family_name="Other")
    lose(
        app,
        "UPDATE treatments SET patient_id = :to WHERE id = :key",
        key=note.session,
        to=other.id,
    )

    with nothing_changed():
        result = restore(app, lost)

    (reason,) = reasons(result)
    assert reason.startswith("Its session belongs to another patient here.")


def test_a_number_that_another_session_has_is_not_given_twice(
    app: Flask, lost: Path, cast: Cast
) -> None:
    draft = session(factories.patient(cast.dan), cast, days_ago=0)
    taken = factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    assert taken.number == lost.stem

    with nothing_changed():
        result = restore(app, lost)

    (reason,) = reasons(result)
    assert "is the note of another session here" in reason


def test_an_addendum_without_its_note_is_refused(
    app: Flask, note: Signed, cast: Cast, disk: Path
) -> None:
    added = factories.addendum(note.note, by=cast.alice, clinic=cast.clinic)
    (disk / "addendum.pdf").write_bytes(added.stored_pdf())
    lose_session(app, note)

    with nothing_changed():
        result = restore(app, disk / "addendum.pdf")

    (reason,) = reasons(result)
    assert "is not here: give its file as well" in reason


def test_a_certificate_of_another_person_is_refused(app: Flask, cast: Cast, disk: Path) -> None:
    draft = session(factories.patient(cast.dan), cast, days_ago=0)
    begin_write()
    cast.alice.name = "Alice Other"
    db.session.commit()
    note = Signed.of(factories.sign(draft, by=cast.alice, clinic=cast.clinic))
    (disk / "note.pdf").write_bytes(note.note.stored_pdf())
    lose(app, "DELETE FROM notes WHERE id = :id", id=note.id)

    with nothing_changed():
        result = restore(app, disk)

    assert reasons(result) == [
        "It says that Alice Other, MD signed it, and the certificate is of Alice Amari, MD. Find"
        " out whose note it is."
    ]


def test_two_files_of_one_number_are_both_refused(
    app: Flask, lost: Path, cast: Cast, disk: Path
) -> None:
    draft = session(factories.patient(cast.dan), cast, days_ago=0)
    other = factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    (disk / "other.pdf").write_bytes(other.stored_pdf())

    with nothing_changed():
        result = restore(app, disk)

    assert reasons(result) == [f"Another file is {lost.stem} as well: give one."] * 2


def test_a_session_that_says_otherwise_in_any_fact_is_left_as_it_is(
    app: Flask, note: Signed, lost: Path, cast: Cast
) -> None:
    bob = cast.bob.id
    facts = {
        "performer_id": (bob, cast.alice.id, "who gave it"),
        "supervisor_id": (bob, None, "who supervised it"),
        "touch_up_of": ("2026-01-02", None, "the day of which it is the touch-up"),
        "incomplete_reason": ("The patient left.", None, "why it is incomplete"),
        "consent_signature": ('[[["1", "2"]]]', None, "the drawn consent"),
        "paper_time": ("09:30:00.000000", None, "the time on paper"),
    }
    for column, (otherwise, as_signed, words) in facts.items():
        change = f"UPDATE treatments SET {column} = :value WHERE id = :key"
        lose(app, change, key=note.session, value=otherwise)
        with nothing_changed():
            (reason,) = reasons(restore(app, lost))
        assert reason.startswith(f"The stored session says otherwise than the note: {words}. ")
        lose(app, change, key=note.session, value=as_signed)

    assert restore(app, lost).exit_code == 0


def test_a_signer_who_is_called_otherwise_by_now_is_who_signed(
    app: Flask, lost: Path, cast: Cast
) -> None:
    lose(app, "UPDATE people SET name = 'Alice Married' WHERE id = :id", id=cast.alice.id)

    result = restore(app, lost)

    assert (result.exit_code, result.stderr) == (0, "")
    assert db.session.scalars(db.select(Note)).one().signed_by.name == "Alice Married"


def test_a_trail_that_tells_no_hash_is_no_hindrance(
    app: Flask, note: Signed, cast: Cast, lost: Path
) -> None:
    begin_write()
    audit.record(db.session, "note.signed", by=cast.alice, now=clock.now(), number=note.number)
    db.session.commit()

    assert restore(app, lost).exit_code == 0


def test_what_cannot_be_read_is_told_and_the_others_come_back(
    app: Flask, lost: Path, disk: Path
) -> None:
    (disk / "folder.pdf").mkdir()
    (disk / "unreadable.pdf").symlink_to("/proc/self/mem")  # A file whose first byte is an error.
    lost.rename(lost.with_suffix(".PDF"))

    result = restore(app, disk)

    assert result.stdout == "1 put back, 0 were here.\n"
    assert reasons(result) == ["It cannot be read: Input/output error."]


def test_what_came_back_before_an_unexpected_fault_is_told(
    app: Flask, history: History, exported: Path
) -> None:
    begin_write()
    # No page writes such an entry.
    second = history.second.note
    audit.record(db.session, "addendum.signed", by=None, now=clock.now(), subject=second)
    db.session.commit()
    alter_stored_bytes(app, history.first.note)
    lose(app, "DELETE FROM notes WHERE id = :id", id=history.second.id)

    result = command(app, "restore-note", str(exported))

    assert isinstance(result.exception, KeyError)
    assert result.stdout == "1 put back, 1 were here.\n"


# A clinic that has nothing but its PDFs


@pytest.fixture
def anew(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Flask]:
    """The clinic set up afresh, with an authority of its own; one person has an account again."""
    shutil.copytree(migrated_sqlite, tmp_path / "anew")
    application = create_app(configuration(tmp_path / "anew"))
    with application.app_context():
        begin_write()
        now = clock.now()
        root = authority.found("Quayside Clinic", secret=keyring.derive(SECRET), now=now)
        db.session.add_all(
            [
                Clinic(name="Quayside Clinic", time_zone="America/New_York", created_at=now),
                Authority(
                    certificate_pem=root.certificate_pem,
                    wrapped_key=root.wrapped_key,
                    created_at=now,
                ),
            ]
        )
        factories.person("alice", "Alice Amari", "MD", Role.PROVIDER, Role.PRESCRIBER)
        db.session.commit()
    yield application
    with application.app_context():
        db.engine.dispose()


def test_a_lost_clinic_comes_back_from_its_pdfs(
    app: Flask, history: History, cast: Cast, as_alice: AuditingClient, anew: Flask, disk: Path
) -> None:
    told = session(factories.patient(cast.dan, given_name="Ana María"), cast, days_ago=7)
    begin_write()
    told.performer = cast.bob
    told.supervisor = cast.alice
    db.session.commit()
    note = factories.sign(told, by=cast.bob, clinic=cast.clinic, pin=factories.BOBS_PIN)
    number = note.number
    (disk / "root.pem").write_text(db.session.scalars(db.select(Authority)).one().certificate_pem)
    export(app, "--all", "--format", "pdf", "--format", "json", "--to", disk / "all")
    before, key = seen(app, as_alice, history), history.patient
    event_before = ("drooping_brow", history.first.session)

    with anew.app_context():
        refused = restore(anew, disk / "all")
        result = restore(anew, disk / "all", "--trust", disk / "root.pem")
        once, entries = tables(), len(trail())
        again = restore(anew, disk / "all")

        assert refused.exit_code == 1
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == "4 put back, 0 were here.\n"
        assert again.stdout == "0 put back, 4 were here.\n"
        assert (tables(), len(trail())) == (once, entries)
        out = export(anew, "--all", "--format", "pdf", "--format", "json", "--to", disk / "again")
        assert out.exit_code == 0
        assert files_in(disk / "again") == files_in(disk / "all")
        assert command(anew, "verify-all").exit_code == 0
        assert command(anew, "audit-verify").exit_code == 0

        # Who has an account again is who signed; who has none is named as printed, and is no user.
        people = {each.name: each for each in db.session.scalars(db.select(Person))}
        assert sorted(people) == ["Alice Amari", "Bob Brandt"]
        bob = people["Bob Brandt"]
        assert (bob.credentials, bob.roles, bob.is_active) == ("MD", [], False)
        assert not bob.password_is("")
        year, serial = number.split("-")[1:]
        back = db.session.scalars(
            db.select(Note).where(Note.year == int(year), Note.serial == int(serial))
        ).one()
        assert back.signed_by is bob
        assert back.treatment.awaits_cosignature
        assert back.treatment.patient.name == "Ana María Oduya-Sample"
        assert back.restored_at is not None

        # The next session starts from what was lost.
        patient, alice = db.session.get_one(Patient, key), people["Alice Amari"]
        draft = factories.treatment(
            patient, by=alice, clinic=db.session.scalars(db.select(Clinic)).one()
        )
        there = signed_in(anew, alice)
        earlier = there.get(f"/treatments/{draft.id}/earlier").json
        assert earlier == before.earlier
        (event,) = db.session.scalars(db.select(AdverseEvent))
        assert (event.kind, event.treatment_id, len(event.linked_sites)) == (*event_before, 1)


def everything(app: Flask, disk: Path) -> list[str | Path]:
    """What a lost clinic has left: its export, and its authority's certificate."""
    root = db.session.scalars(db.select(Authority)).one().certificate_pem
    (disk / "root.pem").write_text(root)
    assert export(app, "--all", "--format", "pdf", "--to", disk / "all").exit_code == 0
    return [disk / "all", "--trust", disk / "root.pem"]


def test_notes_under_two_record_numbers_are_one_patient_as_the_newest_note_tells_them(
    app: Flask, cast: Cast, anew: Flask, disk: Path
) -> None:
    patient = factories.patient(cast.dan, record_number="B-1")
    first = factories.sign(session(patient, cast, days_ago=84), by=cast.alice, clinic=cast.clinic)
    older = Signed.of(first)
    correct(
        app,
        patient,
        record_number="B-2",
        allergies_asked="listed",
        allergies="Human albumin: anaphylaxis",
    )
    newer = factories.sign(session(patient, cast, days_ago=0), by=cast.alice, clinic=cast.clinic)
    (disk / "loose").mkdir()
    (disk / "loose" / "1.pdf").write_bytes(older.note.stored_pdf())
    (disk / "loose" / "2.pdf").write_bytes(newer.stored_pdf())
    # Signed last, it tells of the patient what its note does.
    factories.addendum(older.note, by=cast.alice, clinic=cast.clinic)
    given = everything(app, disk)

    with anew.app_context():
        result = restore(anew, *given)

        assert (result.exit_code, result.stderr) == (0, "")
        (back,) = patients()
        assert (back.record_number, len(back.treatments)) == ("B-2", 2)
        assert (back.allergies_asked, back.allergies) == ("listed", "Human albumin: anaphylaxis")
        again = restore(anew, disk / "loose")
        assert again.stdout == "0 put back, 2 were here.\n"


def test_two_whom_an_export_keeps_apart_stay_two_however_alike(
    app: Flask, cast: Cast, anew: Flask, disk: Path
) -> None:
    for number in ("E-1", "E-2"):
        draft = session(factories.patient(cast.dan, record_number=number), cast, days_ago=0)
        factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    given = everything(app, disk)

    with anew.app_context():
        result = restore(anew, *given)

        assert (result.exit_code, result.stderr) == (0, "")
        assert [(each.record_number, len(each.treatments)) for each in patients()] == [
            ("E-1", 1),
            ("E-2", 1),
        ]


def test_a_void_note_does_not_come_back_valid_where_the_file_that_voids_it_is_bad(
    app: Flask, note: Signed, cast: Cast, anew: Flask, disk: Path
) -> None:
    void = factories.addendum(
        note.note, by=cast.alice, clinic=cast.clinic, kind=WRONG_PATIENT, text=""
    )
    reference = void.reference
    given = everything(app, disk)
    (file,) = (disk / "all").rglob("*-A1.pdf")
    whole = file.read_bytes()

    with anew.app_context():
        file.write_bytes(forging.flipped(whole, len(whole) // 2, 3))
        damaged = restore(anew, *given)
        (disk / "all" / "SHA256SUMS").rename(disk / "sums")
        unlisted = restore(anew, *given)
        (disk / "sums").rename(disk / "all" / "SHA256SUMS")
        file.unlink()
        missing = restore(anew, *given)

        sentence = f"{reference} followed it: give that file as well."
        changed = "It has been changed or damaged since it was signed."
        assert reasons(damaged) == reasons(unlisted) == [changed, sentence]
        assert reasons(missing) == [sentence]
        assert db.session.scalars(db.select(Note)).all() == []

        file.write_bytes(whole)
        assert restore(anew, *given).exit_code == 0
        assert db.session.scalars(db.select(Note)).one().is_void
