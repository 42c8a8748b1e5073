"""The questions of a session answered by touch, each by its own tap."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import factories
from tests.browser.tablet import Tablet

# Counted in "9 of 11 answered"; what is only worth asking is left alone.
OPEN_IN_TIME_OUT = "[data-swaps=questions] > .card:first-child .ask[data-answer='']"
OPEN_IN_REVIEW = "#before .ask[data-answer='']"


def answer_all(tablet: Tablet) -> int:
    """From the review page: the time-out, then what the review asks; answers how many taps."""
    before = tablet.taps
    page = tablet.page
    link = page.locator("#before [data-action=time-out]")
    if (link.text_content() or "").startswith("Answer"):
        tablet.tap(link)
        page.wait_for_url("**/time-out")
        answer_each(tablet, OPEN_IN_TIME_OUT)
        tablet.tap("[data-action=to-review]")
        page.wait_for_url("**/signature")
    answer_each(tablet, OPEN_IN_REVIEW)
    return tablet.taps - before


def read_warnings(tablet: Tablet) -> None:
    """Confirm that the warnings of the review page were read, where there are any."""
    expect(tablet.page.locator("[data-action=sign]")).to_be_visible()
    box = tablet.page.locator("[name=read]")
    # Still confirmed where the PIN was wrong and the page came back.
    if box.count() and not box.is_checked():
        tablet.tap(box)
        expect(box).to_be_checked()


def answer_each(tablet: Tablet, unanswered: str) -> None:
    """Say what a well patient says to every question that is open, the first one first."""
    rows = tablet.page.locator(unanswered)
    while rows.count():
        question = rows.first.get_attribute("data-question") or ""
        say(tablet, question, factories.SAID.get(question, "no"))


def say(tablet: Tablet, question: str, value: str) -> None:
    """One question, one tap."""
    row = tablet.page.locator(f"#q-{question}")
    tablet.tap(row.locator(f"> form [data-says={value}]"))
    expect(row).to_have_attribute("data-answer", value)
