"""Nobody is kept out: axe, the size of targets, zoom, focus, motion, on every page there is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import LYING, PHONE, STANDING, NewTablet
from tests.browser.tablet import Tablet

# What the engine calls serious and what it calls a matter of taste alike: nothing is let through.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

# How a page may look: the tablet's own wish, not a setting of ours.
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced colours": {"color_scheme": "dark", "forced_colors": "active"},
}

# A zoom of 200 % halves the room that a page has.
LYING_AT_TWICE_THE_SIZE = {side: pixels // 2 for side, pixels in LYING.items()}

# A control may be smaller than a finger where a sentence flows around it.
SMALL = """() => {
  const tall = 44;
  const shown = (node) => node.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
  const inSentence = (node) => node.matches('p a, td a, dd a, small a, span a:not(.button)')
    && getComputedStyle(node).display === 'inline';
  const target = (node) => node.matches('input[type=checkbox], input[type=radio]')
    ? node.closest('label') ?? node : node;
  const found = [];
  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=tab]';
  for (const node of document.querySelectorAll(wanted)) {
    if (!shown(node) || node.closest('[inert]') || inSentence(node)) continue;
    if (node.closest('.visually-hidden, .skip') || node.disabled) continue;
    const {width, height} = target(node).getBoundingClientRect();
    if (width === 0 || height === 0) continue;
    if (width < tall - 0.5 || height < tall - 0.5) {
      found.push(`${node.outerHTML.slice(0, 90)} ${Math.round(width)}x${Math.round(height)}`);
    }
  }
  return found;
}"""

# Text that the page's own width cuts off, and pages wider than the glass.
TOO_WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""

FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  const ringed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const inside = node.matches('input, select, textarea')
    || getComputedStyle(node).boxShadow !== 'none';
  return {
    name: node.outerHTML.slice(0, 90), visible: ringed || inside,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
      && box.top < innerHeight && box.left < innerWidth,
  };
}"""

MOVING = """() => document.getAnimations()
  .filter((each) => (each.effect?.getComputedTiming().duration ?? 0) > 10)
  .map((each) => each.animationName ?? each.transitionProperty ?? 'animation')"""


class Stage(NamedTuple):
    """A clinic in which every page has something to show, and who is signed in there."""

    clinic: RunningClinic
    patient: Known
    note: UUID
    draft: UUID
    dose: UUID
    drawing: UUID
    cookies: dict[str, Any]


class Shown(NamedTuple):
    """A page: who looks at it, and where it is on this stage."""

    name: str
    who: str | None
    path: Callable[[Stage], str]


PAGES = (
    Shown("sign-in", None, lambda stage: "/login"),
    Shown("verify", None, lambda stage: "/verify"),
    Shown("check", None, lambda stage: "/check/7KQ4-M2TD-91XA"),
    Shown("today", "alice", lambda stage: "/"),
    Shown("patients", "alice", lambda stage: "/patients"),
    Shown("patient", "alice", lambda stage: f"/patients/{stage.patient.id}"),
    Shown("every site", "dan", lambda stage: f"/patients/{stage.patient.id}/sites"),
    Shown("edit patient", "dan", lambda stage: f"/patients/{stage.patient.id}/edit"),
    Shown("earlier dose", "dan", lambda stage: f"/patients/{stage.patient.id}/doses/new"),
    Shown(
        "withdraw dose",
        "dan",
        lambda stage: f"/patients/{stage.patient.id}/doses/{stage.dose}/withdrawal",
    ),
    Shown("new patient", "dan", lambda stage: "/patients/new"),
    Shown("notes", "dan", lambda stage: "/notes"),
    Shown("stock", "dan", lambda stage: "/stock"),
    Shown("signed session", "dan", lambda stage: f"/treatments/{stage.note}"),
    Shown("chart", "alice", lambda stage: f"/treatments/{stage.draft}/chart"),
    Shown("time-out", "alice", lambda stage: f"/treatments/{stage.draft}/time-out"),
    Shown("review", "alice", lambda stage: f"/treatments/{stage.draft}/signature"),
    Shown("account", "alice", lambda stage: "/account"),
    Shown("people", "eve", lambda stage: "/admin/people"),
    Shown("clinic", "eve", lambda stage: "/admin/clinic"),
    Shown("restriction", "alice", lambda stage: f"/patients/{stage.patient.id}/restriction"),
    Shown("emergency access", "alice", lambda stage: "/emergency-access"),
    Shown("addendum", "alice", lambda stage: f"/treatments/{stage.note}/addenda"),
    Shown("move", "alice", lambda stage: f"/treatments/{stage.draft}/patient"),
    Shown("print log", "dan", lambda stage: "/notes/copies"),
    Shown("tablets", "eve", lambda stage: "/admin/tablets"),
    Shown("catalogue", "eve", lambda stage: "/admin/catalogue?tab=dilutions"),
    Shown("catalogue own", "eve", lambda stage: "/admin/catalogue?tab=own"),
    Shown(
        "catalogue row",
        "eve",
        lambda stage: "/admin/catalogue/row?table=storage&key=Daxxify",
    ),
    Shown("drawings", "eve", lambda stage: "/admin/maps"),
    Shown("drawing", "eve", lambda stage: f"/admin/maps/drafts/{stage.drawing}"),
    Shown("nothing here", "eve", lambda stage: "/nowhere"),
)
every_page = pytest.mark.parametrize("shown", PAGES, ids=[shown.name for shown in PAGES])

