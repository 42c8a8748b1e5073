"""CI-01 to CI-04, PREC-01 to PREC-10, CONS-01 to CONS-03: what was said, against what is done.

What nobody has answered is CI-04's; it never counts as a no and never as a yes.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.clinical.anatomy import body_map
from app.clinical.case import NO, UNABLE, YES, Case
from app.clinical.catalogue.entries import Catalogue, Question, Sentence
from app.clinical.chart import Site
from app.clinical.questions import applies, off_label_uses, questions_for, unanswered
from app.clinical.rules.finding import Finding, Part, Phrase, Value, find
from app.clinical.rules.registry import rule

NECK = "neck"
SWEATING_HEAD = "craniofacial_hyperhidrosis"
FACE = "face"
BROW = "glabella"


@rule("CI-01")
def infection(case: Case, catalogue: Catalogue) -> Finding | None:
    """Nothing is injected through an infected place."""
    return _on_yes("CI-01", "infection_at_site", case, catalogue)


@rule("CI-02")
def hypersensitivity(case: Case, catalogue: Catalogue) -> Finding | None:
    """A known allergy to a toxin or what is in the vial."""
    return _on_yes("CI-02", "toxin_hypersensitivity", case, catalogue)


@rule("CI-03")
def milk(case: Case, catalogue: Catalogue) -> Finding | None:
    """Dysport's lactose may carry milk protein; the other products' makers add none."""
    question = catalogue.questions["cows_milk_protein_allergy"]
    if not applies(question, case, catalogue):
        return None
    used = sorted({entry.product for entry in case.chart.preparations} & set(question.products))
    return _on_yes("CI-03", question.id, case, catalogue, {"products": used})


@rule("CI-04")
def all_asked(case: Case, catalogue: Catalogue) -> Finding | None:
    """Every contraindication that this session asks is answered, or said why it could not be."""
    if "answers" in case.unsaid:
        return None
    text = catalogue.rules["CI-04"]
    parts: list[Part] = []
    if open_ones := unanswered(case, catalogue):
        parts.append((None, {"questions": _names(open_ones, catalogue)}))
    unable: list[Value] = [
        Phrase(
            text.words["unable"],
            {"question": _name(question), "reason": case.answers[question.id].reason},
        )
        for question in questions_for(case, catalogue)
        if question.group == "contraindication" and case.answered(question.id, UNABLE)
    ]
    if unable:
        parts.append((UNABLE, {"questions": unable}))
    return find(text, case.when, parts, ())


@rule("PREC-01")
def neuromuscular(case: Case, catalogue: Catalogue) -> Finding | None:
    """A disease of the nerve-muscle junction."""
    return _on_yes("PREC-01", "neuromuscular_disease", case, catalogue)


@rule("PREC-02")
def potentiation(case: Case, catalogue: Catalogue) -> Finding | None:
    """Drugs that deepen or widen the effect."""
    said: list[Value] = [
        _name(catalogue.questions[id])
        for id in ("aminoglycoside_or_blocker", "anticholinergic", "muscle_relaxant")
        if case.answered(id)
    ]
    parts: list[Part] = [(None, {"drugs": said})] if said else []
    return find(catalogue.rules["PREC-02"], case.when, parts, ())


@rule("PREC-03")
def swallowing(case: Case, catalogue: Catalogue) -> Finding | None:
    """Trouble swallowing or breathing; with neck muscles a prescriber decides."""
    if not case.answered("swallowing_or_breathing_trouble"):
        return None
    neck = [site for site in case.sites if _group(site, catalogue) == NECK]
    said: list[Value] = [
        Sentence(catalogue.muscles[id].label, catalogue.muscles[id].label_es)
        for id in sorted({site.muscle for site in neck if site.muscle})
    ]
    part: Part = (NECK, {"muscles": said}) if neck else (None, {})
    return find(catalogue.rules["PREC-03"], case.when, [part], [site.key for site in neck])


@rule("PREC-04")
def pregnancy(case: Case, catalogue: Catalogue) -> Finding | None:
    """Pregnancy, breastfeeding, or either not known although it was asked for."""
    parts: list[Part] = []
    if case.answered("pregnant"):
        parts.append(("pregnant", {}))
    if case.answered("breastfeeding"):
        parts.append((None, {}))
    unknown: list[Value] = [
        _name(catalogue.questions[id])
        for id in ("pregnant", "breastfeeding")
        if case.answered(id, UNABLE) and applies(catalogue.questions[id], case, catalogue)
    ]
    if unknown:
        parts.append(("unknown", {"questions": unknown}))
    return find(catalogue.rules["PREC-04"], case.when, parts, ())


@rule("PREC-05")
def bleeding(case: Case, catalogue: Catalogue) -> Finding | None:
    """Anticoagulants, antiplatelet drugs, bleeding disorders."""
    return _on_yes("PREC-05", "anticoagulant_or_bleeding_disorder", case, catalogue)


@rule("PREC-06")
def eyes(case: Case, catalogue: Catalogue) -> Finding | None:
    """Sites about the eyes where the lid or the facial nerve is weak already."""
    return _where_it_matters("PREC-06", "eye_or_facial_nerve_disorder", case, catalogue)


@rule("PREC-07")
def heart(case: Case, catalogue: Catalogue) -> Finding | None:
    """Heart disease or an irregular beat."""
    return _on_yes("PREC-07", "cardiovascular_disease", case, catalogue)


@rule("PREC-08")
def iodine(case: Case, catalogue: Catalogue) -> Finding | None:
    """An iodine allergy where a starch test may be painted."""
    return _where_it_matters("PREC-08", "iodine_allergy", case, catalogue)


@rule("PREC-09")
def brow(case: Case, catalogue: Catalogue) -> Finding | None:
    """Forehead sites for sweating close above the brow. A site without a drawing has no height."""
    clearance = catalogue.limit("brow_clearance")
    low = [site for site in case.sites if _is_near_the_brow(site, float(clearance), catalogue)]
    parts: list[Part] = [(None, {"sites": len(low), "limit": clearance})] if low else []
    return find(catalogue.rules["PREC-09"], case.when, parts, [site.key for site in low])


@rule("PREC-10")
def grip(case: Case, catalogue: Catalogue) -> Finding | None:
    """Palms of somebody who works with a fine grip."""
    return _where_it_matters("PREC-10", "fine_grip_work", case, catalogue)


@rule("CONS-01")
def consent(case: Case, catalogue: Catalogue) -> Finding | None:
    """Consent to today's treatment."""
    return _unless_yes("CONS-01", "consent_today", case, catalogue, {})


