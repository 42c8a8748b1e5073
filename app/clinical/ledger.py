"""The vial ledger: what each vial held, what was given from it, and what is left.

Given sites draw on the vials of their preparation in the order listed, each emptied before the
next; planned sites draw nothing. Exact to 0.01 U.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from math import gcd
from typing import Any
from uuid import UUID

from app.clinical.catalogue.entries import Product
from app.clinical.chart import Chart, Preparation, Site, Vial
from app.clinical.dosing import fixed

__all__ = ["VialBalance", "balance", "draws", "least_waste", "remainders"]


@dataclass(frozen=True, slots=True)
class VialBalance:
    """One vial's account in units of its product. `given` holds the `excess`, which is what was
    given beyond what the preparation held; `left` is neither given nor recorded as discarded."""

    key: UUID
    preparation: UUID
    lot: str
    opened: Decimal
    given: Decimal
    discarded: Decimal | None
    left: Decimal
    excess: Decimal

    @property
    def is_balanced(self) -> bool:
        """Whether opened equals given plus discarded, exactly."""
        return self.opened == self.given + (self.discarded or Decimal(0))

    def as_json(self) -> dict[str, Any]:
        """The account as text with two decimals."""
        return {
            "key": str(self.key),
            "preparation": str(self.preparation),
            "lot": self.lot,
            "opened": fixed(self.opened),
            "given": fixed(self.given),
            "discarded": None if self.discarded is None else fixed(self.discarded),
            "left": fixed(self.left),
            "excess": fixed(self.excess),
        }


def remainders(chart: Chart) -> dict[str, Decimal]:
    """Units by product that are left in vials of which nobody said what became of the rest."""
    product_of = {preparation.key: preparation.product for preparation in chart.preparations}
    found: dict[str, Decimal] = {}
    for account in balance(chart):
        if account.discarded is None and account.left:
            product = product_of[account.preparation]
            found[product] = found.get(product, Decimal(0)) + account.left
    return found


def balance(chart: Chart) -> tuple[VialBalance, ...]:
    """The account of each vial, preparation by preparation, in the order listed.

    What was given beyond all vials of a preparation stands as excess on its last.
    """
    accounts: list[VialBalance] = []
    for preparation in chart.preparations:
        to_draw = sum(
            (site.units for site in chart.given if site.preparation == preparation.key),
            Decimal(0),
        )
        for at, vial in enumerate(preparation.vials, start=1):
            drawn = min(to_draw, vial.units)
            to_draw -= drawn
            excess = to_draw if at == len(preparation.vials) else Decimal(0)
            kept = vial.units - drawn - (vial.discarded or Decimal(0))
            accounts.append(
                VialBalance(
                    key=vial.key,
                    preparation=preparation.key,
                    lot=vial.lot,
                    opened=vial.units,
                    given=drawn + excess,
                    discarded=vial.discarded,
                    left=max(kept, Decimal(0)),
                    excess=excess,
                )
            )
    return tuple(accounts)


def least_waste(
    product: Product, units: Decimal, sizes: Iterable[Decimal] | None = None
) -> tuple[Decimal, ...]:
    """The vials of one product, largest first, that hold these units and leave least over.

    `sizes` are those at hand, as often as wanted; all that are made while not said. Of two ways
    with the same rest the one with fewer vials, then with the larger ones. Empty where no size is
    at hand or nothing is needed. Raises ValueError for a size that the product does not come in.
    """
    at_hand = {size.units for size in product.sizes} if sizes is None else set(sizes)
    if strange := [size for size in at_hand if product.size(size) is None]:
        raise ValueError(f"{product.id} does not come in vials of {strange[0]} U.")
    if not at_hand or units <= 0:
        return ()
    steps = {size: _hundredths(size) for size in at_hand}
    step = gcd(*steps.values())
    needed = -(-_hundredths(units) // step)
    # For each amount that whole vials can make, the best way to make it.
    made: dict[int, tuple[Decimal, ...]] = {0: ()}
    amount = 0
    while amount < needed or amount not in made:
        amount += 1
        ways = [
            tuple(sorted((*made[before], size), reverse=True))
            for size, hundredths in steps.items()
            if (before := amount - hundredths // step) in made
        ]
        if ways:
            made[amount] = min(ways, key=lambda vials: (len(vials), [-size for size in vials]))
    return made[amount]


def _hundredths(units: Decimal) -> int:
    return int(units.scaleb(2).to_integral_value(ROUND_CEILING))


def draws(
    preparation: Preparation, sites: Iterable[Site]
) -> tuple[tuple[Vial, tuple[Site, ...]], ...]:
    """Which of these sites drew on which vial of a preparation, a site on two where one ran out.

    What the vials never held counts as drawn from the last.
    """
    vials = preparation.vials
    if not vials:
        return ()
    drawn: list[list[Site]] = [[] for _ in vials]
    at, left = 0, vials[0].units
    for site in sites:
        if site.preparation != preparation.key:
            continue
        wanted = site.units
        while wanted >= left and at < len(vials) - 1:
            if left > 0:
                drawn[at].append(site)
            wanted -= left
            at, left = at + 1, vials[at + 1].units
            if not wanted:
                break
        else:
            drawn[at].append(site)
            left -= wanted
    return tuple((vial, tuple(own)) for vial, own in zip(vials, drawn, strict=True))
