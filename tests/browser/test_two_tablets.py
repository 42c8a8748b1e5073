"""One session on two tablets: what each does is on the other in three seconds and stays theirs."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.asking import answer_all, read_warnings
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import STANDING, NewTablet
from tests.browser.tablet import Tablet

# Until a change is on the other tablet, without anybody touching it.
PROMISED = 3_000

# A save that came second; the network that was taken away.
OVERTAKEN = r"answer: 409 PUT .*/chart"
NO_NETWORK = r"net::ERR_INTERNET_DISCONNECTED"


class Pair:
    """Alice's tablet and Carol's, both with the same session open."""

    def __init__(self, clinic: RunningClinic, alice: ChartPage, carol: ChartPage) -> None:
        self.clinic = clinic
        self.alice = alice
        self.carol = carol

    def saved(self) -> dict[str, Any]:
        """What the server answers once both tablets say that everything is saved."""
        self.alice.wait_until_saved()
        self.carol.wait_until_saved()
        return self.alice.tablet.read(f"/treatments/{self.alice.treatment}/chart")


@pytest.fixture
def tablets(clinic: RunningClinic, new_tablet: NewTablet) -> tuple[Tablet, Tablet]:
    """Two tablets of the shared clinic, with Alice and Carol signed in."""
    made = []
    for username, options in (("alice", {}), ("carol", {"viewport": STANDING})):
        tablet = new_tablet(clinic, **options)
        tablet.expects(OVERTAKEN)
        tablet.sign_in(username)
        made.append(tablet)
    return made[0], made[1]


@pytest.fixture
def pair(clinic: RunningClinic, tablets: tuple[Tablet, Tablet]) -> Pair:
    """Both with PREEMPT laid on one of them."""
    first, second = tablets
    alice = ChartPage.start(first, clinic.new_patient(), "chronic_migraine")
    alice.wait_until_saved()
    return Pair(clinic, alice, ChartPage.reopened(second, alice.treatment))


def front(chart: ChartPage) -> list[str]:
    """The keys of the sites on the front of the head, in the order of injection."""
    return [row.key for row in chart.rows() if row.number <= 7]


def give(chart: ChartPage, key: str) -> None:
    """Give a planned site from its row."""
    chart.tablet.tap(chart.row(key).locator("[data-action=give]"))
    expect(chart.row(key)).to_have_attribute("data-state", "given")


def more(chart: ChartPage, key: str) -> None:
    """One step more units in the row of a site."""
    chart.tablet.tap(chart.row(key).locator("[data-action=more]"))


def open_a_vial(chart: ChartPage) -> None:
    """Mix the vial that is proposed, or the one that is read off its label."""
    if chart.page.locator("#draft-lot").count():
        chart.type_vial(lot="SAMPLE-4", month="08", year="2029", units="200", ml="4")
    chart.mix_now()


def arrives(chart: ChartPage, key: str, state: str) -> None:
    """The site says so on this tablet in time, and nobody touched it."""
    expect(chart.row(key)).to_have_attribute("data-state", state, timeout=PROMISED)


def go_offline(chart: ChartPage) -> None:
    """The tablet loses the clinic's network."""
    chart.tablet.expects(NO_NETWORK)
    chart.tablet.context.set_offline(True)


def come_back(chart: ChartPage) -> None:
    """The network is there again."""
    chart.tablet.context.set_offline(False)


def to_decide(chart: ChartPage, n: int) -> None:
    """The save state says how much there is to decide."""
    expect(chart.save).to_have_attribute("data-save", "conflict", timeout=30_000)
    expect(chart.save).to_have_text(f"Changed on another tablet. {n} to decide")


# Together by itself


def test_what_each_gives_is_on_the_other_within_three_seconds_and_stays_theirs(pair: Pair) -> None:
    first, second, third, *_ = front(pair.alice)

    give(pair.alice, first)
    arrives(pair.carol, first, "given")
    give(pair.carol, second)
    arrives(pair.alice, second, "given")
    assert pair.alice.total("") == pair.carol.total("") == "10 U given"

    sites = pair.saved()["sites"]
    assert sites[first]["given_by"] == "Alice Amari"
    assert sites[second]["given_by"] == "Carol Costa"
    assert {sites[key]["placed_by"] for key in (first, second, third)} == {"Alice Amari"}
    pair.alice.tap_mark(second)
    assert "given by Carol Costa" in pair.alice.naming
    pair.carol.tap_mark(second)
    assert "given by" not in pair.carol.naming


