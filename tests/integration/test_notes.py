"""GET and POST /notes: the records desk finds, opens, downloads and prints signed notes."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from app.models import Note
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.factories import Cast


@pytest.fixture
def note(cast: Cast) -> Note:
    """A note of Maren Oduya-Sample, signed by Alice today."""
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    return factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    """Staff, signed in."""
    return signed_in(app, cast.dan)


def listed(client: AuditingClient, **filters: str) -> str:
    answer = client.post("/notes", data=filters)
    assert answer.status_code == 200
    return answer.text


def test_a_signed_note_is_listed_with_its_three_ways_on(as_dan: AuditingClient, note: Note) -> None:
    page = as_dan.get("/notes").text

    assert note.number in page
    assert "Maren Oduya-Sample" in page
    assert "<span>BOTOX 10 U, 2 sites</span><span>Alice Amari, MD</span>" in page
    assert 'chip--line">To print<' in page
    assert f'href="/treatments/{note.treatment_id}/note.pdf"' in page
    assert f'data-downloads="/treatments/{note.treatment_id}/note.pdf?download=1"' in page
    assert f'data-prints="/treatments/{note.treatment_id}/copies"' in page


def test_a_desk_without_notes_says_so(as_dan: AuditingClient) -> None:
    assert "No signed note yet" in as_dan.get("/notes").text


def test_notes_are_found_by_patient(as_dan: AuditingClient, note: Note) -> None:
    number = note.treatment.patient.record_number

    for typed in ("oduya", "Maren", "12 Mar 1984", number.lower()):
        assert note.number in listed(as_dan, patient=typed)
    assert note.number not in listed(as_dan, patient="Whitlock")


def test_notes_are_found_by_the_clinics_day(as_dan: AuditingClient, cast: Cast, note: Note) -> None:
    today = cast.clinic.today(note.signed_at)
    before, after = today - timedelta(days=1), today + timedelta(days=1)

    assert note.number in listed(as_dan, first=f"{today}", last=f"{today}")
    assert note.number in listed(as_dan, first=f"{before}")
    assert note.number not in listed(as_dan, last=f"{before}")
    assert note.number not in listed(as_dan, first=f"{after}")


def test_notes_are_found_by_provider(as_dan: AuditingClient, cast: Cast, note: Note) -> None:
    assert note.number in listed(as_dan, provider=str(cast.alice.id))
    assert note.number not in listed(as_dan, provider=str(cast.bob.id))


def test_filters_that_make_no_sense_are_said_and_list_nothing(
    as_dan: AuditingClient, note: Note
) -> None:
    answer = as_dan.post("/notes", data={"first": "2026-11-23", "last": "2026-11-22"})

    assert answer.status_code == 422
    assert "This day is before the first one." in answer.text
    assert note.number not in answer.text
    assert as_dan.post("/notes", data={"first": "soon"}).status_code == 422


def test_a_filter_that_fits_nothing_offers_all(as_dan: AuditingClient, note: Note) -> None:
    assert "No signed note fits" in listed(as_dan, patient="Whitlock")


def test_no_name_stands_in_an_address(as_dan: AuditingClient, note: Note) -> None:
    assert as_dan.get("/notes?patient=Whitlock").text.count(note.number) > 0


def test_what_is_to_be_printed_is_a_list_of_its_own(as_dan: AuditingClient, note: Note) -> None:
    to_print = listed(as_dan, tab="to_print")
    assert note.number in to_print
    assert "1 to print" in to_print
    assert note.number not in listed(as_dan, tab="to_print", patient="Whitlock")

    as_dan.post(f"/treatments/{note.treatment_id}/copies", data={"reason": "for the paper record"})

    # The list that was open stays open when its filters are used.
    done = listed(as_dan, show="to_print")
    assert "Everything is printed" in done
    assert "0 to print" in done
    everything = listed(as_dan, show="to_print", tab="signed")
    day = note.copies[0].printed_at
    assert note.number in everything
    assert f"Printed {clinics_day(day)}" in everything


def clinics_day(instant: datetime) -> str:
    local = instant.astimezone(ZoneInfo("America/New_York"))
    return f"{local.day} {local:%b}"


def test_an_incomplete_session_says_so_in_the_list(as_dan: AuditingClient, cast: Cast) -> None:
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic, incomplete="the patient felt unwell")

    assert "Incomplete</span>" in as_dan.get("/notes").text


def test_a_printed_copy_is_counted_and_logged(as_dan: AuditingClient, note: Note) -> None:
    as_dan.post(f"/treatments/{note.treatment_id}/copies", data={"reason": "for the payer"})

    page = as_dan.get("/notes").text

    # A copy for the payer is no copy for the paper record.
    assert 'chip--line">To print<' in page
    log = page[page.index("Print log") :]
    assert f"{note.number}, copy 1" in log
    assert "Dan Dufour · for the payer" in log


def test_what_is_not_signed_stands_beside_the_notes(as_dan: AuditingClient, cast: Cast) -> None:
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)

    page = as_dan.get("/notes").text

    assert "1 not signed" in page
    assert f'href="/treatments/{draft.id}"' in page
    beside = page[page.index("Not signed tonight") :]
    assert "Alice Amari, MD" in beside
    assert f'action="/treatments/{draft.id}/reminders"' in beside


def test_listing_notes_is_in_the_trail_without_what_was_typed(
    as_dan: AuditingClient, cast: Cast, note: Note
) -> None:
    listed(as_dan, patient="oduya")

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "notes.listed")).one()
    assert entry.by_id == cast.dan.id
    assert entry.details == {"count": 1}


def test_clinical_roles_read_notes_and_administrators_do_not(
    app: Flask, cast: Cast, note: Note
) -> None:
    for person in (cast.bob, cast.carol):
        assert note.number in signed_in(app, person).get("/notes").text
    assert signed_in(app, cast.eve).get("/notes").status_code == 403
