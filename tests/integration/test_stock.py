"""/stock and what stands beneath it: vials received, lots traced and quarantined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.extensions import begin_write, db
from app.holdings import for_patient, holdings
from app.models import NamedPerson, Patient, StockLot, Treatment
from app.models.restriction import NamedPerson as Named
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast

LOT = "C8412C3"
BOTOX_200 = "00300233921029"
DELIVERY = {"vial": "BOTOX|200", "lot": LOT, "expires": "2027-08-31", "count": "4"}
GS = "\u001d"


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    """Staff keep the stock."""
    return signed_in(app, cast.dan)


def today(cast: Cast) -> Any:
    return cast.clinic.today(clock.now())


def piles(cast: Cast) -> dict[tuple[str, str | None], int]:
    """What is left, by lot and by whose it is."""
    db.session.rollback()
    return {
        (each.lot.lot, each.patient.record_number if each.patient else None): each.left
        for each in holdings(today(cast))
    }


def lot(name: str = LOT) -> StockLot:
    db.session.rollback()
    return db.session.scalars(select(StockLot).where(StockLot.lot == name)).one()


def charted(cast: Cast, patient: Patient | None = None, lot: str = LOT, **vial: Any) -> Treatment:
    """A session that opened one 200 U vial of a lot and gave 10 U of it."""
    draft = factories.treatment(
        patient or factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic
    )
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0].update(
        {"units": "200", "lot": lot, "discarded": "190", **vial}
    )
    return factories.chart(draft, body, by=cast.alice)


# Receiving


def test_what_is_received_is_in_stock_and_in_the_trail(cast: Cast, as_dan: AuditingClient) -> None:
    answer = as_dan.post("/stock/vials", data=DELIVERY)

    assert (answer.status_code, answer.location) == (303, "/stock")
    assert piles(cast) == {(LOT, None): 4}
    entry = last_entry("stock.received")
    assert (entry.by_id, entry.details["lot"], entry.details["count"]) == (cast.dan.id, LOT, 4)
    page = as_dan.get("/stock").text
    assert "4 vials of BOTOX 200 U, C8412C3 received." in page
    assert "4 vials in stock" in page
    assert "31 Aug 2027" in page


def test_a_second_delivery_of_a_lot_joins_the_first(cast: Cast, as_dan: AuditingClient) -> None:
    as_dan.post("/stock/vials", data=DELIVERY)
    as_dan.post("/stock/vials", data={**DELIVERY, "count": "2"})

    assert piles(cast) == {(LOT, None): 6}


def test_what_a_session_opened_is_not_left(cast: Cast, as_dan: AuditingClient) -> None:
    as_dan.post("/stock/vials", data=DELIVERY)

    charted(cast)
    given_up = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = {**factories.chart_body(given_up), "sites": []}
    body["preparations"][0]["vials"][0].update({"units": "200", "lot": LOT, "discarded": None})
    factories.chart(given_up, body, by=cast.alice)
    begin_write()
    given_up.discard("opened twice", by=cast.alice, now=clock.now())
    db.session.commit()

    assert piles(cast) == {(LOT, None): 3}


def test_more_opened_than_received_is_shown_as_such(as_dan: AuditingClient, cast: Cast) -> None:
    as_dan.post("/stock/vials", data={**DELIVERY, "count": "1"})
    charted(cast)
    charted(cast)

    assert piles(cast) == {(LOT, None): 0}
    assert "1 more opened than received" in as_dan.get("/stock").text


def test_a_vial_for_one_patient_is_counted_apart_and_offered_to_nobody_else(
    cast: Cast, as_dan: AuditingClient
) -> None:
    patient, other = factories.patient(cast.dan), factories.patient(cast.dan)
    as_dan.post("/stock/vials", data=DELIVERY)
    as_dan.post(
        "/stock/vials", data={**DELIVERY, "count": "1", "patient": patient.record_number.lower()}
    )

    assert piles(cast) == {(LOT, None): 4, (LOT, patient.record_number): 1}
    offered = [each.patient for each in for_patient(patient, today(cast))]
    assert offered == [patient, None]
    assert [each.patient for each in for_patient(other, today(cast))] == [None]
    assert last_entry("stock.received").subject_id == str(patient.id)

    charted(cast, patient, source="pharmacy")
    assert piles(cast) == {(LOT, None): 4, (LOT, patient.record_number): 0}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"vial": ""}, "Choose product and size."),
        ({"vial": "BOTOX|75"}, "Choose product and size."),
        ({"vial": "BOTOX Cosmetic|100"}, "Choose product and size."),
        ({"lot": ""}, "Enter the lot."),
        ({"lot": "L" * 21}, "Keep this within 20 characters."),
        ({"expires": ""}, "Enter the last day on which it may be used."),
        ({"expires": "31 Aug"}, "Not a valid date value."),
        ({"count": "0"}, "Enter a number from 1 to 500."),
        ({"count": "501"}, "Enter a number from 1 to 500."),
        ({"count": "some"}, "Not a valid integer value."),
        ({"count": "2", "serial": "1"}, "A serial number names one vial."),
        ({"ndc": "0023114501"}, "is not an NDC."),
        ({"patient": "NOBODY"}, "No patient whom you see has this record number."),
    ],
)
def test_what_cannot_be_received_is_said_and_loses_nothing(
    as_dan: AuditingClient, changes: Mapping[str, str], sentence: str
) -> None:
    sent = {**DELIVERY, **changes}

    with nothing_changed():
        answer = as_dan.post("/stock/vials", data=sent)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{sent["lot"]}"' in answer.text


def test_another_expiry_for_a_known_lot_is_a_slip(as_dan: AuditingClient) -> None:
    as_dan.post("/stock/vials", data=DELIVERY)

    with nothing_changed():
        answer = as_dan.post("/stock/vials", data={**DELIVERY, "expires": "2027-09-30"})

    assert answer.status_code == 422
    assert "is in stock with the expiry 2027-08-31, not 2027-09-30." in answer.text


def test_a_serial_is_received_once(cast: Cast, as_dan: AuditingClient) -> None:
    one = {**DELIVERY, "count": "1", "serial": "100384417205", "ndc": "0023-3921-02"}
    assert as_dan.post("/stock/vials", data=one).status_code == 303

    with nothing_changed():
        answer = as_dan.post("/stock/vials", data=one)

    assert answer.status_code == 422
    assert "This vial is in stock already." in answer.text
    assert as_dan.post("/stock/vials", data={**one, "serial": "2"}).status_code == 303
    assert piles(cast) == {(LOT, None): 2}


# Scanning at the desk


def test_a_scan_fills_the_form_and_receives_nothing(as_dan: AuditingClient) -> None:
    code = f"]d201{BOTOX_200}1727083110{LOT}{GS}21100384417205"

    with nothing_changed():
        answer = as_dan.post("/stock/scan", data={"code": code})

    assert answer.status_code == 200
    for filled in (f'value="{LOT}"', 'value="2027-08-31"', 'value="100384417205"',
                   'value="0023-3921-02"', '<option selected value="BOTOX|200">'):  # fmt: skip
        assert filled in answer.text


def test_lost_separators_are_matched_with_the_stock(as_dan: AuditingClient) -> None:
    code = f"01{BOTOX_200}17270831" + "10A21B21C"
    asked = as_dan.post("/stock/scan", data={"code": code}).text
    assert "Separator lost: which is it?" in asked
    for number in ("A21B21C", "A21B", "A"):
        assert f"Lot is {number}<" in asked

    as_dan.post("/stock/vials", data={**DELIVERY, "lot": "A21B"})

    found = as_dan.post("/stock/scan", data={"code": code}).text
    assert "Separator lost" not in found
    assert 'value="A21B"' in found
    assert 'value="C"' in found


@pytest.mark.parametrize("code", ["", "hello", f"01{BOTOX_200[:-1]}8"])
def test_what_cannot_be_read_is_said_at_the_field(as_dan: AuditingClient, code: str) -> None:
    with nothing_changed():
        answer = as_dan.post("/stock/scan", data={"code": code})

    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text


# Recall and quarantine


def test_a_lot_is_traced_to_everyone_it_reached(cast: Cast, as_dan: AuditingClient) -> None:
    treatment = charted(cast)
    charted(cast, lot="ANOTHER")

    page = as_dan.post("/stock", data={"lot": LOT.lower()}).text

    assert "1 patient, 1 session" in page
    assert f'href="/treatments/{treatment.id}"' in page
    assert "10 U given, 190 U discarded" in page
    entry = last_entry("stock.lot_traced")
    assert (entry.by_id, entry.details["sessions"]) == (cast.dan.id, 1)


def test_a_lot_that_nobody_got_says_so(as_dan: AuditingClient) -> None:
    assert "No vial has this lot" in as_dan.post("/stock", data={"lot": "NONE"}).text
    assert as_dan.post("/stock", data={"lot": ""}).status_code == 422


def test_a_restricted_patient_is_counted_and_not_named(
    app: Flask, cast: Cast, as_dan: AuditingClient
) -> None:
    patient = factories.patient(cast.dan, family_name="Canarine-Sample")
    charted(cast, patient)
    begin_write()
    db.session.add(
        Named(patient=patient, person=cast.alice, named_at=clock.now(), named_by_id=cast.alice.id)
    )
    db.session.commit()
    assert db.session.scalars(select(NamedPerson)).one()

    page = as_dan.post("/stock", data={"lot": LOT}).text

    assert "Canarine" not in page
    assert "0 patients, 0 sessions" in page
    assert "And 1 session of a patient who is restricted." in page
    assert "Canarine" in signed_in(app, cast.alice).post("/stock", data={"lot": LOT}).text


def test_a_quarantined_lot_is_marked_with_its_reason(cast: Cast, as_dan: AuditingClient) -> None:
    as_dan.post("/stock/vials", data=DELIVERY)
    sent = {"product": "BOTOX", "lot": LOT, "reason": "Recalled by the maker"}

    answer = as_dan.post("/stock/quarantine", data=sent)

    assert answer.status_code == 303
    assert (lot().is_quarantined, lot().quarantine_reason) == (True, "Recalled by the maker")
    entry = last_entry("stock.quarantined")
    assert (entry.by_id, entry.details["lot"]) == (cast.dan.id, LOT)
    assert "Quarantined" in as_dan.get("/stock").text
    assert "Recalled by the maker" in as_dan.post("/stock", data={"lot": LOT}).text

    assert as_dan.post(f"/stock/{lot().id}/release").status_code == 303
    assert not lot().is_quarantined
    assert last_entry("stock.released").details["lot"] == LOT


def test_a_lot_that_only_a_session_names_can_be_quarantined(
    cast: Cast, as_dan: AuditingClient
) -> None:
    treatment = charted(cast)
    sent = {"product": "BOTOX", "lot": LOT, "reason": "Recalled by the maker"}

    assert as_dan.post("/stock/quarantine", data=sent).status_code == 303

    assert lot().units == 200
    assert treatment.quarantined_vials() == {treatment.vials[0].key}
    assert piles(cast) == {(LOT, None): 0}


def test_a_quarantine_needs_a_reason_and_a_lot(as_dan: AuditingClient) -> None:
    as_dan.post("/stock/vials", data=DELIVERY)

    with nothing_changed():
        answer = as_dan.post(
            "/stock/quarantine", data={"product": "BOTOX", "lot": LOT, "reason": " "}
        )
        unknown = as_dan.post(
            "/stock/quarantine", data={"product": "BOTOX", "lot": "NONE", "reason": "x"}
        )

    assert answer.status_code == 422
    assert "Say why it is quarantined" in answer.text
    assert unknown.status_code == 404


# Vials that went otherwise


def test_vials_that_broke_are_taken_out_with_a_reason(cast: Cast, as_dan: AuditingClient) -> None:
    as_dan.post("/stock/vials", data=DELIVERY)

    answer = as_dan.post(f"/stock/{lot().id}/taken-out", data={"count": "3", "reason": "Dropped"})

    assert answer.status_code == 303
    assert piles(cast) == {(LOT, None): 1}
    assert last_entry("stock.taken_out").details["count"] == 3
    assert "3 vials taken out: Dropped" in as_dan.get("/stock").text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"count": "5", "reason": "Dropped"}, "Only 4 vials of this lot are left."),
        ({"count": "1", "reason": ""}, "Say where they went."),
        ({"count": "0", "reason": "Dropped"}, "Enter a number from 1 to 500."),
    ],
)
def test_what_cannot_be_taken_out_is_said(
    as_dan: AuditingClient, sent: dict[str, str], sentence: str
) -> None:
    as_dan.post("/stock/vials", data=DELIVERY)
    path = f"/stock/{lot().id}/taken-out"

    with nothing_changed():
        answer = as_dan.post(path, data=sent)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_an_expired_lot_is_marked_and_offered_to_nobody(cast: Cast, as_dan: AuditingClient) -> None:
    yesterday = (today(cast) - timedelta(days=1)).isoformat()
    as_dan.post("/stock/vials", data={**DELIVERY, "expires": yesterday})
    as_dan.post(
        "/stock/vials", data={**DELIVERY, "lot": "TODAY", "expires": today(cast).isoformat()}
    )
    patient = factories.patient(cast.dan)

    assert "Expired" in as_dan.get("/stock").text
    assert [each.lot.lot for each in for_patient(patient, today(cast))] == ["TODAY"]


@pytest.mark.parametrize("method", ["release", "taken-out"])
def test_an_unknown_lot_is_not_found(as_dan: AuditingClient, method: str) -> None:
    with nothing_changed():
        assert as_dan.post(f"/stock/nobody/{method}").status_code == 404
        assert as_dan.post(f"/stock/{Decimal(1)}/{method}").status_code == 404


# Mixed and open


def mixing(cast: Cast, patient: Patient, *, hours_ago: int, **vial: Any) -> Treatment:
    """A draft that mixed one 100 U vial some hours ago and gave 10 U of it."""
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    mixed = clock.now() - timedelta(hours=hours_ago, minutes=1)
    body["preparations"][0]["reconstituted_at"] = mixed.isoformat()
    body["preparations"][0]["vials"][0].update({"lot": LOT, "discarded": None, **vial})
    return factories.chart(draft, body, by=cast.alice)


def test_a_mixed_vial_is_open_until_it_is_used_up_discarded_or_signed_for(
    cast: Cast, as_dan: AuditingClient
) -> None:
    patient = factories.patient(cast.dan)
    assert "data-mixed" not in as_dan.get("/stock").text
    draft = mixing(cast, patient, hours_ago=1)
    mixing(cast, patient, hours_ago=30, lot="OLD-1")
    mixing(cast, patient, hours_ago=2, lot="GONE-1", discarded="90")

    page = as_dan.get("/stock").text

    cards = page.split("data-vial=")[1:]
    assert [card[1:].partition('"')[0] for card in cards] == ["OLD-1", LOT]
    past, fresh = cards
    assert "BOTOX 100 U" in fresh
    assert "22 h left" in fresh
    assert "90 U left" in fresh
    assert "50 U/mL" in fresh
    assert patient.name in fresh
    assert f'href="/treatments/{draft.id}"' in fresh
    assert "Past its time" in past
    assert "Discard the rest and record it." in past

    begin_write()
    draft.discard_remainders(by=cast.alice, now=clock.now())
    db.session.commit()
    assert as_dan.get("/stock").text.count("data-vial=") == 1


def test_an_expired_vial_is_said_to_be_expired_however_lately_it_was_mixed(
    cast: Cast, as_dan: AuditingClient
) -> None:
    patient = factories.patient(cast.dan)
    mixing(cast, patient, hours_ago=30, lot="OLD-1")
    yesterday = today(cast) - timedelta(days=1)
    mixing(cast, patient, hours_ago=1, lot="EXP-1", expires=yesterday.isoformat())
    mixing(cast, patient, hours_ago=2, lot="LAST-1", expires=today(cast).isoformat())

    expired, old, last_day = as_dan.get("/stock").text.split("data-vial=")[1:]

    assert "EXP-1" in expired
    assert f"Expired on {yesterday:%-d %b %Y}. Discard the rest and record it." in expired
    assert "h left" not in expired
    assert "use by" not in expired
    assert "OLD-1" in old
    assert "LAST-1" in last_day
    assert "21 h left" in last_day
    assert "Expired" not in last_day


def test_a_vial_mixed_nobody_knows_when_is_open_too(cast: Cast, as_dan: AuditingClient) -> None:
    patient = factories.patient(cast.dan)
    mixing(cast, patient, hours_ago=1)
    unable = {"unable": "clock had stopped"}
    mixing(cast, patient, hours_ago=1, lot="WHEN-1", reconstituted_at=unable)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["preparations"][0]["reconstituted_at"] = unable
    body["preparations"][0]["vials"][0].update({"lot": "WHEN-2", "discarded": None})
    factories.chart(draft, body, by=cast.alice)

    *unknown, known = as_dan.get("/stock").text.split("data-vial=")[1:]

    assert sorted(card[1:7] for card in unknown) == ["WHEN-1", "WHEN-2"]
    for card in unknown:
        assert "Time of mixing not known" in card
        assert "90 U left" in card
        assert "h left" not in card
    assert "22 h left" in known


def test_an_open_vial_of_a_restricted_patient_names_nobody(
    cast: Cast, as_dan: AuditingClient
) -> None:
    patient = factories.patient(cast.dan, given_name="Hidden")
    draft = mixing(cast, patient, hours_ago=1)
    restrict(patient, cast.alice)

    card = as_dan.get("/stock").text.split("data-vial=")[1]

    assert "90 U left" in card
    assert "for a patient who is restricted" in card
    assert "Hidden" not in card
    assert str(draft.id) not in card
