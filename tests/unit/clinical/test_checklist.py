"""Why a note passes: green only on evidence in the case."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from app.clinical.case import Answer, Case, CasePerson, EarlierTreatment, Outcome
from app.clinical.catalogue import catalogue
from app.clinical.checklist import LOOKS, Line, checklist
from tests.unit.clinical.sessions import case, chart, preparation, site, vial

YES, NO = Answer("yes"), Answer("no")


def told(payer: str = "medicare", **values) -> Case:
    session = case(**{"unsaid": frozenset(), **values})
    return dataclasses.replace(session, patient=dataclasses.replace(session.patient, payer=payer))


def line(id: str, session: Case, language: str = "en") -> Line | None:
    return next((each for each in checklist(session, catalogue(), language) if each.id == id), None)


def before(day: date, response: str | None = None) -> EarlierTreatment:
    return EarlierTreatment(day, "BOTOX", "chronic_migraine", Decimal(155), response=response)


def sweating(**values) -> Case:
    at = "axillary_hyperhidrosis"
    return told(
        chart=chart(indications=(at,), codes=("L74.510",), sites=(site(indication=at),)), **values
    )


GREEN = {
    "identity": (told(), "22 Nov 2026"),
    "diagnosis": (told(), "G43.709"),
    "headache_days": (told(outcomes=(Outcome("headache_days", "15"),)), "15 days a month"),
    "migraine_days": (told(outcomes=(Outcome("migraine_days", "8"),)), "8 days a month"),
    "severity": (sweating(outcomes=(Outcome("hdss", "4"),)), "HDSS 4"),
    "topical": (sweating(answers={"topical_treatment_failed": YES}), "said today"),
    "secondary": (sweating(answers={"secondary_cause_excluded": YES}), "said today"),
    "response": (
        told(history=(before(date(2026, 8, 30), "better"), before(date(2026, 5, 30), "same"))),
        "30 Aug 2026: better; 30 May 2026: the same",
    ),
    "sites": (told(), "1 of 1 complete"),
    "product": (told(), "BOTOX C8412C3, 50 U/mL"),
    "vial_sum": (told(), "200 = 5 + 195"),
    "interval": (told(history=(before(date(2026, 8, 30)),)), "84 days of 84"),
    "guidance": (
        told(guidance=("emg",), guidance_note="deep flexors"),
        "Guidance by needle EMG: deep flexors",
    ),
    "consent": (told(answers={"consent_today": YES, "spread_warning_given": YES}), "said today"),
    "reaction": (told(answers={"immediate_reaction": NO}), "answered today"),
    "performer": (told(), "Ines Halloran, MD"),
}

RED = {
    "identity": told(date=None),
    "diagnosis": told(chart=chart(codes=("G24.3",))),
    "headache_days": told(outcomes=(Outcome("headache_days", "14"),)),
    "migraine_days": told(outcomes=(Outcome("migraine_days", "7"),)),
    "severity": sweating(),
    "topical": sweating(answers={"topical_treatment_failed": NO}),
    "secondary": sweating(),
    "response": told(history=(before(date(2026, 8, 30), "better"), before(date(2026, 5, 30)))),
    "sites": told(chart=chart(sites=(site(muscle=None),))),
    "product": told(chart=chart(preparations=(preparation(vials=(vial(lot=""),)),))),
    "vial_sum": told(chart=chart(preparations=(preparation(),))),
    "interval": told(history=(before(date(2026, 8, 31)),)),
    "guidance": told(guidance=("emg",)),
    "consent": told(answers={"consent_today": YES}),
    "reaction": told(answers={"immediate_reaction": Answer("unable", "left early")}),
    "performer": told(performer=CasePerson("Ines Halloran")),
}


def test_each_thing_a_payer_looks_for_can_be_looked_for():
    assert set(LOOKS) == set(catalogue().checklist) == set(GREEN) == set(RED)


@pytest.mark.parametrize("id", GREEN)
def test_a_line_is_green_with_its_evidence(id: str):
    session, evidence = GREEN[id]

    assert line(id, session).ok
    assert line(id, session).evidence == evidence
    assert line(id, session, "es").evidence


@pytest.mark.parametrize("id", RED)
def test_a_line_without_evidence_is_not_green(id: str):
    assert not line(id, RED[id]).ok


def test_hours_a_day_stand_in_for_migraine_days():
    session = told(outcomes=(Outcome("migraine_days", "5"), Outcome("headache_hours_per_day", "4")))

    assert line("migraine_days", session).ok
    assert line("migraine_days", session).evidence == "5 days a month, 4 hours a day"


def test_a_first_visit_is_not_asked_how_the_last_one_worked():
    assert line("response", told()) is None
    assert line("interval", told()) is None


def test_what_concerns_another_indication_is_not_asked():
    assert line("severity", told()) is None
    assert line("headache_days", sweating()) is None
    assert line("guidance", told()) is None


def test_who_pays_personally_has_no_payer_to_ask():
    ids = [each.id for each in checklist(told("self_pay"), catalogue(), "en")]

    assert "headache_days" not in ids
    assert {"identity", "sites", "product", "vial_sum"} <= set(ids)


def test_what_nobody_has_a_place_for_is_not_asked():
    session = case(unsaid=frozenset({"answers", "history", "outcomes", "payer", "codes"}))

    assert [each.id for each in checklist(session, catalogue(), "en")] == [
        "identity", "sites", "product", "vial_sum", "performer",
    ]  # fmt: skip


def test_an_empty_session_has_nothing_green():
    empty = told(chart=chart(sites=(), preparations=(), codes=()), performer=None, date=None)

    assert not any(each.ok for each in checklist(empty, catalogue(), "en"))


def test_a_line_travels_as_json():
    assert line("sites", told()).as_json() == {
        "id": "sites", "ok": True, "evidence": "1 of 1 complete",
    }  # fmt: skip
