"""Last time: seen without a tap, stepped through, and laid again as planned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import click
import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app import clock
from app.clinical.catalogue import catalogue
from app.extensions import db
from app.models import Clinic, Patient
from tests import factories
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import NewTablet

# DESIGN section 1, promise 1: taps from an open patient to the review page.
PROMISED = 7
LOT = "LAST-LOT"
# How strong the vial of last time was: neither the usual dilution nor the one used lately.
ML = "8"


def preempt(preparation: str, given_at: str) -> list[dict[str, Any]]:
    """All that PREEMPT lays, given."""
    protocol = catalogue().protocols["PREEMPT-155"]
    return [
        {
            "key": str(uuid4()),
            "map": site.map if "@" in site.map else f"{site.map}@1",
            "x": f"{site.x:.2f}",
            "y": f"{site.y:.2f}",
            "muscle": site.muscle,
            "other": None,
            "units": "5",
            "depth": "IM",
            "state": "given",
            "preparation": preparation,
            "indication": "chronic_migraine",
            "protocol": protocol.id,
            "protocol_site": site.id,
            "given_at": given_at,
        }
        for site in protocol.sites
        if not site.optional
    ]


def signed_session(
    clinic: RunningClinic,
    patient: Known,
    *,
    days_ago: int,
    extra: Sequence[dict[str, Any]] = (),
    units: str = "200",
    ml: str = ML,
) -> None:
    """PREEMPT and what was given besides, signed so many days ago."""
    with clinic.records():
        alice = clinic.person("alice")
        of = db.session.get_one(Patient, patient.id)
        ours = db.session.scalars(select(Clinic)).one()
        draft = factories.treatment(of, by=alice, clinic=ours)
        body = factories.chart_body(
            draft, date=(ours.today(clock.now()) - timedelta(days=days_ago)).isoformat()
        )
        preparation = body["preparations"][0]
        sites = preempt(preparation["key"], body["sites"][0]["given_at"])
        body["sites"] = [*sites, *({**sites[0], "key": str(uuid4()), **each} for each in extra)]
        given = sum(Decimal(site["units"]) for site in body["sites"])
        preparation["diluent_ml"] = ml
        preparation["vials"][0].update(units=units, lot=LOT, discarded=str(Decimal(units) - given))
        factories.chart(draft, body, by=alice)
        factories.sign(draft, by=alice, clinic=ours)


# Two more sites in the right trapezius, as nobody's protocol has them.
OUTSIDE = {"protocol": None, "protocol_site": None, "muscle": "trapezius"}
TWO_EXTRA = [
    {**OUTSIDE, "map": "head_posterior@1", "x": x, "y": y}
    for x, y in (("300.00", "272.00"), ("344.40", "320.00"))
]
GHOST = (300.4, 272.4)


def test_the_last_session_again_with_two_changed_doses_keeps_the_promised_taps(
    own_clinic: RunningClinic, new_tablet: NewTablet, capsys: pytest.CaptureFixture[str]
) -> None:
    patient = own_clinic.new_patient()
    signed_session(own_clinic, patient, days_ago=90)
    # Somebody else's vial was mixed otherwise since.
    own_clinic.new_note(
        own_clinic.new_patient(), ml="4", units="200", lot="NEW-LOT", expires="2029-08-31",
        discarded="190",
    )  # fmt: skip
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/patients/{patient.id}")
    tablet.taps = tablet.keys = 0

    repeat = tablet.page.locator("[data-action=repeat]")
    expect(repeat).to_have_text("Repeat last, BOTOX 155 U")
    tablet.tap(repeat)
    chart = ChartPage(tablet)
    chart.wait_until_open()
    expect(chart.page.locator("#sites [data-action=give-all]")).to_have_text("Give all 31")
    expect(chart.page.locator("[data-strip=past]")).to_contain_text("155 U BOTOX. Today: the same.")

    # Proposed, not recorded: as strong as last time, whatever was mixed meanwhile.
    strip = chart.page.locator("[data-strip=vial]")
    expect(strip).to_contain_text("8 mL saline, 25 U/mL")
    chart.wait_until_saved()
    laid = own_clinic.stored(chart.treatment)
    assert laid["indications"] == ["chronic_migraine"]
    assert laid["codes"] == []
    [plan] = laid["preparations"]
    assert (plan["product"], plan["diluent_ml"], plan["vials"]) == ("BOTOX", None, [])
    assert {(site["state"], site["units"], site["given_at"]) for site in laid["sites"]} == {
        ("planned", "5", None)
    }
    assert LOT not in str(laid)
    expect(chart.page.locator("#time-out")).to_have_attribute("data-answered", "0")

    chart.mix_now()
    rows = [row for row in chart.rows() if row.state == "planned"]
    for row, action, units in ((rows[0], "more", "7.5"), (rows[1], "less", "2.5")):
        tablet.tap(chart.row(row.key).locator(f"[data-action={action}]"))
        expect(chart.row(row.key)).to_contain_text(units)
    expect(chart.page.locator("[data-strip=past]")).to_contain_text("5 → 7.5 U")
    expect(chart.page.locator("[data-strip=past]")).to_contain_text("5 → 2.5 U")
    chart.give_all()
    expect(chart.page.locator("#sums [data-action=review]")).to_have_text("Discard 45 U and review")
    chart.review()

    with capsys.disabled():
        click.echo(
            f"\nRepeat of last session, two changed doses: {tablet.taps} taps from the open patient"
            f" to the review page (promised: at most {PROMISED}); where it went last time: 0"
        )
    assert tablet.taps <= PROMISED
    assert tablet.keys == 0
    kept = own_clinic.stored(chart.treatment)
    assert [vial["lot"] for each in kept["preparations"] for vial in each["vials"]] == ["NEW-LOT"]
    assert [each["diluent_ml"] for each in kept["preparations"]] == [ML]


def test_a_repeat_that_is_reloaded_is_there_once_and_undone_in_one(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    signed_session(own_clinic, patient, days_ago=90, extra=TWO_EXTRA)
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/patients/{patient.id}")
    tablet.tap("[data-action=start]")
    chart = ChartPage(tablet)
    chart.wait_until_open()
    # Also on a chart that is empty.
    tablet.tap("#first [data-action=repeat]")
    expect(chart.page.locator("#sites [data-action=give-all]")).to_have_text("Give all 33")
    chart.wait_until_saved()
    before = own_clinic.stored(chart.treatment)

    tablet.page.reload()
    chart.wait_until_open()

    expect(chart.page.locator("#sites [data-action=give-all]")).to_have_text("Give all 33")
    assert own_clinic.stored(chart.treatment) == before

    tablet.go(f"/patients/{patient.id}")
    tablet.tap("[data-action=repeat]")
    again = ChartPage(tablet)
    expect(again.page.locator("#sites [data-action=give-all]")).to_have_text("Give all 33")
    again.undo()
    expect(again.page.locator("#first [data-action=repeat]")).to_be_visible()


def test_last_time_lies_beneath_without_a_tap_and_earlier_sessions_are_stepped_through(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    signed_session(own_clinic, patient, days_ago=174)
    signed_session(own_clinic, patient, days_ago=90, extra=TWO_EXTRA)
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")

    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    strip = chart.page.locator("[data-strip=past]")
    expect(strip).to_contain_text("165 U BOTOX. Today: 2 left out.")
    chart.view("head_posterior")
    ghosts = chart.page.locator("#picture [data-ghost]")
    expect(ghosts).to_have_count(2)
    before = {name: had for name, _, had in (g["cells"][0].split("\n") for g in chart.groups())}
    assert before["Frontalis"] == "20 · 20 U"
    assert re.fullmatch(r"\d+\s\w+:\s30\sU · \d+\s\w+:\s40\sU", before["Trapezius (upper)"])

    # A finger on a ghost means the skin beneath it.
    chart.tap_skin("head_posterior@1", *GHOST)
    assert chart.total("") == "5 U given"
    expect(ghosts).to_have_count(2)
    chart.undo()

    tablet.tap("[data-action=earlier-session]")
    expect(strip).to_contain_text("155 U BOTOX. Today: the same.")
    expect(ghosts).to_have_count(0)
    expect(strip.locator("[data-action=earlier-session]")).to_have_attribute(
        "aria-disabled", "true"
    )
    tablet.tap("[data-action=later-session]")
    expect(ghosts).to_have_count(2)

    tablet.tap("#rail [data-action=last-time]")
    expect(strip).to_be_empty()
    expect(ghosts).to_have_count(0)
    tablet.tap("#rail [data-action=last-time]")
    expect(ghosts).to_have_count(2)


def test_an_adverse_event_is_ringed_where_it_was_linked_on_every_chart_from_then_on(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    signed_session(own_clinic, patient, days_ago=90)
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    rings = chart.page.locator("#picture .ghost--ringed")
    expect(chart.page.locator("[data-strip=past]")).to_contain_text("Today: the same.")
    expect(rings).to_have_count(0)

    tablet.tap("[data-strip=past] [data-panel=reaction]")
    tablet.expects("422 POST .*/adverse-events")
    tablet.tap("#panel [data-action=event-tell]")
    expect(chart.page.locator("#panel")).to_contain_text("Choose what it was.")
    tablet.tap("#panel [data-action=event-kind][data-key=drooping_brow]")
    linked = chart.page.locator("#panel [data-action=event-part][data-key='frontalis right']")
    tablet.tap(linked)
    expect(linked).to_have_attribute("aria-pressed", "true")
    tablet.tap("#panel [data-action=event-tell]")
    expect(rings).to_have_count(2)

    later = ChartPage.start(tablet, patient, "chronic_migraine")
    expect(later.page.locator("[data-strip=past] .reaction")).to_contain_text(
        "Drooping or heavy brow. Linked to Frontalis, right."
    )
    expect(rings).to_have_count(2)
    tablet.tap("[data-strip=past] [data-panel=reaction]")
    tablet.tap("#panel [data-action=event-withdraw]")
    expect(rings).to_have_count(0)
