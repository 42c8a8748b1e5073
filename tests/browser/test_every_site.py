"""Every site ever as it is seen: from the patient, on a tablet and on a phone, light and dark."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.clinic import RunningClinic
from tests.browser.conftest import LYING, PHONE, NewTablet

# A drawing has lines, tones and smooth edges; where it has not arrived there are fewer colours.
COLOURS_OF_A_DRAWING = 40


@pytest.mark.parametrize(
    ("glass", "scheme"), [(LYING, "light"), (PHONE, "dark")], ids=["tablet", "phone in the dark"]
)
def test_what_was_given_is_seen_on_the_drawing_and_in_the_table(
    glass: dict[str, int], scheme: str, clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = clinic.new_patient()
    clinic.new_note(patient)
    clinic.new_note(patient)
    tablet = new_tablet(clinic, viewport=glass, color_scheme=scheme)
    tablet.sign_in("dan")
    tablet.go(f"/patients/{patient.id}")

    tablet.tap(tablet.page.get_by_role("link", name="Every site ever"))

    expect(tablet.page.locator(".ever__sum")).to_contain_text("BOTOX 20 U, 4 sites in 2 sessions")
    plot = tablet.page.locator("[data-map=head_anterior] svg")
    expect(plot.locator("text")).to_have_text(["10", "10"])
    tablet.page.wait_for_load_state("networkidle")
    picture = Image.open(BytesIO(plot.screenshot())).convert("RGB")
    assert len(picture.getcolors(maxcolors=picture.width * picture.height) or ()) > (
        COLOURS_OF_A_DRAWING
    )
    row = tablet.page.get_by_role("row", name="Corrugator")
    expect(row.get_by_role("cell")).to_have_text(["10 2 sites", "–", "10 2 sites", "20 4 sites"])
    assert tablet.page.evaluate("document.documentElement.scrollWidth") <= glass["width"]
    expect(tablet.page.get_by_role("button", name="Print")).to_be_visible()
    tablet.tap(tablet.page.get_by_role("button", name="Show"))
    expect(plot).to_be_visible()
