"""The vials that are mixed and not used up: of which session, how much is left, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
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

    `use_by` is None where no label says how long it keeps.
    """

    treatment: Treatment | None
    product: str
    units: Decimal
    lot: str
    left: Decimal
    units_per_ml: Decimal | None
    mixed_at: datetime
    use_by: datetime | None

    def minutes_left(self, now: datetime) -> int | None:
        """Whole minutes for which it may still be used, below 0 once it may not."""
        return None if self.use_by is None else (self.use_by - now) // timedelta(minutes=1)


def mixed_vials(known: Catalogue) -> list[MixedVial]:
    """What sessions that nobody has signed or discarded have mixed and not used up, oldest first.

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
    return sorted(found, key=lambda vial: vial.mixed_at)


def _of(treatment: Treatment, known: Catalogue, *, is_shown: bool) -> Iterator[MixedVial]:
    chart = treatment.chart()
    accounts = {account.key: account for account in ledger.balance(chart)}
    for preparation in chart.preparations:
        hours = known.products[preparation.product].after_mixing_hours
        for vial in preparation.vials:
            account, mixed_at = accounts[vial.key], preparation.mixed_at(vial)
            if mixed_at is None or not account.left:
                continue
            yield MixedVial(
                treatment=treatment if is_shown else None,
                product=preparation.product,
                units=vial.units,
                lot=vial.lot,
                left=account.left,
                units_per_ml=dosing.strength(replace(preparation, vials=(vial,))),
                mixed_at=mixed_at,
                use_by=None if hours is None else mixed_at + timedelta(hours=float(hours)),
            )
