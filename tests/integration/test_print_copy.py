"""POST /treatments/<id>/copies counts a print; GET …/copies/<serial>.pdf is the paper."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.kept import roots
from app.models import Note
from app.notes import verification
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed, tables
from tests.factories import Cast
from tests.tablets import another_window, at_once


@pytest.fixture
def note(cast: Cast) -> Note:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    return factories.sign(draft, by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.dan)


def ask(browser: AuditingClient, note: Note, reason: str = "for the payer") -> TestResponse:
    return ask_at(browser, f"/treatments/{note.treatment_id}/copies", reason)


def ask_at(browser: AuditingClient, address: str, reason: str = "for the payer") -> TestResponse:
    return browser.post(address, data={"reason": reason})


def words_of(pdf: bytes, folder: Path) -> str:
    file = folder / "copy.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", "-layout", str(file), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_print_is_counted_with_who_when_and_why_before_the_paper_leaves(
    cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    answer = ask(as_dan, note, "  for the payer ")

    [copy] = note.copies
    assert answer.status_code == 303
    assert answer.location == f"/treatments/{note.treatment_id}/copies/1.pdf"
    assert (copy.serial, copy.reason, copy.printed_by) == (1, "for the payer", cast.dan)
    assert clock.now() - copy.printed_at < timedelta(minutes=1)
    entry = last_entry("note.printed")
    assert (entry.by_id, entry.subject_id) == (cast.dan.id, str(note.id))
    assert entry.details == {"number": note.number, "copy": 1, "reason": "for the payer"}


def test_the_paper_says_on_each_page_that_it_is_a_copy_and_the_file_stays_as_signed(
    cast: Cast, note: Note, as_dan: AuditingClient, tmp_path: Path
) -> None:
    signed = note.pdf
    ask(as_dan, note, "for the paper record")
    ask(as_dan, note, "für Frau Ångström · Nº 7 日本 😀")
    before = tables()

    first = as_dan.get(f"/treatments/{note.treatment_id}/copies/1.pdf")
    second = as_dan.get(f"/treatments/{note.treatment_id}/copies/2.pdf")
    again = as_dan.get(f"/treatments/{note.treatment_id}/copies/1.pdf")

    assert {answer.status_code for answer in (first, second, again)} == {200}
    assert (first.mimetype, first.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert first.headers["Content-Disposition"] == f"inline; filename={note.number}-copy-1.pdf"
    words = words_of(first.data, tmp_path)
    assert "Copy 1 of a signed file · Dan Dufour · " in words
    assert "· for the paper record" in words
    assert "Maren Oduya-Sample" in words
    assert "Copy 2 of a signed file" in words_of(second.data, tmp_path)
    assert again.data == first.data
    assert not verification.verify(first.data, roots()).is_note
    assert (tables(), note.pdf) == (before, signed)
    entry = last_entry("note.copy_opened")
    assert (entry.by_id, entry.details) == (cast.dan.id, {"number": note.number, "copy": 1})


def test_a_print_needs_a_short_reason(note: Note, as_dan: AuditingClient) -> None:
    for reason, sentence in (
        ("", "Say why it is printed; the copy carries the reason."),
        (" \t", "Say why it is printed; the copy carries the reason."),
        ("r" * 61, "Keep the reason within 60 characters."),
    ):
        with nothing_changed():
            answer = ask(as_dan, note, reason)

        assert answer.status_code == 422
        assert sentence in answer.text


def test_prints_at_the_same_moment_get_a_number_each(
    app: Flask, note: Note, as_dan: AuditingClient
) -> None:
    address = f"/treatments/{note.treatment_id}/copies"
    windows = [another_window(as_dan) for _ in range(6)]

    answers = at_once(app, [partial(ask_at, window, address) for window in windows])

    assert {answer.status_code for answer in answers} == {303}
    assert [copy.serial for copy in note.copies] == [1, 2, 3, 4, 5, 6]


def test_only_who_sees_patients_prints_and_only_what_is_signed(
    app: Flask, cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    ask(as_dan, note)
    address = f"/treatments/{note.treatment_id}/copies"
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    stranger, administrator = new_client(app), signed_in(app, cast.eve)
    reason = {"reason": "for the payer"}

    with nothing_changed():
        posts = [
            stranger.post(address, data=reason),
            administrator.post(address, data=reason),
            as_dan.post(address, data=reason, csrf=False),
            as_dan.post(f"/treatments/{draft.id}/copies", data=reason),
            as_dan.post(f"/treatments/{uuid4()}/copies", data=reason),
        ]
        gets = [
            stranger.get(f"{address}/1.pdf"),
            administrator.get(f"{address}/1.pdf"),
            *(as_dan.get(f"{address}/{serial}.pdf") for serial in ("2", "0", "x", "9" * 30)),
        ]

    assert [answer.status_code for answer in posts] == [401, 404, 400, 404, 404]
    assert [answer.status_code for answer in gets] == [401, 404, 404, 404, 404, 404]
    assert not any(b"%PDF" in answer.data for answer in gets)
