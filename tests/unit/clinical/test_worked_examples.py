"""The worked examples of the clinical reference, section 7, each through `assess` as described."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from app.clinical.assess import assess
from app.clinical.catalogue import catalogue

ADULT = {"born": "1980-01-01", "payer": "medicare", "sex": "male"}
DAY = "2026-11-22"

# Every contraindication asked, as for a man: a session in which nothing speaks against it.
ASKED = dict.fromkeys(
    (
        "infection_at_site",
        "toxin_hypersensitivity",
        "cows_milk_protein_allergy",
        "iodine_allergy",
        "neuromuscular_disease",
        "swallowing_or_breathing_trouble",
        "cardiovascular_disease",
        "aminoglycoside_or_blocker",
        "anticholinergic",
        "muscle_relaxant",
        "other_toxin_120_days",
        "pregnant",
        "breastfeeding",
        "anticoagulant_or_bleeding_disorder",
        "eye_or_facial_nerve_disorder",
        "fine_grip_work",
    ),
    "no",
) | dict.fromkeys(
    (
        "topical_treatment_failed",
        "secondary_cause_excluded",
        "consent_today",
        "off_label_consent",
        "spread_warning_given",
    ),
    "yes",
)


def site(muscle: str, side: str, units: str, count: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "preparation": "a",
        "muscle": muscle,
        "side": side,
        "units": units,
        "count": count,
    } | more


def vial(units: str, lot: str = "C1", **more: Any) -> dict[str, Any]:
    return {"units": units, "lot": lot, "expires": "2027-05-31"} | more


def preparation(product: str, ml: str, *vials: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "key": "a",
        "product": product,
        "diluent_ml": ml,
        "reconstituted_at": f"{DAY}T09:00-05:00",
        "vials": list(vials),
    } | more


def session(
    indication: str,
    code: str,
    preparations: list[dict[str, Any]],
    sites: list[dict[str, Any]],
    **more: Any,
) -> dict[str, Any]:
    return {
        "date": DAY,
        "injected_at": f"{DAY}T10:00-05:00",
        "patient": ADULT,
        "indications": [indication],
        "codes": [code],
        "preparations": preparations,
        "sites": [{"indication": indication} | each for each in sites],
        "answers": ASKED,
    } | more


def judged(case: dict[str, Any]) -> dict[str, Any]:
    return assess(case, catalogue())


def severities(case: dict[str, Any]) -> dict[str, str]:
    return {finding["id"]: finding["severity"] for finding in judged(case)["findings"]}


def lines(case: dict[str, Any]) -> list[tuple[str, str | None, int]]:
    return [(line["code"], line["modifier"], line["units"]) for line in judged(case)["billing"]]


def drug_lines(case: dict[str, Any]) -> set[tuple[str, str | None, int]]:
    return {line for line in lines(case) if line[0].startswith("J")}


PREEMPT = [
    *(site(m, s, "5", n) for m, n in [("corrugator", 1), ("frontalis", 2), ("temporalis", 4)]
      for s in ("left", "right")),
    site("procerus", "midline", "5"),
    *(site(m, s, "5", n) for m, n in [("occipitalis", 3), ("cervical_paraspinal", 2),
                                      ("trapezius", 3)] for s in ("left", "right")),
]  # fmt: skip

PAIN = [
    *(site("temporalis", s, "5", 1) for s in ("left", "right")),
    *(site("occipitalis", s, "5", 1) for s in ("left", "right")),
    *(site("trapezius", s, "5", 2) for s in ("left", "right")),
]

HEADACHES = [
    {"scale": "headache_days", "value": "20", "date": DAY, "rater": "patient"},
    {"scale": "migraine_days", "value": "12", "date": DAY, "rater": "patient"},
    {"scale": "headache_hours_per_day", "value": "6", "date": DAY, "rater": "patient"},
]


def migraine(
    *vials: dict[str, Any], ml: str = "4", sites: Any = None, **more: Any
) -> dict[str, Any]:
    return session(
        "chronic_migraine",
        "G43.709",
        [preparation("BOTOX", ml, *(vials or (vial("200"),)))],
        PREEMPT if sites is None else sites,
        **({"outcomes": HEADACHES} | more),
    )


SEVERE = [{"scale": "hdss", "value": "4", "date": DAY, "rater": "patient"}]


def axillae(per_side: str, count: int, ml: str = "4", **more: Any) -> dict[str, Any]:
    return session(
        "axillary_hyperhidrosis",
        "L74.510",
        [preparation("BOTOX", ml, vial("100"))],
        [site("axilla", side, per_side, count) for side in ("left", "right")],
        **({"outcomes": SEVERE} | more),
    )


def dystonia(product: str, ml: str, units: str, *vials: dict[str, Any]) -> dict[str, Any]:
    return session(
        "cervical_dystonia",
        "G24.3",
        [preparation(product, ml, *vials)],
        [site("splenius_capitis", "left", units)],
    )


def child(kg: str, product: str = "BOTOX") -> dict[str, Any]:
    case = session(
        "upper_limb_spasticity",
        "G81.11",
        [preparation(product, "2", vial("500" if product == "Dysport" else "200"))],
        [],
    )
    case["patient"] = {"born": "2016-11-22", "weight_kg": kg, "weighed_on": DAY}
    return case


def arm(side: str = "right", **units: str) -> list[dict[str, Any]]:
    return [site(muscle, side, amount) for muscle, amount in units.items()]


# Totals, volumes and vials


def test_w1_and_w2_a_migraine_session_draws_3_1_ml_and_leaves_45_units():
    answer = judged(migraine())

    assert answer["totals"] == {"BOTOX": "155.00"}
    assert answer["volumes_ml"] == {"a": "3.10"}
    assert answer["vials"] == [
        {"preparation": "a", "lot": "C1", "opened": "200.00", "given": "155.00",
         "discarded": "45.00"}
    ]  # fmt: skip
    assert judged(migraine(vial("100"), ml="2", sites=[PREEMPT[0]]))["volumes_ml"] == {"a": "0.10"}


def test_w3_to_w6_units_given_and_wasted_are_billed_by_the_vial():
    assert drug_lines(migraine()) == {("J0585", None, 155), ("J0585", "JW", 45)}
    two = migraine(vial("100", "A"), vial("100", "B"), ml="2")
    assert [(each["lot"], each["given"], each["discarded"]) for each in judged(two)["vials"]] == [
        ("A", "100.00", "0.00"),
        ("B", "55.00", "45.00"),
    ]
    assert drug_lines(two) == {("J0585", None, 155), ("J0585", "JW", 45)}
    assert drug_lines(migraine(sites=PREEMPT + PAIN)) == {("J0585", None, 195), ("J0585", "JW", 5)}
    full = migraine(sites=[*PREEMPT, *PAIN, site("trapezius", "left", "5")])
    assert drug_lines(full) == {("J0585", "JZ", 200)}


def test_w5_and_w23_195_units_in_39_sites_are_above_the_us_label_and_no_error():
    found = severities(migraine(sites=PREEMPT + PAIN))

    assert found["DOSE-07"] == "info"
    assert "DOSE-08" not in found
    assert not {"stop", "override"} & set(found.values())


def test_w7_both_underarms_use_up_100_units():
    case = axillae("5", 10)

    assert judged(case)["volumes_ml"] == {"a": "4.00"}
    assert drug_lines(case) == {("J0585", "JZ", 100)}
    assert ("64650", None, 1) in lines(case)


def test_w8_fifteen_sites_of_3_33_are_within_a_tenth_of_a_unit():
    case = axillae("3.33", 15)
    case["preparations"][0]["vials"][0]["discarded"] = "0"

    assert judged(case)["totals"] == {"BOTOX": "99.90"}
    assert "DATA-07" not in severities(case)


def test_w9_to_w13_billing_units_are_rounded_up_given_and_down_wasted():
    lids = session(
        "blepharospasm",
        "G24.5",
        [preparation("BOTOX", "4", vial("100"))],
        [
            site(f"orbicularis_oculi_{part}", side, "1.25")
            for part in ("upper_medial", "upper_lateral", "lower_lateral")
            for side in ("left", "right")
        ],
    )
    assert judged(lids)["volumes_ml"] == {"a": "0.30"}
    assert drug_lines(lids) == {("J0585", None, 8), ("J0585", "JW", 92)}
    assert drug_lines(dystonia("Dysport", "2", "500", vial("500"))) == {("J0586", "JZ", 100)}
    assert drug_lines(
        dystonia("Dysport", "1", "640", vial("500"), vial("300", diluent_ml="0.6"))
    ) == {("J0586", None, 128), ("J0586", "JW", 32)}
    assert drug_lines(dystonia("Dysport", "1.5", "143", vial("300"))) == {
        ("J0586", None, 29),
        ("J0586", "JW", 31),
    }
    assert drug_lines(dystonia("Myobloc", "0", "3250", vial("5000"))) == {
        ("J0587", None, 33),
        ("J0587", "JW", 17),
    }


# Intervals and cumulative doses


def earlier(day: str, product: str, indication: str, units: str) -> list[dict[str, Any]]:
    return [{"date": day, "product": product, "indication": indication, "units": units,
             "response": "better"}]  # fmt: skip


def limb(*amounts: tuple[str, str], history: Any = (), **more: Any) -> dict[str, Any]:
    total = sum(float(units) for _, units in amounts)
    vials = [vial("200", f"V{n}") for n in range(int(-(-total // 200)))]
    return session(
        "upper_limb_spasticity",
        "G81.11",
        [preparation("BOTOX", "4", *vials)],
        [site(muscle, "right", units) for muscle, units in amounts],
        history=list(history),
        **more,
    )


def test_w14_300_units_after_84_days_pass_and_the_boundary_is_told():
    found = severities(
        limb(("biceps_brachii", "50"), ("biceps_brachii", "50"), ("biceps_brachii", "50"),
             ("flexor_digitorum_profundus", "50"), ("flexor_digitorum_superficialis", "50"),
             ("brachialis", "50"),
             history=earlier("2026-08-30", "BOTOX", "upper_limb_spasticity", "300"))
    )  # fmt: skip

    assert found["DOSE-04"] == "info"
    assert not {"DOSE-03", "INT-01", "INT-02"} & set(found)


def test_w15_another_indication_within_84_days_warns_and_the_sum_passes():
    found = severities(
        axillae("5", 10, history=earlier("2026-10-01", "BOTOX", "chronic_migraine", "155"))
    )

    assert found["INT-03"] == "warn"
    assert "DOSE-03" not in found


def test_w16_455_units_within_84_days_need_a_prescriber():
    found = severities(
        migraine(history=earlier("2026-09-20", "BOTOX", "upper_limb_spasticity", "300"))
    )

    assert found["DOSE-03"] == "override"


def test_w17_units_of_two_products_are_never_added():
    case = dystonia("Dysport", "1", "500", vial("500"))
    case["history"] = earlier("2026-10-01", "BOTOX", "chronic_migraine", "155")
    answer = judged(case)

    assert answer["totals"] == {"Dysport": "500.00"}
    assert "655" not in str(answer)
    assert severities(case)["INT-04"] == "warn"


def test_w32_below_eight_weeks_needs_a_prescriber():
    found = severities(
        axillae("5", 10, history=earlier("2026-10-04", "BOTOX", "axillary_hyperhidrosis", "100"))
    )

    assert found["INT-02"] == "override"
    assert not {"INT-01", "INT-03"} & set(found)


def test_the_example_of_the_vocabulary_is_63_days_with_a_reason():
    case = {
        "date": "2026-11-22",
        "injected_at": "2026-11-22T10:00-05:00",
        "patient": {"born": "1980-01-01", "weight_kg": "68", "payer": "medicare"},
        "indications": ["chronic_migraine"],
        "codes": ["G43.709"],
        "guidance": [],
        "preparations": [
            {"key": "a", "product": "BOTOX", "diluent_ml": "4",
             "reconstituted_at": "2026-11-22T09:00-05:00",
             "vials": [{"units": "200", "lot": "C1", "expires": "2027-05-31"}]}
        ],
        "sites": [
            {"preparation": "a", "indication": "chronic_migraine", "muscle": "procerus",
             "side": "midline", "units": "5", "count": 1}
        ],
        "history": [
            {"date": "2026-09-20", "product": "BOTOX", "indication": "chronic_migraine",
             "units": "155"}
        ],
        "answers": {"infection_at_site": "no"},
    }  # fmt: skip
    answer = judged(case)

    assert answer["totals"] == {"BOTOX": "5.00"}
    assert answer["volumes_ml"] == {"a": "0.10"}
    assert answer["vials"][0]["discarded"] == "195.00"
    assert lines(case) == [("64615", None, 1), ("J0585", None, 5), ("J0585", "JW", 195)]
    found = {each["id"]: each for each in answer["findings"]}
    assert (found["INT-01"]["severity"], found["INT-01"]["needs_reason"]) == ("warn", True)
    assert found["CI-04"]["severity"] == "stop"
    assert "CI-01" not in found


# Children


@pytest.mark.parametrize(
    ("kg", "limits"),
    [
        ("25", {"MAX-BTX-PED-UL": "150", "MAX-BTX-PED-LL": "200", "MAX-BTX-PED-UL+LL": "250"}),
        ("40", {"MAX-BTX-PED-UL": "200", "MAX-BTX-PED-LL": "300", "MAX-BTX-PED-UL+LL": "340"}),
    ],
)
def test_w18_and_w19_a_child_has_limits_by_weight_and_caps(kg: str, limits: dict[str, str]):
    assert limits.items() <= judged(child(kg))["limits"].items()


@pytest.mark.parametrize(
    ("kg", "arm", "leg", "legs"), [("25", "400", "375", "750"), ("40", "640", "600", "1000")]
)
def test_w20_dysport_has_its_own(kg: str, arm: str, leg: str, legs: str):
    limits = judged(child(kg, "Dysport"))["limits"]

    assert (limits["MAX-DYS-PED-UL"], limits["MAX-DYS-PED-LL1"]) == (arm, leg)
    assert limits["MAX-DYS-PED-LL2"] == legs


# Clocks and lots


@pytest.mark.parametrize(
    ("product", "given", "late"),
    [
        ("BOTOX", "07:59", False),
        ("BOTOX", "08:00", False),
        ("BOTOX", "09:30", True),
        ("Daxxify", "09:30", False),
    ],
)
def test_w21_exactly_24_hours_pass_and_daxxify_has_72(product: str, given: str, late: bool):
    case = session(
        "cervical_dystonia",
        "G24.3",
        [preparation(product, "1.2" if product == "Daxxify" else "2", vial("100"),
                     reconstituted_at="2026-11-21T08:00-05:00")],
        [site("splenius_capitis", "left", "50")],
        injected_at=f"2026-11-22T{given}-05:00",
    )  # fmt: skip

    assert ("TIME-01" in severities(case)) is late


@pytest.mark.parametrize(
    ("expiry", "expired"), [("261100", False), ("261122", False), ("261031", True)]
)
def test_w22_day_00_is_the_last_of_the_month(expiry: str, expired: bool):
    scanned = {"units": "200", "gs1": f"(01)00300233921029(17){expiry}(10)C1(21)S1"}

    assert ("LOT-01" in severities(migraine(scanned))) is expired
    assert judged(migraine(scanned))["vials"][0]["lot"] == "C1"


# Limbs and codes


def legs(*rows: tuple[str, str, int], side: str = "left") -> list[dict[str, Any]]:
    return [
        {"indication": "lower_limb_spasticity"} | site(muscle, side, units, count)
        for muscle, units, count in rows
    ]


LOWER = (
    ("gastrocnemius_medial", "25", 3),
    ("gastrocnemius_lateral", "25", 3),
    ("soleus", "25", 3),
    ("tibialis_posterior", "25", 3),
    ("flexor_hallucis_longus", "25", 2),
    ("flexor_digitorum_longus", "25", 2),
)


def test_w24_all_lower_limb_rows_are_400_units_and_five_muscles():
    case = session(
        "lower_limb_spasticity",
        "G81.12",
        [preparation("BOTOX", "4", vial("200", "A"), vial("200", "B"))],
        legs(*LOWER),
    )

    assert judged(case)["totals"] == {"BOTOX": "400.00"}
    assert ("64644", None, 1) in lines(case)
    assert not {"stop", "override"} & set(severities(case).values())


ARM = (("biceps_brachii", "25"),) * 4 + (
    ("flexor_carpi_radialis", "50"),
    ("flexor_digitorum_superficialis", "50"),
    ("flexor_digitorum_profundus", "50"),
)


def test_w25_four_muscles_and_five_have_different_codes():
    four, five = limb(*ARM), limb(*ARM, ("flexor_carpi_ulnaris", "25"))

    assert (judged(four)["totals"], judged(five)["totals"]) == (
        {"BOTOX": "250.00"},
        {"BOTOX": "275.00"},
    )
    assert ("64642", None, 1) in lines(four)
    assert ("64644", None, 1) in lines(five)


def test_w26_the_limb_with_most_muscles_is_the_base_code():
    case = limb(*ARM, ("flexor_carpi_ulnaris", "25"), ("pronator_teres", "25"))
    case["indications"].append("lower_limb_spasticity")
    case["sites"] += legs(("soleus", "25", 1), ("tibialis_posterior", "25", 1),
                          ("flexor_hallucis_longus", "25", 1), side="right")  # fmt: skip
    procedures = [line for line in lines(case) if not line[0].startswith("J")]

    assert procedures == [("64644", None, 1), ("64643", None, 1)]


def test_w27_underarms_and_palms_are_300_units_and_with_soles_too_much():
    def sweating(*areas: tuple[str, str, int]) -> dict[str, Any]:
        indications = {"axilla": "axillary_hyperhidrosis", "palm": "palmar_hyperhidrosis",
                       "sole": "plantar_hyperhidrosis"}  # fmt: skip
        total = sum(2 * float(units) * count for _, units, count in areas)
        vials = [vial("200", f"V{n}") for n in range(int(total // 200))]
        vials += [vial("100", "H")] if total % 200 else []
        case = session(
            "axillary_hyperhidrosis",
            "L74.510",
            [
                preparation("BOTOX", "4", *(vial("100") if each["units"] == "100" else each
                                            for each in vials))
            ],
            [],
            outcomes=SEVERE,
        )  # fmt: skip
        # 200 U in 8 mL and 100 U in 4 mL are one concentration.
        case["preparations"][0]["vials"] = [
            each | {"diluent_ml": "8" if each["units"] == "200" else "4"} for each in vials
        ]
        case["indications"] = [indications[area] for area, _, _ in areas]
        case["codes"] = ["L74.510", "L74.512", "L74.513"][: len(areas)]
        case["sites"] = [
            {"indication": indications[area]} | site(area, side, units, count)
            for area, units, count in areas
            for side in ("left", "right")
        ]
        return case

    palms = sweating(("axilla", "5", 10), ("palm", "2", 50))
    assert judged(palms)["totals"] == {"BOTOX": "300.00"}
    assert drug_lines(palms) == {("J0585", "JZ", 300)}
    assert {("64650", None, 1), ("64999", None, 1)} <= set(lines(palms))
    assert "CONS-02" not in severities(palms)
    without = palms | {"answers": {**ASKED, "off_label_consent": "no"}}
    assert severities(without)["CONS-02"] == "override"

    soles = sweating(("axilla", "5", 10), ("palm", "2", 50), ("sole", "2", 50))
    assert severities(soles)["DOSE-03"] == "override"


# What cannot be, and what was drawn up


def test_w28_more_given_than_opened_stops():
    case = migraine(sites=[*PREEMPT, *[site("trapezius", "left", "5")] * 10])

    assert judged(case)["totals"] == {"BOTOX": "205.00"}
    assert severities(case)["DATA-06"] == "stop"
    assert judged(case)["vials"][0]["given"] == "205.00"
    assert judged(case)["vials"][0]["discarded"] == "0.00"


@pytest.mark.parametrize(("volume", "wrong"), [("0.10", True), ("0.20", False)])
def test_w29_a_volume_that_does_not_fit_the_units_is_told(volume: str, wrong: bool):
    case = axillae("5", 10)
    case["sites"][0]["volume_ml"] = volume

    assert ("DATA-09" in severities(case)) is wrong


def test_w30_questionnaires_are_scored():
    case = migraine()
    case["outcomes"] = [
        *HEADACHES,
        {"scale": "hit6", "items": [6] * 6},
        {"scale": "hit6", "items": [13] * 6},
        {"scale": "midas", "items": [11, 0, 0, 0, 0]},
        {"scale": "jrs_severity", "value": "3"},
        {"scale": "jrs_frequency", "value": "3"},
    ]
    scores = [(each["scale"], each["total"], each["grade"]) for each in judged(case)["scores"]]

    assert ("hit6", "36") in [score[:2] for score in scores]
    assert ("hit6", "78") in [score[:2] for score in scores]
    assert ("midas", "11", "III") in scores
    assert any(total == "6" for scale, total, _ in scores if scale.startswith("jrs"))


@pytest.mark.parametrize(("product", "found"), [("Dysport", True), ("BOTOX", False)])
def test_w31_milk_protein_speaks_against_dysport_alone(product: str, found: bool):
    case = dystonia(product, "1", "50", vial("300" if product == "Dysport" else "100"))
    case["answers"] = {**ASKED, "cows_milk_protein_allergy": "yes"}

    assert ("CI-03" in severities(case)) is found
    if found:
        assert severities(case)["CI-03"] == "override"


# What holds for every case


CLEAN = {
    "migraine": migraine(),
    "underarms": axillae("5", 10),
    "lower limb": session(
        "lower_limb_spasticity",
        "G81.12",
        [preparation("BOTOX", "4", vial("200", "A"), vial("200", "B"))],
        legs(*LOWER),
    ),
    "arm": limb(*ARM),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_session_has_no_stop_and_no_override(name: str):
    assert not {
        id: severity
        for id, severity in severities(CLEAN[name]).items()
        if severity in ("stop", "override")
    }


@pytest.mark.parametrize("name", CLEAN)
def test_the_order_of_sites_history_and_answers_never_matters(name: str):
    case = copy.deepcopy(CLEAN[name])
    case["history"] = [
        *earlier("2026-09-20", "BOTOX", "chronic_migraine", "155"),
        *earlier("2026-08-01", "Dysport", "cervical_dystonia", "500"),
        *earlier("2026-10-20", "BOTOX Cosmetic", "other", "20"),
    ]
    first = judged(case)
    for seed in range(5):
        shuffled = copy.deepcopy(case)
        order = random.Random(seed)
        order.shuffle(shuffled["sites"])
        order.shuffle(shuffled["history"])
        answers = list(shuffled["answers"].items())
        order.shuffle(answers)
        shuffled["answers"] = dict(answers)

        assert judged(shuffled) == first


@pytest.mark.parametrize("name", CLEAN)
def test_planned_sites_change_nothing(name: str):
    case = copy.deepcopy(CLEAN[name])
    first = judged(case)
    case["sites"] += [each | {"state": "planned"} for each in case["sites"][:2]]

    assert judged(case) == first


def test_a_plan_is_judged_as_if_all_of_it_were_given_and_bills_nothing():
    case = migraine(history=earlier("2026-10-20", "BOTOX", "chronic_migraine", "155"))
    case["sites"] = [each | {"state": "planned"} for each in case["sites"]]
    answer = judged(case)

    assert answer["totals"] == {"BOTOX": "0.00"}
    found = {each["id"]: each["when"] for each in answer["findings"]}
    assert found["INT-02"] == "if_all_given"
    assert set(found.values()) == {"if_all_given"}
