"""What a session is billed with, in words: for the page, for copying and for one sheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.clinical.billing import bill
from app.clinical.catalogue import Catalogue
from app.clinical.chart import PHARMACY
from app.clinical.ndc import ndc11
from app.models import Clinic, Note, Treatment
from app.treatments.figures import iso

# Who bills reads English codes; the sheet goes to a payer, as the note does.
LANGUAGE = "en"


def superbill(
    treatment: Treatment, note: Note, clinic: Clinic, known: Catalogue, *, now: datetime
) -> dict[str, Any]:
    """The bill of a signed session with everything a claim names. It states no price."""
    patient, chart = treatment.patient, treatment.chart()
    performer = treatment.performer or note.signed_by
    payer = known.payers.get(patient.payer or "")
    return {
        "clinic": {
            "name": clinic.name,
            "address": clinic.address_lines,
            "telephone": clinic.telephone,
            "paper": clinic.paper,
        },
        "note": note.number,
        "at": iso(now),
        "patient": {
            "name": patient.name,
            "latin_name": patient.latin_name or None,
            "born": patient.born.isoformat(),
            "record_number": patient.record_number,
        },
        "date": treatment.date.isoformat(),
        "payer": payer.label_in(LANGUAGE) if payer else None,
        "member_id": patient.member_id,
        "authorization_number": patient.authorization_number,
        "rendering": {"name": performer.signed_name, "npi": performer.npi},
        "ordering": {"name": treatment.ordering_name, "npi": treatment.ordering_npi}
        if treatment.ordering_name
        else {"name": note.signed_by.signed_name, "npi": note.signed_by.npi},
        "diagnoses": [
            {"code": code, "description": known.codes[code].description}
            for code in chart.codes
            if code in known.codes
        ],
        "lines": bill_lines(treatment, clinic, known, now=now),
    }


def bill_lines(
    treatment: Treatment, clinic: Clinic, known: Catalogue, *, now: datetime
) -> list[dict[str, Any]]:
    """What was done and used as a claim lists it, each line with its code where it may print."""
    return [
        {
            "code": _printable(line.code, clinic, known),
            "modifier": line.modifier,
            "units": line.units,
            "label": _label(line.code, known),
            "ndc": list(dict.fromkeys(_ndcs(line.code, treatment, known))),
        }
        for line in bill(treatment.case(now=now), known)
    ]


def _printable(code: str, clinic: Clinic, known: Catalogue) -> str | None:
    """A code, or None for a CPT number while nobody confirmed the clinic's licence of them."""
    return None if code in known.procedures and not clinic.cpt_licensed else code


def _label(code: str, known: Catalogue) -> str:
    procedure = known.procedures.get(code)
    if procedure is not None:
        return procedure.label_in(LANGUAGE)
    product = next(each for each in known.products.values() if each.hcpcs == code)
    return f"{product.id}, {product.generic}"


def _ndcs(code: str, treatment: Treatment, known: Catalogue) -> Iterator[str]:
    """The eleven digits of each vial of the clinic that this code bills."""
    for preparation in treatment.chart().preparations:
        product = known.products[preparation.product]
        if product.hcpcs != code:
            continue
        for vial in preparation.vials:
            ndc = vial.ndc or product.ndc_of(vial.units)
            if ndc and vial.source != PHARMACY:
                yield ndc11(ndc).replace("-", "")
