"""What a chart weighs that a tablet opens for the first time."""

from __future__ import annotations

from typing import Any, NamedTuple

import click
import pytest
from playwright.sync_api import Browser, CDPSession, expect

from app.joining import EXPORT
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet
from tests.rules.sources import scripts

# In bytes on the wire with the answers' headers, a kB being 1000.
MOST_SCRIPT = 40_000
MOST_PAGE = 110_000
MOST_REQUESTS = 15


class Answer(NamedTuple):
    """One request of a page: what it asked for, as what, and what came over the wire."""

    url: str
    kind: str
    weight: int


class Wire:
    """Weighs what goes over the wire, from now on."""

    def __init__(self, session: CDPSession) -> None:
        self._asked: dict[str, tuple[str, str]] = {}
        self.answers: list[Answer] = []
        session.on("Network.responseReceived", self._begin)
        session.on("Network.loadingFinished", self._end)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")

    def _begin(self, event: dict[str, Any]) -> None:
        self._asked[event["requestId"]] = (event["response"]["url"], event["type"])

    def _end(self, event: dict[str, Any]) -> None:
        url, kind = self._asked[event["requestId"]]
        if url.startswith("data:"):
            return  # It came with the page or its styles.
        self.answers.append(Answer(url, kind, int(event["encodedDataLength"])))

    def weight(self, kind: str = "") -> int:
        """Bytes of all answers, or of those of one kind."""
        return sum(answer.weight for answer in self.answers if kind in ("", answer.kind))

    def table(self) -> str:
        """One line an answer, and the sum."""
        lines = [
            f"{answer.weight:>8} {answer.kind:<10} {answer.url[:100]}" for answer in self.answers
        ]
        sums = f"{self.weight()} bytes, of them {self.weight('Script')} of script"
        return "\n".join([*lines, f"{sums}, {len(self.answers)} requests"])


def test_a_chart_opened_for_the_first_time_is_light(
    clinic: RunningClinic, new_tablet: NewTablet, capsys: pytest.CaptureFixture[str]
) -> None:
    # What a service worker fetches beside the page is no part of the page.
    tablet = new_tablet(clinic, service_workers="block")
    tablet.sign_in("alice")
    chart = ChartPage.start(tablet, clinic.new_patient(), "chronic_migraine")
    tablet.page.wait_for_selector("[data-save=saved]")
    treatment = chart.treatment
    tablet.go("/patients")
    wire = Wire(tablet.context.new_cdp_session(tablet.page))

    ChartPage.reopened(tablet, treatment)
    tablet.page.wait_for_load_state("networkidle")

    with capsys.disabled():
        click.echo(f"\n{wire.table()}")
    assert wire.weight("Script") <= MOST_SCRIPT
    assert wire.weight() <= MOST_PAGE
    assert len(wire.answers) <= MOST_REQUESTS


def test_what_comes_later_is_asked_for_again_once_the_network_is_back(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = ChartPage.start(tablet, clinic.new_patient())
    tablet.expects("chart-later.js", "ERR_INTERNET_DISCONNECTED", "presence")
    indication = "#first [data-action=indication][data-key=chronic_migraine]"

    tablet.context.set_offline(True)
    tablet.tap(indication)
    expect(tablet.page.locator("#said")).to_contain_text("could not be fetched")
    tablet.context.set_offline(False)
    chart.choose("chronic_migraine")

    expect(tablet.page.locator("#sites [data-action=give-all]")).to_have_text("Give all 31")


def test_no_module_exports_a_name_of_the_browsers_own(chromium: Browser) -> None:
    # Joined, what one module exports can be seen by all: it must not stand before what they mean.
    names = {
        found["name"] for path in scripts() for found in EXPORT.finditer(path.read_text("utf-8"))
    }
    page = chromium.new_page()

    taken = page.evaluate(
        "(names) => names.filter((name) => name in window && !(name in {}))", sorted(names)
    )
    page.close()

    assert len(names) > 100
    assert taken == []
