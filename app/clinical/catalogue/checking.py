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
    ProtocolSite,
    Scale,
    Side,
)
from app.clinical.rules import registered
from app.clinical.rules.finding import GRAVEST_FIRST

__all__ = ["faults"]

# Which columns make a row of each table the only one of its kind.
KEYS = {
    "adverse_events": ("id",),
    "aftercare": ("id",),
    "billed_as": ("indication",),
    "brush": ("indication", "product"),
    "child_weights": ("age",),
    "checklist": ("id",),
    "code_notes": ("code",),
    "code_sides": ("code",),
    "codes": ("indication", "code"),
    "diluents": ("id",),
    "dilutions": ("product", "vial_units", "diluent_ml"),
    "dose_limits": ("id", "part"),
    "dose_ranges": ("indication", "product", "population", "muscles", "scope", "basis"),
    "excludes": ("code", "other"),
    "indications": ("id",),
    "intervals": ("product", "indication", "from_age", "below_age", "kind"),
    "labelling": ("indication", "product"),
    "limits": ("id",),
    "maps": ("id",),
    "muscle_names": ("muscle", "name"),
    "muscles": ("id",),
    "needles": ("id",),
    "payer_intervals": ("payer", "product", "indication", "below_age"),
    "payers": ("id",),
    "procedures": ("code",),
    "products": ("id",),
    "range_sums": ("indication", "product", "population", "basis", "end"),
    "protocol_sites": ("protocol", "id"),
    "protocols": ("id",),
    "questions": ("id",),
    "region_muscles": ("map", "region"),
    "scale_levels": ("scale", "low"),
    "scales": ("id",),
    "storage": ("product",),
    "technique": ("indication", "topic"),
    "usual_dilutions": ("indication", "product", "vial_units", "diluent_ml"),
    "vials": ("id",),
}
LIMITS = (
    *("brow_clearance", "diluent_most", "reconcile_tolerance", "region_reach"),
    *("adult_age", "weight_age_most", "three_months_longest", "escalation_most"),
    *("interval_floor", "cumulative_window", "other_toxin_lookback"),
    *("expiry_soon", "volume_tolerance", "late_signature"),
    *("failures_in_a_row", "responses_shown"),
)

# The better grade first; what nobody has read must be verified.
GRADES = ("A", "B", "C", "calc", "design", "recall", "unknown")
UNREAD = ("recall", "unknown")

# Where the units of a protocol come from, what its range is said of, and the sets of its blocks.
PLANNED_BY = ("stated", "low_end", "usual", "per_kg")
RANGES = ("", "limb", "side", "session")
AGES = ("", "adult", "consensus", "child")

# The lines of a technique sheet in their order. What to tell a patient must not be missing.
TOPICS = (
    *("total", "per_site", "volume", "sites", "spacing", "depth", "needle", "guidance"),
    *("anaesthesia", "onset", "duration", "follow_up", "outcome", "risk"),
)
EXPECTED = ("onset", "duration", "follow_up", "outcome", "risk")

AFTERCARE_PARTS = ("emergency", "number", "call")

STATUSES = ("labelled", "borderline", "off_label")
SIDE_RULES = ("region", "midline")
DEPTHS = ("IM", "SC", "ID")
INTERVAL_KINDS = ("label", "convention", "elsewhere")
PAYERS = ("medicare", "medicaid", "commercial", "self_pay", "other")
SIDES = ("right", "left")
ROLES = ("", "first", "further", "guidance")
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
    for look in (
        *(_products, _indications, _muscles, _regions, _limits),
        *(_intervals, _questions, _technique, _aftercare),
    ):
        found.extend(look(catalogue))
    for protocol in catalogue.protocols.values():
        found.extend(_protocol(catalogue, protocol))
        found.extend(_protocol_units(catalogue, protocol))
    found.extend(_stated_sums(catalogue, folder))
    found.extend(_muscle_names(catalogue, folder))
    found.extend(_dilutions(catalogue, folder))
    found.extend(_rules(catalogue))
    for look in (_dose_limits, _dose_ranges, _child_weights):
        found.extend(look(catalogue))
    found.extend(_range_sums(catalogue, folder))
    for look in (_billed_as, _procedures, _billing_units, _codes, _scales, _payers):
        found.extend(look(catalogue))
    return found


