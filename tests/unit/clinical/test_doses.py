"""DOSE-01 to DOSE-13 on both sides of each boundary, and the worked examples of the reference."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clinical import limits
from app.clinical.case import Unable
from app.clinical.catalogue import catalogue
from app.clinical.dosing import Dose
from app.clinical.limits import limits_for
from app.clinical.rules import judge
from tests.unit.clinical.doses import (
    before,
    dose,
    follow_the_pain,
    once,
    preempt,
    treated,
    underarms,
)
from tests.unit.clinical.sessions import DAY, case, chart, found, key, preparation, site, vial

UL, LL = "upper_limb_spasticity", "lower_limb_spasticity"
CD, BLEPH, CM = "cervical_dystonia", "blepharospasm", "chronic_migraine"
AXILLA, PALM, SOLE = "axillary_hyperhidrosis", "palmar_hyperhidrosis", "plantar_hyperhidrosis"


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


# DOSE-01: what a session may hold


LABEL_LIMITS = [
    ("BOTOX", UL, 400, "400 U (US label)"),
    ("BOTOX", LL, 400, "400 U (US label)"),
    ("BOTOX", "other", 400, "400 U (US label)"),
    ("Dysport", UL, 1000, "1000 U (US label)"),
    ("Dysport", LL, 1500, "1500 U (US label)"),
    ("Dysport", CD, 1000, "1000 U (US label)"),
    ("Xeomin", UL, 400, "400 U (US label)"),
    ("Xeomin", BLEPH, 100, "100 U (US label)"),
    ("Daxxify", CD, 250, "250 U (US label)"),
]


@pytest.mark.parametrize(("product", "indication", "most", "said"), LABEL_LIMITS)
def test_dose_01_finds_a_hundredth_more_than_the_label(product, indication, most, said):
    finding = found("DOSE-01", once(f"{most}.01", None, indication, product=product))

    assert (finding.severity, finding.needs_reason) == ("override", True)
    assert finding.text.startswith(f"{most}.01 U of {product} ")
    assert said in finding.text
    assert finding.about == (key(100),)


@pytest.mark.parametrize(("product", "indication", "most", "said"), LABEL_LIMITS)
def test_dose_01_passes_the_label_s_own_limit(product, indication, most, said):
    assert found("DOSE-01", once(str(most), None, indication, product=product)) is None


def test_dose_01_finds_arms_and_legs_together_above_what_each_may_have():
    doses = [dose(None, "R", "1000", UL), dose(None, "R", "500.5", LL)]

    finding = found("DOSE-01", treated(doses, product="Dysport"))

    assert finding.text == (
        "1500.5 U of Dysport for upper and lower limbs together; the most in one session is "
        "1500 U (US label)."
    )
    assert finding.say("es") == (
        "1500.5 U de Dysport para miembros superiores e inferiores juntos; el máximo en una "
        "sesión son 1500 U (etiqueta de EE. UU.)."
    )


def test_dose_01_finds_all_indications_together_above_400():
    doses = [dose(None, "R", "200", UL), dose(None, "L", "201", LL)]

    assert "401 U of BOTOX for all indications" in found("DOSE-01", treated(doses)).text


def test_dose_01_passes_two_products_that_only_together_would_be_above():
    both = (
        preparation(vials=(vial(),)),
        preparation(3, product="Dysport", vials=(vial(4, units=Decimal(500)),)),
    )
    sites = (
        site(100, units=Decimal(400), indication=UL, muscle=None),
        site(101, units=Decimal(1000), indication=UL, muscle=None, preparation=key(3)),
    )

    assert found("DOSE-01", case(chart=chart(preparations=both, sites=sites))) is None


def test_dose_01_passes_a_child_whom_ped_03_judges():
    assert found("DOSE-01", once("401", None, UL, age=17, kg="60")) is None
    assert found("DOSE-01", once("401", None, UL, age=18)) is not None


def test_dose_01_passes_initial_doses_and_eu_limits():
    assert found("DOSE-01", once("301", None, CD)) is None
    assert found("DOSE-01", once("501", None, CD, product="Dysport")) is None
    assert found("DOSE-01", once("121", None, CD, product="Xeomin")) is None


def test_dose_01_finds_it_on_the_plan():
    planned = treated([dose(None, "R", "401", UL, state="planned", given_at=None)])

    assert found("DOSE-01", planned).when == "if_all_given"


# DOSE-02: what one site may take


def test_dose_02_finds_more_than_50_u_at_one_intramuscular_site():
    doses = [
        dose("soleus", "R", "50.01", LL),
        dose("biceps_brachii", "L", "60", UL),
        dose("biceps_brachii", "L", "60", UL),
        dose("biceps_brachii", "L", "50", UL),
    ]

    finding = found("DOSE-02", treated(doses))

    assert finding.severity == "warn"
    assert finding.text == (
        "Biceps brachii, left, 60 U and Soleus, right, 50.01 U: more than 50 U of BOTOX at one "
        "intramuscular site (US label)."
    )
    assert finding.about == (key(100), key(101), key(102))


def test_dose_02_finds_more_than_5_u_at_one_lid_site():
    finding = found("DOSE-02", once("5.01", "orbicularis_oculi_upper_medial", BLEPH))

    assert "5.01 U: more than 5 U of BOTOX at one site for blepharospasm" in finding.text


def test_dose_02_passes_50_u_and_5_u_at_a_lid():
    assert found("DOSE-02", once("50", "soleus", LL)) is None
    assert found("DOSE-02", once("5", "orbicularis_oculi_upper_medial", BLEPH)) is None
    assert found("DOSE-02", once("5.01", "orbicularis_oculi", "hemifacial_spasm")) is None


def test_dose_02_passes_other_products_and_other_depths():
    assert found("DOSE-02", once("300", "soleus", LL, product="Dysport")) is None
    assert found("DOSE-02", treated([dose("palm", "R", "51", PALM, depth="ID")])) is None
    assert found("DOSE-02", treated([dose("soleus", "R", "51", LL, depth=None)])) is not None
    assert found("DOSE-02", treated([dose("palm", "R", "51", PALM, depth=None)])) is None


# DOSE-03: three months, 0 to 83 days before and today


def test_dose_03_finds_w16_300_u_63_days_before_and_155_today():
    session = treated(preempt(), history=[before("2026-09-20", "300")])

    finding = found("DOSE-03", session)

    assert finding.severity == "override"
    assert finding.text == (
        "155 U of BOTOX in this session and 300 U of BOTOX on 20 Sep 2026 make 455 U in 84 days, "
        "for all indications together, BOTOX Cosmetic included; the most is 400 U (US label)."
    )


@pytest.mark.parametrize("days", [0, 1, 83])
def test_dose_03_finds_what_was_given_up_to_83_days_before(days: int):
    session = once("100.01", None, "other", history=[before(ago(days), "300")])

    assert "400.01 U in 84 days" in found("DOSE-03", session).text


def test_dose_03_finds_botox_cosmetic_with_botox_and_names_it():
    history = [before(ago(30), "50", product="BOTOX Cosmetic", indication="other")]

    finding = found("DOSE-03", once("351", None, UL, history=history))

    assert "50 U of BOTOX Cosmetic on 23 Oct 2026 make 401 U" in finding.text


def test_dose_03_finds_w27_palms_underarms_and_soles_in_one_session():
    palms = [dose("palm", side, "2", PALM, depth="ID") for side in "RL" for _ in range(50)]
    soles = [dose("sole", side, "2", SOLE, depth="ID") for side in "RL" for _ in range(50)]
    arms = underarms(15, "3.33")

    assert found("DOSE-03", treated([*arms, *palms])) is None
    assert (
        "499.9 U of BOTOX in this session"
        in found("DOSE-03", treated([*arms, *palms, *soles])).text
    )


@pytest.mark.parametrize(
    ("age", "kg", "most"), [(10, "25", "250"), (12, "40", "340"), (17, "60", "340")]
)
def test_dose_03_finds_a_child_above_its_own_limit(age: int, kg: str, most: str):
    at = Decimal(most) - 100

    over = treated(
        [dose(None, "R", "100.01", UL)], age=age, kg=kg, history=[before(ago(9), str(at))]
    )
    within = treated(
        [dose(None, "R", "100", UL)], age=age, kg=kg, history=[before(ago(9), str(at))]
    )

    assert f"the most is {most} U" in found("DOSE-03", over).text
    assert found("DOSE-03", within) is None


def test_dose_03_says_a_child_s_limit_by_its_weight():
    assert (
        "250 U (10 U/kg at 25 kg) (US label)"
        in found("DOSE-03", once("250.01", None, UL, age=10, kg="25")).text
    )


def test_dose_03_finds_a_child_of_unknown_weight_above_the_limit_at_any_weight():
    unknown = Unable("in a wheelchair, no scale")

    assert "340 U at any weight" in found("DOSE-03", once("341", None, UL, age=9, kg=unknown)).text
    assert found("DOSE-03", once("340", None, UL, age=9, kg=unknown)) is None


def test_dose_03_changes_from_the_child_s_limit_to_the_adult_s_on_the_18th_birthday():
    history = [before(ago(20), "300")]
    eve = once("60", None, UL, kg="60", age=17, history=history)
    day = once("60", None, UL, kg="60", age=18, history=history)

    assert found("DOSE-03", eve) is not None
    assert found("DOSE-03", day) is None


@pytest.mark.parametrize(("days", "units"), [(84, "300"), (85, "400"), (83, "299.99"), (-1, "300")])
def test_dose_03_passes_w14_300_u_84_days_before(days: int, units: str):
    assert (
        found("DOSE-03", once("100.01", None, "other", history=[before(ago(days), units)])) is None
    )


def test_dose_03_passes_w15_and_w17():
    migraine = before("2026-10-01", "155")

    assert found("DOSE-03", treated(underarms(10, "5"), history=[migraine])) is None
    dysport = once("500", None, CD, product="Dysport", history=[migraine])
    assert judge_ids(dysport) & {"DOSE-01", "DOSE-03", "DOSE-04"} == set()


def test_dose_03_passes_other_products_of_the_history():
    history = [before(ago(9), "1000", product="Dysport"), before(ago(9), "100", product="Jeuveau")]

    assert found("DOSE-03", once("400", None, UL, history=history)) is None


def test_dose_03_passes_a_session_without_the_product_whatever_the_history():
    history = [before(ago(9), "300"), before(ago(40), "300")]

    assert found("DOSE-03", once("100", None, UL, product="Xeomin", history=history)) is None


def test_dose_03_counts_days_over_a_leap_day():
    leap = date(2028, 5, 1)
    session = once("101", None, "other", history=[before("2028-02-08", "300")])

    assert (leap - date(2028, 2, 8)).days == 83
    assert found("DOSE-03", dataclasses.replace(session, date=leap)) is not None
    assert found("DOSE-03", dataclasses.replace(session, date=leap + timedelta(days=1))) is None


# DOSE-04: between 12 weeks and the longest 3 months


@pytest.mark.parametrize("days", [84, 91])
def test_dose_04_finds_w14_between_84_and_91_days(days: int):
    finding = found("DOSE-04", once("300", None, "other", history=[before(ago(days), "300")]))

    assert finding.severity == "info"
    assert "600 U of BOTOX in 91 days" in finding.text
    assert "more than 400 U (US label), if 3 months are counted as 91 days." in finding.text


def test_dose_04_finds_w14_itself():
    session = once("300", None, "other", history=[before("2026-08-30", "300")])

    assert (DAY - date(2026, 8, 30)).days == 84
    assert judge_ids(session) & {"DOSE-03", "DOSE-04"} == {"DOSE-04"}
    assert "With 300 U of BOTOX on 30 Aug 2026, 600 U" in found("DOSE-04", session).text


@pytest.mark.parametrize(("days", "units"), [(92, "300"), (83, "100"), (84, "100"), (91, "100")])
def test_dose_04_passes_beyond_91_days_and_within_the_limit(days: int, units: str):
    assert found("DOSE-04", once("300", None, "other", history=[before(ago(days), units)])) is None


def test_dose_04_passes_where_dose_03_already_speaks():
    history = [before(ago(20), "300"), before(ago(88), "300")]

    assert judge_ids(once("300", None, "other", history=history)) & {"DOSE-03", "DOSE-04"} == {
        "DOSE-03"
    }


# DOSE-05: what is usual in a muscle


@pytest.mark.parametrize(
    ("product", "indication", "muscle", "high"),
    [
        ("BOTOX", UL, "biceps_brachii", "200"),
        ("BOTOX", UL, "flexor_carpi_ulnaris", "50"),
        ("BOTOX", UL, "pectoralis_complex", "200"),
        ("BOTOX", LL, "soleus", "75"),
        ("Dysport", LL, "soleus", "500"),
        ("Xeomin", UL, "adductor_pollicis", "30"),
        ("BOTOX", CD, "levator_scapulae", "100"),
        ("Dysport", CD, "splenius_capitis", "450"),
        ("BOTOX", PALM, "palm", "100"),
        ("BOTOX", SOLE, "sole", "150"),
        ("BOTOX", "craniofacial_hyperhidrosis", "forehead_scalp", "100"),
        ("BOTOX", BLEPH, "orbicularis_oculi_upper_lateral", "2.5"),
        ("BOTOX", "hemifacial_spasm", "orbicularis_oculi", "5"),
    ],
)
def test_dose_05_finds_a_hundredth_above_a_range_and_passes_its_end(
    product: str, indication: str, muscle: str, high: str
):
    seen = [before(ago(200), "1", indication, product)]
    over = once(
        str(Decimal(high) + Decimal("0.01")), muscle, indication, product=product, history=seen
    )

    assert found("DOSE-05", over).severity == "warn"
    assert f"above {high} U" in found("DOSE-05", over).text
    assert found("DOSE-05", once(high, muscle, indication, product=product, history=seen)) is None


def test_dose_05_finds_less_than_a_range_and_only_says_so():
    finding = found("DOSE-05", once("59.99", "biceps_brachii", UL))

    assert (finding.severity, finding.needs_reason) == ("info", False)
    assert finding.text == "Biceps brachii, right: 59.99 U of BOTOX, below 60 U (label)."
    assert finding.say("es") == (
        "Bíceps braquial, lado derecho: 59.99 U de BOTOX, por debajo de 60 U (etiqueta)."
    )
    assert found("DOSE-05", once("60", "biceps_brachii", UL)) is None


def test_dose_05_finds_each_side_by_itself():
    doses = [dose("biceps_brachii", side, "50", UL) for side in "RRRLLLLL"]

    assert found("DOSE-05", treated(doses)).text == (
        "Biceps brachii, left: 250 U of BOTOX, above 200 U (label)."
    )


def test_dose_05_weighs_a_warning_above_what_is_only_said():
    doses = [dose("soleus", "R", "76", LL), dose("flexor_hallucis_longus", "R", "10", LL)]

    finding = found("DOSE-05", treated(doses))

    assert finding.severity == "warn"
    assert "above 75 U" in finding.text
    assert "below 50 U" in finding.text


@pytest.mark.parametrize(("units", "severity"), [("75.01", "warn"), ("37.49", "info")])
def test_dose_05_finds_a_child_outside_its_units_per_kg(units: str, severity: str):
    finding = found("DOSE-05", once(units, "biceps_brachii", UL, age=9, kg="25"))

    assert finding.severity == severity
    assert "U/kg at 25 kg)" in finding.text


def test_dose_05_passes_a_child_within_its_units_per_kg_and_one_of_unknown_weight():
    for units in ("37.5", "75"):
        assert found("DOSE-05", once(units, "biceps_brachii", UL, age=9, kg="25")) is None
    assert found("DOSE-05", once("500", "biceps_brachii", UL, age=9)) is None


def test_dose_05_adds_both_heads_up_where_a_range_does_not_part_them():
    doses = [
        dose("gastrocnemius_medial", "R", "120", LL),
        dose("gastrocnemius_lateral", "R", "105.01", LL),
    ]

    finding = found("DOSE-05", treated(doses, product="Dysport", age=9, kg="25"))

    assert "225.01 U of Dysport, above 225 U (9 U/kg at 25 kg)" in finding.text
    assert "head not stated" in finding.text


def test_dose_05_judges_splenius_of_both_sides_together():
    both = [
        dose("splenius_capitis", "R", "50", CD),
        dose("splenius_capitis", "R", "50", CD),
        dose("splenius_capitis", "L", "50", CD),
        dose("splenius_cervicis", "L", "50", CD),
    ]

    assert found("DOSE-05", treated(both)) is None
    more = treated([*both, dose("splenius_cervicis", "L", "1", CD)])
    assert (
        "Splenius capitis and Splenius cervicis: 201 U of BOTOX, above 200 U"
        in found("DOSE-05", more).text
    )


INITIAL = [
    ("Dysport", CD, "500"),
    ("Xeomin", CD, "120"),
    ("Myobloc", CD, "5000"),
]


@pytest.mark.parametrize(("product", "indication", "most"), INITIAL)
def test_dose_05_finds_a_first_dose_above_the_label_s_and_only_says_so(product, indication, most):
    finding = found("DOSE-05", once(f"{most}.01", None, indication, product=product))

    assert finding.severity == "info"
    assert f"in the first session known; {most} U to start with (US label)" in finding.text


@pytest.mark.parametrize(("product", "indication", "most"), INITIAL)
def test_dose_05_passes_the_label_s_first_dose_and_a_second_session(product, indication, most):
    assert found("DOSE-05", once(most, None, indication, product=product)) is None
    seen = [before(ago(100), "1", indication, product)]
    later = once(f"{most}.01", None, indication, product=product, history=seen)
    assert found("DOSE-05", later) is None


def test_dose_05_passes_a_first_dose_where_nobody_can_say_what_was_before():
    session = once("501", None, CD, product="Dysport")

    assert found("DOSE-05", dataclasses.replace(session, unsaid=frozenset({"history"}))) is None


def test_dose_05_finds_more_than_xeomin_s_label_gives_one_eye():
    seen = [before(ago(100), "50", BLEPH, "Xeomin")]

    over = found("DOSE-05", once("50.01", None, BLEPH, product="Xeomin", history=seen))
    assert over.severity == "warn"
    assert "in one eye, right: more than 50 U" in over.text
    assert found("DOSE-05", once("50", None, BLEPH, product="Xeomin", history=seen)) is None
    assert found("DOSE-05", once("26", None, BLEPH, product="Xeomin")).severity == "info"


def test_dose_05_finds_what_is_above_the_eu_label_alone_and_only_says_so():
    finding = found("DOSE-05", once("300.01", None, CD))

    assert finding.severity == "info"
    assert "more than 300 U (EU label)" in finding.text
    assert found("DOSE-05", once("300", None, CD)) is None
    lids = once("50", None, BLEPH, history=[before(ago(83), "50.01", BLEPH)])
    assert "100.01 U of BOTOX for blepharospasm in 12 weeks" in found("DOSE-05", lids).text


def test_dose_05_passes_w24_the_whole_label_row_of_a_leg():
    muscles = {
        "gastrocnemius_medial": 3, "gastrocnemius_lateral": 3, "soleus": 3,
        "tibialis_posterior": 3, "flexor_hallucis_longus": 2, "flexor_digitorum_longus": 2,
    }  # fmt: skip
    doses = [dose(muscle, "R", "25", LL) for muscle, sites in muscles.items() for _ in range(sites)]

    session = treated(doses)

    assert (len(doses), sum(each["units"] for each in doses)) == (16, 400)
    assert not judge_ids(session) & {f"DOSE-{number:02}" for number in range(1, 14)}


# DOSE-06: sternocleidomastoid


def test_dose_06_finds_more_than_100_u_and_both_sides():
    doses = [dose("sternocleidomastoid", "R", "50", CD) for _ in range(2)]
    doses.append(dose("sternocleidomastoid", "L", "0.01", CD))

    finding = found("DOSE-06", treated(doses))

    assert finding.severity == "warn"
    assert finding.text == (
        "Sternocleidomastoid: 100.01 U of BOTOX in one session, both sides together, more than "
        "100 U (US label). Sternocleidomastoid: injected on both sides."
    )


def test_dose_06_finds_both_sides_of_any_product():
    doses = [dose("sternocleidomastoid", side, "20", CD) for side in "RL"]

    for product in ("BOTOX", "Dysport", "Myobloc"):
        assert found("DOSE-06", treated(doses, product=product)).text == (
            "Sternocleidomastoid: injected on both sides."
        )


def test_dose_06_passes_100_u_on_one_side_and_another_product_s_units():
    assert found("DOSE-06", once("100", "sternocleidomastoid", CD)) is None
    assert found("DOSE-06", once("100.01", "sternocleidomastoid", CD)) is not None
    assert found("DOSE-06", once("300", "sternocleidomastoid", CD, product="Dysport")) is None


# DOSE-07: migraine


def test_dose_07_finds_w5_195_u_and_only_says_so():
    finding = found("DOSE-07", treated(preempt(*follow_the_pain())))

    assert (finding.severity, finding.needs_reason) == ("info", False)
    assert finding.text == (
        "195 U of BOTOX for chronic migraine: above 155 U (US label), within 195 U (EU label)."
    )


@pytest.mark.parametrize(
    ("units", "severity"),
    [("0.01", "info"), ("5", "info"), ("40", "info"), ("40.01", "override"), ("50", "override")],
)
def test_dose_07_finds_more_than_155_u_and_stops_above_195(units: str, severity: str):
    extra = dose("trapezius", "R", units, CM)

    finding = found("DOSE-07", treated(preempt(extra)))

    assert finding.severity == severity
    assert finding.needs_reason is (severity == "override")


def test_dose_07_finds_less_than_155_u_and_waits_for_the_review_with_it():
    finding = found("DOSE-07", once("154.99", None, CM))

    assert (finding.severity, finding.at_signing) == ("info", True)
    assert finding.text == "154.99 U of BOTOX for chronic migraine: below 155 U (US label)."
    assert not found("DOSE-07", treated(preempt(*follow_the_pain()))).at_signing


def test_dose_07_passes_155_u_and_other_indications_and_products():
    assert found("DOSE-07", treated(preempt())) is None
    assert found("DOSE-07", treated(preempt(*underarms(10, "5")))) is None
    assert found("DOSE-07", once("500", None, CM, product="Dysport")) is None
    assert found("DOSE-07", once("300", None, UL)) is None


# DOSE-08: follow-the-pain


@pytest.mark.parametrize(
    ("muscle", "side"), [("frontalis", "R"), ("procerus", "M"), ("cervical_paraspinal", "L")]
)
def test_dose_08_finds_extra_units_in_a_muscle_that_has_only_fixed_sites(muscle: str, side: str):
    finding = found("DOSE-08", treated(preempt(dose(muscle, side, "0.01", CM))))

    assert finding.severity == "warn"
    assert finding.text.endswith(
        "Follow-the-pain adds only in Temporalis, Occipitalis and Trapezius (upper)."
    )


def test_dose_08_finds_a_muscle_and_a_place_that_the_protocol_does_not_treat():
    extras = [dose("masseter", "R", "5", CM), dose(None, "R", "5", CM, other="Scar")]

    finding = found("DOSE-08", treated(preempt(*extras)))

    assert "Masseter 5 U at 1 site and Scar 5 U at 1 site" in finding.text
    assert finding.about == (key(131), key(132))


@pytest.mark.parametrize(
    ("muscle", "extra", "most"),
    [
        ("temporalis", 2, "50 U at 10 sites"),
        ("occipitalis", 2, "40 U at 8 sites"),
        ("trapezius", 4, "50 U at 10 sites"),
    ],
)
def test_dose_08_finds_more_than_the_muscle_s_most_and_passes_the_most(muscle, extra, most):
    up_to = preempt(*(dose(muscle, "R", "5", CM) for _ in range(extra)))

    assert found("DOSE-08", treated(up_to)) is None
    more_units = [*up_to[:-1], dose(muscle, "R", "5.01", CM)]
    assert f"at most {most}" in found("DOSE-08", treated(more_units)).text
    smaller = dose(muscle, "R", "2.5", CM)
    more_sites = [*up_to[:-1], smaller, smaller]
    assert f"at most {most}" in found("DOSE-08", treated(more_sites)).text


def test_dose_08_passes_w23_all_of_follow_the_pain():
    doses = preempt(*follow_the_pain())

    assert (len(doses), sum(each["units"] for each in doses)) == (39, 195)
    assert judge_ids(treated(doses)) & {"DOSE-01", "DOSE-02", "DOSE-05", "DOSE-08"} == set()


def test_dose_08_passes_the_fixed_sites_and_other_indications():
    assert found("DOSE-08", treated(preempt())) is None
    assert found("DOSE-08", once("25", "masseter", "other")) is None


def test_dose_08_passes_a_site_without_any_place_which_data_04_names():
    session = treated(preempt(dose(None, "R", "5", CM)))

    assert judge_ids(session) & {"DOSE-08", "DATA-04"} == {"DATA-04"}


# DOSE-09: underarms


def test_dose_09_finds_more_than_50_u_in_one_underarm():
    doses = [*underarms(10, "5"), dose("axilla", "L", "0.01", AXILLA, depth="ID")]

    finding = found("DOSE-09", treated(doses))

    assert finding.severity == "warn"
    assert finding.text == "50.01 U of BOTOX in one underarm, left: more than 50 U (US label)."


@pytest.mark.parametrize(("sites", "waits"), [(9, True), (16, False)])
def test_dose_09_finds_a_number_of_sites_beside_the_label_and_only_says_so(sites: int, waits: bool):
    finding = found("DOSE-09", treated(underarms(sites, "3", sides="L")))

    assert (finding.severity, finding.at_signing) == ("info", waits)
    assert f"{sites} sites of BOTOX in one underarm, left" in finding.text


@pytest.mark.parametrize(("sites", "units"), [(10, "5"), (15, "3.33"), (15, "3"), (12, "4.16")])
def test_dose_09_passes_w8_and_what_lies_within_the_label(sites: int, units: str):
    assert found("DOSE-09", treated(underarms(sites, units))) is None


def test_dose_09_passes_one_underarm_and_another_product():
    assert found("DOSE-09", treated(underarms(10, "5", sides="R"))) is None
    assert found("DOSE-09", treated(underarms(4, "50"), product="Dysport")) is None


# DOSE-10: volume at one site. Dysport 300 U in 4 mL: 75 U/mL


@pytest.mark.parametrize(("units", "ml"), [("75.01", "1.000133"), ("150", "2")])
def test_dose_10_finds_more_than_a_millilitre_at_one_site(units: str, ml: str):
    finding = found("DOSE-10", once(units, "soleus", LL, product="Dysport"))

    assert finding.severity == "warn"
    assert finding.text == (
        f"Soleus, right, {ml} mL: more than 1 mL of Dysport at one site of an adult (US label)."
    )


def test_dose_10_finds_more_than_half_a_millilitre_in_a_child():
    over = once("37.51", "soleus", LL, product="Dysport", age=17, kg="60")

    assert "more than 0.5 mL of Dysport at one site of a child" in found("DOSE-10", over).text
    assert found("DOSE-10", once("37.5", "soleus", LL, product="Dysport", age=17, kg="60")) is None
    assert found("DOSE-10", once("37.51", "soleus", LL, product="Dysport", age=18)) is None


def test_dose_10_finds_what_was_drawn_up_where_that_is_said():
    drawn = dose("soleus", "R", "10", LL, volume_ml=Decimal("1.01"))

    assert found("DOSE-10", treated([drawn], product="Dysport")) is not None
    less = dose("soleus", "R", "150", LL, volume_ml=Decimal("1.0"))
    assert found("DOSE-10", treated([less], product="Dysport")) is None


def test_dose_10_passes_a_millilitre_and_what_nobody_can_compute():
    assert found("DOSE-10", once("75", "soleus", LL, product="Dysport")) is None
    assert found("DOSE-10", once("200", "soleus", LL)) is None
    unmixed = preparation(product="Dysport", diluent_ml=None, vials=(vial(units=Decimal(300)),))
    session = once("150", "soleus", LL, product="Dysport")
    unknown = dataclasses.replace(session.chart, preparations=(unmixed,))
    assert found("DOSE-10", dataclasses.replace(session, chart=unknown)) is None


# DOSE-11: a protocol of another product


def test_dose_11_finds_a_protocol_laid_for_another_product():
    finding = found("DOSE-11", treated(preempt(), product="Xeomin"))

    assert finding.severity == "override"
    assert finding.text == (
        "PREEMPT, 31 fixed sites is in units of BOTOX, and the vial is Xeomin (31 sites)."
    )
    assert len(finding.about) == 31


def test_dose_11_passes_the_protocol_s_product_unknown_protocols_and_sites_without_vial():
    assert found("DOSE-11", treated(preempt())) is None
    unknown = [dose("soleus", "R", "5", LL, protocol="NOBODY-KNOWS")]
    assert found("DOSE-11", treated(unknown, product="Dysport")) is None
    loose = [{**each, "preparation": None, "state": "planned"} for each in preempt()]
    assert found("DOSE-11", treated(loose, product="Dysport")) is None


# DOSE-12: twice the last session


def test_dose_12_finds_more_than_twice_the_last_session():
    history = [before(ago(200), "200", UL), before(ago(100), "50", UL)]

    finding = found("DOSE-12", once("100.01", None, UL, history=history))

    assert finding.severity == "warn"
    assert finding.text == (
        "100.01 U of BOTOX for upper-limb spasticity: more than 2 times the 50 U of 14 Aug 2026."
    )


def test_dose_12_finds_it_beside_another_treatment_of_that_day():
    history = [before(ago(100), "25", UL), before(ago(100), "25", UL), before(ago(90), "300", LL)]

    assert found("DOSE-12", once("100", None, UL, history=history)) is None
    assert found("DOSE-12", once("100.01", None, UL, history=history)) is not None


@pytest.mark.parametrize(
    "history",
    [
        [],
        [before(ago(100), "50", UL)],
        [before(ago(100), "10", LL)],
        [before(ago(100), "10", UL, product="Dysport")],
        [before(ago(100), "10", UL, product="BOTOX Cosmetic")],
        [before(ago(0), "10", UL)],
        [before(ago(-1), "10", UL)],
    ],
)
def test_dose_12_passes_twice_the_last_and_what_is_no_earlier_session_like_it(history):
    assert found("DOSE-12", once("100", None, UL, history=history)) is None


# DOSE-13: blepharospasm in 30 days


@pytest.mark.parametrize("days", [0, 29])
def test_dose_13_finds_more_than_200_u_in_30_days(days: int):
    finding = found(
        "DOSE-13", once("50.01", None, BLEPH, history=[before(ago(days), "150", BLEPH)])
    )

    assert finding.severity == "override"
    assert "make 200.01 U in 30 days; the most is 200 U (US label)" in finding.text


def test_dose_13_finds_more_than_200_u_in_one_session():
    assert found("DOSE-13", once("200.01", None, BLEPH)).text == (
        "200.01 U of BOTOX in this session for blepharospasm; the most in 30 days is 200 U "
        "(US label)."
    )


@pytest.mark.parametrize(
    "earlier",
    [
        before(ago(30), "150", BLEPH),
        before(ago(29), "149.99", BLEPH),
        before(ago(9), "150", CM),
        before(ago(9), "150", BLEPH, product="Xeomin"),
    ],
)
def test_dose_13_passes_200_u_the_30th_day_and_other_treatments(earlier):
    assert found("DOSE-13", once("50.01", None, BLEPH, history=[earlier])) is None


# What is true of all of them


def test_the_sums_of_the_rules_refuse_units_of_two_products():
    session = once("5", None, CD, product="Dysport")

    assert limits.given("Dysport", session.sites, session) == Dose("Dysport", Decimal(5))
    with pytest.raises(TypeError):
        limits.given("BOTOX", session.sites, session)
    with pytest.raises(TypeError):
        limits.given_before("BOTOX", [before(DAY, "5", product="Dysport")], catalogue())
    cosmetic = [before(DAY, "5", product="BOTOX Cosmetic"), before(DAY, "10")]
    assert limits.given_before("BOTOX", cosmetic, catalogue()) == Dose("BOTOX", Decimal(15))


def judge_ids(session) -> set[str]:
    return {finding.id for finding in judge(session, catalogue())}


MUSCLES = {
    CM: ["temporalis", "trapezius", "masseter", None],
    CD: ["sternocleidomastoid", "splenius_capitis", "scalene"],
    UL: ["biceps_brachii", "brachialis"],
    LL: ["soleus", "gastrocnemius_medial"],
    BLEPH: ["orbicularis_oculi_upper_medial"],
    AXILLA: ["axilla"],
}
DOSES = st.sampled_from(sorted(MUSCLES)).flatmap(
    lambda indication: st.builds(
        dose,
        st.sampled_from(MUSCLES[indication]),
        st.sampled_from("RLM"),
        st.integers(1, 40_000).map(lambda steps: str(Decimal(steps) / 100)),
        st.just(indication),
    )
)
HISTORY = st.builds(
    before,
    st.integers(0, 120).map(ago),
    st.integers(1, 400).map(str),
    st.sampled_from(sorted(MUSCLES)),
    st.sampled_from(["BOTOX", "BOTOX Cosmetic", "Dysport", "Jeuveau"]),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(DOSES, min_size=1, max_size=8),
    st.lists(HISTORY, max_size=5),
    st.sampled_from(["BOTOX", "Dysport", "Xeomin"]),
    st.integers(1, 60),
    st.randoms(use_true_random=False),
)
def test_the_order_of_sites_and_history_changes_no_finding(doses, history, product, age, random):
    session = treated(doses, product=product, age=age, kg="30", history=history)
    sites, treatments = list(session.chart.sites), list(history)
    random.shuffle(sites)
    random.shuffle(treatments)
    shuffled = dataclasses.replace(
        session,
        chart=dataclasses.replace(session.chart, sites=tuple(sites)),
        history=tuple(treatments),
    )

    def dosed(of) -> list:
        return [f for f in judge(of, catalogue()) if f.id.startswith(("DOSE", "PED"))]

    assert dosed(shuffled) == dosed(session)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(DOSES, min_size=1, max_size=5),
    st.lists(DOSES, min_size=1, max_size=5),
    st.lists(HISTORY, max_size=3),
    st.integers(1, 60),
)
def test_planned_sites_change_nothing_once_something_is_given(given, planned, history, age):
    more = [{**each, "state": "planned", "given_at": None} for each in planned]
    alone = treated(given, age=age, kg="30", history=history)
    beside = treated([*given, *more], age=age, kg="30", history=history)

    assert judge(beside, catalogue()) == judge(alone, catalogue())


def test_every_text_is_said_in_spanish_too():
    history = [before(ago(20), "300", UL), before(ago(20), "160", BLEPH)]
    doses = [
        *preempt(dose("masseter", "R", "60", CM), dose("temporalis", "R", "60", CM)),
        dose("biceps_brachii", "R", "401", UL),
        dose("sternocleidomastoid", "R", "101", CD),
        dose("sternocleidomastoid", "L", "1", CD),
        dose("orbicularis_oculi_upper_medial", "R", "60", BLEPH),
        *underarms(3, "20"),
    ]

    for finding in judge(treated(doses, history=history), catalogue()):
        assert finding.say("es") != finding.text
        assert "{" not in finding.text + finding.text_es


# The limits that apply to a patient


def limits_of(age: int, kg: str | None) -> dict[str, Decimal]:
    return limits_for(once("5", None, UL, age=age, kg=kg), catalogue())


@pytest.mark.parametrize(
    ("kg", "expected"),
    [
        (
            "25",
            {
                "MAX-BTX-PED": 250, "MAX-BTX-PED-UL": 150, "MAX-BTX-PED-LL": 200,
                "MAX-BTX-PED-UL+LL": 250, "MAX-DYS-PED-UL": 400, "MAX-DYS-PED-LL1": 375,
                "MAX-DYS-PED-LL2": 750, "MAX-DYS-PED-ALL": 750, "MAX-XEO-PED-UL": 200,
            },
        ),
        (
            "40",
            {
                "MAX-BTX-PED": 340, "MAX-BTX-PED-UL": 200, "MAX-BTX-PED-LL": 300,
                "MAX-BTX-PED-UL+LL": 340, "MAX-DYS-PED-UL": 640, "MAX-DYS-PED-LL1": 600,
                "MAX-DYS-PED-LL2": 1000, "MAX-DYS-PED-ALL": 1000, "MAX-XEO-PED-UL": 200,
            },
        ),
    ],
)  # fmt: skip
def test_w18_w19_w20_the_limits_of_a_child(kg: str, expected: dict[str, int]):
    assert limits_of(9, kg) == expected


def test_a_child_of_unknown_weight_has_no_limit_that_goes_by_weight():
    assert limits_of(9, None) == {}


def test_a_child_of_twelve_has_the_lids_limits_and_one_under_two_no_limb_limits():
    assert limits_of(12, "40").keys() - limits_of(11, "40").keys() == {
        "MAX-BTX-BLEPH-30D",
        "MAX-BTX-BLEPH-SITE",
    }
    assert limits_of(1, "10") == {"MAX-BTX-PED": 100}


def test_an_adult_has_the_us_label_s_limits_and_no_child_s():
    found = limits_of(18, "60")

    assert found["MAX-BTX-ADULT"] == 400
    assert (found["MAX-BTX-CM"], found["MAX-BTX-AX"], found["MAX-BTX-SITE"]) == (155, 50, 50)
    assert (found["MAX-DYS-CD"], found["MAX-XEO-BLEPH"], found["MAX-DAX-CD"]) == (1000, 100, 250)
    assert not {key for key in found if "PED" in key or key.endswith("EU")}
    assert "MAX-DYS-VOL" not in found


def test_nobody_of_unknown_age_has_a_limit_that_goes_by_age():
    session = once("5", None, UL)
    ageless = dataclasses.replace(session.patient, born=None)

    assert limits_for(dataclasses.replace(session, patient=ageless), catalogue()) == {}


def test_a_site_whose_side_nobody_knows_is_still_added_up():
    doses = [{**dose("axilla", "R", "51", AXILLA, depth="ID"), "side": None}]

    assert "51 U of BOTOX in one underarm: more than 50 U" in found("DOSE-09", treated(doses)).text
