"""A vial by one scan, by a photograph of its code, and what the stock says of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from app import clock
from app.extensions import begin_write, db
from app.models import StockLot
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet
from tests.pictures_of_codes import photograph

BOTOX_200 = "00300233921029"
SERIAL = "100384417205"
WHOLE = f"(01){BOTOX_200}(17)270831(10)C8412C3(21){SERIAL}"


@pytest.fixture
def chart(own_clinic: RunningClinic, new_tablet: NewTablet) -> ChartPage:
    """A session for chronic migraine at a clinic that has never used a vial."""
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    return ChartPage.start(tablet, own_clinic.new_patient(), "chronic_migraine")


def scan(tablet: Tablet, *parts: str) -> None:
    """A hand scanner: keys faster than any hand's, its separators as Ctrl and ], then Enter."""
    keyboard = tablet.page.keyboard
    for number, part in enumerate(parts):
        if number:
            keyboard.press("Control+]")
        keyboard.type(part)
    keyboard.press("Enter")


def vial_card(chart: ChartPage) -> Locator:
    """The vial in the panel of the bar."""
    chart.tablet.tap("#what-bar [data-panel=product]")
    return chart.page.locator("#panel .fields--vial")


def held(own_clinic: RunningClinic, lot: str, quarantined: str = "") -> None:
    """Ten vials in stock."""
    with own_clinic.records():
        begin_write()
        dan = own_clinic.person("dan")
        new = StockLot(product="BOTOX", units=Decimal(200), lot=lot, expires=date(2027, 8, 31))
        db.session.add(new)
        new.receive(10, expires=date(2027, 8, 31), by=dan, now=clock.now())
        if quarantined:
            new.quarantine(quarantined, by=dan, now=clock.now())
        db.session.commit()


def test_one_scan_opens_and_mixes_the_vial(chart: ChartPage, own_clinic: RunningClinic) -> None:
    scan(chart.tablet, f"01{BOTOX_200}1727083110C8412C3", f"21{SERIAL}")

    expect(chart.page.locator("[data-strip=vial]")).to_be_empty()
    chart.wait_until_saved()
    (preparation,) = own_clinic.stored(chart.treatment)["preparations"]
    (vial,) = preparation["vials"]
    assert {name: vial[name] for name in ("units", "lot", "expires", "serial", "ndc")} == {
        "units": "200",
        "lot": "C8412C3",
        "expires": "2027-08-31",
        "serial": SERIAL,
        "ndc": "0023-3921-02",
    }
    assert preparation["diluent_ml"] == "4"
    assert preparation["reconstituted_at"]
    card = vial_card(chart)
    expect(card).to_contain_text(f"serial {SERIAL}")
    expect(card.locator("[data-clock]")).to_have_text("23 h left")
    expect(card).to_contain_text("tomorrow")


def test_a_scan_in_the_list_changes_no_dose(chart: ChartPage) -> None:
    row = chart.page.locator("#sites [role=row][data-site]").first
    chart.tablet.tap(row.locator("[role=gridcell], [role=rowheader]").first)
    before = [(each.units, each.state) for each in chart.rows()]
    row.focus()

    scan(chart.tablet, f"01{BOTOX_200}1727083110C8412C3")

    expect(chart.page.locator("[data-strip=vial]")).to_be_empty()
    assert [(each.units, each.state) for each in chart.rows()] == before
    lot = vial_card(chart).locator("[data-field=lot]")
    expect(lot).to_have_value("C8412C3")


def test_a_lost_separator_is_asked_about(chart: ChartPage) -> None:
    scan(chart.tablet, f"01{BOTOX_200}1727083110A21B")

    dialog = chart.page.locator("#scan")
    expect(dialog).to_be_visible()
    chart.tablet.tap(dialog.get_by_role("button", name="lot A BOTOX"))

    expect(dialog).to_be_hidden()
    card = vial_card(chart)
    expect(card.locator("[data-field=lot]")).to_have_value("A")
    expect(card).to_contain_text("serial B")


def test_a_photograph_gives_the_vial(chart: ChartPage, tmp_path: Path) -> None:
    picture = tmp_path / "carton.png"
    picture.write_bytes(photograph(WHOLE))

    with chart.page.expect_file_chooser() as chooser:
        chart.tablet.tap("[data-strip=vial] .photograph")
    chooser.value.set_files(picture)

    expect(chart.page.locator("[data-strip=vial]")).to_be_empty()
    expect(vial_card(chart)).to_contain_text(f"serial {SERIAL}")


def test_a_vial_in_stock_is_proposed_and_a_quarantined_one_is_marked(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    held(own_clinic, "GOOD1")
    held(own_clinic, "BAD1", quarantined="Recalled by the maker")
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    chart = ChartPage.start(tablet, own_clinic.new_patient(), "chronic_migraine")

    expect(chart.page.locator("[data-strip=vial]")).to_contain_text("GOOD1")
    tablet.tap("[data-action=other-vials]")
    offered = chart.page.locator("#panel .vials li")
    expect(offered).to_have_count(2)
    expect(offered.last).to_contain_text("Quarantined: Recalled by the maker")
    expect(chart.page.locator("[data-least-waste=BOTOX]")).to_contain_text(
        "Least waste for 155 U of BOTOX: 200 U. 45 U would be left over."
    )
    tablet.tap(offered.last.locator("[data-action=use-recent]"))
    expect(chart.page.locator("#panel .panel__said")).to_contain_text("Take another vial.")
    # What was really given can be entered.
    expect(chart.page.locator("#draft-lot")).to_have_value("BAD1")
    tablet.tap("#panel [data-action=use-draft]")
    expect(chart.page.locator("[data-strip=vial]")).to_be_empty()
    chart.wait_until_saved()
    (preparation,) = own_clinic.stored(chart.treatment)["preparations"]
    assert preparation["vials"][0]["lot"] == "BAD1"


def test_why_a_lot_is_not_known_is_written_on_the_vial(
    chart: ChartPage, own_clinic: RunningClinic
) -> None:
    tablet = chart.tablet
    scan(tablet, f"01{BOTOX_200}17270831")
    expect(chart.page.locator("[data-strip=vial]")).to_be_empty()

    card = vial_card(chart)
    tablet.tap(card.locator("[data-action=vial-unable]"))
    tablet.type("Lot")
    tablet.press("Enter")
    why = card.locator("[data-field=unable-lot]")
    tablet.write(why, "label torn off")
    tablet.press("Enter")

    chart.wait_until_saved()
    (preparation,) = own_clinic.stored(chart.treatment)["preparations"]
    assert preparation["vials"][0]["lot"] == {"unable": "label torn off"}
