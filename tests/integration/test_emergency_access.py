"""/emergency-access: a restricted patient is opened in need, for an hour, and not in silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.extensions import begin_write, db
from app.models import EmergencyAccess, Patient
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed, trail
from tests.factories import Cast

ADDRESS = "/emergency-access"
REASON = "Cannot swallow; what was given, and where?"


@pytest.fixture
def hidden(cast: Cast) -> Patient:
    """A restricted patient whom Alice and Dan see."""
    patient = factories.patient(cast.alice, record_number="004217")
    restrict(patient, cast.alice, cast.dan)
    return patient


@pytest.fixture
def as_bob(app: Flask, cast: Cast) -> AuditingClient:
    """The other provider's browser."""
    return signed_in(app, cast.bob)


def form(**changes: str) -> dict[str, Any]:
    return {"record_number": "004217", "born": "12 Mar 1984", "reason": REASON, **changes}


def after(monkeypatch: pytest.MonkeyPatch, time: timedelta) -> None:
    """Let so much time have passed."""
    instant = clock.now() + time
    monkeypatch.setattr(clock, "now", lambda: instant)


def test_who_knows_the_patient_exactly_is_let_in_and_the_trail_says_so(
    as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    page = f"/patients/{hidden.id}"
    assert as_bob.get(page).status_code == 404

    answer = as_bob.post(ADDRESS, data=form())

    assert (answer.status_code, answer.location) == (303, page)
    assert "Emergency access E-00001 until" in as_bob.get(page).text
    entry = last_entry("patient.glass_broken")
    assert (entry.by_id, entry.subject_id) == (cast.bob.id, str(hidden.id))
    assert (entry.details["number"], entry.details["reason"]) == ("E-00001", REASON)
    assert set(entry.details["told"]) == {str(p.id) for p in (cast.alice, cast.dan, cast.eve)}


def test_who_is_let_in_charts_and_does_not_say_who_sees_the_patient(
    as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    as_bob.post(ADDRESS, data=form())

    started = as_bob.post(f"/patients/{hidden.id}/treatments")
    chart = as_bob.get(started.location)
    refused = as_bob.post(f"/patients/{hidden.id}/restriction", data={"sight": "everyone"})

    assert started.status_code == 303
    assert "Emergency until" in chart.text
    assert refused.status_code == 403
    assert "decided by Alice Amari, MD." in refused.text


def test_it_ends_by_itself_after_an_hour_and_keeps_what_was_charted(
    app: Flask,
    as_bob: AuditingClient,
    cast: Cast,
    hidden: Patient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_bob.post(ADDRESS, data=form())
    chart = as_bob.post(f"/patients/{hidden.id}/treatments").location

    after(monkeypatch, timedelta(minutes=59))
    as_bob = signed_in(app, cast.bob)  # His tablet has locked itself long since.
    assert as_bob.get(chart).status_code == 200
    after(monkeypatch, timedelta(minutes=2))
    assert as_bob.get(chart).status_code == 404
    assert "Emergency access E-" not in as_bob.get("/").text

    as_bob.post(ADDRESS, data=form())
    assert as_bob.get(chart).status_code == 200


def test_who_was_let_in_ends_it_and_is_let_in_no_more(
    as_bob: AuditingClient, as_alice: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    page = f"/patients/{hidden.id}"
    as_bob.post(ADDRESS, data=form())
    opened = db.session.scalars(select(EmergencyAccess)).one().id
    end = f"{ADDRESS}/{opened}/end"
    assert f'action="{end}"' in as_bob.get(page).text
    # Nobody else ends it, and a field too many ends nothing.
    with nothing_changed():
        assert as_alice.post(end).status_code == 404
        assert as_bob.post(end, data={"until": "2030"}).status_code == 400

    answer = as_bob.post(end)

    assert (answer.status_code, answer.location) == (303, "/")
    assert "Emergency access E-00001 has ended." in as_bob.get("/").text
    assert as_bob.get(page).status_code == 404
    entry = last_entry("patient.glass_closed")
    assert (entry.by_id, entry.subject_id) == (cast.bob.id, str(hidden.id))
    assert entry.details == {"number": "E-00001"}
    # Once is enough; and the named people are still told that it was.
    assert as_bob.post(end).status_code == 404
    assert "E-00001" in as_alice.get("/").text


def test_it_opens_one_patient_to_one_person(
    app: Flask, as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    other = factories.patient(cast.alice)
    restrict(other, cast.alice)

    as_bob.post(ADDRESS, data=form())

    assert as_bob.get(f"/patients/{other.id}").status_code == 404
    assert signed_in(app, cast.carol).get(f"/patients/{hidden.id}").status_code == 404


def test_wrong_and_unknown_get_one_answer_and_open_nothing(
    as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    wrong = [{"born": "13 Mar 1984"}, {"record_number": "4217"}, {"record_number": "9"}]

    answers = []
    for change in wrong:
        with nothing_changed("patient.glass_refused"):
            answers.append(as_bob.post(ADDRESS, data=form(**change)))

    for answer, change in zip(answers, wrong, strict=True):
        assert answer.status_code == 422
        assert "No patient has this record number and this date of birth." in answer.text
        assert REASON in answer.text
        assert f'value="{next(iter(change.values()))}"' in answer.text


def test_after_five_wrong_ones_nothing_is_tried_for_a_quarter_of_an_hour(
    app: Flask,
    as_bob: AuditingClient,
    cast: Cast,
    hidden: Patient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(5):
        assert as_bob.post(ADDRESS, data=form(record_number="9")).status_code == 422

    with nothing_changed():
        held = as_bob.post(ADDRESS, data=form())
    assert held.status_code == 429
    assert "Nothing was tried. Wait 15 minutes" in held.text
    assert signed_in(app, cast.carol).post(ADDRESS, data=form()).status_code == 303

    after(monkeypatch, timedelta(minutes=16))
    as_bob = signed_in(app, cast.bob)  # His tablet has locked itself meanwhile.
    assert as_bob.post(ADDRESS, data=form()).status_code == 303


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reason": "urgent"}, "Say in a few words why this cannot wait."),
        ({"reason": "  .        "}, "Say in a few words why this cannot wait."),
        ({"reason": "x" * 400}, "Keep this within 300 characters."),
        ({"born": "soon"}, "This is not a date."),
        ({"record_number": ""}, "Enter the record number."),
    ],
)
def test_what_is_not_right_is_said_at_its_field_and_is_no_try(
    as_bob: AuditingClient, hidden: Patient, change: dict[str, str], sentence: str
) -> None:
    with nothing_changed():
        answer = as_bob.post(ADDRESS, data=form(**change))

    assert answer.status_code == 422
    assert sentence in answer.text


def test_who_sees_the_patient_anyway_opens_nothing(
    as_alice: AuditingClient, as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    open_to_all = factories.patient(cast.alice, record_number="1")

    with nothing_changed():
        named = as_alice.post(ADDRESS, data=form())
        usual = as_bob.post(ADDRESS, data=form(record_number="1"))

    assert named.location == f"/patients/{hidden.id}"
    assert usual.location == f"/patients/{open_to_all.id}"


def test_asking_twice_opens_once(as_bob: AuditingClient, hidden: Patient) -> None:
    as_bob.post(ADDRESS, data=form())
    as_bob.post(ADDRESS, data=form())

    assert [entry.act for entry in trail()].count("patient.glass_broken") == 1


def test_staff_wait_for_somebody_who_treats(app: Flask, cast: Cast, hidden: Patient) -> None:
    begin_write()
    cast.dan.roles = ["staff"]
    db.session.commit()
    restrict(hidden, cast.alice)
    dan = signed_in(app, cast.dan)

    assert dan.get(ADDRESS).status_code == 403
    assert dan.post(ADDRESS, data=form()).status_code == 403
    assert ADDRESS not in dan.post("/patients/search", data={"q": "Maren"}).text


def test_a_search_that_finds_nobody_leads_who_treats_there(
    as_bob: AuditingClient, hidden: Patient
) -> None:
    assert f'href="{ADDRESS}"' in as_bob.post("/patients/search", data={"q": "Maren"}).text


# Who is told.


def test_the_named_people_are_told_whom_and_why_until_each_acknowledges(
    app: Flask, as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    as_bob.post(ADDRESS, data=form())
    emergency = db.session.query(EmergencyAccess).one()
    seen = f"{ADDRESS}/{emergency.id}/acknowledgement"
    alice, dan = signed_in(app, cast.alice), signed_in(app, cast.dan)

    for browser in (alice, dan):
        page = browser.get("/").text
        assert "Bob Brandt, MD opened Maren Oduya-Sample on" in page
        assert f"Reason: {REASON}" in page

    assert alice.post(seen).status_code == 303
    assert last_entry("emergency.acknowledged").details == {"number": "E-00001"}
    assert "E-00001" not in alice.get("/").text
    assert "E-00001" in dan.get("/").text


def test_administrators_are_told_that_it_happened_and_not_to_whom(
    app: Flask, as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    as_bob.post(ADDRESS, data=form())
    eve = signed_in(app, cast.eve)

    page = eve.get("/admin/people").text

    assert "E-00001" in page
    assert "Bob Brandt, MD opened a restricted patient on" in page
    for word in ("Maren", "Oduya", "004217", "swallow"):
        assert word not in page
    emergency = db.session.query(EmergencyAccess).one()
    eve.post(f"{ADDRESS}/{emergency.id}/acknowledgement")
    assert "E-00001" not in eve.get("/admin/people").text


def test_nobody_else_is_told_or_can_acknowledge(
    app: Flask, as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    as_bob.post(ADDRESS, data=form())
    emergency = db.session.query(EmergencyAccess).one()
    carol = signed_in(app, cast.carol)

    assert "E-00001" not in carol.get("/").text
    for browser in (carol, as_bob):
        with nothing_changed():
            answer = browser.post(f"{ADDRESS}/{emergency.id}/acknowledgement")
        assert answer.status_code == 404
    assert carol.post(f"{ADDRESS}/7/acknowledgement").status_code == 404


def test_who_is_no_longer_named_is_told_no_name(
    app: Flask, as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    as_bob.post(ADDRESS, data=form())
    restrict(hidden, cast.alice)

    page = signed_in(app, cast.dan).get("/").text

    assert "opened a restricted patient on" in page
    assert "Maren" not in page


def test_where_no_named_provider_is_left_one_who_was_let_in_takes_over(
    as_bob: AuditingClient, cast: Cast, hidden: Patient
) -> None:
    begin_write()
    cast.alice.deactivate(now=clock.now())
    db.session.commit()
    as_bob.post(ADDRESS, data=form())

    answer = as_bob.post(
        f"/patients/{hidden.id}/restriction",
        data={"sight": "listed", "was": " ".join(hidden.named_ids)},
    )

    assert answer.status_code == 303
    assert last_entry("patient.restricted").details["after"] == [str(cast.bob.id)]
