"""The vials that are mixed and not used up: of which session, how much is left, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.clinical import dosing, ledger
from app.clinical.catalogue import Catalogue
from app.extensions import db
from app.models import Note, Treatment
from app.sight import seen


class MixedVial(NamedTuple):
    """One vial with units of it left. `treatment` is None where its patient is not shown.

    `mixed_at` is None where its time is recorded as not known; `use_by` is None there too, and
    where no label says how long it keeps. `expires` is its own last day, None while not known.
    """

    treatment: Treatment | None
    product: str
    units: Decimal
    lot: str
    left: Decimal
    units_per_ml: Decimal | None
    expires: date | None
    mixed_at: datetime | None
    use_by: datetime | None

    def is_expired(self, today: date) -> bool:
        """Whether it was good until a day before `today`, however lately it was mixed."""
        return self.expires is not None and self.expires < today

    def minutes_left(self, now: datetime) -> int | None:
        """Whole minutes for which it may still be used, below 0 once it may not."""
        return None if self.use_by is None else (self.use_by - now) // timedelta(minutes=1)


def mixed_vials(known: Catalogue, *, today: date) -> list[MixedVial]:
    """What sessions that nobody has signed or discarded have mixed and not used up.

    First what has expired, then what nobody knows the age of, then the others, oldest first.
    A signed session has accounted for its vials, so nothing of it is open.
    """
    open_sessions = (
        select(Treatment)
        .outerjoin(Note, Note.treatment_id == Treatment.id)
        .where(Note.id.is_(None), Treatment.discarded_at.is_(None), Treatment.vials.any())
    )
    treatments = db.session.scalars(
        open_sessions.options(
            joinedload(Treatment.patient),
            selectinload(Treatment.sites),
            selectinload(Treatment.preparations),
            selectinload(Treatment.vials),
        )
    ).all()
    shown = set(
        db.session.scalars(
            select(Treatment.id)
            .join(Treatment.patient)
            .where(Treatment.id.in_([each.id for each in treatments]), seen())
        )
    )
    found = [vial for each in treatments for vial in _of(each, known, is_shown=each.id in shown)]

    def urgency(vial: MixedVial) -> tuple[bool, bool, float]:
        at = vial.mixed_at
        return not vial.is_expired(today), at is not None, at.timestamp() if at else 0

    return sorted(found, key=urgency)


def _of(treatment: Treatment, known: Catalogue, *, is_shown: bool) -> Iterator[MixedVial]:
    chart = treatment.chart()
    accounts = {account.key: account for account in ledger.balance(chart)}
    for preparation in chart.preparations:
        hours = known.products[preparation.product].after_mixing_hours
        for vial in preparation.vials:
            account, mixed_at = accounts[vial.key], preparation.mixed_at(vial)
            unknown = {*preparation.unknown, *vial.unknown}
            is_mixed = mixed_at is not None or "reconstituted_at" in unknown
            if not is_mixed or not account.left:
                continue
            limit = None if hours is None else timedelta(hours=float(hours))
            yield MixedVial(
                treatment=treatment if is_shown else None,
                product=preparation.product,
                units=vial.units,
                lot=vial.lot,
                left=account.left,
                units_per_ml=dosing.strength(replace(preparation, vials=(vial,))),
                expires=vial.expires,
                mixed_at=mixed_at,
                use_by=mixed_at + limit if mixed_at and limit else None,
            )
