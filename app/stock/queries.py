"""What the stock's pages list."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from flask import abort
from flask_login import current_user
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from app import access
from app.clinical import ledger
from app.extensions import db
from app.models import (
    Clinic,
    Patient,
    Preparation,
    StockEntry,
    StockLot,
    Treatment,
    Vial,
)
from app.models.addendum import is_voided
from app.models.patient import fold
from app.sight import require_sight, seen
from app.web import uuid_or_none

# A recall that reached more sessions is worked off page by page elsewhere: the export has them all.
REACHED = 200


class Reached(NamedTuple):
    """One session that drew on a lot: units of it opened, given and discarded."""

    treatment: Treatment
    opened: Decimal
    given: Decimal
    discarded: Decimal


class Recall(NamedTuple):
    """Whom a lot of one product reached. `hidden` sessions are of patients who are not shown."""

    product: str
    number: str
    lots: list[StockLot]
    reached: list[Reached]
    hidden: int

    @property
    def quarantined(self) -> StockLot | None:
        """The lot as it is quarantined, or None."""
        return next((lot for lot in self.lots if lot.is_quarantined), None)

    @property
    def patients(self) -> int:
        """How many people that are."""
        return len({each.treatment.patient_id for each in self.reached})


def recalls(number: str) -> list[Recall]:
    """Whom this lot reached, product by product; a lot is found as it is printed, case aside."""
    wanted = number.casefold()
    lots = db.session.scalars(
        select(StockLot)
        .where(func.lower(StockLot.lot) == wanted)
        .options(selectinload(StockLot.entries).joinedload(StockEntry.patient))
    ).all()
    used = db.session.execute(_drawn_on(select(Preparation.product, Vial.lot), wanted))
    names = {(lot.product, lot.lot) for lot in lots} | {(row[0], row[1]) for row in used}
    return [
        Recall(
            product,
            lot,
            [each for each in lots if (each.product, each.lot) == (product, lot)],
            *_reached(product, lot),
        )
        for product, lot in sorted(names)
    ]


def _drawn_on(query: Any, lot: str) -> Select[*tuple[Any, ...]]:
    return (
        query.join(
            Preparation,
            (Preparation.treatment_id == Vial.treatment_id) & (Preparation.key == Vial.preparation),
        )
        .join(Treatment, Treatment.id == Vial.treatment_id)
        .where(
            func.lower(Vial.lot) == lot,
            Treatment.discarded_at.is_(None),
            ~is_voided(Treatment),
        )
    )


def _reached(product: str, lot: str) -> tuple[list[Reached], int]:
    ids = _drawn_on(select(Vial.treatment_id), lot.casefold()).where(
        Preparation.product == product, Vial.lot == lot
    )
    count = db.session.scalar(select(func.count(Treatment.id)).where(Treatment.id.in_(ids))) or 0
    shown = select(Treatment).join(Treatment.patient).where(Treatment.id.in_(ids), seen())
    visible = db.session.scalar(select(func.count()).select_from(shown.subquery())) or 0
    treatments = db.session.scalars(
        shown.order_by(Treatment.date.desc())
        .limit(REACHED)
        .options(
            joinedload(Treatment.patient),
            selectinload(Treatment.sites),
            selectinload(Treatment.preparations),
            selectinload(Treatment.vials),
        )
    ).all()
    return [_amounts(treatment, product, lot) for treatment in treatments], count - visible


def _amounts(treatment: Treatment, product: str, lot: str) -> Reached:
    chart = treatment.chart()
    of = {entry.key for entry in chart.preparations if entry.product == product}
    own = [
        account
        for account in ledger.balance(chart)
        if account.lot == lot and account.preparation in of
    ]
    return Reached(
        treatment,
        opened=sum((account.opened for account in own), Decimal(0)),
        given=sum((account.given for account in own), Decimal(0)),
        discarded=sum((account.discarded or Decimal(0) for account in own), Decimal(0)),
    )


def get_lot(lot_id: str) -> StockLot:
    """The lot, or 404."""
    key: UUID | None = uuid_or_none(lot_id)
    if key is None or not access.sees_patients(current_user):
        abort(404)
    return db.session.get(StockLot, key) or abort(404)


def find_lot(product: str, units: Decimal, lot: str) -> StockLot | None:
    """The lot of this name, or None."""
    return db.session.scalars(
        select(StockLot).where(
            StockLot.product == product, StockLot.units == units, StockLot.lot == lot
        )
    ).one_or_none()


def lots_called(product: str, lot: str) -> list[StockLot]:
    """Every size of a lot that is in stock."""
    query = select(StockLot).where(StockLot.product == product, StockLot.lot == lot)
    return list(db.session.scalars(query))


def vials_called(product: str, lot: str) -> list[tuple[Decimal, date | None]]:
    """Sizes and expiries of a lot as treatments name them."""
    query = _drawn_on(select(Vial.units, func.max(Vial.expires)).select_from(Vial), lot.casefold())
    rows = db.session.execute(
        query.where(Preparation.product == product, Vial.lot == lot).group_by(Vial.units)
    )
    return [(row[0], row[1]) for row in rows]


def received(clinic: Clinic, *, now: datetime) -> list[StockEntry]:
    """What came and went today, latest first; of patients only those who are seen."""
    begin = datetime.combine(clinic.today(now), time(), clinic.zone)
    query = (
        select(StockEntry)
        .outerjoin(StockEntry.patient)
        .where(StockEntry.entered_at >= begin, StockEntry.patient_id.is_(None) | seen())
        .order_by(StockEntry.entered_at.desc())
        .limit(50)
        .options(joinedload(StockEntry.lot), joinedload(StockEntry.patient))
    )
    return list(db.session.scalars(query))


def seen_patients() -> set[UUID]:
    """Of those for whom vials were delivered, whom the signed-in person sees."""
    query = select(Patient.id).where(
        Patient.id.in_(select(StockEntry.patient_id).where(StockEntry.patient_id.is_not(None))),
        seen(),
    )
    return set(db.session.scalars(query))


def find_patient(record_number: str) -> Patient | None:
    """The patient of this record number, if the signed-in person sees one."""
    query = select(Patient).where(Patient.folded_record_number == fold(record_number), seen())
    return db.session.scalars(query).one_or_none()


def get_patient(patient_id: str) -> Patient:
    """The patient, or 404 for who may not see one."""
    key = uuid_or_none(patient_id)
    if key is None or not access.sees_patients(current_user):
        abort(404)
    patient = db.session.get(Patient, key) or abort(404)
    require_sight(patient)
    return patient
