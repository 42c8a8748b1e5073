"""TIME-02: could it have happened at these times?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import Preparation
from app.clinical.rules.finding import Finding, Part, find
from app.clinical.rules.registry import rule


@rule("TIME-02")
def in_order(case: Case, catalogue: Catalogue) -> Finding | None:
    """Nothing is given before it is mixed, and neither mixing nor session lies in the future."""
    parts: list[Part] = []
    about: list[UUID] = []
    for preparation in case.chart.preparations:
        mixed = preparation.reconstituted_at
        if mixed is None:
            continue
        first = _first_given(case, preparation)
        said: Part | None = None
        if first is not None and mixed > first:
            said = None, {"given": case.local(first)}
        elif case.now is not None and mixed > case.now:
            said = "mixed_in_future", {"now": case.local(case.now)}
        if said is not None:
            variant, values = said
            values = {**values, "product": preparation.product, "mixed": case.local(mixed)}
            parts.append((variant, values))
            about.append(preparation.key)
    if case.date is not None and case.today is not None and case.date > case.today:
        parts.append(("date_in_future", {"date": case.date, "today": case.today}))
    return find(catalogue.rules["TIME-02"], case.when, parts, about)


def _first_given(case: Case, preparation: Preparation) -> datetime | None:
    """When the first given site of a preparation was given, as far as anybody said."""
    instants = [
        site.given_at or case.injected_at
        for site in case.chart.given
        if site.preparation == preparation.key
    ]
    return min((instant for instant in instants if instant is not None), default=None)
