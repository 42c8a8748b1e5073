"""The records desk by touch: several notes as one file in list order, and the log of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import paper
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import STANDING, NewTablet
from tests.browser.tablet import Tablet

NAMES = ("Ann", "Bea", "Cleo", "Dora")
LEAST = 44


@pytest.fixture
def desk(own_clinic: RunningClinic) -> RunningClinic:
    """Four signed notes; Dora's was signed last, so it stands first."""
    for name in NAMES:
        own_clinic.new_note(own_clinic.new_patient(given_name=name))
    return own_clinic


def tick_of(tablet: Tablet, name: str) -> Locator:
    """What a finger touches to tick this patient's note."""
    row = tablet.page.locator("tr").filter(has_text=f"{name} Oduya-Sample")
    return row.locator("label.tickbox")


def print_ticked(tablet: Tablet, folder: Path) -> list[str]:
    """Tap Print; answers the text of each page of the file that opens beside."""
    with tablet.context.expect_page() as opened:
        tablet.tap(tablet.page.locator(".batch [data-action=print]"))
    file = opened.value
    file.wait_for_url("**/notes/copies/*.pdf")
    answer = tablet.page.request.get(file.url)
    assert answer.headers["content-disposition"].startswith("inline")
    path = folder / "copies.pdf"
    path.write_bytes(answer.body())
    assert "No syntax or stream encoding errors found" in paper.qpdf_check(path)
    file.close()
    return paper.text_of(path).split("\f")[:-1]


def test_three_ticked_notes_are_one_file_in_list_order_and_three_rows_of_the_log(
    desk: RunningClinic, new_tablet: NewTablet, tmp_path: Path
) -> None:
    tablet = new_tablet(desk)
    tablet.sign_in("dan")
    tablet.go("/notes")
    bar = tablet.page.locator(".batch")
    expect(bar).to_be_hidden()
    expect(tablet.page.locator(".tabs button", has_text="To print")).to_contain_text("4")

    # In another order than the list's.
    for name in ("Ann", "Dora", "Cleo"):
        tablet.tap(tick_of(tablet, name))
    box = tick_of(tablet, "Ann").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= LEAST
    expect(bar).to_contain_text("3 notes")
    expect(bar).to_contain_text("3 pages")
    expect(bar.locator("[data-action=print]")).to_have_text("Print 3")
    pages = print_ticked(tablet, tmp_path)

    for page, name in zip(pages, ("Dora", "Cleo", "Ann"), strict=True):
        assert f"{name} Oduya-Sample" in page
        assert "Copy 1 of a signed file · Dan Dufour · " in page
        assert "· for the paper record" in page
    # The list behind the file has counted it.
    expect(tablet.page.locator("tbody .chip--ok")).to_have_count(3)
    tablet.tap(tablet.page.locator(".tabs button", has_text="To print"))
    expect(tablet.page.locator("tbody tr")).to_have_count(1)
    expect(tablet.page.locator("tbody tr")).to_contain_text("Bea Oduya-Sample")
    tablet.tap(tablet.page.get_by_role("link", name="All of it"))
    rows = tablet.page.locator("tbody tr")
    expect(rows).to_have_count(3)
    for row, name in zip(rows.all(), ("Dora", "Cleo", "Ann"), strict=True):
        expect(row).to_contain_text(f"{name} Oduya-Sample")
        expect(row).to_contain_text("Dan Dufour")
        expect(row).to_contain_text("for the paper record")


def test_all_are_ticked_and_let_go_with_one_tap_each(
    desk: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(desk, viewport=STANDING)
    tablet.sign_in("dan")
    tablet.go("/notes")

    tablet.tap("[data-tick-all]")
    expect(tablet.page.locator(".batch [data-action=print]")).to_have_text("Print 4")
    tablet.tap(tick_of(tablet, "Bea"))
    expect(tablet.page.locator(".batch [data-action=print]")).to_have_text("Print 3")
    tablet.tap(tablet.page.get_by_role("button", name="Untick"))

    expect(tablet.page.locator(".batch")).to_be_hidden()
    assert tablet.page.locator("input[name=note]:checked").count() == 0


def test_keys_alone_tick_and_print(
    desk: RunningClinic, new_tablet: NewTablet, tmp_path: Path
) -> None:
    tablet = new_tablet(desk)
    tablet.sign_in("dan")
    tablet.go("/notes")

    boxes = tablet.page.locator("input[name=note]")
    for _ in range(40):
        tablet.press("Tab")
        if boxes.first.evaluate("box => box === document.activeElement"):
            break
    expect(boxes.first).to_be_focused()
    tablet.press("Space")
    expect(tablet.page.locator(".batch")).to_contain_text("1 note")
    tablet.page.locator(".batch [data-action=print]").focus()
    with tablet.context.expect_page() as opened:
        tablet.press("Enter")

    opened.value.wait_for_url("**/notes/copies/*.pdf")


def test_without_scripts_the_list_is_a_plain_form(
    desk: RunningClinic, new_tablet: NewTablet, tmp_path: Path
) -> None:
    tablet = new_tablet(desk, java_script_enabled=False)
    tablet.sign_in("dan")
    tablet.go("/notes")

    for name in ("Bea", "Ann"):
        tablet.tap(tick_of(tablet, name))
    pages = print_ticked(tablet, tmp_path)

    assert [name for page in pages for name in NAMES if f"{name} Oduya" in page] == ["Bea", "Ann"]
