"""The session as the record from which its note is laid out and signed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import current_app

import app as stipple
from app import own_catalogue
from app.clinical import dosing, ledger
from app.clinical.anatomy import released_sha256
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import Chart
from app.clinical.rules import Finding
from app.models import Clinic, Patient, Person, Treatment
from app.notes import record
from app.treatments import measures
from app.treatments.asking import for_the_record
from app.treatments.figures import iso
from app.treatments.said import Said, overriding
from app.treatments.superbill import bill_lines
from app.web import plain

MEANING = "I performed this treatment and this note is complete."
SUPERVISORS_MEANING = "I supervised this treatment and attest that this note is complete."


def describe(
    treatment: Treatment,
    clinic: Clinic,
    *,
    number: str,
    findings: list[Finding],
    said: Said,
    by: Person,
    now: datetime,
) -> dict[str, Any]:
    """The whole session as the record that is laid out and signed; numbers are strings."""
    known = own_catalogue.known()
    chart = treatment.chart()
    patient = treatment.patient
    paper = treatment.given_on_paper_at
    given_at = sorted(site.given_at for site in treatment.given_sites if site.given_at)
    given_by = {site.key: site.given_by for site in treatment.sites}
    if paper:
        # The sheet tells of the giving; what the chart knows is when and by whom it was typed.
        given_at = [paper]
        given_by = dict.fromkeys(given_by, treatment.performer)
    volume_of = dosing.site_volumes(chart)
    balances = {balance.key: balance for balance in ledger.balance(chart)}
    product_of = {preparation.key: preparation.product for preparation in chart.preparations}
    discarded_at = {vial.key: vial.discarded_at for vial in treatment.vials}

    def person(someone: Person) -> dict[str, str | None]:
        return {
            "name": someone.name,
            "credentials": someone.credentials,
            "npi": someone.npi or None,
        }

    prescriber = overriding(said, by)

    return {
        "schema": record.SCHEMA,
        "software": stipple.__version__,
        "catalogue": known.version,
        "note": {
            "number": number,
            "treatment": str(treatment.id),
            "check_at": current_app.config["STIPPLE_PUBLIC_URL"]
            or current_app.config["STIPPLE_URL"],
        },
        "clinic": {
            "name": clinic.name,
            "address": clinic.address_lines,
            "telephone": clinic.telephone,
            "time_zone": clinic.time_zone,
            "paper": clinic.paper,
        },
        "patient": {
            **identified(patient),
            "weight_kg": None if patient.weight_kg is None else plain(patient.weight_kg),
            "weight_unknown": patient.weight_unknown or None,
        },
        "service": {
            "date": treatment.date.isoformat(),
            "first_given_at": iso(given_at[0]) if given_at else None,
            "last_given_at": iso(given_at[-1]) if given_at else None,
        },
        "transcribed_from_paper": {
            "sheet": treatment.paper_sheet,
            "given_at": iso(paper),
            "by": person(treatment.started_by),
            "at": iso(treatment.started_at),
        }
        if paper
        else None,
        "performed_by": person(treatment.performer or by),
        "ordered_by": {"name": treatment.ordering_name, "npi": treatment.ordering_npi}
        if treatment.ordering_name
        else None,
        "supervised_by": person(treatment.supervisor) if treatment.supervisor else None,
        "signed_by": person(by),
        "signed_at": iso(now),
        "signature_meaning": meaning(treatment, by),
        "drawn_signature": said.drawn,
        "consent_signature": {
            "drawn": treatment.consent_signature,
            "at": iso(treatment.consent_signed_at),
        }
        if treatment.consent_signature
        else None,
        "incomplete": treatment.incomplete_reason,
        "touch_up_of": treatment.touch_up_of.isoformat() if treatment.touch_up_of else None,
        "indications": [
            {
                "id": indication,
                "title": known.indications[indication].title,
                "codes": [
                    {"code": code.code, "description": code.description}
                    for code in known.indications[indication].codes
                    if code.code in chart.codes
                ],
            }
            for indication in chart.indications
        ],
        "protocols": [
            _protocol(known, protocol, chart)
            for protocol in dict.fromkeys(site.protocol for site in chart.sites if site.protocol)
        ],
        "preparations": [
            {
                "key": str(preparation.key),
                "product": preparation.product,
                "generic": known.products[preparation.product].generic,
                "diluent": known.diluent_label(preparation.diluent, "en")
                if preparation.diluent_ml
                else None,
                "diluent_ml": None
                if preparation.diluent_ml is None
                else plain(preparation.diluent_ml),
                "concentration_units_per_ml": _plain_or_none(dosing.strength(preparation)),
                "reconstituted_at": iso(preparation.reconstituted_at),
                "unknown": dict(preparation.unknown),
                "vials": [
                    {
                        "units": plain(vial.units),
                        "lot": vial.lot,
                        "expires": vial.expires.isoformat() if vial.expires else None,
                        "ndc": vial.ndc or known.products[preparation.product].ndc_of(vial.units),
                        "serial": vial.serial,
                        "source": vial.source,
                        "diluent_ml": _plain_or_none(vial.diluent_ml),
                        "reconstituted_at": iso(vial.reconstituted_at),
                        "unknown": dict(vial.unknown),
                        "opened": f"{balances[vial.key].opened:.2f}",
                        "given": f"{balances[vial.key].given:.2f}",
                        "discarded": f"{balances[vial.key].discarded or 0:.2f}",
                        "discarded_at": iso(discarded_at[vial.key])
                        if vial.discarded and not paper
                        else None,
                        "discard_reason": vial.discard_reason,
                    }
                    for vial in preparation.vials
                ],
            }
            for preparation in chart.preparations
        ],
        # A drawing is known outside the clinic by what it is, not by its name.
        "drawings": {
            ref: known.drawings[ref].sha256 if ref in known.drawings else released_sha256(ref)
            for ref in sorted({site.map for site in chart.sites})
        },
        "sites": [
            {
                "number": position,
                "key": str(site.key),
                "map": site.map,
                "x": f"{site.x:.2f}",
                "y": f"{site.y:.2f}",
                "region": site.region,
                "muscle": site.muscle,
                "name": known.muscles[site.muscle].label if site.muscle else site.other or "",
                "other": site.other,
                "side": stored.side,
                "units": plain(site.units),
                "volume_ml": None
                if volume_of.get(site.key) is None
                else dosing.volume_text(volume_of[site.key]),
                "depth": site.depth,
                "needle": known.needles[site.needle].label if site.needle else None,
                "guidance": known.guidances[site.guidance].label if site.guidance else None,
                "state": site.state,
                "preparation": str(site.preparation) if site.preparation else None,
                "product": product_of.get(site.preparation) if site.preparation else None,
                "indication": site.indication,
                "protocol": site.protocol,
                "protocol_site": site.protocol_site,
                "moved": known.is_moved(site),
                "given_at": iso(paper if paper and site.is_given else stored.given_at),
                "given_by": _name(given_by[site.key]) if site.is_given else None,
            }
            for position, (site, stored) in enumerate(
                zip(chart.sites, treatment.sites, strict=True), start=1
            )
        ],
        "totals": _totals(chart),
        "by_muscle": _by_muscle(chart, known),
        "last_time": _last_time(treatment, known),
        "billing": bill_lines(treatment, clinic, known, now=now),
        "answers": for_the_record(treatment, treatment.case(now=now)),
        "adverse_events": [
            {
                "kind": known.adverse_events[event.kind].label,
                "words": event.words or None,
                "after": event.treatment.date.isoformat(),
                "sites": [
                    {
                        "key": str(site.key),
                        "name": known.muscles[site.muscle].label
                        if site.muscle
                        else site.other or "",
                        "side": site.side,
                    }
                    for site in event.linked_sites
                ],
            }
            for event in treatment.told_events
        ],
        "after_care": own_catalogue.after_care_given(treatment.after_care_version),
        "outcomes": list(measures.told(treatment.outcomes, known)),
        "guidance": {
            "used": [
                each.label
                for group, each in known.guidances.items()
                if group in treatment.all_guidance
            ],
            "note": treatment.guidance_note,
        },
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity,
                "text": finding.text,
                "source": finding.source,
                "reason": said.reasons.get(finding.id) if finding.needs_reason else None,
                "overridden_by": person(prescriber)
                if prescriber and finding.needs_prescriber
                else None,
            }
            for finding in findings
        ],
    }


def meaning(treatment: Treatment, by: Person) -> str:
    """What the signature says: its owner performed it, or supervised whoever did."""
    performed = treatment.performer is None or treatment.performer == by
    return MEANING if performed else SUPERVISORS_MEANING


def _totals(chart: Chart) -> dict[str, Any]:
    return {
        product: {
            "given": f"{total.given:.2f}",
            "sites": total.given_sites,
            "volume_ml": None if total.volume_ml is None else dosing.volume_text(total.volume_ml),
        }
        for product, total in dosing.totals(chart).items()
        if total.given_sites
    }


def _by_muscle(chart: Chart, known: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "product": row.product,
            "right": _plain_or_none(row.right),
            "midline": _plain_or_none(row.midline),
            "left": _plain_or_none(row.left),
            "all": plain(row.all),
        }
        for row in dosing.by_muscle(chart, known)
    ]


def _last_time(treatment: Treatment, known: Catalogue) -> dict[str, Any] | None:
    """What the patient's last signed session for one of these indications gave; None if none."""
    for other in treatment.patient.treatments:
        if other.id == treatment.id or other.date > treatment.date or other.note is None:
            continue
        if other.given_sites and set(other.indications) & set(treatment.indications):
            chart = other.chart()
            return {
                "date": other.date.isoformat(),
                "note": other.note.number,
                "totals": _totals(chart),
                "by_muscle": _by_muscle(chart, known),
            }
    return None


