"""Toxin that no session of this clinic's records tells of: given elsewhere, or here on paper."""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical.case import EarlierTreatment
from app.clinical.errors import Refusal
from app.models.base import Base, Hundredths, UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.models.patient import Patient
    from app.models.person import Person


class AlreadyWithdrawn(Refusal):
    """Somebody took this dose back before."""


class OutsideDose(Base):
    """One dose that somebody entered: it counts for intervals and windows until it is withdrawn.

    A row never changes. What was wrong is withdrawn with a reason, stays to be seen, and is entered
    again.
    """

    __tablename__ = "outside_doses"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    date: Mapped[Day]
    product: Mapped[str] = mapped_column(Text)
    # None: somebody said that nobody knows.
    units: Mapped[Decimal | None] = mapped_column(Hundredths)
    indication: Mapped[str] = mapped_column(Text)
    # better, same, worse, none; None where nobody said.
    response: Mapped[str | None] = mapped_column(Text)
    # patient-reported, or clinic: given here and read from our own paper.
    source: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text, default="")
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdraw_reason: Mapped[str | None] = mapped_column(Text)

    patient: Mapped[Patient] = relationship(back_populates="outside_doses")
    entered_by: Mapped[Person] = relationship(foreign_keys=entered_by_id)
    withdrawn_by: Mapped[Person | None] = relationship(foreign_keys=withdrawn_by_id)

    # What a form may say of it.
    FIELDS = ("date", "product", "units", "indication", "response", "source", "place")

    @classmethod
    def enter(
        cls, patient: Patient, values: Mapping[str, Any], *, by: Person, now: datetime
    ) -> OutsideDose:
        """A dose that this patient had, from the values of a form (`FIELDS`)."""
        said = {field: values[field] for field in cls.FIELDS}
        return cls(id=uuid4(), patient=patient, entered_at=now, entered_by=by, **said)

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was a mistake, and counts no more."""
        return self.withdrawn_at is not None

    def withdraw(self, reason: str, *, by: Person, now: datetime) -> None:
        """Say that this was not so, and why. Raises AlreadyWithdrawn."""
        if self.is_withdrawn:
            raise AlreadyWithdrawn("This dose was withdrawn already.")
        self.withdrawn_at, self.withdrawn_by, self.withdraw_reason = now, by, reason

    def as_value(self) -> EarlierTreatment:
        """The dose as the rules see it; units that nobody knows count in no sum."""
        return EarlierTreatment(
            date=self.date,
            product=self.product,
            indication=self.indication,
            units=self.units or Decimal(0),
            source=self.source,
            response=self.response,
        )