def test_two_who_tap_at_once_lose_nothing(pair: Pair) -> None:
    keys = front(pair.alice)

    for mine, theirs in ((0, 3), (1, 4), (2, 5)):
        pair.alice.tablet.tap(pair.alice.row(keys[mine]).locator("[data-action=give]"))
        pair.carol.tablet.tap(pair.carol.row(keys[theirs]).locator("[data-action=give]"))

    for key in keys[:6]:
        arrives(pair.alice, key, "given")
        arrives(pair.carol, key, "given")
    sites = pair.saved()["sites"]
    assert [sites[key]["given_by"] for key in keys[:6]] == ["Alice Amari"] * 3 + ["Carol Costa"] * 3
    assert pair.alice.page.locator("[data-clash]").count() == 0


def test_the_vial_that_one_opens_serves_both(pair: Pair) -> None:
    give(pair.carol, front(pair.carol)[0])
    open_a_vial(pair.alice)

    expect(pair.carol.page.locator("[data-strip=vial]")).to_be_empty(timeout=PROMISED)
    assert pair.carol.total() == "5 U given"
    stored = pair.saved()["chart"]
    assert {site["preparation"] for site in stored["sites"]} == {stored["preparations"][0]["key"]}


def test_a_tablet_that_was_offline_joins_what_the_other_did_meanwhile(pair: Pair) -> None:
    keys = front(pair.alice)
    go_offline(pair.alice)
    for key in keys[:4]:
        give(pair.alice, key)
    more(pair.alice, keys[4])
    for key in keys[5:7]:
        give(pair.carol, key)
    pair.carol.wait_until_saved()
    expect(pair.alice.save).to_have_text("Offline. 5 changes kept on this tablet", timeout=30_000)

    come_back(pair.alice)

    expect(pair.alice.save).to_have_text("Back online, 5 changes sent", timeout=30_000)
    for key in keys[:4]:
        arrives(pair.carol, key, "given")
    expect(pair.carol.mark(keys[4]).locator("text")).to_have_text("7.5")
    answer = pair.saved()
    assert pair.alice.total("") == pair.carol.total("") == "30 U given"
    assert [answer["sites"][key]["given_by"] for key in keys] == (
        ["Alice Amari"] * 4 + [None] + ["Carol Costa"] * 2
    )
    assert len(answer["chart"]["sites"]) == 31


def test_a_protocol_laid_on_both_at_once_is_laid_once(
    clinic: RunningClinic, tablets: tuple[Tablet, Tablet]
) -> None:
    first, second = tablets
    alice = ChartPage.start(first, clinic.new_patient())
    carol = ChartPage.reopened(second, alice.treatment)
    carol.touch_first()
    go_offline(carol)
    alice.choose("chronic_migraine")
    carol.tablet.tap("#first [data-action=indication][data-key=chronic_migraine]")
    expect(carol.row(front(carol)[0])).to_be_visible()
    give(carol, front(carol)[0])
    give(alice, front(alice)[1])
    alice.wait_until_saved()

    come_back(carol)

    arrives(carol, front(alice)[1], "given")
    arrives(alice, front(alice)[0], "given")
    answer = Pair(clinic, alice, carol).saved()
    assert len(answer["chart"]["sites"]) == 31
    assert alice.total("") == carol.total("") == "10 U given"
    assert [answer["sites"][key]["given_by"] for key in front(alice)[:2]] == [
        "Carol Costa",
        "Alice Amari",
    ]
    expect(alice.page.locator("#sites .sites__head b")).to_have_text("2 of 31 given")


def test_the_indication_that_one_chooses_opens_the_chart_of_the_other(
    clinic: RunningClinic, tablets: tuple[Tablet, Tablet]
) -> None:
    first, second = tablets
    alice = ChartPage.start(first, clinic.new_patient())
    carol = ChartPage.reopened(second, alice.treatment)

    alice.choose("chronic_migraine")

    expect(carol.page.locator("#views [data-map=head_anterior]")).to_be_visible(timeout=PROMISED)
    carol.tap_mark(front(carol)[0])
    arrives(alice, front(alice)[0], "given")


def test_undo_takes_back_only_what_was_done_here(pair: Pair) -> None:
    first, second, third, *_ = front(pair.alice)
    give(pair.alice, first)
    give(pair.alice, second)
    arrives(pair.carol, second, "given")
    give(pair.carol, third)
    # Carol corrects what Alice gave.
    pair.carol.tap_mark(second)
    more(pair.carol, second)
    arrives(pair.alice, third, "given")
    expect(pair.alice.mark(second).locator("text")).to_have_text("7.5", timeout=PROMISED)

    pair.alice.undo()
    expect(pair.alice.page.locator("#canvas-said")).to_have_text(
        "1 change of another tablet stays."
    )
    pair.alice.undo()

    arrives(pair.carol, first, "planned")
    for chart in (pair.alice, pair.carol):
        assert chart.row(third).get_attribute("data-state") == "given"
        assert chart.row(second).get_attribute("data-state") == "given"
        assert chart.total("") == "12.5 U given"


