"""POST /treatments/<id>/performer says who gave the treatment."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from app import clock
from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """A session that an assistant opened: nobody is recorded as having given it."""
    new = factories.treatment(factories.patient(cast.dan), by=cast.carol, clinic=cast.clinic)
    return factories.chart(new, by=cast.carol)


def test_an_assistant_records_which_provider_gave_it(
    app: Flask, cast: Cast, draft: Treatment
) -> None:
    as_carol = signed_in(app, cast.carol)

    answer = as_carol.post(f"/treatments/{draft.id}/performer", data={"performer": cast.bob.id})

    assert (answer.status_code, answer.location) == (303, f"/treatments/{draft.id}/signature")
    assert (draft.performer, draft.revision) == (cast.bob, 2)
    entry = last_entry("treatment.performer")
    assert (entry.by_id, entry.subject_id) == (cast.carol.id, str(draft.id))
    assert entry.details == {"performer": str(cast.bob.id)}


def test_only_an_active_provider_can_have_given_it(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    begin_write()
    cast.bob.deactivate(now=clock.now())
    db.session.commit()
    no_one = ["", "bob", uuid4(), cast.carol.id, cast.dan.id, cast.bob.id]

    with nothing_changed():
        answers = [
            as_alice.post(f"/treatments/{draft.id}/performer", data={"performer": who})
            for who in no_one
        ]
        answers.append(as_alice.post(f"/treatments/{draft.id}/performer"))

    for answer in answers:
        assert answer.status_code == 422
        assert "Choose who gave it." in answer.text


def test_a_signed_session_keeps_its_performer(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    as_alice.post(f"/treatments/{draft.id}/performer", data={"performer": cast.alice.id})
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        answer = as_alice.post(f"/treatments/{draft.id}/performer", data={"performer": cast.bob.id})

    assert answer.status_code == 409
    assert "This session is signed." in answer.text


def test_only_clinical_people_who_see_the_patient_record_it(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    address, choice = f"/treatments/{draft.id}/performer", {"performer": cast.alice.id}
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)

    with nothing_changed():
        answers = [
            new_client(app).post(address, data=choice),
            staff.post(address, data=choice),
            administrator.post(address, data=choice),
            as_alice.post(address, data=choice, csrf=False),
        ]

    assert [answer.status_code for answer in answers] == [401, 403, 404, 400]
