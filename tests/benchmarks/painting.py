"""From a finger to the frame that shows what it did, in Chromium slowed down four times.

Beside the chart lie the least page that can do it and the same page made with three libraries; all
hold the same drawing, the same sites and a row for each, and are touched in turn.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright
from sqlalchemy import select

from app.clinical.anatomy import body_map, locate
from app.extensions import db
from app.models import Clinic
from tests import factories
from tests.benchmarks.measuring import WARM_UP, Result
from tests.browser.chart_page import ChartPage
from tests.browser.conftest import FLAGS, LYING, chromium_program
from tests.browser.tablet import Tablet
from tests.rules.sources import STATIC

PAGES = Path(__file__).parent / "pages"
MAP = "head_anterior@1"
SLOWED = 4
BUDGET = 1.5
# A list is longer than a dot; what a tap comes to follows in the picture after.
BUDGET_OF_THE_LIST = 3

# What each library brings, and how many times its page ours may take. They draw dots, and nothing
# of a chart.
RIVALS = {
    "SVG.js": ("svgjs", "@svgdotjs/svg.js/dist/svg.min.js", 1.5),
    "Konva": ("konva", "konva/konva.min.js", 1.5),
    "Fabric": ("fabric", "fabric/dist/index.min.js", 0.6),
}

# The clock starts when the finger leaves the glass. It stops once a frame that holds one site
# more has been painted, and again once the list has a row more. The page knows nothing of it.
CLOCK = """(() => {
  Object.assign(window, { painted: [], listed: [], handled: [], moved: [] });
  const dots = () => window.many?.() ?? document.querySelectorAll('svg .site .site__dot').length;
  const rows = () => document.querySelectorAll('#sites [data-site]').length;
  const message = (then) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    port2.postMessage(null);
  };
  let fingers = 0;
  const stop = (many, before, event, times) => {
    const finger = fingers;
    const frame = () => {
      // The next finger is not held up by a look for what the last one did not do.
      if (finger !== fingers) return;
      if (many() === before) return requestAnimationFrame(frame);
      message(() => times.push(performance.now() - event.timeStamp));
    };
    requestAnimationFrame(frame);
  };
  let began = 0;
  let took = 0;
  for (const kind of ['pointerdown', 'pointerup']) {
    window.addEventListener(kind, (event) => {
      if (kind === 'pointerdown') {
        took = 0;
        fingers += 1;
      } else {
        stop(dots, dots(), event, window.painted);
        stop(rows, rows(), event, window.listed);
      }
      began = performance.now();
    }, true);
    window.addEventListener(kind, () => {
      took += performance.now() - began;
      if (kind === 'pointerup') window.handled.push(took);
    });
  }
  window.addEventListener('pointermove', (event) => {
    const painted = () => window.moved.push(performance.now() - event.timeStamp);
    requestAnimationFrame(() => message(painted));
  }, true);
})()"""

Place = tuple[float, float]


class Bench:
    """The pages that are touched in turn: charts, and what stands beside them."""

    def __init__(self, chromium: Browser, clinic: Any, pages: ExitStack) -> None:
        self._chromium = chromium
        self._clinic = clinic
        self._pages = pages

    def chart(self, held: Sequence[Place]) -> ChartPage:
        """An open chart with a given site at each of these places."""
        treatment = _charted(self._clinic, held)
        context = self._chromium.new_context(has_touch=True, viewport=LYING)  # type: ignore[arg-type]
        self._pages.callback(context.close)
        context.add_init_script(CLOCK)
        tablet = Tablet(context, self._clinic.address)
        tablet.sign_in("alice")
        return ChartPage.reopened(tablet, treatment)

    def beside(self, name: str, held: Sequence[Place], library: str = "") -> Page:
        """The same drawing and sites on a page that can do nothing else."""
        page = self._chromium.new_page(has_touch=True, viewport=LYING)  # type: ignore[arg-type]
        self._pages.callback(page.close)
        page.add_init_script(CLOCK)
        drawing = (STATIC / "bodymaps" / f"{MAP}.svg").read_text("utf-8")
        bare = f'<svg id="glass" viewBox="0 0 240 345">{drawing}<g class="sites-layer"></g></svg>'
        html = (PAGES / "shell.html").read_text("utf-8")
        for word, text in {
            "GLASS": bare if name == "bare" else '<div id="glass"></div>',
            "PAGE": (PAGES / f"{name}.js").read_text("utf-8"),
            "SITES": json.dumps(held),
            "DRAWING": json.dumps(drawing.replace("</", "<\\/")),
            "LIBRARY": library,
        }.items():
            html = html.replace(word, text, 1)
        page.route("http://beside.invalid/", lambda route: route.fulfill(body=html))
        page.goto("http://beside.invalid/")
        return page


def taps(chromium: Browser, clinic: Any, sizes: Sequence[int], rounds: int) -> Iterator[Result]:
    """One more site on drawings that hold so many; the floor: SVG and a listener.

    The last rows are what the chart's own handler takes: as long with many sites as with few.
    """
    with ExitStack() as stack:
        bench = Bench(chromium, clinic, stack)
        of = {size: _Size(bench, size) for size in sizes}
        for number in range(rounds + WARM_UP):
            for size in of.values():
                size.round(with_rivals=number < rounds / 2)
        for size in of.values():
            yield from size.results()
        least, *others = of.values()
        for other in others:
            name = f"handler of a tap, {other.sites} sites against {least.sites}"
            yield Result(name, other.handled(), least.handled(), BUDGET)


class _Size:
    """A chart that holds so many sites, and what is tapped beside it."""

    def __init__(self, bench: Bench, sites: int) -> None:
        self.sites = sites
        held, free = _places(sites)
        self.chart = bench.chart(held)
        self.beside = {"bare": bench.beside("bare", held)} | {
            name: bench.beside(page, held, library) for name, (page, library) in libraries().items()
        }
        self._free = iter(free)

    def round(self, *, with_rivals: bool) -> None:
        """A tap on each page at the next free place."""
        place = next(place for place in self._free if self.chart.is_on_glass(self._there(place)))
        _tap(self.chart.page, self._there(place), until="listed")
        for name, page in self.beside.items():
            if with_rivals or name == "bare":
                _tap(page, _on_plain(place), until="painted")
        self.chart.wait_until_saved()

    def _there(self, place: Place) -> Place:
        return self.chart.place_of(MAP, *place)

    def results(self) -> Iterator[Result]:
        """Ours beside the floor, and beside each library."""
        name = f"tap to frame, {self.sites} sites"
        ours = _times(self.chart.page, "painted")
        floor = {name: _times(page, "painted") for name, page in self.beside.items()}
        yield Result(name, ours, floor["bare"], BUDGET)
        listed = _times(self.chart.page, "listed")
        yield Result(f"tap to list, {self.sites} sites", listed, floor["bare"], BUDGET_OF_THE_LIST)
        for rival in libraries():
            yield Result(f"{name}, beside {rival}", ours, floor[rival], RIVALS[rival][2])

    def handled(self) -> Sequence[float]:
        """What the chart's handlers of each tap took."""
        return _times(self.chart.page, "handled")


