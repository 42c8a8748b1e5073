"""POST /treatments/<id>/protocol keeps a chart as a protocol of the clinic's own."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app import own_catalogue
from app.clinical.catalogue import catalogue
from app.clinical.catalogue.tablet import for_tablet
from app.extensions import db
from app.models import ClinicCatalogueRow, Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.tablets import JSON, laid, read, save

NAME = {"title": "Brow, light"}


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """A session with two corrugator sites given."""
    return charted(cast)


def charted(cast: Cast, **changes: Any) -> Treatment:
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    return factories.chart(new, factories.chart_body(new, **changes), by=cast.alice)


def keep(browser: AuditingClient, draft: Treatment, **fields: str) -> Any:
    return browser.post(f"/treatments/{draft.id}/protocol", data=fields or NAME, headers=JSON)


def kept() -> list[ClinicCatalogueRow]:
    db.session.rollback()
    return list(db.session.scalars(select(ClinicCatalogueRow).order_by(ClinicCatalogueRow.version)))


def test_the_sites_of_a_chart_become_a_protocol_that_every_chart_offers(
    cast: Cast, as_alice: AuditingClient, draft: Treatment
) -> None:
    answer = keep(as_alice, draft)

    assert answer.status_code == 200
    assert answer.json == {"said": "Brow, light is saved for charts opened from now on."}
    [row] = kept()
    assert (row.kind, row.version, row.recorded_by) == ("protocol", 1, cast.alice)
    known = own_catalogue.known()
    own = known.protocols[f"{row.key}@1"]
    assert (own.title, own.indication, own.product) == ("Brow, light", "chronic_migraine", "BOTOX")
    assert [(site.muscle, site.side, site.units) for site in own.sites] == [
        ("corrugator", "right", 5),
        ("corrugator", "left", 5),
    ]
    assert own.id in known.indications["chronic_migraine"].protocols
    assert known.protocols["PREEMPT-155"] == catalogue().protocols["PREEMPT-155"]
    entry = last_entry("catalogue.own_protocol")
    assert entry.details == {"key": row.key, "version": 1}
    address = f"/api/catalogue/{known.version}.json"
    assert as_alice.get(address).json == for_tablet(known, "en")


def test_it_is_laid_in_another_session_and_the_note_names_both_versions(
    cast: Cast, as_alice: AuditingClient, draft: Treatment
) -> None:
    keep(as_alice, draft)
    [row] = kept()
    id = f"{row.key}@1"
    other = charted(cast)
    body = factories.chart_body(other)
    for number, site in enumerate(body["sites"], start=1):
        site |= {"protocol": id, "protocol_site": f"s{number}"}

    assert save(as_alice, other.id, body).status_code == 200
    factories.sign(other, by=cast.alice, clinic=cast.clinic)

    db.session.refresh(other)
    assert other.note is not None
    record = json.loads(other.note.record)
    assert record["catalogue"] == own_catalogue.known().version
    assert record["catalogue"].startswith(f"{catalogue().version}.own-")
    [protocol] = record["protocols"]
    assert (protocol["title"], protocol["of_the_clinic"], protocol["units"]) == (
        "Brow, light",
        True,
        "10",
    )
    assert not any(site["moved"] for site in record["sites"])


def test_the_same_name_again_is_a_new_version_and_older_sessions_keep_theirs(
    cast: Cast, as_alice: AuditingClient, draft: Treatment
) -> None:
    keep(as_alice, draft)
    [first] = kept()
    session = charted(cast)
    body = factories.chart_body(session)
    body["sites"][0] |= {"protocol": f"{first.key}@1", "protocol_site": "s1"}
    save(as_alice, session.id, body)

    answer = keep(as_alice, charted(cast, sites=[_four_units()]), title="brow, LIGHT")

    assert "version 2" in answer.json["said"]
    first, second = kept()
    assert (first.key, second.version) == (second.key, 2)
    known = own_catalogue.known()
    offered = known.indications["chronic_migraine"].protocols
    assert f"{first.key}@2" in offered
    assert f"{first.key}@1" not in offered
    assert read(as_alice, session.id)["chart"]["sites"][0]["protocol"] == f"{first.key}@1"
    db.session.refresh(session)
    again = {**body, "save": str(uuid4()), "revision": session.revision}
    assert save(as_alice, session.id, again).status_code == 200


def _four_units() -> dict[str, Any]:
    [site, *_] = laid("PREEMPT-155", None, units="4")
    return site


@pytest.mark.parametrize("who", ["carol", "dan"])
def test_only_a_provider_makes_a_protocol(
    app: Flask, cast: Cast, draft: Treatment, who: str
) -> None:
    browser = signed_in(app, getattr(cast, who))

    with nothing_changed():
        answer = keep(browser, draft)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": ""}, "Give the protocol a name."),
        ({"title": "x" * 61}, "Keep this within 60 characters."),
    ],
)
def test_a_protocol_needs_a_short_name(
    as_alice: AuditingClient, draft: Treatment, fields: dict[str, str], said: str
) -> None:
    with nothing_changed():
        answer = keep(as_alice, draft, **fields)

    assert (answer.status_code, answer.json["error"]) == (422, said)


def test_an_empty_chart_is_no_protocol(cast: Cast, as_alice: AuditingClient) -> None:
    empty = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        answer = keep(as_alice, empty)

    assert answer.status_code == 422
    assert "Nothing is charted yet." in answer.json["error"]


def test_sites_of_two_indications_are_no_protocol(cast: Cast, as_alice: AuditingClient) -> None:
    sites = laid("PREEMPT-155")[:1] + laid("AX-50x10")[:1]
    draft = charted(
        cast, sites=sites, indications=["chronic_migraine", "axillary_hyperhidrosis"], codes=[]
    )

    with nothing_changed():
        answer = keep(as_alice, draft)

    assert answer.status_code == 422
    assert "2 indications" in answer.json["error"]


def test_a_site_without_a_muscle_is_named_first(cast: Cast, as_alice: AuditingClient) -> None:
    [site, *_] = laid("PREEMPT-155", muscle=None, other="behind the ear", protocol_site=None)
    draft = charted(cast, sites=[site])

    with nothing_changed():
        answer = keep(as_alice, draft)

    assert answer.status_code == 422
    assert "Site 1 has no muscle" in answer.json["error"]


def test_sites_that_draw_on_no_product_wait_for_the_vial(
    cast: Cast, as_alice: AuditingClient
) -> None:
    [site, *_] = laid("PREEMPT-155", protocol=None, protocol_site=None)
    draft = charted(cast, sites=[site], preparations=[])

    with nothing_changed():
        answer = keep(as_alice, draft)

    assert answer.status_code == 422
    assert "Choose the vial" in answer.json["error"]


def test_a_signed_session_makes_no_protocol(cast: Cast, as_alice: AuditingClient) -> None:
    draft = charted(cast)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        answer = keep(as_alice, draft)

    assert answer.status_code == 409
