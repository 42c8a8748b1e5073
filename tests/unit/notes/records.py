"""Records of fictitious sessions, made from the catalogue's own protocols."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.clinical.anatomy import released_sha256
from app.clinical.catalogue import catalogue

CLINIC = {
    "name": "Harbour Lane Neurology and Skin",
    "address": ["418 Harbour Lane, Suite 2", "Fairhaven, ME 04999"],
    "telephone": "207-555-0142",
    "time_zone": "America/New_York",
    "paper": "letter",
}
PATIENT = {
    "name": "Maren Oduya",
    "born": "1984-03-12",
    "sex": "female",
    "record_number": "004217",
    "allergies": "penicillin",
    "allergies_asked": "listed",
    "weight_kg": "68",
    "weight_unknown": None,
}
INES = {"name": "Ines Halloran", "credentials": "MD", "npi": "1999999984"}
CHECK_AT = "https://stipple.harbourlane.example"


def key(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def site(number: int, **changes: Any) -> dict[str, Any]:
    """A given site on the forehead, with what the call changes."""
    made: dict[str, Any] = {
        "number": number,
        "key": key(f"site {number}"),
        "map": "head_anterior@1",
        "x": "104.00",
        "y": "95.00",
        "region": None,
        "muscle": "corrugator",
        "name": "Corrugator",
        "other": None,
        "side": "right",
        "units": "5",
        "volume_ml": "0.10",
        "depth": "IM",
        "needle": None,
        "guidance": None,
        "state": "given",
        "preparation": key("preparation"),
        "product": "BOTOX",
        "indication": "chronic_migraine",
        "protocol": None,
        "protocol_site": None,
        "moved": False,
        "given_at": "2026-11-23T15:36:00Z",
        "given_by": "Ines Halloran",
    }
    made.update(changes)
    return made


def protocol_sites(protocol_id: str, *, per_ml: str = "50") -> list[dict[str, Any]]:
    """Every site of a catalogue protocol, given as planned."""
    protocol = catalogue().protocols[protocol_id]
    made = []
    for number, planned in enumerate(protocol.sites, start=1):
        muscle = catalogue().muscles[planned.muscle]
        volume = (planned.units / Decimal(per_ml)).quantize(Decimal("0.01"))
        made.append(
            site(
                number,
                map=planned.map,
                x=str(planned.x),
                y=str(planned.y),
                region=planned.region,
                muscle=planned.muscle,
                name=muscle.label,
                side=str(planned.side),
                units=str(planned.units),
                volume_ml=str(volume),
                depth=planned.depth,
                indication=protocol.indication,
                protocol=protocol.id,
                protocol_site=planned.id,
            )
        )
    return made


def planned_by(protocol_id: str, sites: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the record says that a protocol plans, with these of its sites on the chart."""
    protocol = catalogue().protocols[protocol_id]
    laid = {site["protocol_site"] for site in sites if site["protocol"] == protocol_id}
    return [
        {
            "id": site.id,
            "name": catalogue().muscles[site.muscle].label,
            "side": str(site.side),
            "units": None if site.units is None else str(site.units),
        }
        for site in protocol.sites
        if site in protocol.due(laid) or site.id in laid
    ]


def preparation(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "key": key("preparation"),
        "product": "BOTOX",
        "generic": "onabotulinumtoxinA",
        "diluent": "saline_preservative_free",
        "diluent_ml": "4",
        "concentration_units_per_ml": "50",
        "reconstituted_at": "2026-11-23T14:50:00Z",
        "unknown": {},
        "vials": [
            {
                "units": "200",
                "lot": "C8412C3",
                "expires": "2027-08-31",
                "ndc": "0023-3921-02",
                "serial": None,
                "source": "clinic",
                "diluent_ml": None,
                "reconstituted_at": None,
                "unknown": {},
                "opened": "200.00",
                "given": "155.00",
                "discarded": "45.00",
                "discarded_at": None,
                "discard_reason": None,
            }
        ],
    }
    made.update(changes)
    return made


