"""Downtime sheets printed, and sessions that are charted from one."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.clinical.catalogue import catalogue
from app.clinical.rules import judge
from app.extensions import db
from app.models import Patient, Treatment
from app.notes import words
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.schemas import faults


@pytest.fixture
def patient(cast: Cast) -> Patient:
    return factories.patient(cast.dan)


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.dan)


def words_of(pdf: bytes, folder: Path) -> str:
    file = folder / "sheet.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", "-raw", str(file), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# --- Printing ----------------------------------------------------------------------------------


def test_a_sheet_is_printed_for_a_patient_under_the_number_of_its_row(
    patient: Patient, as_dan: AuditingClient, tmp_path: Path
) -> None:
    answer = as_dan.post(f"/patients/{patient.id}/downtime", data={"region": "head"})

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    row = last_entry("downtime.printed")
    assert (row.subject_id, row.details) == (str(patient.id), {"region": "head"})
    said = words_of(answer.data, tmp_path)
    assert f"Sheet D-{row.seq:04d}, printed by Dan Dufour" in said
    assert patient.name in said
    assert "No earlier session is recorded here." in said.replace("\n", " ")


def test_a_sheet_says_what_was_given_last(
    cast: Cast, patient: Patient, as_dan: AuditingClient, tmp_path: Path
) -> None:
    draft = factories.chart(
        factories.treatment(patient, by=cast.alice, clinic=cast.clinic), by=cast.alice
    )
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    answer = as_dan.post("/paper", data={"patient": [str(patient.id)], "region": "last"})

    said = words_of(answer.data, tmp_path).replace("\n", " ").replace(words.NBSP, " ")
    assert "Downtime sheet: head and neck" in said
    assert f"Last time: {words.day(draft.date)}, BOTOX 10 U in 2 sites." in said


def test_one_file_holds_a_sheet_for_each_patient_and_each_is_logged(
    cast: Cast, patient: Patient, as_dan: AuditingClient, tmp_path: Path
) -> None:
    other = factories.patient(cast.dan, given_name="Ona", family_name="Quist-Sample")

    answer = as_dan.post(
        "/paper", data={"patient": [str(patient.id), str(other.id)], "region": "last"}
    )

    said = words_of(answer.data, tmp_path)
    # Where nothing is known of earlier places, the whole body.
    assert said.count("Downtime sheet: whole body") == 2
    assert said.index(patient.name) < said.index(other.name)
    assert last_entry("downtime.printed").subject_id == str(other.id)


def test_a_sheet_without_a_name_is_nobodys(as_dan: AuditingClient, tmp_path: Path) -> None:
    answer = as_dan.post("/paper/blank", data={"region": "legs"})

    assert "Downtime sheet: legs" in words_of(answer.data, tmp_path)
    assert last_entry("downtime.printed").subject_id is None


@pytest.mark.parametrize("data", [{}, {"region": "moon"}])
def test_a_sheet_of_nothing_is_refused(
    patient: Patient, as_dan: AuditingClient, data: dict[str, str]
) -> None:
    with nothing_changed():
        assert as_dan.post(f"/patients/{patient.id}/downtime", data=data).status_code == 422
        assert as_dan.post("/paper/blank", data=data).status_code == 422


def test_a_batch_of_nobody_is_refused(as_dan: AuditingClient) -> None:
    with nothing_changed():
        answer = as_dan.post("/paper", data={"region": "last"})

    assert answer.status_code == 422
    assert "Nobody is ticked." in answer.text


def test_a_hidden_patient_is_on_no_paper(
    cast: Cast, patient: Patient, as_dan: AuditingClient
) -> None:
    restrict(patient, cast.alice)

    assert patient.name not in as_dan.get("/paper").text
    for answer in (
        as_dan.get(f"/patients/{patient.id}/paper"),
        as_dan.post(f"/patients/{patient.id}/downtime", data={"region": "head"}),
        as_dan.post("/paper", data={"patient": [str(patient.id)], "region": "head"}),
    ):
        assert answer.status_code == 404


def test_the_page_of_the_day_lists_who_has_a_session_with_no_box_ticked(
    cast: Cast, patient: Patient, as_dan: AuditingClient
) -> None:
    factories.treatment(patient, by=cast.alice, clinic=cast.clinic)

    page = as_dan.get("/paper").text

    assert page.index("Sessions of") < page.index(patient.name)
    assert " checked" not in page


# --- Transcribing ------------------------------------------------------------------------------


def yesterday(cast: Cast) -> date:
    return cast.clinic.today(clock.now()) - timedelta(days=1)


def sheet(cast: Cast, **changes: str) -> dict[str, str]:
    said = {"day": yesterday(cast).isoformat(), "at": "09:40", "performer": str(cast.alice.id)}
    return {**said, **changes}


def start(browser: AuditingClient, patient: Patient, data: dict[str, str]) -> Treatment:
    answer = browser.post(f"/patients/{patient.id}/paper", data=data)
    assert answer.status_code == 303, answer.text
    db.session.expire_all()
    return db.session.scalars(select(Treatment)).one()


def test_nothing_of_the_sheet_is_filled_in_beforehand(
    patient: Patient, as_alice: AuditingClient
) -> None:
    page = as_alice.get(f"/patients/{patient.id}/paper").text
    form = page.partition("data-from-paper")[2].partition("</form>")[0]

    assert 'id="day"' in form
    for field in ("day", "at", "sheet"):
        tag = form.partition(f'id="{field}"')[2].partition(">")[0]
        assert 'value=""' in tag
    assert "selected" not in form


@pytest.mark.parametrize("missing", ["day", "at", "performer"])
def test_what_the_sheet_says_must_be_typed(
    cast: Cast, patient: Patient, as_alice: AuditingClient, missing: str
) -> None:
    with nothing_changed():
        answer = as_alice.post(f"/patients/{patient.id}/paper", data=sheet(cast, **{missing: ""}))

    assert answer.status_code == 422


def test_a_time_to_come_is_no_time_of_a_sheet(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    tomorrow = (cast.clinic.today(clock.now()) + timedelta(days=1)).isoformat()

    with nothing_changed():
        answer = as_alice.post(f"/patients/{patient.id}/paper", data=sheet(cast, day=tomorrow))

    assert answer.status_code == 422
    assert "This time is still to come." in answer.text


def test_a_sheet_of_somebody_else_and_one_that_was_never_printed_are_refused(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    other = factories.patient(cast.dan, given_name="Ona", family_name="Quist-Sample")
    as_alice.post(f"/patients/{other.id}/downtime", data={"region": "head"})
    printed = last_entry("downtime.printed").seq
    address = f"/patients/{patient.id}/paper"

    for number, said in (
        (f"D-{printed:04d}", "This sheet was printed for another patient."),
        ("D-9999", "No sheet of this number was printed here."),
        ("upper drawer", "The number stands at the foot of the sheet"),
    ):
        with nothing_changed():
            answer = as_alice.post(address, data=sheet(cast, sheet=number))
        assert answer.status_code == 422
        assert said in answer.text


def test_a_session_from_paper_has_the_sheets_day_and_performer(
    app: Flask, cast: Cast, patient: Patient
) -> None:
    as_carol = signed_in(app, cast.carol)
    as_carol.post(f"/patients/{patient.id}/downtime", data={"region": "head"})
    number = last_entry("downtime.printed").seq

    treatment = start(as_carol, patient, sheet(cast, sheet=f"d-{number}"))

    assert (treatment.date, treatment.paper_time) == (yesterday(cast), time(9, 40))
    assert treatment.paper_sheet == f"D-{number:04d}"
    assert (treatment.performer, treatment.started_by) == (cast.alice, cast.carol)
    assert last_entry("treatment.started").details["from_paper"] is True


def charted(treatment: Treatment, cast: Cast, *, mixed_at: str = "09:30") -> Treatment:
    """The sheet's two sites and its vial, typed in today; mixed when the sheet says."""
    local = datetime.combine(treatment.date, time.fromisoformat(mixed_at), cast.clinic.zone)
    body = factories.chart_body(treatment)
    body["preparations"][0]["reconstituted_at"] = local.astimezone(UTC).isoformat()
    factories.asked(treatment, by=cast.alice)
    return factories.chart(treatment, body, by=cast.alice)


