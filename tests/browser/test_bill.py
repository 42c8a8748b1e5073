"""From the readings on the review page to the bill of the signed session, by touch."""

from __future__ import annotations

from playwright.sync_api import expect
from sqlalchemy import select

from app.extensions import db
from app.models import Clinic, Patient
from tests import factories
from tests.browser.asking import read_warnings
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet


def test_readings_turn_the_list_green_and_the_signed_session_gives_its_bill(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    with own_clinic.records():
        alice = own_clinic.person("alice")
        clinic = db.session.scalars(select(Clinic)).one()
        of = db.session.get_one(Patient, patient.id)
        new = factories.treatment(of, by=alice, clinic=clinic)
        draft = factories.chart(new, by=alice).id
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/treatments/{draft}/signature")
    page = tablet.page
    days = page.locator("[data-passes-item=headache_days]")
    expect(days).to_have_attribute("data-ok", "no")

    tablet.write(page.locator("#headache_days"), "18")
    tablet.tap(page.get_by_role("button", name="Save the readings"))

    expect(days).to_have_attribute("data-ok", "yes")
    expect(days).to_contain_text("18 days a month")
    read_warnings(tablet)
    tablet.tap_pin(factories.ALICES_PIN)
    tablet.tap("[data-action=sign]")
    expect(page.get_by_role("heading", name="Signed note N-")).to_be_visible()
    expect(page.locator("[data-bill]")).to_contain_text("J0585")
    tablet.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tablet.tap("[data-action=copy-bill]")
    expect(page.locator("#bill-copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Line\tJ0585" in copied
