"""/patients/<id>/doses: toxin given elsewhere or on paper, and that it counts before the needle."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app import clock
from app.extensions import begin_write, db
from app.models import OutsideDose, Patient, Treatment
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast

DOSE = {
    "product": "BOTOX",
    "units": "155",
    "given_on": "3 Feb 2020",
    "indication": "chronic_migraine",
    "source": "patient-reported",
    "place": "Dr Quill, Lakeside",
    "response": "better",
}


@pytest.fixture
def patient(cast: Cast) -> Patient:
    return factories.patient(cast.alice)


def address(of: Patient) -> str:
    return f"/patients/{of.id}/doses/new"


def withdrawal(of: OutsideDose) -> str:
    return f"/patients/{of.patient_id}/doses/{of.id}/withdrawal"


def doses(of: Patient) -> list[OutsideDose]:
    db.session.expire_all()
    return list(db.session.get_one(Patient, of.id).outside_doses)


def days_ago(days: int) -> Any:
    return clock.now().date() - timedelta(days=days)


def findings(browser: AuditingClient, draft: Treatment, **body: Any) -> dict[str, str]:
    """What the chart's answer says of intervals once this chart is saved."""
    told = browser.put(
        f"/treatments/{draft.id}/chart", json=factories.chart_body(draft, **body)
    ).json
    return {each["id"]: each["severity"] for each in told["findings"] if each["id"][:3] == "INT"}


