"""Where the sites are, after everything that happens to a tablet: where they were given."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect

from app.clinical.catalogue import catalogue
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.tablet import Tablet
from tests.browser.test_sweating import lay
from tests.browser.test_two_tablets import NO_NETWORK, come_back, go_offline

INTERRUPTED = 17
NEIGHBOURS_PX = 8


def meant(protocol_id: str) -> list[tuple[Any, ...]]:
    """What a protocol lays, in injection order: site, drawing, place, muscle, units."""
    return [
        (site.id, site.map, site.x, site.y, site.muscle, site.units)
        for site in catalogue().protocols[protocol_id].sites
        if not site.optional
    ]


def stored(clinic: RunningClinic, treatment: UUID, state: str) -> list[tuple[Any, ...]]:
    """The same of what the database holds in this state."""
    return [
        (
            site["protocol_site"],
            site["map"],
            Decimal(site["x"]),
            Decimal(site["y"]),
            site["muscle"],
            Decimal(site["units"]),
        )
        for site in clinic.stored(treatment)["sites"]
        if site["state"] == state
    ]


def test_interrupted_at_site_17_the_record_says_17_in_order_and_the_rest_stays_planned(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), "chronic_migraine")
    chart.wait_until_saved()
    alices_tablet.expects(NO_NETWORK)

    for number in range(INTERRUPTED):
        if number == INTERRUPTED // 2:
            go_offline(chart)
        following = chart.page.locator("#picture .site--next")
        expect(following).to_have_count(1)
        key = str(following.get_attribute("data-site"))
        chart.tap_mark(key)
        expect(chart.row(key)).to_have_attribute("data-state", "given")
        elsewhere = chart.page.locator("#views [role=tab]", has=chart.page.locator(".view__next"))
        # The next one in the order is offered on its own drawing, whose tab says so.
        if elsewhere.count():
            chart.view(str(elsewhere.get_attribute("data-map")))
    come_back(chart)
    chart.wait_until_saved()
    treatment = chart.treatment
    ChartPage.start(alices_tablet, clinic.new_patient(), "chronic_migraine").give_all()
    chart = ChartPage.reopened(alices_tablet, treatment)

    assert stored(clinic, treatment, "given") == meant("PREEMPT-155")[:INTERRUPTED]
    assert stored(clinic, treatment, "planned") == meant("PREEMPT-155")[INTERRUPTED:]
    expect(chart.page.locator("#sites .sites__head b")).to_contain_text("17 of 31")


@pytest.mark.parametrize(
    ("indication", "protocol", "total"),
    [
        ("chronic_migraine", "PREEMPT-155", "155 U given"),
        ("axillary_hyperhidrosis", "AX-50x15", "100 U given"),
    ],
)
def test_all_sites_are_at_their_true_places_after_a_cut_a_reload_and_another_patient(
    clinic: RunningClinic, alices_tablet: Tablet, indication: str, protocol: str, total: str
) -> None:
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), indication)
    if indication == "axillary_hyperhidrosis":
        lay(chart, protocol)
    chart.wait_until_saved()
    treatment = chart.treatment
    go_offline(chart)
    chart.give_all()
    expect(chart.save).to_contain_text("kept on this tablet")
    come_back(chart)
    chart.wait_until_saved()
    alices_tablet.page.reload()
    chart.wait_until_open()
    ChartPage.start(alices_tablet, clinic.new_patient(), indication)
    chart = ChartPage.reopened(alices_tablet, treatment)

    assert stored(clinic, treatment, "given") == meant(protocol)
    assert stored(clinic, treatment, "planned") == []
    assert chart.total("") == total


def test_two_sites_8_pixels_apart_are_told_apart(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), "other")
    ref = "head_anterior@1"
    chart.view("head_anterior")
    chart.see_all()
    left, _ = chart.place_of(ref, 120, 60)
    right, _ = chart.place_of(ref, 121, 60)
    apart = NEIGHBOURS_PX / (right - left)
    places = ((100.0, 60.0), (100.0 + apart, 60.0))
    alices_tablet.spread(chart.place_of(ref, *places[0]), 4)
    keys = []
    for x, y in places:
        chart.tap_skin(ref, x, y)
        selected = chart.page.locator("#picture .site--selected")
        expect(selected).to_have_count(1)
        chart.wait_until_saved()
        keys.append(str(selected.get_attribute("data-site")))
    assert len(set(keys)) == len(places)
    chart.see_all()
    chart.wait_until_it_rests()
    middles = [chart.middle_of(key) for key in keys]
    assert NEIGHBOURS_PX / 2 < math.dist(*middles) <= NEIGHBOURS_PX

    for key, outward in zip(keys, (-1, 1), strict=True):
        x, y = middles[keys.index(key)]
        chart.touch(lambda x=x, y=y, outward=outward: (x + outward * 2, y))
        expect(chart.row(key)).to_have_attribute("aria-selected", "true")
    assert len(clinic.stored(chart.treatment)["sites"]) == len(places)
