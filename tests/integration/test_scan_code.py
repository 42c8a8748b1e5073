"""POST /stock/code and /stock/photograph: what a chart is told of a scanned vial."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import clock, settings
from app.clinical.ndc import gtin_of
from app.extensions import begin_write, db
from app.models import NamedPerson, Patient, StockLot
from app.stock.photographs import MOST_POINTS, NoCode, code_on
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import nothing_changed, trail
from tests.factories import Cast
from tests.pictures_of_codes import photograph

LOT = "C8412C3"
SERIAL = "100384417205"
BOTOX_200 = "00300233921029"
WHOLE = f"(01){BOTOX_200}(17)270831(10){LOT}(21){SERIAL}"
RUN_TOGETHER = f"01{BOTOX_200}1727083110{LOT}21{SERIAL}"
JSON = {"Accept": "application/json"}


@pytest.fixture
def patient(cast: Cast) -> Patient:
    return factories.patient(cast.dan)


def ask(browser: AuditingClient, code: str, **more: str) -> TestResponse:
    return browser.post("/stock/code", json={"code": code, **more}, headers=JSON)


def send(browser: AuditingClient, picture: bytes, kind: str = "image/png") -> TestResponse:
    return browser.post("/stock/photograph", data=picture, headers={**JSON, "Content-Type": kind})


def stock(cast: Cast, lot: str = LOT, count: int = 3, **values: Any) -> StockLot:
    """Vials of a lot, received."""
    begin_write()
    held = StockLot(product="BOTOX", units=Decimal(200), lot=lot, expires=date(2027, 8, 31))
    db.session.add(held)
    held.receive(count, expires=date(2027, 8, 31), by=cast.dan, now=clock.now(), **values)
    db.session.commit()
    return held


def test_a_whole_code_is_decided(as_alice: AuditingClient) -> None:
    with nothing_changed():
        answer = ask(as_alice, WHOLE)

    assert answer.status_code == 200
    assert answer.json == {
        "decided": True,
        "readings": [
            {
                "product": "BOTOX",
                "units": "200",
                "ndc": "0023-3921-02",
                "lot": LOT,
                "expires": "2027-08-31",
                "serial": SERIAL,
                "known_product": True,
                "whose": None,
                "left": 0,
                "quarantined": None,
            }
        ],
    }


def test_the_stock_says_what_is_left_and_whether_it_may_be_used(
    cast: Cast, as_alice: AuditingClient
) -> None:
    held = stock(cast)
    (reading,) = ask(as_alice, WHOLE).json["readings"]
    assert (reading["whose"], reading["left"], reading["quarantined"]) == ("clinic", 3, None)

    begin_write()
    held.quarantine("Warm refrigerator", by=cast.dan, now=clock.now())
    db.session.commit()

    (reading,) = ask(as_alice, WHOLE).json["readings"]
    assert reading["quarantined"] == "Warm refrigerator"


def test_a_vial_delivered_for_one_patient_is_that_patients(
    cast: Cast, as_alice: AuditingClient, patient: Patient
) -> None:
    stock(cast, count=1, serial=SERIAL, patient=patient)
    other = factories.patient(cast.dan)

    def whose(of: Patient, code: str = WHOLE) -> str:
        (reading,) = ask(as_alice, code, patient=str(of.id)).json["readings"]
        return str(reading["whose"])

    assert whose(patient) == "patient"
    assert whose(other) == "other"
    # Another vial of the lot, of which only this delivery is known.
    assert whose(other, f"(01){BOTOX_200}(10){LOT}") == "other"


def test_lost_separators_are_decided_by_the_stock_or_asked(
    cast: Cast, as_alice: AuditingClient
) -> None:
    asked = ask(as_alice, "10A21B21C").json
    assert not asked["decided"]
    assert [each["lot"] for each in asked["readings"]] == ["A21B21C", "A", "A21B"]

    stock(cast, lot="A21B")

    told = ask(as_alice, "10A21B21C").json
    assert told["decided"]
    assert [(each["lot"], each["serial"]) for each in told["readings"]] == [("A21B", "C")]
    # Of which product the lot is, only the stock could tell.
    assert told["readings"][0]["product"] == "BOTOX"


def test_one_cut_that_works_is_still_asked_where_the_stock_does_not_know_the_lot(
    cast: Cast, as_alice: AuditingClient
) -> None:
    told = ask(as_alice, RUN_TOGETHER).json
    assert [(each["lot"], each["serial"]) for each in told["readings"]] == [(LOT, SERIAL)]
    assert not told["decided"]

    stock(cast)

    told = ask(as_alice, RUN_TOGETHER).json
    assert (told["decided"], told["readings"][0]["serial"]) == (True, SERIAL)


def test_a_code_of_another_product_is_told_as_unknown(as_alice: AuditingClient) -> None:
    (reading,) = ask(as_alice, f"(01){gtin_of('0023-9999-01')}(10)X").json["readings"]

    assert (reading["product"], reading["known_product"]) == (None, False)


@pytest.mark.parametrize("code", ["", "hello", "(17)271301", "x" * 300])
def test_what_cannot_be_read_is_said(as_alice: AuditingClient, code: str) -> None:
    with nothing_changed():
        answer = ask(as_alice, code)

    assert answer.status_code == 422
    assert answer.json["error"].endswith(".")


def test_a_patient_whom_nobody_shows_is_not_found(
    app: Flask, cast: Cast, as_alice: AuditingClient, patient: Patient
) -> None:
    begin_write()
    db.session.add(
        NamedPerson(
            patient=patient, person=cast.alice, named_at=clock.now(), named_by_id=cast.alice.id
        )
    )
    db.session.commit()

    assert ask(as_alice, WHOLE, patient=str(patient.id)).status_code == 200
    assert ask(signed_in(app, cast.bob), WHOLE, patient=str(patient.id)).status_code == 404
    assert ask(as_alice, WHOLE, patient=str(uuid4())).status_code == 404
    assert ask(as_alice, WHOLE, patient="me").status_code == 404


# Photographs


@pytest.mark.parametrize(("kind", "sent_as"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_a_code_is_read_from_a_photograph_with_its_separators(
    as_alice: AuditingClient, kind: str, sent_as: str
) -> None:
    with nothing_changed():
        answer = send(as_alice, photograph(WHOLE, kind=kind), sent_as)

    assert answer.status_code == 200
    code = answer.json["code"]
    assert code == f"01{BOTOX_200}1727083110{LOT}\u001d21{SERIAL}"
    told = ask(as_alice, code, kept="1").json
    assert (told["decided"], told["readings"][0]["serial"]) == (True, SERIAL)


def test_a_photograph_whose_lot_could_be_cut_is_not_asked_about(as_alice: AuditingClient) -> None:
    code = send(as_alice, photograph("(17)270831(10)A21B21C")).json["code"]

    told = ask(as_alice, code, kept="1").json

    assert (told["decided"], told["readings"][0]["lot"]) == (True, "A21B21C")


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (b"", "This is no picture that can be read."),
        (b"%PDF-1.7", "This is no picture that can be read."),
        (photograph(WHOLE)[:500], "This is no picture that can be read."),
        (photograph(), "No code was found on the picture."),
        (photograph(WHOLE, "(10)OTHER"), "More than one code is on the picture."),
    ],
)
def test_a_picture_that_says_nothing_is_refused_in_a_sentence(
    as_alice: AuditingClient, picture: bytes, sentence: str
) -> None:
    with nothing_changed():
        answer = send(as_alice, picture)

    assert answer.status_code == 422
    assert sentence in answer.json["error"]


def test_a_picture_is_bounded_before_it_is_unpacked(as_alice: AuditingClient) -> None:
    huge = send(as_alice, b"\x89PNG" + b"0" * settings.LARGEST_PHOTOGRAPH)
    assert huge.status_code == 413
    edge = int(MOST_POINTS**0.5) + 1
    with pytest.raises(NoCode, match="larger than a photograph"):
        code_on(photograph(size=(edge, edge)))


def test_nothing_of_a_picture_is_written_down(as_alice: AuditingClient) -> None:
    before = len(trail())

    send(as_alice, photograph(WHOLE))

    assert len(trail()) == before