def _provenance(folder: Path) -> Faults:
    """Each row stands once, has known sources, their best grade, and `verify` where it must."""
    sources = read_rows("sources", folder)
    grades = {row["tag"]: row["grade"] for row in sources}
    yield from _repeated("sources", [row["tag"] for row in sources])
    for row in sources:
        if row["grade"] not in GRADES or not row["title"]:
            yield f"sources, {row['tag']}: no grade or no title."
    known = {*(f"{name}.csv" for name in (*KEYS, "sources")), "rules.toml", "VERSION", "README.md"}
    there = {path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".py"}
    for name in sorted(there - known):
        yield f"{name}: nobody reads this file."
    for name in sorted(known - there):
        yield f"{name} is missing."
    files = {path.stem for path in folder.glob("*.csv")} - {"sources"}
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


def _muscle_names(catalogue: Catalogue, folder: Path) -> Faults:
    """What else a muscle is called is called so of a known muscle, and of one only."""
    rows = read_rows("muscle_names", folder)
    for row in rows:
        if row["muscle"] not in catalogue.muscles or row["language"] not in ("en", "es"):
            yield f"muscle_names, {row['muscle']} {row['name']}: unknown muscle or language."
    yield from _repeated("muscle_names", [row["name"].casefold() for row in rows])


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
        if site.depth not in DEPTHS:
            yield f"{own}: no depth."
        yield from _mirrored(protocol, site, own)


def _mirrored(protocol: Protocol, site: ProtocolSite, own: str) -> Faults:
    """What stands on both sides is exactly mirrored; only a pattern of one side has no mirror."""
    mirror = protocol.site(site.mirror or "")
    if site.mirror and (
        mirror is None
        or mirror.mirror != site.id
        or {mirror.side, site.side} != {"left", "right"}
        or (mirror.muscle, mirror.units, mirror.depth, mirror.optional)
        != (site.muscle, site.units, site.depth, site.optional)
    ):
        yield f"{own}: {site.mirror} is not its mirror."
    if not site.mirror and protocol.side is None and site.side != "midline":
        yield f"{own}: has no mirror."


def _protocol_units(catalogue: Catalogue, protocol: Protocol) -> Faults:
    """No dose is invented: it is stated, the low end of a stated range, or asks for a weight."""
    where = f"protocols, {protocol.id}"
    if (
        protocol.planned_by not in PLANNED_BY
        or protocol.range_of not in RANGES
        or protocol.ages not in AGES
    ):
        yield f"{where}: unknown way to plan, range or ages."
    if protocol.per_limb != bool(protocol.muscle and protocol.ages):
        yield f"{where}: a block of a limb names its muscle and its ages, and nothing else does."
    if protocol.add_on_to is not None:
        other = catalogue.protocols.get(protocol.add_on_to)
        if other is None or other.indication != protocol.indication:
            yield f"{where}: stands beside {protocol.add_on_to}, which is not of its indication."
    if (protocol.units_per_kg_low is not None) != (protocol.planned_by == "per_kg"):
        yield f"{where}: units per kg, or another way to plan."
    for site in protocol.sites:
        for what in _wrong_units(site, protocol.planned_by):
            yield f"{where}, {site.id}: {what}."
    if protocol.per_limb and protocol.planned_by == "low_end":
        for side in (Side.LEFT, Side.RIGHT):
            laid = _sum(site for site in protocol.sites if _is_laid(site, side))
            if laid != protocol.units_low:
                yield f"{where}: {laid} U on the {side}, not the low end."


def _wrong_units(site: ProtocolSite, planned_by: str) -> Iterator[str]:
    if site.units is None:
        if planned_by == "stated":
            yield "no units, though they are said to be stated"
        if site.units_low is not None:
            yield "a range and no units"
        return
    if planned_by == "per_kg":
        yield "units though they follow from the weight"
    if site.units <= 0:
        yield "no dose"
    if site.units_high is not None and site.units > site.units_high:
        yield f"{site.units} U, above its range"


