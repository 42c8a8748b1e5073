"""What rules, ledger and bill say of a described session, without saving anything.

The answer is plain JSON values: units and mL are text, exact to what is shown. The order of sites,
history and answers in the description never changes it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.clinical import dosing
from app.clinical.billing import bill
from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue
from app.clinical.checklist import checklist
from app.clinical.described import parse_case
from app.clinical.dosing import fixed, plain
from app.clinical.ledger import balance
from app.clinical.limits import limits_for
from app.clinical.rules import judge
from app.clinical.scales import scores

__all__ = ["assess", "assessment", "preparation_names"]


def assess(data: object, catalogue: Catalogue) -> dict[str, Any]:
    """The assessment of a session described in JSON. Raises ChartError for what cannot be read."""
    return assessment(parse_case(data, catalogue), catalogue, preparation_names(data))


def assessment(case: Case, catalogue: Catalogue, names: list[str]) -> dict[str, Any]:
    """Totals, volumes, vials, bill, findings, limits, scores and the payer's checklist of a case.

    `names` are what its preparations are called, in their order.
    """
    name_of = {
        preparation.key: name
        for preparation, name in zip(case.chart.preparations, names, strict=True)
    }
    return {
        "totals": {
            product: fixed(total.given) for product, total in dosing.totals(case.chart).items()
        },
        "volumes_ml": {
            name_of[key]: fixed(volume.given) for key, volume in dosing.volumes(case.chart).items()
        },
        "vials": [
            {
                "preparation": name_of[account.preparation],
                "lot": account.lot,
                "opened": fixed(account.opened),
                "given": fixed(account.given),
                "discarded": fixed(account.discarded or Decimal(0)),
            }
            for account in balance(case.chart)
        ],
        "billing": [
            {"code": line.code, "modifier": line.modifier, "units": line.units}
            for line in bill(case, catalogue)
        ],
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity,
                "needs_reason": finding.needs_reason,
                "when": finding.when,
                "text": finding.text,
                "source": finding.source,
            }
            for finding in judge(case, catalogue)
        ],
        "limits": {key: plain(units) for key, units in limits_for(case, catalogue).items()},
        "scores": [score.as_json() for score in scores(case, catalogue)],
        "checklist": [
            {"id": item.id, "ok": item.ok, "evidence": item.evidence}
            for item in checklist(case, catalogue, "en")
        ],
    }


def preparation_names(data: object) -> list[str]:
    """What the preparations of a description are called, in their order."""
    listed = data.get("preparations") if isinstance(data, dict) else None
    entries = listed if isinstance(listed, list) else []
    return [str(entry.get("key")) for entry in entries if isinstance(entry, dict)]
