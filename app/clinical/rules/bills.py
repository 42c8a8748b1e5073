"""BILL-01 to BILL-05: would a payer return this bill?"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from app.clinical.billing import GUIDANCE, bill, drugs_used, payer_of
from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue, Sentence
from app.clinical.chart import PHARMACY
from app.clinical.dosing import plain
from app.clinical.ledger import least_waste
from app.clinical.rules.finding import Finding, Part, Phrase, Value, find
from app.clinical.rules.registry import rule


@rule("BILL-01")
def discarded_said(case: Case, catalogue: Catalogue) -> Finding | None:
    """A payer that asks what was discarded is told: something, or nothing, and not both.

    The bill says neither where toxin is left of which nobody recorded what became of it.
    """
    text = catalogue.rules["BILL-01"]
    payer = payer_of(case, catalogue)
    if payer is None or payer.discarded is None:
        return None
    said: defaultdict[str, set[str | None]] = defaultdict(set)
    for line in bill(case, catalogue):
        said[line.code].add(line.modifier)
    asked = {payer.discarded, payer.none_discarded}
    unclear = [
        use.product.id
        for use in drugs_used(case.chart, catalogue)
        if use.product.hcpcs in said and len(said[use.product.hcpcs or ""] & asked) != 1
    ]
    values: dict[str, Value] = {
        "products": unclear,
        "discarded": payer.discarded,
        "none_discarded": payer.none_discarded or "",
        "payer": Sentence(payer.label, payer.label_es),
    }
    return find(text, case.when, [(None, values)] if unclear else [], ())


@rule("BILL-02")
def sums_up(case: Case, catalogue: Catalogue) -> Finding | None:
    """For such a payer, what is billed as given and as discarded makes up the vials."""
    payer = payer_of(case, catalogue)
    if payer is None or payer.discarded is None:
        return None
    units: defaultdict[str, int] = defaultdict(int)
    for line in bill(case, catalogue):
        units[line.code] += line.units
    parts: list[Part] = [
        (None, {"code": code, "billed": units[code], "held": use.held, "product": use.product.id})
        for use in drugs_used(case.chart, catalogue)
        if (code := use.product.hcpcs or "") in units and units[code] != use.held
    ]
    return find(catalogue.rules["BILL-02"], case.when, parts, ())


@rule("BILL-03")
def codes_allowed(case: Case, catalogue: Catalogue) -> Finding | None:
    """No procedure stands beside one it excludes, or with a modifier it refuses."""
    lines = bill(case, catalogue)
    billed = {line.code for line in lines}
    parts: list[Part] = []
    for line in lines:
        procedure = catalogue.procedures.get(line.code)
        if procedure is None:
            continue
        others = [code for code in procedure.not_with if code in billed and code > line.code]
        parts.extend((None, {"code": line.code, "other": other}) for other in others)
        if line.modifier in procedure.never:
            parts.append(("modifier", {"code": line.code, "modifier": line.modifier or ""}))
    return find(catalogue.rules["BILL-03"], case.when, sorted(parts, key=str), ())


@rule("BILL-04")
def guidance_told(case: Case, catalogue: Catalogue) -> Finding | None:
    """Guidance that is billed is one, and somebody wrote what it was for and what it showed."""
    billed: list[Value] = [
        Sentence(entry.label, entry.label_es)
        for line in bill(case, catalogue)
        if (entry := catalogue.procedures.get(line.code)) and entry.role == GUIDANCE
    ]
    parts: list[Part] = []
    if len(billed) > 1:
        parts.append(("two", {"guidance": billed}))
    # None: whoever describes the case has no place for it.
    if billed and case.guidance_note is not None and not case.guidance_note.strip():
        parts.append((None, {"guidance": billed}))
    return find(catalogue.rules["BILL-04"], case.when, parts, ())


@rule("BILL-05")
def least_wasted(case: Case, catalogue: Catalogue) -> Finding | None:
    """No smaller mix of the clinic's vials would have held the dose."""
    text = catalogue.rules["BILL-05"]
    if payer_of(case, catalogue) is None:
        return None
    parts: list[Part] = []
    for use in drugs_used(case.chart, catalogue):
        units = use.given if case.chart.given else _drawn(case, use.product.id)
        # Sizes without a known NDC may not be had.
        sold = {size.units for size in use.product.sizes if size.ndc}
        mix = least_waste(use.product, units, sold)
        if mix and sum(mix) < use.opened:
            vials: list[Value] = [
                Phrase(text.words["vials"], {"count": mix.count(size), "units": plain(size)})
                for size in dict.fromkeys(mix)
            ]
            values: dict[str, Value] = {
                "product": use.product.id,
                "units": units,
                "opened": use.opened,
                "vials": vials,
                "less": use.opened - sum(mix),
            }
            parts.append((None, values))
    return find(text, case.when, parts, ())


def _drawn(case: Case, product: str) -> Decimal:
    """What the clinic's vials of a product would give of the plan."""
    theirs = {
        preparation.key: sum(
            (vial.units for vial in preparation.vials if vial.source == PHARMACY), Decimal(0)
        )
        for preparation in case.chart.preparations
        if preparation.product == product
    }
    drawn = Decimal(0)
    for key, delivered in theirs.items():
        units = sum((site.units for site in case.sites if site.preparation == key), Decimal(0))
        drawn += max(units - delivered, Decimal(0))
    return drawn
