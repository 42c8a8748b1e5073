"""GET /check and /check/<code>: what the code on paper finds, said to anyone, kept nowhere."""

from __future__ import annotations

import pytest
from flask import Flask

from app.extensions import limiter
from app.models import Note
from app.notes.record import check_code
from tests import factories
from tests.clients import AuditingClient
from tests.dumps import nothing_changed
from tests.factories import Cast
from tests.rows import alter_stored_bytes


@pytest.fixture
def note(cast: Cast) -> Note:
    """A note signed by Alice."""
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    return factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)


def test_a_code_says_that_the_clinic_keeps_the_note_by_whom_and_when(
    client: AuditingClient, cast: Cast, note: Note
) -> None:
    code = check_code(note.record_sha256)

    with nothing_changed():
        answer = client.get(f"/check/{code}")

    assert answer.status_code == 200
    assert 'data-check="intact"' in answer.text
    for said in (
        code,
        note.number,
        "Alice Amari, MD",
        f"{cast.clinic.local(note.signed_at):%H:%M}",
    ):
        assert said in answer.text
    assert "Check the PDF itself" in answer.text
    for hidden in ("Oduya", "Maren", "corrugator", "BOTOX", note.record_sha256):
        assert hidden not in answer.text
    assert "Later" not in answer.text


def test_a_code_is_read_as_it_was_meant(client: AuditingClient, note: Note) -> None:
    code = check_code(note.record_sha256)
    typed = code.lower().replace("-", "").replace("1", "l").replace("0", "o")

    answers = [
        client.get(f"/check/{typed}"),
        client.get(f"/check/{typed[:5]} {typed[5:]}"),
        client.get("/check", query_string={"code": f" {typed} "}, follow_redirects=True),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all(note.number in answer.text for answer in answers)


def test_a_later_document_is_said_to_be_there_and_nothing_of_it(
    client: AuditingClient, cast: Cast, note: Note
) -> None:
    addendum = factories.addendum(note, by=cast.alice, clinic=cast.clinic, reason="Not for here.")

    of_note = client.get(f"/check/{check_code(note.record_sha256)}").text
    of_addendum = client.get(f"/check/{check_code(addendum.record_sha256)}").text

    assert "Addendum 1, " in of_note
    assert "Ask for it too." in of_note
    assert addendum.reference in of_addendum
    assert "Later" not in of_addendum
    for page in (of_note, of_addendum):
        assert "Not for here." not in page
        assert "larification" not in page


def test_a_damaged_file_is_said_to_be_damaged(
    app: Flask, client: AuditingClient, note: Note
) -> None:
    code = check_code(note.record_sha256)
    alter_stored_bytes(app, note)

    with nothing_changed():
        answer = client.get(f"/check/{code}")

    assert answer.status_code == 200
    assert 'data-check="damaged"' in answer.text
    assert "The clinic’s file of it is damaged" in answer.text


@pytest.mark.parametrize(
    "code", ["7KQ4-M2TD-91XA", "7KQ4-M2TD", "UUUU-UUUU-UUUU", "<img src=x>", "%", "x" * 200]
)
def test_an_unknown_code_says_what_to_check(client: AuditingClient, note: Note, code: str) -> None:
    with nothing_changed():
        answer = client.get("/check/" + code)

    assert answer.status_code == 404
    assert 'data-check="unknown"' in answer.text
    assert "The code has twelve signs" in answer.text
    assert "207-555-0100" in answer.text
    assert "<img" not in answer.text


def test_no_code_at_all_leads_to_where_one_is_typed(client: AuditingClient, cast: Cast) -> None:
    answer = client.get("/check")

    assert answer.status_code == 303
    assert answer.location == "/verify#code"
    assert 'id="code"' in client.get("/verify").text


def test_codes_are_not_tried_one_after_the_other(
    app: Flask, client: AuditingClient, cast: Cast
) -> None:
    app.config["RATELIMIT_ENABLED"] = True
    limiter.init_app(app)

    answers = [client.get(f"/check/7KQ4-M2TD-91X{each % 10}").status_code for each in range(40)]

    assert answers[0] == 404
    assert answers[-1] == 429