@rule("CONS-02")
def off_label(case: Case, catalogue: Catalogue) -> Finding | None:
    """Consent to each use that the US label does not cover, by indication or by age."""
    text = catalogue.rules["CONS-02"]
    uses: list[Value] = []
    for indication, product, from_age in off_label_uses(case, catalogue):
        entry = catalogue.indications[indication]
        values: dict[str, Value] = {
            "product": product,
            "indication": Sentence(entry.title, entry.title_es),
        }
        if from_age is not None:
            values["age"] = from_age
        uses.append(Phrase(text.words["use" if from_age is None else "use_from"], values))
    if not uses:
        return None
    return _unless_yes("CONS-02", "off_label_consent", case, catalogue, {"uses": uses})


@rule("CONS-03")
def spread(case: Case, catalogue: Catalogue) -> Finding | None:
    """The boxed warning was explained and the Medication Guide handed over."""
    return _unless_yes("CONS-03", "spread_warning_given", case, catalogue, {})


def _on_yes(
    id: str, question: str, case: Case, catalogue: Catalogue, values: dict[str, Value] | None = None
) -> Finding | None:
    parts: list[Part] = [(None, values or {})] if case.answered(question) else []
    return find(catalogue.rules[id], case.when, parts, ())


def _where_it_matters(id: str, question: str, case: Case, catalogue: Catalogue) -> Finding | None:
    """A yes counts only where the session asks the question: by its region or its test."""
    if not applies(catalogue.questions[question], case, catalogue):
        return None
    return _on_yes(id, question, case, catalogue)


def _unless_yes(
    id: str, question: str, case: Case, catalogue: Catalogue, values: dict[str, Value]
) -> Finding | None:
    if "answers" in case.unsaid or not case.sites or case.answered(question, YES):
        return None
    answer = case.answers.get(question)
    if answer is None:
        part: Part = (None, values)
    elif answer.value == NO:
        part = ("refused", values)
    else:
        part = (UNABLE, {**values, "reason": answer.reason})
    return find(catalogue.rules[id], case.when, [part], ())


def _names(questions: Sequence[Question], catalogue: Catalogue) -> list[Value]:
    """Their names; the combined question's where all of its parts are among them."""
    ids = {question.id for question in questions}
    named: dict[str, Question] = {}
    for question in questions:
        whole = catalogue.questions.get(question.part_of or "")
        if whole is not None and all(part.id in ids for part in catalogue.parts_of(whole.id)):
            named[whole.id] = whole
        else:
            named[question.id] = question
    return [_name(question) for question in named.values()]


def _name(question: Question) -> Sentence:
    return Sentence(_lowered(question.text), _lowered(question.text_es))


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _group(site: Site, catalogue: Catalogue) -> str | None:
    muscle = catalogue.muscles.get(site.muscle or "")
    return muscle.group if muscle else None


def _is_near_the_brow(site: Site, clearance: float, catalogue: Catalogue) -> bool:
    if site.indication != SWEATING_HEAD or not site.map or not site.region:
        return False
    drawing = body_map(site.map, catalogue)
    glabella = drawing.anchors.get(BROW)
    if glabella is None or not _is_about_the_eyes(drawing.id, site.region, catalogue):
        return False
    return (glabella[1] - float(site.y)) / drawing.life_size_scale < clearance


def _is_about_the_eyes(map: str, region: str, catalogue: Catalogue) -> bool:
    """Whether a muscle of brow, lid or forehead lies under the skin of this region."""
    offered = catalogue.region_muscles.get((map, region))
    about_the_eyes = catalogue.questions["eye_or_facial_nerve_disorder"].muscles
    return offered is not None and any(
        id in about_the_eyes and catalogue.muscles[id].group == FACE for id in offered.muscles
    )
