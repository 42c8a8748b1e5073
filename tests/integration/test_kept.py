"""GET /api/kept: which of the charts that a tablet keeps may stay on it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import pytest
from flask import Flask

from app import clock
from app.extensions import begin_write, db
from app.models import EmergencyAccess, Treatment
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import nothing_changed
from tests.factories import Cast


@pytest.fixture
def drafts(cast: Cast) -> list[Treatment]:
    return [
        factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
        for _ in range(2)
    ]


def stays(browser: AuditingClient, ids: Sequence[object]) -> list[str]:
    answer = browser.get("/api/kept", query_string={"treatment": [str(each) for each in ids]})
    assert answer.status_code == 200
    return list(answer.json["stays"])


def test_what_is_kept_may_stay_and_nothing_else_is_told_of(
    as_alice: AuditingClient, drafts: list[Treatment]
) -> None:
    first = str(drafts[0].id)

    with nothing_changed():
        found = stays(as_alice, [first, uuid4(), "no id"])

    assert found == [first]
    assert stays(as_alice, []) == []


def test_a_patient_restricted_meanwhile_goes_from_the_tablet_of_who_is_not_named(
    app: Flask, cast: Cast, as_alice: AuditingClient, drafts: list[Treatment]
) -> None:
    ids = [str(draft.id) for draft in drafts]
    restrict(drafts[0].patient, cast.bob)

    assert stays(as_alice, ids) == ids[1:]
    assert sorted(stays(signed_in(app, cast.bob), ids)) == sorted(ids)


def test_what_an_emergency_opens_may_not_stay(
    cast: Cast, as_alice: AuditingClient, drafts: list[Treatment]
) -> None:
    patient = drafts[0].patient
    restrict(patient, cast.bob)
    begin_write()
    emergency = EmergencyAccess.open(
        patient, "Nobody else was there", serial=1, tell=[], by=cast.alice, now=clock.now()
    )
    db.session.add(emergency)
    db.session.commit()

    assert as_alice.get(f"/treatments/{drafts[0].id}/chart").status_code == 200
    assert stays(as_alice, [drafts[0].id]) == []


def test_who_charts_no_more_keeps_nothing(app: Flask, cast: Cast, drafts: list[Treatment]) -> None:
    assert stays(signed_in(app, cast.dan), [drafts[0].id]) == []