def test_a_deleted_site_that_comes_back_is_still_given_by_who_gave_it(pair: Pair) -> None:
    first = front(pair.alice)[0]
    give(pair.alice, first)
    arrives(pair.carol, first, "given")
    pair.carol.tap_mark(first)
    pair.carol.tablet.tap(pair.carol.row(first).locator("[data-action=remove]"))
    expect(pair.alice.mark(first)).to_have_count(0, timeout=PROMISED)

    pair.carol.undo()

    expect(pair.alice.mark(first)).to_have_attribute("data-state", "given", timeout=PROMISED)
    assert pair.saved()["sites"][first]["given_by"] == "Alice Amari"


# To decide


def both_change_one_site(pair: Pair) -> str:
    """Alice gives a site with 7.5 U while Carol plans it with 10 U; answers its key."""
    key = front(pair.alice)[0]
    go_offline(pair.alice)
    more(pair.alice, key)
    give(pair.alice, key)
    more(pair.carol, key)
    more(pair.carol, key)
    pair.carol.wait_until_saved()
    come_back(pair.alice)
    to_decide(pair.alice, 1)
    # What was given stands until someone decides, on the other tablet too.
    arrives(pair.carol, key, "given")
    return key


def test_the_same_site_changed_twice_is_shown_side_by_side(pair: Pair) -> None:
    key = both_change_one_site(pair)
    page = pair.alice.page

    strip = page.locator("[data-clash]")
    expect(strip).to_contain_text("Site 1, Corrugator, right was changed on two tablets.")
    sides = strip.locator(".clash__side")
    expect(sides.nth(0)).to_contain_text("Alice Amari")
    expect(sides.nth(1)).to_contain_text("Carol Costa")
    assert sides.nth(0).locator(".differs").all_inner_texts()[1:] == ["7.5 U"]
    assert sides.nth(1).locator(".differs").all_inner_texts() == ["planned", "10 U"]
    expect(pair.alice.row(key)).to_contain_text("7.5 or 10 U")
    expect(page.locator("#sums .sum").first).to_contain_text("or 0 U, 1 to decide")
    expect(page.locator("#sites .sites__head b")).to_have_text("1 of 31 given, 1 to decide")
    assert pair.carol.total("") == pair.alice.total("") == "7.5 U given"


@pytest.mark.parametrize(
    ("side", "state", "total", "by"),
    [("mine", "given", "7.5 U given", "Alice Amari"), ("theirs", "planned", "0 U given", None)],
)
def test_what_is_kept_is_kept_on_both(
    pair: Pair, side: str, state: str, total: str, by: str | None
) -> None:
    key = both_change_one_site(pair)

    pair.alice.tablet.tap(f"[data-clash] [data-action=keep][data-key={side}]")

    expect(pair.alice.page.locator("[data-clash]")).to_have_count(0)
    arrives(pair.alice, key, state)
    arrives(pair.carol, key, state)
    answer = pair.saved()
    assert pair.alice.total("") == pair.carol.total("") == total
    assert answer["sites"][key]["given_by"] == by
    assert answer["chart"]["sites"][0]["units"] == ("7.5" if side == "mine" else "10")


def test_a_decision_is_undone_like_anything_else(pair: Pair) -> None:
    key = both_change_one_site(pair)
    pair.alice.tablet.tap("[data-clash] [data-action=keep][data-key=theirs]")
    arrives(pair.carol, key, "planned")

    pair.alice.undo()

    expect(pair.alice.page.locator("[data-clash]")).to_be_visible()
    to_decide(pair.alice, 1)
    arrives(pair.carol, key, "given")


