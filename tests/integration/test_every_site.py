"""GET /patients/<id>/sites: every site that was given and signed, by place, muscle and session."""

from __future__ import annotations

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from flask import Flask

from app import clock
from app.clinical.catalogue import catalogue
from app.extensions import begin_write, db
from app.models import Patient, Treatment
from app.patients.every_site import Amount, every_site
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast


@pytest.fixture
def patient(cast: Cast) -> Patient:
    """Treated once, and at work on a second session that nobody signed."""
    of = factories.patient(cast.dan)
    signed_session(of, cast)
    factories.chart(factories.treatment(of, by=cast.alice, clinic=cast.clinic), by=cast.alice)
    return of


def signed_session(of: Patient, cast: Cast) -> Treatment:
    """Two given sites of the corrugator, 5 U each, and 40 U planned there that nobody gave."""
    draft = factories.treatment(of, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    planned = {**body["sites"][0], "key": str(uuid4()), "state": "planned", "units": "40"}
    planned.pop("given_at")
    body["sites"].append(planned)
    factories.chart(draft, body, by=cast.alice)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic, incomplete="the patient felt unwell")
    return draft


def page_of(browser: AuditingClient, patient: Patient, **asked: str) -> str:
    answer = browser.get(f"/patients/{patient.id}/sites", query_string=asked)
    assert answer.status_code == 200
    return str(answer.text)


def test_only_what_was_given_and_signed_stands_there(
    as_alice: AuditingClient, patient: Patient
) -> None:
    page = page_of(as_alice, patient)

    assert "BOTOX 10 U, 2 sites" in page
    assert page.count("<polygon") == 2
    assert re.findall(r"<text[^>]*>([^<]*)</text>", page) == ["5", "5"]
    row = page[page.index("Corrugator") :]
    assert re.findall(r"<b>(\d+)</b> <span[^>]*>(\d+) site", row)[:3] == [
        ("5", "1"),
        ("5", "1"),
        ("10", "2"),
    ]
    assert "40" not in re.findall(r"<b>(\d+)</b>", page)


def test_it_is_asked_by_product_and_indication_and_units_of_two_are_never_summed(
    cast: Cast, as_alice: AuditingClient, patient: Patient
) -> None:
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["preparations"][0].update(product="Xeomin")
    factories.chart(draft, body, by=cast.alice)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    latest = page_of(as_alice, patient)
    older = page_of(as_alice, patient, product="BOTOX", indication="chronic_migraine")
    none = page_of(as_alice, patient, product="BOTOX", indication="blepharospasm")

    assert "Xeomin 10 U, 2 sites" in latest
    assert "BOTOX 10 U, 2 sites" in older
    assert "20 U" not in latest + older
    assert "No site fits" in none
    assert "<polygon" not in none
    assert "No site fits" in page_of(as_alice, patient, product="<b>")


def test_what_lies_in_one_place_adds_up_and_the_most_is_darkest(
    app: Flask, cast: Cast, patient: Patient
) -> None:
    again = signed_session(patient, cast)
    of = db.session.get_one(Patient, patient.id)

    with app.test_request_context():
        found = every_site(of.treatments, [], catalogue(), "en", product=None, indication="")

    (plot,) = found.plots
    assert [cell.amount for cell in plot.cells] == [Amount(Decimal(10), 2)] * 2
    assert {cell.step for cell in plot.cells} == {5}
    assert plot.days == 2
    first, second = plot.cells
    middle = plot.drawing.midline_x
    assert middle is not None
    assert first.y == second.y
    assert first.x + second.x == pytest.approx(2 * middle)
    assert again.id in {session.treatment.id for session in found.sessions}


def test_a_place_wears_a_ring_where_an_adverse_event_was_linked_until_it_is_withdrawn(
    cast: Cast, as_alice: AuditingClient, patient: Patient
) -> None:
    before = next(each for each in patient.treatments if each.is_signed)
    today = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    assert "heat__ring" not in page_of(as_alice, patient)
    event = factories.adverse_event(before, told_in=today, by=cast.alice)
    side = before.given_sites[0].side

    page = page_of(as_alice, patient)

    assert page.count('class="heat__ring"') == 1
    told = page[page.index("ever__reactions") :]
    assert "Drooping or heavy brow" in told
    assert f"ringed above: Corrugator, {side}" in told
    # It belongs to what it was linked to, not to every product this patient had.
    assert "heat__ring" not in page_of(as_alice, patient, product="Xeomin")

    begin_write()
    event.withdraw(by=cast.alice, now=clock.now())
    db.session.commit()

    assert "heat__ring" not in page_of(as_alice, patient)
    assert "Drooping" not in page_of(as_alice, patient)


def test_where_nothing_was_signed_it_says_so(cast: Cast, as_alice: AuditingClient) -> None:
    nobody = factories.patient(cast.dan)

    assert "Nothing given and signed yet" in page_of(as_alice, nobody)
    assert "/sites" not in as_alice.get(f"/patients/{nobody.id}").text


def test_looking_is_in_the_trail_and_changes_nothing(
    cast: Cast, as_alice: AuditingClient, patient: Patient
) -> None:
    with nothing_changed("patient.sites_viewed"):
        page_of(as_alice, patient)

    entry = last_entry("patient.sites_viewed")
    assert entry.by_id == cast.alice.id
    assert entry.subject_id == str(patient.id)


def test_who_sees_no_patient_and_who_may_not_see_this_one_find_nothing(
    app: Flask, cast: Cast, as_alice: AuditingClient, patient: Patient
) -> None:
    address = f"/patients/{patient.id}/sites"
    assert signed_in(app, cast.eve).get(address).status_code == 404
    assert signed_in(app, cast.dan).get(address).status_code == 200

    restrict(patient, cast.bob)

    assert as_alice.get(address).status_code == 404
    assert as_alice.get(f"/patients/{uuid4()}/sites").status_code == 404
