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
    "child_weights": ("age",),
    "code_sides": ("code",),
    "codes": ("indication", "code"),
    "diluents": ("id",),
    "dilutions": ("product", "vial_units", "diluent_ml"),
    "dose_limits": ("id", "part"),
    "dose_ranges": ("indication", "product", "population", "muscles", "scope", "basis"),
    "indications": ("id",),
    "intervals": ("product", "indication", "from_age", "below_age", "kind"),
    "labelling": ("indication", "product"),
    "limits": ("id",),
    "maps": ("id",),
    "muscles": ("id",),
    "payer_intervals": ("payer", "product", "indication", "below_age"),
    "products": ("id",),
    "range_sums": ("indication", "product", "population", "basis", "end"),
    "protocol_sites": ("protocol", "id"),
    "protocols": ("id",),
    "questions": ("id",),
    "region_muscles": ("map", "region"),
    "storage": ("product",),
    "usual_dilutions": ("indication", "product", "vial_units", "diluent_ml"),
    "vials": ("id",),
}
LIMITS = (
    *("brow_clearance", "diluent_most", "reconcile_tolerance", "region_reach"),
    *("adult_age", "weight_age_most", "three_months_longest", "escalation_most"),
    *("interval_floor", "cumulative_window", "other_toxin_lookback"),
    *("expiry_soon", "volume_tolerance", "late_signature"),
)

# The better grade first; what nobody has read must be verified.
GRADES = ("A", "B", "C", "calc", "design", "recall", "unknown")
UNREAD = ("recall", "unknown")

STATUSES = ("labelled", "borderline", "off_label")
SIDE_RULES = ("region", "midline")
DEPTHS = ("IM", "SC", "ID")
INTERVAL_KINDS = ("label", "convention", "elsewhere")
PAYERS = ("medicare", "medicaid", "commercial", "self_pay", "other")
CPT_GROUPS = (
    *("facial", "neck", "extremity", "trunk"),
    *("eccrine_axilla", "eccrine_hand_foot", "eccrine_other"),
)

LIMIT_SCOPES = ("session", "interval", "side", "muscle", "site", "volume")
RANGE_SCOPES = ("muscle", "both", "total", "site", "side", "session")
POPULATIONS = ("adult", "child", "any")
REGIONS = ("US", "EU")
QUESTION_GROUPS = ("identity", "contraindication", "combined", "free", "review")
QUESTION_WHEN = ("", "off_label", "returning", "starch_test")
QUESTION_ANSWERS = (
    ("no", "yes"),
    ("no", "yes", "unable"),
    ("better", "same", "worse", "none"),
)

Faults = Iterator[str]


def faults(folder: Path = FOLDER) -> list[str]:
    """Every fault of the catalogue in this folder, one sentence each."""
    try:
        found = list(_provenance(folder))
        catalogue = read_catalogue(folder)
    except (KeyError, ValueError, ArithmeticError, OSError, StopIteration, IndexError) as broken:
        return [f"The catalogue cannot be read: {type(broken).__name__}: {broken}."]
    for look in (_products, _indications, _muscles, _regions, _limits, _intervals, _questions):
        found.extend(look(catalogue))
    for protocol in catalogue.protocols.values():
        found.extend(_protocol(catalogue, protocol))
    found.extend(_stated_sums(catalogue, folder))
    found.extend(_dilutions(catalogue, folder))
    found.extend(_rules(catalogue))
    for look in (_dose_limits, _dose_ranges, _child_weights):
        found.extend(look(catalogue))
    found.extend(_range_sums(catalogue, folder))
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


