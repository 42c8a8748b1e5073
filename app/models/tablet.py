"""Shared tablets: who has signed in fully on which, and may come back there with a PIN."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, UtcDateTime
from app.models.person import Person


class Tablet(Base):
    """One browser that several people use. Its random token is kept only as its SHA-256."""

    __tablename__ = "tablets"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    token_sha256: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    sign_ins: Mapped[list[TabletSignIn]] = relationship(
        back_populates="tablet", order_by="TabletSignIn.signed_in_at", cascade="all, delete-orphan"
    )

    def sign_in_of(self, person_id: UUID | None) -> TabletSignIn | None:
        """This person's sign-in here, however long ago."""
        return next((one for one in self.sign_ins if one.person_id == person_id), None)

    def signed_in_at(self, now: datetime) -> list[TabletSignIn]:
        """Whom a PIN brings back: who signed in fully within twelve hours and still may."""
        return [one for one in self.sign_ins if now < one.until and one.person.is_active]

    def let_in(self, person: Person, *, now: datetime) -> TabletSignIn:
        """Somebody signed in fully here: from now on their PIN is enough, for twelve hours."""
        self.sign_ins = [one for one in self.sign_ins if now < one.until]
        found = self.sign_in_of(person.id)
        if found is None:
            found = TabletSignIn(person_id=person.id, person=person)
            self.sign_ins.append(found)
        found.signed_in_at = now
        return found

    def let_out(self, person: Person) -> None:
        """Somebody signed out here: a PIN brings them back no more."""
        self.sign_ins = [one for one in self.sign_ins if one.person_id != person.id]


class TabletSignIn(Base):
    """One person's full sign-in on one tablet, and the page that waits for them there."""

    __tablename__ = "tablet_sign_ins"

    LASTS = timedelta(hours=12)

    tablet_id: Mapped[UUID] = mapped_column(ForeignKey("tablets.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    signed_in_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The path of the page they were at when it was locked.
    address: Mapped[str | None] = mapped_column(Text)

    tablet: Mapped[Tablet] = relationship(back_populates="sign_ins")
    person: Mapped[Person] = relationship()

    @property
    def until(self) -> datetime:
        """When only a full sign-in brings them back."""
        return self.signed_in_at + self.LASTS

    def lock(self, address: str | None, *, now: datetime) -> None:
        """The tablet was locked while this person was at it."""
        self.locked_at = now
        self.address = address

    def take_address(self) -> str | None:
        """The page that waited, which waits no more."""
        address, self.address = self.address, None
        return address
