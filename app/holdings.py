"""What is left of the clinic's vials, and which of them one patient may be given.

What came in and went stands in the stock; what was opened, the treatments say.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.clinical.chart import PHARMACY
from app.extensions import db
from app.models import Patient, Preparation, StockEntry, StockLot, Treatment, Vial
from app.models.addendum import is_voided

# A list longer than this is narrowed by searching for a lot.
SHOWN = 200

# Product, units and lot, and whose: None is the clinic's own.
_Pile = tuple[str, Decimal, str, UUID | None]


class Holding(NamedTuple):
    """The vials of one lot that are the clinic's, or were delivered for one patient."""

    lot: StockLot
    patient: Patient | None
    received: int
    opened: int

    @property
    def left(self) -> int:
        """As many as should still lie there."""
        return max(self.received - self.opened, 0)


def holdings(today: date) -> list[Holding]:
    """What is in stock, by product and expiry, then lots that are used up or expired."""
    lots = db.session.scalars(
        select(StockLot)
        .order_by(StockLot.expires.desc())
        .limit(SHOWN)
        .options(selectinload(StockLot.entries).joinedload(StockEntry.patient))
    ).all()
    found = [holding for lot in lots for holding in _by_owner(lot, _opened(lots))]
    return sorted(
        found,
        key=lambda each: (
            each.left == 0 or each.lot.is_expired_on(today),
            each.lot.product,
            each.lot.units,
            each.lot.expires or date.max,
        ),
    )


def holdings_of(lot: StockLot) -> list[Holding]:
    """What is there of one lot, the clinic's own first."""
    return _by_owner(lot, _opened([lot]))


def for_patient(patient: Patient, today: date) -> list[Holding]:
    """What may be offered to a patient: the clinic's own and theirs, in date, theirs first."""
    found = [
        each
        for each in holdings(today)
        if each.patient in (None, patient) and each.left and not each.lot.is_expired_on(today)
    ]
    return sorted(found, key=lambda each: each.patient is None)


def _by_owner(lot: StockLot, opened: dict[_Pile, int]) -> list[Holding]:
    owners: dict[UUID | None, Patient | None] = {None: None}
    owners |= {entry.patient_id: entry.patient for entry in lot.entries if entry.patient_id}
    piles = [
        Holding(
            lot,
            patient,
            received=sum(entry.count for entry in lot.entries if entry.patient_id == id),
            opened=opened.get((lot.product, lot.units, lot.lot, id), 0),
        )
        for id, patient in owners.items()
    ]
    there = [pile for pile in piles if pile.patient or pile.received or pile.opened]
    return there or piles[:1]


def _opened(lots: Iterable[StockLot]) -> dict[_Pile, int]:
    """How many vials stand on charts, whoever's: a number, which names nobody."""
    numbers = {lot.lot for lot in lots}
    if not numbers:
        return {}
    rows = db.session.execute(
        select(
            Preparation.product,
            Vial.units,
            Vial.lot,
            Vial.source,
            Treatment.patient_id,
            func.count(),
        )
        .join(
            Preparation,
            (Preparation.treatment_id == Vial.treatment_id) & (Preparation.key == Vial.preparation),
        )
        .join(Treatment, Treatment.id == Vial.treatment_id)
        .where(Vial.lot.in_(numbers), Treatment.discarded_at.is_(None), ~is_voided(Treatment))
        .group_by(Preparation.product, Vial.units, Vial.lot, Vial.source, Treatment.patient_id)
    )
    found: dict[_Pile, int] = {}
    for product, units, lot, source, patient, count in rows:
        pile = (product, units, lot, patient if source == PHARMACY else None)
        found[pile] = found.get(pile, 0) + count
    return found
