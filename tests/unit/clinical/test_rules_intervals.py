"""INT-01 to INT-05: each interval on its last day too early and its first day in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from app.clinical.case import Answer, Case, CasePatient, EarlierTreatment
from app.clinical.catalogue import catalogue
from app.clinical.rules import Finding, judge
from tests.unit.clinical.sessions import DAY, case, chart, found, key, preparation, site, vial

ASKED = {"other_toxin_120_days": Answer("no")}
OUTCOMES = frozenset({"outcomes"})


def earlier(
    days: int,
    product: str = "BOTOX",
    indication: str = "chronic_migraine",
    units: str = "155",
    **values,
) -> EarlierTreatment:
    """Something given this many days before the session."""
    return EarlierTreatment(
        DAY - timedelta(days=days), product, indication, Decimal(units), **values
    )


def after(
    *history: EarlierTreatment,
    product: str = "BOTOX",
    indication: str = "chronic_migraine",
    born: date = date(1984, 3, 12),
    payer: str = "other",
    **values,
) -> Case:
    """A session of one site with these treatments before it."""
    one = site(indication=indication, muscle=None, other="as drawn")
    drawn = chart(
        indications=(indication,),
        codes=(),
        preparations=(preparation(product=product, vials=(vial(discarded=Decimal(195)),)),),
        sites=(one,),
    )
    given = {
        "chart": drawn,
        "history": history,
        "answers": ASKED,
        "patient": CasePatient("Maren Oduya", born, "004217", payer=payer),
        "unsaid": OUTCOMES,
    }
    return case(**{**given, **values})


def raised(session: Case, family: str = "INT") -> dict[str, str]:
    """What the rules of intervals say, by id, with its weight."""
    return {
        each.id: each.severity
        for each in judge(session, catalogue())
        if each.id.startswith(family) and each.id != "INT-05"
    }


def finding(id: str, session: Case) -> Finding:
    said = found(id, session)
    assert said is not None
    return said


# INT-01: the label's own interval


def test_int_01_finds_the_day_before_twelve_weeks():
    said = finding("INT-01", after(earlier(83)))

    assert (said.severity, said.needs_reason) == ("warn", True)
    assert said.text == (
        "BOTOX for chronic migraine was given on 31 Aug 2026, 83 days ago; "
        "the label asks for at least 84 days."
    )
    assert said.text_es == (
        "Se aplicó BOTOX por migraña crónica el 31 ago 2026, hace 83 días; "
        "la etiqueta pide al menos 84 días."
    )


def test_int_01_finds_the_first_day_that_int_02_leaves_to_it():
    assert raised(after(earlier(56))) == {"INT-01": "warn"}


def test_int_01_passes_on_the_84th_day():
    assert raised(after(earlier(84))) == {}


def test_int_01_passes_300_units_84_days_ago_as_in_w14():
    history = EarlierTreatment(date(2026, 8, 30), "BOTOX", "chronic_migraine", Decimal(300))

    assert raised(after(history)) == {}


def test_int_01_finds_63_days_of_the_example_and_of_w16():
    history = EarlierTreatment(date(2026, 9, 20), "BOTOX", "chronic_migraine", Decimal(300))

    assert raised(after(history)) == {"INT-01": "warn"}


CHILD = date(2016, 11, 22)  # ten on the day of the session
ADULT = date(1984, 3, 12)


@pytest.mark.parametrize(
    ("product", "indication", "born", "days"),
    [
        ("BOTOX", "chronic_migraine", ADULT, 84),
        ("BOTOX", "cervical_dystonia", ADULT, 84),
        ("BOTOX", "blepharospasm", ADULT, 84),
        ("BOTOX", "upper_limb_spasticity", ADULT, 84),
        ("BOTOX", "lower_limb_spasticity", ADULT, 84),
        ("BOTOX", "upper_limb_spasticity", CHILD, 84),
        ("BOTOX", "lower_limb_spasticity", CHILD, 84),
        ("BOTOX", "axillary_hyperhidrosis", ADULT, 84),
        ("Dysport", "cervical_dystonia", ADULT, 84),
        ("Dysport", "upper_limb_spasticity", ADULT, 84),
        ("Dysport", "lower_limb_spasticity", ADULT, 84),
        ("Dysport", "lower_limb_spasticity", CHILD, 84),
        ("Dysport", "upper_limb_spasticity", CHILD, 112),
        ("Dysport", "axillary_hyperhidrosis", ADULT, 112),
        ("Xeomin", "upper_limb_spasticity", ADULT, 84),
        ("Xeomin", "upper_limb_spasticity", CHILD, 84),
        ("Xeomin", "cervical_dystonia", ADULT, 84),
        ("Xeomin", "blepharospasm", ADULT, 84),
        ("Myobloc", "cervical_dystonia", ADULT, 84),
        ("Daxxify", "cervical_dystonia", ADULT, 91),
    ],
)
def test_int_01_finds_each_interval_of_the_table_and_passes_its_day(
    product: str, indication: str, born: date, days: int
):
    def session(ago: int) -> Case:
        history = earlier(ago, product, indication)
        return after(history, product=product, indication=indication, born=born)

    assert raised(session(days - 1))["INT-01"] == "warn"
    assert raised(session(days)).get("INT-01") in (None, "info")
    assert f"at least {days} days" in finding("INT-01", session(days - 1)).text


def test_int_01_finds_an_underarm_earlier_than_elsewhere_as_information_only():
    def session(ago: int) -> Case:
        return after(
            earlier(ago, indication="axillary_hyperhidrosis"), indication="axillary_hyperhidrosis"
        )

    assert raised(session(83)) == {"INT-01": "warn"}
    for ago in (84, 111):
        said = finding("INT-01", session(ago))
        assert (said.severity, said.needs_reason) == ("info", False)
        assert "outside the US it is at least 112 days" in said.text
    assert raised(session(112)) == {}


def test_int_01_finds_by_convention_where_the_label_names_no_time():
    session = after(earlier(70, indication="cervical_dystonia"), indication="cervical_dystonia")

    assert "by convention it is at least 84 days" in finding("INT-01", session).text


@pytest.mark.parametrize(
    ("born", "expected"), [(date(2008, 11, 23), {"INT-01": "warn"}), (date(2008, 11, 22), {})]
)
def test_int_01_finds_the_longer_time_of_children_until_the_18th_birthday(born, expected):
    arm = "upper_limb_spasticity"
    session = after(earlier(100, "Dysport", arm), product="Dysport", indication=arm, born=born)

    assert raised(session) == expected


def test_int_01_finds_the_longest_of_all_ages_where_the_age_is_not_known():
    arm = "upper_limb_spasticity"
    session = after(earlier(100, "Dysport", arm), product="Dysport", indication=arm)
    unknown = replace(session, patient=CasePatient("Maren Oduya", None))

    assert raised(unknown) == {"INT-01": "warn"}


def test_int_01_passes_what_the_label_times_for_another_indication():
    assert "INT-01" not in raised(after(earlier(60, indication="axillary_hyperhidrosis")))


def test_int_01_finds_it_of_the_plan_even_before_a_vial_is_chosen():
    planned = chart(
        preparations=(),
        sites=(
            site(
                state="planned",
                given_at=None,
                preparation=None,
                protocol="PREEMPT-155",
                protocol_site="P01",
            ),
        ),
    )

    said = finding("INT-01", after(earlier(70), chart=planned))

    assert said.when == "if_all_given"


@pytest.mark.parametrize(
    ("last", "today", "early"),
    [
        (date(2024, 2, 29), date(2024, 5, 22), True),
        (date(2024, 2, 29), date(2024, 5, 23), False),
        # 84 days over a leap day end a day of the calendar sooner than over none.
        (date(2024, 2, 1), date(2024, 4, 24), True),
        (date(2024, 2, 1), date(2024, 4, 25), False),
        (date(2023, 2, 1), date(2023, 4, 25), True),
        (date(2023, 2, 1), date(2023, 4, 26), False),
        # Over the night of 25 hours a day is a day.
        (date(2026, 8, 10), date(2026, 11, 1), True),
        (date(2026, 8, 10), date(2026, 11, 2), False),
        (date(2025, 10, 31), date(2026, 1, 22), True),
        (date(2025, 10, 31), date(2026, 1, 23), False),
    ],
)
def test_int_01_finds_by_days_of_the_calendar(last: date, today: date, early: bool):
    history = EarlierTreatment(last, "BOTOX", "chronic_migraine", Decimal(155))

    assert ("INT-01" in raised(after(history, date=today))) is early


# INT-02: sooner than any trial


def test_int_02_finds_the_day_before_eight_weeks():
    said = finding("INT-02", after(earlier(55)))

    assert (said.severity, said.needs_reason) == ("override", True)
    assert said.text == (
        "BOTOX for chronic migraine was given on 28 Sep 2026, 55 days ago; "
        "no trial treated again within 56 days."
    )


def test_int_02_finds_underarms_49_days_ago_as_in_w32():
    history = EarlierTreatment(date(2026, 10, 4), "BOTOX", "axillary_hyperhidrosis", Decimal(100))

    assert raised(after(history, indication="axillary_hyperhidrosis")) == {"INT-02": "override"}


def test_int_02_finds_a_second_session_of_the_same_day():
    assert raised(after(earlier(0))) == {"INT-02": "override"}


def test_int_02_finds_a_pair_that_no_label_times():
    palms = "palmar_hyperhidrosis"

    assert raised(after(earlier(55, indication=palms), indication=palms)) == {"INT-02": "override"}
    assert raised(after(earlier(56, indication=palms), indication=palms)) == {"INT-03": "warn"}


def test_int_02_passes_the_56th_day():
    assert "INT-02" not in raised(after(earlier(56)))


def test_int_02_passes_what_is_dated_after_the_session():
    assert raised(after(earlier(-1))) == {}


def test_int_02_passes_another_indication_and_another_product():
    assert "INT-02" not in raised(after(earlier(10, indication="blepharospasm")))
    assert "INT-02" not in raised(after(earlier(10, "Xeomin")))


def test_int_02_and_01_pass_a_touch_up_of_the_session_it_completes_and_it_is_said():
    first = earlier(14)

    assert raised(after(first, touch_up_of=first.date)) == {"INT-03": "info"}
    said = finding("INT-03", after(first, touch_up_of=first.date))
    assert said.text.startswith("Touch-up of the session of 8 Nov 2026, 14 days ago")
    assert not said.needs_reason


def test_int_02_finds_a_touch_up_linked_to_another_day():
    assert raised(after(earlier(14), touch_up_of=DAY - timedelta(days=15))) == {
        "INT-02": "override"
    }


def test_int_02_finds_the_sessions_beside_the_one_a_touch_up_completes():
    first = earlier(14)
    session = after(first, earlier(40), earlier(70), touch_up_of=first.date)

    assert raised(session) == {"INT-01": "warn", "INT-02": "override", "INT-03": "info"}
    assert "14 days" not in finding("INT-02", session).text


# INT-03: the same toxin for whatever reason


def test_int_03_finds_155_units_for_migraine_52_days_before_underarms_as_in_w15():
    history = EarlierTreatment(date(2026, 10, 1), "BOTOX", "chronic_migraine", Decimal(155))
    session = after(history, indication="axillary_hyperhidrosis")

    assert raised(session) == {"INT-03": "warn"}
    said = finding("INT-03", session)
    assert not said.needs_reason
    assert said.text == (
        "BOTOX was given for chronic migraine on 1 Oct 2026, 52 days ago; "
        "doses of the same toxin add up over 84 days."
    )


@pytest.mark.parametrize(("days", "expected"), [(83, {"INT-03": "warn"}), (84, {})])
def test_int_03_finds_83_days_and_passes_84(days: int, expected):
    assert raised(after(earlier(days, indication="axillary_hyperhidrosis"))) == expected


def test_int_03_finds_the_cosmetic_brand_of_the_same_toxin():
    session = after(earlier(30, "BOTOX Cosmetic", "other", "20"))

    assert raised(session) == {"INT-03": "warn", "INT-04": "warn"}


def test_int_03_passes_another_toxin():
    assert "INT-03" not in raised(after(earlier(30, "Xeomin", "other")))


def test_int_03_passes_what_int_02_or_int_01_already_say():
    assert raised(after(earlier(10))) == {"INT-02": "override"}
    assert raised(after(earlier(60))) == {"INT-01": "warn"}


# INT-04: another product, or nobody asked


def test_int_04_finds_botox_52_days_before_dysport_as_in_w17_and_adds_nothing_up():
    history = EarlierTreatment(date(2026, 10, 1), "BOTOX", "chronic_migraine", Decimal(155))
    session = after(history, product="Dysport", indication="cervical_dystonia")

    assert raised(session) == {"INT-04": "warn"}
    said = finding("INT-04", session)
    assert said.text == (
        "BOTOX was given on 1 Oct 2026, 52 days ago, and today it is Dysport; "
        "labels have patients asked about 120 days."
    )
    assert "655" not in said.text


@pytest.mark.parametrize(("days", "expected"), [(120, {"INT-04": "warn"}), (121, {})])
@pytest.mark.parametrize("product", ["Xeomin", "Jeuveau", "Letybo", "BOTOX Cosmetic"])
def test_int_04_finds_120_days_and_passes_121(product: str, days: int, expected):
    told = earlier(days, product, "other", "20", source="patient-reported")

    assert raised(after(told)) == expected


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ({}, "Nobody has asked yet about another toxin in the last 120 days."),
        (
            {"other_toxin_120_days": Answer("unable", "no interpreter")},
            "Another toxin in the last 120 days could not be asked about: no interpreter.",
        ),
        (
            {"other_toxin_120_days": Answer("yes")},
            "Another toxin in the last 120 days was reported, and which one is not entered.",
        ),
    ],
)
def test_int_04_finds_a_question_that_nobody_answered_with_no(answers, text: str):
    said = finding("INT-04", after(answers=answers))

    assert (said.severity, said.text) == ("warn", text)


def test_int_04_finds_a_yes_once_where_the_treatment_is_entered():
    session = after(
        earlier(30, "Jeuveau", "other"), answers={"other_toxin_120_days": Answer("yes")}
    )

    assert finding("INT-04", session).text.count("Jeuveau") == 1
    assert "reported" not in finding("INT-04", session).text


def test_int_04_finds_what_is_entered_even_where_the_answer_was_no():
    assert "INT-04" in raised(after(earlier(30, "Jeuveau", "other")))


def test_int_04_passes_a_no_and_the_same_product():
    assert raised(after(earlier(100))) == {}


def test_int_04_passes_questions_that_nobody_can_answer_yet():
    assert raised(after(answers={}, unsaid=frozenset({"answers"}))) == {}


# INT-05: the payer


@pytest.mark.parametrize("payer", ["medicare", "medicaid", "commercial", "other"])
def test_int_05_finds_83_days_and_passes_84(payer: str):
    said = finding("INT-05", after(earlier(83), payer=payer))

    assert (said.severity, said.needs_reason) == ("info", False)
    assert "83 days since 31 Aug 2026 for chronic migraine" in said.text
    assert found("INT-05", after(earlier(84), payer=payer)) is None


def test_int_05_passes_who_pays_themselves():
    assert found("INT-05", after(earlier(20), payer="self_pay")) is None


@pytest.mark.parametrize(("days", "early"), [(111, True), (112, False)])
def test_int_05_finds_a_child_s_arm_treated_with_dysport_before_16_weeks(days: int, early: bool):
    arm = "upper_limb_spasticity"
    session = after(earlier(days, "Dysport", arm), product="Dysport", indication=arm, born=CHILD)

    assert (found("INT-05", session) is not None) is early


def test_int_05_finds_another_product_for_the_same_indication():
    assert found("INT-05", after(earlier(83, "Xeomin"))) is not None
    assert found("INT-05", after(earlier(83, indication="blepharospasm"))) is None


def test_int_05_passes_where_nobody_can_name_the_payer():
    assert found("INT-05", after(earlier(20), unsaid=frozenset({"payer"}))) is None


# All of them


def test_the_order_of_history_changes_nothing():
    history = (
        earlier(30, indication="blepharospasm"),
        earlier(30),
        earlier(60),
        earlier(90, "Dysport"),
        earlier(90, "Xeomin"),
    )
    said = {
        tuple((each.id, each.text) for each in judge(after(*order), catalogue()))
        for order in permutations(history)
    }

    assert len(said) == 1


def test_a_history_nobody_can_tell_is_not_judged():
    assert raised(after(earlier(10), unsaid=frozenset({"history"}))) == {}


def test_two_entries_of_one_day_are_one_treatment():
    once, twice = after(earlier(60)), after(earlier(60), earlier(60, units="40"))

    assert finding("INT-01", once).text == finding("INT-01", twice).text


def test_a_planned_site_never_counts_once_something_is_given():
    one = site(11, state="planned", given_at=None, indication="blepharospasm")
    session = after(earlier(60, indication="blepharospasm"))
    both = replace(session, chart=replace(session.chart, sites=(*session.chart.sites, one)))

    assert raised(both) == raised(session) == {"INT-03": "warn"}


def test_two_preparations_of_one_product_are_one_product():
    session = after(earlier(60))
    second = preparation(3, vials=(vial(4, discarded=Decimal(195)),))
    both = replace(
        session,
        chart=replace(
            session.chart,
            preparations=(*session.chart.preparations, second),
            sites=(*session.chart.sites, site(11, preparation=key(3))),
        ),
    )

    assert finding("INT-01", both).text == finding("INT-01", session).text
