"""Sessions for excessive sweating: underarms as promised, palms and soles with their many sites."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click
import pytest
from playwright.sync_api import expect

from app.clinical.catalogue import catalogue
from app.extensions import db
from app.models import Treatment
from tests.browser import paper
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_preempt import TO_SIGN, sign

# DESIGN section 1, promise 1: taps from an open patient to the review page.
PROMISED = 7
PROMISED_PALMS = 8


def lay(chart: ChartPage, protocol: str) -> None:
    """Lay a protocol from the bar's panel, unless it lies there already."""
    chart.tablet.tap("#what-bar [data-panel=protocol]")
    chart.tablet.tap(f"#panel [data-action=lay][data-key='{protocol}']")


def downloaded(tablet: Tablet, folder: Path) -> str:
    """What the signed note says on paper, on one line."""
    with tablet.page.expect_download() as note:
        tablet.tap(tablet.page.get_by_role("link", name="Download"))
    return " ".join(paper.text_of(paper.kept(note.value, folder)).split())


def test_both_underarms_15_each_keep_the_promised_taps(
    own_clinic: RunningClinic,
    new_tablet: NewTablet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own_clinic.vial_used_lately(100, "SAMPLE-7")
    patient = own_clinic.new_patient()
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/patients/{patient.id}")
    tablet.taps = tablet.keys = 0

    chart = ChartPage.start(tablet, patient, "axillary_hyperhidrosis")
    lay(chart, "AX-50x15")
    chart.mix_now()
    expect(chart.page.locator("#sites [data-action=give-all]")).to_have_text("Give all 30")
    chart.give_all()
    assert chart.total() == "100 U given"
    treatment = chart.treatment
    chart.review()

    to_review = tablet.taps
    reviewed = " ".join(tablet.page.locator("main").inner_text().split())
    assert "100 U = 100 given" in reviewed
    asked = sign(tablet)
    with capsys.disabled():
        click.echo(
            f"\nBoth underarms, 15 sites each: {to_review} taps from the open patient to the "
            f"review page (promised: at most {PROMISED}); beside it {asked} for time-out and "
            f"consent, {TO_SIGN} to sign"
        )
    assert to_review <= PROMISED
    assert tablet.keys == 0

    with own_clinic.records():
        sites = db.session.get_one(Treatment, treatment).sites
        by_side = {
            side: sorted(site.units for site in sites if site.side == side)
            for side in ("right", "left")
        }
    # 50 U over 15 in hundredths: five of 3.34 and ten of 3.33, so that the sum is exact.
    shared = [Decimal("3.33")] * 10 + [Decimal("3.34")] * 5
    assert by_side == {"right": shared, "left": shared}
    printed = downloaded(tablet, tmp_path)
    assert patient.record_number in printed
    assert "SAMPLE-7" in printed


def test_both_palms_25_each_keep_the_promised_taps(
    own_clinic: RunningClinic, new_tablet: NewTablet, capsys: pytest.CaptureFixture[str]
) -> None:
    own_clinic.vial_used_lately(100, "SAMPLE-7")
    patient = own_clinic.new_patient()
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/patients/{patient.id}")
    tablet.taps = tablet.keys = 0

    chart = ChartPage.start(tablet, patient, "palmar_hyperhidrosis")
    lay(chart, "PALM-25")
    chart.mix_now()
    chart.give_all()
    assert chart.total() == "100 U given"
    chart.review()

    with capsys.disabled():
        click.echo(
            f"\nBoth palms, 25 sites each: {tablet.taps} taps from the open patient to the review "
            f"page (promised: at most {PROMISED_PALMS})"
        )
    assert tablet.taps <= PROMISED_PALMS
    assert tablet.keys == 0


@pytest.mark.parametrize(
    "protocol_id", ["PALM-25", pytest.param("SOLE-30", marks=pytest.mark.long)]
)
def test_palms_and_soles_are_given_2_units_a_site(
    clinic: RunningClinic, alices_tablet: Tablet, protocol_id: str
) -> None:
    protocol = catalogue().protocols[protocol_id]
    total = sum(site.units for site in protocol.sites)
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), protocol.indication)
    lay(chart, protocol_id)
    assert set(labels_on(chart)) == {"2"}
    chart.give_all()
    assert chart.total("") == f"{total} U given"
    chart.open_every_group()
    rows = chart.rows()
    assert {(row.units, row.state) for row in rows} == {("2", "given")}
    half = len(protocol.sites) // 2
    assert [row.side for row in rows].count("right") == half
    assert [row.side for row in rows].count("left") == half
    chart.wait_until_saved()

    assert {site["units"] for site in clinic.stored(chart.treatment)["sites"]} == {"2"}


def labels_on(chart: ChartPage) -> list[str]:
    """What stands in the marks of the open drawing."""
    return chart.page.locator("#picture g[data-site] text").all_text_contents()
