"""A draft as its note would be: the same record, signed by nobody, with what is still missing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app import own_catalogue
from app.clinical.rules import judge
from app.models import Clinic, Person, Treatment
from app.treatments.asking import (
    Asked,
    review_questions,
    saved_at,
    time_out,
    waits_for_an_answer,
)
from app.treatments.describing import describe
from app.treatments.figures import iso
from app.treatments.queries import session_before
from app.treatments.said import Said

# A note is English, whatever the screen says.
LANGUAGE = "en"


def describe_draft(
    treatment: Treatment, clinic: Clinic, *, by: Person, now: datetime
) -> dict[str, Any]:
    """What `layout.render_draft` prints: the session as it stands, printed `by` somebody `now`."""
    case, before = treatment.case(now=now), session_before(treatment)
    asking = time_out(treatment, case, before, LANGUAGE)
    at_review = review_questions(treatment, case, before, LANGUAGE)
    findings = [
        each
        for each in judge(case, own_catalogue.known())
        if not waits_for_an_answer(each, treatment, asking)
    ]
    described = describe(
        treatment,
        clinic,
        number="",
        findings=[each for each in findings if not each.stops_signing],
        said=Said(),
        by=treatment.performer or by,
        now=now,
    )
    return {
        **described,
        "performed_by": described["performed_by"] if treatment.performer else None,
        "signed_by": None,
        # Nobody has overridden anything before the signature.
        "findings": [
            {**each, "reason": None, "overridden_by": None} for each in described["findings"]
        ],
        "draft": {
            "by": by.name,
            "at": iso(now),
            "saved_at": iso(saved_at(treatment)),
            "time_out": _open(asking.questions),
            "review": _open(at_review),
            "overrides": [each.id for each in findings if each.needs_prescriber],
            "reasons": [
                each.id for each in findings if each.needs_reason and not each.needs_prescriber
            ],
            "stops": [each.text for each in findings if each.stops_signing],
        },
    }


def _open(questions: tuple[Asked, ...]) -> list[str]:
    return [each.text.rstrip("?") for each in questions if not each.settled]