def libraries() -> Mapping[str, tuple[str, str]]:
    """The libraries that npm installed here, each with the page made with it and its text."""
    return {
        name: (page, (PAGES / "node_modules" / path).read_text("utf-8"))
        for name, (page, path, _) in RIVALS.items()
        if (PAGES / "node_modules" / path).exists()
    }


def drag(chromium: Browser, clinic: Any, sites: int, rounds: int) -> Result:
    """A finger that draws so many chosen sites over the picture, from each move to its frame."""
    with ExitStack() as stack:
        bench = Bench(chromium, clinic, stack)
        held, _ = _places(sites)
        chart = bench.chart(held)
        bare = bench.beside("bare", held)
        chart.tablet.tap(chart.page.locator("#sites [role=row][data-site]").first)
        chart.tablet.press("Control+a")
        # What chooses comes when it is asked for first.
        expect(chart.page.locator(".site--selected")).to_have_count(sites)
        start = next(mark for mark in chart.marks() if chart.is_on_glass(mark))
        fingers = [_Finger(chart.page, start), _Finger(bare, _on_plain(held[0]))]
        for number in range(rounds + WARM_UP):
            for finger in fingers:
                finger.move(16 + 3 * (number % 8))
        for finger in fingers:
            finger.back()
        ours, floor = (_times(page, "moved") for page in (chart.page, bare))
        return Result(f"drag of {sites} chosen sites, move to frame", ours, floor, BUDGET)


