"""DATA-02, DATA-06, DATA-07, LOT-01: can every unit be traced to a vial, and does it add up?"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue, Sentence
from app.clinical.chart import Preparation, Vial
from app.clinical.dosing import plain
from app.clinical.ledger import VialBalance, balance
from app.clinical.rules.finding import Finding, Part, Phrase, Sites, find
from app.clinical.rules.registry import rule


@rule("DATA-02")
def traceable(case: Case, catalogue: Catalogue) -> Finding | None:
    """Every vial has a lot and an expiry, and every site names the vial it is given from."""
    text = catalogue.rules["DATA-02"]
    chart = case.chart
    counted = chart.given or chart.planned
    about: list[UUID] = []
    parts: list[Part] = []

    gaps = []
    for preparation, vial in _vials(case):
        missing = [
            text.words[word]
            for word, there in (("lot", vial.lot.strip()), ("expires", vial.expires))
            if not there
        ]
        if missing:
            name = _vial_name(preparation, vial)
            gaps.append(Phrase(text.words["gap"], {"vial": name, "fields": missing}))
            about.append(vial.key)
    if gaps:
        parts.append((None, {"gaps": gaps}))

    drawn_on = {site.preparation for site in counted}
    empty = [entry for entry in chart.preparations if entry.key in drawn_on and not entry.vials]
    if empty:
        parts.append(("empty", {"products": [entry.product for entry in empty]}))
        about.extend(entry.key for entry in empty)

    # Of a plan it is no fault that the vial is not chosen yet.
    loose = [site for site in chart.given if chart.preparation(site.preparation) is None]
    if loose:
        numbers = tuple(chart.sites.index(site) + 1 for site in loose)
        parts.append(("no_vial", {"sites": Sites(numbers)}))
        about.extend(site.key for site in loose)
    return find(text, case.when, parts, about)


@rule("DATA-06")
def possible(case: Case, catalogue: Catalogue) -> Finding | None:
    """No more is given from a preparation than its vials held, to the hundredth of a unit."""
    accounts = balance(case.chart)
    parts: list[Part] = []
    about: list[UUID] = []
    for preparation in case.chart.preparations:
        own = [account for account in accounts if account.preparation == preparation.key]
        if any(account.excess > 0 for account in own):
            parts.append(
                (
                    None,
                    {
                        "product": preparation.product,
                        "given": sum((account.given for account in own), Decimal(0)),
                        "opened": sum((account.opened for account in own), Decimal(0)),
                    },
                )
            )
            about.append(preparation.key)
    return find(catalogue.rules["DATA-06"], case.when, parts, about)


@rule("DATA-07")
def balanced(case: Case, catalogue: Catalogue) -> Finding | None:
    """What was opened is given or discarded, within the tolerance of the catalogue."""
    tolerance = catalogue.limit("reconcile_tolerance")
    names = {vial.key: _vial_name(preparation, vial) for preparation, vial in _vials(case)}
    parts: list[Part] = []
    about: list[UUID] = []
    for account in balance(case.chart):
        # What was given beyond the vial is DATA-06's; here it is taken as given from elsewhere.
        given = account.given - account.excess
        difference = account.opened - given - (account.discarded or Decimal(0))
        if abs(difference) <= tolerance:
            continue
        parts.append(_imbalance(account, given, difference, names[account.key]))
        about.append(account.key)
    return find(catalogue.rules["DATA-07"], case.when, parts, about)


def _imbalance(account: VialBalance, given: Decimal, difference: Decimal, name: Sentence) -> Part:
    if account.discarded is None:
        return None, {"left": difference, "vial": name}
    return "sum", {
        "vial": name,
        "given": given,
        "discarded": account.discarded,
        "opened": account.opened,
    }


@rule("LOT-01")
def in_date(case: Case, catalogue: Catalogue) -> Finding | None:
    """No vial expired before the date of service; it is good through its expiry day."""
    text = catalogue.rules["LOT-01"]
    day = case.date
    if day is None:
        return None
    expired = [
        (preparation, vial)
        for preparation, vial in _vials(case)
        if vial.expires is not None and vial.expires < day
    ]
    said = [
        Phrase(
            text.words["expired"],
            {"vial": _vial_name(preparation, vial), "expires": vial.expires or day},
        )
        for preparation, vial in expired
    ]
    parts: list[Part] = [(None, {"date": day, "vials": said})] if expired else []
    return find(text, case.when, parts, [vial.key for _, vial in expired])


def _vials(case: Case) -> list[tuple[Preparation, Vial]]:
    return [(entry, vial) for entry in case.chart.preparations for vial in entry.vials]


def _vial_name(preparation: Preparation, vial: Vial) -> Sentence:
    name = f"{preparation.product} {plain(vial.units)} U"
    if not vial.lot.strip():
        return Sentence(name, name)
    return Sentence(f"{name}, lot {vial.lot}", f"{name}, lote {vial.lot}")