def record(
    sites: Sequence[dict[str, Any]],
    *,
    preparations: Sequence[dict[str, Any]] | None = None,
    indications: Sequence[str] = ("chronic_migraine",),
    paper: str = "letter",
    **changes: Any,
) -> dict[str, Any]:
    """A whole record around these sites: totals, units by muscle and protocols follow from them."""
    preparations = list(preparations or [preparation()])
    product_of = {p["key"]: p["product"] for p in preparations}
    given = [s for s in sites if s["state"] == "given"]
    totals: dict[str, dict[str, Any]] = {}
    muscles: dict[tuple[str, str], dict[str, Any]] = {}
    for s in given:
        product = product_of[s["preparation"]]
        total = totals.setdefault(product, {"given": "0", "sites": 0, "volume_ml": "0"})
        total["given"] = f"{Decimal(total['given']) + Decimal(s['units']):.2f}"
        total["volume_ml"] = f"{Decimal(total['volume_ml']) + Decimal(s['volume_ml']):.2f}"
        total["sites"] += 1
        name = s["name"] or "Other site"
        muscle = muscles.setdefault(
            (product, name),
            {
                "name": name,
                "right": None,
                "midline": None,
                "left": None,
                "all": "0",
                "product": product,
            },
        )
        for where in (s["side"], "all"):
            muscle[where] = str(Decimal(muscle[where] or 0) + Decimal(s["units"]))
    used = list(dict.fromkeys(s["protocol"] for s in sites if s["protocol"]))
    known = catalogue()
    made: dict[str, Any] = {
        "schema": "stipple-record/1",
        "note": {
            "number": "N-2026-00001",
            "treatment": key("treatment"),
            "check_at": CHECK_AT,
        },
        "software": "0.1.0",
        "catalogue": known.version,
        "clinic": {**CLINIC, "paper": paper},
        "patient": dict(PATIENT),
        "service": {
            "date": "2026-11-23",
            "first_given_at": "2026-11-23T15:36:00Z",
            "last_given_at": "2026-11-23T15:58:00Z",
        },
        "performed_by": dict(INES),
        "ordered_by": None,
        "supervised_by": None,
        "signed_by": dict(INES),
        "signed_at": "2026-11-23T16:04:10Z",
        "signature_meaning": "I performed this treatment and this note is complete.",
        "incomplete": None,
        "touch_up_of": None,
        "transcribed_from_paper": None,
        "after_care": None,
        "indications": [
            {
                "id": i,
                "title": known.indications[i].title,
                "codes": [
                    {"code": c.code, "description": c.description}
                    for c in known.indications[i].codes[:1]
                ],
            }
            for i in indications
        ],
        "protocols": [
            {
                "id": p,
                "title": known.protocols[p].title,
                "short": known.protocols[p].short,
                "product": known.protocols[p].product,
                "of_the_clinic": False,
                "sites": len(known.protocols[p].due()),
                "units": str(known.protocols[p].units or "") or None,
                "planned": planned_by(p, sites),
            }
            for p in used
        ],
        "preparations": preparations,
        "drawings": {ref: released_sha256(ref) for ref in sorted({s["map"] for s in sites})},
        "sites": [
            {**s, "number": n, "product": product_of.get(s["preparation"])}
            for n, s in enumerate(sites, start=1)
        ],
        "totals": totals,
        "by_muscle": list(muscles.values()),
        "last_time": None,
        "billing": [],
        "answers": [],
        "adverse_events": [],
        "outcomes": [],
        "guidance": {"used": [], "note": ""},
        "findings": [],
    }
    made.update(changes)
    return made


def preempt(paper: str = "letter", **changes: Any) -> dict[str, Any]:
    """31 sites, 155 U, all as planned."""
    return record(protocol_sites("PREEMPT-155"), paper=paper, **changes)
