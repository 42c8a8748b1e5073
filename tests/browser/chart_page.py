"""The chart as a person at the tablet sees it: where things lie, what stands there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from playwright.sync_api import Locator, expect

from app.clinical.anatomy import MAPS, body_map
from app.clinical.catalogue import catalogue
from tests.browser.clinic import Known
from tests.browser.tablet import Tablet

# Every drawing is tried. Before each landing one of a kind is: whole, in two panes, in a part;
# where that is about more than what a tap means, the one that is used most.
ONE_OF_A_KIND = ("head_anterior@1", "axillae@1", "lower_limb_posterior@1")


def every_drawing(*, landing: tuple[str, ...] = ONE_OF_A_KIND) -> pytest.MarkDecorator:
    """Each drawing by its name; the long tests alone try what is not among `landing`."""
    return pytest.mark.parametrize(
        "ref", [pytest.param(ref, marks=() if ref in landing else pytest.mark.long) for ref in MAPS]
    )


# Where each pane lies on the glass and which part of the map it shows. Read only.
PANES = """() => [...document.querySelectorAll('#picture svg[role]')].map((svg) => {
  const box = svg.getBoundingClientRect();
  return {left: box.left, top: box.top, width: box.width, height: box.height,
          view: svg.getAttribute('viewBox').split(' ').map(Number)};
})"""
ON_GLASS = """([x, y]) => {
  const hit = document.elementFromPoint(x, y);
  return Boolean(hit && hit.closest('#picture svg'));
}"""
MARKS = """() => [...document.querySelectorAll('#picture .site__dot')].map((dot) => {
  const box = dot.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
})"""
# The rows of the list as they stand there.
ROWS = """() => [...document.querySelectorAll('#sites [role=row][data-site]')].map((row) => ({
  key: row.dataset.site, state: row.dataset.state, label: row.getAttribute('aria-label'),
  selected: row.getAttribute('aria-selected') === 'true',
}))"""
GROUPS = """() => [...document.querySelectorAll('#sites [role=row][data-group]')].map((row) => ({
  open: row.getAttribute('aria-expanded') === 'true',
  cells: [...row.children].map((cell) => cell.innerText.trim()),
}))"""
# Further than a finger reaches for a site, in CSS pixels.
FINGER = 40
ROW = re.compile(r"Site (\d+), (.+), (\S+), (\S+) U, (given|planned)(?:, to decide)?")


class Row(NamedTuple):
    """One site as the list reads it out."""

    key: str
    number: int
    name: str
    side: str
    units: str
    state: str
    selected: bool


class ChartPage:
    """An open chart on a tablet."""

    def __init__(self, tablet: Tablet) -> None:
        self.tablet = tablet
        self.page = tablet.page
        # Whose drawings it shows; of a clinic with its own, that clinic's.
        self.known = catalogue()

    @classmethod
    def start(cls, tablet: Tablet, patient: Known, indication: str | None = None) -> ChartPage:
        """Start a session from the patient's page, for this indication."""
        tablet.go(f"/patients/{patient.id}")
        chart = cls(tablet)
        tablet.tap("[data-action=start]")
        chart.wait_until_open()
        if indication:
            chart.choose(indication)
            chart.close_panel()
        return chart

    def close_panel(self) -> None:
        """Put away the choices that a limb opens by itself."""
        opened = self.page.locator("#what-bar [data-panel][aria-expanded=true]")
        close = self.page.locator("#panel [data-action=close]")
        if opened.count() or close.is_visible():
            self.tablet.tap(close)
            expect(close).to_be_hidden()

    @classmethod
    def reopened(cls, tablet: Tablet, treatment: UUID) -> ChartPage:
        """The chart of this session, opened by its address."""
        tablet.go(f"/treatments/{treatment}/chart")
        chart = cls(tablet)
        chart.wait_until_open()
        return chart

    def wait_until_open(self) -> None:
        """The chart answers to touch."""
        self.page.wait_for_url("**/chart")
        self.page.wait_for_selector("#chart:not([aria-busy])")

    def touch_first(self) -> None:
        """Touch the patient's name, and wait for what a chart fetches at the first touch."""
        with self.page.expect_response(lambda answer: "chart-later" in answer.url) as answered:
            self.tablet.tap("#who-bar h1")
        answered.value.finished()

    @property
    def treatment(self) -> UUID:
        """Which session this is."""
        found = re.search(r"/treatments/([0-9a-f-]{36})/", self.page.url)
        assert found is not None
        return UUID(found[1])

    # ── choosing ──

    def choose(self, indication: str) -> None:
        """Tap the indication on the first page of a new chart."""
        self.tablet.tap(f"#first [data-action=indication][data-key={indication}]")
        expect(self.page.locator("#views [role=tab]").first).to_be_visible()
        expect(self.page.locator("#picture svg").first).to_be_visible()

    def also(self, indication: str) -> None:
        """Tap a further indication in the bar's panel."""
        self.tablet.tap("#what-bar [data-panel=indication]")
        option = self.page.locator(f"#panel [data-action=indication][data-key={indication}]")
        self.tablet.tap(option)
        expect(option).to_have_attribute("aria-pressed", "true")
        self.tablet.tap("#what-bar [data-panel=indication]")
        expect(self.page.locator("#panel")).to_be_hidden()

    def code(self, code: str) -> None:
        """Tap a diagnosis code in the bar's panel."""
        self.tablet.tap("#what-bar [data-panel=indication]")
        option = self.page.locator(f"#panel [data-action=code][data-key='{code}']")
        self.tablet.tap(option)
        expect(option).to_have_attribute("aria-pressed", "true")
        self.tablet.tap("#what-bar [data-panel=indication]")
        expect(self.page.locator("#panel")).to_be_hidden()

    def view(self, map_id: str) -> None:
        """Tap a drawing's tab; one that has none is found under More areas."""
        tab = self.page.locator(f"#views [data-map={map_id}]")
        if tab.count() == 0:
            self.tablet.tap("#views [data-action=areas]")
            self.tablet.tap(f"#panel [data-map={map_id}]")
            expect(self.page.locator("#panel")).to_be_hidden()
        elif tab.get_attribute("aria-selected") == "false":
            self.tablet.tap(tab)
        expect(tab).to_have_attribute("aria-selected", "true")
        ref = body_map(map_id, self.known).ref.replace("@", "-")
        expect(self.page.locator(f"#picture use[href='#art-{ref}']").first).to_be_visible()

    def type_vial(
        self, *, lot: str, month: str, year: str, units: str | None = None, ml: str | None = None
    ) -> None:
        """Fill in the vial's label as it is read off: size, lot, expiry, saline."""
        if units:
            self.tablet.pick(self.page.locator("#draft-units"), units)
        self.tablet.write(self.page.locator("#draft-lot"), lot)
        expires = self.page.locator("#draft-expires")
        self.tablet.tap_start_of(expires)
        self.tablet.type(month)
        self.tablet.press("ArrowRight")
        self.tablet.type(year)
        expect(expires).to_have_value(f"{year}-{month}")
        if ml:
            self.tablet.pick(self.page.locator("#draft-ml"), ml)

    def mix_now(self) -> None:
        """Take the vial that is proposed or typed."""
        self.tablet.tap("[data-action=use-vial]")
        expect(self.page.locator("[data-strip=vial]")).to_be_empty()

    # ── the picture ──

    def place_of(self, ref: str, x: float, y: float) -> tuple[float, float]:
        """Where a point of the map lies on the glass, in CSS pixels."""
        pane = self.pane_of(ref, x)
        vx, vy, vw, vh = pane["view"]
        return (
            pane["left"] + (x - vx) / vw * pane["width"],
            pane["top"] + (y - vy) / vh * pane["height"],
        )

    def is_on_glass(self, place: tuple[float, float]) -> bool:
        """Whether a finger there touches the picture, and nothing that lies over it."""
        return bool(self.page.evaluate(ON_GLASS, list(place)))

    def tap_skin(self, ref: str, x: float, y: float) -> None:
        """Touch a point of the map."""
        self.touch(lambda: self.bring(ref, x, y))

    def touch(self, where: Callable[[], tuple[float, float]]) -> None:
        """Touch a place; where the picture says that it moved just then, look and touch again."""
        for _ in range(3):
            self.tablet.tap_at(where())
            if not self.moved_under_the_finger():
                return
            self.let_settle()

    def let_settle(self) -> None:
        """Wait as somebody does who read that the picture moved: longer than it refuses a tap."""
        self.page.wait_for_timeout(500)

    def moved_under_the_finger(self) -> bool:
        """Whether the page says that the last tap came as the picture moved, and placed nothing."""
        return "moved just then" in (self.page.locator("#canvas-said").text_content() or "")

    def mark(self, key: str) -> Locator:
        """A site's mark on the picture."""
        return self.page.locator(f"#picture g[data-site='{key}']")

    def tap_mark(self, key: str) -> None:
        """Touch the middle of a site's mark."""
        self.touch(lambda: self.middle_of(key))

    def see_all(self) -> None:
        """Draw two fingers together until all of the drawing shows, in each of its panes."""
        for pane in self.page.evaluate(PANES):
            middle = (pane["left"] + pane["width"] / 2, pane["top"] + pane["height"] / 2)
            self.tablet.spread(middle, 0.1)

    def bring(self, ref: str, x: float, y: float) -> tuple[float, float]:
        """Move the picture, as far as it takes, until a finger reaches a point of the map.

        Answers where the point then lies on the glass.
        """
        if not self.is_on_glass(self.place_of(ref, x, y)):
            self.see_all()
        for _ in range(3):
            for _ in range(4):
                place = self.place_of(ref, x, y)
                if self.is_on_glass(place):
                    return place
                self._pan(self.pane_of(ref, x), place)
            self.tablet.spread(self.bare(self.pane_of(ref, x)), 2)
        raise AssertionError(f"{ref} {x} {y} cannot be brought under a finger")

    def _pan(self, pane: dict[str, Any], place: tuple[float, float]) -> None:
        """Draw the picture so that what is at a place comes to the middle, or nearer to it."""
        x, y = self.bare(pane)
        right, low = pane["left"] + pane["width"], pane["top"] + pane["height"]
        to = (
            min(max(x + (pane["left"] + right) / 2 - place[0], pane["left"] + 2), right - 2),
            min(max(y + (pane["top"] + low) / 2 - place[1], pane["top"] + 2), low - 2),
        )
        self.tablet.drag((x, y), to)

    def bare(self, pane: dict[str, Any]) -> tuple[float, float]:
        """A place of a pane where no site lies under a finger."""
        marks = self.marks()
        for down in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
            for across in (0.5, 0.3, 0.7, 0.4, 0.6, 0.8, 0.2):
                place = (
                    pane["left"] + pane["width"] * across,
                    pane["top"] + pane["height"] * down,
                )
                if self.is_on_glass(place) and all(math.dist(place, m) > FINGER for m in marks):
                    return place
        raise AssertionError("sites lie everywhere")

    def wait_until_it_rests(self) -> None:
        """A person looks where things are once the picture has stopped moving."""
        expect(self.page.locator("#picture:not([data-settling])")).to_be_visible()

    def pane_of(self, ref: str, x: float) -> dict[str, Any]:
        """The pane that shows this part of the map: where it lies, and what it shows."""
        self.wait_until_it_rests()
        panes: list[dict[str, Any]] = self.page.evaluate(PANES)
        low, _, width, _ = body_map(ref, self.known).view_box
        return panes[-1] if x >= low + width / 2 else panes[0]

    def middle_of(self, key: str) -> tuple[float, float]:
        """Where a site's mark lies on the glass, in CSS pixels."""
        self.wait_until_it_rests()
        dot = self.mark(key).locator(".site__dot")
        for _ in range(20):
            # What the server answers may draw the mark anew while it is looked for.
            if box := dot.bounding_box():
                return (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{key} is not painted")

    def drag_mark(self, key: str, ref: str, x: float, y: float) -> None:
        """Draw a site's mark to a point of the map."""
        place = self.place_of(ref, x, y)
        self.tablet.drag(self.middle_of(key), place)

    @property
    def said(self) -> str:
        """What a screen reader was told last."""
        return self.page.locator("#said").inner_text().strip()

    def marks(self) -> list[tuple[float, float]]:
        """The middle of every mark on the glass."""
        return [(x, y) for x, y in self.page.evaluate(MARKS)]

    @property
    def naming(self) -> str:
        """What stands at the top left of the picture."""
        return self.page.locator("#naming").inner_text()

    def is_called(self, name: str) -> None:
        """The site in hand bears this name."""
        expect(self.page.locator("#naming > b")).to_have_text(name)

    # ── the list ──

    def rows(self) -> list[Row]:
        """Every site in the rows that are open."""
        found = []
        for row in self.page.evaluate(ROWS):
            words = ROW.fullmatch(row["label"])
            assert words is not None, row["label"]
            number, name, side, units, state = words.groups()
            assert state == row["state"]
            found.append(Row(row["key"], int(number), name, side, units, state, row["selected"]))
        return sorted(found, key=lambda row: row.number)

    def row(self, key: str) -> Locator:
        """A site's row in the list."""
        return self.page.locator(f"#sites [role=row][data-site='{key}']")

    def groups(self) -> list[dict[str, Any]]:
        """The muscles of the list with their cells: right, middle, left, how many sites."""
        found: list[dict[str, Any]] = self.page.evaluate(GROUPS)
        return found

    def open_every_group(self) -> None:
        """Tap open what is closed in the list."""
        closed = self.page.locator("#sites [role=row][data-group][aria-expanded=false] button")
        while closed.count():
            self.tablet.tap(closed.first)

    def total(self, product: str = "BOTOX") -> str:
        """The figure at the foot: what was given of a product."""
        return self.page.locator(f"#sums [data-total='{product}']").inner_text()

    def brush(self, units: str) -> None:
        """Choose how many units a tap gives."""
        brushes = self.page.locator("#rail .brush:not(.brush--custom)")
        chosen = brushes.filter(has_text=re.compile(f"^{re.escape(units)}$"))
        self.tablet.tap(chosen)
        expect(chosen).to_have_attribute("aria-pressed", "true")

    def undo(self) -> None:
        """One step back."""
        self.tablet.tap("#rail [data-action=undo]")

    def undo_everything(self) -> None:
        """Step back until no site is left on the picture."""
        while self.marks():
            self.undo()

    def redo(self) -> None:
        """One step forth."""
        self.tablet.tap("#rail [data-action=redo]")

    def give_all(self) -> None:
        """Give everything that is planned."""
        self.tablet.tap("#sites [data-action=give-all]")

    # ── the save state ──

    @property
    def save(self) -> Locator:
        """What the page says about saving."""
        return self.page.locator("#save")

    def wait_until_saved(self) -> None:
        """The page says Saved."""
        expect(self.save).to_have_attribute("data-save", "saved", timeout=30_000)

    def review(self) -> None:
        """Tap the main button and arrive at the review page."""
        self.tablet.tap("#sums [data-action=review]")
        self.page.wait_for_url("**/signature")
