"""SIGN-01, SIGN-04: does the right person sign, and soon enough?"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue
from app.clinical.rules.finding import Finding, Part, Value, find
from app.clinical.rules.registry import rule

A_DAY = timedelta(days=1)


@rule("SIGN-01")
def signer(case: Case, catalogue: Catalogue) -> Finding | None:
    """Who signs has credentials, and gave the treatment or supervises who did."""
    text = catalogue.rules["SIGN-01"]
    person, performer = case.signer, case.performer
    if person is None:
        return None
    parts: list[Part] = []
    if not person.credentials.strip():
        parts.append((None, {"signer": person.name}))
    by = "" if performer is None else performer.name
    able = [each.name.split() for each in (performer, case.supervisor) if each is not None]
    if by.strip() and person.name.split() not in able:
        parts.append(("other", {"signer": person.name, "performer": by}))
    return find(text, case.when, parts, ())


@rule("SIGN-04")
def soon(case: Case, catalogue: Catalogue) -> Finding | None:
    """Signed within a few days of the last site given, of the day's end where no time is known."""
    limit = catalogue.limit("late_signature")
    served = _served(case)
    if case.now is None or served is None:
        return None
    if case.now.astimezone(UTC) - served <= timedelta(hours=float(limit)):
        return None
    values: dict[str, Value] = {
        "served": case.local(served),
        "now": case.local(case.now),
        "limit": limit,
    }
    return find(catalogue.rules["SIGN-04"], case.when, [(None, values)], ())


def _served(case: Case) -> datetime | None:
    """When the session was over, as far as anybody said."""
    instants = [site.given_at or case.injected_at for site in case.chart.given]
    known = [instant.astimezone(UTC) for instant in instants if instant is not None]
    if known:
        return max(known)
    if case.date is None:
        return None
    return datetime.combine(case.date + A_DAY, time(), case.zone).astimezone(UTC)
