"""Looks through the catalogue for faults, row by row, and through what its rows say together."""

from __future__ import annotations

import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.clinical.anatomy import MAPS, body_map, settle
from app.clinical.catalogue import FOLDER, read_catalogue, read_rows
from app.clinical.catalogue.entries import (
    ALL_GIVEN,
    REVIEW,
    START,
    Catalogue,
    Indication,
    Protocol,
)
from app.clinical.rules import registered
from app.clinical.rules.finding import GRAVEST_FIRST

__all__ = ["faults"]

# Which columns make a row of each table the only one of its kind.
KEYS = {
    "brush": ("indication", "product"),
    "codes": ("indication", "code"),
    "diluents": ("id",),
    "dilutions": ("product", "vial_units", "diluent_ml"),
    "indications": ("id",),
    "labelling": ("indication", "product"),
    "limits": ("id",),
    "maps": ("id",),
    "muscles": ("id",),
    "products": ("id",),
    "protocol_sites": ("protocol", "id"),
    "protocols": ("id",),
    "region_muscles": ("map", "region"),
    "storage": ("product",),
    "usual_dilutions": ("indication", "product", "vial_units", "diluent_ml"),
    "vials": ("id",),
}
LIMITS = ("diluent_most", "reconcile_tolerance", "region_reach")

# The better grade first; what nobody has read must be verified.
GRADES = ("A", "B", "C", "calc", "design", "recall", "unknown")
UNREAD = ("recall", "unknown")

STATUSES = ("labelled", "borderline", "off_label")
SIDE_RULES = ("region", "midline")
DEPTHS = ("IM", "SC", "ID")
CPT_GROUPS = (
    *("facial", "neck", "extremity", "trunk"),
    *("eccrine_axilla", "eccrine_hand_foot", "eccrine_other"),
)

Faults = Iterator[str]


def faults(folder: Path = FOLDER) -> list[str]:
    """Every fault of the catalogue in this folder, one sentence each."""
    try:
        found = list(_provenance(folder))
        catalogue = read_catalogue(folder)
    except (KeyError, ValueError, ArithmeticError, OSError, StopIteration, IndexError) as broken:
        return [f"The catalogue cannot be read: {type(broken).__name__}: {broken}."]
    for look in (_products, _indications, _muscles, _regions, _limits):
        found.extend(look(catalogue))
    for protocol in catalogue.protocols.values():
        found.extend(_protocol(catalogue, protocol))
    found.extend(_stated_sums(catalogue, folder))
    found.extend(_dilutions(catalogue, folder))
    found.extend(_rules(catalogue))
    return found


def _provenance(folder: Path) -> Faults:
    """Each row stands once, has known sources, their best grade, and `verify` where it must."""
    sources = read_rows("sources", folder)
    grades = {row["tag"]: row["grade"] for row in sources}
    yield from _repeated("sources", [row["tag"] for row in sources])
    for row in sources:
        if row["grade"] not in GRADES or not row["title"]:
            yield f"sources, {row['tag']}: no grade or no title."
    files = {path.stem for path in folder.glob("*.csv")} - {"sources"}
    for name in sorted(files ^ set(KEYS)):
        yield f"{name}.csv is missing, or nobody reads it."
    for name in sorted(files & set(KEYS)):
        rows = read_rows(name, folder)
        ids = [" ".join(row[column] for column in KEYS[name]) for row in rows]
        yield from _repeated(name, ids)
        for id, row in zip(ids, rows, strict=True):
            yield from _sourced(f"{name}, {id}", row, grades)
            for column, cell in row.items():
                if column.endswith("_es") and bool(cell) != bool(row[column[:-3]]):
                    yield f"{name}, {id}: {column} and its English do not both stand there."
    rules = tomllib.loads((folder / "rules.toml").read_text(encoding="utf-8"))
    for id, entry in rules.items():
        yield from _sourced(f"rules, {id}", {**entry, "source": entry["tags"]}, grades)


def _sourced(where: str, row: dict[str, Any], grades: dict[str, str]) -> Faults:
    tags = row["source"].split()
    unknown = [tag for tag in tags if tag not in grades]
    if not tags or unknown:
        yield f"{where}: no source, or one that is not in sources.csv: {row['source']}."
        return
    found = [grades[tag] for tag in tags]
    if row["grade"] != min(found, key=GRADES.index):
        yield f"{where}: grade {row['grade']} is not the best grade of {row['source']}."
    if row["verify"] not in ("yes", "no"):
        yield f"{where}: verify is neither yes nor no."
    if row["verify"] == "no" and any(grade in UNREAD for grade in found):
        yield f"{where}: rests on recall or on nothing, so verify must be yes."


