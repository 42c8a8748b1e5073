"""A tablet in somebody's hands: what they tap and type, and everything that goes wrong on it.

Nothing here changes a page by script. Taps are touch events at a place, text is keys.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

from playwright.sync_api import (
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    WebError,
    expect,
)

from tests import factories

PATIENCE = 30_000
DIGITS = "0123456789"

# Nobody sees what a touch did before it is painted: first where it was, then all round about.
# An observer hears of each picture, also on a page whose clock stands still.
SEEN = """() => new Promise((seen) => {
  const painted = (then) => {
    const eye = new IntersectionObserver(() => {
      eye.disconnect();
      then();
    });
    eye.observe(document.documentElement);
  };
  painted(() => painted(() => painted(seen)));
})"""


class Tablet:
    """One browser with touch. What it complains about and nobody expected fails the test."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.taps = 0
        self.keys = 0
        self._faults: list[str] = []
        self._expected: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(PATIENCE)
        context.on("console", self._hear)
        context.on("weberror", self._stumble)
        context.on("requestfailed", self._miss)
        context.on("response", self._answered)
        self.page: Page = context.pages[0] if context.pages else context.new_page()

    # ── what goes wrong ──

    def expects(self, *patterns: str) -> None:
        """What this journey provokes, as regular expressions on the complaint."""
        self._expected += patterns

    @property
    def complaints(self) -> list[str]:
        """What went wrong and nobody expected."""
        return [
            fault
            for fault in self._faults
            if not any(re.search(pattern, fault) for pattern in self._expected)
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        # An answer of 400 or more is complained about below, with its address.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._faults.append(f"console: {message.text}")

    def _stumble(self, error: WebError) -> None:
        self._faults.append(f"script: {error.error}")

    def _miss(self, request: Request) -> None:
        if not request.url.startswith("http"):
            return  # Of the browser's own pages, such as the one that shows a PDF.
        # An open chart asks again and again what is new; the next time will do.
        if "/chart?since=" in request.url:
            return
        # A download leaves its page where it is, which the browser calls aborted; so it calls the
        # drawings, styles and scripts of a page that was left before they came, and the word that
        # the tablet locks. One that the server lacks is complained about by its answer, below.
        parts = ("note.pdf", "/copies/", "/static/", "favicon.svg", "/lock")
        may_stop = any(part in request.url for part in parts)
        # What a page that is left was saving lies on the tablet, and is sent when it is open again.
        may_stop = may_stop or (request.method == "PUT" and request.url.endswith("/chart"))
        if not (may_stop and request.failure == "net::ERR_ABORTED"):
            self._faults.append(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        # An open chart that asks what is new, as its session ends elsewhere, is told so.
        is_told = response.status == 401 and "/chart?since=" in response.url
        if response.status >= 400 and not is_told:
            method = response.request.method
            self._faults.append(f"answer: {response.status} {method} {response.url}")

    # ── hands ──

    def go(self, path: str) -> None:
        """Open an address of the clinic."""
        self.page.goto(self.address + path)

    def tap(self, target: Locator | str) -> None:
        """Touch a control in its middle."""
        self.taps += 1
        where = self.page.locator(target) if isinstance(target, str) else target
        where.tap()

    def tap_start_of(self, field: Locator) -> None:
        """Touch a field of several parts, such as month and year, on the first of them."""
        self.taps += 1
        field.tap(position={"x": 16, "y": 16})
        expect(field).to_be_focused()

    def tap_at(self, place: tuple[float, float]) -> None:
        """Touch a place on the glass, in CSS pixels, and look at what it did."""
        self.taps += 1
        self.page.touchscreen.tap(*place)
        self.page.evaluate(SEEN)

    def spread(self, about: tuple[float, float], factor: float) -> None:
        """Move two fingers apart about a place, or together with a factor below 1."""
        glass = self.context.new_cdp_session(self.page)

        def ends(apart: float) -> list[tuple[float, float]]:
            x, y = about
            return [(x - apart, y), (x + apart, y)]

        _touch(glass, "touchStart", *ends(40))
        for step in range(1, 5):
            _touch(glass, "touchMove", *ends(40 * factor ** (step / 4)))
        _touch(glass, "touchEnd")
        glass.detach()

    def drag(self, *path: tuple[float, float], ending: str | None = "touchEnd") -> CDPSession:
        """Put a finger down at the first place and draw it along the others.

        `ending` is what becomes of it: it lifts, the system takes it (`touchCancel`), or it rests
        there (None) until `lift` is called with what this answers.
        """
        self.taps += 1
        glass = self.context.new_cdp_session(self.page)
        _touch(glass, "touchStart", path[0])
        for start, end in itertools.pairwise(path):
            self.slide(glass, start, end)
        if ending:
            _touch(glass, ending)
        return glass

    def slide(
        self, glass: CDPSession, start: tuple[float, float], end: tuple[float, float]
    ) -> None:
        """Draw the finger that rests there on to another place."""
        for step in range(1, 5):
            x, y = (a + (b - a) * step / 4 for a, b in zip(start, end, strict=True))
            _touch(glass, "touchMove", (x, y))

    def lift(self, glass: CDPSession) -> None:
        """Let every finger go that rests on the glass."""
        _touch(glass, "touchEnd")

    def second_finger(
        self, glass: CDPSession, first: tuple[float, float], second: tuple[float, float]
    ) -> None:
        """Put a further finger down beside the one that rests there."""
        _touch(glass, "touchStart", first, second)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, such as Enter or Control+z."""
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type what has the focus."""
        self.keys += len(text)
        self.page.keyboard.type(text)

    def write(self, field: Locator, text: str) -> None:
        """Touch an empty field and type into it."""
        self.tap(field)
        expect(field).to_be_focused()
        self.type(text)

    def rewrite(self, field: Locator, text: str) -> None:
        """Touch a field and type over what stands in it."""
        self.tap(field)
        expect(field).to_be_focused()
        self.press("Control+a", "Delete")
        self.type(text)

    def pick(self, field: Locator, label: str) -> None:
        """Touch a list of choices and take the one that begins with these letters."""
        self.tap(field)
        expect(field).to_be_focused()
        self.type(label)
        self.press("Enter")
        chosen = field.locator("option:checked")
        expect(chosen).to_have_text(re.compile("^" + re.escape(label)))

    # ── people ──

    def sign_in(self, username: str, password: str = factories.PASSWORD) -> None:
        """Open the door as a person does."""
        self.go("/login")
        self.fill_in_the_door(username, password)
        self.page.wait_for_url(re.compile(r"/$|/admin/people$|/account$"))

    def fill_in_the_door(self, username: str, password: str = factories.PASSWORD) -> None:
        """User name, password, and the button."""
        form = self.page.locator("form[data-signs-in]")
        self.write(form.locator("#username"), username)
        self.write(form.locator("#password"), password)
        self.tap(form.locator("button.button--primary"))

    def sign_out(self) -> None:
        """Close the door."""
        self.tap(self.page.locator("form[action='/logout'] button"))
        self.page.wait_for_url("**/login?left=1")

    def tap_pin(self, pin: str) -> None:
        """Tap a PIN on the page's own keys, and look that each digit fills its dot."""
        entered = self.page.locator(".pin .is-in")
        for count, digit in enumerate(pin, start=1):
            self.tap(self.page.locator(f".keys [data-digit='{digit}']"))
            expect(entered).to_have_count(count)

    def read(self, path: str) -> dict[str, Any]:
        """What the server answers this tablet's person, as JSON; it changes nothing."""
        if self.address.startswith("https:"):
            return self._read_in_page(path)
        answer = self.page.request.get(self.address + path, headers={"Accept": "application/json"})
        assert answer.ok, answer.text()
        found: dict[str, Any] = answer.json()
        return found

    def _read_in_page(self, path: str) -> dict[str, Any]:
        # Over TLS the browser alone knows the clinic's name and whom to trust.
        found: dict[str, Any] = self.page.evaluate(
            "path => fetch(path, {headers: {Accept: 'application/json'}}).then(a => a.json())",
            path,
        )
        return found


def middle_of(control: Locator) -> tuple[float, float]:
    """Where a control lies on the glass."""
    box = control.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _touch(glass: CDPSession, kind: str, *fingers: tuple[float, float]) -> None:
    """One touch event as the hardware reports it: every finger that is on the glass."""
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
    glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
