"""What is handed on around a session: draw-up, after-care, the note as text, a referrer's copy."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.extensions import begin_write, db
from app.models import Note, Treatment
from app.notes.plain_text import as_text
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    return factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def note(cast: Cast, draft: Treatment) -> Note:
    begin_write()
    draft.record_orderer("Orla Quist, MD", "1234567893")
    db.session.commit()
    factories.chart(draft, by=cast.alice)
    return factories.sign(draft, by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.dan)


def words_of(pdf: bytes, folder: Path) -> str:
    file = folder / "sheet.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", "-raw", str(file), "-"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return " ".join(found.split())


# --- Draw-up -----------------------------------------------------------------------------------


def planned(draft: Treatment) -> dict[str, Any]:
    body = factories.chart_body(draft)
    for site in body["sites"]:
        site.update(state="planned", given_at=None)
    body["preparations"][0]["vials"][0]["discarded"] = None
    return body


def test_a_draw_up_sheet_is_made_of_the_plan_and_counts_nowhere(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, tmp_path: Path
) -> None:
    factories.chart(draft, planned(draft), by=cast.alice)

    answer = as_alice.get(f"/treatments/{draft.id}/draw-up.pdf")

    said = words_of(answer.data, tmp_path)
    assert "Draw-up sheet: 10 U of BOTOX in 0.2 mL" in said
    assert "Plan, nothing given yet" in said
    assert "100 U = 10 planned + 90 left over (90 U = 1.8 mL)." in said
    assert last_entry("draw_up.printed").details == {"revision": draft.revision}
    # What is planned is in no history, so in no total, interval or bill either.
    assert draft.given_before() == ()
    assert draft.given_sites == []


def test_a_signed_session_has_nothing_to_draw_up(note: Note, as_alice: AuditingClient) -> None:
    with nothing_changed():
        assert as_alice.get(f"/treatments/{note.treatment_id}/draw-up.pdf").status_code == 409


# --- After-care --------------------------------------------------------------------------------


def write_text(app: Flask, cast: Cast, **changes: str) -> None:
    form = {"number": "112", "english": "Today\n- Rest.", "spanish": "Hoy\n- Descanse.", **changes}
    answer = signed_in(app, cast.eve).post("/admin/after-care", data=form)
    assert answer.status_code == 303, answer.text


def test_without_a_text_of_the_clinics_own_the_published_warnings_are_printed(
    draft: Treatment, as_alice: AuditingClient, tmp_path: Path
) -> None:
    answer = as_alice.post(f"/treatments/{draft.id}/after-care")

    said = words_of(answer.data, tmp_path)
    assert "Call 911 if you have trouble breathing or swallowing." in said
    assert "Llame al 911 si le cuesta respirar o tragar." in said
    assert "Text of the published warnings" in said
    assert last_entry("after_care.printed").details == {"version": 0}


def test_the_clinics_own_text_is_printed_with_its_version_and_the_record_names_it(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient, tmp_path: Path
) -> None:
    write_text(app, cast)
    write_text(app, cast, english="Today\n- Sleep.")

    answer = as_alice.post(f"/treatments/{draft.id}/after-care")

    said = words_of(answer.data, tmp_path)
    assert said.index("Call 112") < said.index("Sleep.")
    assert "version 2, by Eve Ekholm" in said
    assert last_entry("after_care.printed").details == {"version": 2}
    db.session.expire_all()
    factories.chart(draft, by=cast.alice)
    record = json.loads(factories.sign(draft, by=cast.alice, clinic=cast.clinic).record)
    today = cast.clinic.today(clock.now()).isoformat()
    assert record["after_care"] == {"version": 2, "of": today}


def test_a_sheet_printed_after_signing_leaves_the_record_as_it_is(
    note: Note, as_dan: AuditingClient
) -> None:
    answer = as_dan.post(f"/treatments/{note.treatment_id}/after-care")

    assert answer.status_code == 200
    db.session.expire_all()
    assert note.treatment.after_care_version is None
    assert json.loads(note.record)["after_care"] is None


def test_a_text_needs_both_languages(app: Flask, cast: Cast) -> None:
    as_eve = signed_in(app, cast.eve)

    with nothing_changed():
        answer = as_eve.post("/admin/after-care", data={"english": "Rest.", "spanish": ""})

    assert answer.status_code == 422
    assert "Write the Spanish side." in answer.text


def test_the_text_is_no_row_of_the_clinics_catalogue(app: Flask, cast: Cast) -> None:
    write_text(app, cast)

    page = signed_in(app, cast.eve).get("/admin/catalogue?tab=own")

    assert page.status_code == 200
    assert "Nothing is the clinic’s own yet." in page.text


# --- As text -----------------------------------------------------------------------------------


def test_the_note_is_read_and_copied_as_text_from_the_record_and_both_are_logged(
    note: Note, as_dan: AuditingClient
) -> None:
    text = as_text(json.loads(note.record))
    address = f"/treatments/{note.treatment_id}/text"

    page, copied = as_dan.get(address), as_dan.post(address)

    assert "Corrugator, right: 5 U (site 1)" in page.text
    assert (copied.text, copied.mimetype) == (text, "text/plain")
    assert copied.headers["Cache-Control"] == "no-store"
    for act in ("note.text_opened", "note.text_copied"):
        assert last_entry(act).details == {"number": note.number}


# --- To the referrer ---------------------------------------------------------------------------


def test_a_copy_for_the_referrer_names_them_and_is_logged_as_a_disclosure(
    note: Note, as_dan: AuditingClient, tmp_path: Path
) -> None:
    address = f"/treatments/{note.treatment_id}/referrals"
    assert 'value="Orla Quist, MD"' in as_dan.get(f"/treatments/{note.treatment_id}").text

    answer = as_dan.post(address, data={"name": "Orla Quist, MD"})

    [copy] = note.copies
    assert answer.location == f"{address}/1.pdf"
    assert copy.reason == "for the referrer, Orla Quist, MD"
    assert last_entry("note.disclosed").details == {
        "number": note.number,
        "copy": 1,
        "to": "Orla Quist, MD",
    }
    said = words_of(as_dan.get(answer.location).data, tmp_path)
    assert "To Orla Quist, MD NPI 1234567893" in said
    assert f"Enclosed is copy 1 of the signed note {note.number}." in said
    assert "· for the referrer, Orla Quist, MD" in said
    assert "for the referrer, Orla Quist, MD" in as_dan.get("/notes/copies").text


def test_another_name_has_a_letter_without_the_orderers_number(
    note: Note, as_dan: AuditingClient, tmp_path: Path
) -> None:
    answer = as_dan.post(
        f"/treatments/{note.treatment_id}/referrals", data={"name": "Pia Lund, MD"}
    )

    said = words_of(as_dan.get(answer.location).data, tmp_path)

    assert "To Pia Lund, MD" in said
    assert "NPI 1234567893" not in said.partition("Signed note")[0]


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_copy_for_nobody_is_refused(note: Note, as_dan: AuditingClient, name: str) -> None:
    with nothing_changed():
        answer = as_dan.post(f"/treatments/{note.treatment_id}/referrals", data={"name": name})

    assert answer.status_code == 422


def test_the_file_that_is_shared_is_the_stored_bytes(note: Note, as_dan: AuditingClient) -> None:
    page = as_dan.get(f"/treatments/{note.treatment_id}").text
    address = page.partition('data-share="')[2].partition('"')[0]

    assert as_dan.get(address).data == note.pdf


def test_a_hidden_patient_has_no_paper_of_any_kind(
    cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    as_dan.post(f"/treatments/{note.treatment_id}/referrals", data={"name": "Orla Quist, MD"})
    restrict(note.treatment.patient, cast.alice)
    session = f"/treatments/{note.treatment_id}"

    for method, path, data in (
        ("GET", "/draw-up.pdf", {}),
        ("POST", "/after-care", {}),
        ("GET", "/text", {}),
        ("POST", "/text", {}),
        ("POST", "/referrals", {"name": "Orla Quist, MD"}),
        ("GET", "/referrals/1.pdf", {}),
    ):
        assert as_dan.open(session + path, method=method, data=data).status_code == 404
