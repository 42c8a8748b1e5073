"""DATA-02, DATA-03, DATA-06, DATA-07, LOT-01: is every vial known, and does it add up?"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue, Product, Sentence
from app.clinical.chart import Preparation, Vial
from app.clinical.dosing import plain
from app.clinical.ledger import VialBalance, balance
from app.clinical.rules.finding import Finding, Part, Phrase, Sites, Value, find
from app.clinical.rules.registry import rule


@rule("DATA-02")
def traceable(case: Case, catalogue: Catalogue) -> Finding | None:
    """Every vial has a lot and an expiry, and every site names the vial it is given from.

    What could not be found out is said with its reason, and a prescriber answers for it.
    """
    text = catalogue.rules["DATA-02"]
    chart = case.chart
    about: list[UUID] = []
    parts: list[Part] = []

    gaps = []
    reasons = []
    for preparation, vial in all_vials(case):
        fields = (("lot", vial.lot.strip()), ("expires", vial.expires))
        absent = [word for word, there in fields if not there]
        missing = [text.words[word] for word in absent if not vial.unknown.get(word)]
        name = vial_name(preparation, vial)
        if missing:
            gaps.append(Phrase(text.words["gap"], {"vial": name, "fields": missing}))
        for word in absent:
            if reason := vial.unknown.get(word):
                values: dict[str, Value] = {
                    "vial": name,
                    "field": text.words[word],
                    "reason": reason,
                }
                reasons.append(Phrase(text.words["reason"], values))
        if absent:
            about.append(vial.key)
    if gaps:
        parts.append((None, {"gaps": gaps}))
    if reasons:
        parts.append(("unknown", {"reasons": reasons}))

    # Of a plan it is no fault that the vial is not chosen yet.
    drawn_on = {site.preparation for site in chart.given}
    empty = [entry for entry in chart.preparations if entry.key in drawn_on and not entry.vials]
    if empty:
        parts.append(("empty", {"products": [entry.product for entry in empty]}))
        about.extend(entry.key for entry in empty)

    loose = [site for site in chart.given if chart.preparation(site.preparation) is None]
    if loose:
        numbers = tuple(chart.sites.index(site) + 1 for site in loose)
        parts.append(("no_vial", {"sites": Sites(numbers)}))
        about.extend(site.key for site in loose)
    return find(text, case.when, parts, about)


@rule("DATA-03")
def mixed(case: Case, catalogue: Catalogue) -> Finding | None:
    """A powder that is given from was mixed with a known amount of a known liquid, at a known time.

    Only preservative-free saline is on any label. A ready-made solution needs none of it. A vial
    that nothing is given from may never have been mixed.
    """
    text = catalogue.rules["DATA-03"]
    drawn_on = {site.preparation for site in case.sites}
    gaps, reasons, others = [], [], []
    about: list[UUID] = []
    for preparation in case.chart.preparations:
        product = catalogue.products[preparation.product]
        if preparation.key not in drawn_on or not preparation.vials:
            continue
        absent = [] if product.ready_made else _not_said_of_mixing(preparation, catalogue)
        why = {word: _why_unknown(preparation, word) for word in absent}
        missing = [text.words[word] for word in absent if not why[word]]
        if missing:
            values: dict[str, Value] = {"product": product.id, "fields": missing}
            gaps.append(Phrase(text.words["gap"], values))
        for word in absent:
            if reason := why[word]:
                values = {"product": product.id, "field": text.words[word], "reason": reason}
                reasons.append(Phrase(text.words["reason"], values))
        off_label = _off_label(preparation, product, catalogue)
        if off_label:
            others.append(
                Phrase(text.words["mixture"], {"product": product.id, "diluent": off_label})
            )
        if absent or off_label:
            about.append(preparation.key)
    parts: list[Part] = []
    if gaps:
        parts.append((None, {"gaps": gaps}))
    if reasons:
        parts.append(("unknown", {"reasons": reasons}))
    if others:
        parts.append(("diluent", {"mixtures": others}))
    return find(text, case.when, parts, about)


def _why_unknown(preparation: Preparation, word: str) -> str:
    """Why this is not known of the preparation, or of each vial that lacks it; "" where it is not
    said of one of them."""
    if reason := preparation.unknown.get(word):
        return reason
    value_of = {"diluent_ml": preparation.ml_in, "reconstituted_at": preparation.mixed_at}.get(word)
    lacking = [vial for vial in preparation.vials if value_of is None or not value_of(vial)]
    reasons = [vial.unknown.get(word, "") for vial in lacking]
    return "; ".join(dict.fromkeys(reasons)) if all(reasons) else ""


def _not_said_of_mixing(preparation: Preparation, catalogue: Catalogue) -> list[str]:
    diluent = catalogue.diluents.get(preparation.diluent or "")
    there = {
        "diluent_ml": all(preparation.ml_in(vial) for vial in preparation.vials),
        "diluent": bool(preparation.diluent) and (diluent is None or diluent.for_powder),
        "reconstituted_at": all(preparation.mixed_at(vial) for vial in preparation.vials),
    }
    return [word for word, said in there.items() if not said]


def _off_label(preparation: Preparation, product: Product, catalogue: Catalogue) -> Sentence | None:
    """What it was mixed with, where no label names that; a solution may be left undiluted."""
    if not preparation.diluent:
        return None
    if product.ready_made and not any(map(preparation.ml_in, preparation.vials)):
        return None
    known = catalogue.diluents.get(preparation.diluent)
    if known is None:
        return Sentence(preparation.diluent, preparation.diluent)
    return None if known.on_label else Sentence(known.label, known.label_es)


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
    names = {vial.key: vial_name(preparation, vial) for preparation, vial in all_vials(case)}
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
    """No vial expired before the date of service; it is good through its expiry day.

    Where the expiry could not be found out nobody can tell, and that is said.
    """
    text = catalogue.rules["LOT-01"]
    day = case.date
    if day is None:
        return None
    expired = [
        (preparation, vial)
        for preparation, vial in all_vials(case)
        if vial.expires is not None and vial.expires < day
    ]
    said = [
        Phrase(
            text.words["expired"],
            {"vial": vial_name(preparation, vial), "expires": vial.expires or day},
        )
        for preparation, vial in expired
    ]
    parts: list[Part] = [(None, {"date": day, "vials": said})] if expired else []
    unknown = [
        (preparation, vial)
        for preparation, vial in all_vials(case)
        if vial.expires is None and vial.unknown.get("expires")
    ]
    if unknown:
        parts.append(("unknown", {"vials": [vial_name(*each) for each in unknown]}))
    return find(text, case.when, parts, [vial.key for _, vial in (*expired, *unknown)])


def all_vials(case: Case) -> list[tuple[Preparation, Vial]]:
    """Every vial with its preparation, in the order listed."""
    return [(entry, vial) for entry in case.chart.preparations for vial in entry.vials]


def vial_name(preparation: Preparation, vial: Vial) -> Sentence:
    """A vial as people speak of it: product, size and lot."""
    name = f"{preparation.product} {plain(vial.units)} U"
    if not vial.lot.strip():
        return Sentence(name, name)
    return Sentence(f"{name}, lot {vial.lot}", f"{name}, lote {vial.lot}")
