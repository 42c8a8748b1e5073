"""POST /notes/copies prints several notes as one file, GET /notes/copies/<batch>.pdf."""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.extensions import begin_write, db
from app.kept import roots
from app.models import Clinic, Note
from app.models.note import FOR_THE_RECORD
from app.notes import verification
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed, tables, trail
from tests.factories import Cast
from tests.rows import alter_stored_bytes

NAMES = ("Ann", "Bea", "Cleo")


@pytest.fixture
def notes(cast: Cast) -> list[Note]:
    """Three notes of three patients, the last on A4."""
    made = [new_note(cast, name) for name in NAMES[:2]]
    begin_write()
    db.session.get_one(Clinic, cast.clinic.id).paper = "a4"
    db.session.commit()
    made.append(new_note(cast, NAMES[2]))
    return made


def new_note(cast: Cast, given_name: str) -> Note:
    patient = factories.patient(cast.dan, given_name=given_name)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    return factories.sign(draft, by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.dan)


def ask(browser: AuditingClient, notes: list[Note], reason: str = FOR_THE_RECORD) -> TestResponse:
    return browser.post(
        "/notes/copies", data={"note": [str(note.id) for note in notes], "reason": reason}
    )


def said_by(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_ticked_notes_are_one_file_in_list_order_each_its_own_counted_copy(
    cast: Cast, notes: list[Note], as_dan: AuditingClient, tmp_path: Path
) -> None:
    signed = [note.pdf for note in notes]
    as_dan.post(f"/treatments/{notes[1].treatment_id}/copies", data={"reason": "for the payer"})
    order = [notes[2], notes[0], notes[1]]

    answer = ask(as_dan, order)
    file = as_dan.get(answer.location)

    assert answer.status_code == 303
    assert file.status_code == 200
    assert (file.mimetype, file.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert file.headers["Content-Disposition"] == "inline; filename=notes-3-copies.pdf"
    path = tmp_path / "copies.pdf"
    path.write_bytes(file.data)
    said_by("qpdf", "--check", str(path))
    sizes = [
        line.rsplit("(", 1)[1]
        for line in said_by("pdfinfo", "-l", "-1", str(path)).splitlines()
        if line.startswith("Page ") and "size:" in line
    ]
    assert sizes == ["A4)", "letter)", "letter)"]
    pages = said_by("pdftotext", "-layout", str(path), "-").split("\f")[:3]
    for page, name, serial in zip(pages, ("Cleo", "Ann", "Bea"), (1, 1, 2), strict=True):
        assert f"{name} Oduya-Sample" in page
        assert f"Copy {serial} of a signed file · Dan Dufour · " in page
        assert "· for the paper record" in page
        assert "page 1 of 1" in page
    assert [note.pdf for note in notes] == signed
    assert not verification.verify(file.data, roots()).is_note


def test_each_print_is_in_the_trail_and_in_the_log_before_the_paper_leaves(
    cast: Cast, notes: list[Note], as_dan: AuditingClient
) -> None:
    answer = ask(as_dan, notes)

    copies = [note.copies[0] for note in notes]
    assert [(copy.serial, copy.place, copy.reason) for copy in copies] == [
        (1, place, FOR_THE_RECORD) for place in (1, 2, 3)
    ]
    assert {copy.printed_by for copy in copies} == {cast.dan}
    [batch] = {copy.batch for copy in copies}
    assert answer.location == f"/notes/copies/{batch}.pdf"
    printed = [entry for entry in trail() if entry.act == "note.printed"]
    assert [(entry.subject_id, entry.by_id) for entry in printed] == [
        (str(note.id), cast.dan.id) for note in notes
    ]
    assert printed[0].details == {
        "number": notes[0].number,
        "copy": 1,
        "reason": FOR_THE_RECORD,
        "batch": str(batch),
    }


def test_opening_the_file_again_prints_nothing_new_and_is_the_same_file(
    notes: list[Note], as_dan: AuditingClient
) -> None:
    address = ask(as_dan, notes[:2]).location
    first, before = as_dan.get(address), tables()

    again = as_dan.get(address)

    assert again.data == first.data
    assert tables() == before
    assert last_entry("note.copy_opened").details == {"number": notes[1].number, "copy": 1}


def test_a_note_ticked_twice_is_printed_once(notes: list[Note], as_dan: AuditingClient) -> None:
    assert ask(as_dan, [notes[0], notes[0]]).status_code == 303
    assert len(notes[0].copies) == 1


def test_what_cannot_be_printed_is_said_and_nothing_is_counted(
    notes: list[Note], as_dan: AuditingClient
) -> None:
    with nothing_changed():
        answers = [
            ask(as_dan, []),
            as_dan.post(
                "/notes/copies",
                data={"note": [str(uuid4()) for _ in range(101)], "reason": FOR_THE_RECORD},
            ),
            ask(as_dan, notes, " "),
            ask(as_dan, notes, "r" * 61),
        ]

    sentences = (
        "Nothing is ticked. Tick the notes to print, then print them.",
        "At most 100 notes are printed as one file, and 101 are ticked. Nothing was printed.",
        "Say why it is printed; the copy carries the reason.",
        "Keep the reason within 60 characters.",
    )
    for answer, sentence in zip(answers, sentences, strict=True):
        assert answer.status_code == 422
        assert sentence in answer.text


def test_a_damaged_note_stops_the_whole_file_and_is_named(
    app: Flask, notes: list[Note], as_dan: AuditingClient
) -> None:
    alter_stored_bytes(app, notes[1])

    with nothing_changed("note.damaged"):
        answer = ask(as_dan, notes)

    assert answer.status_code == 500
    assert f"{notes[1].number} is not what was signed" in answer.text
    assert "Nothing was printed. Print the others without it." in answer.text
    entry = last_entry("note.damaged")
    assert (entry.subject_id, entry.outcome) == (str(notes[1].id), "refused")
    assert ask(as_dan, [notes[0], notes[2]]).status_code == 303


def test_only_who_sees_patients_prints_and_only_what_is_there(
    app: Flask, cast: Cast, notes: list[Note], as_dan: AuditingClient
) -> None:
    address = ask(as_dan, notes).location
    stranger, administrator = new_client(app), signed_in(app, cast.eve)
    form = {"note": [str(notes[0].id)], "reason": FOR_THE_RECORD}

    with nothing_changed():
        posts = [
            stranger.post("/notes/copies", data=form),
            administrator.post("/notes/copies", data=form),
            as_dan.post("/notes/copies", data=form, csrf=False),
            as_dan.post("/notes/copies", data={**form, "note": [str(notes[0].id), str(uuid4())]}),
            as_dan.post("/notes/copies", data={**form, "note": ["x"]}),
        ]
        gets = [
            stranger.get(address),
            administrator.get(address),
            as_dan.get(f"/notes/copies/{uuid4()}.pdf"),
            as_dan.get("/notes/copies/x.pdf"),
        ]

    assert [answer.status_code for answer in posts] == [401, 403, 400, 404, 404]
    assert [answer.status_code for answer in gets] == [401, 404, 404, 404]
    assert not any(b"%PDF" in answer.data for answer in gets)


def test_clinical_roles_print_too(app: Flask, cast: Cast, notes: list[Note]) -> None:
    for person in (cast.alice, cast.carol):
        assert ask(signed_in(app, person), notes).status_code == 303
