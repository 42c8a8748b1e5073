"""What the server works out from a stored chart: totals, volumes, vial balance, findings, sides.

The tablet's own figures are a courtesy; these are the ones that count.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app import own_catalogue
from app.clinical import dosing, ledger
from app.clinical.catalogue.entries import ALL_GIVEN, REVIEW, Catalogue, RuleText
from app.clinical.chart import Chart, instant_text
from app.clinical.dosing import fixed, plain
from app.clinical.rules import judge
from app.models import Treatment
from app.treatments.asking import progress


def iso(instant: datetime | None) -> str | None:
    """The instant as JSON carries it."""
    return None if instant is None else instant_text(instant)


def _least_waste(chart: Chart, known: Catalogue) -> dict[str, Any]:
    """For what each product's sites take, planned ones too, the vials that leave least over."""
    needed: dict[str, Decimal] = {}
    for site in chart.sites:
        protocol = known.protocols.get(site.protocol or "")
        product = (
            chart.product_of(site)
            or (protocol.product if protocol else None)
            or known.indications[site.indication].usual_product
        )
        if product is not None:
            needed[product] = needed.get(product, Decimal(0)) + site.units
    found: dict[str, Any] = {}
    for product, units in needed.items():
        vials = ledger.least_waste(known.products[product], units)
        found[product] = {
            "units": plain(units),
            "vials": [plain(size) for size in vials],
            "left": plain(sum(vials, Decimal(0)) - units),
        }
    return found


def figures(treatment: Treatment, *, now: datetime, language: str) -> dict[str, Any]:
    """Totals per product, mL per preparation, balance per vial, findings, and each site's facts."""
    case, known = treatment.case(now=now), own_catalogue.known()
    chart = case.chart
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
        "least_waste": _least_waste(chart, known),
        "volumes_ml": {
            str(key): {"given": fixed(volume.given), "planned": fixed(volume.planned)}
            for key, volume in dosing.volumes(chart).items()
        },
        "vials": [account.as_json() for account in ledger.balance(chart)],
        "findings": [
            finding.as_json(language)
            for finding in judge(case, known)
            if not finding.at_signing and _is_said_now(known.rules[finding.id], treatment)
        ],
        "time_out": progress(treatment, case),
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
        return treatment.is_given_through
    return rule.said_from != REVIEW
