"""Patients, and how they are found again."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical.case import Unable
from app.clinical.errors import Refusal
from app.models.base import Base, Hundredths, UtcDateTime
from app.models.restriction import NamedPerson

if TYPE_CHECKING:
    from app.models.outside_dose import OutsideDose
    from app.models.person import Person
    from app.models.treatment import Treatment

# Letters that Unicode does not take apart into a base letter and a mark.
_WHOLE_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)


def fold(text: str) -> str:
    """The text without case, marks and doubled spaces, so that Muñoz is found as munoz."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(bare.translate(_WHOLE_LETTERS).split())


# Between the spellings of one name in the text that is searched; no name has it.
BETWEEN_SPELLINGS = " | "


def spellings(given_name: str, family_name: str, latin_name: str) -> list[str]:
    """The ways in which a name is written, folded: its own, and in Latin letters if entered."""
    return [name for name in map(fold, (f"{given_name} {family_name}", latin_name)) if name]


class StalePatient(Refusal):
    """Somebody saved this patient meanwhile."""


class StaleRestriction(Refusal):
    """Somebody changed meanwhile who sees this patient."""


class Patient(Base):
    """One person under treatment."""

    __tablename__ = "patients"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    given_name: Mapped[str] = mapped_column(Text)
    family_name: Mapped[str] = mapped_column(Text)
    # The name in letters that a note prints, where it cannot print its own; else empty.
    latin_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    # What `spellings` says, for the search.
    folded_name: Mapped[str] = mapped_column(Text, index=True)
    born: Mapped[date] = mapped_column(index=True)
    sex: Mapped[str | None] = mapped_column(Text)
    record_number: Mapped[str] = mapped_column(Text, unique=True)
    folded_record_number: Mapped[str] = mapped_column(Text, unique=True)
    weight_kg: Mapped[Decimal | None] = mapped_column(Hundredths)
    weighed_on: Mapped[date | None]
    # Why nobody knows the weight; empty where it is known, or nobody asked.
    weight_unknown: Mapped[str] = mapped_column(Text, default="", server_default="")
    # Each is "not_asked", "none_known" or "listed"; the text holds what is listed.
    allergies_asked: Mapped[str] = mapped_column(Text, default="not_asked")
    allergies: Mapped[str] = mapped_column(Text, default="")
    conditions_asked: Mapped[str] = mapped_column(Text, default="not_asked")
    conditions: Mapped[str] = mapped_column(Text, default="")
    # One of the catalogue's payers; None while nobody has said who pays.
    payer: Mapped[str | None] = mapped_column(Text)
    member_id: Mapped[str] = mapped_column(Text, default="", server_default="")
    authorization_number: Mapped[str] = mapped_column(Text, default="", server_default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    saved_by: Mapped[Person] = relationship(foreign_keys=saved_by_id)
    treatments: Mapped[list[Treatment]] = relationship(
        back_populates="patient", order_by="desc(Treatment.date), desc(Treatment.started_at)"
    )

    outside_doses: Mapped[list[OutsideDose]] = relationship(
        back_populates="patient",
        order_by="desc(OutsideDose.date), desc(OutsideDose.entered_at)",
    )

    # Empty: everyone who sees patients sees this one.
    named: Mapped[list[NamedPerson]] = relationship(
        back_populates="patient", cascade="all, delete-orphan", order_by="NamedPerson.named_at"
    )

    # What a form may set; everything else is worked out or set once.
    FIELDS = (
        "given_name",
        "family_name",
        "latin_name",
        "born",
        "sex",
        "record_number",
        "weight_kg",
        "weighed_on",
        "weight_unknown",
        "allergies_asked",
        "allergies",
        "conditions_asked",
        "conditions",
        "payer",
        "member_id",
        "authorization_number",
    )

    @property
    def known_weight(self) -> Decimal | Unable | None:
        """The weight in kg, why it is not known, or None while nobody has said either."""
        if self.weight_kg is None and self.weight_unknown:
            return Unable(self.weight_unknown)
        return self.weight_kg

    @classmethod
    def register(cls, values: Mapping[str, Any], *, by: Person, now: datetime) -> Patient:
        """A new patient from the values of a form (`FIELDS`)."""
        patient = cls(
            id=uuid4(),
            latin_name="",
            revision=1,
            created_at=now,
            created_by_id=by.id,
            saved_at=now,
            saved_by=by,
        )
        patient._take(values)
        return patient

    def edit(
        self, values: Mapping[str, Any], *, expected_revision: int, by: Person, now: datetime
    ) -> dict[str, list[str | None]]:
        """Change what differs; answers field → [before, after].

        Raises StalePatient when somebody saved since `expected_revision` was read.
        """
        if self.revision != expected_revision:
            raise StalePatient(
                "%(name)s changed this patient meanwhile. Compare both and save again.",
                name=self.saved_by.name,
            )
        before = {field: getattr(self, field) for field in self.FIELDS}
        self._take(values)
        self.revision += 1
        self.saved_at, self.saved_by = now, by
        return {
            field: [_as_text(before[field]), _as_text(getattr(self, field))]
            for field in self.FIELDS
            if before[field] != getattr(self, field)
        }

    @property
    def is_restricted(self) -> bool:
        """Whether only the people named for it see this patient."""
        return bool(self.named)

    @property
    def named_ids(self) -> list[str]:
        """Who is named, as ids in a fixed order."""
        return sorted(str(named.person_id) for named in self.named)

    def restrict(
        self, people: Iterable[Person], *, expected: list[str], by: Person, now: datetime
    ) -> dict[str, list[str]]:
        """Let only these people see the patient, and always who says so.

        `expected` is who was named when the list was read. Answers who was named before and after.
        Raises StaleRestriction.
        """
        return self._name({person.id for person in people} | {by.id}, expected, by=by, now=now)

    def lift_restriction(
        self, *, expected: list[str], by: Person, now: datetime
    ) -> dict[str, list[str]]:
        """Let everyone who sees patients see this one again. Raises StaleRestriction."""
        return self._name(set(), expected, by=by, now=now)

    def _name(
        self, wanted: set[UUID], expected: list[str], *, by: Person, now: datetime
    ) -> dict[str, list[str]]:
        before = self.named_ids
        if before != expected:
            raise StaleRestriction(
                "Somebody changed meanwhile who sees this patient. Look again, then save."
            )
        kept = [named for named in self.named if named.person_id in wanted]
        new = wanted - {named.person_id for named in kept}
        self.named = kept + [
            NamedPerson(person_id=key, named_at=now, named_by_id=by.id) for key in sorted(new)
        ]
        return {"before": before, "after": self.named_ids}

    def _take(self, values: Mapping[str, Any]) -> None:
        for field in self.FIELDS:
            if field in values:
                setattr(self, field, values[field])
        self.folded_name = BETWEEN_SPELLINGS.join(self.spellings)
        self.folded_record_number = fold(self.record_number)

    @property
    def spellings(self) -> list[str]:
        """The ways in which the name is written, folded."""
        return spellings(self.given_name, self.family_name, self.latin_name)

    @property
    def name(self) -> str:
        """Given name, then family name."""
        return f"{self.given_name} {self.family_name}".strip()

    def age_on(self, day: date) -> int:
        """Completed years on that day; who is born on 29 February turns on 1 March."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)
