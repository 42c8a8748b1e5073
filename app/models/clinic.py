"""The clinic itself: one row, made at set-up; and the authority that vouches for its signers."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime

# What a clinic begins with.
LOCK_AFTER_MINUTES = 5


class Clinic(Base):
    """One instance is one clinic: its letterhead, its time zone, its paper and its clock.

    `hours` is 24 or 12: how the screens write a time of day. Paper always writes 24 hours.
    """

    __tablename__ = "clinics"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    # One instance is one clinic: the unique column lets a second row collide.
    only: Mapped[bool] = mapped_column(default=True, unique=True)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, default="")
    telephone: Mapped[str] = mapped_column(Text, default="")
    time_zone: Mapped[str] = mapped_column(Text)
    paper: Mapped[str] = mapped_column(Text, default="letter")
    hours: Mapped[int] = mapped_column(default=24, server_default="24")
    # A tablet that nobody touches for so long is locked.
    lock_after_minutes: Mapped[int] = mapped_column(default=LOCK_AFTER_MINUTES)
    # Whether a returning patient's answers may be taken over in one tap, all asked again.
    asks_again: Mapped[bool] = mapped_column(default=True, server_default=true())
    # CPT numbers are the AMA's: they print only once somebody confirmed the clinic's licence.
    cpt_licensed: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this clinic keeps its calendar."""
        return ZoneInfo(self.time_zone)

    def local(self, instant: datetime) -> datetime:
        """The instant on the clinic's own clock."""
        return instant.astimezone(self.zone)

    def today(self, now: datetime) -> date:
        """The calendar day at the clinic."""
        return self.local(now).date()

    @property
    def address_lines(self) -> list[str]:
        """The address as it is printed, without empty lines."""
        return [line.strip() for line in self.address.splitlines() if line.strip()]


class Authority(Base):
    """The clinic's own certificate authority: it issues the providers' signing certificates."""

    __tablename__ = "authorities"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    certificate_pem: Mapped[str] = mapped_column(Text)
    wrapped_key: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
