"""Doses: exact units of one product, shared, added up and turned into millilitres."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from uuid import UUID

from app.clinical.catalogue import catalogue
from app.clinical.catalogue.entries import Catalogue, Product, Side

if TYPE_CHECKING:
    from app.clinical.chart import Chart, Preparation, Site

__all__ = [
    "NO_PRODUCT",
    "Dose",
    "MuscleTotal",
    "Total",
    "Volume",
    "by_muscle",
    "concentration",
    "fixed",
    "plain",
    "site_volumes",
    "split",
    "strength",
    "strength_of",
    "totals",
    "volume_ml",
    "volume_text",
    "volumes",
]

STEP = Decimal("0.01")
# Volumes are exact to this; a syringe is read to a hundredth of a mL.
FINEST_ML = Decimal("0.000001")

# The key of sites that name no preparation: units of nothing, added to no product's.
NO_PRODUCT = ""


@dataclass(frozen=True, slots=True, eq=False)
class Dose:
    """Units of one product. Adding or comparing units of two products raises TypeError.

    Nothing turns units of one product into units of another, and nothing here ever will.
    """

    product: str
    units: Decimal

    def _same(self, other: object) -> Decimal:
        if not isinstance(other, Dose) or other.product != self.product:
            raise TypeError("Units of two products are different things and are never combined.")
        return other.units

    def __add__(self, other: Dose) -> Dose:
        return Dose(self.product, self.units + self._same(other))

    def __sub__(self, other: Dose) -> Dose:
        return Dose(self.product, self.units - self._same(other))

    def __eq__(self, other: object) -> bool:
        return self.units == self._same(other)

    def __hash__(self) -> int:
        return hash((self.product, self.units))

    def __lt__(self, other: Dose) -> bool:
        return self.units < self._same(other)

    def __le__(self, other: Dose) -> bool:
        return self.units <= self._same(other)

    def __gt__(self, other: Dose) -> bool:
        return self.units > self._same(other)

    def __ge__(self, other: Dose) -> bool:
        return self.units >= self._same(other)


@dataclass(frozen=True, slots=True)
class Total:
    """Units of one product given and planned, with sites and mL; mL is None while not known."""

    given: Decimal
    planned: Decimal
    given_sites: int
    planned_sites: int
    volume_ml: Decimal | None
    planned_volume_ml: Decimal | None


@dataclass(frozen=True, slots=True)
class Volume:
    """Millilitres of one preparation given and planned."""

    given: Decimal
    planned: Decimal


@dataclass(frozen=True, slots=True)
class MuscleTotal:
    """What was given into one muscle or described place: units by side, None where no site is."""

    name: str
    muscle: str | None
    product: str
    right: Decimal | None
    midline: Decimal | None
    left: Decimal | None
    all: Decimal
    sites: int


def plain(amount: Decimal) -> str:
    """An amount as a person writes it: 5, 2.5, 3.34; never an exponent."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(amount: Decimal) -> str:
    """An amount with two decimals, as totals and ledgers show it: 155.00."""
    return f"{amount.quantize(STEP, ROUND_HALF_UP):f}"


def volume_text(volume: Decimal) -> str:
    """A volume to read: two decimals, or three where two would not say it: 0.10, 0.133."""
    thousandths = volume.quantize(Decimal("0.001"), ROUND_HALF_UP)
    return f"{thousandths:f}".removesuffix("0")


def split(total: Decimal, parts: int) -> tuple[Decimal, ...]:
    """A dose shared over sites in steps of 0.01 U, larger parts first; the sum is exact.

    Raises ValueError for a total finer than 0.01 U or too small to give each site its share.
    """
    steps = total / STEP
    if parts < 1 or steps != int(steps) or steps < parts:
        raise ValueError("A shared dose needs hundredths of a unit, and at least 0.01 U a site.")
    share, left = divmod(int(steps), parts)
    return tuple(STEP * (share + (1 if at < left else 0)) for at in range(parts))


def concentration(vial_units: Decimal, diluent_ml: Decimal) -> Fraction:
    """Units per mL of a powder mixed with `diluent_ml`, exact. Raises ValueError for 0 mL."""
    if diluent_ml <= 0:
        raise ValueError("A powder needs diluent.")
    return Fraction(vial_units) / Fraction(diluent_ml)


def strength_of(
    product: Product, vial_units: Decimal, diluent_ml: Decimal | None
) -> Fraction | None:
    """Units per mL in a vial of this size with this much diluent; None while not known.

    A label's own figure stands where the catalogue states one; a solution brings its own volume.
    """
    for entry in product.dilutions:
        stated = entry.stated_units_per_ml
        if stated is not None and (entry.vial_units, entry.diluent_ml) == (vial_units, diluent_ml):
            return Fraction(stated)
    if product.solution_units_per_ml is not None:
        solution_ml = Fraction(vial_units) / Fraction(product.solution_units_per_ml)
        return Fraction(vial_units) / (solution_ml + Fraction(diluent_ml or 0))
    return concentration(vial_units, diluent_ml) if diluent_ml else None


