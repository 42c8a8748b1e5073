"""DATA-01, DATA-04, DATA-05: is the record complete, and is each site a place and a dose?"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import Chart, Site
from app.clinical.rules.finding import Finding, Part, Sites, find
from app.clinical.rules.registry import rule

HUNDREDTH = Decimal("0.01")


@rule("DATA-01")
def identity(case: Case, catalogue: Catalogue) -> Finding | None:
    """Patient, date of service and performer must be known. Two identifiers make a patient."""
    text = catalogue.rules["DATA-01"]
    patient, performer = case.patient, case.performer
    known = {
        "name": bool(patient and patient.name and patient.name.strip()),
        "born": bool(patient and patient.born),
        "date": bool(case.date),
        "performer": bool(performer and performer.name.strip()),
    }
    missing = [
        text.words[word] for word, there in known.items() if not there and word not in case.unsaid
    ]
    return find(text, case.when, [(None, {"missing": missing})] if missing else [], ())


@rule("DATA-04")
def place(case: Case, catalogue: Catalogue) -> Finding | None:
    """Every given site names a muscle or describes its place, and has a side and units."""
    nowhere = _given(case.chart, lambda site: not site.muscle and not (site.other or "").strip())
    sideless = _given(case.chart, lambda site: site.side is None)
    doseless = _given(case.chart, lambda site: site.key in case.without_units)
    parts: list[Part] = []
    if nowhere:
        parts.append((None, {"sites": Sites(tuple(nowhere))}))
    if sideless:
        parts.append(("side", {"sites": Sites(tuple(sideless))}))
    if doseless:
        parts.append(("units", {"sites": Sites(tuple(doseless))}))
    about = [site.key for site in (*nowhere.values(), *sideless.values(), *doseless.values())]
    return find(catalogue.rules["DATA-04"], case.when, parts, about)


@rule("DATA-05")
def dose(case: Case, catalogue: Catalogue) -> Finding | None:
    """Every given dose is a number above 0 U in whole hundredths."""
    wrong = _given(
        case.chart, lambda site: site.key not in case.without_units and not _is_dose(site.units)
    )
    parts: list[Part] = [(None, {"sites": Sites(tuple(wrong))})] if wrong else []
    return find(catalogue.rules["DATA-05"], case.when, parts, [site.key for site in wrong.values()])


def _is_dose(units: Decimal) -> bool:
    return units.is_finite() and units > 0 and units % HUNDREDTH == 0


def _given(chart: Chart, question: Callable[[Site], bool]) -> dict[int, Site]:
    """The given sites of which the question is true, by their numbers."""
    return {
        number: site
        for number, site in enumerate(chart.sites, start=1)
        if site.is_given and question(site)
    }
