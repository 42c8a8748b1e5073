"""What follows a signed note, by touch: a site dragged to where it was given, signed, printed."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from app.extensions import db
from app.models import Addendum, Note
from tests.browser import paper
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_drawn_signature import passes, way_over
from tests.factories import ALICES_PIN


@pytest.fixture
def alices(clinic: RunningClinic, new_tablet: NewTablet) -> Tablet:
    tablet = new_tablet(clinic)
    tablet.sign_in("alice")
    # The browser's own PDF viewer takes the file over from the page.
    tablet.expects(r"\.pdf net::ERR_ABORTED", "chrome-extension://")
    return tablet


def middle_of(mark: Locator) -> tuple[float, float]:
    dot = mark.locator(".site__dot")
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def open_the_page(tablet: Tablet, clinic: RunningClinic) -> str:
    """The page of a new addendum to a note of two sites; answers the session's address."""
    treatment = clinic.new_note(clinic.new_patient())
    tablet.go(f"/treatments/{treatment}")
    tablet.tap("[data-action=addendum]")
    expect(tablet.page.locator("[data-site]").first).to_be_visible()
    return f"/treatments/{treatment}"


def test_a_site_is_dragged_to_where_it_was_given_signed_and_printed_with_its_note(
    clinic: RunningClinic, alices: Tablet, tmp_path: Path
) -> None:
    session = open_the_page(alices, clinic)
    page = alices.page
    mark = page.locator("[data-site]").first
    key = mark.get_attribute("data-site")
    x, y = middle_of(mark)

    alices.drag((x, y), (x + 30, y - 24))

    expect(page.locator(".site--signed")).to_have_count(1)
    expect(page.locator(f"[data-change='{key}']")).to_contain_text("mm")
    expect(page.locator("[data-part=said]")).to_contain_text(re.compile(r"Site 1, .+ mm"))
    expect(page.get_by_role("radio", name="Correction")).to_be_checked()
    moved = middle_of(mark)
    assert moved != pytest.approx((x, y), abs=4)

    # Without a reason nothing is signed, and what was dragged stays.
    alices.expects(r"answer: 422 POST \S+/addenda$")
    alices.tap_pin(ALICES_PIN)
    alices.tap("[data-action=sign]")
    expect(page.locator(".finding--block")).to_contain_text("Say why it is written")
    expect(page.locator(".site--signed")).to_have_count(1)
    alices.write(page.locator("#reason"), "Placed after the patient had turned.")
    alices.tap(page.get_by_text("Draw your signature too"))
    pad = page.locator("[data-pad]")
    paper_to_sign = pad.locator("svg")
    paper_to_sign.scroll_into_view_if_needed()
    alices.drag(*way_over(paper_to_sign))
    expect(pad).to_contain_text("Drawn.")
    alices.tap_pin(ALICES_PIN)
    alices.tap("[data-action=sign]")

    page.wait_for_url(f"**{session}")
    followed = page.locator("[data-later]")
    expect(followed).to_contain_text("Addendum 1: correction")
    expect(followed).to_contain_text("Placed after the patient had turned.")
    expect(page.locator("main")).to_contain_text("Amended")

    with page.context.expect_page() as opened:
        alices.tap(page.get_by_role("button", name="Print for the paper record"))
    opened.value.wait_for_url(f"**{session}/copies/1.pdf")
    copy = tmp_path / "copy.pdf"
    copy.write_bytes(page.request.get(opened.value.url).body())
    printed = paper.text_of(copy)
    assert printed.count("see addendum 1") == 2
    with clinic.records():
        [signed] = db.session.scalars(
            select(Addendum)
            .join(Addendum.note)
            .where(Note.treatment_id == UUID(session.rpartition("/")[2]))
        )
        assert passes(signed.contents["drawn_signature"])
    assert "Dashed is where the note drew it." in " ".join(printed.split())


def test_by_keys_alone_a_site_is_moved_given_other_units_and_put_back(
    clinic: RunningClinic, alices: Tablet
) -> None:
    open_the_page(alices, clinic)
    page = alices.page
    mark = page.locator("[data-site]").first
    mark.focus()

    alices.press("ArrowUp", "ArrowUp", "Shift+ArrowUp")

    said = page.locator("[data-part=said]")
    expect(said).to_contain_text("7 mm up")
    expect(mark).to_be_focused()
    alices.press("n")
    expect(page.locator("[data-site]").nth(1)).to_be_focused()
    alices.press("p", "Enter")

    units = page.locator("[data-field=units]")
    units.focus()
    alices.press("Control+a")
    alices.type("0")
    alices.press("Tab")
    expect(said).to_contain_text("Units are a number above 0")
    units.focus()
    alices.press("Control+a")
    alices.type("7.5")
    alices.press("Tab")
    expect(page.locator("[data-change]").filter(has_text="Units given")).to_contain_text(
        "10 U, now 12.5 U"
    )

    page.get_by_role("button", name="As it was").focus()
    alices.press("Enter")
    expect(page.locator("[data-change]")).to_have_count(0)
    expect(page.locator(".site--signed")).to_have_count(0)
    assert page.locator("[data-sites]").input_value() == ""