def test_a_dose_is_stored_listed_and_in_the_trail_without_what_it_was(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    answer = as_alice.post(address(patient), data=DOSE)

    assert (answer.status_code, answer.location) == (303, f"/patients/{patient.id}")
    (dose,) = doses(patient)
    assert (dose.product, dose.units, dose.date.isoformat()) == ("BOTOX", 155, "2020-02-03")
    assert (dose.indication, dose.source, dose.response) == (
        "chronic_migraine",
        "patient-reported",
        "better",
    )
    entry = last_entry("patient.dose_entered")
    assert (entry.by_id, entry.subject_id) == (cast.alice.id, str(patient.id))
    assert entry.details == {"dose": str(dose.id)}
    page = as_alice.get(f"/patients/{patient.id}").text
    for words in ("BOTOX 155 U", "Chronic migraine", "Elsewhere, Dr Quill, Lakeside"):
        assert words in page
    assert "Response: Better" in page


@pytest.mark.parametrize("product", ["Jeuveau", "Letybo", "BOTOX Cosmetic", "Dysport"])
def test_any_product_of_the_history_may_be_entered(
    product: str, app: Flask, cast: Cast, patient: Patient
) -> None:
    assert (
        signed_in(app, cast.dan)
        .post(address(patient), data={**DOSE, "product": product})
        .status_code
        == 303
    )
    assert doses(patient)[0].product == product


@pytest.mark.parametrize(
    ("typed", "stored"), [("0.01", "0.01"), ("12,5", "12.5"), ("99999.99", "99999.99")]
)
def test_units_are_bound_by_their_shape_alone(
    typed: str, stored: str, patient: Patient, as_alice: AuditingClient
) -> None:
    as_alice.post(address(patient), data={**DOSE, "units": typed})

    assert doses(patient)[0].units == Decimal(stored)


def test_units_that_nobody_knows_are_said_to_be_unknown(
    patient: Patient, as_alice: AuditingClient
) -> None:
    as_alice.post(address(patient), data={**DOSE, "units": "", "units_unknown": "y"})

    assert doses(patient)[0].units is None
    assert "BOTOX units not known" in as_alice.get(f"/patients/{patient.id}").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"product": ""}, "Choose the product."),
        ({"product": "Botoxx"}, "Choose the product."),
        ({"units": ""}, "Enter the units, or say that nobody knows them."),
        ({"units": "0"}, "more than 0"),
        ({"units": "3.335"}, "hundredths"),
        ({"units": "many"}, "many"),
        ({"units_unknown": "y"}, "not both"),
        ({"given_on": ""}, "Enter the day."),
        ({"given_on": "lately"}, "This is not a date."),
        ({"given_on": "31 Dec 2999"}, "This day is in the future."),
        ({"given_on": "1 Jan 1950"}, "before the patient was born"),
        ({"indication": ""}, "Choose what it was given for."),
        ({"source": ""}, "Say where it was given."),
        ({"response": "great"}, "Choose one of the answers."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    changes: dict[str, str], sentence: str, patient: Patient, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        answer = as_alice.post(address(patient), data={**DOSE, **changes})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="Dr Quill, Lakeside"' in answer.text


def test_tomorrow_is_the_future_and_today_is_not(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    today = cast.clinic.today(clock.now())

    for day, status in ((today + timedelta(days=1), 422), (today, 303)):
        answer = as_alice.post(address(patient), data={**DOSE, "given_on": day.isoformat()})
        assert answer.status_code == status


def test_the_form_is_in_spanish_for_who_reads_spanish(
    patient: Patient, as_alice: AuditingClient
) -> None:
    as_alice.post("/account/language", data={"language": "es"})

    page = as_alice.get(address(patient)).text

    assert "Migraña crónica" in page
    assert "Nobody knows" not in page


# Withdrawn, not deleted


def test_a_mistake_is_withdrawn_with_a_reason_and_stays_to_be_seen(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    dose = factories.outside_dose(patient, by=cast.bob)
    assert "Dysport 500 U" in as_alice.get(withdrawal(dose)).text

    answer = as_alice.post(withdrawal(dose), data={"reason": "Another patient’s dose"})

    assert answer.status_code == 303
    (stored,) = doses(patient)
    assert (stored.withdrawn_by.name, stored.withdraw_reason) == (
        cast.alice.name,
        "Another patient’s dose",
    )
    page = as_alice.get(f"/patients/{patient.id}").text
    assert "<s>Dysport 500 U</s>" in page
    assert "Another patient’s dose" in page
    assert withdrawal(dose) not in page
    assert last_entry("patient.dose_withdrawn").details["dose"] == str(dose.id)


def test_a_withdrawal_needs_a_reason_and_happens_once(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    dose = factories.outside_dose(patient, by=cast.alice)

    with nothing_changed():
        assert as_alice.post(withdrawal(dose), data={"reason": " "}).status_code == 422
    as_alice.post(withdrawal(dose), data={"reason": "Entered twice"})
    with nothing_changed():
        again = as_alice.post(withdrawal(dose), data={"reason": "Still not so"})

    assert again.status_code == 409
    assert "This dose was withdrawn already." in again.text
    assert "Still not so" in again.text


def test_a_dose_is_found_under_its_own_patient_alone(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    dose = factories.outside_dose(patient, by=cast.alice)
    other = factories.patient(cast.alice)

    for key in (dose.id, uuid4(), "x"):
        assert as_alice.get(f"/patients/{other.id}/doses/{key}/withdrawal").status_code == 404


def test_a_restricted_patient_takes_a_dose_from_who_is_named_alone(
    app: Flask, patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    restrict(patient, cast.alice)
    bob = signed_in(app, cast.bob)

    with nothing_changed("patient.hidden"):
        assert bob.post(address(patient), data=DOSE).status_code == 404
    assert as_alice.post(address(patient), data=DOSE).status_code == 303


# It counts


@pytest.mark.parametrize(
    ("days", "expected"),
    [(55, {"INT-02": "override"}), (56, {"INT-01": "warn"}), (84, {})],
)
def test_an_outside_dose_counts_for_the_interval(
    days: int, expected: dict[str, str], patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    factories.outside_dose(
        patient,
        by=cast.alice,
        product="BOTOX",
        indication="chronic_migraine",
        date=draft.date - timedelta(days=days),
    )

    assert findings(as_alice, draft) == expected


def test_a_cosmetic_dose_of_another_product_is_said_before_the_first_give(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    factories.outside_dose(
        patient,
        by=cast.alice,
        product="Jeuveau",
        units=None,
        indication="other",
        date=draft.date - timedelta(days=30),
    )
    planned = [
        {**site, "state": "planned", "given_at": None}
        for site in factories.chart_body(draft)["sites"]
    ]
    body = factories.chart_body(draft)
    body["sites"] = [{**site, "preparation": body["preparations"][0]["key"]} for site in planned]

    told = as_alice.put(f"/treatments/{draft.id}/chart", json=body).json["findings"]

    (said,) = [each for each in told if each["id"].startswith("INT")]
    assert (said["id"], said["when"]) == ("INT-04", "if_all_given")


def test_a_withdrawn_dose_and_another_patient_s_count_no_more(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    recent = {"product": "BOTOX", "indication": "chronic_migraine", "date": draft.date}
    dose = factories.outside_dose(patient, by=cast.alice, **recent)
    factories.outside_dose(factories.patient(cast.alice), by=cast.alice, **recent)
    as_alice.post(withdrawal(dose), data={"reason": "Another patient’s"})

    assert findings(as_alice, draft) == {}


def earlier_session(patient: Patient, cast: Cast, days: int) -> Treatment:
    """A draft of this many days ago in which something was given."""
    session = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    day = session.date - timedelta(days=days)
    factories.chart(session, factories.chart_body(session, date=day.isoformat()), by=cast.alice)
    return session


def test_an_own_session_counts_signed_or_not_with_its_units_by_product_and_indication(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    earlier_session(patient, cast, 70)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)

    (earlier,) = draft.given_before()

    assert (earlier.product, earlier.indication, earlier.units) == (
        "BOTOX",
        "chronic_migraine",
        Decimal(10),
    )
    assert earlier.date == draft.date - timedelta(days=70)
    assert findings(as_alice, draft) == {"INT-01": "warn"}


def test_what_was_only_planned_or_discarded_counts_for_nothing(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    session = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(session)
    body["sites"] = [{**site, "state": "planned", "given_at": None} for site in body["sites"]]
    factories.chart(session, body, by=cast.alice)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)

    assert draft.given_before() == ()
    begin_write()
    session.discard("Opened twice", by=cast.alice, now=clock.now())
    db.session.commit()
    assert draft.given_before() == ()
    assert findings(as_alice, draft) == {}


def test_the_interval_is_said_again_when_somebody_signs(
    patient: Patient, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    factories.outside_dose(
        patient,
        by=cast.alice,
        product="BOTOX",
        indication="chronic_migraine",
        date=draft.date - timedelta(days=20),
    )

    page = as_alice.get(f"/treatments/{draft.id}/signature").text

    assert 'data-finding="INT-02"' in page
    assert "20 days ago; no trial treated again within 56 days" in page
