"""GET and POST /admin/clinic: the letterhead of the notes that follow."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.factories import Cast

FORM = {
    "clinic_name": "Quayside Neurology",
    "address": "4 Quay Street\r\n\r\nFairhaven, ME 04999",
    "telephone": "207-555-0100",
    "time_zone": "America/Chicago",
    "paper": "a4",
    "hours": "12",
    "lock_after_minutes": "10",
}


@pytest.fixture
def as_eve(app: Flask, cast: Cast) -> AuditingClient:
    """The administrator, signed in."""
    return signed_in(app, cast.eve)


def test_the_letterhead_is_changed_with_before_and_after_in_the_trail(
    as_eve: AuditingClient, cast: Cast
) -> None:
    answer = as_eve.post("/admin/clinic", data=FORM)

    assert answer.status_code == 303
    db.session.refresh(cast.clinic)
    assert cast.clinic.name == "Quayside Neurology"
    assert cast.clinic.paper == "a4"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "clinic.edited")).one()
    assert entry.details["changes"]["paper"] == ["letter", "a4"]
    assert entry.details["changes"]["lock_after_minutes"] == [5, 10]
    assert "telephone" not in entry.details["changes"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clinic_name", ""),
        ("address", ""),
        ("time_zone", "Nowhere"),
        ("time_zone", ""),
        ("paper", "legal"),
        ("hours", "13"),
        ("hours", ""),
        ("lock_after_minutes", ""),
        ("lock_after_minutes", "0"),
        ("lock_after_minutes", "61"),
        ("lock_after_minutes", "2.5"),
    ],
)
def test_what_is_not_right_changes_nothing(
    as_eve: AuditingClient, cast: Cast, field: str, value: str
) -> None:
    answer = as_eve.post("/admin/clinic", data={**FORM, field: value})

    assert answer.status_code == 422
    db.session.refresh(cast.clinic)
    assert cast.clinic.name == "Quayside Clinic"


@pytest.mark.parametrize("minutes", ["1", "60"])
def test_a_tablet_locks_after_one_minute_to_an_hour(
    as_eve: AuditingClient, cast: Cast, minutes: str
) -> None:
    answer = as_eve.post("/admin/clinic", data={**FORM, "lock_after_minutes": minutes})

    assert answer.status_code == 303
    db.session.refresh(cast.clinic)
    assert cast.clinic.lock_after_minutes == int(minutes)


def test_one_tap_for_all_asked_again_is_the_clinic_s_to_switch_off_and_on(
    as_eve: AuditingClient, cast: Cast
) -> None:
    as_eve.post("/admin/clinic", data=FORM)
    db.session.refresh(cast.clinic)
    assert cast.clinic.asks_again is False

    as_eve.post("/admin/clinic", data={**FORM, "asks_again": "y"})
    db.session.refresh(cast.clinic)
    assert cast.clinic.asks_again is True


def test_only_administrators_change_the_letterhead(app: Flask, cast: Cast) -> None:
    for person in (cast.alice, cast.dan):
        assert signed_in(app, person).post("/admin/clinic", data=FORM).status_code == 403


def test_the_screens_write_times_as_the_clinic_counts_its_hours(
    as_eve: AuditingClient, as_alice: AuditingClient, cast: Cast
) -> None:
    patient = factories.patient(cast.dan)
    page = f"/patients/{patient.id}"
    saved = patient.saved_at
    assert f"{cast.clinic.local(saved):%H:%M}" in as_alice.get(page).text

    as_eve.post("/admin/clinic", data={**FORM, "time_zone": "Asia/Tokyo"})

    db.session.refresh(cast.clinic)
    shown = f"{cast.clinic.local(saved):%I:%M %p}".lstrip("0")
    assert shown in as_alice.get(page).text.replace("\u202f", " ")