def _is_laid(site: ProtocolSite, side: Side) -> bool:
    return not site.optional and site.side is side


def _stated_sums(catalogue: Catalogue, folder: Path) -> Faults:
    """A protocol has as many sites, and as many units in all and on a side, as it says."""
    for row in read_rows("protocols", folder):
        where, protocol = f"protocols, {row['id']}", catalogue.protocols[row["id"]]
        if len(protocol.sites) != int(row["site_count"]):
            yield f"{where}: {len(protocol.sites)} sites, not {row['site_count']}."
        # What only stands beside another pattern lays nothing unasked; all of it is what it says.
        units = _sum(protocol.sites) if protocol.due() == () else protocol.units
        if units != (Decimal(row["units_total"]) if row["units_total"] else None):
            yield f"{where}: {units} U, not {row['units_total'] or 'unknown'} U."
        for side in ("right", "left") if row["units_per_side"] else ():
            units = _sum(site for site in protocol.sites if site.side == side)
            if units != Decimal(row["units_per_side"]):
                yield f"{where}: {units} U on the {side}."
        for side in (Side.RIGHT, Side.LEFT) if protocol.per_limb else ():
            own = [site for site in protocol.sites if site.side is side]
            laid = [site for site in own if not site.optional]
            if (str(len(laid)), str(len(own))) != (row["sites_low"], row["sites_high"]):
                yield f"{where}: {len(laid)} to {len(own)} sites on the {side}."


def _sum(sites: Iterable[ProtocolSite]) -> Decimal:
    return sum((site.units or Decimal(0) for site in sites), Decimal(0))


def _technique(catalogue: Catalogue) -> Faults:
    for id, lines in catalogue.technique.items():
        if id not in catalogue.indications:
            yield f"technique, {id}: unknown indication."
        for line in lines:
            if line.topic not in TOPICS:
                yield f"technique, {id} {line.topic}: unknown topic."
        if [line.topic for line in lines] != sorted((line.topic for line in lines), key=_place_of):
            yield f"technique, {id}: its lines are not in their order."
    for indication in catalogue.indications.values():
        lines = catalogue.technique.get(indication.id, ())
        missing = set(EXPECTED) - {line.topic for line in lines}
        if indication.protocols and missing:
            yield f"technique, {indication.id}: nothing on {', '.join(sorted(missing))}."


def _aftercare(catalogue: Catalogue) -> Faults:
    parts = [line.part for line in catalogue.aftercare]
    for line in catalogue.aftercare:
        if line.part not in AFTERCARE_PARTS:
            yield f"aftercare, {line.id}: unknown part."
    if parts.count("number") != 1:
        yield "aftercare: exactly one line is the number to call."
    if parts[:1] != ["emergency"] or "{number}" not in catalogue.aftercare[0].text:
        yield "aftercare: the emergency comes first, with the number to call."


def _place_of(topic: str) -> int:
    return TOPICS.index(topic) if topic in TOPICS else len(TOPICS)


def _billed_as(catalogue: Catalogue) -> Faults:
    """Each indication and muscle is billed under some number."""
    groups = {each.group for each in catalogue.procedures.values()}
    if set(catalogue.billed_as) != set(catalogue.indications):
        yield "billed_as: not exactly the indications."
    for entry in catalogue.billed_as.values():
        if entry.group not in (None, *groups) or not (entry.group or entry.by_muscle):
            yield f"billed_as, {entry.indication}: no number is billed under {entry.group}."
    for muscle in catalogue.muscles.values():
        if muscle.cpt_group not in groups:
            yield f"muscles, {muscle.id}: no number is billed under {muscle.cpt_group}."


