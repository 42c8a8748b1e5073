"""The questions of a session as a page shows them: what is asked, what was said, and last time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.clinical import dosing
from app.clinical.anatomy import Side
from app.clinical.case import NO, UNABLE, YES, Case
from app.clinical.catalogue import catalogue
from app.clinical.catalogue.entries import Question
from app.clinical.chart import Chart, instant_text
from app.clinical.dosing import plain
from app.clinical.questions import AT_THE_REVIEW, is_settled, questions_for
from app.clinical.rules import Finding
from app.models import Answer, Treatment
from app.web import at

# What counts in "9 of 11 answered"; parts count with their combined question, free lines do not.
COUNTED = ("identity", "contraindication", "combined")

# Why a question commonly could not be asked, as the note says it and as the button does.
UNABLE_REASONS: dict[str, Callable[[], str]] = {
    "the patient does not know": lambda: _("Does not know"),
    "no interpreter": lambda: _("No interpreter"),
}


class Asked(NamedTuple):
    """One question with what was said today and last time; `parts` are open after a yes."""

    question: Question
    text: str
    hint: str
    answer: Answer | None
    last: Answer | None
    settled: bool
    parts: tuple[Asked, ...]


class TimeOut(NamedTuple):
    """The time-out: the counted questions, the free lines beneath, and how far it has come."""

    questions: tuple[Asked, ...]
    free: tuple[Asked, ...]
    answered: int
    # What one tap can take over from last time: top-level questions, by id.
    again: tuple[str, ...]
    since: date | None

    @property
    def left(self) -> int:
        """How many nobody has answered."""
        return len(self.questions) - self.answered


def time_out(treatment: Treatment, case: Case, before: Treatment | None, language: str) -> TimeOut:
    """The questions that are asked before the needle."""
    rows = _asked(treatment, case, before, language, (*COUNTED, "free"))
    counted = tuple(row for row in rows if row.question.group in COUNTED)
    return TimeOut(
        questions=counted,
        free=tuple(row for row in rows if row.question.group == "free"),
        answered=sum(row.settled for row in counted),
        again=tuple(
            row.question.id
            for row in counted
            if row.answer is None
            and row.question.group != "identity"
            and row.last is not None
            and row.last.value in (YES, NO)
        ),
        since=before.date if before and before.said else None,
    )


# Rules that miss nothing but the answer to one question of the review page.
ASKED_BY = {
    "CONS-01": "consent_today",
    "CONS-02": "off_label_consent",
    "CONS-03": "spread_warning_given",
}


def waits_for_an_answer(finding: Finding, treatment: Treatment, asking: TimeOut) -> bool:
    """Whether it says no more than that a question is still open, which the page asks."""
    if finding.id == "CI-04" or (finding.id == "INT-04" and finding.at_signing):
        return asking.left > 0
    question = ASKED_BY.get(finding.id)
    return question is not None and question not in treatment.answers


def review_questions(
    treatment: Treatment, case: Case, before: Treatment | None, language: str
) -> tuple[Asked, ...]:
    """The questions that are asked before signing."""
    return _asked(treatment, case, before, language, AT_THE_REVIEW)


def _asked(
    treatment: Treatment,
    case: Case,
    before: Treatment | None,
    language: str,
    groups: Iterable[str],
) -> tuple[Asked, ...]:
    today, last = treatment.answers, before.answers if before else {}
    values = {id: answer.as_value() for id, answer in today.items()}

    def row(question: Question) -> Asked:
        answer = today.get(question.id)
        opens = answer is not None and answer.value == YES
        parts = catalogue().parts_of(question.id) if opens else ()
        return Asked(
            question,
            question.text_in(language),
            question.hint_in(language),
            answer,
            last.get(question.id),
            is_settled(question, values, catalogue()),
            tuple(row(part) for part in parts),
        )

    asked = questions_for(case, catalogue(), returning=before is not None)
    return tuple(
        row(question) for question in asked if question.group in groups and not question.part_of
    )


def progress(treatment: Treatment, case: Case) -> dict[str, Any]:
    """How far the time-out has come, for the chip beside the patient's name."""
    values = {id: answer.as_value() for id, answer in treatment.answers.items()}
    counted = [
        question
        for question in questions_for(case, catalogue())
        if question.group in COUNTED and not question.part_of
    ]
    answered = sum(is_settled(question, values, catalogue()) for question in counted)
    said = _("Time-out %(answered)d of %(asked)d", answered=answered, asked=len(counted))
    last = _last_said(treatment)
    if last is not None and answered == len(counted):
        said = f"{said}, {at(last)}"
    return {"asked": len(counted), "answered": answered, "says": said}


