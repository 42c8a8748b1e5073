"""Random hands on two tablets, against a plain account of what they did.

Taps, drags, pinches, steps, deletions, undo and redo, with the network cut and pages reloaded in
between. Each hand keeps to sites of its own, so that what the chart must be is never in doubt.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from playwright.sync_api import TimeoutError, expect

from app.clinical.anatomy import BodyMap, Side, body_map
from app.clinical.catalogue import catalogue
from app.clinical.dosing import plain
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import LYING, STANDING, NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_same_point import distance, millimetres, painted, somewhere_free
from tests.browser.test_two_tablets import NO_NETWORK, OVERTAKEN, come_back, go_offline

pytestmark = pytest.mark.long

# How many sessions, and gestures in each: as crowded as a long session gets, and no more.
FULL, SHORT = (25, 400), (1, 240)
# So many gestures between two comparisons of everything.
STRETCH = 24
# How far a place may lie from where it was meant, in millimetres of the body: a pixel or two.
NEAR = 1.5
PRODUCT = "BOTOX"
# A finger's reach, in pixels, as the chart has it.
REACH = 22
# The sites on the picture. Read only.
DRAWN = """() => [...document.querySelectorAll('#picture g[data-site]')]
  .map((mark) => mark.dataset.site)"""
# What a tap on skin comes to: a site in hand that was not drawn before, or word that the picture
# moved. Read only.
ANSWER = """(before) => {
  const told = document.querySelector('#canvas-said').textContent;
  if (told.includes('moved just then')) return 'moved';
  const site = document.querySelector('#picture .site--selected');
  return site && !before.includes(site.dataset.site) ? site.dataset.site : null;
}"""

# Which of these sites have the middle of their mark under a finger's reach. Read only.
REACHED = """(keys) => keys.filter((key) => {
  const dot = document.querySelector(`#picture g[data-site="${key}"] .site__dot`);
  if (!dot) return false;
  const { left, top, width, height } = dot.getBoundingClientRect();
  return document.elementFromPoint(left + width / 2, top + height / 2)?.closest('#picture svg');
})"""
# Whether the last finger came down on the picture, and not on what had come over it just before.
TOUCHED = """addEventListener('pointerdown', ({ target }) => {
  window.onPicture = Boolean(target.closest?.('#picture svg'));
}, true)"""
# Whether each site's row says its state and units, and no other site has one. Read only.
AS_DONE = """(known) => {
  const rows = [...document.querySelectorAll('#sites [role=row][data-site]')];
  const says = (row) => row.getAttribute('aria-label');
  return rows.length === Object.keys(known).length && rows.every((row) => {
    const [state, units] = known[row.dataset.site] ?? [];
    return row.dataset.state === state && says(row).includes(`, ${units} U, `);
  });
}"""


@dataclass(frozen=True)
class Injection:
    """A site as the hands know it."""

    ref: str
    point: tuple[float, float]
    units: Decimal
    state: str


Account = dict[str, Injection]
# What one step did: each site before and after, None where it was not there.
Step = dict[str, tuple[Injection | None, Injection | None]]


class Hand:
    """One tablet and what was done on it."""

    def __init__(
        self,
        chart: ChartPage,
        account: Account,
        own: set[str],
        ever: set[str],
        chance: random.Random,
    ):
        self.chart, self.account, self.own, self.chance = chart, account, own, chance
        # Every site that was ever known, whoever placed it: what a tap gives is none of them.
        self.ever = ever
        self.past: list[Step] = []
        self.future: list[Step] = []
        self.is_offline = False
        self.did: Counter[str] = Counter()
        # Whose site the last gesture changed, for whoever reads what went wrong.
        self.touched = ""

    # ── the account ──

    def step(self, key: str, after: Injection | None) -> None:
        """One step on one site; what was taken back before is gone."""
        self.touched = key[:4]
        self.past.append({key: (self.account.get(key), after)})
        self.future.clear()
        self._put(key, after)

    def _put(self, key: str, site: Injection | None) -> None:
        if site is None:
            del self.account[key]
        else:
            self.account[key] = site

    def forget_steps(self) -> None:
        """A page that is opened anew has nothing to take back."""
        self.past.clear()
        self.future.clear()

    # ── what it sees ──

    @property
    def drawn(self) -> BodyMap:
        """The drawing that is open."""
        tab = self.chart.page.locator("#views [role=tab][aria-selected=true]")
        return body_map(str(tab.get_attribute("data-map")))

    def mine(self, state: str) -> list[str]:
        """The keys of its own sites in a state that a finger reaches now."""
        ref = self.drawn.ref
        keys = [
            key
            for key, site in self.account.items()
            if key in self.own and site.ref == ref and site.state == state
        ]
        self.chart.wait_until_it_rests()
        reached: list[str] = self.chart.page.evaluate(REACHED, keys)
        return reached

    # ── gestures: each answers whether it could be made ──

    def place(self) -> bool:
        """A tap on bare skin gives a site there."""
        drawn = self.drawn
        before: list[str] = self.chart.page.evaluate(DRAWN)
        try:
            glass, point = somewhere_free(self.chart, drawn, self.chance)
        except AssertionError:
            return False
        pressed = self.chart.page.locator("#rail .brush[aria-pressed=true]")
        units = Decimal(str(pressed.get_attribute("data-units"))) / 100
        self.chart.tablet.tap_at(glass)
        if not self._on_picture():
            return False
        answer = self.chart.page.wait_for_function(ANSWER, arg=before)
        key = str(answer.json_value())
        if key == "moved":
            self.chart.let_settle()
            return False
        if key in self.ever:
            # The other hand's site came just then, and the tap took it in hand.
            assert key not in self.own
            assert distance(self.chart.middle_of(key), glass) <= REACH
            return False
        self.ever.add(key)
        self.own.add(key)
        self.step(key, Injection(drawn.ref, point, units, "given"))
        return True

    def give(self) -> bool:
        """A tap on a planned site gives it."""
        keys = self.mine("planned")
        if not keys:
            return False
        key = self.chance.choice(keys)
        if not self._touch(key):
            return False
        expect(self.chart.mark(key)).to_have_attribute("data-state", "given")
        self.step(key, replace(self.account[key], state="given"))
        return True

    def _touch(self, key: str) -> bool:
        """Touch a site; False where a strip came over it while the finger was on its way."""
        self.chart.tap_mark(key)
        return self._on_picture()

    def _on_picture(self) -> bool:
        """Whether the last tap reached the picture."""
        return bool(self.chart.page.evaluate("() => window.onPicture"))

    def _in_hand(self) -> str | None:
        keys = self.mine("given")
        if not keys:
            return None
        key = self.chance.choice(keys)
        if not self._touch(key):
            return None
        expect(self.chart.row(key)).to_have_attribute("aria-selected", "true")
        return key

    def more(self) -> bool:
        """One step more units."""
        key = self._in_hand()
        if key is None:
            return False
        before = self.account[key]
        units = before.units + min(catalogue().products[PRODUCT].unit_steps)
        self.chart.tablet.tap(self.chart.row(key).locator("[data-action=more]"))
        self.step(key, replace(before, units=units))
        return True

    def take_back(self) -> bool:
        """It was not given after all."""
        key = self._in_hand()
        if key is None:
            return False
        self.chart.tablet.tap(self.chart.row(key).locator("[data-action=take-back]"))
        expect(self.chart.row(key)).to_have_attribute("data-state", "planned")
        self.step(key, replace(self.account[key], state="planned"))
        return True

    def delete(self) -> bool:
        """A site goes from its row."""
        key = self._in_hand()
        if key is None:
            return False
        self.chart.tablet.tap(self.chart.row(key).locator("[data-action=remove]"))
        expect(self.chart.row(key)).to_have_count(0)
        self.step(key, None)
        return True

    def drag(self) -> bool:
        """A site is drawn to another place."""
        keys = self.mine("given") + self.mine("planned")
        if not keys:
            return False
        key = self.chance.choice(keys)
        try:
            glass, point = somewhere_free(self.chart, self.drawn, self.chance)
        except AssertionError:
            return False
        start = self.chart.middle_of(key)
        if not self.chart.is_on_glass(start) or not self._still_shows(point, glass):
            return False
        self.chart.tablet.drag(start, glass)
        # Where sites crowd, the finger may have meant its neighbour, or the other half's picture.
        if "back where it was" in self.told or "own picture" in self.told:
            return False
        lies = painted(self.chart)[key].drawing
        if millimetres(self.drawn, lies, self.account[key].point) < NEAR:
            return False  # What came from the other tablet moved the picture: the finger drew that.
        if millimetres(self.drawn, lies, point) > NEAR:
            raise AssertionError(f"{key} was drawn to {point} and lies at {lies}: {self.told}")
        self.step(key, replace(self.account[key], point=point))
        return True

    def _still_shows(self, point: tuple[float, float], glass: tuple[float, float]) -> bool:
        """Whether the picture has not moved since a place on it was looked for."""
        x, y = self.chart.place_of(self.drawn.ref, *point)
        return abs(x - glass[0]) + abs(y - glass[1]) < 1

    @property
    def told(self) -> str:
        """The sentence under the picture."""
        return self.chart.page.locator("#canvas-said").text_content() or ""

    def undo(self) -> bool:
        """One step back, as far as this page remembers."""
        if not self.past:
            return False
        self.chart.undo()
        step = self.past.pop()
        self.future.append(step)
        for key, (before, _) in step.items():
            self.touched = key[:4]
            self._put(key, before)
        return True

    def redo(self) -> bool:
        """One step forth again."""
        if not self.future:
            return False
        self.chart.redo()
        step = self.future.pop()
        self.past.append(step)
        for key, (_, after) in step.items():
            self.touched = key[:4]
            self._put(key, after)
        return True

    def look(self) -> bool:
        """Another drawing."""
        tabs = self.chart.page.locator("#views [role=tab]")
        ids = [tab.get_attribute("data-map") for tab in tabs.all()]
        self.chart.view(str(self.chance.choice(ids)))
        return True

    def zoom(self) -> bool:
        """Two fingers, apart or together; and back to what fits."""
        if self.chance.random() < 0.4:
            self.chart.tablet.tap("#zoom [data-action=fit]")
            return True
        pane = self.chart.pane_of(self.drawn.ref, self.drawn.view_box[0])
        middle = (pane["left"] + pane["width"] / 2, pane["top"] + pane["height"] / 2)
        self.chart.tablet.spread(middle, self.chance.choice((0.5, 1.5, 2)))
        return True

    def brush(self) -> bool:
        """Other units a tap."""
        brushes = self.chart.page.locator("#rail .brush:not(.brush--custom)")
        self.chart.tablet.tap(brushes.nth(self.chance.randrange(brushes.count())))
        return True

    def cut(self) -> bool:
        """The network goes, or comes back."""
        if self.is_offline:
            come_back(self.chart)
        else:
            go_offline(self.chart)
        self.is_offline = not self.is_offline
        return True

    def reload(self) -> bool:
        """The page is opened anew: what was tapped is there, what could be taken back is not."""
        if self.is_offline:
            return False
        # The browser asks before it leaves a page whose last tap is not on the tablet's disk yet,
        # and a person who is asked waits.
        self.chart.wait_until_saved()
        self.chart.page.reload()
        self.chart.wait_until_open()
        self.forget_steps()
        return True

    def online(self) -> None:
        """The network is there."""
        if self.is_offline:
            self.cut()


GESTURES: dict[Callable[[Hand], bool], int] = {
    Hand.place: 24,
    Hand.give: 14,
    Hand.drag: 14,
    Hand.more: 9,
    Hand.delete: 5,
    Hand.take_back: 4,
    Hand.undo: 9,
    Hand.redo: 5,
    Hand.look: 5,
    Hand.zoom: 5,
    Hand.brush: 3,
    Hand.cut: 3,
    Hand.reload: 1,
}


def test_random_hands_on_two_tablets_lose_nothing_double_nothing_and_never_swap_a_side(
    clinic: RunningClinic, new_tablet: NewTablet, seed: int, full_rounds: bool, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    first = new_tablet(clinic, viewport=LYING)
    second = new_tablet(clinic, viewport=STANDING)
    for tablet, username in ((first, "alice"), (second, "carol")):
        tablet.expects(OVERTAKEN, NO_NETWORK, "net::ERR_ABORTED")
        tablet.context.add_init_script(TOUCHED)
        tablet.sign_in(username)
    sessions, gestures = FULL if full_rounds else SHORT
    did: Counter[str] = Counter()
    for number in range(sessions):
        did += random_hands(clinic, first, second, chance, gestures, f"session {number}", tmp_path)
        click.echo(f"session {number}, seed {seed}: {did.total()} random gestures, {dict(did)}")


def random_hands(
    clinic: RunningClinic,
    first: Tablet,
    second: Tablet,
    chance: random.Random,
    gestures: int,
    which: str,
    pictures: Path,
) -> Counter[str]:
    """A session of so many gestures on both tablets; answers what was done."""
    account: Account = {}
    alice = ChartPage.start(first, clinic.new_patient(), "chronic_migraine")
    alice.wait_until_saved()
    carol = ChartPage.reopened(second, alice.treatment)
    for site in clinic.stored(alice.treatment)["sites"]:
        account[site["key"]] = as_known(site)
    laid, ever = list(account), set(account)
    hands = [
        Hand(alice, account, set(laid[::2]), ever, chance),
        Hand(carol, account, set(laid[1::2]), ever, chance),
    ]

    made = 0
    lately: deque[str] = deque(maxlen=2 * STRETCH)
    while made < gestures:
        hand = chance.choice(hands)
        (gesture,) = chance.choices(list(GESTURES), list(GESTURES.values()))
        when = f"{which}, gesture {made}, after " + "; ".join(lately)
        try:
            could = gesture(hand)
        except Exception as fault:
            for number, tablet in enumerate((first, second)):
                tablet.page.screenshot(path=pictures / f"{number}.png")
            fault.add_note(f"{hands.index(hand)} {gesture.__name__}, told {hand.told!r}, {when}")
            fault.add_note(f"pictures of both tablets: {pictures}")
            raise
        lately.append(f"{hands.index(hand)} {gesture.__name__} {hand.touched if could else '-'}")
        if not could:
            continue
        hand.did[gesture.__name__] += 1
        made += 1
        if made % STRETCH == 0:
            everything_is_as_done(clinic, hands, account, when)
    everything_is_as_done(clinic, hands, account, f"the end of {which}")
    return hands[0].did + hands[1].did


def as_known(site: dict[str, Any]) -> Injection:
    """A stored site as the hands know it."""
    place = (float(site["x"]), float(site["y"]))
    return Injection(site["map"], place, Decimal(site["units"]), site["state"])


def everything_is_as_done(
    clinic: RunningClinic, hands: list[Hand], account: Account, when: str
) -> None:
    """The server and both tablets hold exactly what the hands did, each side the drawing's own."""
    for hand in hands:
        hand.online()
    for _ in range(2):  # What one sends last, the other fetches.
        for hand in hands:
            hand.chart.wait_until_saved()
    treatment = hands[0].chart.treatment
    stored = clinic.stored(treatment)["sites"]
    keys = [site["key"] for site in stored]
    assert len(keys) == len(set(keys)), when
    assert set(keys) == set(account), when
    for site in stored:
        meant = account[site["key"]]
        is_so = as_known(site)
        assert (is_so.ref, is_so.state) == (meant.ref, meant.state), (when, site)
        assert is_so.units == meant.units, (when, site)
        drawn = body_map(meant.ref)
        assert millimetres(drawn, is_so.point, meant.point) < NEAR, (when, site, meant)
    sides_are_right(hands[0].chart, stored, when)
    for hand in hands:
        for ref in {site["map"] for site in stored}:
            hand.chart.view(body_map(ref).id)
            expect(hand.chart.page.locator("#picture g[data-site]")).to_have_count(
                sum(site["map"] == ref for site in stored)
            )
        hand.chart.open_every_group()
        known = {key: (site.state, plain(site.units)) for key, site in account.items()}
        try:
            # What the other tablet saved last arrives by itself.
            hand.chart.page.wait_for_function(AS_DONE, arg=known)
        except TimeoutError as late:
            there = {row.key: (row.state, row.units) for row in hand.chart.rows()}
            odd = set(there.items()) ^ set(known.items())
            raise AssertionError(f"{when}: a tablet says otherwise of {odd}") from late


def sides_are_right(chart: ChartPage, stored: list[dict[str, Any]], when: str) -> None:
    """A site left of the midline is on the side that the viewer sees there, or in the middle."""
    sides = chart.tablet.read(f"/treatments/{chart.treatment}/chart")["sites"]
    for site in stored:
        side = Side(sides[site["key"]]["side"])
        drawn = body_map(site["map"])
        muscle = catalogue().muscles.get(site["muscle"] or "")
        if muscle and muscle.side_rule == "midline":
            assert side is Side.MIDLINE, (when, site)
            continue
        x = float(site["x"])
        if drawn.midline_x is None or x < drawn.midline_x:
            right = drawn.viewer_left
        else:
            right = Side.LEFT if drawn.viewer_left is Side.RIGHT else Side.RIGHT
        assert side is right or (x == drawn.midline_x and side is Side.MIDLINE), (when, site, side)
