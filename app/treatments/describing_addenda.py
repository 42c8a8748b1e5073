"""What follows a note, as the record from which its page is laid out and signed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app

import app as stipple
from app import own_catalogue
from app.clinical import dosing
from app.clinical.anatomy import BodyMap, Side, body_map
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import GIVEN, Chart, Site
from app.models import Clinic, Note, Person
from app.models.addendum import addendum_number
from app.notes import addendum as document
from app.notes import words
from app.notes.strokes import Strokes
from app.treatments.figures import iso
from app.web import plain

# So many sites next to a corrected one are drawn with it, so that its place is known again.
NEIGHBOURS = 2


@dataclass(frozen=True)
class Written:
    """What somebody writes after a note that `addenda` documents followed when they read it.

    `sites` is a JSON list of sites, each with its key and what of it is corrected. `drawn` is what
    the signer drew beside the PIN, if anything.
    """

    kind: str
    addenda: int
    reason: str = ""
    text: str = ""
    sites: str = ""
    drawn: Strokes | None = None


def describe(
    note: Note,
    clinic: Clinic,
    written: Written,
    *,
    chart: Chart,
    by: Person,
    now: datetime,
) -> dict[str, Any]:
    """The addendum as the record that is laid out and signed; numbers are strings.

    Clinic and patient are as the note tells them; `chart` is the chart as it stands after this.
    """
    known = own_catalogue.known()
    signed = json.loads(note.record)
    stands = note.treatment.chart_as_amended()
    touched = changed(stands, chart)
    number = len(note.addenda) + 1

    return {
        "schema": document.SCHEMA,
        "software": stipple.__version__,
        "catalogue": known.version,
        "addendum": {
            "number": number,
            "reference": addendum_number(note.number, number),
            "kind": written.kind,
        },
        "note": {
            "number": note.number,
            "treatment": str(note.treatment_id),
            "signed_by": signed["signed_by"],
            "signed_at": signed["signed_at"],
            "pdf_sha256": note.pdf_sha256,
            "record_sha256": note.record_sha256,
            "check_at": current_app.config["STIPPLE_PUBLIC_URL"]
            or current_app.config["STIPPLE_URL"],
        },
        "follows": [
            {"number": earlier.number, "kind": earlier.kind, "pdf_sha256": earlier.pdf_sha256}
            for earlier in note.addenda
        ],
        "clinic": {**signed["clinic"], "paper": clinic.paper, "time_zone": clinic.time_zone},
        "patient": signed["patient"],
        "service": {"date": signed["service"]["date"]},
        "signed_by": {"name": by.name, "credentials": by.credentials, "npi": by.npi or None},
        "signed_at": iso(now),
        "signature_meaning": document.MEANINGS[written.kind],
        "drawn_signature": written.drawn,
        "reason": written.reason,
        "text": written.text,
        "changes": _changes(stands, chart, touched, known),
        "sites": [
            {
                "number": place,
                "key": str(before.key),
                "before": _site(before, known),
                "after": _site(after, known),
            }
            for place, before, after in touched
        ],
        "around": _around(chart, touched),
        "totals": {
            "before": _totals(stands),
            "after": _totals(chart),
        }
        if touched
        else None,
    }


def changed(before: Chart, after: Chart) -> list[tuple[int, Site, Site]]:
    """The sites that differ, with their number in the note."""
    if not before.sites:
        return []  # A void note has none left.
    return [
        (place, one, other)
        for place, (one, other) in enumerate(zip(before.sites, after.sites, strict=True), start=1)
        if one != other
    ]


def _site(site: Site, known: Catalogue) -> dict[str, Any]:
    return {
        "map": site.map,
        "x": f"{site.x:.2f}",
        "y": f"{site.y:.2f}",
        "region": site.region,
        "muscle": site.muscle,
        "name": _name(site, known),
        "other": site.other,
        "side": site.side.value if site.side else None,
        "units": plain(site.units),
        "state": site.state,
    }


def _name(site: Site, known: Catalogue) -> str:
    return known.muscles[site.muscle].label if site.muscle else site.other or ""


def _totals(chart: Chart) -> dict[str, dict[str, Any]]:
    return {
        product: {"given": f"{total.given:.2f}", "sites": total.given_sites}
        for product, total in dosing.totals(chart).items()
        if total.given_sites
    }


def _changes(
    before: Chart, after: Chart, touched: Iterable[tuple[int, Site, Site]], known: Catalogue
) -> list[dict[str, str]]:
    """What is changed, in words: the field, what the note says, what is correct."""
    rows = []
    for number, one, other in touched:
        name = f"Site {number}, {words.sided(_site(one, known))}"
        if (one.x, one.y) != (other.x, other.y):
            rows.append((f"{name}, position", "as drawn", _moved(one, other, known)))
        if (_name(one, known), one.side) != (_name(other, known), other.side):
            rows.append((f"{name}, muscle and side", _where(one, known), _where(other, known)))
        if (one.units, one.state) != (other.units, other.state):
            rows.append((f"{name}, dose", _dose(one), _dose(other)))
    if rows:
        said, correct = _given(before), _given(after)
        rows.append(("Units given", said, "unchanged" if said == correct else correct))
    return [{"field": field, "before": one, "after": other} for field, one, other in rows]


def _where(site: Site, known: Catalogue) -> str:
    side = words.SIDES[site.side.value].lower() if site.side else ""
    return f"{_name(site, known)}, {side}"


def _dose(site: Site) -> str:
    return words.units(site.units) if site.state == GIVEN else "not given"


def _given(chart: Chart) -> str:
    return words.joined(
        [
            f"{product} {words.units(total.given)}, {words.counted(total.given_sites, 'site')}"
            for product, total in dosing.totals(chart).items()
            if total.given_sites
        ]
    )


def _moved(one: Site, other: Site, known: Catalogue) -> str:
    """How far, in life-size millimetres and in the patient's own directions."""
    drawn = body_map(one.map, known)
    across = float(other.x - one.x) / drawn.life_size_scale
    down = float(other.y - one.y) / drawn.life_size_scale
    parts = []
    if round(abs(across)):
        parts.append(f"{abs(across):.0f} mm {_sideways(one, other, drawn)}")
    if round(abs(down)):
        parts.append(f"{abs(down):.0f} mm {'down' if down > 0 else 'up'}")
    return words.joined(parts) or f"{math.hypot(across, down):.1f} mm beside it"


