"""What the rules say of what is about to be signed, and whether the signer has said enough."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app import own_catalogue
from app.clinical.errors import Refusal
from app.clinical.rules import Finding, judge
from app.models import Person, Role, Treatment
from app.models.treatment import StaleChart
from app.notes.strokes import Strokes


class Unsignable(Refusal):
    """A rule stops the signature; what `finding` says is why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__("%(sentence)s", sentence=finding.text)
        self.finding = finding


class NotSaid(Refusal):
    """A finding needs a word that is missing. `about` is the rule's id, READ or PRESCRIBER."""

    def __init__(self, message: str, /, *, about: str, **values: Any) -> None:
        super().__init__(message, **values)
        self.about = about


READ = "read"
PRESCRIBER = "prescriber"


@dataclass(frozen=True)
class Said:
    """What whoever signs says of the findings: why, by the rule's id; which warnings were read (as
    `fingerprint` names them); the prescriber who overrides where the signer is none; and what the
    signer drew beside the PIN, if anything."""

    reasons: Mapping[str, str] = field(default_factory=dict)
    read: str = ""
    overriding: Person | None = None
    drawn: Strokes | None = None


def fingerprint(findings: Iterable[Finding]) -> str:
    """Names the warnings that are to be read: others, or other words, have another name."""
    texts = sorted(f"{each.id} {each.text}" for each in findings if each.is_to_be_read)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def reading_all(treatment: Treatment, *, now: datetime, reason: str = "") -> Said:
    """What somebody says who has read every warning and gives one reason for all that need one."""
    findings = judge(treatment.case(now=now), own_catalogue.known())
    return Said(
        reasons={finding.id: reason for finding in findings if finding.needs_reason},
        read=fingerprint(findings),
    )


def findings_to_print(
    treatment: Treatment, *, expected_revision: int, said: Said, by: Person, now: datetime
) -> list[Finding]:
    """All rules, run on what is about to be signed.

    Raises StaleChart when the chart moved since the review, Unexplained when it does not say why
    planned sites were not given, NotIdentified when nobody has said that patient and plan are
    right, Unsignable when a rule stops it, NotSaid when a reason, a prescriber or the reading of a
    warning is missing.
    """
    treatment.require_unmoved(since=expected_revision)
    if treatment.revision != expected_revision:
        raise StaleChart(
            "%(name)s changed this session after the review was opened. Look again, then sign.",
            name=treatment.saved_by.name,
        )
    treatment.require_explained()
    treatment.require_identified()
    findings = judge(treatment.case(now=now, signer=by), own_catalogue.known())
    for finding in findings:
        if finding.stops_signing:
            raise Unsignable(finding)
    _require_said(findings, said, by)
    return findings


def _require_said(findings: Iterable[Finding], said: Said, by: Person) -> None:
    for finding in findings:
        if finding.needs_prescriber and overriding(said, by) is None:
            raise NotSaid(
                "Only a prescriber goes on here. Choose who, with their PIN.", about=PRESCRIBER
            )
        if finding.needs_reason and not said.reasons.get(finding.id):
            raise NotSaid(
                "Say why in this case; the note prints the reason (%(rule)s).",
                about=finding.id,
                rule=finding.id,
            )
    if any(finding.is_to_be_read for finding in findings) and said.read != fingerprint(findings):
        raise NotSaid("Read the warnings, and confirm that you have.", about=READ)


def overriding(said: Said, by: Person) -> Person | None:
    """The prescriber who answers for going on: whoever signs, if one, else whom they asked."""
    return by if by.is_one_of(Role.PRESCRIBER) else said.overriding
