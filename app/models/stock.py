"""What the clinic holds: lots of vials, what came in and went out, and what is quarantined."""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical.errors import Refusal
from app.models.base import Base, Hundredths, UtcDateTime

if TYPE_CHECKING:
    from app.models.patient import Patient
    from app.models.person import Person


class OtherExpiry(Refusal):
    """The lot is known with another expiry."""


class NotThere(Refusal):
    """Fewer vials are there than are to go."""


class StockLot(Base):
    """Vials of one product and size from one batch, as the clinic received them.

    How many were used is not kept here: the treatments say it.
    """

    __tablename__ = "stock_lots"
    __table_args__ = (UniqueConstraint("product", "units", "lot"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    product: Mapped[str] = mapped_column(Text)
    units: Mapped[Decimal] = mapped_column(Hundredths)
    lot: Mapped[str] = mapped_column(Text, index=True)
    # None for a lot that was never received: it was quarantined because a treatment names it.
    expires: Mapped[Day | None]
    ndc: Mapped[str | None] = mapped_column(Text)
    quarantined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quarantined_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    quarantine_reason: Mapped[str | None] = mapped_column(Text)

    quarantined_by: Mapped[Person | None] = relationship(foreign_keys=quarantined_by_id)
    entries: Mapped[list[StockEntry]] = relationship(
        order_by="StockEntry.entered_at", back_populates="lot"
    )

    @property
    def is_quarantined(self) -> bool:
        """Whether nobody is to take a vial of it."""
        return self.quarantined_at is not None

    def is_expired_on(self, day: Day) -> bool:
        """Whether its last good day is over."""
        return self.expires is not None and self.expires < day

    def receive(
        self,
        count: int,
        *,
        expires: Day,
        serial: str | None = None,
        ndc: str | None = None,
        patient: Patient | None = None,
        by: Person,
        now: datetime,
    ) -> StockEntry:
        """Vials came in: the clinic's, or delivered for one patient. Raises OtherExpiry."""
        if self.expires is None:
            self.expires = expires
        if expires != self.expires:
            raise OtherExpiry(
                "Lot %(lot)s is in stock with the expiry %(known)s, not %(said)s. Look at the vial"
                " again.",
                lot=self.lot,
                known=self.expires.isoformat(),
                said=expires.isoformat(),
            )
        self.ndc = self.ndc or ndc
        entry = StockEntry(
            count=count, serial=serial, patient=patient, entered_at=now, entered_by=by
        )
        self.entries.append(entry)
        return entry

    def take_out(
        self,
        count: int,
        reason: str,
        *,
        there: int,
        patient: Patient | None = None,
        serial: str | None = None,
        by: Person,
        now: datetime,
    ) -> StockEntry:
        """Vials that went without a treatment, and why. `there` are as many as are left."""
        if count > there:
            raise NotThere(
                "Only %(there)s vials of this lot are left. Enter at most as many.", there=there
            )
        entry = StockEntry(
            count=-count,
            serial=serial,
            patient=patient,
            reason=reason,
            entered_at=now,
            entered_by=by,
        )
        self.entries.append(entry)
        return entry

    def quarantine(self, reason: str, *, by: Person, now: datetime) -> None:
        """Nobody is to take a vial of this lot any more, and why."""
        self.quarantined_at, self.quarantined_by, self.quarantine_reason = now, by, reason

    def release(self) -> None:
        """It may be used again."""
        self.quarantined_at = self.quarantined_by = self.quarantine_reason = None


class StockEntry(Base):
    """Vials of a lot that came in, or went without a treatment (`count` below 0). It is final."""

    __tablename__ = "stock_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("stock_lots.id"), index=True)
    count: Mapped[int]
    serial: Mapped[str | None] = mapped_column(Text)
    # Delivered by a pharmacy for this one patient; the clinic's own while empty.
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patients.id"), index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    lot: Mapped[StockLot] = relationship(back_populates="entries")
    patient: Mapped[Patient | None] = relationship()
    entered_by: Mapped[Person] = relationship()
