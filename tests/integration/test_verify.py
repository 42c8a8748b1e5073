"""GET and POST /verify, GET /authority.pem: anyone may ask what a PDF proves; nothing is kept."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from cryptography import x509
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import clock, settings
from app.audit import AuditEntry
from app.extensions import begin_write, db
from app.models import Authority, Note, Treatment
from app.notes import authority, layout
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.unit.notes import forging
from tests.unit.notes.conftest import new_signing


@pytest.fixture
def note(cast: Cast) -> Note:
    """A note signed by Alice."""
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    return factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)


def drop(client: AuditingClient, content: bytes, name: str = "note.pdf") -> TestResponse:
    return client.post("/verify", data={"pdf": (BytesIO(content), name)})


def rows_of(page: str) -> list[tuple[str, ...]]:
    """The table of changes, row by row."""
    found = re.findall(
        r'scope="row">(.*?)</th>.*?<ins>(.*?)</ins>.*?<del>(.*?)</del>.*?"quiet">(.*?)</td>',
        page,
        re.DOTALL,
    )
    return [tuple(unescape(cell) for cell in row) for row in found]


def verdict(client: AuditingClient, content: bytes) -> str:
    answer = drop(client, content)
    assert answer.status_code == 200
    return answer.text.split('data-verdict="')[1].split('"')[0]


def test_a_note_of_the_clinic_is_intact_and_says_who_and_when(
    client: AuditingClient, cast: Cast, note: Note
) -> None:
    page = drop(client, note.stored_pdf()).text

    assert 'data-verdict="intact"' in page
    assert "Nothing has been changed since it was signed." in page
    assert "Alice Amari, MD" in page
    assert f"{cast.clinic.local(note.signed_at):%H:%M}" in page
    assert note.pdf_sha256 in page


def test_one_changed_byte_is_seen_wherever_it_is(client: AuditingClient, note: Note) -> None:
    pdf = note.stored_pdf()

    for place in (len(pdf) // 7, len(pdf) // 2, len(pdf) - 40):
        changed = bytearray(pdf)
        changed[place] ^= 1
        assert verdict(client, bytes(changed)) == "changed"


def test_a_byte_of_the_signatures_own_padding_is_a_change(
    client: AuditingClient, note: Note
) -> None:
    changed = bytearray(note.stored_pdf())
    end = changed.rindex(b"0" * 40)
    changed[end + 39] = ord("1")

    assert verdict(client, bytes(changed)) == "changed"


def test_something_added_is_a_change(client: AuditingClient, note: Note) -> None:
    assert verdict(client, note.stored_pdf() + b"\n% more") == "changed"


def test_a_signer_of_another_clinic_is_unknown(client: AuditingClient, note: Note) -> None:
    pdf = note.stored_pdf()
    other = authority.found("Elsewhere", secret=b"x" * 32, now=datetime(2020, 1, 1, tzinfo=UTC))
    begin_write()
    db.session.scalars(select(Authority)).one().certificate_pem = other.certificate_pem
    db.session.commit()

    page = drop(client, pdf).text

    assert 'data-verdict="unknown"' in page
    assert "a certificate that is not from this clinic" in page
    assert "207-555-0100" in page


def test_a_forged_revision_is_told_field_by_field_without_sign_in(
    client: AuditingClient, note: Note
) -> None:
    other = json.loads(note.record)
    other["sites"][0]["units"] = "15"

    page = drop(client, forging.revision(note.stored_pdf(), attached=other)).text

    assert 'data-verdict="changed"' in page
    assert "The signed version is still inside" in page
    assert rows_of(page) == [
        ("Site 1 (Corrugator, right), units", "5\u00a0U", "15\u00a0U", "record.json"),
    ]


def test_a_forged_revision_is_told_in_spanish(client: AuditingClient, note: Note) -> None:
    other = json.loads(note.record)
    other["sites"].pop()

    forged = forging.revision(note.stored_pdf(), attached=other)
    page = client.post(
        "/verify",
        data={"pdf": (BytesIO(forged), "n.pdf")},
        headers={"Accept-Language": "es"},
    ).text

    assert rows_of(page) == [
        ("Punto 2 (Corrugator, left), todo", "está", "no está", "record.json"),
    ]


def test_what_the_clinic_keeps_is_shown_only_to_who_may_read_it(
    app: Flask, client: AuditingClient, cast: Cast, note: Note
) -> None:
    """Written anew by another program: nothing of the signed version is left in the file."""
    other = json.loads(note.record)
    other["sites"][0]["units"] = "15"
    out = BytesIO()
    with pikepdf.open(BytesIO(forging.revision(note.stored_pdf(), attached=other))) as document:
        document.save(out)
    forged, number = out.getvalue(), note.number

    stranger = drop(client, forged).text
    administrator = drop(signed_in(app, cast.eve), forged).text
    as_dan = signed_in(app, cast.dan)
    with nothing_changed("note.compared"):
        staff = drop(as_dan, forged).text

    for page in (stranger, administrator):
        assert 'data-verdict="changed"' in page
        assert rows_of(page) == []
        assert "The clinic keeps" not in page
    assert rows_of(staff) == [
        ("Site 1 (Corrugator, right), units", "5\u00a0U", "15\u00a0U", "record.json")
    ]
    assert "What the clinic keeps is shown beside what this file says." in staff
    assert last_entry("note.compared").details == {"number": number}


def test_what_the_clinic_keeps_of_a_hidden_patient_is_not_shown(
    app: Flask, cast: Cast, note: Note
) -> None:
    other = json.loads(note.record)
    other["patient"]["name"] = "Somebody Else"
    changed = bytearray(forging.revision(note.stored_pdf(), attached=other))
    changed[1000] ^= 1
    begin_write()
    note.treatment.patient.restrict([cast.alice], expected=[], by=cast.alice, now=clock.now())
    db.session.commit()

    page = drop(signed_in(app, cast.dan), bytes(changed)).text

    assert 'data-verdict="changed"' in page
    assert rows_of(page) == []
    assert "Oduya" not in page


def test_a_whole_file_of_another_signer_for_a_note_of_ours_is_replaced(
    client: AuditingClient, note: Note
) -> None:
    record = json.loads(note.record)
    record["sites"][0]["units"] = "15"
    forged = new_signing().sign(layout.render(record))

    page = drop(client, forged).text

    assert 'data-verdict="replaced"' in page
    assert note.number in page
    assert "a certificate that is not from this clinic" in page


def test_later_documents_are_named_and_not_opened(
    client: AuditingClient, cast: Cast, note: Note
) -> None:
    factories.addendum(
        note, by=cast.alice, clinic=cast.clinic, kind="wrong_patient", reason="Not this patient."
    )

    page = drop(client, note.stored_pdf()).text

    assert 'data-verdict="intact"' in page
    assert "Addendum 1, " in page
    assert "Ask for it too." in page
    assert "Not this patient." not in page
    assert "wrong" not in page.lower()


def test_an_addendum_is_a_document_of_its_own(
    client: AuditingClient, cast: Cast, note: Note
) -> None:
    addendum = factories.addendum(note, by=cast.alice, clinic=cast.clinic)

    assert verdict(client, addendum.stored_pdf()) == "intact"


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7\n%%EOF", b"\x00" * 5000])
def test_what_is_no_note_is_said_to_be_none(
    client: AuditingClient, cast: Cast, content: bytes
) -> None:
    answer = drop(client, content)

    assert "not-a-note" in answer.text or "Choose the PDF to check." in answer.text


def test_without_a_file_the_page_asks_for_one(client: AuditingClient, cast: Cast) -> None:
    answer = client.post("/verify", data={})

    assert answer.status_code == 422
    assert "Choose the PDF to check." in answer.text


def test_a_file_name_is_shown_as_text(client: AuditingClient, note: Note) -> None:
    page = drop(client, note.stored_pdf(), "<img src=x>.pdf").text

    assert "&lt;img src=x&gt;.pdf" in page


def test_a_file_may_be_larger_than_a_form_and_not_larger_than_the_limit(
    app: Flask, client: AuditingClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 50_000
    monkeypatch.setattr(settings, "LARGEST_VERIFIED_FILE", 300_000)

    assert drop(client, b"x" * 290_000).status_code == 200
    assert drop(client, b"x" * 305_000).status_code == 413
    assert drop(client, b"x" * 450_000).status_code == 413


def test_checking_a_file_needs_no_sign_in_and_leaves_nothing(
    app: Flask, client: AuditingClient, note: Note
) -> None:
    def kept() -> list[Any]:
        return [
            db.session.scalar(select(func.count()).select_from(kind))
            for kind in (AuditEntry, Note, Treatment)
        ]

    before = kept()

    page = drop(client, note.stored_pdf()).text

    assert kept() == before
    assert "Oduya" not in page
    assert "no sign-in needed" in page


def test_whoever_is_signed_in_keeps_their_bar(app: Flask, cast: Cast) -> None:
    page = signed_in(app, cast.dan).get("/verify").text

    assert "Dan Dufour" in page
    assert "Is this note genuine?" in page


def test_another_site_cannot_have_a_file_checked(client: AuditingClient, cast: Cast) -> None:
    answer = client.post("/verify", data={"pdf": (BytesIO(b"x"), "x.pdf")}, csrf=False)

    assert answer.status_code == 400


def test_the_root_certificate_is_there_for_everyone(client: AuditingClient, cast: Cast) -> None:
    answer = client.get("/authority.pem")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    root = x509.load_pem_x509_certificate(answer.data)
    assert "Quayside Clinic" in root.subject.rfc4514_string()
    assert b"PRIVATE" not in answer.data
