"""One visit at which toxin is injected, and the chart of it: sites, preparations, vials."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date as Day
from datetime import datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint, func, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship

from app.clinical import chart as charting
from app.clinical import dosing, ledger
from app.clinical.anatomy import Side
from app.clinical.case import (
    NO,
    UNABLE,
    YES,
    Case,
    CasePatient,
    CasePerson,
    EarlierTreatment,
    Outcome,
)
from app.clinical.catalogue import catalogue
from app.clinical.errors import Refusal
from app.clinical.questions import LAST_RESPONSE
from app.models.addendum import CORRECTION, COSIGNATURE, Addendum, is_voided
from app.models.answer import ASKED, ASKED_AGAIN, COMBINED, Answer, NotToAnswer
from app.models.base import Base, Hundredths, UtcDateTime
from app.models.note import Note
from app.models.person import Role
from app.models.stock import StockLot

if TYPE_CHECKING:
    from app.models.adverse_event import AdverseEvent
    from app.models.clinic import Clinic
    from app.models.patient import Patient
    from app.models.person import Person


class StaleChart(Refusal):
    """Somebody saved this chart since it was read."""


class AlreadySigned(Refusal):
    """The treatment has a note; only an addendum may follow."""


class NotADraft(Refusal):
    """The draft was discarded, or may not be."""


class MovedMeanwhile(StaleChart):
    """The session belongs to another patient since it was read."""


class NotMoved(Refusal):
    """The session cannot go to this patient."""


class OwnSupervisor(Refusal):
    """Nobody supervises what they gave themselves."""


class NotCompleted(Refusal):
    """There is no such session to complete."""


class Unexplained(Refusal):
    """Planned sites were not given, and nobody has said why."""


class NotIdentified(Refusal):
    """Nobody has said in the time-out whether patient and plan are right."""


class Treatment(Base):
    """One visit: a draft until it has a note. There is no status column to disagree with that."""

    __tablename__ = "treatments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    date: Mapped[Day] = mapped_column(index=True)
    zone: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    performer_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    # Whose co-signature the note waits for, where somebody supervises who gives it.
    supervisor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    indications: Mapped[list[str]] = mapped_column(JSON)
    codes: Mapped[list[str]] = mapped_column(JSON)
    # Who placed and gave what is not on the chart any more, by site key: it may come back.
    removed_sites: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    revision: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    discarded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    discarded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    discard_reason: Mapped[str | None] = mapped_column(Text)
    # How deep muscles were found (emg, estim, ultrasound), why, and what it showed.
    # Who ordered it, where that is not who gave it; also somebody outside the clinic.
    ordering_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    ordering_npi: Mapped[str] = mapped_column(Text, default="", server_default="")
    guidance: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    guidance_note: Mapped[str] = mapped_column(Text, default="", server_default="")
    # Readings of outcome scales, as the note tells them: scale, value, date and the rest.
    outcomes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    # The day of the session that this one completes, where somebody said that it is a touch-up.
    touch_up_of: Mapped[Day | None]
    # What the patient drew to consent, as strokes, and when; None while nothing is drawn.
    consent_signature: Mapped[list[list[list[str]]] | None] = mapped_column(JSON(none_as_null=True))
    consent_signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why the session ended before everything planned was given; None while nobody says it did.
    incomplete_reason: Mapped[str | None] = mapped_column(Text)
    # The time of day of giving, as a downtime sheet has it; None of what was charted here. Who
    # started the session transcribed it then, and `date` is the sheet's day.
    paper_time: Mapped[time | None]
    paper_sheet: Mapped[str | None] = mapped_column(Text)
    # Which version of the clinic's after-care text was printed last before signing; 0 is what is
    # published.
    after_care_version: Mapped[int | None]

    # A lost race between two saves raises instead of overwriting.
    __mapper_args__ = {"version_id_col": revision, "version_id_generator": False}  # noqa: RUF012

    patient: Mapped[Patient] = relationship(back_populates="treatments")
    started_by: Mapped[Person] = relationship(foreign_keys=started_by_id)
    performer: Mapped[Person | None] = relationship(foreign_keys=performer_id)
    supervisor: Mapped[Person | None] = relationship(foreign_keys=supervisor_id)
    saved_by: Mapped[Person] = relationship(foreign_keys=saved_by_id)
    note: Mapped[Note | None] = relationship(back_populates="treatment")
    sites: Mapped[list[Site]] = relationship(
        order_by="Site.position", cascade="all, delete-orphan", back_populates="treatment"
    )
    preparations: Mapped[list[Preparation]] = relationship(
        order_by="Preparation.position", cascade="all, delete-orphan", back_populates="treatment"
    )
    vials: Mapped[list[Vial]] = relationship(
        order_by="Vial.position", cascade="all, delete-orphan", back_populates="treatment"
    )
    # Everything that was said to the questions, in its order; the last of each counts.
    said: Mapped[list[Answer]] = relationship(
        order_by="Answer.number", cascade="all, delete-orphan", back_populates="treatment"
    )
    # What was told in this session of what came after earlier ones.
    every_told_event: Mapped[list[AdverseEvent]] = relationship(
        order_by="AdverseEvent.recorded_at",
        foreign_keys="AdverseEvent.told_in_id",
        back_populates="told_in",
    )
    saves: Mapped[list[ChartSave]] = relationship(cascade="all, delete-orphan")
    moves: Mapped[list[TreatmentMove]] = relationship(
        order_by="TreatmentMove.revision", back_populates="treatment"
    )
    reminders: Mapped[list[Reminder]] = relationship(
        order_by="Reminder.reminded_at", back_populates="treatment"
    )

    @classmethod
    def start(cls, patient: Patient, clinic: Clinic, *, by: Person, now: datetime) -> Treatment:
        """A new draft of today. Who starts it as a provider is taken as giving it."""
        return cls(
            id=uuid4(),
            patient=patient,
            date=clinic.today(now),
            zone=clinic.time_zone,
            started_at=now,
            started_by=by,
            performer=by if by.is_one_of(Role.PROVIDER) else None,
            indications=[],
            codes=[],
            revision=0,
            saved_at=now,
            saved_by=by,
        )

    def take_from_paper(self, day: Day, at: time, *, sheet: str, performer: Person) -> None:
        """Say that this was written on paper first: when it was given, and who gave it.

        `sheet` is the number on the sheet, empty where it has none.
        """
        self.require_draft()
        self.date, self.paper_time, self.paper_sheet = day, at, sheet or None
        self.performer = performer
        self.revision += 1

    @property
    def given_on_paper_at(self) -> datetime | None:
        """When the sheet says that it was given, on the clinic's clock; None of what was no paper.

        The sites' own times are then those of the transcription, and say nothing of the giving.
        """
        if self.paper_time is None:
            return None
        return datetime.combine(self.date, self.paper_time, ZoneInfo(self.zone))

    @property
    def is_signed(self) -> bool:
        """Whether there is a note."""
        return self.note is not None

    @property
    def is_discarded(self) -> bool:
        """Whether the draft was given up with a reason."""
        return self.discarded_at is not None

    @property
    def is_draft(self) -> bool:
        """Whether the chart may still change."""
        return not self.is_signed and not self.is_discarded

    @property
    def given_sites(self) -> list[Site]:
        """The sites that count."""
        return [site for site in self.sites if site.state == charting.GIVEN]

    @property
    def planned_sites(self) -> list[Site]:
        """The sites that count for nothing until someone gives them."""
        return [site for site in self.sites if site.state == charting.PLANNED]

    @property
    def told_events(self) -> list[AdverseEvent]:
        """The adverse events told in this session that stand.

        None of a patient whose chart this was before it was moved.
        """
        return [
            event
            for event in self.every_told_event
            if event.withdrawn_at is None and event.treatment.patient_id == self.patient_id
        ]

    @property
    def is_given_through(self) -> bool:
        """Whether something was given and nothing is left planned."""
        return bool(self.given_sites) and not self.planned_sites

    def chart(self) -> charting.Chart:
        """The chart as a value."""
        return charting.Chart(
            date=self.date,
            indications=tuple(self.indications),
            codes=tuple(self.codes),
            preparations=tuple(
                preparation.as_value(
                    vial for vial in self.vials if vial.preparation == preparation.key
                )
                for preparation in self.preparations
            ),
            sites=tuple(site.as_value() for site in self.sites),
        )

    @property
    def is_void(self) -> bool:
        """Whether its note was signed for the wrong patient: this one was given nothing of it."""
        return self.note is not None and self.note.is_void

    def chart_as_amended(self) -> charting.Chart:
        """The chart with what addenda correct; of a void note no site and no vial is left."""
        chart = self.chart()
        if self.note is None:
            return chart
        if self.note.is_void:
            return replace(chart, sites=(), preparations=())
        for addendum in self.note.addenda:
            chart = addendum.laid_over(chart)
        return chart

    @property
    def awaits_cosignature(self) -> bool:
        """Whether it is signed, and whoever supervises it has not signed yet."""
        note = self.note
        if note is None or self.supervisor_id is None or note.is_void:
            return False
        cosigned = {each.signed_by_id for each in note.addenda if each.kind == COSIGNATURE}
        return self.supervisor_id not in {note.signed_by_id, *cosigned}

    def has_taken(self, save: UUID) -> bool:
        """Whether this body was already saved, so that a retry writes nothing."""
        return any(taken.save == save for taken in self.saves)

    def replace_chart(
        self,
        chart: charting.Chart,
        *,
        save: UUID,
        expected_revision: int,
        by: Person,
        now: datetime,
    ) -> dict[str, Any]:
        """Save the whole chart as drawn; answers what changed, by site key, for the audit trail.

        Who placed, gave or changed a site and when follows from the difference to what is stored:
        a body merged from two tablets leaves with everybody what is theirs.
        Raises AlreadySigned, NotADraft or StaleChart and changes nothing.
        """
        self.require_draft()
        self.require_unmoved(since=expected_revision)
        if self.revision != expected_revision:
            raise StaleChart(
                "%(name)s saved this chart meanwhile. What both of you did goes together;"
                " where it differs, both are kept until someone decides.",
                name=self.saved_by.name,
            )
        changes = self._replace_sites(chart.sites, by=by, now=now)
        self._replace_preparations(chart.preparations, by=by, now=now)
        self.date = chart.date
        self.indications = list(chart.indications)
        self.codes = list(chart.codes)
        self.revision += 1
        self.saved_at, self.saved_by = now, by
        self.saves.append(ChartSave(save=save, revision=self.revision, saved_at=now, saved_by=by))
        return {"revision": self.revision, **changes}

    def _replace_sites(
        self, values: Iterable[charting.Site], *, by: Person, now: datetime
    ) -> dict[str, list[str]]:
        stored = {site.key: site for site in self.sites}
        removed = dict(self.removed_sites or {})
        changes: dict[str, list[str]] = {
            kind: [] for kind in ("placed", "returned", "given", "changed", "removed")
        }
        kept = []
        for position, value in enumerate(values, start=1):
            site = stored.pop(value.key, None)
            if site is None and str(value.key) in removed:
                site = Site.returned(value.key, removed.pop(str(value.key)))
                changes["returned"].append(str(value.key))
            elif site is None:
                site = Site(key=value.key, placed_by_id=by.id, placed_at=now)
                changes["placed"].append(str(value.key))
            elif site.as_value() != value:
                site.changed_by_id, site.changed_at = by.id, now
                changes["changed"].append(str(value.key))
            if value.state != charting.GIVEN:
                site.given_by_id = site.given_at = None
            elif not site.is_the_giving(value):
                site.given_by_id, site.given_at = by.id, now
                changes["given"].append(str(value.key))
            site.take(value, position)
            kept.append(site)
        changes["removed"] = [str(key) for key in stored]
        removed.update((str(key), site.provenance()) for key, site in stored.items())
        self.removed_sites = removed or None
        self.sites = kept
        return {kind: keys for kind, keys in changes.items() if keys}

    def _replace_preparations(
        self, values: Iterable[charting.Preparation], *, by: Person, now: datetime
    ) -> None:
        preparations = {preparation.key: preparation for preparation in self.preparations}
        vials = {vial.key: vial for vial in self.vials}
        kept_preparations: list[Preparation] = []
        kept_vials: list[Vial] = []
        for value in values:
            preparation = preparations.get(value.key) or Preparation(key=value.key)
            preparation.take(value, len(kept_preparations) + 1)
            kept_preparations.append(preparation)
            for vial_value in value.vials:
                vial = vials.get(vial_value.key) or Vial(key=vial_value.key)
                if vial_value.discarded is None:
                    vial.discarded_by_id = vial.discarded_at = None
                elif vial_value.discarded != vial.discarded:
                    vial.discarded_by_id, vial.discarded_at = by.id, now
                vial.take(vial_value, preparation.key, len(kept_vials) + 1)
                kept_vials.append(vial)
        self.preparations = kept_preparations
        self.vials = kept_vials

    @property
    def answers(self) -> dict[str, Answer]:
        """What stands, by question: the last that was said to it, unless that was taken back."""
        last = {answer.question: answer for answer in self.said}
        return {id: answer for id, answer in last.items() if answer.value is not None}

    def answer(
        self, question: str, value: str | None, *, reason: str = "", by: Person, now: datetime
    ) -> None:
        """Record what was said to one question; None takes the answer back.

        A combined question answered no, or that could not be asked, says the same of its parts;
        answered yes it leaves each part to be asked. Raises NotToAnswer.
        """
        self.require_draft()
        known = catalogue().questions.get(question)
        if known is None or (value is not None and value not in known.answers):
            raise NotToAnswer("There is no such question, or no such answer. Reload the page.")
        if value == UNABLE and not reason:
            raise NotToAnswer("Say why it could not be asked; the note prints the reason.")
        said = value, reason if value == UNABLE else ""
        self._say(question, *said, how=ASKED, by=by, now=now)
        for part in catalogue().parts_of(question):
            follows = said if value in (NO, UNABLE) else (None, "")
            self._say(part.id, *follows, how=COMBINED, by=by, now=now)
        if known.part_of and value == YES:
            self._say(known.part_of, YES, "", how=COMBINED, by=by, now=now)

    def answer_again(
        self,
        questions: Iterable[str],
        last: Mapping[str, Answer],
        *,
        by: Person,
        now: datetime,
    ) -> list[str]:
        """All asked again, nothing changed: what nobody has answered today is as it was last time.

        Only of these `questions`, and only where there was an answer; answers which they were.
        """
        self.require_draft()
        standing = self.answers
        again = [id for id in questions if id not in standing]
        parts = [part.id for id in again for part in catalogue().parts_of(id)]
        taken = [
            id
            for id in dict.fromkeys([*again, *parts])
            if id not in standing and id in last and last[id].value in (YES, NO)
        ]
        for id in taken:
            self._say(id, last[id].value, "", how=ASKED_AGAIN, by=by, now=now)
        return taken

    def _say(
        self, question: str, value: str | None, reason: str, *, how: str, by: Person, now: datetime
    ) -> None:
        standing = self.answers.get(question)
        before = (standing.value, standing.reason) if standing else (None, "")
        if before == (value, reason):
            return
        self.said.append(
            Answer(
                number=len(self.said) + 1,
                question=question,
                value=value,
                reason=reason,
                how=how,
                answered_at=now,
                answered_by=by,
            )
        )

    def discard(self, reason: str, *, by: Person, now: datetime) -> None:
        """Give up a draft in which nothing was given. It stays in the record with its reason."""
        self.require_draft()
        if self.given_sites:
            raise NotADraft("Something was given in this session, so it cannot be discarded.")
        self.discarded_at, self.discarded_by_id, self.discard_reason = now, by.id, reason
        self.revision += 1

    def move_to(
        self, patient: Patient, *, expected: Patient, reason: str, by: Person, now: datetime
    ) -> TreatmentMove:
        """Give this draft, with everything in it, to the patient who was really treated.

        `expected` is whose it was when this was decided. Every tablet that still shows that
        patient is told at its next save, which is refused.
        """
        self.require_draft()
        if self.patient != expected:
            raise MovedMeanwhile(
                "This session was moved to another patient meanwhile. Look again at whose it is."
            )
        if patient == expected:
            raise NotMoved("This session is this patient’s already. Choose another patient.")
        self.patient = patient
        # Another patient's hand stands for nobody else.
        self.consent_signature = self.consent_signed_at = None
        self.revision += 1
        move = TreatmentMove(
            revision=self.revision,
            from_patient=expected,
            to_patient=patient,
            reason=reason,
            moved_at=now,
            moved_by=by,
        )
        self.moves.append(move)
        return move

    def record_incomplete(self, reason: str | None) -> None:
        """Say why the session ends before everything planned is given; None takes that back."""
        self.require_draft()
        self.incomplete_reason = reason
        self.revision += 1

    def record_consent_signature(
        self, strokes: list[list[list[str]]] | None, *, now: datetime
    ) -> None:
        """Keep what the patient drew to consent; None takes it back."""
        self.require_draft()
        self.consent_signature = strokes
        self.consent_signed_at = now if strokes else None
        self.revision += 1

    def complete(self, day: Day | None) -> None:
        """Say that this session is the planned touch-up of the one of that day; None: it is none.

        Raises NotCompleted where this patient had no session then.
        """
        self.require_draft()
        if day is not None and day not in self.days_before():
            raise NotCompleted("This patient had no session on that day. Choose one of the list.")
        self.touch_up_of = day
        self.revision += 1

    def days_before(self) -> list[Day]:
        """The days on which toxin was given here before this session, latest first."""
        return sorted(
            {each.date for each in self.given_before() if each.date < self.date}, reverse=True
        )

    def remind(self, *, by: Person, now: datetime) -> Reminder:
        """Ask whoever gave this treatment to sign it; it stands on their page of today."""
        self.require_draft()
        reminder = Reminder(reminded_at=now, reminded_by=by)
        self.reminders.append(reminder)
        return reminder

    def discard_remainders(self, *, by: Person, now: datetime) -> dict[str, Decimal]:
        """Record as discarded what is left in each vial of which nobody said; units by product."""
        self.require_draft()
        chart = self.chart()
        left = {account.key: account.left for account in ledger.balance(chart)}
        for vial in self.vials:
            if vial.discarded is None:
                vial.discarded = left[vial.key]
                vial.discard_reason = charting.REMAINDER if left[vial.key] else None
                vial.discarded_at, vial.discarded_by_id = now, by.id
        self.revision += 1
        self.saved_at, self.saved_by = now, by
        return ledger.remainders(chart)

    def add_code(self, code: str, *, by: Person, now: datetime) -> None:
        """Choose one more diagnosis code, as on the chart."""
        self.require_draft()
        if code not in self.codes:
            self.codes = [*self.codes, code]
        self.revision += 1
        self.saved_at, self.saved_by = now, by

    def record_measures(
        self,
        outcomes: list[dict[str, Any]],
        *,
        guidance: list[str],
        guidance_note: str,
    ) -> None:
        """Say how the patient is by the scales, and with what guidance toxin was given."""
        self.require_draft()
        self.outcomes, self.guidance, self.guidance_note = outcomes, guidance, guidance_note
        self.revision += 1

    @property
    def guidance_of_sites(self) -> dict[str, int]:
        """How many given sites say which guidance."""
        said = (site.guidance for site in self.sites if site.state == charting.GIVEN)
        return dict(Counter(guidance for guidance in said if guidance))

    @property
    def all_guidance(self) -> list[str]:
        """With what toxin was given: what the review says, and what given sites say."""
        return sorted({*(self.guidance or ()), *self.guidance_of_sites})

    def record_performer(self, performer: Person, *, now: datetime) -> None:
        """Say who gave this treatment."""
        self.require_draft()
        self.performer = performer
        self.revision += 1

    def record_supervisor(self, supervisor: Person | None) -> None:
        """Say who supervises whoever gave this treatment; None: nobody does."""
        self.require_draft()
        if supervisor is not None and supervisor == self.performer:
            raise OwnSupervisor("Whoever gave it does not supervise it as well. Choose another.")
        self.supervisor = supervisor
        self.revision += 1

    def record_orderer(self, name: str, npi: str) -> None:
        """Say who ordered this treatment; empty where it is who gave it."""
        self.require_draft()
        self.ordering_name, self.ordering_npi = name, npi
        self.revision += 1

    def require_draft(self) -> None:
        """Raises AlreadySigned or NotADraft when the chart may no longer change."""
        if self.is_signed:
            raise AlreadySigned("This session is signed. What follows is written as an addendum.")
        if self.is_discarded:
            raise NotADraft("This draft was discarded.")

    def require_unmoved(self, *, since: int) -> None:
        """Raises MovedMeanwhile when the session changed patients after revision `since`."""
        if moved := [move for move in self.moves if move.revision > since]:
            raise MovedMeanwhile(
                "%(name)s moved this session to another patient. Nothing was saved from here."
                " Open it again, and look whose it is.",
                name=moved[-1].moved_by.name,
            )

    def require_explained(self) -> None:
        """Raises Unexplained when planned sites were not given and nobody has said why."""
        if self.planned_sites and not self.incomplete_reason:
            raise Unexplained(
                "Planned sites were not given. Say why, then sign; the note prints it first."
            )

    @property
    def is_identified(self) -> bool:
        """Whether somebody has answered if patient and plan are right, whatever the answer."""
        return all(
            question.id in self.answers
            for question in catalogue().questions.values()
            if question.group == "identity"
        )

    def require_identified(self) -> None:
        """Raises NotIdentified until the time-out says whether patient and plan are right."""
        if not self.is_identified:
            raise NotIdentified(
                "The time-out does not say yet whether patient and plan are right. Answer it, then"
                " sign."
            )

    def case(self, *, now: datetime, signer: Person | None = None) -> Case:
        """What the rules are asked to judge, as if signed at `now`, by `signer` if known."""
        return Case(
            date=self.date,
            zone=ZoneInfo(self.zone),
            now=now,
            patient=CasePatient(
                name=self.patient.name,
                born=self.patient.born,
                record_number=self.patient.record_number,
                weight_kg=self.patient.known_weight,
                weighed_on=self.patient.weighed_on,
                sex=self.patient.sex,
                payer=self.patient.payer or "other",
            ),
            performer=CasePerson(self.performer.name, self.performer.credentials)
            if self.performer
            else None,
            signer=CasePerson(signer.name, signer.credentials) if signer else None,
            supervisor=CasePerson(self.supervisor.name, self.supervisor.credentials)
            if self.supervisor
            else None,
            chart=self._chart_with_stock(),
            injected_at=self.given_on_paper_at,
            answers={
                id: answer.as_value()
                for id, answer in self.answers.items()
                if answer.value in (YES, NO, UNABLE)
            },
            history=self.given_before(),
            vials_used_elsewhere=self.vials_used_elsewhere(),
            touch_up_of=self.touch_up_of,
            guidance=tuple(self.all_guidance),
            guidance_note=self.guidance_note or "",
            outcomes=tuple(_outcome(reading) for reading in self.outcomes or ()),
            # Who pays, while nobody has said it.
            unsaid=frozenset() if self.patient.payer else frozenset({"payer"}),
        )

    def given_before(self) -> tuple[EarlierTreatment, ...]:
        """All other toxin this patient is known to have had, signed or not, here or elsewhere.

        How a session worked is what was said at the one after it, this one included.
        """
        records = object_session(self)
        if records is None:
            return ()
        stored = records.execute(
            select(
                Treatment.id,
                Treatment.date,
                Preparation.product,
                Site.indication,
                func.sum(Site.units),
            )
            .join(Site, Site.treatment_id == Treatment.id)
            .join(
                Preparation,
                (Preparation.treatment_id == Site.treatment_id)
                & (Preparation.key == Site.preparation),
            )
            .where(
                Treatment.patient_id == self.patient_id,
                Treatment.id != self.id,
                Treatment.discarded_at.is_(None),
                ~is_voided(Treatment),
                Site.state == charting.GIVEN,
            )
            .group_by(Treatment.id, Treatment.date, Preparation.product, Site.indication)
            .order_by(Treatment.date, Treatment.id)
        ).all()
        here = _as_corrected(records, stored)
        responses = self._responses(dict.fromkeys(row[0] for row in here))
        return (
            *(
                EarlierTreatment(day, product, indication, units, response=responses.get(id))
                for id, day, product, indication, units in here
            ),
            *(dose.as_value() for dose in self.patient.outside_doses if not dose.is_withdrawn),
        )

    def _responses(self, sessions: Iterable[UUID]) -> dict[UUID, str]:
        """How each of the sessions, in their order, worked, where the one after it says so."""
        in_order = [*sessions, self.id]
        records = object_session(self)
        if records is None or len(in_order) < 2:
            return {}
        said = records.execute(
            select(Answer.treatment_id, Answer.value)
            .where(Answer.treatment_id.in_(in_order), Answer.question == LAST_RESPONSE)
            .order_by(Answer.number)
        )
        last: dict[UUID, str | None] = {row.treatment_id: row.value for row in said}
        return {
            earlier: value
            for earlier, after in pairwise(in_order)
            if (value := last.get(after)) is not None
        }

    def _chart_with_stock(self) -> charting.Chart:
        """The chart with what the clinic's stock says of each vial; of paper, without the times at
        which its sites were transcribed."""
        held = self.quarantined_vials()
        chart = self.chart()
        if self.paper_time is not None:
            untimed = tuple(replace(site, given_at=None) for site in chart.sites)
            chart = replace(chart, sites=untimed)
        if not held:
            return chart
        return replace(
            chart,
            preparations=tuple(
                replace(
                    preparation,
                    vials=tuple(
                        replace(vial, quarantined=vial.key in held) for vial in preparation.vials
                    ),
                )
                for preparation in chart.preparations
            ),
        )

    def quarantined_vials(self) -> frozenset[UUID]:
        """The keys of the vials whose lot nobody is to use."""
        session = object_session(self)
        lots = {entry for _, entry in self._vials_by("lot")}
        if session is None or not lots:
            return frozenset()
        held = session.execute(
            select(StockLot.product, StockLot.lot).where(
                StockLot.quarantined_at.is_not(None),
                tuple_(StockLot.product, StockLot.lot).in_(lots),
            )
        )
        found = {(product, lot) for product, lot in held}
        return frozenset(key for key, entry in self._vials_by("lot") if entry in found)

    def vials_used_elsewhere(self) -> frozenset[UUID]:
        """The keys of the vials that a session of another patient drew on: same product, serial."""
        session = object_session(self)
        serials = {entry for _, entry in self._vials_by("serial")}
        if session is None or not serials:
            return frozenset()
        used = session.execute(
            select(Preparation.product, Vial.serial)
            .join(
                Preparation,
                (Preparation.treatment_id == Vial.treatment_id)
                & (Preparation.key == Vial.preparation),
            )
            .join(Treatment, Treatment.id == Vial.treatment_id)
            .where(
                Treatment.patient_id != self.patient.id,
                Treatment.discarded_at.is_(None),
                ~is_voided(Treatment),
                tuple_(Preparation.product, Vial.serial).in_(serials),
            )
        )
        found = {(product, serial) for product, serial in used}
        return frozenset(key for key, entry in self._vials_by("serial") if entry in found)

    def _vials_by(self, name: str) -> list[tuple[UUID, tuple[str, str]]]:
        """Each vial's key with its product and lot, or serial, where it has one."""
        product = {preparation.key: preparation.product for preparation in self.preparations}
        return [
            (vial.key, (product[vial.preparation], value))
            for vial in self.vials
            if (value := getattr(vial, name))
        ]


