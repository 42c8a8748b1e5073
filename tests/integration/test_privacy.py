"""Where a patient's data must never stand: addresses, titles, file names, cookies, logs."""

from __future__ import annotations

import logging
import re

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.extensions import db
from app.models import Note, Patient, Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import trail
from tests.factories import ALICES_PIN, Cast
from tests.tablets import read, save, sign

# Of nobody, and found nowhere by chance.
GIVEN, FAMILY, RECORD = "Canarina", "Quillfeather-Sample", "CANARY-4417"
BORN, BORN_ISO, ALLERGY = "12 Mar 1984", "1984-03-12", "zirconium birdseed"
CANARIES = (GIVEN, FAMILY, RECORD, BORN, BORN_ISO, ALLERGY, "SAMPLE-LOT-1")
TITLE = re.compile(r"<title>(.*?)</title>", re.S)
OF_THE_ANSWER = ("Location", "Content-Disposition", "Set-Cookie", "Link", "Refresh")


def is_named(text: str) -> list[str]:
    """Which of the patient's data stand in this text."""
    return [canary for canary in CANARIES if canary.casefold() in text.casefold()]


def leaks(answer: TestResponse) -> list[str]:
    """Where an answer carries the patient outside its body."""
    outside = [answer.request.url, *TITLE.findall(answer.text if answer.is_json else page(answer))]
    outside += [answer.headers.get(name, "") for name in OF_THE_ANSWER]
    return [text for text in outside if is_named(text)]


def page(answer: TestResponse) -> str:
    return answer.text if answer.mimetype == "text/html" else ""


def register(browser: AuditingClient) -> TestResponse:
    return browser.post(
        "/patients/new",
        data={
            "given_name": GIVEN,
            "family_name": FAMILY,
            "born": BORN,
            "record_number": RECORD,
            "sex": "female",
            "weight_unit": "kg",
            "allergies_asked": "listed",
            "allergies": ALLERGY,
            "conditions_asked": "none_known",
        },
    )


def test_a_patient_leaves_no_trace_outside_the_pages_and_the_database(
    app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    alice, dan = signed_in(app, cast.alice), signed_in(app, cast.dan)

    answers = [register(dan)]
    patient = db.session.scalars(select(Patient)).one()
    who = f"/patients/{patient.id}"
    answers += [
        dan.post("/patients/search", data={"q": FAMILY}),
        dan.get(who),
        dan.get(f"{who}/edit"),
        alice.get("/"),
        alice.post(f"{who}/treatments"),
    ]
    draft = db.session.scalars(select(Treatment)).one()
    factories.asked(draft, by=cast.alice)
    here = f"/treatments/{draft.id}"
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["lot"] = "SAMPLE-LOT-1"
    refused = {**body, "date": "someday", "revision": 0}
    answers += [
        alice.get(f"{here}/chart"),
        save(alice, draft.id, refused),
        save(alice, draft.id, body),
        save(alice, draft.id, {**body, "save": str(patient.id), "revision": 7}),
        alice.get(f"{here}/signature"),
        sign(alice, draft.id, 1, "904177"),
        sign(alice, draft.id, 1, ALICES_PIN),
        dan.get(here),
        dan.get(f"{here}/note.pdf"),
        dan.get(f"{here}/note.pdf", query_string={"download": "1"}),
        dan.post(f"{here}/copies", data={"reason": "for the payer"}),
        dan.get(f"{here}/copies/1.pdf"),
        dan.post("/notes", data={"patient": FAMILY, "first": "", "last": "", "provider": ""}),
        alice.post(f"{here}/discard", data={"reason": "too late"}),
    ]
    assert read(dan, draft.id)["chart"]["preparations"]

    assert [answer.status_code for answer in answers] == [
        *(303, 200, 200, 200, 200, 303),
        *(200, 422, 200, 409, 200, 403, 303),
        *(200, 200, 200, 303, 200, 200, 409),
    ]
    # The name was there to be found: it stands in the pages themselves.
    assert FAMILY in answers[2].text
    assert is_named(db.session.scalars(select(Note)).one().record.decode()) != []
    assert [leak for answer in answers for leak in leaks(answer)] == []
    assert is_named("\n".join(record.getMessage() for record in caplog.records)) == []
    assert is_named("\n".join(capfd.readouterr())) == []
    # The trail says which record an act was done to, by its id; an edit of a patient says what.
    assert is_named(str([entry.details for entry in trail()])) == []


def test_a_fault_of_the_program_logs_where_it_was_and_not_what_it_met(
    app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = signed_in(app, cast.alice)
    draft = factories.treatment(
        factories.patient(cast.dan, given_name=GIVEN, family_name=FAMILY),
        by=cast.alice,
        clinic=cast.clinic,
    )
    body = factories.chart_body(draft)

    def break_down(*args: object, **kwargs: object) -> None:
        raise ValueError(f"{GIVEN} {FAMILY}, born {BORN}")

    monkeypatch.setattr(Treatment, "replace_chart", break_down)
    # As it is served: the tests' own habit is to raise what broke.
    app.testing = False

    answer = save(alice, draft.id, body)

    assert answer.status_code == 500
    assert list(answer.json) == ["error"]
    assert answer.json["error"].startswith("Stipple failed at this. What was saved before is safe.")
    assert is_named(answer.text) == []
    assert "fault ValueError at treatments.save_chart" in caplog.text
    assert is_named(caplog.text) == []
    assert draft.revision == 0
