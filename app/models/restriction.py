"""Who sees a restricted patient: the people named for it, and who asked in an emergency."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, UtcDateTime

if TYPE_CHECKING:
    from app.models.patient import Patient
    from app.models.person import Person

# Emergency access ends by itself after this time; who still needs it asks again.
EMERGENCY_LASTS = timedelta(minutes=60)
# So many wrong tries in so much time, and a person waits: record numbers are not for guessing.
WRONG_TRIES_ALLOWED = 5
WRONG_TRIES_WINDOW = timedelta(minutes=15)


class NamedPerson(Base):
    """One person who sees a restricted patient. A patient with such a row is restricted."""

    __tablename__ = "named_people"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    named_at: Mapped[datetime] = mapped_column(UtcDateTime)
    named_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    patient: Mapped[Patient] = relationship(back_populates="named")
    person: Mapped[Person] = relationship(foreign_keys=person_id)


class EmergencyAccess(Base):
    """One time that somebody who was not named opened a restricted patient: who, when, why."""

    __tablename__ = "emergency_accesses"
    __table_args__ = (Index("ix_emergency_accesses_person_id_until", "person_id", "until"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    serial: Mapped[int] = mapped_column(unique=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)

    patient: Mapped[Patient] = relationship()
    person: Mapped[Person] = relationship()
    alarms: Mapped[list[EmergencyAlarm]] = relationship(back_populates="emergency")

    @classmethod
    def open(
        cls,
        patient: Patient,
        reason: str,
        *,
        serial: int,
        tell: Iterable[Person],
        by: Person,
        now: datetime,
    ) -> EmergencyAccess:
        """Let this person in for a while, and tell the others until each has said they know."""
        return cls(
            id=uuid4(),
            serial=serial,
            patient=patient,
            person=by,
            reason=reason,
            at=now,
            until=now + EMERGENCY_LASTS,
            alarms=[EmergencyAlarm(person=person) for person in tell if person.id != by.id],
        )

    def end(self, *, now: datetime) -> None:
        """It is needed no more: nobody is let in by it from now on."""
        self.until = now

    @property
    def number(self) -> str:
        """By which it is spoken of without naming the patient: E-00001."""
        return f"E-{self.serial:05d}"


class EmergencyAlarm(Base):
    """That one person is told of an emergency access, and when they said that they know."""

    __tablename__ = "emergency_alarms"

    emergency_id: Mapped[UUID] = mapped_column(
        ForeignKey("emergency_accesses.id"), primary_key=True
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    emergency: Mapped[EmergencyAccess] = relationship(back_populates="alarms")
    person: Mapped[Person] = relationship()

    def acknowledge(self, *, now: datetime) -> None:
        """Its reader knows; it is shown no more."""
        self.seen_at = now