def _procedures(catalogue: Catalogue) -> Faults:
    """Whatever is counted falls under one number of a group; what excludes, excludes both ways."""
    procedures = catalogue.procedures.values()
    for each in procedures:
        if each.role not in ROLES:
            yield f"procedures, {each.code}: unknown role {each.role}."
        for other in each.not_with:
            if other not in catalogue.procedures or each.code not in (
                catalogue.procedures[other].not_with
            ):
                yield f"procedures, {each.code}: {other} does not say the same of it."
    for group, role in sorted({(each.group, each.role) for each in procedures}):
        own = [each for each in procedures if (each.group, each.role) == (group, role)]
        most = max([each.most or 0 for each in own])
        for count in range(1, most + 2):
            if sum(each.covers(count) for each in own) != 1:
                yield f"procedures, {group} {role}: {count} muscles fall under none, or two."


def _billing_units(catalogue: Catalogue) -> Faults:
    for product in catalogue.products.values():
        for size in product.sizes if product.hcpcs_units else ():
            if size.units % (product.hcpcs_units or size.units):
                yield f"vials, {size.id}: not a whole number of billing units."


def _codes(catalogue: Catalogue) -> Faults:
    for code, side in catalogue.code_sides.items():
        if code not in catalogue.codes or side not in (*SIDES, "both"):
            yield f"code_sides, {code}: an unknown code or side."
    for code, diagnosis in catalogue.codes.items():
        said = {side for side in SIDES if side in diagnosis.description.split()}
        if said != {catalogue.code_sides.get(code)} & set(SIDES):
            yield f"code_sides, {code}: {diagnosis.description} says another side."
    for note in catalogue.code_notes.values():
        if note.kind not in ("not_billable", "flag") or note.code in catalogue.codes:
            yield f"code_notes, {note.code}: unknown kind, or a code of an indication."
    for pair in catalogue.excludes:
        if pair.code == pair.other:
            yield f"excludes, {pair.code}: excludes itself."


def _scales(catalogue: Catalogue) -> Faults:
    for scale in catalogue.scales.values():
        where = f"scales, {scale.id}"
        if scale.better not in ("lower", "higher"):
            yield f"{where}: neither lower nor higher is better."
        for id in scale.indications:
            if id not in catalogue.indications:
                yield f"{where}: unknown indication {id}."
        if scale.needed_by not in (None, *catalogue.rules):
            yield f"{where}: no rule {scale.needed_by}."
        if not set(scale.sum_of) <= set(catalogue.scales) or bool(scale.sum_of) == bool(
            scale.indications
        ):
            yield f"{where}: neither asked for in an indication nor a sum of others, or both."
        if scale.least is None:
            if not scale.levels or scale.most is not None or scale.step is not None:
                yield f"{where}: no range, so it needs levels and nothing else."
        elif scale.most is None or scale.step is None or not scale.least < scale.most:
            yield f"{where}: no range."
        else:
            yield from _range(scale, scale.least, scale.most, scale.step)


def _range(scale: Scale, least: Decimal, most: Decimal, step: Decimal) -> Faults:
    """Levels fill the range without gap, and the least and most answers add up to its ends."""
    where = f"scales, {scale.id}"
    reached = least
    for level in scale.levels:
        if Decimal(level.low) != reached or Decimal(level.high) < reached:
            yield f"{where}: its levels leave a gap, or overlap, at {level.low}."
        reached = Decimal(level.high) + step
    if scale.levels and reached != most + step:
        yield f"{where}: its levels do not reach {most}."
    ends = [scale.items * end(scale.item_values) for end in (min, max)] if scale.items else []
    if ends not in ([], [least, most]):
        yield f"{where}: its answers do not make its range."


def _payers(catalogue: Catalogue) -> Faults:
    for payer in catalogue.payers.values():
        where = f"payers, {payer.id}"
        if unknown := [id for id in payer.evidence if id not in catalogue.checklist]:
            yield f"{where}: nothing of the list is called {unknown[0]}."
        if bool(payer.discarded) != bool(payer.none_discarded):
            yield f"{where}: a word for something discarded, or for nothing, but not for both."
    for item in catalogue.checklist.values():
        if not any(item.id in payer.evidence for payer in catalogue.payers.values()):
            yield f"checklist, {item.id}: no payer asks for it."
        if not set(item.indications) <= set(catalogue.indications):
            yield f"checklist, {item.id}: unknown indication."


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
