"""What cannot be: each gets a sentence and the right status code, and changes nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.clinical.chart import MOST_SITES
from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, new_client
from tests.dumps import nothing_changed, tables
from tests.factories import Cast
from tests.tablets import JSON, again, laid, read, save

Change = Callable[[dict[str, Any]], None]

FORM = "application/x-www-form-urlencoded"
SENTENCE = re.compile(r"\S.* .*\.", re.S)


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    return factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)


def on_site(**values: Any) -> Change:
    return lambda body: body["sites"][1].update(values)


def on_vial(**values: Any) -> Change:
    return lambda body: body["preparations"][0]["vials"][0].update(values)


def on_preparation(**values: Any) -> Change:
    return lambda body: body["preparations"][0].update(values)


def on_chart(**values: Any) -> Change:
    return lambda body: body.update(values)


def without(*names: str) -> Change:
    def drop(body: dict[str, Any]) -> None:
        for name in names:
            del body[name]

    return drop


def units_that_are_no_dose() -> Iterator[tuple[Change, str, str]]:
    at = "sites[1].units"
    yield on_site(units="0"), at, "0 U is not a dose. Enter more than 0 U, or delete the site."
    yield on_site(units="0.00"), at, "0 U is not a dose."
    yield on_site(units="-5"), at, "“-5” is below 0. Enter the units without a sign."
    yield on_site(units="1e9"), at, "“1e9” is not a number of units."
    yield on_site(units="1e-2"), at, "is not a number of units."
    yield on_site(units="5.125"), at, "Units go to hundredths: 5.125 has more than two decimals."
    yield on_site(units="five"), at, "“five” is not a number of units."
    yield on_site(units="5,5"), at, "“5,5” is not a number of units."
    yield on_site(units="NaN"), at, "is not a number of units."
    yield on_site(units="Infinity"), at, "is not a number of units."
    yield on_site(units="٥"), at, "is not a number of units."
    yield on_site(units=""), at, "The units are empty."
    yield on_site(units="1000000"), at, "is more than can be charted."
    yield on_site(units=5), at, "Units are sent as text"
    yield on_site(units=5.1), at, "Units are sent as text"
    yield on_site(units=None), at, "Units are sent as text"
    yield on_site(units=["5"]), at, "Units are sent as text"


def places_that_are_none() -> Iterator[tuple[Change, str, str]]:
    yield on_site(x="1.00", y="1.00"), "sites[1]", "Site 2 lies outside the body on"
    yield on_site(x="-104.00"), "sites[1].x", "is not a place on the map."
    yield on_site(x="104.001"), "sites[1].x", "is not a place on the map."
    yield on_site(y="1e2"), "sites[1].y", "is not a place on the map."
    yield on_site(y=95), "sites[1].y", "A coordinate is sent as text"
    yield on_site(map="tail@1"), "sites[1].map", "There is no body map called “tail@1”."
    yield on_site(map="head_anterior@99"), "sites[1].map", "There is no body map called"
    yield on_site(map="../secret@1"), "sites[1].map", "There is no body map called"
    yield on_site(muscle="nose"), "sites[1].muscle", "is not a muscle of the catalogue."
    yield on_site(muscle="masseter"), "sites[1].muscle", "does not lie under site 2."
    yield on_site(side="left"), "sites[1].side", "“side” is not known here. Remove it."
    yield on_site(region="corrugator_L"), "sites[1].region", "is not known here. Remove it."
    yield on_site(given_by="Bob"), "sites[1].given_by", "is not known here. Remove it."
    yield on_site(state="done"), "sites[1].state", "is not a state of a site."
    yield on_site(depth="deep"), "sites[1].depth", "is not a depth."
    yield on_site(other="word " * 40), "sites[1].other", "has at most 80 characters"
    yield on_site(other="a\x00b"), "sites[1].other", "holds a character that cannot be printed."
    yield (
        on_site(protocol="PREEMPT-155", protocol_site="X9"),
        "sites[1].protocol_site",
        "no site X9",
    )
    yield on_site(protocol_site="C_R"), "sites[1].protocol_site", "but no protocol."
    yield on_site(preparation=str(uuid4())), "sites[1].preparation", "not in this chart."
    yield on_site(indication="other"), "sites[1].indication", "this session does not list."
    yield on_site(key="1"), "sites[1].key", "A key must be a UUID"
    yield on_site(given_at="now"), "sites[1].given_at", "is not an instant."
    yield on_site(given_at="2026-11-22T14:50:00"), "sites[1].given_at", "names no time zone."
    yield (
        lambda body: body["sites"].append(dict(body["sites"][0])),
        "sites[2].key",
        "stands twice. Each needs its own.",
    )


def vials_that_are_none() -> Iterator[tuple[Change, str, str]]:
    at = "preparations[0]"
    vial = f"{at}.vials[0]"
    yield on_vial(expires="soon"), f"{vial}.expires", "“soon” is not a date of the calendar."
    yield on_vial(expires="2027-02-29"), f"{vial}.expires", "is not a date of the calendar."
    yield on_vial(expires="31/08/2027"), f"{vial}.expires", "is not a date of the calendar."
    yield on_vial(expires=20270831), f"{vial}.expires", "This must be text, not a number."
    yield on_vial(units="101"), f"{vial}.units", "Choose the size on the label."
    yield on_vial(units="0"), f"{vial}.units", "0 U is not a dose."
    yield on_vial(lot="L" * 300), f"{vial}.lot", "A lot has at most 20 characters"
    yield on_vial(lot="\ud800"), f"{vial}.lot", "holds a character that cannot be printed."
    yield on_vial(discarded="-1"), f"{vial}.discarded", "is below 0."
    yield on_vial(ndc="0023114501"), f"{vial}.ndc", "is not an NDC."
    yield on_vial(quarantined=True), f"{vial}.quarantined", "is not known here. Remove it."
    yield on_vial(serial="S" * 21), f"{vial}.serial", "A serial number has at most 20 characters"
    yield on_vial(source="mine"), f"{vial}.source", "does not say whose the vial is."
    yield on_vial(discard_reason="none"), f"{vial}.discard_reason", "not a reason for discarding."
    yield on_vial(lot={"unable": ""}), f"{vial}.lot.unable", "Say why it is not known"
    yield on_preparation(product="Botulin"), f"{at}.product", "is not a product of the catalogue."
    yield on_preparation(product="Letybo"), f"{at}.product", "is for the history only"
    yield on_preparation(diluent="water"), f"{at}.diluent", "is not a diluent of the catalogue."
    yield on_preparation(diluent_ml="2.005"), f"{at}.diluent_ml", "goes to hundredths of a mL"
    yield on_preparation(diluent_ml="900"), f"{at}.diluent_ml", "is more than a vial takes."
    yield on_preparation(diluent_ml="0"), f"{at}.diluent_ml", "BOTOX is a powder"
    yield on_preparation(reconstituted_at="10:30"), f"{at}.reconstituted_at", "not an instant."
    yield on_preparation(vials={}), f"{at}.vials", "This must be a list, not an object."


def charts_that_are_none() -> Iterator[tuple[Change, str, str]]:
    yield on_chart(date="2026-13-01"), "date", "is not a date of the calendar."
    yield on_chart(date=None), "date", "This must be text, not null."
    yield on_chart(indications=["wrinkles"]), "indications[0]", "is not an indication"
    yield on_chart(indications="chronic_migraine"), "indications", "This must be a list, not text."
    yield on_chart(codes=["G43.709", "X1"]), "codes[1]", "is not a diagnosis code"
    yield on_chart(codes=["G43.709", "G43.709"]), "codes[1]", "stands twice. Send it once."
    yield on_chart(sites=None), "sites", "This must be a list, not null."
    yield on_chart(sites=[[]]), "sites[0]", "This must be an object with named values, not a list."
    yield on_chart(note="free text"), "note", "“note” is not known here. Remove it."
    yield without("sites"), "sites", "sites is missing. Add it."
    yield without("date", "preparations"), "date", "date is missing. Add it."
    yield on_chart(save="again"), "save", "A save needs an id that is a UUID."
    yield without("save"), "save", "A save needs an id that is a UUID."
    yield on_chart(revision="0"), "revision", "The revision must be the whole number"
    yield on_chart(revision=True), "revision", "The revision must be the whole number"
    yield on_chart(revision=-1), "revision", "The revision must be the whole number"
    yield on_chart(revision=0.0), "revision", "The revision must be the whole number"
    yield without("revision"), "revision", "The revision must be the whole number"


@pytest.mark.parametrize(
    "faults",
    [units_that_are_no_dose, places_that_are_none, vials_that_are_none, charts_that_are_none],
)
def test_a_chart_with_a_fault_is_refused_in_a_sentence_at_its_place(
    draft: Treatment,
    as_alice: AuditingClient,
    faults: Callable[[], Iterator[tuple[Change, str, str]]],
) -> None:
    save(as_alice, draft.id, factories.chart_body(draft))
    for change, path, sentence in faults():
        body = again(factories.chart_body(draft), 1)
        change(body)

        with nothing_changed():
            answer = save(as_alice, draft.id, body)

        assert answer.status_code == 422, (path, answer.text)
        assert answer.json["path"] == path
        assert sentence in answer.json["error"]
        assert SENTENCE.fullmatch(answer.json["error"])
        first = {"path": path, "message": answer.json["error"]}
        assert answer.json["errors"][0] == first


def test_all_faults_of_a_chart_are_named_at_once(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft, date="today")
    body["sites"][0]["units"] = "0"
    body["sites"][1]["map"] = "tail"

    answer = save(as_alice, draft.id, body)

    assert [fault["path"] for fault in answer.json["errors"]] == [
        "date",
        "sites[0].units",
        "sites[1].map",
    ]


def put(browser: AuditingClient, draft: Treatment, data: bytes | str, **more: Any) -> TestResponse:
    more.setdefault("content_type", "application/json")
    return browser.put(f"/treatments/{draft.id}/chart", data=data, headers=JSON, **more)


def test_what_is_no_chart_at_all_is_refused_in_a_sentence(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    whole = json.dumps(factories.chart_body(draft))
    bodies: list[bytes | str] = ["[1, 2]", "5", "null", '"text"', "true", "", "{", "NaN"]
    bodies += [whole[:-1], b"\xff\xfe\x00", "[" * 100_000, '{"save":' * 50_000]

    with nothing_changed():
        answers = [put(as_alice, draft, body) for body in bodies]
        answers.append(put(as_alice, draft, whole, content_type="text/plain"))
        answers.append(put(as_alice, draft, "save=1", content_type=FORM))

    for answer in answers:
        assert answer.status_code == 422
        assert answer.json["error"] == "The chart must be sent as a JSON object."


def test_a_chart_of_too_many_sites_is_refused(draft: Treatment, as_alice: AuditingClient) -> None:
    body = factories.chart_body(draft, preparations=[])
    plan = laid("PREEMPT-155")
    sites = [{**plan[at % 31], "key": str(uuid4())} for at in range(MOST_SITES + 1)]

    with nothing_changed():
        refused = save(as_alice, draft.id, {**body, "sites": sites})
    taken = save(as_alice, draft.id, {**body, "sites": sites[:MOST_SITES]})

    assert (refused.status_code, refused.json["path"]) == (422, "sites")
    assert refused.json["error"].startswith("A chart holds at most 600 sites; this one has 601.")
    assert taken.status_code == 200
    assert len(read(as_alice, draft.id)["chart"]["sites"]) == MOST_SITES


def test_a_body_of_two_megabytes_is_refused(draft: Treatment, as_alice: AuditingClient) -> None:
    body = factories.chart_body(draft, note="x" * 2_000_000)

    with nothing_changed():
        chart = save(as_alice, draft.id, body)
        form = as_alice.post(f"/treatments/{draft.id}/discard", data={"reason": "x" * 2_000_000})

    assert (chart.status_code, form.status_code) == (413, 413)
    assert chart.json == {"error": "This is too large to be sent. Nothing was changed."}
    assert "This is too large to be sent. Nothing was changed." in form.text


@pytest.mark.parametrize(
    ("year", "zone"), [("0001", "Pacific/Pago_Pago"), ("9999", "Pacific/Kiritimati")]
)
def test_a_time_at_the_end_of_the_calendar_never_makes_a_chart_unreadable(
    cast: Cast, as_alice: AuditingClient, year: str, zone: str
) -> None:
    begin_write()
    cast.clinic.time_zone = zone
    db.session.commit()
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft, date=f"{year}-01-01")
    body["preparations"][0]["vials"][0]["expires"] = f"{year}-12-31"
    mixed = {"0001": "2026-11-22T14:50:00Z", "9999": "9999-12-31T23:59:59Z"}[year]
    body["preparations"][0]["reconstituted_at"] = mixed
    for site in body["sites"]:
        site["given_at"] = f"{year}-01-01T00:00:00Z"

    answer = save(as_alice, draft.id, body)

    assert answer.status_code in (200, 422)
    assert read(as_alice, draft.id)["revision"] == int(answer.status_code == 200)
    assert as_alice.get(f"/treatments/{draft.id}/signature").status_code == 200


def test_a_form_sent_as_odd_json_is_refused(draft: Treatment, as_alice: AuditingClient) -> None:
    odd = ["[1]", "5", "null", '"text"', "{", "[" * 100_000]
    odd += ['{"reason": 5}', '{"pin": 824613}', '{"reason": ["a"]}', '{"reason": {"a": "b"}}']
    acts = ("discard", "signature", "performer")

    with nothing_changed():
        answers = [
            as_alice.post(
                f"/treatments/{draft.id}/{act}", data=body, content_type="application/json"
            )
            for act in acts
            for body in odd
        ]

    for answer in answers:
        assert answer.status_code == 400
        assert answer.json == {"error": "This request could not be read. Nothing was changed."}


def test_a_character_that_no_database_keeps_is_left_out(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    answer = as_alice.post(f"/treatments/{draft.id}/discard", data={"reason": "Wrong\x00 day\r\n"})

    assert answer.status_code == 303
    assert draft.discard_reason == "Wrong day"


def test_a_patient_with_impossible_details_is_not_registered(
    cast: Cast, as_alice: AuditingClient
) -> None:
    sound = {
        "given_name": "Maren",
        "family_name": "Oduya-Sample",
        "born": "12 Mar 1984",
        "record_number": "SAMPLE-77",
        "sex": "",
        "weight_unit": "kg",
        "allergies_asked": "not_asked",
        "conditions_asked": "not_asked",
    }
    for change, sentence in (
        ({"born": "12 Mar 2984"}, "This day is in the future. Check the year."),
        ({"born": "31 Feb 1984"}, "This is not a date."),
        ({"born": ""}, "Enter the date of birth."),
        ({"family_name": "N" * 300}, "Keep this within 120 characters."),
        ({"given_name": "N" * 300}, "Keep this within 120 characters."),
        ({"family_name": " "}, "Enter the family name."),
        ({"weight": "-3"}, "Enter the weight as a number"),
    ):
        with nothing_changed():
            answer = as_alice.post("/patients/new", data={**sound, **change})

        assert answer.status_code == 422
        assert sentence in answer.text

    assert as_alice.post("/patients/new", data=sound).status_code == 303


def test_an_address_that_is_none_is_not_found(
    app: Flask, draft: Treatment, as_alice: AuditingClient
) -> None:
    before = tables()
    addresses = ["/treatments/", "/treatments/1/chart", "/treatments/..%2f..%2fetc", "/patient"]
    addresses += [f"/treatments/{draft.id}{rest}" for rest in ("'", "/charts", "/chart/1")]

    answers = [as_alice.get(address) for address in addresses]
    wrong_method = as_alice.delete(f"/treatments/{draft.id}/chart")

    assert {answer.status_code for answer in answers} == {404}
    assert all("There is nothing here" in answer.text for answer in answers)
    assert wrong_method.status_code == 405
    assert "This address does not take that request." in wrong_method.text
    assert new_client(app).get("/patient").status_code == 404
    assert tables() == before