def _sideways(one: Site, other: Site, drawn: BodyMap) -> str:
    """Towards the midline or off it; to the patient's right or left where it is left or crossed.

    Between two hands or feet there is no midline of theirs: a thumb lies lateral wherever it is.
    """
    rightwards = other.x > one.x
    if drawn.midline_x is None or not _is_on(drawn, drawn.midline_x, float(one.y)):
        return f"to the {'right' if rightwards else 'left'} of the picture"
    was, is_now = float(one.x) - drawn.midline_x, float(other.x) - drawn.midline_x
    if abs(was) < drawn.life_size_scale / 2 or was * is_now < 0:
        towards_right = rightwards == (drawn.viewer_left is Side.LEFT)
        return f"to the patient’s {'right' if towards_right else 'left'}"
    return "medial" if abs(is_now) < abs(was) else "lateral"


def _is_on(drawn: BodyMap, x: float, y: float) -> bool:
    return any(shape.contains(x, y) for shape in drawn.outline)


def _around(chart: Chart, touched: list[tuple[int, Site, Site]]) -> list[dict[str, Any]]:
    """The sites that stand and lie next to a corrected one, to be drawn with it."""
    corrected = {number for number, *_ in touched}
    found: dict[int, Site] = {}
    for _number, _before, after in touched:
        others = [
            (math.dist((site.x, site.y), (after.x, after.y)), place)
            for place, site in enumerate(chart.sites, start=1)
            if site.map == after.map and place not in corrected
        ]
        for _distance, place in sorted(others)[:NEIGHBOURS]:
            found[place] = chart.sites[place - 1]
    return [
        {
            "number": place,
            "map": site.map,
            "x": f"{site.x:.2f}",
            "y": f"{site.y:.2f}",
            "state": site.state,
        }
        for place, site in sorted(found.items())
    ]
