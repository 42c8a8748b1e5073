"""GET /treatments/<id>/note.pdf gives the bytes that were signed, or nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.models import Note
from app.notes import verification
from app.notes.record import check_code
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed, tables
from tests.factories import Cast
from tests.rows import alter_stored_bytes
from tests.tablets import laid


@pytest.fixture
def note(cast: Cast) -> Note:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    return factories.sign(draft, by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.dan)


def address_of(note: Note) -> str:
    return f"/treatments/{note.treatment_id}/note.pdf"


def test_staff_open_and_download_the_stored_bytes_and_each_is_logged(
    cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    before = tables()

    opened = as_dan.get(address_of(note))
    seen = last_entry("note.opened")
    downloaded = as_dan.get(address_of(note), query_string={"download": "1"})
    kept = last_entry("note.downloaded")

    assert opened.status_code == downloaded.status_code == 200
    assert opened.data == downloaded.data == note.pdf
    assert hashlib.sha256(opened.data).hexdigest() == note.pdf_sha256
    assert opened.mimetype == "application/pdf"
    assert opened.headers["Content-Disposition"] == f"inline; filename={note.number}.pdf"
    assert downloaded.headers["Content-Disposition"] == f"attachment; filename={note.number}.pdf"
    assert opened.headers["Cache-Control"] == "no-store"
    for entry in (seen, kept):
        assert (entry.by_id, entry.subject_type, entry.subject_id) == (
            cast.dan.id,
            "Note",
            str(note.id),
        )
        assert entry.details == {"number": note.number}
    assert tables() == before


def test_the_file_proves_itself_to_the_programs_of_others(
    app: Flask, cast: Cast, note: Note, as_dan: AuditingClient, tmp_path: Path
) -> None:
    roots = new_client(app).get("/authority.pem").text
    pdf = as_dan.get(address_of(note)).data
    file = tmp_path / "note.pdf"
    file.write_bytes(pdf)

    verdict = verification.verify(pdf, [roots])
    changed = verification.verify(pdf.replace(b"/Type", b"/Tyqe", 1), [roots])
    pdfsig = said_by("pdfsig", "-nocert", str(file))
    qpdf = said_by("qpdf", "--check", str(file))
    words = said_by("pdftotext", "-layout", str(file), "-")

    assert (verdict.intact, verdict.trusted, verdict.level) == (True, True, "B-B")
    assert (verdict.signer, verdict.credentials) == ("Alice Amari", "MD")
    assert (verdict.coverage, changed.intact) == ("whole", False)
    assert "Signature is Valid." in pdfsig
    assert "Total document signed" in pdfsig
    assert "Alice Amari, MD" in pdfsig
    assert "No syntax or stream encoding errors found" in qpdf
    for words_of_the_note in (
        f"Signed note {note.number}",
        "Maren Oduya-Sample",
        "BOTOX (onabotulinumtoxinA) 10 U in 2 sites",
        "SAMPLE-1",
        "100 U = 10 given + 90 discarded",
        "Electronically signed by Alice Amari, MD",
    ):
        assert words_of_the_note in words


def said_by(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_was_planned_and_not_given_is_said_in_the_note(
    cast: Cast, as_dan: AuditingClient, tmp_path: Path
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["sites"] += laid("PREEMPT-155", body["preparations"][0]["key"])[2:]
    factories.chart(draft, body, by=cast.alice)
    reason = "The patient felt unwell."
    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic, incomplete=reason)
    file = tmp_path / "note.pdf"

    file.write_bytes(as_dan.get(address_of(note)).data)

    words = said_by("pdftotext", "-layout", str(file), "-")
    said = "Incomplete: 2 of 31 sites given; 29 planned sites were not given. Reason: " + reason
    assert said in " ".join(words.replace("\u00a0", " ").split())
    assert "10 U in 2 sites" in words
    assert "29 planned sites" in words
    assert "Planned, not given: sites 3–31." in " ".join(words.split())
    assert words.count(", not given") >= 29


def test_a_note_says_what_changed_since_the_session_before_and_where_it_can_be_checked(
    app: Flask, cast: Cast, note: Note, as_dan: AuditingClient, tmp_path: Path
) -> None:
    app.config["STIPPLE_PUBLIC_URL"] = "https://stipple.clinic.example"
    draft = factories.treatment(note.treatment.patient, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["sites"][0]["units"] = "7.5"
    factories.chart(draft, body, by=cast.alice)
    second = factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    file = tmp_path / "note.pdf"
    file.write_bytes(as_dan.get(address_of(second)).data)

    record = json.loads(second.record)
    last = record["last_time"]
    assert (last["note"], last["totals"]["BOTOX"]["given"]) == (note.number, "10.00")
    assert {"J0585"} <= {line["code"] for line in record["billing"]}
    assert set(record["drawings"]) == {site["map"] for site in record["sites"]}
    words = " ".join(said_by("pdftotext", "-raw", str(file), "-").replace("\u00a0", " ").split())
    assert "(BOTOX 10 U in 2 sites): " in words
    assert "+2.5 U." in words
    code = check_code(second.record_sha256)
    assert f"Check this note {code} stipple.clinic.example/check" in words
    assert f"SHA-256 of record.json {second.record_sha256}" in words
    said_by("pdfdetach", "-saveall", "-o", str(tmp_path), str(file))
    assert (tmp_path / "record.json").read_bytes() == second.record
    assert json.loads(note.record)["last_time"] is None


def test_a_file_that_is_no_longer_what_was_signed_is_not_given_away(
    app: Flask, cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    address = address_of(note)
    printed = as_dan.post(
        f"/treatments/{note.treatment_id}/copies", data={"reason": "for the payer"}
    )
    alter_stored_bytes(app, note)

    with nothing_changed("note.damaged", "note.damaged", "note.damaged"):
        answers: list[Any] = [
            as_dan.get(address),
            as_dan.get(address, query_string={"download": "1"}),
            as_dan.get(printed.location),
        ]

    for answer in answers:
        assert answer.status_code == 500
        assert answer.mimetype == "text/html"
        assert f"{note.number} is not what was signed" in answer.text
        assert "It was not opened." in answer.text
        assert b"%PDF" not in answer.data
    entry = last_entry("note.damaged")
    assert (entry.by_id, entry.outcome, entry.subject_id) == (
        cast.dan.id,
        "refused",
        str(note.id),
    )


def test_a_note_is_read_only_by_who_sees_patients(
    app: Flask, cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    administrator = signed_in(app, cast.eve)

    with nothing_changed():
        answers = [
            new_client(app).get(address_of(note)),
            administrator.get(address_of(note)),
            as_dan.get(f"/treatments/{draft.id}/note.pdf"),
            as_dan.get(f"/treatments/{uuid4()}/note.pdf"),
            as_dan.get("/treatments/1/note.pdf"),
        ]

    assert [answer.status_code for answer in answers] == [401, 404, 404, 404, 404]
    assert not any(b"%PDF" in answer.data for answer in answers)
