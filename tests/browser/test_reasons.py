"""Reasons typed on the review page, while other answers of that page are sent."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.models import Clinic, Patient, Treatment
from tests import factories
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet

REASON = "No other lot was at hand."


def test_a_typed_reason_outlives_another_answer_and_belongs_to_its_own_finding(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    with own_clinic.records():
        alice = own_clinic.person("alice")
        clinic = db.session.scalars(select(Clinic)).one()
        of = db.session.get_one(Patient, patient.id)
        draft = factories.treatment(of, by=alice, clinic=clinic)
        body = factories.chart_body(draft)
        yesterday = clinic.today(clock.now()) - timedelta(days=1)
        body["preparations"][0]["vials"][0]["expires"] = yesterday.isoformat()
        treatment = factories.chart(draft, body, by=alice).id
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/treatments/{treatment}/signature")
    page = tablet.page
    reason = page.locator("#reason-LOT-01")

    tablet.write(reason, REASON)
    tablet.write(page.locator("#headache_days"), "18")
    tablet.tap(page.get_by_role("button", name="Save the readings"))

    expect(page.locator("[data-passes-item=headache_days]")).to_have_attribute("data-ok", "yes")
    expect(reason).to_have_value(REASON)

    # Another fault of the same kind: what was written about the first says nothing of it.
    body["preparations"][0]["vials"][0]["expires"] = (yesterday - timedelta(days=30)).isoformat()
    with own_clinic.records():
        factories.chart(
            db.session.get_one(Treatment, treatment), body, by=own_clinic.person("alice")
        )
    tablet.go(f"/treatments/{treatment}/signature")
    expect(page.locator("[data-finding=LOT-01]")).to_be_visible()
    expect(reason).to_be_editable()
    tablet.write(reason, "The rest of the box is on its way.")
    expect(reason).to_have_value("The rest of the box is on its way.")

    tablet.go("/patients")
    tablet.sign_out()
    tablet.fill_in_the_door("alice")
    tablet.page.wait_for_url(f"{own_clinic.address}/")
    tablet.go(f"/treatments/{treatment}/signature")
    expect(page.locator("[data-finding=LOT-01]")).to_be_visible()
    expect(reason).to_have_value("")
