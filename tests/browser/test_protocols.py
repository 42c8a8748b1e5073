"""Protocols by touch: a limb muscle by muscle, a child by weight, extras, and the clinic's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from playwright.sync_api import expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet

CHILD = date(2019, 3, 12)
BICEPS = "#panel [data-action=lay-block][data-key=UL-BOTOX-biceps_brachii]"
CHILDS_BICEPS = "#panel [data-action=lay-block][data-key=UL-PED-BOTOX-biceps_brachii]"


def planned(chart: ChartPage) -> list[tuple[str, str, str]]:
    """Muscle, side and units of what is planned."""
    chart.open_every_group()
    return [(row.name, row.side, row.units) for row in chart.rows() if row.state == "planned"]


def test_the_muscles_of_an_arm_are_laid_one_tap_each_for_the_side_treated(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = ChartPage.start(alices_tablet, clinic.new_patient())
    chart.choose("upper_limb_spasticity")
    panel = chart.page.locator("#panel")
    expect(panel).to_be_visible()
    alices_tablet.tap(BICEPS)
    expect(chart.page.locator("#sites")).not_to_contain_text("Biceps")

    alices_tablet.tap("#panel [data-action=limb][data-key=left]")
    alices_tablet.tap(BICEPS)
    expect(chart.page.locator(BICEPS)).to_have_attribute("aria-pressed", "true")
    alices_tablet.tap("#panel [data-action=lay-block][data-key=UL-BOTOX-pronator_teres]")
    alices_tablet.tap("#panel [data-action=lay-extra]")
    alices_tablet.tap("#panel [data-action=close]")

    sides = {(side, units) for _, side, units in planned(chart)}
    assert sides == {("left", "30"), ("left", "15")}
    assert len(planned(chart)) == 4
    chart.wait_until_saved()
    stored = clinic.stored(chart.treatment)["sites"]
    assert [site["units"] for site in stored] == ["30", "30", "15", "15"]


def test_a_child_s_dose_follows_from_the_weight_and_waits_without_one(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = ChartPage.start(
        alices_tablet, clinic.new_patient(born=CHILD, weight_kg=None, weighed_on=None)
    )
    chart.choose("upper_limb_spasticity")
    alices_tablet.tap("#panel [data-action=limb][data-key=right]")
    alices_tablet.tap(CHILDS_BICEPS)
    expect(chart.page.locator("#panel")).to_contain_text("Enter the weight")
    expect(chart.page.locator(CHILDS_BICEPS)).to_have_attribute("aria-pressed", "false")
    chart.wait_until_saved()

    heavy = clinic.new_patient(born=CHILD, weight_kg=Decimal(20))
    chart = ChartPage.start(alices_tablet, heavy)
    chart.choose("upper_limb_spasticity")
    alices_tablet.tap("#panel [data-action=limb][data-key=right]")
    alices_tablet.tap(CHILDS_BICEPS)
    expect(chart.page.locator(CHILDS_BICEPS)).to_have_attribute("aria-pressed", "true")
    alices_tablet.tap("#panel [data-action=close]")
    chart.wait_until_saved()

    # 1.5 U/kg at 20 kg: 30 U over four sites.
    assert [site["units"] for site in clinic.stored(chart.treatment)["sites"]] == ["7.5"] * 4


def test_a_chart_becomes_the_clinic_s_own_protocol_and_is_laid_in_another_session(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    chart = ChartPage.start(tablet, own_clinic.new_patient(), "chronic_migraine")
    tablet.tap("#sites [data-action=more] >> nth=0")
    chart.wait_until_saved()
    tablet.tap("#what-bar [data-panel=protocol]")
    tablet.write(chart.page.locator("#own-name"), "Ours")
    tablet.tap("#panel [data-action=save-protocol]")
    expect(chart.page.locator("#panel")).to_be_hidden()

    other = ChartPage.start(tablet, own_clinic.new_patient(), "chronic_migraine")
    tablet.tap("#what-bar [data-panel=protocol]")
    own = other.page.locator("#panel [data-action=lay][data-key^='OWN-']")
    expect(own).to_contain_text("Ours")
    expect(own).to_contain_text("Clinic’s own, version 1")
    tablet.tap(own)
    expect(other.page.locator("#what-bar [data-panel=protocol]")).to_contain_text("Ours")
    other.wait_until_saved()

    stored = own_clinic.stored(other.treatment)["sites"]
    first = own_clinic.stored(chart.treatment)["sites"]
    assert [site["units"] for site in stored] == [site["units"] for site in first]
    assert len(stored) == 31
    assert {site["protocol"].partition("-")[0] for site in stored} == {"OWN"}


def test_the_technique_sheet_opens_beside_the_picture(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), "axillary_hyperhidrosis")

    alices_tablet.tap("#zoom [data-panel=technique]")

    expect(chart.page.locator("#panel")).to_contain_text("median 205 days")
