"""What follows a signed note: an addendum checked, described, laid out and signed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from app import own_catalogue
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import Chart, Site, parse_chart
from app.clinical.errors import ChartError, Refusal
from app.models import Addendum, Clinic, Note, Person, Treatment
from app.models.addendum import (
    CLARIFICATION,
    CORRECTION,
    COSIGNATURE,
    WRONG_PATIENT,
    AmendedMeanwhile,
)
from app.notes import addendum as document
from app.notes import authority
from app.notes.record import Record
from app.notes.signed import Signed, signed
from app.notes.timestamp import Stamping
from app.treatments.describing_addenda import Written, changed, describe
from app.treatments.signing import as_stored

# What of a site an addendum corrects, as the page sends it.
CORRECTABLE = frozenset({"x", "y", "muscle", "other", "units", "state"})


class NothingAdded(Refusal):
    """An addendum that says nothing."""


class IsVoid(Refusal):
    """Of a void note nothing is corrected any more."""


def sign_ahead(
    note: Note,
    clinic: Clinic,
    written: Written,
    *,
    signer: authority.Signer,
    by: Person,
    now: datetime,
    stamping: Stamping | None,
) -> Signed:
    """The addendum as it would be now, signed outside a writing transaction, as a note is.

    Raises what `require_addable` raises.
    """
    described = _described(note, clinic, written, by=by, now=now)
    return signed(described, _page, signer, name=by.signed_name, at=now, stamping=stamping)


def issue_addendum(
    note: Note,
    clinic: Clinic,
    written: Written,
    *,
    signer: authority.Signer,
    by: Person,
    now: datetime,
    ahead: Signed | None = None,
) -> Addendum:
    """Sign what follows the note; the note itself is not touched. All or nothing.

    What was signed ahead with the same `now` is taken if it still says the same. Raises what
    `require_addable` and `as_stored` raise. The caller holds the session's row, writes the audit
    row and commits.
    """
    described = _described(note, clinic, written, by=by, now=now)
    file = signed(described, _page, signer, name=by.signed_name, at=now, ahead=ahead)
    return Addendum(
        note=note,
        number=described["addendum"]["number"],
        kind=written.kind,
        reason=written.reason,
        **as_stored(file, clinic, signer=signer, by=by, now=now),
    )


def require_addable(note: Note, written: Written) -> Chart:
    """The chart as it stands after what is written. Raises what makes that unfit to be signed.

    That is ChartError, AmendedMeanwhile, IsVoid or NothingAdded.
    """
    chart = corrected(note.treatment, written.sites, own_catalogue.known())
    if written.addenda > len(note.addenda):
        raise AmendedMeanwhile("Reload the page, then sign.")
    if written.addenda < len(note.addenda):
        raise AmendedMeanwhile(
            "%(name)s signed addendum %(number)d meanwhile. Read it, then sign yours.",
            name=note.addenda[-1].signed_by.name,
            number=note.addenda[-1].number,
        )
    if note.is_void and written.kind != CLARIFICATION:
        raise IsVoid("This note is void. A clarification can follow it, nothing else.")
    if written.kind == COSIGNATURE:
        return chart
    touched = changed(note.treatment.chart_as_amended(), chart)
    if touched and written.kind != CORRECTION:
        raise NothingAdded("Sites are corrected by a correction. Choose it, or put them back.")
    if not written.text and not touched and written.kind != WRONG_PATIENT:
        raise NothingAdded("Say what is corrected or added, or move a site on the map.")
    return chart


def _described(
    note: Note, clinic: Clinic, written: Written, *, by: Person, now: datetime
) -> dict[str, Any]:
    chart = require_addable(note, written)
    return describe(note, clinic, written, chart=chart, by=by, now=now)


def _page(record: Record) -> bytes:
    return document.render(record, own_catalogue.known())


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
