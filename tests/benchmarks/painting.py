"""From a finger to the frame in which its site is painted, in Chromium slowed down four times."""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from playwright.sync_api import Browser, Page, sync_playwright
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

MAP = "head_anterior@1"
SLOWED = 4
BUDGET = 1.5

# When the finger leaves the glass the clock starts; it stops once a frame that holds one site
# more has been painted. The page's own scripts know nothing of it.
CLOCK = """(() => {
  window.painted = [];
  const many = () => document.querySelectorAll('svg .sites-layer .site__dot').length;
  window.addEventListener('pointerup', (event) => {
    const before = many();
    const frame = () => {
      if (many() === before) return requestAnimationFrame(frame);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.painted.push(performance.now() - event.timeStamp);
      port2.postMessage(null);
    };
    requestAnimationFrame(frame);
  }, true);
})()"""

# The least page that can do it: the drawing, its sites, a row for each, one listener.
BARE = """<!doctype html><meta charset="utf-8"><title>bare</title>
<style>body{margin:0;display:flex;font:14px sans-serif}#glass{width:580px;height:820px;
touch-action:none}.site__dot{fill:#16181d}text{fill:#fff;text-anchor:middle;font-size:5px}
#rows{height:820px;width:400px;overflow:auto}</style>
<svg id="glass" viewBox="0 0 240 345">DRAWING<g class="sites-layer"></g></svg>
<div id="rows"><table></table></div>
<script>
const shape = (name, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};
const glass = document.getElementById("glass");
const add = ([x, y]) => {
  const mark = shape("g", { transform: `translate(${x} ${y})` });
  const label = shape("text", { dy: 2 });
  label.textContent = "5";
  mark.append(shape("circle", { r: 4, class: "site__dot" }), label);
  document.querySelector(".sites-layer").append(mark);
  const row = document.querySelector("table").insertRow();
  for (const word of ["Frontalis", "right", "5 U"]) row.insertCell().textContent = word;
};
SITES.forEach(add);
glass.addEventListener("pointerup", (event) => {
  const { left, top, width, height } = glass.getBoundingClientRect();
  add([((event.clientX - left) / width) * 240, ((event.clientY - top) / height) * 345]);
});
</script>"""


def tap_to_frame(chromium: Browser, clinic: Any, sites: int, rounds: int) -> Result:
    """One more site on a drawing that holds so many; the floor: SVG and a listener."""
    held, free = _places(sites)
    treatment = _charted(clinic, held)
    context = chromium.new_context(has_touch=True, viewport=LYING)  # type: ignore[arg-type]
    context.add_init_script(CLOCK)
    tablet = Tablet(context, clinic.address)
    tablet.sign_in("alice")
    chart = ChartPage.reopened(tablet, treatment)
    bare = chromium.new_page(has_touch=True, viewport=LYING)  # type: ignore[arg-type]
    bare.add_init_script(CLOCK)
    drawing = (STATIC / "bodymaps" / f"{MAP}.svg").read_text("utf-8")
    html = BARE.replace("DRAWING", drawing).replace("SITES", json.dumps(held))
    bare.route("http://bare.invalid/", lambda route: route.fulfill(body=html))
    try:
        bare.goto("http://bare.invalid/")
        ours, floor = [], []
        with slowed(tablet.page), slowed(bare):
            for place in free:
                on_glass = chart.place_of(MAP, *place)
                if not chart.is_on_glass(on_glass):
                    continue
                ours.append(_painted(tablet.page, on_glass))
                floor.append(_painted(bare, (place[0] / 240 * 580, place[1] / 345 * 820)))
                chart.wait_until_saved()
                if len(ours) == rounds + WARM_UP:
                    break
        return Result(
            f"tap to frame, {sites} sites, CPU ÷ {SLOWED}",
            ours[WARM_UP:],
            floor[WARM_UP:],
            BUDGET,
        )
    finally:
        bare.close()
        context.close()


def _painted(page: Page, place: tuple[float, float]) -> float:
    before = page.evaluate("window.painted.length")
    page.touchscreen.tap(*place)
    page.wait_for_function("(before) => window.painted.length > before", arg=before)
    return float(page.evaluate("window.painted.at(-1)"))


@contextmanager
def slowed(page: Page) -> Iterator[None]:
    """The page on a tablet's processor."""
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


Place = tuple[float, float]


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