def _protocol(known: Catalogue, id: str, chart: Chart) -> dict[str, Any]:
    """What a protocol plans: what it lays unasked, and what of it was asked for besides."""
    protocol = known.protocols[id]
    laid = {site.protocol_site for site in chart.sites if site.protocol == id}
    due = protocol.due({site or "" for site in laid})
    return {
        "id": id,
        "title": protocol.title,
        "short": protocol.short,
        "product": protocol.product,
        "of_the_clinic": protocol.is_own,
        "sites": len(due),
        "units": _plain_or_none(protocol.units),
        "planned": [
            {
                "id": site.id,
                "name": known.muscles[site.muscle].label if site.muscle else "",
                "side": site.side,
                "units": _plain_or_none(site.units),
            }
            for site in protocol.sites
            if site in due or site.id in laid
        ],
    }


def _plain_or_none(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _name(person: Person | None) -> str | None:
    return None if person is None else person.name


def identified(patient: Patient) -> dict[str, Any]:
    """Who is treated, and what must not be missed, as every paper of the clinic has it."""
    return {
        "name": patient.name,
        "latin_name": patient.latin_name or None,
        "born": patient.born.isoformat(),
        "sex": patient.sex,
        "record_number": patient.record_number,
        "allergies_asked": patient.allergies_asked,
        "allergies": patient.allergies or None,
    }
