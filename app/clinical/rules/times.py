"""TIME-01, TIME-02: is what was mixed still good, and could it have happened at these times?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import Preparation, Site, Vial
from app.clinical.ledger import draws
from app.clinical.rules.finding import Finding, Part, Value, find
from app.clinical.rules.registry import rule
from app.clinical.rules.vials import vial_name


@rule("TIME-01")
def in_use_time(case: Case, catalogue: Catalogue) -> Finding | None:
    """Nothing is given later after mixing than the label allows, to the last second of it.

    A solution has no clock until it is diluted. Of a plan, the moment is now.
    """
    text = catalogue.rules["TIME-01"]
    parts: list[Part] = []
    about: list[UUID] = []
    for preparation in case.chart.preparations:
        product = catalogue.products[preparation.product]
        limit = product.after_mixing_hours
        for vial, sites in draws(preparation, case.sites):
            diluted = bool(preparation.ml_in(vial))
            if not sites or limit is None or (product.ready_made and not diluted):
                continue
            said = _kept(preparation, vial, sites, limit, case)
            if said is None and product.ready_made and preparation.mixed_at(vial) is None:
                said = "undated", {"vial": vial_name(preparation, vial), "limit": limit}
            if said is not None:
                parts.append(said)
                about.append(vial.key)
    return find(text, case.when, parts, about)


def _kept(
    preparation: Preparation, vial: Vial, sites: Iterable[Site], limit: Decimal, case: Case
) -> Part | None:
    name = vial_name(preparation, vial)
    mixed = preparation.mixed_at(vial)
    if mixed is None:
        reason = preparation.unknown.get("reconstituted_at")
        return ("unknown", {"vial": name, "reason": reason}) if reason else None
    # Hours are counted in UTC: a night in which the clocks change is as long as it is.
    instants = [
        instant.astimezone(UTC) for site in sites if (instant := _moment(site, case)) is not None
    ]
    if not instants or max(instants) - mixed.astimezone(UTC) <= timedelta(hours=float(limit)):
        return None
    last = max(instants)
    values: dict[str, Value] = {
        "vial": name,
        "mixed": case.local(mixed),
        "given": case.local(last),
        "hours": _hours(last - mixed.astimezone(UTC)),
        "limit": limit,
    }
    return (None if case.chart.given else "planned"), values


def _moment(site: Site, case: Case) -> datetime | None:
    """When a site was given; of a planned one, when it would be."""
    if site.is_given:
        return site.given_at or case.injected_at
    return case.injected_at or case.now


def _hours(time: timedelta) -> Decimal:
    """Hours to a tenth, never rounded down to the limit that was passed."""
    tenths = -(-time // timedelta(minutes=6))
    return Decimal(tenths) / 10


@rule("TIME-02")
def in_order(case: Case, catalogue: Catalogue) -> Finding | None:
    """Nothing is given before it is mixed, and neither mixing nor session lies in the future."""
    parts: list[Part] = []
    about: list[UUID] = []
    for preparation in case.chart.preparations:
        for mixed, given in _mixings(case, preparation):
            said: Part | None = None
            if given is not None and mixed > given:
                said = None, {"given": case.local(given)}
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


def _mixings(case: Case, preparation: Preparation) -> Iterable[tuple[datetime, datetime | None]]:
    """Each time of mixing in a preparation, with when the first site was given from it."""
    first: dict[datetime, datetime | None] = {}
    if not preparation.vials and preparation.reconstituted_at is not None:
        own = [site for site in case.chart.given if site.preparation == preparation.key]
        first[preparation.reconstituted_at] = _first_given(case, own)
    for vial, sites in draws(preparation, case.chart.given):
        mixed = preparation.mixed_at(vial)
        if mixed is None:
            continue
        instants = [first.get(mixed), _first_given(case, sites)]
        first[mixed] = min((each for each in instants if each is not None), default=None)
    return first.items()


def _first_given(case: Case, sites: Iterable[Site]) -> datetime | None:
    """When the first of these sites was given, as far as anybody said."""
    instants = [site.given_at or case.injected_at for site in sites]
    return min((instant for instant in instants if instant is not None), default=None)
