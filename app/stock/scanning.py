"""A scan against the stock: what it says, and whether there is one way to read it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.clinical import gs1
from app.clinical.catalogue import catalogue
from app.clinical.catalogue.entries import Product, VialSize
from app.clinical.gs1 import Reading
from app.clinical.ndc import vial_of_gtin
from app.extensions import db
from app.holdings import holdings_of
from app.models import Patient, StockLot

# More ways than this to read one code are no choice for a person.
MOST_READINGS = 6


class Found(NamedTuple):
    """One reading with what the catalogue and the stock know of it.

    `whose`: `clinic`, `patient` (delivered for the one asked about), `other` (delivered for
    somebody else), or None where the stock does not know the lot.
    """

    reading: Reading
    product: Product | None
    size: VialSize | None
    ndc: str | None
    lot: StockLot | None
    left: int
    whose: str | None


class Scan(NamedTuple):
    """Every way to read a scan; `is_decided` when there is one, and nobody has to choose."""

    found: list[Found]
    is_decided: bool


def scan(text: str, *, separators_kept: bool, patient: Patient | None) -> Scan:
    """What a scan says. Where separators were lost, the stock decides or nobody does yet.

    Raises gs1.Unreadable.
    """
    readings = gs1.read(text, separators_kept=separators_kept)
    found = [_known(reading, patient) for reading in readings]
    if readings[0].is_certain:
        return Scan(found[:1], is_decided=True)
    in_stock = [each for each in found if each.lot is not None]
    if len(in_stock) == 1:
        return Scan(in_stock, is_decided=True)
    return Scan((in_stock or found)[:MOST_READINGS], is_decided=False)


def _known(reading: Reading, patient: Patient | None) -> Found:
    vial = vial_of_gtin(reading.gtin, catalogue()) if reading.gtin else None
    product, size, ndc = vial or (None, None, None)
    lot = _lot(reading, product, size)
    if lot is None:
        return Found(reading, product, size, ndc, None, 0, None)
    if product is None:
        product = catalogue().products[lot.product]
        size = product.size(lot.units)
    whose, left = _owner(lot, reading, patient)
    return Found(reading, product, size, ndc or lot.ndc, lot, left, whose)


def _lot(reading: Reading, product: Product | None, size: VialSize | None) -> StockLot | None:
    if reading.lot is None:
        return None
    query = select(StockLot).where(StockLot.lot == reading.lot)
    if product is not None and size is not None:
        query = query.where(StockLot.product == product.id, StockLot.units == size.units)
    lots = db.session.scalars(query.options(selectinload(StockLot.entries))).all()
    return lots[0] if len(lots) == 1 else None


def _owner(lot: StockLot, reading: Reading, patient: Patient | None) -> tuple[str, int]:
    """Whose this vial is: its serial says it, else who has vials of the lot left."""
    piles = holdings_of(lot)
    for entry in reversed(lot.entries):
        if reading.serial and entry.serial == reading.serial and entry.count > 0:
            own = [pile for pile in piles if pile.patient == entry.patient]
            return _called(entry.patient, patient), sum(pile.left for pile in own)
    there = [pile for pile in piles if pile.left] or piles
    best = min(
        there, key=lambda pile: ("clinic", "patient", "other").index(_called(pile.patient, patient))
    )
    return _called(best.patient, patient), best.left


def _called(owner: Patient | None, asked: Patient | None) -> str:
    if owner is None:
        return "clinic"
    return "patient" if owner == asked else "other"
