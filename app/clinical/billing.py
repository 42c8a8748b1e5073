"""The bill: what was given, as lines of code, modifier and units. Only given sites count.

The numbers of the codes, what each covers and what each payer wants said of discarded toxin stand
in the catalogue. A bill is computed from the ledger and never repairs it: where opened is not given
plus discarded, the lines say so and the rules find it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue, Payer, Procedure, Product, Side
from app.clinical.chart import PHARMACY, Chart, Site
from app.clinical.ledger import balance

__all__ = ["BillLine", "DrugUse", "bill", "drugs_used", "payer_of"]

GUIDANCE = "guidance"
FIRST = "first"
FURTHER = "further"
EXTREMITY = "extremity"
TRUNK = "trunk"


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line: a code, what is said with it, and how many."""

    code: str
    modifier: str | None
    units: int

    def as_json(self) -> dict[str, Any]:
        """The line as it travels."""
        return {"code": self.code, "modifier": self.modifier, "units": self.units}


@dataclass(frozen=True, slots=True)
class DrugUse:
    """What the clinic's own vials of one product held, gave and lost, in its units."""

    product: Product
    opened: Decimal
    given: Decimal
    discarded: Decimal
    tolerance: Decimal

    @property
    def adds_up(self) -> bool:
        """Whether opened is given plus discarded, as near as vials are read."""
        return abs(self.opened - self.given - self.discarded) <= self.tolerance

    def in_billing_units(self, units: Decimal) -> Decimal:
        """These units of the product, in the units it is billed in."""
        return units / (self.product.hcpcs_units or Decimal(1))

    @property
    def billed(self) -> int:
        """What was given, rounded up to whole billing units."""
        return _whole(self.in_billing_units(self.given), ROUND_CEILING)

    @property
    def wasted(self) -> int:
        """What is recorded as discarded, rounded down: with what was given it makes the vials."""
        if self.adds_up:
            return max(self.held - self.billed, 0)
        return _whole(self.in_billing_units(self.discarded), ROUND_FLOOR)

    @property
    def held(self) -> int:
        """What the opened vials held, in billing units."""
        return _whole(self.in_billing_units(self.opened), ROUND_CEILING)


def bill(case: Case, catalogue: Catalogue) -> tuple[BillLine, ...]:
    """The lines of a session: procedures, guidance, then drugs; one line per code and modifier."""
    if not case.chart.given:
        return ()
    return (
        *_procedures(case.chart, catalogue),
        *(
            BillLine(procedure.code, None, 1)
            for procedure in catalogue.procedures.values()
            if procedure.role == GUIDANCE and procedure.group in case.guidance
        ),
        *_drugs(case, catalogue),
    )


def payer_of(case: Case, catalogue: Catalogue) -> Payer | None:
    """The profile of who pays, None while whoever describes the case has no place for it."""
    if case.patient is None or "payer" in case.unsaid:
        return None
    return catalogue.payers.get(case.patient.payer)


def drugs_used(chart: Chart, catalogue: Catalogue) -> tuple[DrugUse, ...]:
    """What each product's vials of the clinic held, gave and lost, in the order of the chart.

    A vial a pharmacy delivered for this patient is not the clinic's to bill. What is left of a
    vial of which nobody said anything counts as discarded.
    """
    ours = {
        vial.key: preparation.product
        for preparation in chart.preparations
        for vial in preparation.vials
        if vial.source != PHARMACY
    }
    used: dict[str, DrugUse] = {}
    nothing = Decimal(0)
    tolerance = catalogue.limit("reconcile_tolerance")
    for account in balance(chart):
        id = ours.get(account.key)
        if id is None or id not in catalogue.products:
            continue
        before = used.get(id) or DrugUse(
            catalogue.products[id], nothing, nothing, nothing, tolerance
        )
        lost = account.left if account.discarded is None else account.discarded
        used[id] = DrugUse(
            product=before.product,
            opened=before.opened + account.opened,
            given=before.given + account.given,
            discarded=before.discarded + lost,
            tolerance=tolerance,
        )
    return tuple(used.values())


def _drugs(case: Case, catalogue: Catalogue) -> Iterator[BillLine]:
    payer = payer_of(case, catalogue)
    for use in drugs_used(case.chart, catalogue):
        code = use.product.hcpcs
        if code is None or not use.given:
            continue
        if payer is None or payer.discarded is None:
            # What was thrown away is billed only where the payer has a word for it.
            yield BillLine(code, None, use.billed)
        elif use.wasted:
            yield BillLine(code, None, use.billed)
            yield BillLine(code, payer.discarded, use.wasted)
        elif use.billed >= use.held:
            yield BillLine(code, payer.none_discarded, use.billed)
        else:
            # Something is left of which nobody says that it was discarded: neither can be claimed.
            yield BillLine(code, None, use.billed)


def _procedures(chart: Chart, catalogue: Catalogue) -> list[BillLine]:
    groups: defaultdict[str, list[Site]] = defaultdict(list)
    for site in chart.given:
        group = _group(site, catalogue)
        if group:
            groups[group].append(site)
    lines: list[BillLine] = []
    for group in dict.fromkeys(each.group for each in catalogue.procedures.values()):
        if group in groups:
            lines.extend(_of_group(group, groups[group], catalogue))
    return lines


def _of_group(group: str, sites: list[Site], catalogue: Catalogue) -> Iterable[BillLine]:
    procedures = [each for each in catalogue.procedures.values() if each.group == group]
    if group == EXTREMITY:
        return _limbs(sites, procedures, catalogue)
    muscles = len({_muscle(site, catalogue) for site in sites})
    covering = next(each for each in procedures if each.least is None or each.covers(muscles))
    sides = {site.side for site in sites}
    both = {Side.LEFT, Side.RIGHT} <= sides
    return [BillLine(covering.code, covering.both_sides if both else covering.one_side, 1)]


def _limbs(sites: list[Site], procedures: list[Procedure], catalogue: Catalogue) -> list[BillLine]:
    """The limb with the most muscles is the first one; each other is a further one."""
    limbs: defaultdict[tuple[str | None, Side | None], set[str]] = defaultdict(set)
    for site in sites:
        limbs[_limb(site, catalogue), site.side].add(_muscle(site, catalogue))
    counts = sorted((len(muscles) for muscles in limbs.values()), reverse=True)
    codes = [
        next(
            each.code
            for each in procedures
            if each.role == (FURTHER if at else FIRST) and each.covers(count)
        )
        for at, count in enumerate(counts)
    ]
    return [BillLine(code, None, units) for code, units in Counter(codes).items()]


def _group(site: Site, catalogue: Catalogue) -> str | None:
    billed_as = catalogue.billed_as.get(site.indication)
    if billed_as is None:
        return None
    muscle = catalogue.muscles.get(site.muscle or "")
    if billed_as.by_muscle and muscle is not None:
        return muscle.cpt_group
    return billed_as.group


def _limb(site: Site, catalogue: Catalogue) -> str | None:
    muscle = catalogue.muscles.get(site.muscle or "")
    return catalogue.billed_as[site.indication].limb if muscle is None else muscle.group


def _muscle(site: Site, catalogue: Catalogue) -> str:
    """What counts as one muscle: both heads of the calf are one; a place in words is itself."""
    muscle = catalogue.muscles.get(site.muscle or "")
    return (site.other or "") if muscle is None else muscle.counts_as


def _whole(units: Decimal, rounding: str) -> int:
    return int(units.to_integral_value(rounding=rounding))