def test_later_keeps_both_and_signing_waits_and_says_so(pair: Pair) -> None:
    key = both_change_one_site(pair)
    page = pair.alice.page

    pair.alice.tablet.tap("[data-clash] [data-action=later]")
    expect(page.locator("[data-clash]")).to_have_count(0)
    to_decide(pair.alice, 1)
    pair.alice.tap_mark(front(pair.alice)[1])
    expect(pair.alice.row(front(pair.alice)[1])).to_have_attribute("data-state", "given")
    # Nothing happens to the site by the way.
    pair.alice.give_all()
    expect(page.locator("#sites .sites__head b")).to_have_text("31 of 31 given, 1 to decide")

    pair.alice.tablet.tap("#sums [data-action=review]")
    expect(page.locator("#canvas-said")).to_have_text("Signing waits for 1 decision: A or B.")
    expect(page.locator("[data-clash]")).to_be_visible()
    assert page.url.endswith("/chart")
    pair.alice.tablet.tap("[data-clash] [data-action=later]")
    pair.alice.tablet.tap(pair.alice.row(key).locator("[data-action=decide]"))
    expect(page.locator("[data-clash]")).to_be_visible()


def test_a_conflict_survives_a_reload(pair: Pair) -> None:
    key = both_change_one_site(pair)

    pair.alice.page.reload()
    pair.alice.wait_until_open()

    to_decide(pair.alice, 1)
    expect(pair.alice.page.locator("[data-clash]")).to_contain_text("10 U")
    pair.alice.tablet.tap("[data-clash] [data-action=keep][data-key=theirs]")
    arrives(pair.carol, key, "planned")
    assert pair.saved()["chart"]["sites"][0]["units"] == "10"


def test_given_on_both_tablets_is_asked_about_and_may_have_been_twice(pair: Pair) -> None:
    key = front(pair.alice)[0]
    go_offline(pair.alice)
    give(pair.alice, key)
    give(pair.carol, key)
    pair.carol.wait_until_saved()
    come_back(pair.alice)
    to_decide(pair.alice, 1)
    expect(pair.alice.page.locator("#sums .sum").first).to_contain_text("or 10 U, 1 to decide")

    pair.alice.tablet.tap("[data-clash] [data-action=keep][data-key=both]")

    expect(pair.carol.page.locator("#sites .sites__head b")).to_have_text(
        "2 of 32 given", timeout=PROMISED
    )
    answer = pair.saved()
    assert pair.alice.total("") == pair.carol.total("") == "10 U given"
    given = [site["given_by"] for site in answer["sites"].values() if site["given_by"]]
    assert sorted(given) == ["Alice Amari", "Carol Costa"]


# The end of a session


def test_a_signature_is_told_at_once_and_what_came_too_late_is_not_thrown_away(
    pair: Pair,
) -> None:
    alice, carol = pair.alice, pair.carol
    keys = front(alice)
    open_a_vial(alice)
    alice.code("G43.709")
    alice.give_all()
    alice.wait_until_saved()
    arrives(carol, keys[0], "given")
    go_offline(carol)
    carol.tap_mark(keys[0])
    more(carol, keys[0])

    alice.review()
    answer_all(alice.tablet)
    read_warnings(alice.tablet)
    alice.tablet.tap_pin(factories.ALICES_PIN)
    alice.tablet.tap("[data-action=sign]")
    expect(alice.page.get_by_role("heading", name="Signed note N-")).to_be_visible()
    come_back(carol)

    expect(carol.save).to_have_text("Signed on another tablet", timeout=30_000)
    late = carol.page.locator("[data-strip=clash]")
    expect(late).to_contain_text("1 change of yours is not in it.")
    expect(late.locator("[data-change]")).to_contain_text("Corrugator, right: 5 U became 7.5 U.")
    assert pair.clinic.stored(carol.treatment)["sites"][0]["units"] == "5"
    carol.tablet.tap(late.get_by_role("link", name="Open the session"))
    expect(carol.page.get_by_role("heading", name="Signed note N-")).to_be_visible()


def test_a_signature_closes_the_other_tablets_chart_within_three_seconds(pair: Pair) -> None:
    alice, carol = pair.alice, pair.carol
    open_a_vial(alice)
    alice.code("G43.709")
    alice.give_all()
    alice.review()
    answer_all(alice.tablet)
    read_warnings(alice.tablet)
    alice.tablet.tap_pin(factories.ALICES_PIN)
    alice.tablet.tap("[data-action=sign]")
    expect(alice.page.get_by_role("heading", name="Signed note N-")).to_be_visible()

    expect(carol.save).to_have_text("Signed on another tablet", timeout=PROMISED)
    expect(carol.page.locator("[data-strip=clash]")).to_contain_text(
        "Alice Amari signed this session meanwhile."
    )
    first = front(carol)[0]
    carol.tap_mark(first)
    more(carol, first)
    expect(carol.page.locator("#canvas-said")).to_have_text(
        "Alice Amari signed this session meanwhile."
    )
    assert pair.clinic.stored(carol.treatment)["sites"][0]["state"] == "given"
