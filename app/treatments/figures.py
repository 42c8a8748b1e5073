"""What the server works out from a stored chart: totals, volumes, vial balance, findings, sides.

The tablet's own figures are a courtesy; these are the ones that count.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from app.clinical import dosing, ledger
from app.clinical.catalogue import catalogue
from app.clinical.chart import instant_text
from app.clinical.dosing import fixed
from app.clinical.rules import judge
from app.models import Treatment


def iso(instant: datetime | None) -> str | None:
    """The instant as JSON carries it."""
    return None if instant is None else instant_text(instant)


def figures(treatment: Treatment, *, now: datetime, language: str) -> dict[str, Any]:
    """Totals per product, mL per preparation, balance per vial, findings, and each site's facts."""
    chart = treatment.chart()
    case = treatment.case(now=now)
    # Readings are asked for on the review page, not beside the chart.
    case = replace(case, unsaid=case.unsaid | {"outcomes"})
    return {
        "patient": str(treatment.patient_id),
        "revision": treatment.revision,
        "saved_at": iso(treatment.saved_at),
        "saved_by": treatment.saved_by.name,
        "totals": {
            product: {"given": fixed(total.given), "planned": fixed(total.planned)}
            for product, total in dosing.totals(chart).items()
        },
        "volumes_ml": {
            str(key): {"given": fixed(volume.given), "planned": fixed(volume.planned)}
            for key, volume in dosing.volumes(chart).items()
        },
        "vials": [account.as_json() for account in ledger.balance(chart)],
        "findings": [
            finding.as_json(language)
            for finding in judge(case, catalogue())
            if treatment.is_given_through or not catalogue().rules[finding.id].at_the_end
        ],
        "sites": {
            str(site.key): {
                "region": site.region,
                "side": site.side,
                "placed_by": site.placed_by.name,
                "placed_at": iso(site.placed_at),
                "given_by": site.given_by.name if site.given_by else None,
                "given_at": iso(site.given_at),
                # Which giving this is, by the clock of the tablet that recorded it.
                "tablet_given_at": iso(site.tablet_given_at),
            }
            for site in treatment.sites
        },
    }