def _as_corrected(records: Session, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Sessions with the units of each product and reason, of corrected ones what addenda say."""
    corrected = records.scalars(
        select(Treatment)
        .join(Treatment.note)
        .join(Note.addenda)
        .where(Treatment.id.in_({row.id for row in given}), Addendum.kind == CORRECTION)
    ).unique()
    charts = {treatment.id: treatment.chart_as_amended() for treatment in corrected}
    found: list[tuple[Any, ...]] = [tuple(row) for row in given if row.id not in charts]
    for id, chart in charts.items():
        units: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for site in chart.given:
            if product := chart.product_of(site):
                units[product, site.indication] += site.units
        found += [(id, chart.date, *about, total) for about, total in units.items()]
    return sorted(found, key=lambda row: (row[1], row[0]))


def _outcome(reading: dict[str, Any]) -> Outcome:
    """A stored reading as the rules see it."""
    minutes = reading.get("minutes")
    return Outcome(
        scale=reading["scale"],
        value=reading["value"],
        minutes=None if minutes is None else Decimal(minutes),
        date=Day.fromisoformat(reading["date"]),
        rater=reading.get("rater"),
        muscle=reading.get("muscle"),
        side=None if reading.get("side") is None else Side(reading["side"]),
    )


class Site(Base):
    """One injection point of a treatment."""

    __tablename__ = "sites"

    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    map: Mapped[str] = mapped_column(Text)
    x: Mapped[Decimal] = mapped_column(Hundredths)
    y: Mapped[Decimal] = mapped_column(Hundredths)
    region: Mapped[str | None] = mapped_column(Text)
    muscle: Mapped[str | None] = mapped_column(Text)
    other: Mapped[str | None] = mapped_column(Text)
    side: Mapped[str] = mapped_column(Text)
    units: Mapped[Decimal] = mapped_column(Hundredths)
    depth: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    preparation: Mapped[UUID | None]
    indication: Mapped[str] = mapped_column(Text)
    protocol: Mapped[str | None] = mapped_column(Text)
    protocol_site: Mapped[str | None] = mapped_column(Text)
    placed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The tablet's own clock, kept beside the server's.
    tablet_given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # As drawn up, in mL to a thousandth, where somebody said; a plain decimal.
    volume_ml: Mapped[str | None] = mapped_column(Text)
    # Of the catalogue, where somebody said.
    needle: Mapped[str | None] = mapped_column(Text)
    guidance: Mapped[str | None] = mapped_column(Text)

    treatment: Mapped[Treatment] = relationship(back_populates="sites")
    placed_by: Mapped[Person] = relationship(foreign_keys=placed_by_id)
    given_by: Mapped[Person | None] = relationship(foreign_keys=given_by_id)

    @classmethod
    def returned(cls, key: UUID, provenance: dict[str, str | None]) -> Site:
        """A site that was taken off the chart and is placed again, still its first owner's."""
        people = {
            name: None if (value := provenance[name]) is None else UUID(value)
            for name in ("placed_by_id", "given_by_id")
        }
        instants = {
            name: None if (value := provenance[name]) is None else datetime.fromisoformat(value)
            for name in ("placed_at", "given_at", "tablet_given_at")
        }
        state = charting.PLANNED if people["given_by_id"] is None else charting.GIVEN
        return cls(key=key, state=state, **people, **instants)

    def provenance(self) -> dict[str, str | None]:
        """Who placed and gave this site and when, for the day it comes back."""
        found = {
            name: getattr(self, name)
            for name in ("placed_by_id", "placed_at", "given_by_id", "given_at", "tablet_given_at")
        }
        return {
            name: value.isoformat() if isinstance(value, datetime) else value and str(value)
            for name, value in found.items()
        }

    def is_the_giving(self, value: charting.Site) -> bool:
        """Whether a value tells of the giving that is stored, not of another one.

        Where a site was given on two tablets, their own instants tell which one was kept.
        """
        if self.state != charting.GIVEN:
            return False
        return value.given_at is None or value.given_at == self.tablet_given_at

    def take(self, value: charting.Site, position: int) -> None:
        """Hold what the chart says of this site, at this place in the injection order."""
        self.position = position
        self.map, self.x, self.y = value.map, value.x, value.y
        assert value.side is not None  # parse_chart computes it from the drawing
        self.region, self.side = value.region, value.side.value
        self.muscle, self.other = value.muscle, value.other
        self.units, self.depth, self.state = value.units, value.depth, value.state
        self.preparation, self.indication = value.preparation, value.indication
        self.protocol, self.protocol_site = value.protocol, value.protocol_site
        self.tablet_given_at = value.given_at
        self.volume_ml = None if value.volume_ml is None else dosing.plain(value.volume_ml)
        self.needle, self.guidance = value.needle, value.guidance

    def as_value(self) -> charting.Site:
        """This site as the chart's value."""
        return charting.Site(
            key=self.key,
            map=self.map,
            x=self.x,
            y=self.y,
            region=self.region,
            side=Side(self.side),
            muscle=self.muscle,
            other=self.other,
            units=self.units,
            depth=self.depth,
            state=self.state,
            preparation=self.preparation,
            indication=self.indication,
            protocol=self.protocol,
            protocol_site=self.protocol_site,
            given_at=self.tablet_given_at,
            volume_ml=None if self.volume_ml is None else Decimal(self.volume_ml),
            needle=self.needle,
            guidance=self.guidance,
        )


class Preparation(Base):
    """One product at one dilution, from one or more vials."""

    __tablename__ = "preparations"

    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    product: Mapped[str] = mapped_column(Text)
    diluent: Mapped[str | None] = mapped_column(Text)
    diluent_ml: Mapped[Decimal | None] = mapped_column(Hundredths)
    reconstituted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why a value could not be found out, by field.
    unknown: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    treatment: Mapped[Treatment] = relationship(back_populates="preparations")

    def take(self, value: charting.Preparation, position: int) -> None:
        """Hold what the chart says of this preparation."""
        self.position = position
        self.product, self.diluent = value.product, value.diluent
        self.diluent_ml, self.reconstituted_at = value.diluent_ml, value.reconstituted_at
        self.unknown = dict(value.unknown) or None

    def as_value(self, vials: Iterable[Vial]) -> charting.Preparation:
        """This preparation with its vials as the chart's value."""
        return charting.Preparation(
            key=self.key,
            product=self.product,
            diluent=self.diluent,
            diluent_ml=self.diluent_ml,
            reconstituted_at=self.reconstituted_at,
            vials=tuple(vial.as_value() for vial in vials),
            unknown=dict(self.unknown or {}),
        )


class Vial(Base):
    """One labelled container that a preparation was drawn from."""

    __tablename__ = "vials"

    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    preparation: Mapped[UUID]
    position: Mapped[int]
    units: Mapped[Decimal] = mapped_column(Hundredths)
    lot: Mapped[str] = mapped_column(Text, default="", index=True)
    expires: Mapped[Day | None]
    discarded: Mapped[Decimal | None] = mapped_column(Hundredths)
    discarded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    discarded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    discard_reason: Mapped[str | None] = mapped_column(Text)
    ndc: Mapped[str | None] = mapped_column(Text)
    serial: Mapped[str | None] = mapped_column(Text, index=True)
    source: Mapped[str] = mapped_column(Text, server_default=charting.CLINIC)
    # Its own, where they differ from its preparation's.
    diluent_ml: Mapped[Decimal | None] = mapped_column(Hundredths)
    reconstituted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why a value could not be found out, by field.
    unknown: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    treatment: Mapped[Treatment] = relationship(back_populates="vials")

    def take(self, value: charting.Vial, preparation: UUID, position: int) -> None:
        """Hold what the chart says of this vial."""
        self.preparation, self.position = preparation, position
        self.units, self.lot, self.expires = value.units, value.lot, value.expires
        self.discarded, self.discard_reason = value.discarded, value.discard_reason
        self.ndc, self.serial, self.source = value.ndc, value.serial, value.source
        self.diluent_ml, self.reconstituted_at = value.diluent_ml, value.reconstituted_at
        self.unknown = dict(value.unknown) or None

    def as_value(self) -> charting.Vial:
        """This vial as the chart's value."""
        return charting.Vial(
            key=self.key,
            units=self.units,
            lot=self.lot,
            expires=self.expires,
            discarded=self.discarded,
            discard_reason=self.discard_reason,
            ndc=self.ndc,
            serial=self.serial,
            source=self.source,
            diluent_ml=self.diluent_ml,
            reconstituted_at=self.reconstituted_at,
            unknown=dict(self.unknown or {}),
        )


class ChartSave(Base):
    """One body that was saved, by the id its tablet gave it: a retry of it writes nothing."""

    __tablename__ = "chart_saves"

    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True)
    save: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    saved_by: Mapped[Person] = relationship()


class TreatmentMove(Base):
    """A draft that was opened for one patient and belongs to another: who moved it, when, why.

    `revision` is the treatment's own once it was moved: what was read before it is of the other.
    """

    __tablename__ = "treatment_moves"
    __table_args__ = (UniqueConstraint("treatment_id", "revision"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"))
    revision: Mapped[int]
    from_patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    to_patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    reason: Mapped[str] = mapped_column(Text)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    moved_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    treatment: Mapped[Treatment] = relationship(back_populates="moves")
    from_patient: Mapped[Patient] = relationship(foreign_keys=from_patient_id)
    to_patient: Mapped[Patient] = relationship(foreign_keys=to_patient_id)
    moved_by: Mapped[Person] = relationship()


class Reminder(Base):
    """Somebody asked for the signature of a session. It is due until the session is signed."""

    __tablename__ = "reminders"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), index=True)
    reminded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reminded_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    treatment: Mapped[Treatment] = relationship(back_populates="reminders")
    reminded_by: Mapped[Person] = relationship()
