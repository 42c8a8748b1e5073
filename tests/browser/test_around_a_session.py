"""Paper into the record, and the note out of it as text, by touch."""

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


def test_a_sheet_is_charted_as_transcribed_and_a_note_leaves_as_text(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    signed = own_clinic.new_note(patient)
    with own_clinic.records():
        clinic = db.session.scalars(select(Clinic)).one()
        day = clinic.today(clock.now()) - timedelta(days=1)
    tablet = new_tablet(own_clinic)
    page = tablet.page
    tablet.sign_in("alice")

    tablet.go(f"/patients/{patient.id}")
    tablet.tap("[data-action=paper]")
    expect(page.get_by_role("heading", name="Start from paper")).to_be_visible()
    tablet.tap_start_of(page.locator("#day"))
    tablet.type(f"{day:%m%d%Y}")
    tablet.tap_start_of(page.locator("#at"))
    tablet.type("0940AM")
    tablet.pick(page.locator("#performer"), "Alice Amari, MD")
    tablet.tap("[data-action=start-from-paper]")

    chart = ChartPage(tablet)
    chart.wait_until_open()
    expect(page.locator("#who-bar")).to_contain_text("From paper")
    stored = own_clinic.stored(chart.treatment)
    assert stored["date"] == day.isoformat()
    tablet.go(f"/treatments/{chart.treatment}/signature")
    expect(page.locator("[data-transcribed]")).to_contain_text("09:40")

    tablet.go(f"/treatments/{signed}")
    tablet.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tablet.tap("[data-action=copy-text]")
    expect(page.locator("#text-copied")).to_be_visible()
    assert "GIVEN\n- " in page.evaluate("navigator.clipboard.readText()")
    # This browser hands no file on, so nothing offers to.
    expect(page.locator("[data-share]").first).to_be_hidden()
    tablet.tap(page.get_by_role("link", name="Show the text"))
    expect(page.get_by_label("The note as text")).to_contain_text("This text is a copy.")
