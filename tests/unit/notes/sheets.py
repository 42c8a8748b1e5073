"""What the paper around a session is drawn from, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from app.clinical.anatomy import MAPS
from app.clinical.catalogue import catalogue
from app.clinical.chart import GIVEN, PLANNED, Chart, Preparation, Site, Vial
from app.clinical.questions import could_be_asked
from app.notes.downtime import REGIONS, Downtime, LastTime, Question
from tests.unit.notes import records

NAMES = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
AT = "2026-11-23T13:15:00Z"


def clinic(paper: str = "letter") -> dict[str, object]:
    return {**records.CLINIC, "paper": paper}


def downtime_sheet(region: str = "head", paper: str = "letter", *, named: bool = True) -> Downtime:
    maps = MAPS if region == "body" else REGIONS[region][1]
    asked = could_be_asked(catalogue(), maps=maps, sex="female" if named else None, age=None)
    return Downtime(
        number="D-0093",
        clinic=clinic(paper),
        patient=records.PATIENT if named else None,
        region=region,
        at=AT,
        by="J. Moreau",
        last=LastTime(date(2026, 9, 4), "BOTOX 165 U", 33) if named else None,
        questions=[
            Question(
                each.text,
                each.hint,
                each.products,
                each.answers,
                bool(each.part_of),
                each.group == "review",
            )
            for each in asked
        ],
    )


def botox(*vials: tuple[str, str], diluent_ml: str | None = "4") -> Preparation:
    """BOTOX with the same diluent in each vial of (units, lot)."""
    return Preparation(
        uuid5(NAMES, "preparation"),
        "BOTOX",
        "saline_preservative_free",
        None if diluent_ml is None else Decimal(diluent_ml),
        vials=tuple(
            Vial(uuid5(NAMES, lot), Decimal(units), lot, date(2027, 8, 31)) for units, lot in vials
        ),
    )


def planned(
    preparations: Sequence[Preparation] = (), *, given: int = 0, protocol: str = "PREEMPT-155"
) -> Chart:
    """A protocol as laid, its first sites given."""
    key = preparations[0].key if preparations else None
    return Chart(
        date=date(2026, 11, 23),
        indications=("chronic_migraine",),
        preparations=tuple(preparations),
        sites=tuple(
            Site(
                key=uuid5(NAMES, each.id),
                map=each.map,
                x=each.x,
                y=each.y,
                units=each.units or Decimal(5),
                state=GIVEN if place < given else PLANNED,
                indication="chronic_migraine",
                muscle=each.muscle,
                side=each.side,
                preparation=key,
            )
            for place, each in enumerate(catalogue().protocols[protocol].due(set()))
        ),
    )
