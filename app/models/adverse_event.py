"""What came after a treatment, and which of its sites somebody linked it to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical.errors import Refusal
from app.models.base import Base, UtcDateTime

if TYPE_CHECKING:
    from app.models.person import Person
    from app.models.treatment import Site, Treatment


class NotLinked(Refusal):
    """The event cannot be linked so."""


class AdverseEvent(Base):
    """One event after a signed treatment, told in a later session, until it is withdrawn.

    A row never changes. What was wrong is withdrawn, and recorded again.
    """

    __tablename__ = "adverse_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    # After which treatment it came, and in which one it was told.
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), index=True)
    told_in_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), index=True)
    # A row of the catalogue, and what was said besides.
    kind: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    # The keys of the sites it is linked to.
    sites: Mapped[list[str]] = mapped_column(JSON)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    treatment: Mapped[Treatment] = relationship(foreign_keys=treatment_id)
    told_in: Mapped[Treatment] = relationship(
        foreign_keys=told_in_id, back_populates="every_told_event"
    )
    recorded_by: Mapped[Person] = relationship(foreign_keys=recorded_by_id)
    withdrawn_by: Mapped[Person | None] = relationship(foreign_keys=withdrawn_by_id)

    @classmethod
    def tell(
        cls,
        treatment: Treatment,
        kind: str,
        words: str,
        sites: Iterable[str],
        *,
        told_in: Treatment,
        by: Person,
        now: datetime,
    ) -> AdverseEvent:
        """An event after a treatment, linked to given sites of it by their keys.

        Raises NotLinked where a site is none that was given then.
        """
        linked = list(dict.fromkeys(sites))
        if not set(linked) <= {str(site.key) for site in treatment.given_sites}:
            raise NotLinked("Choose among the sites that were given in that session.")
        return cls(
            id=uuid4(),
            treatment=treatment,
            told_in=told_in,
            kind=kind,
            words=words,
            sites=linked,
            recorded_at=now,
            recorded_by=by,
        )

    @property
    def linked_sites(self) -> list[Site]:
        """The sites it is linked to, in their order of injection."""
        return [site for site in self.treatment.given_sites if str(site.key) in self.sites]

    def withdraw(self, *, by: Person, now: datetime) -> None:
        """Say that this was not so. Raises NotLinked where somebody said so before."""
        if self.withdrawn_at is not None:
            raise NotLinked("This event was withdrawn already.")
        self.withdrawn_at, self.withdrawn_by = now, by
