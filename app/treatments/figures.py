"""What the server works out from a stored chart: totals, volumes, vial balance, findings, sides.

The tablet's own figures are a courtesy; these are the ones that count.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.clinical import dosing, ledger
from app.clinical.catalogue import catalogue
from app.clinical.catalogue.entries import ALL_GIVEN, REVIEW, RuleText
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
            for finding in judge(treatment.case(now=now), catalogue())
            if _is_said_now(catalogue().rules[finding.id], treatment)
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


def _is_said_now(rule: RuleText, treatment: Treatment) -> bool:
    """Whether this belongs beside the chart already."""
    if rule.said_from == ALL_GIVEN:
        return not treatment.planned_sites
    return rule.said_from != REVIEW
