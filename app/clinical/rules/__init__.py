"""The rules: each one function of a case, registered by its id.

A rule returns one finding that names all it is about, or None. What it says stands in the
catalogue; what it measures stands here.
"""

from __future__ import annotations

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue
from app.clinical.rules import (  # noqa: F401  # registers their rules
    answers,
    bills,
    children,
    diagnosis,
    doses,
    intervals,
    lots,
    places,
    records,
    signing,
    times,
    vials,
)
from app.clinical.rules.finding import GRAVEST_FIRST, Finding
from app.clinical.rules.registry import Rule, registered, rule

__all__ = ["Finding", "Rule", "judge", "registered", "rule"]


def judge(case: Case, catalogue: Catalogue) -> list[Finding]:
    """Everything the rules find in a case, gravest first, then by id.

    While nothing is given, only the rules that can be judged from the plan speak, of the plan.
    """
    found = [
        finding
        for id, function in registered().items()
        if case.when == "given" or catalogue.rules[id].on_plan
        if (finding := function(case, catalogue)) is not None
    ]
    return sorted(found, key=lambda each: (GRAVEST_FIRST.index(each.severity), each.id))
