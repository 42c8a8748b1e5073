"""A dose from elsewhere, entered by touch, is said on the chart before the first needle."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.models import Clinic
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet


def enter_a_dose(clinic: RunningClinic, tablet: Tablet, *, days_ago: int) -> None:
    """BOTOX for migraine from another clinic, from the patient's page and back to it."""
    page = tablet.page
    with clinic.records():
        today = db.session.scalars(select(Clinic)).one().today(clock.now())
    given_on = today - timedelta(days=days_ago)
    tablet.tap("[data-action=add-dose]")
    tablet.tap(page.locator("label.pill", has_text="BOTOX").first)
    tablet.write(page.get_by_label("Units", exact=True), "155")
    tablet.write(page.get_by_label("Given on"), given_on.isoformat())
    tablet.pick(page.get_by_label("Indication"), "Chronic migraine")
    tablet.tap(page.locator("label.pill", has_text="Elsewhere"))
    tablet.tap(page.get_by_role("button", name="Add dose"))
    page.wait_for_url("**/patients/*")


def test_a_dose_from_elsewhere_is_said_before_the_first_give(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/patients/{patient.id}")

    enter_a_dose(own_clinic, tablet, days_ago=30)

    row = tablet.page.locator("[data-dose]")
    expect(row).to_contain_text("BOTOX 155 U")
    expect(row).to_contain_text("Elsewhere")

    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    chart.wait_until_saved()

    # Not even a vial is chosen: the protocol alone says which product it will be.
    assert {row.state for row in chart.rows()} == {"planned"}
    said = tablet.page.locator("[data-finding=INT-02]").first
    expect(said).to_be_visible()
    expect(said).to_contain_text("30 days ago; no trial treated again within 56 days")


def test_a_dose_that_was_a_mistake_is_withdrawn_by_keys_and_said_no_more(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/patients/{patient.id}")
    enter_a_dose(own_clinic, tablet, days_ago=30)

    tablet.page.get_by_role("link", name="Withdraw the dose of").focus()
    tablet.press("Enter")
    tablet.page.get_by_label("Why it is withdrawn").focus()
    tablet.type("Another patient's dose")
    tablet.press("Tab", "Enter")
    tablet.page.wait_for_url(f"**/patients/{patient.id}")

    row = tablet.page.locator("[data-dose]")
    expect(row.locator("s")).to_have_text("BOTOX 155 U")
    expect(row).to_contain_text("Another patient's dose")
    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    chart.wait_until_saved()
    expect(tablet.page.locator("[data-finding^=INT]")).to_have_count(0)