def test_the_rules_judge_by_the_time_on_the_sheet_not_by_that_of_the_typing(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    treatment = start(as_alice, patient, sheet(cast))

    in_order = judge(charted(treatment, cast).case(now=clock.now()), catalogue())
    too_late = judge(charted(treatment, cast, mixed_at="09:50").case(now=clock.now()), catalogue())

    assert not {"TIME-01", "TIME-02"} & {finding.id for finding in in_order}
    # Mixed after it was given: the sheet, or what was typed of it, is wrong.
    assert "TIME-02" in {finding.id for finding in too_late}


def test_a_session_transcribed_late_is_signed_late(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    long_ago = cast.clinic.today(clock.now()) - timedelta(days=30)
    treatment = start(as_alice, patient, sheet(cast, day=long_ago.isoformat()))

    findings = judge(charted(treatment, cast).case(now=clock.now()), catalogue())

    assert "SIGN-04" in {finding.id for finding in findings}


def test_the_note_and_its_record_say_that_it_was_transcribed(
    cast: Cast, patient: Patient, as_alice: AuditingClient, tmp_path: Path
) -> None:
    treatment = charted(start(as_alice, patient, sheet(cast)), cast)

    note = factories.sign(treatment, by=cast.alice, clinic=cast.clinic)

    record = json.loads(note.record)
    assert faults(record) == []
    given = datetime.combine(treatment.date, time(9, 40), cast.clinic.zone)
    paper = record["transcribed_from_paper"]
    assert datetime.fromisoformat(paper["given_at"]) == given
    assert paper["by"]["name"] == "Alice Amari"
    assert {site["given_at"] for site in record["sites"]} == {paper["given_at"]}
    assert record["service"]["first_given_at"] == paper["given_at"]
    said = words_of(note.pdf, tmp_path).replace("\n", " ")
    assert f"Transcribed from paper: given {words.moment(paper['given_at'], note.zone)}" in said
    assert (
        "Transcribed from paper by Alice Amari" in as_alice.get(f"/treatments/{treatment.id}").text
    )


def test_a_session_charted_here_is_not_called_transcribed(cast: Cast, patient: Patient) -> None:
    draft = factories.chart(
        factories.treatment(patient, by=cast.alice, clinic=cast.clinic), by=cast.alice
    )

    record = json.loads(factories.sign(draft, by=cast.alice, clinic=cast.clinic).record)

    assert record["transcribed_from_paper"] is None


def test_what_was_typed_of_the_sheet_is_put_right_until_it_is_signed(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    treatment = start(as_alice, patient, sheet(cast))
    address = f"/treatments/{treatment.id}/paper"
    assert 'value="09:40"' in as_alice.get(address).text

    answer = as_alice.post(address, data=sheet(cast, at="10:15"))

    assert answer.status_code == 303
    db.session.expire_all()
    assert treatment.paper_time == time(10, 15)
    assert last_entry("treatment.paper_corrected").subject_id == str(treatment.id)
    factories.sign(charted(treatment, cast), by=cast.alice, clinic=cast.clinic)
    with nothing_changed():
        assert as_alice.post(address, data=sheet(cast, at="11:00")).status_code == 409


def test_staff_chart_from_no_paper(cast: Cast, patient: Patient, as_dan: AuditingClient) -> None:
    with nothing_changed():
        answer = as_dan.post(f"/patients/{patient.id}/paper", data=sheet(cast))

    assert answer.status_code == 403
