"""DATA-08, DATA-09, DATA-10: do place, volume and side agree with what else is said of them?"""

from __future__ import annotations

from fractions import Fraction
from uuid import UUID

from app.clinical.anatomy import Side, UnknownMap, body_map, settle
from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import Site
from app.clinical.dosing import strength_of, volume_ml, volume_text
from app.clinical.rules.finding import Finding, Part, Sites, find
from app.clinical.rules.registry import rule

PERCENT = Fraction(1, 100)


@rule("DATA-08")
def in_place(case: Case, catalogue: Catalogue) -> Finding | None:
    """A drawn site lies where its muscle is, on a view that belongs to its indication.

    Words for the place excuse it from the muscle, not from the view. What is described without a
    drawing has no place to judge.
    """
    text = catalogue.rules["DATA-08"]
    wrong: dict[str | None, list[Site]] = {"view": [], "off": [], None: [], "side": []}
    for site in case.sites:
        if not site.map:
            continue
        for branch in _misplaced(site, catalogue):
            wrong[branch].append(site)
    parts: list[Part] = [
        (branch, {"sites": _numbers(sites, case)}) for branch, sites in wrong.items() if sites
    ]
    return find(text, case.when, parts, [site.key for sites in wrong.values() for site in sites])


def _misplaced(site: Site, catalogue: Catalogue) -> list[str | None]:
    found: list[str | None] = []
    try:
        drawing = body_map(site.map, catalogue)
    except UnknownMap:
        return ["view"]
    indication = catalogue.indications.get(site.indication)
    own = catalogue.drawings.get(drawing.ref)
    # A drawing of the clinic's own says itself what it is for, also when it is no longer offered.
    fits = (not own.indications or site.indication in own.indications) if own else None
    if indication is not None and not (drawing.id in indication.maps if fits is None else fits):
        found.append("view")
    place = settle(drawing, site.x, site.y, site.muscle)
    if place.outside:
        return [*found, "off"]
    described = bool((site.other or "").strip())
    if site.muscle and not described and site.muscle not in place.offered:
        found.append(None)
    if site.side is not None and site.side is not place.side:
        found.append("side")
    return found


@rule("DATA-09")
def volume(case: Case, catalogue: Catalogue) -> Finding | None:
    """What was drawn up for a site is what its units are at this dilution."""
    text = catalogue.rules["DATA-09"]
    tolerance = Fraction(catalogue.limit("volume_tolerance")) * PERCENT
    differing: dict[tuple[str, str], list[Site]] = {}
    unknown: dict[tuple[str, str], list[Site]] = {}
    for site in case.sites:
        preparation = case.chart.preparation(site.preparation)
        if site.volume_ml is None or preparation is None or not preparation.vials:
            continue
        vial = preparation.vials[0]
        product = catalogue.products[preparation.product]
        strength = strength_of(product, vial.units, preparation.ml_in(vial))
        if strength is None:
            if reason := preparation.unknown.get("diluent_ml"):
                unknown.setdefault((preparation.product, reason), []).append(site)
            continue
        expected = Fraction(site.units) / strength
        if abs(Fraction(site.volume_ml) - expected) > expected * tolerance:
            said = volume_text(site.volume_ml), volume_text(volume_ml(site.units, strength))
            differing.setdefault(said, []).append(site)
    parts: list[Part] = [
        (None, {"sites": _numbers(sites, case), "drawn": drawn, "expected": expected_ml})
        for (drawn, expected_ml), sites in sorted(differing.items())
    ]
    parts += [
        ("unknown", {"product": product, "reason": reason}) for product, reason in sorted(unknown)
    ]
    about = [site.key for sites in (*differing.values(), *unknown.values()) for site in sites]
    return find(text, case.when, parts, about)


@rule("DATA-10")
def coded_side(case: Case, catalogue: Catalogue) -> Finding | None:
    """A diagnosis of one side goes with sites of that side.

    Where an indication also has a code that names no side, or codes of both, any side is covered.
    """
    text = catalogue.rules["DATA-10"]
    if "codes" in case.unsaid:
        return None
    parts: list[Part] = []
    about: list[UUID] = []
    for id in sorted({site.indication for site in case.sites}):
        indication = catalogue.indications.get(id)
        own = {code.code for code in indication.codes} if indication else set()
        codes = sorted(own.intersection(case.chart.codes))
        sides = {catalogue.code_sides.get(code) for code in codes}
        if len(sides) != 1:
            continue
        coded = sides.pop()
        across = [
            site
            for site in case.sites
            if site.indication == id and site.side in (Side.LEFT, Side.RIGHT) and site.side != coded
        ]
        if coded in (None, "both") or not across:
            continue
        sites = _numbers(across, case)
        parts.append((None, {"codes": codes, "side": text.words[str(coded)], "sites": sites}))
        about.extend(site.key for site in across)
    return find(text, case.when, parts, about)


def _numbers(sites: list[Site], case: Case) -> Sites:
    numbers = {site.key: number for number, site in enumerate(case.chart.sites, start=1)}
    return Sites(tuple(numbers[site.key] for site in sites))
