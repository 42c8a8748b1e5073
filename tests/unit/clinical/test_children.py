"""PED-01 to PED-04 on both sides of each boundary: age, weight, and what follows from them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.clinical.case import Unable
from app.clinical.catalogue import catalogue
from tests.unit.clinical.doses import before, dose, once, treated
from tests.unit.clinical.sessions import DAY, found, key

UL, LL = "upper_limb_spasticity", "lower_limb_spasticity"
NO_SCALE = Unable("in a wheelchair, no scale")


def born_on(day: date, session):
    """The same session of a patient born on this day."""
    return dataclasses.replace(session, patient=dataclasses.replace(session.patient, born=day))


def on(day: date, session):
    """The same session on this day."""
    return dataclasses.replace(session, date=day)


# PED-01: a child is weighed


def test_ped_01_finds_a_child_without_weight_and_stops():
    finding = found("PED-01", once("5", "soleus", LL, age=17))

    assert (finding.severity, finding.needs_reason) == ("stop", False)
    assert finding.text == "The patient is 17 years old, and no weight is recorded."


def test_ped_01_finds_a_child_that_could_not_be_weighed_and_takes_a_reason():
    finding = found("PED-01", once("5", "soleus", LL, age=9, kg=NO_SCALE))

    assert (finding.severity, finding.needs_reason) == ("override", True)
    assert finding.severity in ("stop", "override")
    assert finding.text == (
        "The patient is 9 years old and could not be weighed: in a wheelchair, no scale."
    )


def test_ped_01_finds_it_on_the_plan_and_before_any_site():
    planned = treated([dose("soleus", "R", "5", LL, state="planned")], age=9)

    assert found("PED-01", planned).when == "if_all_given"
    assert found("PED-01", treated([], age=9)) is not None


def test_ped_01_passes_a_weighed_child_and_an_adult():
    assert found("PED-01", once("5", "soleus", LL, age=9, kg="25")) is None
    assert found("PED-01", once("5", "soleus", LL, age=18)) is None


@pytest.mark.parametrize(
    ("born", "eve"),
    [
        (date(2008, 11, 22), date(2026, 11, 21)),
        (date(2008, 1, 1), date(2025, 12, 31)),
        (date(2008, 12, 31), date(2026, 12, 30)),
        # Born on a leap day: eighteen on 1 March, in a year without one.
        (date(2008, 2, 29), date(2026, 2, 28)),
    ],
)
def test_ped_01_finds_a_child_to_the_eve_of_the_18th_birthday_and_passes_the_day(born, eve):
    session = born_on(born, once("5", "soleus", LL))

    assert found("PED-01", on(eve, session)) is not None
    assert found("PED-01", on(eve + timedelta(days=1), session)) is None


def test_ped_01_goes_by_the_date_of_service_and_not_by_the_clock():
    """The night of 25 hours ends on the birthday; the session is still of the day before."""
    session = born_on(date(2008, 11, 1), once("5", "soleus", LL))
    night = dataclasses.replace(session, now=datetime(2026, 11, 1, 6, 30, tzinfo=UTC))

    assert found("PED-01", on(date(2026, 10, 31), night)) is not None
    assert found("PED-01", on(date(2026, 11, 1), night)) is None


# PED-02: a weight of these weeks that can be


def test_ped_02_finds_a_weight_of_31_days_and_passes_one_of_30():
    old = once("5", "soleus", LL, age=9, kg="25", weighed_on=DAY - timedelta(days=31))
    fresh = once("5", "soleus", LL, age=9, kg="25", weighed_on=DAY - timedelta(days=30))

    assert found("PED-02", old).severity == "warn"
    assert found("PED-02", old).text == (
        "The weight is of 22 Oct 2026, 31 days before the session; after 30 days it is taken again."
    )
    assert found("PED-02", fresh) is None


def test_ped_02_finds_a_weight_of_which_nobody_knows_the_day():
    undated = once("5", "soleus", LL, age=9, kg="25", weighed_on=None)
    tomorrow = once("5", "soleus", LL, age=9, kg="25", weighed_on=DAY + timedelta(days=1))

    assert found("PED-02", undated).text == "Nobody said when the weight of 25 kg was taken."
    assert "after the session of 22 Nov 2026" in found("PED-02", tomorrow).text


@pytest.mark.parametrize("age", range(18))
def test_ped_02_finds_a_hundredth_beyond_what_is_plausible_and_passes_the_ends(age: int):
    expected = catalogue().child_weights[age]
    step = Decimal("0.01")

    for kg in (expected.kg_low - step, expected.kg_high + step):
        finding = found("PED-02", once("5", "soleus", LL, age=age, kg=kg))
        assert f"between {expected.kg_low} and {expected.kg_high} kg is plausible" in finding.text
    for kg in (expected.kg_low, expected.kg_high):
        assert found("PED-02", once("5", "soleus", LL, age=age, kg=kg)) is None


@pytest.mark.parametrize(("age", "kg"), [(2, "13"), (5, "19"), (9, "31"), (12, "45"), (15, "57")])
def test_ped_02_finds_an_ordinary_weight_that_was_written_in_pounds(age: int, kg: str):
    pounds = Decimal(kg) * Decimal("2.2046")

    assert found("PED-02", once("5", "soleus", LL, age=age, kg=kg)) is None
    assert found("PED-02", once("5", "soleus", LL, age=age, kg=pounds)) is not None


def test_ped_02_passes_an_adult_and_a_child_without_weight():
    assert found("PED-02", once("5", "soleus", LL, age=18, kg="300", weighed_on=None)) is None
    assert found("PED-02", once("5", "soleus", LL, age=9)) is None
    assert found("PED-02", once("5", "soleus", LL, age=9, kg=NO_SCALE)) is None


# PED-03: limits by weight


LIMITS = [
    ("BOTOX", UL, "R", "25", "150", "150 U (6 U/kg at 25 kg)"),
    ("BOTOX", UL, "R", "40", "200", "200 U, the most at any weight"),
    ("BOTOX", LL, "R", "25", "200", "200 U (8 U/kg at 25 kg)"),
    ("BOTOX", LL, "R", "40", "300", "300 U, the most at any weight"),
    ("Dysport", UL, "R", "25", "400", "in one arm in one session, right: more than 400 U"),
    ("Dysport", UL, "R", "40", "640", "640 U (16 U/kg at 40 kg)"),
    ("Dysport", LL, "R", "25", "375", "in one leg in one session, right: more than 375 U"),
    ("Dysport", LL, "R", "40", "600", "600 U (15 U/kg at 40 kg)"),
    ("Dysport", LL, "RL", "25", "750", "in both legs together in one session: more than 750 U"),
    ("Dysport", LL, "RL", "40", "1000", "1000 U, the most at any weight"),
    ("Xeomin", UL, "R", "25", "200", "200 U (8 U/kg at 25 kg)"),
    ("Xeomin", UL, "RL", "25", "400", "in both arms together in one session: more than 400 U"),
]


@pytest.mark.parametrize(("product", "indication", "sides", "kg", "most", "said"), LIMITS)
def test_ped_03_finds_a_hundredth_above_w18_to_w20(product, indication, sides, kg, most, said):
    share = Decimal(most) / len(sides)
    doses = [dose(None, side, str(share), indication) for side in sides]
    doses[0]["units"] += Decimal("0.01")

    finding = found("PED-03", treated(doses, product=product, age=9, kg=kg))

    assert (finding.severity, finding.needs_reason) == ("override", True)
    assert said in finding.text


@pytest.mark.parametrize(("product", "indication", "sides", "kg", "most", "said"), LIMITS)
def test_ped_03_passes_w18_to_w20(product, indication, sides, kg, most, said):
    share = Decimal(most) / len(sides)
    doses = [dose(None, side, str(share), indication) for side in sides]

    assert found("PED-03", treated(doses, product=product, age=9, kg=kg)) is None


def test_ped_03_finds_arms_and_legs_together_in_a_session_and_in_three_months():
    both = [dose(None, "R", "125", UL), dose(None, "R", "125", LL)]
    more = [dose(None, "R", "125", UL), dose(None, "R", "125.01", LL)]
    history = [before(DAY - timedelta(days=83), "150", LL)]

    assert found("PED-03", treated(both, age=9, kg="25")) is None
    assert (
        "for upper and lower limbs together" in found("PED-03", treated(more, age=9, kg="25")).text
    )
    arm = once("100.01", None, UL, age=9, kg="25", history=history)
    assert "150 U of BOTOX on 31 Aug 2026 make 250.01 U in 84 days" in found("PED-03", arm).text
    assert found("PED-03", once("100", None, UL, age=9, kg="25", history=history)) is None
    earlier = [before(DAY - timedelta(days=84), "150", LL)]
    assert found("PED-03", once("100.01", None, UL, age=9, kg="25", history=earlier)) is None


def test_ped_03_finds_a_child_of_unknown_weight_above_the_limit_at_any_weight():
    assert (
        "200 U, the most at any weight"
        in found("PED-03", once("200.01", None, UL, age=9, kg=NO_SCALE)).text
    )
    assert found("PED-03", once("200", None, UL, age=9, kg=NO_SCALE)) is None


def test_ped_03_passes_an_adult_and_units_of_two_products():
    assert found("PED-03", once("300", None, UL, age=18, kg="25")) is None
    history = [before(DAY - timedelta(days=9), "300", UL, product="Dysport")]
    assert found("PED-03", once("150", None, UL, age=9, kg="25", history=history)) is None


def test_ped_03_leaves_the_muscles_to_dose_05():
    session = once("80", "biceps_brachii", UL, age=9, kg="25")

    assert found("PED-03", session) is None
    assert found("DOSE-05", session) is not None


# PED-04: old enough for the label


FLOORS = [
    ("BOTOX", "chronic_migraine", 18),
    ("BOTOX", "axillary_hyperhidrosis", 18),
    ("Dysport", "cervical_dystonia", 18),
    ("BOTOX", "blepharospasm", 12),
    ("Xeomin", "blepharospasm", 18),
    ("BOTOX", UL, 2),
    ("BOTOX", LL, 2),
    ("Dysport", LL, 2),
    ("Xeomin", UL, 2),
]


@pytest.mark.parametrize(("product", "indication", "youngest"), FLOORS)
def test_ped_04_finds_the_eve_of_the_birthday_and_passes_the_day(product, indication, youngest):
    session = once("5", None, indication, product=product)
    eve = DAY.replace(year=DAY.year - youngest) + timedelta(days=1)

    finding = found("PED-04", born_on(eve, session))
    assert (finding.severity, finding.about) == ("override", (key(100),))
    assert f"begins at {youngest} years, and the patient is {youngest - 1}." in finding.text
    assert found("PED-04", born_on(eve - timedelta(days=1), session)) is None


def test_ped_04_finds_xeomin_in_a_child_with_cerebral_palsy():
    session = once("5", None, UL, product="Xeomin", age=17, kg="50")
    palsy = dataclasses.replace(session.chart, codes=("G80.2",))
    stroke = dataclasses.replace(session.chart, codes=("I69.351",))

    assert (
        "begins at 18 years, and the patient is 17."
        in found("PED-04", dataclasses.replace(session, chart=palsy)).text
    )
    assert found("PED-04", dataclasses.replace(session, chart=stroke)) is None


def test_ped_04_passes_what_no_label_gives_an_age_for():
    assert found("PED-04", once("5", "palm", "palmar_hyperhidrosis", age=9, kg="25")) is None
    assert found("PED-04", once("5", None, LL, product="Xeomin", age=9, kg="25")) is None


def test_ped_04_finds_each_indication_once():
    doses = [
        dose(None, "R", "5", "chronic_migraine"),
        dose(None, "L", "5", "chronic_migraine"),
        dose("axilla", "L", "5", "axillary_hyperhidrosis"),
    ]

    finding = found("PED-04", treated(doses, age=17, kg="50"))

    assert finding.text == (
        "BOTOX for axillary hyperhidrosis: the US label begins at 18 years, and the patient is "
        "17. BOTOX for chronic migraine: the US label begins at 18 years, and the patient is 17."
    )
    assert len(finding.about) == 3


@pytest.mark.parametrize(("indication", "from_memory"), [(LL, True), (UL, False)])
def test_what_rests_on_a_limit_from_memory_says_so(indication: str, from_memory: bool):
    over = treated([dose(None, "R", "250", indication)], product="BOTOX", age=9, kg="25")

    assert found("PED-03", over).verify is from_memory
