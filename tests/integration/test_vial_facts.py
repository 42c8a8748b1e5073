"""What a scan says of a vial, and what could not be found out, is stored and comes back."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.extensions import begin_write, db
from app.models import StockLot, Treatment
from tests import factories
from tests.clients import AuditingClient
from tests.factories import Cast
from tests.tablets import again, read, save, without_envelope
from tests.unit.notes.printed import text_of

FACTS = {
    "ndc": "0023-1145-01",
    "serial": "100384417205",
    "source": "pharmacy",
    "reconstituted_at": "2026-11-22T14:40:00Z",
    "discarded": "90",
    "discard_reason": "spill",
}


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    return factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)


def with_vial(body: dict[str, Any], **values: Any) -> dict[str, Any]:
    changed = deepcopy(body)
    changed["preparations"][0]["vials"][0].update(values)
    return changed


def held(lot: str, **values: Any) -> StockLot:
    found = StockLot(
        product="BOTOX", units=Decimal(100), lot=lot, expires=date(2027, 8, 31), **values
    )
    db.session.add(found)
    return found


def test_what_a_scan_says_of_a_vial_comes_back_as_it_was_sent(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = with_vial(factories.chart_body(draft), **FACTS)
    body["sites"][0]["volume_ml"] = "0.133"

    assert save(as_alice, draft.id, body).status_code == 200

    assert read(as_alice, draft.id)["chart"] == without_envelope(body)


def test_what_could_not_be_found_out_comes_back_with_its_reason(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = with_vial(
        factories.chart_body(draft),
        lot={"unable": "label torn off"},
        expires={"unable": "label torn off"},
        reconstituted_at={"unable": "mixed on the ward"},
    )
    body["preparations"][0]["diluent_ml"] = {"unable": "nobody wrote it down"}

    assert save(as_alice, draft.id, body).status_code == 200

    found = read(as_alice, draft.id)
    assert found["chart"] == without_envelope(body)
    assert found["volumes_ml"] == {}


def test_saving_without_them_takes_them_back(draft: Treatment, as_alice: AuditingClient) -> None:
    body = factories.chart_body(draft)
    save(as_alice, draft.id, with_vial(body, **{**FACTS, "lot": {"unable": "torn"}}))

    assert save(as_alice, draft.id, again(body, 1)).status_code == 200

    assert read(as_alice, draft.id)["chart"] == without_envelope(body)


def test_a_vial_of_a_quarantined_lot_is_known_to_the_rules(cast: Cast, draft: Treatment) -> None:
    factories.chart(draft, by=cast.alice)
    lot = draft.vials[0].lot
    begin_write()
    held("ANOTHER").quarantine("recalled", by=cast.dan, now=clock.now())
    quarantined = held(lot)
    db.session.commit()
    assert draft.quarantined_vials() == frozenset()

    begin_write()
    quarantined.quarantine("warm refrigerator", by=cast.dan, now=clock.now())
    db.session.commit()

    assert draft.quarantined_vials() == {draft.vials[0].key}
    (preparation,) = draft.case(now=clock.now()).chart.preparations
    assert [vial.quarantined for vial in preparation.vials] == [True]
    begin_write()
    quarantined.release()
    db.session.commit()
    assert draft.quarantined_vials() == frozenset()


def test_a_vial_that_another_patient_had_is_told_by_its_serial(
    cast: Cast, draft: Treatment
) -> None:
    other = factories.treatment(
        factories.patient(cast.dan, family_name="Haddad"), by=cast.alice, clinic=cast.clinic
    )
    same_patient = factories.treatment(draft.patient, by=cast.alice, clinic=cast.clinic)
    for treatment in (draft, same_patient):
        body = with_vial(factories.chart_body(treatment), serial="1")
        factories.chart(treatment, body, by=cast.alice)
    factories.chart(other, with_vial(factories.chart_body(other), serial="2"), by=cast.alice)
    assert draft.vials_used_elsewhere() == frozenset()

    body = with_vial(factories.chart_body(other), serial="1")
    factories.chart(other, again(body, 1), by=cast.alice)
    db.session.commit()

    assert draft.vials_used_elsewhere() == {draft.vials[0].key}
    assert other.vials_used_elsewhere() == {other.vials[0].key}


def test_a_vial_of_another_product_or_of_a_discarded_draft_was_not_used(
    cast: Cast, draft: Treatment
) -> None:
    factories.chart(draft, with_vial(factories.chart_body(draft), serial="1"), by=cast.alice)
    given_up = factories.treatment(
        factories.patient(cast.dan, family_name="Haddad"), by=cast.alice, clinic=cast.clinic
    )
    body = with_vial(factories.chart_body(given_up), serial="1")
    factories.chart(given_up, {**body, "sites": []}, by=cast.alice)
    assert draft.vials_used_elsewhere()

    begin_write()
    given_up.discard("opened by mistake", by=cast.alice, now=clock.now())
    db.session.commit()

    assert draft.vials_used_elsewhere() == frozenset()


def test_a_vial_without_a_serial_is_nobody_elses(cast: Cast, draft: Treatment) -> None:
    factories.chart(draft, by=cast.alice)

    assert draft.vials_used_elsewhere() == frozenset()


def test_the_note_prints_serial_waste_and_why_something_is_not_known(
    cast: Cast, draft: Treatment, tmp_path: Path
) -> None:
    body = with_vial(
        factories.chart_body(draft),
        serial="100384417205",
        source="pharmacy",
        discard_reason="spill",
        reconstituted_at={"unable": "clock had stopped"},
    )
    factories.chart(draft, body, by=cast.alice)

    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    printed = text_of(note.pdf, tmp_path, "-layout")
    for said in (
        "100384417205",
        "delivered for this patient by a pharmacy",
        "spilled or lost",
        "time not known: clock had stopped",
    ):
        assert said in " ".join(printed.split()), printed
