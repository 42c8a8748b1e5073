"""The time-out by touch and by keys: each answer is a tap, and nothing is answered by itself."""

from __future__ import annotations

from uuid import UUID

import click
import pytest
from playwright.sync_api import expect

from app.extensions import db
from app.models import Treatment
from tests.browser.asking import OPEN_IN_TIME_OUT, answer_each, say
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet

# For a patient who comes again and for whom nothing changed: name, plan, all asked again.
RETURNING = 3


def opened(clinic: RunningClinic, new_tablet: NewTablet, *, comes_again: bool) -> ChartPage:
    """A migraine session with its protocol laid, its time-out open."""
    patient = clinic.new_patient()
    if comes_again:
        clinic.new_note(patient)
    tablet = new_tablet(clinic)
    tablet.sign_in("alice")
    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    chart.wait_until_saved()
    expect(tablet.page.locator("#time-out")).to_contain_text("Time-out 0 of 12")
    tablet.tap("#time-out")
    tablet.page.wait_for_url("**/time-out")
    return chart


def answers(clinic: RunningClinic, treatment: UUID) -> dict[str, tuple[str | None, str]]:
    """What the database holds now."""
    with clinic.records():
        said = db.session.get_one(Treatment, treatment).answers
        return {id: (answer.value, answer.how) for id, answer in said.items()}


def progress(tablet: Tablet) -> str:
    return tablet.page.locator("[data-swaps=progress]").inner_text()


def test_a_first_visit_is_asked_question_by_question(
    clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    chart = opened(clinic, new_tablet, comes_again=False)
    tablet, page = chart.tablet, chart.page
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    expect(page.locator("[data-action=asked-again]")).to_have_count(0)
    before = tablet.taps

    answer_each(tablet, OPEN_IN_TIME_OUT)

    assert tablet.taps - before == 12
    assert "12 of 12 answered" in progress(tablet)
    # Tapping the answer that stands takes it back.
    tablet.tap("#q-infection_at_site > form [data-says=no]")
    expect(page.locator("#q-infection_at_site")).to_have_attribute("data-answer", "")
    # A yes to a combined question opens its parts.
    say(tablet, "drugs_adding_weakness", "yes")
    say(tablet, "muscle_relaxant", "yes")
    assert "10 of 12 answered" in progress(tablet)
    tablet.tap(page.get_by_role("link", name="Back to the chart").last)
    chart.wait_until_open()
    expect(page.locator("#time-out")).to_contain_text("Time-out 10 of 12")
    expect(page.locator("[data-finding=PREC-02]")).to_contain_text("muscle relaxant")


def test_who_comes_again_takes_three_taps_and_the_record_says_how(
    clinic: RunningClinic, new_tablet: NewTablet, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = opened(clinic, new_tablet, comes_again=True)
    tablet, page = chart.tablet, chart.page
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    before = tablet.taps

    say(tablet, "identity_confirmed", "yes")
    say(tablet, "plan_agreed", "yes")
    tablet.tap("[data-action=asked-again]")
    expect(page.locator("[data-swaps=progress]")).to_contain_text("12 of 12 answered")

    taps = tablet.taps - before
    with capsys.disabled():
        click.echo(f"\nTime-out, nothing changed: {taps} taps (promised: at most {RETURNING})")
    assert taps <= RETURNING
    kept = answers(clinic, chart.treatment)
    assert kept["identity_confirmed"] == ("yes", "asked")
    assert kept["infection_at_site"] == ("no", "asked_again")


def test_what_could_not_be_asked_opens_its_reasons(
    clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    chart = opened(clinic, new_tablet, comes_again=False)
    tablet, page = chart.tablet, chart.page
    row = page.locator("#q-anticoagulant_or_bleeding_disorder")

    tablet.tap(row.locator("> form [data-says=unable]"))
    expect(row).to_contain_text("Not recorded until a reason is given.")
    expect(row).to_have_attribute("data-answer", "")
    tablet.tap(row.get_by_role("button", name="Does not know"))

    expect(row).to_have_attribute("data-answer", "unable")
    expect(row.get_by_role("button", name="Does not know")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_by_keys_alone_the_focus_stays_with_the_question(
    clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    page = opened(clinic, new_tablet, comes_again=False).page
    button = page.locator("#q-identity_confirmed [data-says=yes]")

    button.focus()
    page.keyboard.press("Enter")

    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#q-plan_agreed [data-says=no]")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#q-plan_agreed")).to_have_attribute("data-answer", "no")


def test_without_the_network_nothing_is_taken_for_answered(
    clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    chart = opened(clinic, new_tablet, comes_again=False)
    tablet, page = chart.tablet, chart.page
    tablet.expects(
        "failed: POST .*/answers net::ERR_INTERNET_DISCONNECTED",
        "failed: GET .*/favicon.svg net::ERR_INTERNET_DISCONNECTED",
    )

    tablet.context.set_offline(True)
    tablet.tap("#q-infection_at_site > form [data-says=no]")

    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    expect(page.locator("#q-infection_at_site")).to_have_attribute("data-answer", "")
    tablet.context.set_offline(False)
    say(tablet, "infection_at_site", "no")
