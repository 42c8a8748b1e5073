"""What follows a signed note: an addendum described, laid out and signed, from top to bottom."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app

import app as stipple
from app import own_catalogue
from app.clinical import dosing
from app.clinical.anatomy import body_map
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import GIVEN, Chart, Site, parse_chart
from app.clinical.errors import ChartError, Refusal
from app.models import Addendum, Clinic, Note, Person, Treatment
from app.models.addendum import (
    CLARIFICATION,
    CORRECTION,
    COSIGNATURE,
    WRONG_PATIENT,
    AmendedMeanwhile,
    addendum_number,
)
from app.notes import addendum as document
from app.notes import authority, record, signature, words
from app.treatments.figures import iso
from app.treatments.signing import LEVEL, count_pages
from app.web import plain

# So many sites next to a corrected one are drawn with it, so that its place is known again.
NEIGHBOURS = 2

# What of a site an addendum corrects, as the page sends it.
CORRECTABLE = frozenset({"x", "y", "muscle", "other", "units", "state"})


class NothingAdded(Refusal):
    """An addendum that says nothing."""


class IsVoid(Refusal):
    """Of a void note nothing is corrected any more."""


def corrected(treatment: Treatment, sent: str, known: Catalogue) -> Chart:
    """The chart as it stands with what the page says of some sites; sides and regions computed.

    `sent` is a JSON list of sites, each with its key and what differs. Raises ChartError.
    """
    chart = treatment.chart_as_amended()
    body = chart.as_json()
    sites = {site["key"]: site for site in body["sites"]}
    for entry in _entries(sent):
        site = sites.get(str(entry.pop("key", "")))
        if site is None or not entry.keys() <= CORRECTABLE:
            raise ChartError("Reload the page: it names a site that is not in this note.", path="")
        site.update(entry)
    read = parse_chart(body, known)
    # Only what was corrected: sides and regions of the others stay as they were signed.
    stands = {str(site.key): site for site in chart.sites}
    touched = {str(site.key) for site in read.sites if _said(site) != _said(stands[str(site.key)])}
    return Chart(
        date=chart.date,
        indications=chart.indications,
        codes=chart.codes,
        preparations=chart.preparations,
        sites=tuple(
            site if str(site.key) in touched else stands[str(site.key)] for site in read.sites
        ),
    )


def _entries(sent: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(sent or "[]")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ChartError("Reload the page: what it says of the sites cannot be read.", path="")
    return found


def _said(site: Site) -> tuple[Any, ...]:
    return (site.map, site.x, site.y, site.muscle, site.other, site.units, site.state)


def issue_addendum(
    note: Note,
    clinic: Clinic,
    *,
    signer: authority.Signer,
    kind: str,
    reason: str,
    text: str,
    chart: Chart,
    expected_addenda: int,
    by: Person,
    now: datetime,
) -> Addendum:
    """Sign what follows the note; the note itself is not touched. All or nothing.

    `chart` is the chart as it stands where no site is corrected. Raises what `require_addable`
    raises. The caller holds the session's row, writes the audit row and commits.
    """
    require_addable(note, kind=kind, text=text, chart=chart, expected_addenda=expected_addenda)
    key = by.signing_key
    assert key is not None  # access has seen to it
    described = describe(
        note, clinic, kind=kind, reason=reason, text=text, chart=chart, by=by, now=now
    )
    record_bytes = record.canonical(described)
    page = document.render(described, own_catalogue.known())
    pdf = signature.sign(
        page,
        signer,
        name=by.signed_name,
        reason=described["signature_meaning"],
        location=clinic.name,
        at=now,
    )
    return Addendum(
        note=note,
        number=described["addendum"]["number"],
        kind=kind,
        reason=reason,
        record=record_bytes,
        record_sha256=hashlib.sha256(record_bytes).hexdigest(),
        pdf=pdf,
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        pages=count_pages(pdf),
        level=LEVEL,
        signed_at=now,
        zone=clinic.time_zone,
        signed_by=by,
        signing_key=key,
    )


def require_addable(
    note: Note, *, kind: str, text: str, chart: Chart, expected_addenda: int
) -> None:
    """Raises AmendedMeanwhile, IsVoid or NothingAdded."""
    if expected_addenda > len(note.addenda):
        raise AmendedMeanwhile("Reload the page, then sign.")
    if expected_addenda < len(note.addenda):
        raise AmendedMeanwhile(
            "%(name)s signed addendum %(number)d meanwhile. Read it, then sign yours.",
            name=note.addenda[-1].signed_by.name,
            number=note.addenda[-1].number,
        )
    if note.is_void and kind != CLARIFICATION:
        raise IsVoid("This note is void. A clarification can follow it, nothing else.")
    if kind == COSIGNATURE:
        return
    changes = _changed(note.treatment.chart_as_amended(), chart)
    if changes and kind != CORRECTION:
        raise NothingAdded("Sites are corrected by a correction. Choose it, or put them back.")
    if not text and not changes and kind != WRONG_PATIENT:
        raise NothingAdded("Say what is corrected or added, or move a site on the map.")


def describe(
    note: Note,
    clinic: Clinic,
    *,
    kind: str,
    reason: str,
    text: str,
    chart: Chart,
    by: Person,
    now: datetime,
) -> dict[str, Any]:
    """The addendum as the record that is laid out and signed; numbers are strings.

    Clinic and patient are as the note tells them.
    """
    known = own_catalogue.known()
    signed = json.loads(note.record)
    stands = note.treatment.chart_as_amended()
    changed = _changed(stands, chart)
    number = len(note.addenda) + 1

    return {
        "schema": document.SCHEMA,
        "software": stipple.__version__,
        "catalogue": known.version,
        "addendum": {
            "number": number,
            "reference": addendum_number(note.number, number),
            "kind": kind,
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
        "signature_meaning": document.MEANINGS[kind],
        "reason": reason,
        "text": text,
        "changes": _changes(stands, chart, changed, known),
        "sites": [
            {
                "number": place,
                "key": str(before.key),
                "before": _site(before, known),
                "after": _site(after, known),
            }
            for place, before, after in changed
        ],
        "around": _around(chart, changed),
        "totals": {
            "before": _totals(stands),
            "after": _totals(chart),
        }
        if changed
        else None,
    }


def _changed(before: Chart, after: Chart) -> list[tuple[int, Site, Site]]:
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
    before: Chart, after: Chart, changed: Iterable[tuple[int, Site, Site]], known: Catalogue
) -> list[dict[str, str]]:
    """What is changed, in words: the field, what the note says, what is correct."""
    rows = []
    for number, one, other in changed:
        name = f"Site {number}, {_name(one, known)}"
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
        parts.append(f"{abs(across):.0f} mm {_sideways(one, other, drawn.midline_x)}")
    if round(abs(down)):
        parts.append(f"{abs(down):.0f} mm {'down' if down > 0 else 'up'}")
    return words.joined(parts) or f"{math.hypot(across, down):.1f} mm beside it"


def _sideways(one: Site, other: Site, midline: float | None) -> str:
    if midline is None:
        return "to the right of the picture" if other.x > one.x else "to the left of the picture"
    nearer = abs(float(other.x) - midline) < abs(float(one.x) - midline)
    return "medial" if nearer else "lateral"


def _around(chart: Chart, changed: list[tuple[int, Site, Site]]) -> list[dict[str, Any]]:
    """The sites that stand and lie next to a corrected one, to be drawn with it."""
    touched = {number for number, *_ in changed}
    found: dict[int, Site] = {}
    for _number, _before, after in changed:
        others = [
            (math.dist((site.x, site.y), (after.x, after.y)), place)
            for place, site in enumerate(chart.sites, start=1)
            if site.map == after.map and place not in touched
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
