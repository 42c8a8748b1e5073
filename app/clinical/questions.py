"""Which questions a session asks: by product, region, age and sex, in the catalogue's order.

What is not known never takes a question away: with no sex on file, pregnancy is asked.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.clinical.case import Answer, Case
from app.clinical.catalogue.entries import Catalogue, Question

__all__ = [
    "AT_THE_REVIEW",
    "AT_THE_TIME_OUT",
    "LAST_RESPONSE",
    "applies",
    "could_be_asked",
    "is_settled",
    "off_label_uses",
    "questions_for",
    "unanswered",
]

AT_THE_TIME_OUT = ("identity", "contraindication", "combined", "free")
AT_THE_REVIEW = ("review",)

# What takes a question away; any other entry, or none, does not.
SEXES = ("female", "male")

# How the patient did since: kept as an answer, and told of the last treatment in the history.
LAST_RESPONSE = "last_response"


def questions_for(
    case: Case, catalogue: Catalogue, *, returning: bool | None = None
) -> tuple[Question, ...]:
    """What this session asks, in the order of the catalogue; parts follow their combined question.

    `returning`: whether there was a session before; without it, the case's history says so.
    """
    return tuple(
        question
        for question in catalogue.questions.values()
        if applies(question, case, catalogue, returning=returning)
    )


def could_be_asked(
    catalogue: Catalogue, *, maps: Iterable[str], sex: str | None, age: int | None
) -> tuple[Question, ...]:
    """What a session on these drawings (`axillae@1`) may ask, of somebody of this sex and age.

    On paper nobody knows yet the product, the muscles, or whether the use is on the label.
    """
    drawings = {ref.partition("@")[0] for ref in maps}
    there = {each.id for each in catalogue.indications.values() if drawings & set(each.maps)}
    muscles = {
        muscle
        for (drawing, _), region in catalogue.region_muscles.items()
        if drawing in drawings
        for muscle in region.muscles
    }
    return tuple(
        question
        for question in catalogue.questions.values()
        if _is_for(question, sex, age)
        and (
            not (question.indications or question.muscles)
            or there.intersection(question.indications)
            or muscles.intersection(question.muscles)
        )
    )


def applies(
    question: Question, case: Case, catalogue: Catalogue, *, returning: bool | None = None
) -> bool:
    """Whether this session asks this question."""
    return (
        _meets_product(question, case)
        and _meets_patient(question, case)
        and _meets_region(question, case)
        and _meets_condition(question, case, catalogue, returning)
    )


def unanswered(case: Case, catalogue: Catalogue) -> tuple[Question, ...]:
    """The contraindications that this session asks and nobody has answered."""
    return tuple(
        question
        for question in questions_for(case, catalogue)
        if question.group == "contraindication" and question.id not in case.answers
    )


def is_settled(question: Question, answers: dict[str, Answer], catalogue: Catalogue) -> bool:
    """Whether a question is answered; a combined one that was answered yes, with all its parts."""
    answer = answers.get(question.id)
    if answer is None:
        return False
    if question.group != "combined" or not answer.is_yes:
        return True
    return all(part.id in answers for part in catalogue.parts_of(question.id))


def off_label_uses(case: Case, catalogue: Catalogue) -> tuple[tuple[str, str, int | None], ...]:
    """Each use that the label does not cover: by indication, then product.

    The third is the age from which the label covers it, where only the patient's age is amiss.
    """
    found: list[tuple[str, str, int | None]] = []
    for site in case.sites:
        product = case.chart.product_of(site)
        indication = catalogue.indications.get(site.indication)
        label = indication.labelling.get(product or "") if indication else None
        if product is None or label is None:
            continue
        if not label.labelled:
            found.append((site.indication, product, None))
        elif label.from_age is not None and case.age is not None and case.age < label.from_age:
            found.append((site.indication, product, label.from_age))
    return tuple(sorted(set(found), key=lambda use: (use[0], use[1])))


def _meets_product(question: Question, case: Case) -> bool:
    used = {entry.product for entry in case.chart.preparations}
    return not question.products or bool(used.intersection(question.products))


def _meets_patient(question: Question, case: Case) -> bool:
    return _is_for(question, case.patient.sex if case.patient else None, case.age)


def _is_for(question: Question, sex: str | None, age: int | None) -> bool:
    if question.sex and sex in SEXES and sex != question.sex:
        return False
    if age is None:
        return True
    if question.from_age is not None and age < question.from_age:
        return False
    return question.to_age is None or age <= question.to_age


def _meets_region(question: Question, case: Case) -> bool:
    if not question.indications and not question.muscles:
        return True
    if question.when == "starch_test" and _is_starch_test_read(case):
        return True
    return bool(set(question.indications).intersection(case.chart.indications)) or any(
        site.muscle in question.muscles or site.indication in question.indications
        for site in case.sites
    )


def _is_starch_test_read(case: Case) -> bool:
    return any(outcome.scale == "starch_iodine_cm2" for outcome in case.outcomes)


def _meets_condition(
    question: Question, case: Case, catalogue: Catalogue, returning: bool | None
) -> bool:
    if question.when == "off_label":
        return bool(off_label_uses(case, catalogue))
    if question.when == "returning":
        return bool(case.history) if returning is None else returning
    return True
