"""Signatures drawn by finger and by mouse: what was drawn is what is kept and printed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, expect
from sqlalchemy import select

from app.extensions import begin_write, db
from app.models import Clinic, Note, Patient, Treatment
from tests import factories
from tests.browser.asking import read_warnings
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet

# Where a finger goes, in hundredths of the pad's width and height.
WAY = ((20, 50), (35, 20), (50, 70), (70, 30))


def way_over(pad: Locator) -> list[tuple[float, float]]:
    box = pad.bounding_box()
    assert box is not None
    return [(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100) for x, y in WAY]


def passes(strokes: list[list[list[str]]]) -> bool:
    """Whether one stroke goes through every place of the way, in units of the box."""
    [stroke] = strokes
    return all(
        any(abs(float(x) - 10 * wx) < 12 and abs(float(y) - 3.2 * wy) < 12 for x, y in stroke)
        for wx, wy in WAY
    )


def new_draft(clinic: RunningClinic) -> UUID:
    patient = clinic.new_patient()
    with clinic.records():
        alice = clinic.person("alice")
        of = db.session.get_one(Patient, patient.id)
        one = db.session.scalars(select(Clinic)).one()
        return factories.chart(factories.treatment(of, by=alice, clinic=one), by=alice).id


def record_of(clinic: RunningClinic, draft: UUID) -> dict[str, Any]:
    with clinic.records():
        note = db.session.scalars(select(Note).where(Note.treatment_id == draft)).one()
        record: dict[str, Any] = json.loads(note.record)
        return record


def test_patient_and_provider_draw_by_finger_and_a_turned_tablet_changes_nothing_of_it(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    draft = new_draft(own_clinic)
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/treatments/{draft}/signature")
    page = tablet.page

    tablet.tap(page.get_by_text("The patient signs for consent"))
    pad = page.locator("[data-consent] [data-pad]")
    expect(pad).to_contain_text("Nothing is drawn.")
    paper = pad.locator("svg")
    paper.scroll_into_view_if_needed()
    tablet.drag(*way_over(paper))
    expect(pad).to_contain_text("Drawn.")
    tablet.tap(page.get_by_role("button", name="Keep it with the consent"))
    expect(page.get_by_text("The patient signed for consent")).to_be_visible()

    tablet.tap(page.get_by_text("Draw your signature too"))
    pad = page.locator("#signing [data-pad]")
    paper = pad.locator("svg")
    paper.scroll_into_view_if_needed()
    tablet.drag(*way_over(paper))
    drawn = pad.locator("path").get_attribute("d")
    page.set_viewport_size({"width": 820, "height": 1180})
    expect(pad.locator("path")).to_have_attribute("d", drawn or "nothing")
    read_warnings(tablet)
    tablet.tap_pin(factories.ALICES_PIN)
    tablet.tap("[data-action=sign]")
    expect(page.get_by_text("Signed note N-")).to_be_visible()

    record = record_of(own_clinic, draft)
    assert passes(record["drawn_signature"])
    assert passes(record["consent_signature"]["drawn"])


def test_a_kept_signature_is_put_on_a_note_by_a_tap_and_cleared_by_another(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    draft = new_draft(own_clinic)
    with own_clinic.records():
        begin_write()
        own_clinic.person("alice").drawn_signature = [[["10", "20"], ["500", "300"]]]
        db.session.commit()
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/treatments/{draft}/signature")
    tablet.tap(tablet.page.get_by_text("Draw your signature too"))
    pad = tablet.page.locator("#signing [data-pad]")
    expect(pad).to_contain_text("Nothing is drawn.")

    tablet.tap(pad.get_by_role("button", name="Use mine as kept"))
    expect(pad.locator("path")).to_have_attribute("d", "M10 20L500 300")
    tablet.tap(pad.get_by_role("button", name="Clear"))

    expect(pad).to_contain_text("Nothing is drawn.")
    with own_clinic.records():
        assert db.session.get_one(Treatment, draft).note is None


def test_a_mouse_draws_too(own_clinic: RunningClinic, new_tablet: NewTablet) -> None:
    draft = new_draft(own_clinic)
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/treatments/{draft}/signature")
    tablet.tap(tablet.page.get_by_text("The patient signs for consent"))
    pad = tablet.page.locator("[data-consent] [data-pad]")
    paper, mouse = pad.locator("svg"), tablet.page.mouse
    paper.scroll_into_view_if_needed()
    first, *others = way_over(paper)
    mouse.move(*first)
    mouse.down()
    for place in others:
        mouse.move(*place, steps=4)
    mouse.up()
    mouse.move(*first)

    assert passes(json.loads(pad.locator("input").input_value()))
