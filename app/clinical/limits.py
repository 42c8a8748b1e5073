"""Which dose limits apply to a patient, and what a session adds up to against each.

Sums are Doses, so units of two products can't meet in one. BOTOX Cosmetic counts with BOTOX,
because the catalogue names one drug for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.clinical.anatomy import Side
from app.clinical.case import Case, EarlierTreatment
from app.clinical.catalogue.entries import Catalogue, DoseLimit
from app.clinical.chart import Site
from app.clinical.dosing import NO_PRODUCT, Dose

__all__ = [
    "SIDES",
    "Amount",
    "Excess",
    "amounts",
    "earlier",
    "excesses",
    "given",
    "given_before",
    "in_muscle",
    "limits_for",
    "limits_of",
    "same_drug",
    "weight_kg",
]

# In the order in which sides are named; a site whose side nobody knows comes last.
SIDES = (Side.RIGHT, Side.LEFT, Side.MIDLINE, None)


@dataclass(frozen=True, slots=True)
class Amount:
    """What is added up against one limit: the dose, today's sites, and what was given before.

    `side` is set where only one side was added up.
    """

    dose: Dose
    sites: tuple[Site, ...]
    side: Side | None = None
    before: tuple[EarlierTreatment, ...] = ()


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that is exceeded: by what, and the units it comes to for this patient."""

    limit: DoseLimit
    most: Decimal
    amount: Amount


def limits_for(case: Case, catalogue: Catalogue) -> dict[str, Decimal]:
    """The units of each US limit that applies to this patient, by its rule key.

    Limits per kg are computed and capped; while the weight is not known they are left out.
    """
    weight = weight_kg(case)
    found: dict[str, Decimal] = {}
    for limit in catalogue.dose_limits:
        if limit.part or not _in_the_us(limit) or not limit.fits(case.age):
            continue
        most = limit.most(weight)
        if most is not None and (limit.units_per_kg is None or weight is not None):
            found[limit.id] = most
    return found


def limits_of(rule: str, catalogue: Catalogue) -> list[DoseLimit]:
    """The limits that this rule judges, in the order of the catalogue."""
    return [limit for limit in catalogue.dose_limits if rule in limit.rules]


def weight_kg(case: Case) -> Decimal | None:
    """The patient's weight; None while it is missing or could not be taken."""
    weight = case.patient.weight_kg if case.patient else None
    return weight if isinstance(weight, Decimal) else None


def amounts(
    limit: DoseLimit, case: Case, catalogue: Catalogue, *, whole_session: bool = False
) -> Iterator[Amount]:
    """What a session adds up to against a limit: once, or once for each side or site.

    An interval counts what was given before; with `whole_session` only the session is added up.
    """
    sites = _sites(limit, case, catalogue)
    if not sites:
        return
    if limit.scope == "site":
        for site in sites:
            yield Amount(given(limit.product, [site], case), (site,), site.side)
    elif limit.scope == "side":
        for side in SIDES:
            own = tuple(site for site in sites if site.side is side)
            if own:
                yield Amount(given(limit.product, own, case), own, side)
    else:
        before: tuple[EarlierTreatment, ...] = ()
        if limit.scope == "interval" and limit.days is not None and not whole_session:
            before = earlier(limit, case, catalogue, range(limit.days))
        dose = given(limit.product, sites, case) + given_before(limit.product, before, catalogue)
        yield Amount(dose, sites, None, before)


def excesses(
    rule: str,
    case: Case,
    catalogue: Catalogue,
    *,
    any_age: bool = False,
    whole_session: bool = False,
) -> Iterator[Excess]:
    """What exceeds the limits that this rule judges, in the order of the catalogue.

    Where the weight is not known, what exceeds the cap at any weight is still found.
    """
    weight = weight_kg(case)
    for limit in limits_of(rule, catalogue):
        most = limit.most(weight)
        if most is None or not (any_age or limit.fits(case.age)):
            continue
        for amount in amounts(limit, case, catalogue, whole_session=whole_session):
            if amount.dose > Dose(limit.product, most):
                yield Excess(limit, most, amount)


def earlier(
    limit: DoseLimit, case: Case, catalogue: Catalogue, days: range
) -> tuple[EarlierTreatment, ...]:
    """What counts against a limit and was given this many days before the session, by date."""
    day = case.date
    if day is None:
        return ()
    found = [
        treatment
        for treatment in case.history
        if (day - treatment.date).days in days
        and same_drug(treatment.product, limit.product, catalogue)
        and (not limit.indications or treatment.indication in limit.indications)
    ]
    return tuple(sorted(found, key=lambda each: (each.date, each.product, each.units)))


def same_drug(one: str, other: str, catalogue: Catalogue) -> bool:
    """Whether two names are one drug, as BOTOX and BOTOX Cosmetic are."""
    first, second = catalogue.products.get(one), catalogue.products.get(other)
    if first is None or second is None:
        return one == other
    return first.generic == second.generic


def in_muscle(site: Site, muscles: tuple[str, ...], catalogue: Catalogue) -> bool:
    """Whether a site lies in one of these muscles, or in a part that counts as one of them."""
    muscle = catalogue.muscles.get(site.muscle or "")
    return muscle is not None and (muscle.id in muscles or muscle.counts_as in muscles)


def given(product: str, sites: Iterable[Site], case: Case) -> Dose:
    """What these sites have of a product. One of another product raises TypeError."""
    doses = (Dose(case.chart.product_of(site) or NO_PRODUCT, site.units) for site in sites)
    return sum(doses, Dose(product, Decimal(0)))


def given_before(
    product: str, treatments: Iterable[EarlierTreatment], catalogue: Catalogue
) -> Dose:
    """What these treatments had of a product. One of another drug raises TypeError."""
    doses = (
        Dose(product if same_drug(each.product, product, catalogue) else each.product, each.units)
        for each in treatments
    )
    return sum(doses, Dose(product, Decimal(0)))


def _sites(limit: DoseLimit, case: Case, catalogue: Catalogue) -> tuple[Site, ...]:
    if all(preparation.product != limit.product for preparation in case.chart.preparations):
        return ()
    return tuple(
        site
        for site in case.sites
        if case.chart.product_of(site) == limit.product
        and (not limit.indications or site.indication in limit.indications)
        and (not limit.muscles or in_muscle(site, limit.muscles, catalogue))
        and (limit.depth is None or _depth(site, catalogue) == limit.depth)
    )


def _depth(site: Site, catalogue: Catalogue) -> str | None:
    """How deep a site was given: as said, or else as is usual in its muscle."""
    muscle = catalogue.muscles.get(site.muscle or "")
    return site.depth or (muscle.default_depth if muscle else None)


def _in_the_us(limit: DoseLimit) -> bool:
    return limit.region == "US"
