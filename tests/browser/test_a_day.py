"""A day at the clinic: twenty sessions by three people on five tablets, and every count right."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import click
import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from app import audit
from app.auth.pins import set_unlock_pin
from app.extensions import begin_write, db
from app.models import Authority, Note, Patient, PrintedCopy, Treatment
from app.notes import verification
from tests import factories
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import LYING, STANDING, NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_lock import at_the_names, come_back, lock, lock_the_chart
from tests.browser.test_preempt import sign
from tests.browser.test_sweating import lay
from tests.browser.test_two_tablets import front, give, more, open_a_vial, to_decide

pytestmark = pytest.mark.long

CAROLS_PIN = "516203"
ROUNDS = 4
# What the five sessions of a round give, in units of BOTOX: the third has a site of 7.5 U.
PREEMPT, UNDERARMS, WITH_ONE_STEP_MORE = Decimal(155), Decimal(100), Decimal("157.50")
OF_A_ROUND = (PREEMPT, UNDERARMS, WITH_ONE_STEP_MORE, PREEMPT, PREEMPT)


class Room(NamedTuple):
    """The five tablets by who holds them; the last is shared by Carol and Bob."""

    alice: Tablet
    alices_second: Tablet
    bob: Tablet
    bobs_second: Tablet
    shared: Tablet


@pytest.fixture
def room(tls_clinic: RunningClinic, new_trusting_tablet: NewTablet) -> Room:
    """Everyone has come in the morning; on the shared tablet Bob signs in after Carol."""
    with tls_clinic.records():
        begin_write()
        set_unlock_pin(tls_clinic.person("carol"), CAROLS_PIN, now=datetime.now(UTC))
        db.session.commit()
    tablets = []
    for number, username in enumerate(("alice", "alice", "bob", "bob", "bob")):
        size = STANDING if number % 2 else LYING
        tablet = new_trusting_tablet(tls_clinic, viewport=size)
        tablet.expects(r"answer: 40[19] ", r"net::ERR_INTERNET_DISCONNECTED", r"net::ERR_ABORTED")
        tablet.sign_in(username)
        tablets.append(tablet)
    shared = tablets[-1]
    lock(shared)
    shared.tap(".person--out")
    shared.fill_in_the_door("carol")
    shared.page.wait_for_url(f"{tls_clinic.address}/")
    return Room(*tablets)


def start(tablet: Tablet, patient: Known, indication: str) -> ChartPage:
    """A new session with its vial chosen and mixed."""
    chart = ChartPage.start(tablet, patient, indication)
    if indication == "axillary_hyperhidrosis":
        lay(chart, "AX-50x15")
    open_a_vial(chart)
    return chart


def finish(chart: ChartPage, pin: str) -> UUID:
    """Give what is still planned, review and sign."""
    chart.give_all()
    chart.wait_until_saved()
    treatment = chart.treatment
    chart.review()
    sign(chart.tablet, pin)
    return treatment


def by_two_tablets(room: Room, patient: Known) -> UUID:
    """Bob and Carol chart one session; both change one site while Bob's network is away."""
    bobs = start(room.bob, patient, "chronic_migraine")
    bobs.wait_until_saved()
    carols = ChartPage.reopened(room.shared, bobs.treatment)
    keys = front(bobs)
    room.bob.context.set_offline(True)
    more(bobs, keys[0])
    give(bobs, keys[0])
    more(carols, keys[0])
    more(carols, keys[0])
    give(carols, keys[1])
    carols.wait_until_saved()
    room.bob.context.set_offline(False)
    to_decide(bobs, 1)
    room.bob.tap("[data-clash] [data-action=keep][data-key=mine]")
    expect(bobs.row(keys[1])).to_have_attribute("data-state", "given")
    bobs.wait_until_saved()
    treatment = finish(bobs, factories.BOBS_PIN)
    expect(carols.save).to_have_text("Signed on another tablet", timeout=30_000)
    room.shared.go("/")
    return treatment


def started_with_the_wrong_patient(room: Room, wrong: Known, right: Known) -> UUID:
    """Half of it is given when Bob sees whose page this is, and moves it."""
    chart = start(room.bobs_second, wrong, "chronic_migraine")
    for key in front(chart)[:3]:
        give(chart, key)
    chart.wait_until_saved()
    treatment, tablet = chart.treatment, room.bobs_second
    tablet.tap("#menu-button")
    tablet.tap("#panel [data-action=move]")
    tablet.page.wait_for_url("**/patient")
    tablet.write(tablet.page.locator("#q"), right.record_number)
    tablet.tap(tablet.page.locator("[data-found] a").first)
    tablet.tap(tablet.page.locator(".pill", has_text="Opened from the wrong patient"))
    tablet.tap(tablet.page.locator("[data-action=move]"))
    tablet.page.wait_for_url(f"**/patients/{right.id}")
    return finish(ChartPage.reopened(tablet, treatment), factories.BOBS_PIN)