# Each page is measured in its usual look at every turn; in the others, those most looked at are.
MOST_LOOKED_AT = ("today", "chart", "review")
# What the parts that all pages share bring along is looked at on a few; `make long` does them all.
a_few_pages = pytest.mark.parametrize(
    "shown",
    [
        pytest.param(
            shown, id=shown.name, marks=() if shown.name in MOST_LOOKED_AT else pytest.mark.long
        )
        for shown in PAGES
    ],
)
every_page_in_every_look = pytest.mark.parametrize(
    ("shown", "look"),
    [
        pytest.param(
            shown,
            look,
            id=f"{shown.name}, {look}",
            marks=() if look == "light" or shown.name in MOST_LOOKED_AT else pytest.mark.long,
        )
        for shown in PAGES
        for look in LOOKS
    ],
)
a_few_pages_in_every_look = pytest.mark.parametrize(
    ("shown", "look"),
    [
        pytest.param(
            shown,
            look,
            id=f"{shown.name}, {look}",
            marks=() if shown.name in MOST_LOOKED_AT else pytest.mark.long,
        )
        for shown in PAGES
        for look in LOOKS
    ],
)


@pytest.fixture(scope="module")
def stage(clinic: RunningClinic, chromium: Browser) -> Stage:
    """One patient with a signed note, and one with a draft that is half given."""
    patient = clinic.new_patient(allergies_asked="listed", allergies="penicillin")
    note = clinic.new_note(patient)
    dose = clinic.new_outside_dose(patient)
    drawing = clinic.new_drawing_draft()
    cookies: dict[str, Any] = {}
    for who in ("dan", "eve", "alice"):
        tablet = Tablet(chromium.new_context(has_touch=True, viewport=LYING), clinic.address)
        tablet.sign_in(who)
        cookies[who] = tablet.context.storage_state()
    chart = ChartPage.start(tablet, clinic.new_patient(), "chronic_migraine")
    tablet.tap("#sites [data-action=give] >> nth=0")
    chart.wait_until_saved()
    return Stage(clinic, patient, note, chart.treatment, dose, drawing, cookies)


def open_page(new_tablet: NewTablet, shown: Shown, stage: Stage, **options: Any) -> Tablet:
    """Go there as who looks at it, who has signed in before."""
    kept = stage.cookies.get(shown.who)
    for origin in kept["origins"] if kept else ():
        for item in origin["localStorage"]:
            # However long the pages before took, this tablet was touched just now.
            if item["name"] == "stipple.touched":
                item["value"] = str(round(1000 * time.time()))
    tablet = new_tablet(stage.clinic, storage_state=kept, **options)
    tablet.expects("answer: 404 GET", "answer: 401 GET")
    tablet.go(shown.path(stage))
    if shown.name == "chart":
        ChartPage(tablet).wait_until_open()
    expect(tablet.page.locator("h1, #chart").first).to_be_visible()
    return tablet


@every_page_in_every_look
def test_axe_finds_nothing(stage: Stage, new_tablet: NewTablet, shown: Shown, look: str) -> None:
    # The engine is a script of its own, which the page's policy would rightly keep out.
    tablet = open_page(new_tablet, shown, stage, bypass_csp=True)

    tablet.page.emulate_media(**LOOKS[look])
    found = Axe().run(tablet.page, options=RULES)

    assert found.violations_count == 0, found.generate_report()


@every_page
def test_whatever_is_touched_is_as_large_as_a_finger_and_on_the_glass(
    stage: Stage, new_tablet: NewTablet, shown: Shown
) -> None:
    page = open_page(new_tablet, shown, stage).page

    for size in (LYING, STANDING, PHONE, LYING_AT_TWICE_THE_SIZE):
        page.set_viewport_size(size)
        assert page.evaluate(SMALL) == [], size
        assert page.evaluate(TOO_WIDE) <= 0, size


@a_few_pages_in_every_look
def test_the_keyboard_goes_through_the_page_and_is_seen_wherever_it_is(
    stage: Stage, new_tablet: NewTablet, shown: Shown, look: str
) -> None:
    tablet = open_page(new_tablet, shown, stage)
    tablet.page.emulate_media(**LOOKS[look])
    unseen = []
    for _ in range(25):
        tablet.press("Tab")
        focus = tablet.page.evaluate(FOCUS)
        if focus and not (focus["visible"] and focus["seen"]):
            unseen.append(focus["name"])

    assert unseen == []


@a_few_pages
def test_nothing_moves_for_who_wants_no_motion(
    stage: Stage, new_tablet: NewTablet, shown: Shown
) -> None:
    page = open_page(new_tablet, shown, stage, reduced_motion="reduce").page

    assert page.evaluate(MOVING) == []


def test_axe_finds_nothing_on_the_lock_and_at_the_first_visit(
    clinic: RunningClinic, new_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    locked = new_tablet(clinic, bypass_csp=True)
    locked.sign_in("bob")
    locked.tap("form[data-locks] button")
    expect(locked.page.locator(".person").first).to_be_visible()
    first = new_tablet(new_clinic, bypass_csp=True)
    first.go("/setup")
    expect(first.page.locator("h1")).to_be_visible()

    for tablet in (locked, first):
        # The engine asks for the sheets that a sheet imports, and takes no for an answer.
        tablet.expects(r"answer: 404 GET .*\.css")
        for look, wish in LOOKS.items():
            tablet.page.emulate_media(**wish)
            found = Axe().run(tablet.page, options=RULES)
            assert found.violations_count == 0, f"{look}: {found.generate_report()}"
