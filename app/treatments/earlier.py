"""What an earlier session gave, and where: what lies beneath the chart of a later one."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.clinical.catalogue import Catalogue
from app.models import AdverseEvent, Treatment
from app.web import plain


def reaction(event: AdverseEvent, known: Catalogue, language: str) -> dict[str, Any]:
    """An adverse event as the chart shows it: what, after which session, where the ring lies."""
    kind = known.adverse_events.get(event.kind)
    return {
        "id": str(event.id),
        "session": str(event.treatment_id),
        "date": event.treatment.date.isoformat(),
        "kind": kind.label_in(language) if kind else event.kind,
        "words": event.words,
        "by": event.recorded_by.name,
        "told_in": str(event.told_in_id),
        "sites": [
            {
                "map": site.map,
                "x": f"{site.x:.2f}",
                "y": f"{site.y:.2f}",
                "muscle": site.muscle,
                "other": site.other,
                "side": site.side,
            }
            for site in event.linked_sites
        ],
    }


def as_json(treatment: Treatment) -> dict[str, Any]:
    """A signed session as a later chart sees it: its given sites, and how each vial was mixed.

    A site that an addendum corrected is as it says.

    Units and mL are strings; each site says its product, as units of two are never one thing.
    """
    note = treatment.note
    assert note is not None  # earlier_sessions finds signed ones only
    chart = treatment.chart_as_amended()
    return {
        "id": str(treatment.id),
        "date": treatment.date.isoformat(),
        "url": url_for("treatments.show", treatment_id=treatment.id),
        "signed_by": note.signed_by.signed_name,
        "indications": treatment.indications,
        "dilutions": [
            {
                "product": preparation.product,
                "units": plain(vial.units),
                "diluent_ml": plain(preparation.diluent_ml),
            }
            for preparation in treatment.preparations
            for vial in treatment.vials
            if vial.preparation == preparation.key and preparation.diluent_ml is not None
        ],
        "sites": [
            {
                "key": str(site.key),
                "map": site.map,
                "x": f"{site.x:.2f}",
                "y": f"{site.y:.2f}",
                "muscle": site.muscle,
                "other": site.other,
                "side": site.side.value if site.side else None,
                "units": plain(site.units),
                "depth": site.depth,
                "product": chart.product_of(site),
                "indication": site.indication,
                "protocol": site.protocol,
                "protocol_site": site.protocol_site,
            }
            for site in chart.given
        ],
    }
