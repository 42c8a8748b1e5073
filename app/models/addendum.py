"""What follows a signed note: a document of its own that points to it. The note never changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ForeignKey, Text, UniqueConstraint, exists
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical.anatomy import Side
from app.clinical.chart import Chart, Site
from app.clinical.errors import Refusal
from app.models.base import Base
from app.models.note import Note
from app.models.signed_file import SignedFile

if TYPE_CHECKING:
    from app.models.person import Person, SigningKey
    from app.models.treatment import Treatment

CORRECTION = "correction"
LATE_ENTRY = "late_entry"
CLARIFICATION = "clarification"
COSIGNATURE = "cosignature"
ATTESTATION = "attestation"
WRONG_PATIENT = "wrong_patient"

# What any provider may write; a co-signature is asked of one person, and changes nothing.
WRITTEN = (CORRECTION, LATE_ENTRY, CLARIFICATION, ATTESTATION, WRONG_PATIENT)
KINDS = (*WRITTEN, COSIGNATURE)
# After these the note alone no longer tells what is true.
AMENDING = frozenset({CORRECTION, LATE_ENTRY, CLARIFICATION, WRONG_PATIENT})


class AmendedMeanwhile(Refusal):
    """Somebody signed another addendum since the note was read."""


class Addendum(SignedFile, Base):
    """A signed document that follows a note, in the order of `number`: written once.

    `kind` is one of KINDS. `record` quotes the note by number and hashes and holds what changes.
    """

    __tablename__ = "addenda"
    __table_args__ = (UniqueConstraint("note_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    note_id: Mapped[UUID] = mapped_column(ForeignKey("notes.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    signed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    signing_key_id: Mapped[UUID] = mapped_column(ForeignKey("signing_keys.id"))

    note: Mapped[Note] = relationship(back_populates="addenda")
    signed_by: Mapped[Person] = relationship()
    signing_key: Mapped[SigningKey] = relationship()

    @property
    def reference(self) -> str:
        """How it is called on paper: N-2026-00001-A1."""
        return addendum_number(self.note.number, self.number)

    @property
    def amends(self) -> bool:
        """Whether the note is to be read with it: all but a signature that only joins the first."""
        return self.kind in AMENDING

    @property
    def voids(self) -> bool:
        """Whether it says that the note is of the wrong patient."""
        return self.kind == WRONG_PATIENT

    @property
    def contents(self) -> Mapping[str, Any]:
        """The record as it was signed, read."""
        return dict(json.loads(self.record))

    @property
    def text(self) -> str:
        """What it adds in words; empty where the sites and the reason say it all."""
        return str(self.contents["text"] or "")

    def laid_over(self, chart: Chart) -> Chart:
        """The chart with the sites that this addendum corrects as it says they were."""
        if self.kind != CORRECTION:
            return chart
        corrected = {entry["key"]: entry["after"] for entry in self.contents["sites"]}
        return replace(
            chart,
            sites=tuple(
                _corrected(site, after) if (after := corrected.get(str(site.key))) else site
                for site in chart.sites
            ),
        )


def _corrected(site: Site, after: Mapping[str, Any]) -> Site:
    return replace(
        site,
        map=after["map"],
        x=Decimal(after["x"]),
        y=Decimal(after["y"]),
        region=after["region"],
        muscle=after["muscle"],
        other=after["other"],
        side=Side(after["side"]),
        units=Decimal(after["units"]),
        state=after["state"],
    )


def addendum_number(note_number: str, number: int) -> str:
    """How an addendum's number is written: N-2026-00001-A1."""
    return f"{note_number}-A{number}"


def is_voided(treatment: type[Treatment]) -> ColumnElement[bool]:
    """Whether the note of a treatment was voided: as a condition, for lists of what was given."""
    return exists().where(
        Note.treatment_id == treatment.id,
        Addendum.note_id == Note.id,
        Addendum.kind == WRONG_PATIENT,
    )
