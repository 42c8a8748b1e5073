"""PED-01 to PED-04: is a child old enough, weighed, and within the limits of its weight?"""

from __future__ import annotations

from uuid import UUID

from app.clinical.case import Case, Unable
from app.clinical.catalogue.entries import Catalogue, Sentence
from app.clinical.limits import excesses, weight_kg
from app.clinical.rules.doses import exceeded
from app.clinical.rules.finding import Finding, Part, Value, find
from app.clinical.rules.registry import rule


@rule("PED-01")
def weighed(case: Case, catalogue: Catalogue) -> Finding | None:
    """A child has a weight, or a reason why it could not be weighed."""
    if case.patient is None or not is_child(case, catalogue):
        return None
    weight = case.patient.weight_kg
    parts: list[Part] = []
    if weight is None:
        parts.append((None, {"age": case.age or 0}))
    elif isinstance(weight, Unable):
        parts.append(("unable", {"age": case.age or 0, "reason": weight.reason}))
    return find(catalogue.rules["PED-01"], case.when, parts, ())


@rule("PED-02")
def plausible(case: Case, catalogue: Catalogue) -> Finding | None:
    """A child's weight is of these weeks, and one that a child of this age can have."""
    weight = weight_kg(case)
    if weight is None or case.patient is None or not is_child(case, catalogue):
        return None
    parts: list[Part] = []
    expected = catalogue.child_weights.get(case.age or 0)
    if expected is not None and not expected.kg_low <= weight <= expected.kg_high:
        low, high = expected.kg_low, expected.kg_high
        parts.append((None, {"weight": weight, "age": expected.age, "low": low, "high": high}))
    weighed_on, most = case.patient.weighed_on, catalogue.limit("weight_age_most")
    if weighed_on is None:
        parts.append(("undated", {"weight": weight}))
    elif case.date is not None:
        days = (case.date - weighed_on).days
        if days < 0:
            parts.append(("later", {"weighed": weighed_on, "date": case.date}))
        elif days > most:
            parts.append(("old", {"weighed": weighed_on, "days": days, "most": most}))
    return find(catalogue.rules["PED-02"], case.when, parts, ())


@rule("PED-03")
def within_weight(case: Case, catalogue: Catalogue) -> Finding | None:
    """A child gets no more than its weight allows, by limb, session and interval.

    While the weight is not known, what exceeds the cap at any weight is still found.
    """
    return exceeded("PED-03", case, catalogue, list(excesses("PED-03", case, catalogue)))


@rule("PED-04")
def old_enough(case: Case, catalogue: Catalogue) -> Finding | None:
    """Nobody is younger than the label of a product allows for an indication."""
    age = case.age
    if age is None:
        return None
    adult_age = int(catalogue.limit("adult_age"))
    found: dict[tuple[str, str], list[UUID]] = {}
    for site in case.sites:
        product = case.chart.product_of(site)
        if product is not None and site.indication in catalogue.indications:
            found.setdefault((site.indication, product), []).append(site.key)
    parts: list[Part] = []
    about: list[UUID] = []
    for (id, product), keys in sorted(found.items()):
        indication = catalogue.indications[id]
        label = indication.labelling.get(product)
        youngest = label.youngest(case.chart.codes, adult_age) if label else None
        if youngest is not None and age < youngest:
            values: dict[str, Value] = {
                "product": product,
                "indication": Sentence(indication.title, indication.title_es),
                "youngest": youngest,
                "age": age,
            }
            parts.append((None, values))
            about += keys
    return find(catalogue.rules["PED-04"], case.when, parts, sorted(about, key=str))


def is_child(case: Case, catalogue: Catalogue) -> bool:
    """Whether the patient is known to be younger than an adult."""
    return case.age is not None and case.age < catalogue.limit("adult_age")