def shared_with_locks(room: Room, patient: Known) -> UUID:
    """Carol charts and locks; Bob comes back to the same tablet, says he gave it, and signs."""
    tablet = room.shared
    chart = start(tablet, patient, "chronic_migraine")
    chart.give_all()
    chart.wait_until_saved()
    treatment = chart.treatment
    lock_the_chart(tablet)
    at_the_names(tablet)
    come_back(tablet, "Bob Brandt", factories.BOBS_PIN)
    expect(tablet.page.locator("[data-person]")).to_have_count(1)
    tablet.go(f"/treatments/{treatment}/signature")
    tablet.tap("[data-action=discard-rest]")
    expect(tablet.page.locator("[data-action=discard-rest]")).to_have_count(0)
    tablet.pick(tablet.page.locator("#performer"), "Bob Brandt")
    tablet.tap(tablet.page.get_by_role("button", name="Record who gave it"))
    sign(tablet, factories.BOBS_PIN)
    lock(tablet)
    come_back(tablet, "Carol Costa", CAROLS_PIN)
    # Hers is where she left it: the session is signed, and says so.
    expect(tablet.page.get_by_role("heading", name="Signed note N-")).to_be_visible()
    return treatment


def test_twenty_sessions_three_people_five_tablets(
    tls_clinic: RunningClinic,
    room: Room,
    new_trusting_tablet: NewTablet,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong, given = [], {}
    for number in range(ROUNDS):
        patients = [
            tls_clinic.new_patient(given_name=f"P{number}{place}", family_name="Day-Sample")
            for place in range(5)
        ]
        wrong.append(tls_clinic.new_patient(given_name=f"W{number}", family_name="Day-Sample"))
        alices = start(room.alice, patients[0], "chronic_migraine")
        underarms = start(room.alices_second, patients[1], "axillary_hyperhidrosis")
        treatments = [
            finish(alices, factories.ALICES_PIN),
            finish(underarms, factories.ALICES_PIN),
            by_two_tablets(room, patients[2]),
            started_with_the_wrong_patient(room, wrong[-1], patients[3]),
            shared_with_locks(room, patients[4]),
        ]
        given |= {
            treatment: (patient, units)
            for treatment, patient, units in zip(treatments, patients, OF_A_ROUND, strict=True)
        }

    desk = new_trusting_tablet(tls_clinic)
    desk.sign_in("dan")
    desk.go("/notes")
    desk.tap("[data-tick-all]")
    with desk.context.expect_page() as opened:
        desk.tap(desk.page.locator(".batch [data-action=print]"))
    opened.value.wait_for_url("**/notes/copies/*.pdf")

    with tls_clinic.records():
        assert_every_count_is_right(given, wrong)
    with capsys.disabled():
        taps = sum(tablet.taps for tablet in room)
        click.echo(
            f"\n{len(given)} sessions on five tablets: {taps} taps, locks and moves included"
        )


def assert_every_count_is_right(
    given: dict[UUID, tuple[Known, Decimal]], wrong: list[Known]
) -> None:
    """Each session is signed once, of its patient, with its units; each paper is in the log."""
    notes = {note.treatment_id: note for note in db.session.scalars(select(Note))}
    roots = [each.certificate_pem for each in db.session.scalars(select(Authority))]
    assert set(notes) == set(given)
    for treatment, (patient, units) in given.items():
        stored = db.session.get_one(Treatment, treatment)
        assert stored.patient_id == patient.id
        assert sum(site.units for site in stored.given_sites) == units
        assert stored.planned_sites == []
        assert len({site.protocol_site for site in stored.sites}) == len(stored.sites)
        left = {vial.units - units - (vial.discarded or 0) for vial in stored.vials}
        assert left == {Decimal(0)}
        pdf = notes[treatment].stored_pdf()
        verdict = verification.verify(pdf, roots)
        assert (verdict.intact, verdict.trusted) == (True, True)
    for patient in wrong:
        moved_on = select(func.count()).where(Treatment.patient_id == patient.id)
        assert db.session.scalar(moved_on) == 0
        assert db.session.get_one(Patient, patient.id)
    signers = Counter(note.signed_by.username for note in notes.values())
    assert signers == {"alice": 2 * ROUNDS, "bob": 3 * ROUNDS}
    serials = sorted(note.serial for note in notes.values())
    assert serials == list(range(1, len(given) + 1))
    copies = db.session.scalars(select(PrintedCopy)).all()
    assert Counter(copy.note_id for copy in copies) == {note.id: 1 for note in notes.values()}
    assert audit.verify(db.session) is None
