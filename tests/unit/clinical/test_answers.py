"""Which questions a session asks, and what the rules make of the answers: both sides of each."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.clinical.anatomy import Side
from app.clinical.case import NO, UNABLE, YES, Answer, Case, CasePatient, EarlierTreatment, Outcome
from app.clinical.catalogue import catalogue
from app.clinical.questions import is_settled, off_label_uses, questions_for, unanswered
from app.clinical.rules import judge
from tests.unit.clinical.sessions import DAY, case, chart, found, key, preparation, site, vial

# The ids of the vocabulary that CI-04 covers, in the order in which they are asked.
ASKED_OF_ALL = [
    "toxin_hypersensitivity",
    "infection_at_site",
    "neuromuscular_disease",
    "swallowing_or_breathing_trouble",
    "cardiovascular_disease",
    "aminoglycoside_or_blocker",
    "anticholinergic",
    "muscle_relaxant",
    "anticoagulant_or_bleeding_disorder",
    "other_toxin_120_days",
]


def session(
    *,
    product: str = "BOTOX",
    indication: str = "cervical_dystonia",
    muscle: str | None = "sternocleidomastoid",
    sex: str | None = "male",
    born: date = date(1984, 3, 12),
    answers: dict[str, Any] | None = None,
    state: str = "given",
    **values: Any,
) -> Case:
    """One site of somebody; answers are words, or a reason in a tuple."""
    place = site(muscle=muscle, indication=indication, state=state, region=None, map="")
    said = {
        id: Answer(UNABLE, said[0]) if isinstance(said, tuple) else Answer(said)
        for id, said in (answers or {}).items()
    }
    return case(
        patient=CasePatient("Maren Oduya", born, "004217", sex=sex),
        chart=chart(
            indications=(indication,),
            preparations=(preparation(product=product, vials=(vial(discarded=Decimal(195)),)),),
            sites=(place,),
        ),
        answers=said,
        unsaid=frozenset({"history", "outcomes", "payer"}),
        **values,
    )


def all_no(**values: Any) -> Case:
    """The same, with every contraindication answered no."""
    asked = session(**values)
    said = {question.id: NO for question in unanswered(asked, catalogue())}
    return session(**{**values, "answers": {**said, **(values.get("answers") or {})}})


def asked(session: Case, group: str = "contraindication") -> list[str]:
    return [each.id for each in questions_for(session, catalogue()) if each.group == group]


# Which questions


def test_a_man_s_neck_is_asked_the_ten_of_everybody_in_the_catalogue_s_order():
    assert asked(session()) == ASKED_OF_ALL


@pytest.mark.parametrize(
    ("values", "question"),
    [
        ({"product": "Dysport"}, "cows_milk_protein_allergy"),
        ({"sex": "female"}, "pregnant"),
        ({"sex": None}, "breastfeeding"),
        ({"sex": "other"}, "pregnant"),
        ({"muscle": "frontalis"}, "eye_or_facial_nerve_disorder"),
        ({"muscle": "orbicularis_oculi"}, "eye_or_facial_nerve_disorder"),
        ({"indication": "blepharospasm"}, "eye_or_facial_nerve_disorder"),
        ({"muscle": "palm"}, "fine_grip_work"),
        ({"indication": "palmar_hyperhidrosis"}, "fine_grip_work"),
        ({"indication": "axillary_hyperhidrosis", "muscle": "axilla"}, "iodine_allergy"),
        ({"outcomes": (Outcome("starch_iodine_cm2", "40"),)}, "iodine_allergy"),
        ({"muscle": "frontalis", "state": "planned"}, "eye_or_facial_nerve_disorder"),
    ],
)
def test_a_question_is_asked_where_product_region_or_sex_ask_for_it(values, question: str):
    assert question in asked(session(**values))
    assert question not in asked(session())


def test_planned_sites_ask_nothing_once_something_was_given():
    given, planned = site(muscle="sternocleidomastoid"), site(11, muscle="palm", state="planned")
    only_given = dataclasses.replace(session(), chart=chart(sites=(given, planned)))

    assert "fine_grip_work" not in asked(only_given)


def test_ages_narrow_a_question_and_an_unknown_age_does_not():
    young = dataclasses.replace(catalogue().questions["pregnant"], from_age=12, to_age=60)
    narrowed = dataclasses.replace(
        catalogue(), questions={**catalogue().questions, "pregnant": young}
    )

    def asks(born: date | None) -> bool:
        mother = session(sex="female")
        patient = dataclasses.replace(mother.patient, born=born)
        return young in questions_for(dataclasses.replace(mother, patient=patient), narrowed)

    assert [asks(date(2014, 11, 22)), asks(date(2014, 11, 23))] == [True, False]
    assert [asks(date(1965, 11, 23)), asks(date(1965, 11, 22))] == [True, False]
    assert asks(None)


def test_the_review_asks_a_returning_patient_how_the_last_treatment_went():
    before = (EarlierTreatment(date(2026, 8, 1), "BOTOX", "cervical_dystonia", Decimal(200)),)

    assert "last_response" in asked(session(history=before), "review")
    assert "last_response" not in asked(session(), "review")
    assert any(
        each.id == "last_response" for each in questions_for(session(), catalogue(), returning=True)
    )


def test_off_label_consent_is_asked_where_the_use_is_off_label():
    assert "off_label_consent" not in asked(session(), "review")
    assert "off_label_consent" in asked(session(indication="palmar_hyperhidrosis"), "review")


def test_a_combined_question_answered_yes_is_settled_with_its_parts():
    whole = catalogue().questions["drugs_adding_weakness"]
    parts = [part.id for part in catalogue().parts_of(whole.id)]
    assert parts == ["aminoglycoside_or_blocker", "anticholinergic", "muscle_relaxant"]

    said = {whole.id: Answer(YES), parts[0]: Answer(NO), parts[1]: Answer(NO)}
    assert not is_settled(whole, {}, catalogue())
    assert not is_settled(whole, said, catalogue())
    assert is_settled(whole, {**said, parts[2]: Answer(YES)}, catalogue())
    assert is_settled(whole, {whole.id: Answer(NO)}, catalogue())


# CI-01 to CI-04


@pytest.mark.parametrize(
    ("id", "question"),
    [("CI-01", "infection_at_site"), ("CI-02", "toxin_hypersensitivity")],
)
def test_ci_a_contraindication_answered_yes_is_a_prescriber_s_to_override(id: str, question: str):
    finding = found(id, session(answers={question: YES}))

    assert (finding.severity, finding.needs_reason) == ("override", True)


def test_ci_01_finds_an_infection_on_the_plan_too():
    finding = found("CI-01", session(state="planned", answers={"infection_at_site": YES}))

    assert (finding.severity, finding.when) == ("override", "if_all_given")


def test_ci_01_passes_a_no_and_what_nobody_answered():
    assert found("CI-01", session(answers={"infection_at_site": NO})) is None
    assert found("CI-01", session()) is None


def test_ci_02_finds_an_allergy_to_the_toxin():
    finding = found("CI-02", session(answers={"toxin_hypersensitivity": YES}))

    assert finding.text == "Allergy to botulinum toxin or its ingredients."


def test_ci_02_passes_a_no():
    assert found("CI-02", session(answers={"toxin_hypersensitivity": NO})) is None


def test_ci_03_finds_milk_allergy_with_dysport():
    milk = {"cows_milk_protein_allergy": YES}

    finding = found("CI-03", session(product="Dysport", answers=milk))

    assert (finding.severity, finding.text) == (
        "override",
        "Allergy to cow’s milk protein, and Dysport is planned or given.",
    )


@pytest.mark.parametrize("product", ["BOTOX", "Xeomin", "Myobloc", "Daxxify"])
def test_ci_03_passes_milk_allergy_with_any_other_product(product: str):
    milk = {"cows_milk_protein_allergy": YES}

    assert found("CI-03", session(product=product, answers=milk)) is None


def test_ci_03_passes_dysport_without_the_allergy():
    no_milk = {"cows_milk_protein_allergy": NO}

    assert found("CI-03", session(product="Dysport", answers=no_milk)) is None


def test_ci_04_finds_all_that_nobody_answered_in_one_finding():
    finding = found("CI-04", session())

    assert finding.severity == "stop"
    assert finding.text.startswith(
        "Not answered today: allergy to botulinum toxin or its ingredients, infection at a"
    )


@pytest.mark.parametrize("missing", ASKED_OF_ALL)
def test_ci_04_finds_each_single_one_that_is_missing(missing: str):
    answered = {id: NO for id in ASKED_OF_ALL if id != missing}

    finding = found("CI-04", session(answers=answered))

    assert finding.severity == "stop"


def test_ci_04_finds_what_could_not_be_asked_as_a_prescriber_s_to_override():
    finding = found("CI-04", all_no(answers={"cardiovascular_disease": ("no interpreter",)}))

    assert (finding.severity, finding.needs_reason) == ("override", True)
    assert finding.text == ("Could not be asked: heart disease or irregular beat (no interpreter).")
    assert finding.say("es").startswith("No se pudo preguntar: enfermedad del corazón")


def test_ci_04_finds_the_graver_of_both():
    answers = dict.fromkeys(ASKED_OF_ALL[:-1], NO)
    answers["cardiovascular_disease"] = ("no interpreter",)

    finding = found("CI-04", session(answers=answers))

    assert finding.severity == "stop"
    assert "Could not be asked" in finding.text


def test_ci_04_passes_when_all_that_is_asked_is_answered():
    assert found("CI-04", session(answers=dict.fromkeys(ASKED_OF_ALL, NO))) is None
    assert found("CI-04", session(answers=dict.fromkeys(ASKED_OF_ALL, YES))) is None


def test_ci_04_passes_consent_and_reaction_by():
    for id in ("consent_today", "spread_warning_given", "immediate_reaction"):
        assert id not in all_no().answers
    assert found("CI-04", all_no()) is None


def test_ci_04_passes_a_case_that_has_no_place_for_answers():
    silent = dataclasses.replace(session(), unsaid=frozenset({"answers"}))

    assert found("CI-04", silent) is None


# PREC-01 to PREC-10


@pytest.mark.parametrize(
    ("id", "question"),
    [
        ("PREC-01", "neuromuscular_disease"),
        ("PREC-05", "anticoagulant_or_bleeding_disorder"),
        ("PREC-07", "cardiovascular_disease"),
    ],
)
def test_prec_a_yes_warns_and_neither_no_nor_silence_does(id: str, question: str):
    assert found(id, session(answers={question: YES})).severity == "warn"
    assert found(id, session(answers={question: NO})) is None
    assert found(id, session()) is None


def test_prec_01_finds_neuromuscular_disease():
    finding = found("PREC-01", session(answers={"neuromuscular_disease": YES}))

    assert "severe weakness" in finding.text


def test_prec_01_passes_a_no():
    assert found("PREC-01", session(answers={"neuromuscular_disease": NO})) is None


def test_prec_02_finds_the_drugs_by_name_whatever_the_order():
    said = {"muscle_relaxant": YES, "anticholinergic": NO, "aminoglycoside_or_blocker": YES}
    other_way = dict(reversed(said.items()))

    finding = found("PREC-02", session(answers=said))

    assert finding.severity == "warn"
    assert finding.text == (
        "Takes what adds to the effect: aminoglycoside or neuromuscular blocker and"
        " muscle relaxant."
    )
    assert found("PREC-02", session(answers=other_way)) == finding


def test_prec_02_passes_three_noes_and_a_yes_to_the_combined_question_alone():
    noes = dict.fromkeys(("aminoglycoside_or_blocker", "anticholinergic", "muscle_relaxant"), NO)

    assert found("PREC-02", session(answers=noes)) is None
    assert found("PREC-02", session(answers={"drugs_adding_weakness": YES})) is None


def test_prec_03_finds_trouble_swallowing_and_stops_for_the_neck():
    trouble = {"swallowing_or_breathing_trouble": YES}

    arm = found(
        "PREC-03",
        session(indication="upper_limb_spasticity", muscle="biceps_brachii", answers=trouble),
    )
    neck = found("PREC-03", session(answers=trouble))

    assert (arm.severity, arm.text) == ("warn", "Swallowing or breathing trouble.")
    assert (neck.severity, neck.about) == ("override", (key(10),))
    assert neck.text == (
        "Swallowing or breathing trouble, and neck muscles are treated: Sternocleidomastoid."
    )


def test_prec_03_finds_planned_neck_muscles_before_the_needle():
    trouble = {"swallowing_or_breathing_trouble": YES}

    finding = found("PREC-03", session(state="planned", answers=trouble))

    assert (finding.severity, finding.when) == ("override", "if_all_given")


def test_prec_03_passes_a_no_and_silence():
    assert found("PREC-03", session()) is None
    assert found("PREC-03", session(answers={"swallowing_or_breathing_trouble": NO})) is None


@pytest.mark.parametrize(
    ("answers", "severity"),
    [
        ({"pregnant": YES}, "override"),
        ({"pregnant": YES, "breastfeeding": YES}, "override"),
        ({"pregnant": NO, "breastfeeding": YES}, "warn"),
        ({"pregnant": ("does not know",), "breastfeeding": NO}, "warn"),
        ({"pregnant": NO, "breastfeeding": ("no interpreter",)}, "warn"),
    ],
)
@pytest.mark.parametrize("sex", ["female", None])
def test_prec_04_finds_pregnancy_breastfeeding_and_what_is_not_known(answers, severity, sex):
    finding = found("PREC-04", session(sex=sex, answers=answers))

    assert (finding.severity, finding.needs_reason) == (severity, True)


def test_prec_04_passes_two_noes_silence_and_a_man_who_could_not_be_asked():
    assert found("PREC-04", session(sex="female")) is None
    assert (
        found("PREC-04", session(sex="female", answers={"pregnant": NO, "breastfeeding": NO}))
        is None
    )
    assert found("PREC-04", session(sex="male", answers={"pregnant": ("no reason",)})) is None


def test_prec_05_finds_an_anticoagulant_and_asks_for_the_inr():
    finding = found("PREC-05", session(answers={"anticoagulant_or_bleeding_disorder": YES}))

    assert "INR" in finding.why


def test_prec_05_passes_a_no():
    assert found("PREC-05", session(answers={"anticoagulant_or_bleeding_disorder": NO})) is None


def test_prec_06_finds_an_eye_disorder_where_the_lids_are_treated():
    eye = {"eye_or_facial_nerve_disorder": YES}

    finding = found(
        "PREC-06", session(indication="blepharospasm", muscle="orbicularis_oculi", answers=eye)
    )

    assert finding.severity == "warn"


def test_prec_06_passes_an_eye_disorder_far_from_the_eyes():
    assert found("PREC-06", session(answers={"eye_or_facial_nerve_disorder": YES})) is None
    assert (
        found(
            "PREC-06",
            session(indication="blepharospasm", answers={"eye_or_facial_nerve_disorder": NO}),
        )
        is None
    )


def test_prec_07_finds_heart_disease():
    assert found("PREC-07", session(answers={"cardiovascular_disease": YES})).severity == "warn"


def test_prec_07_passes_a_no():
    assert found("PREC-07", session(answers={"cardiovascular_disease": NO})) is None


SWEATING = {"indication": "axillary_hyperhidrosis", "muscle": "axilla"}


def test_prec_08_finds_an_iodine_allergy_before_a_starch_test():
    finding = found("PREC-08", session(**SWEATING, answers={"iodine_allergy": YES}))

    assert finding.severity == "warn"


def test_prec_08_passes_an_iodine_allergy_where_nothing_is_painted():
    assert found("PREC-08", session(answers={"iodine_allergy": YES})) is None
    assert found("PREC-08", session(**SWEATING, answers={"iodine_allergy": NO})) is None


def forehead(y: str, **values: Any) -> Case:
    """One site for sweating on the forehead; the glabella lies at 109 map units."""
    place = site(
        **{
            "map": "head_anterior@1",
            "x": Decimal("100"),
            "y": Decimal(y),
            "muscle": "forehead_scalp",
            "region": "frontalis_R",
            "side": Side.RIGHT,
            "indication": "craniofacial_hyperhidrosis",
            **values,
        }
    )
    return case(chart=chart(indications=(place.indication,), sites=(place,)))


def test_prec_09_finds_a_forehead_site_19_99_mm_above_the_brow():
    finding = found("PREC-09", forehead("89.01"))

    assert (finding.severity, finding.about) == ("info", (key(10),))
    assert finding.text == "Forehead sites nearer than 20 mm above the brow: 1."


def test_prec_09_passes_20_mm_another_reason_and_a_site_without_drawing():
    assert found("PREC-09", forehead("89.00")) is None
    assert found("PREC-09", forehead("100.00", indication="chronic_migraine")) is None
    assert found("PREC-09", forehead("100.00", map="", region=None)) is None


def test_prec_09_passes_the_scalp_beside_the_ear():
    beside = forehead("100.00", map="head_right_lateral@1", region="scalp_R")

    assert found("PREC-09", beside) is None


PALMS = {"indication": "palmar_hyperhidrosis", "muscle": "palm"}


def test_prec_10_finds_palms_of_a_fine_grip():
    assert found("PREC-10", session(**PALMS, answers={"fine_grip_work": YES})).severity == "info"


def test_prec_10_passes_other_hands_and_other_work():
    assert found("PREC-10", session(**PALMS, answers={"fine_grip_work": NO})) is None
    assert found("PREC-10", session(answers={"fine_grip_work": YES})) is None


# CONS-01 to CONS-03


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ({}, "Consent for today is not recorded."),
        ({"consent_today": NO}, "Consent for today was not given."),
        (
            {"consent_today": ("signed on paper elsewhere",)},
            "Consent for today could not be asked: signed on paper elsewhere.",
        ),
    ],
)
def test_cons_01_finds_everything_but_a_yes(answers, text: str):
    finding = found("CONS-01", session(answers=answers))

    assert (finding.severity, finding.text) == ("override", text)


def test_cons_01_passes_a_yes_and_a_session_without_sites():
    assert found("CONS-01", session(answers={"consent_today": YES})) is None
    empty = dataclasses.replace(session(), chart=chart(sites=()))
    assert found("CONS-01", empty) is None


def test_cons_02_finds_palms_beside_labelled_axillae():
    both = chart(
        indications=("axillary_hyperhidrosis", "palmar_hyperhidrosis"),
        sites=(
            site(muscle="axilla", indication="axillary_hyperhidrosis", units=Decimal(100)),
            site(11, muscle="palm", indication="palmar_hyperhidrosis", units=Decimal(200)),
        ),
    )

    finding = found("CONS-02", dataclasses.replace(session(), chart=both))

    assert finding.severity == "override"
    assert finding.text.startswith("Off label without recorded consent to it: BOTOX for palmar")
    assert "axillary" not in finding.text


def test_cons_02_finds_hemifacial_spasm_which_the_label_does_not_name_without_doubt():
    borderline = session(indication="hemifacial_spasm", muscle="orbicularis_oculi")

    assert found("CONS-02", borderline) is not None


def aged(born: date, **answers: str) -> Case:
    """Axillae, which the label covers from 18 years."""
    return session(**SWEATING, born=born, answers=answers)


def test_cons_02_finds_who_is_a_day_too_young_for_the_label():
    finding = found("CONS-02", aged(date(2008, 11, 23)))

    assert "below 18 years" in finding.text
    assert off_label_uses(aged(date(2008, 11, 23)), catalogue()) == (
        ("axillary_hyperhidrosis", "BOTOX", 18),
    )


def test_cons_02_passes_who_comes_of_age_today_and_who_agreed():
    assert found("CONS-02", aged(date(2008, 11, 22))) is None
    assert found("CONS-02", aged(date(2008, 11, 23), off_label_consent=YES)) is None


def test_cons_02_passes_a_labelled_use_and_a_site_without_vial():
    assert found("CONS-02", session()) is None
    loose = chart(sites=(site(indication="palmar_hyperhidrosis", preparation=None),))
    assert found("CONS-02", dataclasses.replace(session(), chart=loose)) is None


def test_cons_03_finds_a_missing_spread_warning_as_a_warning():
    assert found("CONS-03", session()).severity == "warn"
    assert found("CONS-03", session(answers={"spread_warning_given": NO})).severity == "warn"


def test_cons_03_passes_a_yes():
    assert found("CONS-03", session(answers={"spread_warning_given": YES})) is None


def test_a_session_of_noes_and_consents_has_no_finding():
    consents = {"consent_today": YES, "spread_warning_given": YES}

    found = judge(all_no(answers=consents), catalogue())
    asked = ("CI-", "PREC-", "CONS-")
    assert [each.id for each in found if each.id.startswith(asked)] == []


def test_the_order_of_the_answers_changes_no_finding():
    said = dict.fromkeys(ASKED_OF_ALL, YES) | {"cardiovascular_disease": ("no interpreter",)}

    forwards = judge(session(answers=said), catalogue())

    assert judge(session(answers=dict(reversed(said.items()))), catalogue()) == forwards
    assert case().date == DAY
