"""A stored file that is not what was signed: refused, in the trail and the log, and told."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import begin_write, db
from app.models import Note
from app.models.immutability import lay, lift
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.databases import raw_engine
from tests.dumps import last_entry
from tests.factories import Cast
from tests.rows import alter_stored_bytes


@pytest.fixture
def note(cast: Cast) -> Note:
    """A note signed by Alice."""
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    return factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.dan)


def alarms(client: AuditingClient, address: str) -> list[str]:
    page = client.get(address).text
    return [part.split('"')[0] for part in page.split('data-damaged="')[1:]]


def test_who_administers_is_told_until_the_file_is_whole_again(
    app: Flask, cast: Cast, note: Note, as_dan: AuditingClient, caplog: pytest.LogCaptureFixture
) -> None:
    number, whole, address = note.number, note.stored_pdf(), f"/treatments/{note.treatment_id}"
    as_eve = signed_in(app, cast.eve)
    alter_stored_bytes(app, note)
    assert alarms(as_eve, "/admin/people") == []  # Nobody has met it yet.

    with caplog.at_level(logging.ERROR):
        refused = as_dan.get(f"{address}/note.pdf")

    assert refused.status_code == 500
    assert b"%PDF" not in refused.data
    assert f"the stored file of {number} is not what was signed" in caplog.text
    assert last_entry("note.damaged").details["number"] == number
    assert alarms(as_eve, "/admin/people") == [number]
    assert alarms(as_eve, "/admin/people") == [number]
    assert alarms(as_dan, "/") == []  # Who does not administer cannot restore it.

    with raw_engine(app.config).begin() as connection:
        lift(connection)
        connection.execute(text("UPDATE notes SET pdf = :pdf"), {"pdf": whole})
        lay(connection)

    assert alarms(as_eve, "/admin/people") == []


def test_a_solo_owner_is_told_on_their_page_of_today(app: Flask, cast: Cast, note: Note) -> None:
    number = note.number
    begin_write()
    cast.alice.roles = [*cast.alice.roles, "administrator"]
    db.session.commit()
    as_alice = signed_in(app, cast.alice)
    alter_stored_bytes(app, note)

    as_alice.get(f"/treatments/{note.treatment_id}/note.pdf")

    assert alarms(as_alice, "/") == [number]


def test_a_damaged_addendum_is_told_by_its_own_number(
    app: Flask, cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    addendum = factories.addendum(note, by=cast.alice, clinic=cast.clinic)
    reference = addendum.reference
    as_eve = signed_in(app, cast.eve)
    with raw_engine(app.config).begin() as connection:
        lift(connection)
        connection.execute(text("UPDATE addenda SET pdf = :pdf"), {"pdf": b"%PDF-1.7"})
        lay(connection)

    refused = as_dan.post("/notes/copies", data={"note": [str(note.id)], "reason": "for the payer"})

    assert refused.status_code == 500
    assert reference in refused.text
    assert alarms(as_eve, "/admin/people") == [reference]