class _Finger:
    """A finger that rests on a page."""

    def __init__(self, page: Page, start: Place) -> None:
        self._page = page
        self._start = start
        self._glass: CDPSession = page.context.new_cdp_session(page)
        self._send("touchStart", start)

    def move(self, by: float) -> None:
        """So far from where it came down; answers once that is painted."""
        before = self._page.evaluate("window.moved.length")
        with slowed(self._page):
            self._send("touchMove", (self._start[0] + by, self._start[1]))
            self._page.wait_for_function("(before) => window.moved.length > before", arg=before)

    def back(self) -> None:
        """To where it came down, so that nothing was moved."""
        self.move(0)
        self._send("touchEnd")

    def _send(self, kind: str, *points: Place) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self._glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def idle(chromium: Browser, clinic: Any, sites: int, rounds: int) -> Result:
    """What the page does in two seconds while nobody touches it, against a hundredth of them.

    It asks the server what other tablets saved; it draws nothing.
    """
    with ExitStack() as stack:
        chart = Bench(chromium, clinic, stack).chart(_places(sites)[0])
        chart.wait_until_saved()
        glass = chart.page.context.new_cdp_session(chart.page)
        glass.send("Performance.enable")
        worked = [_worked(glass)]
        with slowed(chart.page):
            for _ in range(rounds + WARM_UP):
                chart.page.wait_for_timeout(2000)
                worked.append(_worked(glass))
    spent = [after - before for before, after in itertools.pairwise(worked)]
    return Result(f"2 s untouched, {sites} sites", spent[WARM_UP:], [20], 1)


def _worked(glass: CDPSession) -> float:
    """For how long the page's main thread has been at work, in milliseconds."""
    metrics = glass.send("Performance.getMetrics")["metrics"]
    return 1000 * float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _tap(page: Page, place: Place, *, until: str) -> None:
    before = page.evaluate(f"window.{until}.length")
    with slowed(page):
        page.touchscreen.tap(*place)
        page.wait_for_function(f"(before) => window.{until}.length > before", arg=before)


def _times(page: Page, name: str) -> list[float]:
    """What the clock measured; the first rounds warm up."""
    times: list[float] = page.evaluate(f"window.{name}")
    return times[WARM_UP:]


def _on_plain(place: Place) -> Place:
    return (place[0] / 240 * 580, place[1] / 345 * 820)


@contextmanager
def slowed(page: Page) -> Iterator[None]:
    """The page on a tablet's processor. To be slow is work: a page that is not touched is not."""
    glass = page.context.new_cdp_session(page)
    glass.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    yield
    glass.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    glass.detach()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_program(), args=list(FLAGS), env=dict(os.environ)
        )
        yield browser
        browser.close()


def _places(sites: int) -> tuple[list[Place], list[Place]]:
    """So many places on one half of the face, and free ones on the other, for taps."""
    drawing = body_map(MAP)
    found: dict[bool, list[Place]] = {True: [], False: []}
    for x in range(60, 181, 3):
        for y in range(45, 260, 3):
            region = locate(drawing, x, y).region
            if region and region.muscles and not region.warn and abs(x - 120) > 8:
                found[x > 120].append((float(x), float(y)))
    chance = random.Random(sites)
    return chance.sample(found[True], sites), _apart(chance, found[False])


def _apart(chance: random.Random, places: list[Place]) -> list[Place]:
    """Places so far from each other that no finger means its neighbour's site."""
    chosen: list[Place] = []
    for place in chance.sample(places, len(places)):
        if all(math.dist(place, other) > 14 for other in chosen):
            chosen.append(place)
    return chosen


def _charted(clinic: Any, places: list[Place]) -> UUID:
    """A session with a given site at each place."""
    with clinic.records():
        alice = clinic.person("alice")
        draft = factories.treatment(
            factories.patient(alice), by=alice, clinic=db.session.scalars(select(Clinic)).one()
        )
        body = factories.chart_body(draft)
        body["sites"] = [
            {**body["sites"][0], "key": str(uuid4()), "map": MAP, "units": "2.5", **_at(place)}
            for place in places
        ]
        factories.chart(draft, body, by=alice)
        return draft.id


def _at(place: Place) -> dict[str, str]:
    """Coordinates, and the muscle that a tap there means first."""
    region = locate(body_map(MAP), *place).region
    assert region is not None
    return {"x": f"{place[0]:.2f}", "y": f"{place[1]:.2f}", "muscle": region.muscles[0]}