def strength(preparation: Preparation) -> Decimal | None:
    """Units per mL of a preparation, to read; None while it has no vial or no known diluent."""
    exact = _strength(preparation)
    return None if exact is None else _rounded(exact, STEP)


def volume_ml(units: Decimal, units_per_ml: Fraction | Decimal) -> Decimal:
    """The volume that holds these units, in mL, exact to a millionth."""
    return _rounded(Fraction(units) / Fraction(units_per_ml), FINEST_ML)


def totals(chart: Chart) -> dict[str, Total]:
    """The sums of a chart per product, planned apart from given: a plan changes nothing given.

    Sites that name no preparation stand under NO_PRODUCT.
    """
    strengths = _strengths(chart)
    by_product: dict[str, list[Site]] = {entry.product: [] for entry in chart.preparations}
    for site in chart.sites:
        by_product.setdefault(chart.product_of(site) or NO_PRODUCT, []).append(site)
    found: dict[str, Total] = {}
    for product, sites in by_product.items():
        given = [site for site in sites if site.is_given]
        planned = [site for site in sites if not site.is_given]
        found[product] = Total(
            given=_units(given),
            planned=_units(planned),
            given_sites=len(given),
            planned_sites=len(planned),
            volume_ml=_together(given, strengths),
            planned_volume_ml=_together(planned, strengths),
        )
    return found


def volumes(chart: Chart) -> dict[UUID, Volume]:
    """Millilitres per preparation. One whose strength is not known yet is left out."""
    found: dict[UUID, Volume] = {}
    for key, units_per_ml in _strengths(chart).items():
        own = [site for site in chart.sites if site.preparation == key]
        found[key] = Volume(
            given=volume_ml(_units(site for site in own if site.is_given), units_per_ml),
            planned=volume_ml(_units(site for site in own if not site.is_given), units_per_ml),
        )
    return found


def site_volumes(chart: Chart) -> dict[UUID, Decimal]:
    """Millilitres per site. A site whose preparation has no known strength is left out."""
    strengths = _strengths(chart)
    return {
        site.key: volume_ml(site.units, units_per_ml)
        for site in chart.sites
        if (units_per_ml := _of(site, strengths)) is not None
    }


def by_muscle(chart: Chart, catalogue: Catalogue, language: str = "en") -> tuple[MuscleTotal, ...]:
    """What was given, by muscle and side and product, in the order of injection."""
    groups: dict[tuple[str | None, str, str], list[Site]] = {}
    for site in chart.given:
        muscle = catalogue.muscles.get(site.muscle or "")
        name = muscle.label_in(language) if muscle else site.other or ""
        product = chart.product_of(site) or NO_PRODUCT
        groups.setdefault((site.muscle, name, product), []).append(site)
    return tuple(
        MuscleTotal(
            name=name,
            muscle=muscle,
            product=product,
            right=_on(Side.RIGHT, sites),
            midline=_on(Side.MIDLINE, sites),
            left=_on(Side.LEFT, sites),
            all=_units(sites),
            sites=len(sites),
        )
        for (muscle, name, product), sites in groups.items()
    )


def _strength(preparation: Preparation) -> Fraction | None:
    product = catalogue().products[preparation.product]
    made = (strength_of(product, vial.units, preparation.ml_in(vial)) for vial in preparation.vials)
    # All vials of which it is known have the same.
    return next((units_per_ml for units_per_ml in made if units_per_ml is not None), None)


def _strengths(chart: Chart) -> dict[UUID, Fraction]:
    known = {entry.key: _strength(entry) for entry in chart.preparations}
    return {key: units_per_ml for key, units_per_ml in known.items() if units_per_ml is not None}


def _units(sites: Iterable[Site]) -> Decimal:
    return sum((site.units for site in sites), Decimal(0))


def _on(side: Side, sites: Iterable[Site]) -> Decimal | None:
    found = [site for site in sites if site.side is side]
    return _units(found) if found else None


def _of(site: Site, strengths: Mapping[UUID, Fraction]) -> Fraction | None:
    return None if site.preparation is None else strengths.get(site.preparation)


def _together(sites: Iterable[Site], strengths: Mapping[UUID, Fraction]) -> Decimal | None:
    """The volume of these sites together; None where one of them has no known strength."""
    exact = Fraction(0)
    for site in sites:
        units_per_ml = _of(site, strengths)
        if units_per_ml is None:
            return None
        exact += Fraction(site.units) / units_per_ml
    return _rounded(exact, FINEST_ML)


def _rounded(exact: Fraction, step: Decimal) -> Decimal:
    # Half up in whole steps, so that the precision of no decimal context has a say.
    return int(exact / Fraction(step) + Fraction(1, 2)) * step