def _intervals(catalogue: Catalogue) -> Faults:
    """Each interval is of a product to treat with, for a known indication, and weighs something."""
    for entry in catalogue.intervals:
        where = f"intervals, {entry.product} {entry.indication}"
        product = catalogue.products.get(entry.product)
        if product is None or not product.therapeutic:
            yield f"{where}: no product to treat with."
        if entry.indication not in catalogue.indications:
            yield f"{where}: unknown indication."
        if entry.kind not in INTERVAL_KINDS or entry.severity not in ("warn", "info"):
            yield f"{where}: unknown kind or severity."
        if entry.days < 1 or (entry.from_age or 0) >= (entry.below_age or 1000):
            yield f"{where}: no days, or no age that it is for."
    for asked in catalogue.payer_intervals:
        where = f"payer_intervals, {asked.payer}"
        if asked.payer not in PAYERS or asked.days < 1:
            yield f"{where}: unknown payer, or no days."
        if asked.product not in (None, *catalogue.products):
            yield f"{where}: unknown product {asked.product}."
        if asked.indication not in (None, *catalogue.indications):
            yield f"{where}: unknown indication {asked.indication}."
    for code in sorted(set(catalogue.code_sides) - set(catalogue.codes)):
        yield f"code_sides, {code}: is no code of the catalogue."


def _questions(catalogue: Catalogue) -> Faults:
    """Each question can be answered, and asks about what the catalogue knows."""
    known = {
        "products": catalogue.products,
        "indications": catalogue.indications,
        "muscles": catalogue.muscles,
    }
    for question in catalogue.questions.values():
        where = f"questions, {question.id}"
        if question.group not in QUESTION_GROUPS or question.when not in QUESTION_WHEN:
            yield f"{where}: unknown group, or unknown condition."
        if question.answers not in QUESTION_ANSWERS or question.sex not in (None, "female", "male"):
            yield f"{where}: unknown answers, or unknown sex."
        for column, entries in known.items():
            for id in getattr(question, column):
                if id not in entries:
                    yield f"{where}: {id} is none of the {column}."
        whole = catalogue.questions.get(question.part_of or "")
        if question.part_of and (whole is None or whole.group != "combined"):
            yield f"{where}: {question.part_of} is no combined question."
        if question.group == "combined" and not catalogue.parts_of(question.id):
            yield f"{where}: combines nothing."


def _rules(catalogue: Catalogue) -> Faults:
    for id in sorted(set(registered()) ^ set(catalogue.rules)):
        yield f"rules, {id}: has no function, or no text."
    for rule in catalogue.rules.values():
        for severity in (rule.severity, *rule.severities.values()):
            if severity not in GRAVEST_FIRST:
                yield f"rules, {rule.id}: unknown severity {severity}."
        if rule.said_from not in (START, ALL_GIVEN, REVIEW):
            yield f"rules, {rule.id}: said from {rule.said_from}, which is no such time."
        for branch in sorted({*rule.severities, *rule.at_signing} - set(rule.variants)):
            yield f"rules, {rule.id}: something is said of {branch}, which is no branch."
        pairs = [(rule.text, rule.text_es), (rule.why, rule.why_es)]
        pairs += [(rule.source, rule.source_es)]
        pairs += [(each.en, each.es) for each in (*rule.variants.values(), *rule.words.values())]
        for english, spanish in pairs:
            if not english or not spanish or _places(english) != _places(spanish):
                yield f"rules, {rule.id}: the languages differ in what they fill in: {english}"


def _dose_limits(catalogue: Catalogue) -> Faults:
    """A dose limit says how much of which product, added up over what, and who judges it."""
    for limit in catalogue.dose_limits:
        where = " ".join(filter(None, ("dose_limits,", limit.id, limit.part)))
        unknown = [
            *({limit.product} - set(catalogue.products)),
            *sorted({*limit.indications} - set(catalogue.indications)),
            *sorted({*limit.muscles} - set(catalogue.muscles)),
            *sorted({*limit.rules} - set(catalogue.rules)),
        ]
        if unknown:
            yield f"{where}: nobody knows {', '.join(unknown)}."
        if limit.scope not in LIMIT_SCOPES or limit.region not in REGIONS:
            yield f"{where}: unknown scope or region."
        if limit.depth not in (None, *DEPTHS):
            yield f"{where}: unknown depth."
        if (limit.scope == "interval") is not bool(limit.days):
            yield f"{where}: an interval has days, and nothing else has."
        is_volume = limit.scope == "volume"
        if (limit.units is None) is not is_volume or (limit.volume_ml is None) is is_volume:
            yield f"{where}: a volume has mL, and everything else has units."
        amounts = (limit.units, limit.units_per_kg, limit.volume_ml)
        if any(amount is not None and amount <= 0 for amount in amounts):
            yield f"{where}: nothing or less is no limit."
        if not limit.what.en or not limit.what.es:
            yield f"{where}: nothing says what it is for."


