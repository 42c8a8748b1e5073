"""Sessions of nobody, as a tablet sends them and as values; a test names only what differs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clinical.anatomy import Side
from app.clinical.case import Case, CasePatient, CasePerson
from app.clinical.catalogue import catalogue
from app.clinical.chart import Chart, Preparation, Site, Vial
from app.clinical.rules import Finding, judge, registered

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # 12:00 in New York


def key(number: int) -> UUID:
    """A UUID that a reader can tell from another."""
    return UUID(int=number, version=4)


# As a tablet sends it


def vial_json(**values: Any) -> dict[str, Any]:
    return {
        "key": str(key(2)),
        "units": "200",
        "lot": "C8412C3",
        "expires": "2027-08-31",
        "discarded": None,
        **values,
    }


def preparation_json(**values: Any) -> dict[str, Any]:
    return {
        "key": str(key(1)),
        "product": "BOTOX",
        "diluent": "saline_preservative_free",
        "diluent_ml": "4",
        "reconstituted_at": "2026-11-22T14:50:00Z",
        "vials": [vial_json()],
        **values,
    }


def site_json(number: int = 10, **values: Any) -> dict[str, Any]:
    """A corrugator site on the right."""
    return {
        "key": str(key(number)),
        "map": "head_anterior@1",
        "x": "104.00",
        "y": "95.00",
        "muscle": "corrugator",
        "other": None,
        "units": "5",
        "depth": "IM",
        "state": "given",
        "preparation": str(key(1)),
        "indication": "chronic_migraine",
        "protocol": None,
        "protocol_site": None,
        "given_at": "2026-11-22T15:36:00Z",
        **values,
    }


def chart_json(**values: Any) -> dict[str, Any]:
    return {
        "date": "2026-11-22",
        "indications": ["chronic_migraine"],
        "codes": ["G43.709"],
        "preparations": [preparation_json()],
        "sites": [site_json()],
        **values,
    }


def laid(protocol_id: str, state: str = "given") -> dict[str, Any]:
    """A whole protocol with all it has; what states no dose takes one of the brush."""
    protocol = catalogue().protocols[protocol_id]
    return chart_json(
        indications=[protocol.indication],
        codes=[catalogue().indications[protocol.indication].codes[0].code],
        sites=[
            site_json(
                100 + site.order,
                map=site.map,
                x=f"{site.x:.2f}",
                y=f"{site.y:.2f}",
                muscle=site.muscle,
                units=str(site.units or 10),
                depth=site.depth,
                state=state,
                indication=protocol.indication,
                protocol=protocol.id,
                protocol_site=site.id,
                given_at=None,
            )
            for site in protocol.sites
        ],
    )


# As values


def vial(number: int = 2, **values: Any) -> Vial:
    defaults: dict[str, Any] = {
        "units": Decimal(200),
        "lot": "C8412C3",
        "expires": date(2027, 8, 31),
        "discarded": None,
    }
    return Vial(key=key(number), **{**defaults, **values})


def preparation(number: int = 1, **values: Any) -> Preparation:
    defaults: dict[str, Any] = {
        "product": "BOTOX",
        "diluent": "saline_preservative_free",
        "diluent_ml": Decimal(4),
        "reconstituted_at": datetime(2026, 11, 22, 14, 50, tzinfo=UTC),
        "vials": (vial(),),
    }
    return Preparation(key=key(number), **{**defaults, **values})


def site(number: int = 10, **values: Any) -> Site:
    defaults: dict[str, Any] = {
        "map": "head_anterior@1",
        "x": Decimal("104.00"),
        "y": Decimal("95.00"),
        "muscle": "corrugator",
        "units": Decimal(5),
        "state": "given",
        "preparation": key(1),
        "indication": "chronic_migraine",
        "region": "corrugator_R",
        "side": Side.RIGHT,
        "given_at": datetime(2026, 11, 22, 15, 36, tzinfo=UTC),
    }
    return Site(key=key(number), **{**defaults, **values})


def chart(**values: Any) -> Chart:
    """One vial, everything of it given or discarded."""
    defaults: dict[str, Any] = {
        "date": DAY,
        "indications": ("chronic_migraine",),
        "codes": ("G43.709",),
        "preparations": (preparation(vials=(vial(discarded=Decimal(195)),)),),
        "sites": (site(),),
    }
    return Chart(**{**defaults, **values})


def case(**values: Any) -> Case:
    """A session without a fault; all a rule can say is that it is less than the label's dose."""
    defaults: dict[str, Any] = {
        "date": DAY,
        "zone": ZoneInfo("America/New_York"),
        "now": NOON,
        "patient": CasePatient("Maren Oduya", date(1984, 3, 12), "004217"),
        "performer": CasePerson("Ines Halloran", "MD"),
        "chart": chart(),
        "unsaid": frozenset({"answers", "history", "outcomes", "payer"}),
    }
    return Case(**{**defaults, **values})


def found(id: str, session: Case) -> Finding | None:
    """What one rule finds, as the judgement of the whole session reports it."""
    assert id in registered()
    return next((each for each in judge(session, catalogue()) if each.id == id), None)
