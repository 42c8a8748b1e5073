"""Why a note passes: what a payer looks for, green only where the case itself holds the evidence.

A guide, not a promise of payment. What does not concern a session is left out, and so is what
whoever describes it has no place for: a red line asks for something one can do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.clinical.case import Case, EarlierTreatment
from app.clinical.catalogue.entries import Catalogue, Payer, Sentence
from app.clinical.dosing import plain, strength
from app.clinical.ledger import balance
from app.clinical.rules.diagnosis import diagnosed, enough, goes_with_treatment
from app.clinical.rules.finding import day_text
from app.clinical.scales import latest, scores

__all__ = ["Line", "checklist", "payer_profile"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing a payer looks for, whether the case shows it, and what shows it."""

    id: str
    label: str
    ok: bool
    evidence: str

    def as_json(self) -> dict[str, Any]:
        """The line as it travels."""
        return {"id": self.id, "ok": self.ok, "evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Shown:
    """Whether something is shown; `values` fill the evidence, None where there is none to tell."""

    ok: bool
    values: Mapping[str, str] | None = None


Look = Callable[[Case, Catalogue, str], Shown | None]

RESPONSES = {
    "better": Sentence("better", "mejor"),
    "same": Sentence("the same", "igual"),
    "worse": Sentence("worse", "peor"),
    "none": Sentence("no effect", "sin efecto"),
}


def payer_profile(case: Case, catalogue: Catalogue) -> Payer:
    """Whose list is looked through: the patient's payer, or the usual one while nobody said."""
    said = case.patient.payer if case.patient and "payer" not in case.unsaid else ""
    return catalogue.payers.get(said) or catalogue.payers["other"]


def checklist(case: Case, catalogue: Catalogue, language: str) -> tuple[Line, ...]:
    """What the patient's payer looks for in a note of this session, in the catalogue's order."""
    asked = payer_profile(case, catalogue).evidence
    lines: list[Line] = []
    for item in catalogue.checklist.values():
        if item.id not in asked:
            continue
        if item.indications and not set(item.indications) & set(case.chart.indications):
            continue
        shown = LOOKS[item.id](case, catalogue, language)
        if shown is None:
            continue
        said = item.evidence.in_language(language)
        evidence = "" if shown.values is None else said.format(**shown.values)
        lines.append(Line(item.id, item.label_in(language), shown.ok and bool(evidence), evidence))
    return tuple(lines)


def _identity(case: Case, catalogue: Catalogue, language: str) -> Shown:
    patient = case.patient
    named = patient is not None and ("name" in case.unsaid or bool(patient.name))
    known = bool(named and patient is not None and patient.born)
    day = None if case.date is None else {"day": day_text(case.date, language)}
    return Shown(known, day)


def _diagnosis(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    if "codes" in case.unsaid:
        return None
    fault = diagnosed(case, catalogue) or goes_with_treatment(case, catalogue)
    codes = sorted(set(case.chart.codes))
    return Shown(fault is None, {"codes": ", ".join(codes)} if codes else None)


def _headache_days(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    if "outcomes" in case.unsaid:
        return None
    value, ok = enough(case, catalogue, "headache_days")
    return Shown(ok, None if value is None else {"value": plain(value)})


def _migraine_days(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    if "outcomes" in case.unsaid:
        return None
    readings, ok = [], False
    for scale in (catalogue.scales["migraine_days"], catalogue.scales["headache_hours_per_day"]):
        value, sufficient = enough(case, catalogue, scale.id)
        if value is not None:
            readings.append(f"{plain(value)} {scale.unit_in(language)}")
        ok = ok or sufficient
    return Shown(ok, {"readings": ", ".join(readings)} if readings else None)


def _severity(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    if "outcomes" in case.unsaid:
        return None
    reading = latest(scores(case, catalogue), "hdss")
    return Shown(reading is not None, None if reading is None else {"value": plain(reading.total)})


def _answered(*questions: str) -> Look:
    def look(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
        if "answers" in case.unsaid:
            return None
        said = all(case.answered(question) for question in questions)
        return Shown(said, {} if said else None)

    return look


def _reaction(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    """Yes and no both tell; only what nobody answered, or could not be asked, does not."""
    if "answers" in case.unsaid:
        return None
    answer = case.answers.get("immediate_reaction")
    told = answer is not None and (answer.is_yes or answer.is_no)
    return Shown(told, {} if told else None)


def _response(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    """Of a first treatment nobody asks how the one before worked."""
    before = _before(case)
    if "history" in case.unsaid or not before:
        return None
    wanted = int(catalogue.limit("responses_shown"))
    days = list(dict.fromkeys(each.date for each in before))[:wanted]
    said: list[str] = []
    for day in days:
        responses = sorted({each.response for each in before if each.date == day and each.response})
        said.extend(
            f"{day_text(day, language)}: {RESPONSES[response].in_language(language)}"
            for response in responses
        )
    answered = {each.date for each in before if each.response}
    return Shown(answered >= set(days), {"responses": "; ".join(said)} if said else None)


def _sites(case: Case, catalogue: Catalogue, language: str) -> Shown:
    sites = case.chart.given
    complete = [
        site
        for site in sites
        if (site.muscle or (site.other or "").strip()) and site.side and site.units > 0
    ]
    told = {"complete": str(len(complete)), "all": str(len(sites))}
    return Shown(len(complete) == len(sites), told if sites else None)


def _product(case: Case, catalogue: Catalogue, language: str) -> Shown:
    said, ok = [], True
    for preparation in case.chart.preparations:
        mixed = strength(preparation)
        ok = ok and mixed is not None and bool(preparation.vials)
        ok = ok and all(vial.lot.strip() and vial.expires for vial in preparation.vials)
        lots = ", ".join(vial.lot for vial in preparation.vials if vial.lot.strip())
        per_ml = "" if mixed is None else f", {plain(mixed)} U/mL"
        said.append(f"{preparation.product} {lots}{per_ml}".strip())
    return Shown(ok, {"vials": "; ".join(said)} if said else None)


def _vial_sum(case: Case, catalogue: Catalogue, language: str) -> Shown:
    """Adds up as DATA-07 counts it; what nobody has said is not yet discarded."""
    tolerance = catalogue.limit("reconcile_tolerance")
    said, ok = [], True
    for account in balance(case.chart):
        lost = account.discarded or Decimal(0)
        ok = ok and abs(account.opened - account.given - lost) <= tolerance
        said.append(f"{plain(account.opened)} = {plain(account.given)} + {plain(lost)}")
    return Shown(ok, {"sums": "; ".join(said)} if said else None)


def _interval(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    before, least = _before(case), payer_profile(case, catalogue).interval_days
    if "history" in case.unsaid or not before or least is None or case.date is None:
        return None
    days = (case.date - before[0].date).days
    return Shown(days >= least, {"days": str(days), "least": str(least)})


def _guidance(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    if not case.guidance:
        return None
    names = {each.group: each.label_in(language) for each in catalogue.procedures.values()}
    used = ", ".join(names.get(each, each) for each in sorted(case.guidance))
    note = (case.guidance_note or "").strip()
    return Shown(bool(note), {"guidance": f"{used}: {note}" if note else used})


def _performer(case: Case, catalogue: Catalogue, language: str) -> Shown | None:
    if "performer" in case.unsaid:
        return None
    person = case.performer
    if person is None or not person.name.strip():
        return Shown(False)
    named = f"{person.name}, {person.credentials}" if person.credentials else person.name
    return Shown(bool(person.credentials.strip()), {"performer": named})


def _before(case: Case) -> list[EarlierTreatment]:
    """Earlier treatments of what is treated today, newest first."""
    return sorted(
        (
            each
            for each in case.history
            if each.indication in case.chart.indications
            and (case.date is None or each.date < case.date)
        ),
        key=lambda each: each.date,
        reverse=True,
    )


LOOKS: Mapping[str, Look] = {
    "identity": _identity,
    "diagnosis": _diagnosis,
    "headache_days": _headache_days,
    "migraine_days": _migraine_days,
    "severity": _severity,
    "topical": _answered("topical_treatment_failed"),
    "secondary": _answered("secondary_cause_excluded"),
    "response": _response,
    "sites": _sites,
    "product": _product,
    "vial_sum": _vial_sum,
    "interval": _interval,
    "guidance": _guidance,
    "consent": _answered("consent_today", "spread_warning_given"),
    "reaction": _reaction,
    "performer": _performer,
}