def _repeated(name: str, ids: Iterable[str]) -> Faults:
    for id, count in Counter(ids).items():
        if count > 1:
            yield f"{name}, {id}: stands {count} times."


def _products(catalogue: Catalogue) -> Faults:
    for product in catalogue.products.values():
        where = f"products, {product.id}"
        if not product.sizes:
            yield f"{where}: no vial size."
        if product.therapeutic and not (product.unit_steps and product.dilutions):
            yield f"{where}: no steps for the brush, or no dilution."
        if product.therapeutic and product.after_mixing_hours is None:
            yield f"{where}: no time after mixing."


def _dilutions(catalogue: Catalogue, folder: Path) -> Faults:
    """A dilution's printed strength is the one that arithmetic gives, or stated as the label's."""
    for row in read_rows("dilutions", folder):
        where = f"dilutions, {row['product']} {row['vial_units']} U in {row['diluent_ml']} mL"
        product = catalogue.products.get(row["product"])
        units, ml = Decimal(row["vial_units"]), Decimal(row["diluent_ml"])
        if product is None or product.size(units) is None:
            yield f"{where}: no such product or vial."
            continue
        printed = Decimal(row["units_per_0_1_ml"]) * 10
        if row["stated_units_per_ml"]:
            right = printed == Decimal(row["stated_units_per_ml"])
        elif product.solution_units_per_ml is not None and not ml:
            right = printed == product.solution_units_per_ml
        else:
            right = ml > 0 and printed * ml == units
        if not right:
            yield f"{where}: {row['units_per_0_1_ml']} U per 0.1 mL is not what it gives."


def _indications(catalogue: Catalogue) -> Faults:
    described: dict[str, str] = {}
    for indication in catalogue.indications.values():
        where = f"indications, {indication.id}"
        yield from _where_it_is_charted(catalogue, indication, where)
        yield from _what_it_is_treated_with(catalogue, indication, where)
        if indication.default_protocol not in (None, *indication.protocols):
            yield f"{where}: its default protocol is not its own."
        if not indication.codes or indication.depth not in DEPTHS:
            yield f"{where}: no diagnosis code, or no depth."
        for code in indication.codes:
            if described.setdefault(code.code, code.description) != code.description:
                yield f"codes, {code.code}: described in two ways."


def _where_it_is_charted(catalogue: Catalogue, indication: Indication, where: str) -> Faults:
    for map in indication.maps:
        if map not in catalogue.maps:
            yield f"{where}: no map {map}."
    offered = {
        muscle
        for entry in catalogue.region_muscles.values()
        if entry.map in indication.maps
        for muscle in entry.muscles
    }
    for muscle in indication.muscles:
        if muscle not in catalogue.muscles or muscle not in offered:
            yield f"{where}: {muscle} is unknown, or no map of the indication offers it."


def _what_it_is_treated_with(catalogue: Catalogue, indication: Indication, where: str) -> Faults:
    therapeutic = {id for id, product in catalogue.products.items() if product.therapeutic}
    usual = indication.usual_product
    if usual not in (None, *therapeutic):
        yield f"{where}: its usual product is not one to treat with."
    if usual and usual not in [brush.product for brush in indication.brushes]:
        yield f"{where}: no brush for its usual product."
    if set(indication.labelling) != therapeutic:
        yield f"{where}: not every product is said to be labelled or not."
    for label in indication.labelling.values():
        if label.status not in STATUSES:
            yield f"{where}: {label.status} is no status of a label."


def _muscles(catalogue: Catalogue) -> Faults:
    offered = {id for entry in catalogue.region_muscles.values() for id in entry.muscles}
    for muscle in catalogue.muscles.values():
        where = f"muscles, {muscle.id}"
        if muscle.id not in offered:
            yield f"{where}: no region offers it."
        if muscle.counts_as not in catalogue.muscles:
            yield f"{where}: counts as {muscle.counts_as}, which is unknown."
        if muscle.side_rule not in SIDE_RULES or muscle.default_depth not in DEPTHS:
            yield f"{where}: unknown side rule or depth."
        if muscle.cpt_group not in CPT_GROUPS:
            yield f"{where}: unknown group for coding."
    for id in sorted(offered - set(catalogue.muscles)):
        yield f"region_muscles: {id} is not a muscle of the catalogue."