def _dose_ranges(catalogue: Catalogue) -> Faults:
    """A range has its ends in order, and its muscles lie on a map of its indication."""
    for entry in catalogue.dose_ranges:
        muscles = " ".join(entry.muscles)
        where = f"dose_ranges, {entry.indication} {entry.product} {entry.population} {muscles}"
        indication = catalogue.indications.get(entry.indication)
        if indication is None or entry.product not in catalogue.products:
            yield f"{where}: unknown indication or product."
            continue
        offered = {
            muscle
            for region in catalogue.region_muscles.values()
            if region.map in indication.maps
            for muscle in region.muscles
        }
        for muscle in entry.muscles:
            if muscle not in catalogue.muscles or muscle not in offered:
                yield f"{where}: {muscle} is unknown, or no map of the indication offers it."
        if entry.scope not in RANGE_SCOPES or entry.population not in POPULATIONS:
            yield f"{where}: unknown scope or population."
        if bool(entry.muscles) is (entry.scope in ("side", "session")):
            yield f"{where}: it names muscles, or else is of a whole side or session."
        for low, high in (
            (entry.units_low, entry.units_high),
            (entry.units_per_kg_low, entry.units_per_kg_high),
            (entry.sites_low, entry.sites_high),
            (entry.spacing_low_cm, entry.spacing_high_cm),
        ):
            if low is not None and high is not None and not 0 < low <= high:
                yield f"{where}: {low} to {high} is no range."
        for id in entry.rules:
            if id not in catalogue.rules:
                yield f"{where}: no rule {id}."
            elif id == "DOSE-05" and entry.basis not in catalogue.rules[id].words:
                yield f"{where}: the rule has no words for {entry.basis}."


def _child_weights(catalogue: Catalogue) -> Faults:
    """Every age of a child has its plausible weights, and they grow."""
    ages = range(int(catalogue.limit("adult_age")))
    if list(catalogue.child_weights) != list(ages):
        yield "child_weights: not every year below the adult age, in order."
        return
    before = None
    for entry in catalogue.child_weights.values():
        grows = before is None or (
            before.kg_low <= entry.kg_low and before.kg_high <= entry.kg_high
        )
        if not grows or not 0 < entry.kg_low < entry.kg_high:
            yield f"child_weights, {entry.age}: no range, or less than a year before."
        before = entry


def _range_sums(catalogue: Catalogue, folder: Path) -> Faults:
    """Lower or upper ends of ranges make the sums that their sources print, and that limits say."""
    limits = {" ".join(filter(None, (each.id, each.part))): each for each in catalogue.dose_limits}
    for row in read_rows("range_sums", folder):
        kind = (row["indication"], row["product"], row["population"], row["basis"])
        where = f"range_sums, {' '.join(kind)} {row['end']}"
        own = [
            entry
            for entry in catalogue.dose_ranges
            if (entry.indication, entry.product, entry.population, entry.basis) == kind
        ]
        low = row["end"] == "low"
        units = sum(((e.units_low if low else e.units_high) or Decimal(0) for e in own), Decimal(0))
        sites = sum((e.sites_low if low else e.sites_high) or 0 for e in own)
        if row["units"] and units != Decimal(row["units"]):
            yield f"{where}: {units} U, not {row['units']} U."
        if row["sites"] and sites != int(row["sites"]):
            yield f"{where}: {sites} sites, not {row['sites']}."
        if row["limit"] and (row["limit"] not in limits or limits[row["limit"]].units != units):
            yield f"{where}: {units} U is not {row['limit']}."


def _places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
