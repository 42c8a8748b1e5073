"""A session as the rules see it: who, when, where in the world, the chart, and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from uuid import UUID

from app.clinical.anatomy import Side
from app.clinical.chart import Chart, Site

__all__ = [
    "NO",
    "UNABLE",
    "YES",
    "Answer",
    "Case",
    "CasePatient",
    "CasePerson",
    "EarlierTreatment",
    "Outcome",
    "Unable",
]

# Within a class that has a field called date, the type needs a name of its own.
Day = date

YES = "yes"
NO = "no"
UNABLE = "unable"


@dataclass(frozen=True, slots=True)
class Unable:
    """A value nobody could find out, and why. It is said, so it is not the same as missing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to one question today: YES, NO, or UNABLE with the reason.

    A question nobody answered has no Answer at all; that never counts as a no.
    """

    value: str
    reason: str = ""

    @property
    def is_yes(self) -> bool:
        """Whether somebody said yes."""
        return self.value == YES

    @property
    def is_no(self) -> bool:
        """Whether somebody said no."""
        return self.value == NO

    @property
    def is_unable(self) -> bool:
        """Whether it could not be asked, with a reason."""
        return self.value == UNABLE


@dataclass(frozen=True, slots=True)
class CasePatient:
    """What the rules need of a patient. `weight_kg` is Unable where it could not be taken.

    `payer` is one of medicare, medicaid, commercial, self_pay, other; `sex` is female, male or
    None.
    """

    name: str | None
    born: date | None
    record_number: str | None = None
    weight_kg: Decimal | Unable | None = None
    weighed_on: date | None = None
    sex: str | None = None
    payer: str = "other"

    def age_on(self, day: date) -> int | None:
        """Completed years on a day. Born on 29 February: a year older on 1 March."""
        if self.born is None:
            return None
        before = (day.month, day.day) < (self.born.month, self.born.day)
        return day.year - self.born.year - before


@dataclass(frozen=True, slots=True)
class CasePerson:
    """A person with what stands behind the name."""

    name: str
    credentials: str = ""


@dataclass(frozen=True, slots=True)
class EarlierTreatment:
    """Toxin given before, here or elsewhere: units of one product for one indication on one day.

    `source` is clinic or patient-reported; `response` better, same, worse, none, or None where
    nobody said.
    """

    date: Day
    product: str
    indication: str
    units: Decimal
    source: str = "clinic"
    response: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One reading of an outcome scale. `value` is as written ("1+" is no number); `items` are the
    answers of a questionnaire, in its order; `rater` is patient or clinician."""

    scale: str
    value: str | None = None
    items: tuple[int, ...] = ()
    minutes: Decimal | None = None
    date: Day | None = None
    rater: str | None = None
    muscle: str | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A described session. `now` is the moment of signing, None where there is no such moment;
    `zone` the clinic's.

    `injected_at` stands in for sites that do not say when they were given. `without_units` are the
    keys of sites whose dose nobody said; a tablet always says one. `unsaid` names what
    whoever describes the case has no place for, so that no rule misses it: any of `name`,
    `performer`, `signer`, `answers`, `history`, `outcomes`, `codes`, `payer`.
    `touch_up_of` is the day of the session that this one completes; `vials_used_elsewhere` are
    the keys of those vials that were used for another patient as well.
    Naive instants raise ValueError.
    """

    date: Day | None
    zone: tzinfo
    now: datetime | None
    patient: CasePatient | None
    performer: CasePerson | None
    chart: Chart
    injected_at: datetime | None = None
    signer: CasePerson | None = None
    supervisor: CasePerson | None = None
    guidance: tuple[str, ...] = ()
    # Why guidance was used and what it showed; None where there is no place for it.
    guidance_note: str | None = None
    history: tuple[EarlierTreatment, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
    touch_up_of: Day | None = None
    vials_used_elsewhere: frozenset[UUID] = frozenset()
    without_units: frozenset[UUID] = frozenset()
    unsaid: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for instant in (self.now, self.injected_at):
            if instant is not None and instant.tzinfo is None:
                raise ValueError("An instant of a case needs a time zone.")

    @property
    def today(self) -> Day | None:
        """The day of `now` in the clinic's zone."""
        return None if self.now is None else self.local(self.now).date()

    @property
    def when(self) -> str:
        """`given` once something was given; until then the rules speak of the plan."""
        return "given" if self.chart.given else "if_all_given"

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites a rule judges: what was given, or all of the plan while nothing is given."""
        return self.chart.given or self.chart.planned

    @property
    def age(self) -> int | None:
        """The patient's completed years on the date of service, None while not known."""
        if self.patient is None or self.date is None:
            return None
        return self.patient.age_on(self.date)

    def answered(self, question: str, value: str = YES) -> bool:
        """Whether this question was answered so."""
        answer = self.answers.get(question)
        return answer is not None and answer.value == value

    def local(self, instant: datetime) -> datetime:
        """The instant as the clinic's clock shows it."""
        return instant.astimezone(self.zone)
