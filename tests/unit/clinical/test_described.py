"""A described session is read as it stands; what cannot be read is refused with its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.clinical.case import Answer, Case
from app.clinical.catalogue import catalogue
from app.clinical.described import parse_case, read_json
from app.clinical.errors import ChartError

CASE: dict[str, Any] = {
    "date": "2026-11-22",
    "injected_at": "2026-11-22T10:00-05:00",
    "patient": {"born": "1980-01-01", "weight_kg": "68", "payer": "medicare"},
    "indications": ["chronic_migraine"],
    "codes": ["G43.709"],
    "guidance": [],
    "preparations": [
        {
            "key": "a",
            "product": "BOTOX",
            "diluent_ml": "4",
            "reconstituted_at": "2026-11-22T09:00-05:00",
            "vials": [{"units": "200", "lot": "C1", "expires": "2027-05-31"}],
        }
    ],
    "sites": [
        {
            "preparation": "a",
            "indication": "chronic_migraine",
            "muscle": "procerus",
            "side": "midline",
            "units": "5",
            "count": 2,
        }
    ],
    "history": [
        {
            "date": "2026-09-20",
            "product": "BOTOX Cosmetic",
            "indication": "other",
            "units": "20",
            "source": "patient-reported",
        }
    ],
    "answers": {"infection_at_site": "no", "pregnant": {"unable": "interpreter late"}},
}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    case = copy.deepcopy(CASE)
    change(case)
    return case


def read(data: object) -> Case:
    return parse_case(data, catalogue())


def faults(data: object) -> list[tuple[str, str]]:
    with pytest.raises(ChartError) as caught:
        read(data)
    return [(fault.path, str(fault)) for fault in caught.value.faults]


def test_a_described_session_is_read_with_every_count_and_the_clinics_own_hour():
    case = read(CASE)

    assert case.date == date(2026, 11, 22)
    assert case.injected_at is not None
    assert f"{case.local(case.injected_at):%H:%M}" == "10:00"
    assert [site.units for site in case.chart.given] == [Decimal(5), Decimal(5)]
    assert len({site.key for site in case.chart.sites}) == 2
    assert case.history[0].product == "BOTOX Cosmetic"
    assert case.answers["pregnant"] == Answer("unable", "interpreter late")
    assert "consent_today" not in case.answers
    assert case.now is None


def test_needle_and_guidance_of_a_site_are_read_and_guidance_counts_where_it_was_given():
    def say(case: dict[str, Any]) -> None:
        site = case["sites"][0]
        case["guidance"] = ["ultrasound"]
        case["sites"] = [
            {**site, "needle": "30G", "guidance": "emg"},
            {**site, "state": "planned", "guidance": "estim"},
        ]

    found = read(changed(say))

    assert {(site.needle, site.guidance) for site in found.chart.given} == {("30G", "emg")}
    assert {site.guidance for site in found.chart.planned} == {"estim"}
    assert found.guidance == ("emg", "ultrasound")


def test_what_is_left_counts_as_discarded_unless_somebody_said_otherwise():
    [vial] = read(CASE).chart.preparations[0].vials
    assert vial.discarded == Decimal(190)

    said = changed(lambda case: case["preparations"][0]["vials"][0].update(discarded="45"))
    assert read(said).chart.preparations[0].vials[0].discarded == Decimal(45)


def test_the_diluent_on_every_label_is_meant_where_none_is_named():
    assert read(CASE).chart.preparations[0].diluent == "saline_preservative_free"


@pytest.mark.parametrize(
    ("units", "rule"), [("0", "5"), ("-5", "5"), ("abc", "5"), ("2.555", "5"), (None, "4")]
)
def test_a_dose_that_is_none_is_read_for_a_rule_to_name(units: str | None, rule: str):
    case = read(changed(lambda case: case["sites"][0].update(units=units)))

    assert bool(case.without_units) is (rule == "4")
    assert all(site.units >= 0 for site in case.chart.sites)


def test_not_known_with_a_reason_is_said_and_no_value():
    def unknown(case: dict[str, Any]) -> None:
        case["preparations"][0]["reconstituted_at"] = {"unable": "label torn"}
        case["preparations"][0]["vials"][0]["lot"] = {"unable": "vial thrown away"}

    preparation = read(changed(unknown)).chart.preparations[0]

    assert preparation.unknown == {"reconstituted_at": "label torn"}
    assert preparation.reconstituted_at is None
    assert preparation.vials[0].unknown == {"lot": "vial thrown away"}
    assert preparation.vials[0].lot == ""


def test_a_scan_fills_what_it_says_and_is_never_cut_by_guess():
    def scanned(code: str) -> Case:
        vial = {"units": "100", "gs1": code}
        return read(changed(lambda case: case["preparations"][0].update(vials=[vial])))

    [vial] = scanned("(01)00300231145014(17)280200(10)C8412(21)77").chart.preparations[0].vials
    assert (vial.lot, vial.serial, vial.ndc) == ("C8412", "77", "0023-1145-01")
    assert vial.expires == date(2028, 2, 29)

    kept = scanned("0100300231145014172802001 0C8412\u001d2177".replace(" ", ""))
    assert kept.chart.preparations[0].vials[0].lot == "C8412"

    # The separator is lost: C841 and serial 277, or C84121 …: nobody knows.
    [lost] = scanned("01003002311450141728020010C84122177").chart.preparations[0].vials
    assert lost.lot == ""
    assert lost.expires == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda c: c.update(colour="red"), "colour"),
        (lambda c: c.pop("sites"), "sites"),
        (lambda c: c.update(date="22.11.2026"), "date"),
        (lambda c: c.update(injected_at="2026-11-22T10:00"), "injected_at"),
        (lambda c: c.update(injected_at=5), "injected_at"),
        (lambda c: c["patient"].update(name="Somebody"), "patient.name"),
        (lambda c: c["patient"].update(weight_kg=68), "patient.weight_kg"),
        (lambda c: c["patient"].update(weight_kg="0"), "patient.weight_kg"),
        (lambda c: c["patient"].update(payer="king"), "patient.payer"),
        (lambda c: c.update(indications=["headache"]), "indications[0]"),
        (lambda c: c.update(guidance=["torch"]), "guidance[0]"),
        (lambda c: c["preparations"][0].update(product="Botox"), "preparations[0].product"),
        (lambda c: c["preparations"][0].update(product="Jeuveau"), "preparations[0].product"),
        (
            lambda c: c["preparations"][0]["vials"][0].update(units="150"),
            "preparations[0].vials[0].units",
        ),
        (
            lambda c: c["preparations"][0]["vials"][0].update(lot={"unable": " "}),
            "preparations[0].vials[0].lot",
        ),
        (
            lambda c: c["preparations"][0]["vials"][0].update(gs1="(99"),
            "preparations[0].vials[0].gs1",
        ),
        (
            lambda c: c["preparations"][0]["vials"].append(
                {"units": "100", "lot": "C2", "expires": "2027-05-31"}
            ),
            "preparations[0].vials",
        ),
        (lambda c: c["sites"][0].update(units=5), "sites[0].units"),
        (lambda c: c["sites"][0].update(count=0), "sites[0].count"),
        (lambda c: c["sites"][0].update(count=True), "sites[0].count"),
        (lambda c: c["sites"][0].update(side="both"), "sites[0].side"),
        (lambda c: c["sites"][0].update(muscle="nose"), "sites[0].muscle"),
        (lambda c: c["sites"][0].update(preparation="b"), "sites[0].preparation"),
        (lambda c: c["sites"][0].update(map="head_anterior", x="1.00"), "sites[0]"),
        (lambda c: c["sites"][0].update(protocol="MINE"), "sites[0].protocol"),
        (lambda c: c["sites"][0].update(needle="31G"), "sites[0].needle"),
        (lambda c: c["sites"][0].update(guidance="EMG"), "sites[0].guidance"),
        (lambda c: c["history"][0].update(units="-5"), "history[0].units"),
        (lambda c: c["history"][0].pop("product"), "history[0].product"),
        (lambda c: c["answers"].update(infection_at_site=False), "answers.infection_at_site"),
        (lambda c: c["answers"].update(hungry="yes"), "answers.hungry"),
        (lambda c: c.update(outcomes=[{"scale": "mood", "value": "1"}]), "outcomes[0].scale"),
        (lambda c: c.update(outcomes=[{"scale": "hdss", "value": "0"}]), "outcomes[0].value"),
        (lambda c: c.update(outcomes=[{"scale": "hit6", "items": [5] * 6}]), "outcomes[0].value"),
        (lambda c: c.update(performer={"name": "A", "pin": "1"}), "performer.pin"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    change: Callable[[dict[str, Any]], object], path: str
):
    assert [each for each, _ in faults(changed(change))] == [path]


def test_every_fault_is_told_at_once():
    def two(case: dict[str, Any]) -> None:
        case["sites"][0]["units"] = 5
        case["patient"]["sex"] = "x"

    assert {path for path, _ in faults(changed(two))} == {"sites[0].units", "patient.sex"}


@pytest.mark.parametrize("data", [[], "case", 5, None])
def test_a_session_is_an_object(data: object):
    assert faults(data)[0][0] == ""


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1, column 2"),
        (b'{"date": NaN}', "NaN is no number"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"\xff\xfe{", "not"),
        (b"[" * 100000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused(document: bytes, says: str):
    with pytest.raises(ChartError, match=says):
        read_json(document)


def test_json_is_read_as_it_is():
    assert read_json(json.dumps(CASE).encode()) == CASE