def _regions(catalogue: Catalogue) -> Faults:
    """Words and muscles exist for exactly the current drawings and each of their regions."""
    if tuple(entry.ref for entry in catalogue.maps.values()) != MAPS:
        yield "maps: not the current drawings in their order."
        return
    drawn = {
        (drawing.id, region.id): region
        for drawing in map(body_map, MAPS)
        for region in drawing.regions
    }
    for key in sorted(set(drawn) ^ set(catalogue.region_muscles)):
        yield f"region_muscles, {key[0]} {key[1]}: only in the table, or only in the drawing."
    for key in sorted(set(drawn) & set(catalogue.region_muscles)):
        entry, region = catalogue.region_muscles[key], drawn[key]
        if (entry.side, entry.warn) != (region.side, region.warn):
            yield f"region_muscles, {key[0]} {key[1]}: side or warning is not the drawing's."


def _protocol(catalogue: Catalogue, protocol: Protocol) -> Faults:
    where = f"protocols, {protocol.id}"
    if protocol.product not in catalogue.products:
        yield f"{where}: unknown product."
    indication = catalogue.indications.get(protocol.indication)
    if indication is None:
        yield f"{where}: unknown indication."
        return
    if [site.order for site in protocol.sites] != list(range(1, len(protocol.sites) + 1)):
        yield f"{where}: the order of its sites has gaps."
    for site in protocol.sites:
        own = f"{where}, {site.id}"
        if site.map not in MAPS or site.map.partition("@")[0] not in indication.maps:
            yield f"{own}: not on a map of its indication."
            continue
        if site.muscle not in indication.muscles:
            yield f"{own}: its indication does not use {site.muscle}."
        place = settle(body_map(site.map), site.x, site.y, site.muscle)
        offered = catalogue.region_muscles.get((site.map.partition("@")[0], site.region))
        if place.outside or place.region_id != site.region or place.side is not site.side:
            yield f"{own}: lies in {place.region_id}, {place.side}, not where it says."
        if offered is None or site.muscle not in offered.muscles:
            yield f"{own}: {site.muscle} is not offered in {site.region}."
        if site.units <= 0 or site.depth not in DEPTHS:
            yield f"{own}: no dose, or no depth."
        mirror = protocol.site(site.mirror or "")
        if site.mirror and (
            mirror is None
            or mirror.mirror != site.id
            or {mirror.side, site.side} != {"left", "right"}
            or (mirror.muscle, mirror.units) != (site.muscle, site.units)
        ):
            yield f"{own}: {site.mirror} is not its mirror."


def _stated_sums(catalogue: Catalogue, folder: Path) -> Faults:
    """A protocol has as many sites, and as many units in all and on a side, as it says."""
    for row in read_rows("protocols", folder):
        protocol = catalogue.protocols[row["id"]]
        if len(protocol.sites) != int(row["site_count"]):
            yield f"protocols, {row['id']}: {len(protocol.sites)} sites, not {row['site_count']}."
        if protocol.units != Decimal(row["units_total"]):
            yield f"protocols, {row['id']}: {protocol.units} U, not {row['units_total']} U."
        for side in ("right", "left") if row["units_per_side"] else ():
            units = sum(site.units for site in protocol.sites if site.side == side)
            if units != Decimal(row["units_per_side"]):
                yield f"protocols, {row['id']}: {units} U on the {side}."


def _limits(catalogue: Catalogue) -> Faults:
    for id in sorted(set(LIMITS) ^ set(catalogue.limits)):
        yield f"limits, {id}: missing, or nobody asks for it."


def _rules(catalogue: Catalogue) -> Faults:
    for id in sorted(set(registered()) ^ set(catalogue.rules)):
        yield f"rules, {id}: has no function, or no text."
    for rule in catalogue.rules.values():
        for severity in (rule.severity, *rule.severities.values()):
            if severity not in GRAVEST_FIRST:
                yield f"rules, {rule.id}: unknown severity {severity}."
        if rule.said_from not in (START, ALL_GIVEN, REVIEW):
            yield f"rules, {rule.id}: said from {rule.said_from}, which is no such time."
        for branch in sorted(set(rule.severities) - set(rule.variants)):
            yield f"rules, {rule.id}: a severity for {branch}, which is no branch."
        pairs = [(rule.text, rule.text_es), (rule.why, rule.why_es)]
        pairs += [(rule.source, rule.source_es)]
        pairs += [(each.en, each.es) for each in (*rule.variants.values(), *rule.words.values())]
        for english, spanish in pairs:
            if not english or not spanish or _places(english) != _places(spanish):
                yield f"rules, {rule.id}: the languages differ in what they fill in: {english}"


def _places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
