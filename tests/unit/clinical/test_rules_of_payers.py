"""DX-01 to DX-07 and BILL-01 to BILL-05 on both sides of their boundaries."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import date
from decimal import Decimal

import pytest

from app.clinical.anatomy import Side
from app.clinical.case import Answer, Case, EarlierTreatment, Outcome
from app.clinical.catalogue import catalogue
from app.clinical.rules.bills import codes_allowed
from tests.unit.clinical.sessions import case, chart, found, preparation, site, vial

LEFT, RIGHT = Side.LEFT, Side.RIGHT
YES = Answer("yes")
CHRONIC = (
    Outcome("headache_days", "18"),
    Outcome("migraine_days", "9"),
    Outcome("headache_hours_per_day", "6"),
)


def coded(*codes: str, indication: str = "chronic_migraine", **values) -> Case:
    """A session for one indication with these codes."""
    sites = values.pop("sites", (site(indication=indication),))
    return case(chart=chart(codes=codes, indications=(indication,), sites=sites), **values)


def told(**values) -> Case:
    """A session of which everything can be said: nothing is unsaid."""
    return case(**{"unsaid": frozenset(), **values})


def before(day: date, response: str | None = None, **values) -> EarlierTreatment:
    fields = {"product": "BOTOX", "indication": "chronic_migraine", "units": Decimal(155)}
    return EarlierTreatment(date=day, response=response, **{**fields, **values})


# DX-01: a diagnosis


def test_dx_01_finds_a_session_without_a_code():
    finding = found("DX-01", coded())

    assert (finding.severity, finding.text) == ("stop", "No diagnosis is chosen.")


def test_dx_01_finds_it_on_the_plan_too():
    assert found("DX-01", coded(sites=(site(state="planned"),))).when == "if_all_given"


def test_dx_01_passes_one_code_and_a_case_that_has_no_place_for_codes():
    assert found("DX-01", coded("G43.709")) is None
    assert found("DX-01", coded(unsaid=frozenset({"codes"}))) is None
    assert found("DX-01", case(chart=chart(codes=(), indications=(), sites=()))) is None


# DX-02: the code goes with the treatment


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        (["G24.3"], "G24.3: not among the codes for chronic migraine."),
        (["G43.709", "L74.510"], "L74.510: not among the codes"),
        (["Z79.01"], "No code says why chronic migraine was treated."),
        (["G43.7"], "G43.7 cannot be billed"),
        (["G43.709", "G35"], "G35 cannot be billed"),
        (["G43.709", "G43.019"], "Not in one note: G43.709 with G43.019."),
        (["G43.E09", "G43.119"], "Not in one note: G43.E09 with G43.119."),
    ],
)
def test_dx_02_finds_a_code_that_does_not_go_with_it(codes: list[str], says: str):
    for order in itertools.permutations(codes):
        finding = found("DX-02", coded(*order))

        assert finding.severity == "warn"
        assert says in finding.text


@pytest.mark.parametrize(
    ("indication", "codes"),
    [
        ("cervical_dystonia", ["G24.3", "M43.6"]),
        ("blepharospasm", ["G24.5", "G24.01"]),
        ("axillary_hyperhidrosis", ["L74.510", "R61"]),
    ],
)
def test_dx_02_finds_each_pair_that_excludes_the_other(indication: str, codes: list[str]):
    assert f"{codes[0]} with {codes[1]}" in found(
        "DX-02", coded(*codes, indication=indication)
    ).text.replace(f"{codes[1]} with {codes[0]}", f"{codes[0]} with {codes[1]}")


def hemifacial(code: str, *sides: Side, state: str = "given") -> Case:
    sites = tuple(
        site(30 + at, indication="hemifacial_spasm", side=side, state=state)
        for at, side in enumerate(sides)
    )
    return coded(code, indication="hemifacial_spasm", sites=sites)


def test_dx_02_finds_a_code_of_the_other_side():
    finding = found("DX-02", hemifacial("G51.31", LEFT))

    assert finding.text == "G51.31 names one side, and the left side is treated."
    assert finding.text_es == "G51.31 indica un lado y se trata el lado izquierdo."
    assert found("DX-02", hemifacial("G51.31", LEFT, RIGHT)) is not None
    assert found("DX-02", hemifacial("G51.31", LEFT, state="planned")) is not None


@pytest.mark.parametrize(
    ("code", "sides"),
    [
        ("G51.31", [RIGHT]),
        ("G51.32", [LEFT]),
        ("G51.33", [LEFT, RIGHT]),
        ("G51.39", [LEFT]),
    ],
)
def test_dx_02_passes_a_code_of_the_side_that_is_treated(code: str, sides: list[Side]):
    assert found("DX-02", hemifacial(code, *sides)) is None


@pytest.mark.parametrize(
    "codes", [["G43.709"], ["G43.709", "Z79.01"], ["G43.E09", "G70.00"], ["G43.719", "G43.709"]]
)
def test_dx_02_passes_codes_of_the_indication_and_flags_beside_them(codes: list[str]):
    assert found("DX-02", coded(*codes)) is None


def test_dx_02_passes_multiple_sclerosis_by_its_kind():
    kind = coded("G35.A", indication="lower_limb_spasticity")

    assert found("DX-02", kind) is None


# DX-03: how many days and hours


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_dx_03_finds_a_count_that_nobody_made(missing: int):
    outcomes = tuple(each for at, each in enumerate(CHRONIC) if at != missing)

    finding = found("DX-03", told(outcomes=outcomes))

    names = ["Headache days", "Migraine days", "Headache hours"]
    assert finding.text == f"Not recorded for chronic migraine: {names[missing]}."


def test_dx_03_passes_all_three_and_another_indication():
    assert found("DX-03", told(outcomes=CHRONIC)) is None
    other = chart(indications=("blepharospasm",), sites=(site(indication="blepharospasm"),))
    assert found("DX-03", told(chart=other)) is None
    assert found("DX-03", case()) is None  # no place for outcomes


# DX-04: is it chronic


def test_dx_04_finds_14_days_a_month():
    finding = found("DX-04", told(outcomes=(Outcome("headache_days", "14"),)))

    assert finding.severity == "warn"
    assert finding.text == "14 headache days a month recorded; chronic migraine is 15 or more."


@pytest.mark.parametrize("days", [("15",), ("8", "15"), ("22", "9"), ()])
def test_dx_04_passes_15_days_in_any_reading_and_what_nobody_counted(days):
    outcomes = tuple(Outcome("headache_days", each) for each in days)

    assert found("DX-04", told(outcomes=outcomes)) is None


# DX-05: sweating


def sweating(*outcomes: Outcome, indication: str = "axillary_hyperhidrosis", **answers: Answer):
    sweat = chart(indications=(indication,), sites=(site(indication=indication),))
    return told(chart=sweat, outcomes=outcomes, answers=answers)


SHOWN = {"topical_treatment_failed": YES, "secondary_cause_excluded": YES}


@pytest.mark.parametrize(
    ("outcomes", "answers", "says"),
    [
        ((), SHOWN, "HDSS."),
        ((Outcome("hdss", "4"),), {"topical_treatment_failed": YES}, "secondary cause excluded."),
        ((Outcome("hdss", "4"),), {**SHOWN, "topical_treatment_failed": Answer("no")},
         "topical treatment failed."),
        ((), {}, "HDSS, topical treatment failed and secondary cause excluded."),
    ],
)  # fmt: skip
def test_dx_05_finds_what_a_payer_misses(outcomes, answers, says):
    finding = found("DX-05", sweating(*outcomes, **answers))

    assert finding.text == f"Not recorded for hyperhidrosis: {says}"


def test_dx_05_passes_what_is_shown_and_sweating_while_eating():
    assert found("DX-05", sweating(Outcome("hdss", "3"), **SHOWN)) is None
    assert found("DX-05", sweating(indication="gustatory_sweating")) is None
    unsaid = dataclasses.replace(sweating(), unsaid=frozenset({"answers", "outcomes"}))
    assert found("DX-05", unsaid) is None


# DX-06: the response to the last treatment


def test_dx_06_finds_a_repeat_without_a_word_on_the_last():
    history = (before(date(2026, 8, 1)), before(date(2026, 5, 1), "better"))
    for order in (history, history[::-1]):
        finding = found("DX-06", told(history=order))

        assert "No response to the last treatment is recorded for chronic migraine." in finding.text


def test_dx_06_passes_an_answer_a_first_visit_and_another_indication():
    assert found("DX-06", told(history=(before(date(2026, 8, 1), "worse"),))) is None
    assert found("DX-06", told()) is None
    other = before(date(2026, 8, 1), indication="axillary_hyperhidrosis")
    assert found("DX-06", told(history=(other,))) is None
    improved = (Outcome("global_response", "60"),)
    assert found("DX-06", told(history=(before(date(2026, 8, 1)),), outcomes=improved)) is None


# DX-07: two without benefit


@pytest.mark.parametrize("last", [("none", "none"), ("worse", "same"), ("none", "same")])
def test_dx_07_finds_two_in_a_row_without_benefit(last):
    history = (
        before(date(2026, 8, 20), last[0]),
        before(date(2026, 5, 20), last[1]),
        before(date(2026, 2, 20), "better"),
    )
    for order in itertools.permutations(history):
        finding = found("DX-07", told(history=order))

        assert finding.text == "The last 2 sessions for chronic migraine brought no benefit."


@pytest.mark.parametrize(
    "responses", [("none",), ("none", "better"), ("better", "none", "none"), ("none", None), ()]
)
def test_dx_07_passes_one_failure_and_two_that_are_not_the_last(responses):
    days = [date(2026, 8, 20), date(2026, 5, 20), date(2026, 2, 20)]
    history = tuple(before(day, response) for day, response in zip(days, responses, strict=False))

    assert found("DX-07", told(history=history)) is None


def test_dx_07_passes_two_products_of_one_day_of_which_one_helped():
    day = date(2026, 8, 20)
    history = (
        before(day, "none"), before(day, "better", product="Xeomin"),
        before(date(2026, 5, 20), "none"),
    )  # fmt: skip

    assert found("DX-07", told(history=history)) is None


# The bill


def billed(payer: str = "medicare", **values) -> Case:
    """A session whose payer is known."""
    session = case(unsaid=frozenset({"answers", "history", "outcomes"}), **values)
    return dataclasses.replace(session, patient=dataclasses.replace(session.patient, payer=payer))


def of_200(given: str, discarded: str | None, payer: str = "medicare") -> Case:
    """So much given and discarded of 200 U."""
    opened = vial(discarded=None if discarded is None else Decimal(discarded))
    return billed(
        payer,
        chart=chart(
            preparations=(preparation(vials=(opened,)),), sites=(site(units=Decimal(given)),)
        ),
    )


# BILL-01: something discarded or nothing


def test_bill_01_finds_toxin_left_of_which_nobody_said_what_became():
    finding = found("BILL-01", of_200("155", "0"))

    assert finding.severity == "warn"
    assert "BOTOX: the bill can say neither JW nor JZ, which Medicare Part B asks for" in (
        finding.text
    )


@pytest.mark.parametrize(
    ("given", "discarded"), [("155", "45"), ("155", None), ("200", None), ("200", "0")]
)
def test_bill_01_passes_a_bill_that_says_either(given, discarded):
    assert found("BILL-01", of_200(given, discarded)) is None


def test_bill_01_passes_other_payers_and_an_unknown_one():
    assert found("BILL-01", of_200("155", "0", "commercial")) is None
    assert found("BILL-01", dataclasses.replace(of_200("155", "0"), unsaid=frozenset({"payer"}))
                 ) is None  # fmt: skip


# BILL-02: given and discarded make up the vials


@pytest.mark.parametrize(("given", "discarded", "units"), [("155", "40", 195), ("205", None, 205)])
def test_bill_02_finds_a_bill_that_is_not_the_vials(given, discarded, units):
    finding = found("BILL-02", of_200(given, discarded))

    assert finding.text == f"J0585: {units} billing units billed, but the vials of BOTOX held 200."


@pytest.mark.parametrize(
    ("given", "discarded"), [("155", "45"), ("155.5", None), ("155", "44.95"), ("200", None)]
)
def test_bill_02_passes_what_adds_up_as_near_as_vials_are_read(given, discarded):
    assert found("BILL-02", of_200(given, discarded)) is None


def test_bill_02_passes_other_payers():
    assert found("BILL-02", of_200("155", "40", "medicaid")) is None


# BILL-03: numbers that exclude each other


def test_bill_03_finds_lids_and_migraine_in_one_session():
    both = chart(
        codes=("G43.709", "G24.5"),
        indications=("chronic_migraine", "blepharospasm"),
        sites=(site(), site(11, indication="blepharospasm", muscle="orbicularis_oculi")),
    )

    finding = found("BILL-03", billed(chart=both))

    assert finding.text == "64612 and 64615 may not be billed for one session."


def test_bill_03_finds_a_modifier_the_number_refuses():
    known = catalogue()
    wrong = dataclasses.replace(known.procedures["64615"], both_sides="50")
    changed = dataclasses.replace(known, procedures={**known.procedures, "64615": wrong})
    sides = chart(sites=(site(), site(11, side=LEFT)))
    finding = codes_allowed(billed(chart=sides), changed)

    assert finding.text == "64615 may not be billed with modifier 50."


def test_bill_03_passes_each_of_them_alone_and_lids_of_both_sides():
    lids = chart(
        indications=("blepharospasm",),
        sites=tuple(
            site(11 + at, indication="blepharospasm", muscle="orbicularis_oculi", side=side)
            for at, side in enumerate((LEFT, RIGHT))
        ),
    )

    assert found("BILL-03", billed()) is None
    assert found("BILL-03", billed(chart=lids)) is None


# BILL-04: guidance


def test_bill_04_finds_two_guidances_and_one_without_a_word():
    two = found("BILL-04", billed(guidance=("estim", "emg")))
    silent = found("BILL-04", billed(guidance=("emg",), guidance_note=" "))

    assert two.text.startswith("Only one guidance can be billed")
    assert silent.text == "Guidance by needle EMG: nobody wrote why it was used and what it showed."


def test_bill_04_passes_one_with_its_words_and_none():
    words = "EMG to find the deep flexors; full recruitment"

    assert found("BILL-04", billed(guidance=("emg",), guidance_note=words)) is None
    assert found("BILL-04", billed(guidance=("emg",))) is None  # no place for words
    assert found("BILL-04", billed(guidance=(), guidance_note="")) is None


# BILL-05: the vials


def test_bill_05_finds_a_vial_larger_than_the_dose_needs():
    finding = found("BILL-05", of_200("100", None, "commercial"))

    assert finding.severity == "info"
    assert finding.text == "100 U of BOTOX fit into 1 × 100 U, 100 U less than the 200 U opened."


def test_bill_05_finds_it_on_the_plan_while_another_vial_can_be_taken():
    planned = chart(preparations=(preparation(),), sites=(site(state="planned"),))

    assert found("BILL-05", billed(chart=planned)).when == "if_all_given"


@pytest.mark.parametrize("given", ["100.01", "155", "200"])
def test_bill_05_passes_the_vials_that_fit_best(given):
    assert found("BILL-05", of_200(given, None)) is None


def test_bill_05_passes_a_vial_that_a_pharmacy_delivered_and_an_unknown_payer():
    delivered = chart(preparations=(preparation(vials=(vial(source="pharmacy"),)),))

    assert found("BILL-05", billed(chart=delivered)) is None
    assert found("BILL-05", case()) is None
