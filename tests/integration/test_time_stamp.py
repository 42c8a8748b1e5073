"""A time-stamp service: its stamp where it comes in time, a signed document in any case."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.auth.signing_keys import current_authority, set_pin
from app.extensions import begin_write, db
from app.kept import roots
from app.models import Addendum, Clinic, Note, Person, Treatment
from app.models.addendum import ATTESTATION, CORRECTION, COSIGNATURE, WRONG_PATIENT
from app.notes import timestamp, verification
from app.notes.record import check_code
from app.treatments.routes import addenda as adding_routes
from app.treatments.routes import signature as signing_routes
from tests import factories, timestamping
from tests.clients import AuditingClient
from tests.dumps import last_entry
from tests.factories import ALICES_PIN, Cast
from tests.integration.test_addenda import add, cosign, supervised, written
from tests.integration.test_create_signature import charted, notes
from tests.integration.test_verify import drop
from tests.tablets import sign
from tests.timestamping import NAME, Manner, Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with timestamping.running(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    [draft] = charted(cast, 1)
    return draft


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "PATIENCE", 120)


def page_of(document: Note | Addendum, tmp_path: Path) -> str:
    (tmp_path / "note.pdf").write_bytes(document.stored_pdf())
    pdftotext = ["pdftotext", "-layout", "note.pdf", "-"]
    shown = subprocess.run(pdftotext, cwd=tmp_path, capture_output=True, text=True, check=True)
    return " ".join(shown.stdout.split())


def test_a_note_is_stamped_and_page_record_trail_and_check_say_so(
    app: Flask, draft: Treatment, as_alice: AuditingClient, service: Service, tmp_path: Path
) -> None:
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(Manner.RIGHT)

    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN).status_code == 303

    [note] = notes()
    verdict = verification.verify(note.stored_pdf(), roots())
    assert note.level == verdict.level == "B-LT"
    assert (verdict.intact, verdict.trusted) == (True, True)
    assert last_entry("note.signed").details["level"] == "B-LT"
    said = json.loads(note.record)
    assert (said["signature_level"], said["time_stamp_authority"]) == ("B-LT", NAME)
    assert f"Time stamp by {NAME} (PAdES B-LT)." in page_of(note, tmp_path)
    checked = drop(as_alice, note.stored_pdf()).text
    assert f"by {NAME}" in checked
    assert "PAdES B-LT" in checked
    looked_up = as_alice.get(f"/check/{check_code(note.record_sha256)}").text
    assert f"by {NAME}" in looked_up
    assert "PAdES B-LT: time-stamped" in looked_up
    assert "PAdES B-LT, time-stamped" in as_alice.get(f"/treatments/{note.treatment_id}").text


@pytest.mark.parametrize("manner", [Manner.GARBAGE, Manner.FAILS, Manner.ONCE])
def test_a_service_that_fails_before_or_at_the_stamp_leaves_a_note_that_says_b_b(
    app: Flask,
    draft: Treatment,
    as_alice: AuditingClient,
    service: Service,
    tmp_path: Path,
    manner: Manner,
) -> None:
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(manner)

    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN).status_code == 303

    [note] = notes()
    verdict = verification.verify(note.stored_pdf(), roots())
    assert note.level == verdict.level == "B-B"
    assert (verdict.intact, verdict.trusted, verdict.stamp) == (True, True, None)
    said = json.loads(note.record)
    assert (said["signature_level"], said["time_stamp_authority"]) == ("B-B", None)
    page = page_of(note, tmp_path)
    assert "Time by the clinic’s own clock (PAdES B-B)." in page
    assert NAME not in page


def test_a_service_that_never_answers_is_given_up(
    app: Flask,
    draft: Treatment,
    as_alice: AuditingClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timestamp, "PATIENCE", 1)
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(Manner.NEVER)

    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN).status_code == 303

    [note] = notes()
    assert note.level == "B-B"


def test_a_number_taken_while_the_service_was_asked_is_not_given_twice(
    app: Flask,
    cast: Cast,
    as_alice: AuditingClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, other = charted(cast, 2)
    others, alices = other.id, cast.alice.id
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(Manner.RIGHT)

    def and_another_signs(*values: Any, **named: Any) -> Any:
        ahead = sign_ahead(*values, **named)
        with app.app_context():
            other, alice = db.session.get(Treatment, others), db.session.get(Person, alices)
            assert other
            assert alice
            factories.sign(other, by=alice, clinic=db.session.scalars(select(Clinic)).one())
        return ahead

    sign_ahead = signing_routes.sign_ahead
    monkeypatch.setattr(signing_routes, "sign_ahead", and_another_signs)

    assert sign(as_alice, mine.id, mine.revision, ALICES_PIN).status_code == 303

    first, second = notes()
    assert (first.treatment_id, second.treatment_id) == (others, mine.id)
    assert (first.serial, second.serial) == (1, 2)
    assert json.loads(second.record)["note"]["number"] == second.number
    assert verification.verify(second.stored_pdf(), roots()).level == second.level == "B-LT"


def replacing_the_pin(app: Flask, cast: Cast, sign_ahead: Any) -> Any:
    """Signs ahead, and meanwhile Alice sets another PIN on another tablet."""
    alices = cast.alice.id

    def and_another_pin(*values: Any, **named: Any) -> Any:
        ahead = sign_ahead(*values, **named)
        with app.app_context():
            begin_write()
            vouching = current_authority()
            assert vouching
            set_pin(
                db.session.get_one(Person, alices),
                "739105",
                clinic=db.session.scalars(select(Clinic)).one(),
                vouching=vouching,
                now=clock.now(),
            )
            db.session.commit()
        return ahead

    return and_another_pin


REPLACED = "Your PIN or your certificate was replaced meanwhile. Nothing was signed. Sign again."


def test_no_note_names_a_key_that_did_not_sign_it(
    app: Flask,
    cast: Cast,
    draft: Treatment,
    as_alice: AuditingClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meanwhile = replacing_the_pin(app, cast, signing_routes.sign_ahead)
    monkeypatch.setattr(signing_routes, "sign_ahead", meanwhile)

    answer = sign(as_alice, draft.id, draft.revision, ALICES_PIN)

    assert (answer.status_code, REPLACED in answer.text) == (409, True)
    assert notes() == []
    monkeypatch.undo()
    assert sign(as_alice, draft.id, draft.revision, "739105").status_code == 303
    [note] = notes()
    assert note.signing_key == note.signed_by.signing_key


def test_no_other_writer_waits_while_the_service_is_asked(
    app: Flask, draft: Treatment, as_alice: AuditingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def while_another_writes(*values: Any, **named: Any) -> None:
        with app.app_context():
            begin_write()
            db.session.rollback()

    app.config["STIPPLE_TIMESTAMP_URL"] = "http://localhost/"
    monkeypatch.setattr(timestamp, "meet", while_another_writes)

    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN).status_code == 303


# --- What follows a note -----------------------------------------------------------------------


def signed_after(note: Note, browser: AuditingClient, kind: str) -> Addendum:
    """A document of this kind that Alice signs after the note."""
    answer = cosign(browser, note) if kind == COSIGNATURE else add(browser, note, kind=kind)
    assert answer.status_code == 303, answer.text
    [addendum] = written(note)
    return addendum


@pytest.mark.parametrize("kind", [CORRECTION, ATTESTATION, COSIGNATURE, WRONG_PATIENT])
def test_what_follows_a_note_is_stamped_as_the_note_is_and_says_so(
    app: Flask, cast: Cast, as_alice: AuditingClient, service: Service, tmp_path: Path, kind: str
) -> None:
    note = supervised(cast)
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(Manner.RIGHT)

    addendum = signed_after(note, as_alice, kind)

    assert addendum.level == "B-LT"
    assert addendum.stored_pdf().count(b"startxref") == 2  # As laid out, and signed.
    assert last_entry("addendum.signed").details["level"] == "B-LT"
    said = addendum.contents
    assert (said["signature_level"], said["time_stamp_authority"]) == ("B-LT", NAME)
    assert f"Time stamp by {NAME} (PAdES B-LT)." in page_of(addendum, tmp_path)
    assert "PAdES B-LT, time-stamped" in as_alice.get(f"/treatments/{note.treatment_id}").text


def test_who_checks_a_co_signature_is_told_of_its_stamp(
    app: Flask, cast: Cast, as_alice: AuditingClient, service: Service
) -> None:
    note = supervised(cast)
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(Manner.RIGHT)

    addendum = signed_after(note, as_alice, COSIGNATURE)

    dropped = drop(as_alice, addendum.stored_pdf()).text
    looked_up = as_alice.get(f"/check/{check_code(addendum.record_sha256)}").text
    assert 'data-verdict="intact"' in dropped
    assert 'data-check="intact"' in looked_up
    for page in (dropped, looked_up):
        assert f"by {NAME}" in page
        assert "PAdES B-LT: time-stamped" in page


@pytest.mark.parametrize("manner", [Manner.FAILS, Manner.ONCE])
def test_what_follows_a_note_is_signed_without_a_stamp_where_none_comes_and_says_so(
    app: Flask,
    cast: Cast,
    as_alice: AuditingClient,
    service: Service,
    tmp_path: Path,
    manner: Manner,
) -> None:
    note = supervised(cast)
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(manner)

    addendum = signed_after(note, as_alice, CORRECTION)

    verdict = verification.verify(addendum.stored_pdf(), roots())
    assert addendum.level == verdict.level == "B-B"
    assert (verdict.intact, verdict.trusted, verdict.stamp) == (True, True, None)
    said = addendum.contents
    assert (said["signature_level"], said["time_stamp_authority"]) == ("B-B", None)
    page = page_of(addendum, tmp_path)
    assert "Time by the clinic’s own clock (PAdES B-B)." in page
    assert NAME not in page
    assert (
        "PAdES B-B: the time is that of the clinic’s own clock"
        in as_alice.get(f"/check/{check_code(addendum.record_sha256)}").text
    )


def test_a_co_signature_does_not_wait_for_a_service_that_never_answers(
    app: Flask,
    cast: Cast,
    as_alice: AuditingClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note = supervised(cast)
    monkeypatch.setattr(timestamp, "PATIENCE", 1)
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(Manner.NEVER)

    assert signed_after(note, as_alice, COSIGNATURE).level == "B-B"


def test_who_adds_something_while_the_service_is_asked_is_read_first(
    app: Flask,
    cast: Cast,
    as_alice: AuditingClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note = supervised(cast)
    key, alices = note.id, cast.alice.id
    app.config["STIPPLE_TIMESTAMP_URL"] = service.url(Manner.RIGHT)

    def and_another_adds(*values: Any, **named: Any) -> Any:
        ahead = sign_ahead(*values, **named)
        with app.app_context():
            alice = db.session.get_one(Person, alices)
            clinic = db.session.scalars(select(Clinic)).one()
            factories.addendum(db.session.get_one(Note, key), by=alice, clinic=clinic)
        return ahead

    sign_ahead = adding_routes.sign_ahead
    monkeypatch.setattr(adding_routes, "sign_ahead", and_another_adds)

    answer = add(as_alice, note, text="Mine.")

    assert answer.status_code == 409
    assert "signed addendum 1 meanwhile" in answer.text
    assert "Mine." in answer.text
    assert len(written(note)) == 1


def test_no_addendum_names_a_key_that_did_not_sign_it(
    app: Flask, cast: Cast, as_alice: AuditingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = supervised(cast)
    meanwhile = replacing_the_pin(app, cast, adding_routes.sign_ahead)
    monkeypatch.setattr(adding_routes, "sign_ahead", meanwhile)

    answer = add(as_alice, note, text="Mine.")

    assert (answer.status_code, REPLACED in answer.text) == (409, True)
    assert "Mine." in answer.text
    assert written(note) == []


def test_no_other_writer_waits_while_the_service_is_asked_for_an_addendum(
    app: Flask, cast: Cast, as_alice: AuditingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = supervised(cast)

    def while_another_writes(*values: Any, **named: Any) -> None:
        with app.app_context():
            begin_write()
            db.session.rollback()

    app.config["STIPPLE_TIMESTAMP_URL"] = "http://localhost/"
    monkeypatch.setattr(timestamp, "meet", while_another_writes)

    assert add(as_alice, note).status_code == 303
