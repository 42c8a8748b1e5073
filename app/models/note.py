"""The signed note, and the copies printed of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, UtcDateTime
from app.models.signed_file import SignedFile

if TYPE_CHECKING:
    from app.models.addendum import Addendum
    from app.models.person import Person, SigningKey
    from app.models.treatment import Treatment

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# The reason that puts a note on paper for the clinic's own record; others are for other people.
FOR_THE_RECORD = "for the paper record"


# How the reason of a copy for whoever referred the patient begins; the name follows.
FOR_A_REFERRER = "for the referrer, "


def referrer_of(reason: str) -> str:
    """For whom a copy was printed, where that is a referrer; else nothing."""
    return reason.removeprefix(FOR_A_REFERRER) if reason.startswith(FOR_A_REFERRER) else ""


class Note(SignedFile, Base):
    """The signed PDF of a treatment: written once, never again."""

    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("year", "serial"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), unique=True)
    year: Mapped[int]
    serial: Mapped[int]
    signed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    signing_key_id: Mapped[UUID] = mapped_column(ForeignKey("signing_keys.id"))

    treatment: Mapped[Treatment] = relationship(back_populates="note")
    signed_by: Mapped[Person] = relationship()
    signing_key: Mapped[SigningKey] = relationship()
    copies: Mapped[list[PrintedCopy]] = relationship(
        back_populates="note", order_by="PrintedCopy.serial"
    )
    addenda: Mapped[list[Addendum]] = relationship(
        back_populates="note", order_by="Addendum.number"
    )

    @property
    def number(self) -> str:
        """The number that heads and foots the paper."""
        return note_number(self.year, self.serial)

    @property
    def reference(self) -> str:
        """How it is called on paper: by its number."""
        return self.number

    @property
    def filed_copy(self) -> PrintedCopy | None:
        """The latest copy for the paper record; while there is none, the note is to be printed.

        A copy made before an addendum lacks it, so it no longer is the paper record.
        """
        filed = [copy for copy in self.copies if copy.reason == FOR_THE_RECORD and not copy.lacks]
        return filed[-1] if filed else None

    @property
    def is_void(self) -> bool:
        """Whether an addendum says that this was the wrong patient."""
        return any(addendum.voids for addendum in self.addenda)

    @property
    def is_amended(self) -> bool:
        """Whether the note alone no longer tells what is true."""
        return any(addendum.amends for addendum in self.addenda)

    def later_pdfs(self) -> tuple[bytes, ...]:
        """The signed files that follow this one, in order. Raises NoteDamaged."""
        return tuple(addendum.stored_pdf() for addendum in self.addenda)

    def later_line(self) -> str | None:
        """What the margin of a copy says of what followed, or None. Paper is in English.

        "Amended 25 Nov 2026, see addenda 1 and 2".
        """
        parts = []
        for word, found in (
            ("VOID, wrong patient", [each for each in self.addenda if each.voids]),
            ("Amended", [each for each in self.addenda if each.amends and not each.voids]),
            ("Also signed", [each for each in self.addenda if not each.amends]),
        ):
            if found:
                local = found[-1].signed_at.astimezone(ZoneInfo(found[-1].zone))
                numbers = [str(each.number) for each in found]
                named = ", ".join(numbers[:-1]) + " and " * (len(numbers) > 1) + numbers[-1]
                which = "addendum" if len(numbers) == 1 else "addenda"
                parts.append(f"{word} {_day(local)}, see {which} {named}")
        return "; ".join(parts) or None

    def add_copy(
        self,
        reason: str,
        *,
        by: Person,
        zone: str,
        now: datetime,
        batch: UUID | None = None,
        place: int | None = None,
    ) -> PrintedCopy:
        """Count one more print of this note: who, when, why, and where in which batch."""
        copy = PrintedCopy(
            serial=len(self.copies) + 1,
            reason=reason,
            printed_at=now,
            zone=zone,
            printed_by=by,
            batch=batch,
            place=place,
        )
        self.copies.append(copy)
        return copy

    def add_copy_for_referrer(
        self, name: str, *, by: Person, zone: str, now: datetime
    ) -> PrintedCopy:
        """Count a copy that leaves for whoever referred the patient."""
        return self.add_copy(f"{FOR_A_REFERRER}{name}", by=by, zone=zone, now=now)


def _day(local: datetime) -> str:
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def note_number(year: int, serial: int) -> str:
    """How a note's number is written: N-2026-00001."""
    return f"N-{year}-{serial:05d}"


class PrintedCopy(Base):
    """One print of a signed note: who, when, why. The signed bytes carry no print line."""

    __tablename__ = "printed_copies"
    __table_args__ = (UniqueConstraint("note_id", "serial"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    note_id: Mapped[UUID] = mapped_column(ForeignKey("notes.id"), index=True)
    serial: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    printed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    zone: Mapped[str] = mapped_column(Text)
    printed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    # Which file of several notes it left in, and its place there; None if it was printed alone.
    batch: Mapped[UUID | None] = mapped_column(index=True)
    place: Mapped[int | None]

    note: Mapped[Note] = relationship(back_populates="copies")
    printed_by: Mapped[Person] = relationship()

    @property
    def lacks(self) -> list[Addendum]:
        """What was signed after this was printed, so that the paper does not hold it."""
        return [each for each in self.note.addenda if each.signed_at > self.printed_at]

    def margin_line(self) -> str:
        """The line in a copy's margin: which copy, who, when, why. Paper is in English."""
        local = self.printed_at.astimezone(ZoneInfo(self.zone))
        when = f"{_day(local)} {local:%H:%M}"
        return (
            f"Copy {self.serial} of a signed file · {self.printed_by.name} · {when} · {self.reason}"
        )
