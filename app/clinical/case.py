"""A session as the rules see it: who, when, where in the world, and the chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.clinical.chart import Chart

__all__ = ["Case", "CasePatient", "CasePerson"]

# Within a class that has a field called date, the type needs a name of its own.
Day = date


@dataclass(frozen=True, slots=True)
class CasePatient:
    """What the rules need of a patient."""

    name: str | None
    born: date | None
    record_number: str | None = None


@dataclass(frozen=True, slots=True)
class CasePerson:
    """A person with what stands behind the name."""

    name: str
    credentials: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A described session. `now` is the moment of signing; `zone` the clinic's IANA zone.

    `injected_at` stands in for sites that do not say when they were given. Naive instants raise
    ValueError.
    """

    date: Day | None
    zone: str
    now: datetime
    patient: CasePatient | None
    performer: CasePerson | None
    chart: Chart
    injected_at: datetime | None = None

    def __post_init__(self) -> None:
        for instant in (self.now, self.injected_at):
            if instant is not None and instant.tzinfo is None:
                raise ValueError("An instant of a case needs a time zone.")

    @property
    def today(self) -> Day:
        """The day of `now` in the clinic's zone."""
        return self.local(self.now).date()

    @property
    def when(self) -> str:
        """`given` once something was given; until then the rules speak of the plan."""
        return "given" if self.chart.given else "if_all_given"

    def local(self, instant: datetime) -> datetime:
        """The instant as the clinic's clock shows it."""
        return instant.astimezone(ZoneInfo(self.zone))
