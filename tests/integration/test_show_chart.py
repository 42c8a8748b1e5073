"""GET /treatments/<id>/chart: the editor's page for people, the data alone for programs."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.clinical.anatomy import MAPS
from app.clinical.catalogue import catalogue
from app.extensions import begin_write, db
from app.models import StockLot, Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed, tables
from tests.factories import Cast
from tests.tablets import JSON, laid, read, save, without_envelope

CHART_DATA = re.compile(r'<script type="application/json" id="chart-data">(.*?)</script>', re.S)


def data_of(page: TestResponse) -> dict[str, Any]:
    found = CHART_DATA.search(page.text)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def new_draft(cast: Cast) -> Treatment:
    return factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)


def vial_of(draft: Treatment, **changes: Any) -> dict[str, Any]:
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0].update(changes)
    return body


def test_the_page_starts_the_editor_with_the_chart_and_its_figures(
    cast: Cast, as_alice: AuditingClient
) -> None:
    draft = new_draft(cast)
    body = factories.chart_body(draft)
    factories.chart(draft, body, by=cast.alice)

    page = as_alice.get(f"/treatments/{draft.id}/chart")

    data = data_of(page)
    address = f"/treatments/{draft.id}"
    assert page.status_code == 200
    assert data["treatment"] == str(draft.id)
    assert data["patient"] == {
        "id": str(draft.patient_id),
        "name": "Maren Oduya-Sample",
        "born": "1984-03-12",
        "age": draft.patient.age_on(draft.date),
        "sex": "female",
        "record_number": draft.patient.record_number,
        "allergies_asked": "none_known",
        "allergies": "",
        "weight_kg": "68",
    }
    assert data["chart"] == without_envelope(body)
    assert (data["revision"], data["figures"]["revision"]) == (1, 1)
    assert data["figures"]["totals"] == {"BOTOX": {"given": "10.00", "planned": "0.00"}}
    assert data["save_url"] == f"{address}/chart"
    assert data["review_url"] == f"{address}/signature"
    assert data["discard_url"] == f"{address}/discard"
    assert (data["zone"], data["signed"], data["may_chart"]) == ("America/New_York", False, True)
    assert data["person"] == {"id": str(cast.alice.id), "name": "Alice Amari"}
    assert set(data["maps"]) == set(MAPS)
    assert catalogue().version in data["catalogue_url"]
    assert as_alice.get(data["catalogue_url"]).status_code == 200
    for drawing in data["maps"].values():
        assert as_alice.get(drawing).status_code == 200


def test_a_program_reads_the_chart_as_it_was_saved(cast: Cast, as_alice: AuditingClient) -> None:
    draft = new_draft(cast)
    body = factories.chart_body(draft)
    factories.chart(draft, body, by=cast.alice)

    found = read(as_alice, draft.id)

    assert found["chart"] == without_envelope(body)
    assert (found["revision"], found["saved_by"]) == (1, "Alice Amari")
    assert found["findings"] == []
    assert [vial["left"] for vial in found["vials"]] == ["0.00"]
    entry = last_entry("treatment.viewed")
    assert (entry.by_id, entry.subject_id, entry.details) == (cast.alice.id, str(draft.id), {})


def test_vials_used_lately_are_offered_once_each_and_never_after_their_expiry(
    cast: Cast, as_alice: AuditingClient
) -> None:
    today = cast.clinic.today(clock.now())
    for lot, day in (
        ("OLD-1", today - timedelta(days=1)),
        ("GOOD-1", today),
        ("GOOD-2", today + timedelta(days=90)),
        ("GOOD-1", today),
    ):
        draft = new_draft(cast)
        factories.chart(draft, vial_of(draft, lot=lot, expires=day.isoformat()), by=cast.alice)
    draft = new_draft(cast)

    data = data_of(as_alice.get(f"/treatments/{draft.id}/chart"))

    vial = {"product": "BOTOX", "units": "100", "diluent_ml": "2", "ndc": None}
    vial |= {"source": "clinic", "left": None, "quarantined": None}
    assert data["recent_vials"] == [
        {**vial, "lot": "GOOD-1", "expires": today.isoformat()},
        {**vial, "lot": "GOOD-2", "expires": (today + timedelta(days=90)).isoformat()},
    ]


def received(cast: Cast, lot: str, units: int = 100, **values: Any) -> StockLot:
    """One vial of a lot, in stock."""
    begin_write()
    held = StockLot(
        product="BOTOX", units=Decimal(units), lot=lot, expires=cast.clinic.today(clock.now())
    )
    db.session.add(held)
    held.receive(1, expires=held.expires, by=cast.dan, now=clock.now(), **values)
    db.session.commit()
    return held


def test_vials_in_stock_are_offered_after_the_patients_own_and_those_used_lately(
    cast: Cast, as_alice: AuditingClient
) -> None:
    used = new_draft(cast)
    factories.chart(used, vial_of(used, lot="USED"), by=cast.alice)
    draft = new_draft(cast)
    for lot, values in (
        ("USED", {}),
        ("OTHERS", {"patient": used.patient}),
        ("THEIRS", {"patient": draft.patient}),
        ("NEW", {}),
        ("BIG", {"units": 200}),
    ):
        received(cast, lot, **values)

    data = data_of(as_alice.get(f"/treatments/{draft.id}/chart"))

    offered = [
        (each["lot"], each["source"], each["left"], each["diluent_ml"])
        for each in data["recent_vials"]
    ]
    assert offered == [
        ("THEIRS", "pharmacy", 1, None),
        # The one that came is on the other patient's chart.
        ("USED", "clinic", 0, "2"),
        ("NEW", "clinic", 1, None),
        ("BIG", "clinic", 1, None),
    ]


def test_a_quarantined_lot_is_offered_with_its_reason(cast: Cast, as_alice: AuditingClient) -> None:
    held = received(cast, "BAD")
    begin_write()
    held.quarantine("Recalled", by=cast.dan, now=clock.now())
    db.session.commit()

    data = data_of(as_alice.get(f"/treatments/{new_draft(cast).id}/chart"))

    assert [(each["lot"], each["quarantined"]) for each in data["recent_vials"]] == [
        ("BAD", "Recalled")
    ]


def test_the_vials_that_waste_least_are_told_product_by_product(
    cast: Cast, as_alice: AuditingClient
) -> None:
    draft = new_draft(cast)
    body = {**factories.chart_body(draft), "sites": laid("PREEMPT-155")}

    answer = save(as_alice, draft.id, body)

    assert answer.json["least_waste"] == {"BOTOX": {"units": "155", "vials": ["200"], "left": "45"}}


def test_staff_read_the_chart_but_get_no_editor(app: Flask, cast: Cast) -> None:
    draft = new_draft(cast)
    factories.chart(draft, by=cast.alice)
    staff = signed_in(app, cast.dan)

    with nothing_changed():
        page = staff.get(f"/treatments/{draft.id}/chart")

    assert page.status_code == 403
    assert "Only a provider or an assistant charts a session." in page.text
    assert len(read(staff, draft.id)["chart"]["sites"]) == 2


def test_a_signed_chart_is_read_only_and_its_editor_closed(
    cast: Cast, as_alice: AuditingClient
) -> None:
    draft = new_draft(cast)
    body = factories.chart_body(draft)
    factories.sign(factories.chart(draft, body, by=cast.alice), by=cast.alice, clinic=cast.clinic)
    before = tables()

    page = as_alice.get(f"/treatments/{draft.id}/chart")

    assert (page.status_code, page.location) == (303, f"/treatments/{draft.id}")
    assert read(as_alice, draft.id)["chart"] == without_envelope(body)
    assert tables() == before


def test_a_chart_is_hidden_from_who_sees_no_patients(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = new_draft(cast)
    address = f"/treatments/{draft.id}/chart"
    administrator = signed_in(app, cast.eve)

    with nothing_changed():
        hidden = [administrator.get(address), administrator.get(address, headers=JSON)]
        stranger = new_client(app).get(address, headers=JSON)
        unknown = as_alice.get(f"/treatments/{uuid4()}/chart", headers=JSON)

    assert [answer.status_code for answer in hidden] == [404, 404]
    assert (stranger.status_code, unknown.status_code) == (401, 404)
    assert stranger.json == {"error": "You are signed out. Sign in, then go on where you were."}


def test_what_opens_unsent_changes_is_in_ones_own_pages_alone(app: Flask, cast: Cast) -> None:
    draft = new_draft(cast)
    address = f"/treatments/{draft.id}/chart"

    alices = {data_of(signed_in(app, cast.alice).get(address))["vault_secret"] for _ in range(2)}
    bobs = data_of(signed_in(app, cast.bob).get(address))["vault_secret"]

    assert len(alices) == 1
    assert bobs not in alices
    assert len(bytes.fromhex(bobs)) == 32