def _last_said(treatment: Treatment) -> datetime | None:
    """When the time-out's last answer of today was given."""
    known = catalogue().questions
    instants = [
        answer.answered_at
        for id, answer in treatment.answers.items()
        if id in known and known[id].group in COUNTED
    ]
    return max(instants, default=None)


def saved_at(treatment: Treatment) -> datetime:
    """When anything of this session was saved last: its chart or an answer."""
    return max([treatment.saved_at, *(answer.answered_at for answer in treatment.said)])


class Aloud(NamedTuple):
    """What is read out to the patient and the room."""

    reasons: tuple[str, ...]
    doses: tuple[str, ...]
    lots: tuple[tuple[str, date | None], ...]
    products: tuple[str, ...]


def aloud(chart: Chart, language: str) -> Aloud:
    """Why, what, how much, from which vial: the plan with what is already given of it."""
    known = catalogue()
    sites = {
        id: [site.side for site in chart.sites if site.indication == id] for id in chart.indications
    }
    return Aloud(
        reasons=tuple(
            ", ".join(
                part
                for part in (known.indications[id].label_in(language), _sides(sites[id]))
                if part
            )
            for id in chart.indications
        ),
        doses=tuple(
            ", ".join(
                (
                    _vials(chart, product) if product else _("No vial yet"),
                    ngettext(
                        "%(units)s U in %(num)d site",
                        "%(units)s U in %(num)d sites",
                        total.given_sites + total.planned_sites,
                        units=plain(total.given + total.planned),
                    ),
                )
            )
            for product, total in dosing.totals(chart).items()
        ),
        lots=tuple(
            (vial.lot, vial.expires) for entry in chart.preparations for vial in entry.vials
        ),
        products=tuple(dict.fromkeys(entry.product for entry in chart.preparations)),
    )


def _vials(chart: Chart, product: str) -> str:
    sizes = [
        f"{plain(vial.units)} U"
        for entry in chart.preparations
        if entry.product == product
        for vial in entry.vials
    ]
    return " ".join([product, " + ".join(sizes)]).strip()


def _sides(sides: Iterable[Side | None]) -> str:
    found = set(sides)
    if {Side.LEFT, Side.RIGHT} <= found:
        return _("both sides")
    if Side.RIGHT in found:
        return _("right side")
    if Side.LEFT in found:
        return _("left side")
    return _("midline") if Side.MIDLINE in found else ""


def word_of(value: str | None) -> str:
    """An answer in words."""
    return {
        YES: _("Yes"),
        NO: _("No"),
        UNABLE: _("Can’t ask"),
        "better": _("Better"),
        "same": _("Same"),
        "worse": _("Worse"),
        "none": _("No effect"),
    }.get(value or "", "")


def words_for_asking(opened: str | None = None) -> dict[str, Any]:
    """What the macros of the questions need beside them; `opened` still lacks its reason."""
    return {
        "opened": opened,
        "word_of": word_of,
        "unable_reasons": {key: say_why() for key, say_why in UNABLE_REASONS.items()},
    }


def for_the_record(treatment: Treatment, case: Case) -> list[dict[str, Any]]:
    """Every answer that stands, in the order of the questions, with who, when and how.

    What the review asks and nobody answered stands there too, without a value.
    """
    standing: Mapping[str, Answer] = treatment.answers
    returning = any(other.is_signed for other in treatment.patient.treatments)
    asked = {
        question.id
        for question in questions_for(case, catalogue(), returning=returning)
        if question.group in AT_THE_REVIEW
    }
    return [
        _recorded(question, standing.get(question.id))
        for question in catalogue().questions.values()
        if question.id in standing or question.id in asked
    ]


def _recorded(question: Question, answer: Answer | None) -> dict[str, Any]:
    return {
        "id": question.id,
        "group": question.group,
        "part_of": question.part_of,
        "text": question.text,
        "value": answer.value if answer else None,
        "reason": (answer.reason or None) if answer else None,
        "how": answer.how if answer else None,
        "answered_at": instant_text(answer.answered_at) if answer else None,
        "answered_by": answer.answered_by.signed_name if answer else None,
    }
