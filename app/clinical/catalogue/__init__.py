"""The catalogue: what products, indications, protocols, muscles and rules are, read from its files.

Each file is one table, each row with its source, the source's grade, and whether a person still
has to verify it. Nothing is read until `catalogue()` is called, and then once.
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.clinical.catalogue.entries import (
    START,
    AdverseEventKind,
    AfterCareLine,
    BilledAs,
    Brush,
    Catalogue,
    ChecklistItem,
    ChildWeight,
    CodeNote,
    DiagnosisCode,
    Diluent,
    Dilution,
    DoseLimit,
    DoseRange,
    ExcludedPair,
    Indication,
    Interval,
    Labelling,
    Level,
    Limit,
    MapText,
    Muscle,
    Needle,
    Payer,
    PayerInterval,
    Procedure,
    Product,
    Protocol,
    ProtocolSite,
    Question,
    RegionMuscles,
    RuleText,
    Scale,
    Sentence,
    Side,
    Source,
    Technique,
    VialSize,
)

__all__ = ["FOLDER", "Catalogue", "Side", "catalogue", "check", "read_catalogue", "read_rows"]

FOLDER = Path(__file__).resolve().parent

Row = dict[str, str]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The whole catalogue, read from its files at the first call and kept."""
    return read_catalogue(FOLDER)


def check() -> list[str]:
    """Every fault of the catalogue in one sentence each; an empty list when there is none."""
    # Imported here: the check looks at the drawings, and the drawings look at the catalogue.
    from app.clinical.catalogue.checking import faults

    return faults()


def read_rows(name: str, folder: Path = FOLDER) -> list[Row]:
    """The rows of one table, as text."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_catalogue(folder: Path) -> Catalogue:
    """The catalogue in a folder. Raises KeyError, ValueError or ArithmeticError if it is broken."""
    dilutions = [_dilution(row) for row in read_rows("dilutions", folder)]
    brushes = [_brush(row) for row in read_rows("brush", folder)]
    protocols = _protocols(folder)
    codes = _grouped(read_rows("codes", folder), "indication")
    return Catalogue(
        version=_version(folder),
        sources=_by_id(
            (row["tag"], Source(row["tag"], row["grade"], row["title"]))
            for row in read_rows("sources", folder)
        ),
        products=_products(folder, dilutions, brushes),
        indications=_indications(folder, codes, dilutions, brushes, protocols),
        codes=_by_id((row["code"], _code(row)) for rows in codes.values() for row in rows),
        protocols=protocols,
        muscles=_muscles(folder),
        region_muscles=_by_id(
            ((row["map"], row["region"]), _region(row))
            for row in read_rows("region_muscles", folder)
        ),
        maps=_by_id((row["id"], _map(row)) for row in read_rows("maps", folder)),
        rules=_rules(folder),
        adverse_events=_by_id(
            (
                row["id"],
                AdverseEventKind(
                    row["id"],
                    row["label"],
                    row["label_es"],
                    verify=row["verify"] == "yes",
                    source=row["source"],
                ),
            )
            for row in read_rows("adverse_events", folder)
        ),
        diluents=_by_id(
            (
                row["id"],
                Diluent(
                    row["id"],
                    row["label"],
                    row["label_es"],
                    row["on_label"] == "yes",
                    row["for_powder"] == "yes",
                    _verify(row),
                    row["source"],
                ),
            )
            for row in read_rows("diluents", folder)
        ),
        needles=_by_id(
            (
                row["id"],
                Needle(row["id"], row["label"], row["label_es"], _verify(row), row["source"]),
            )
            for row in read_rows("needles", folder)
        ),
        limits=_by_id(
            (
                row["id"],
                Limit(
                    row["id"],
                    Decimal(row["value"]),
                    row["unit"],
                    row["meaning"],
                    _verify(row),
                    row["source"],
                ),
            )
            for row in read_rows("limits", folder)
        ),
        dose_limits=tuple(_dose_limit(row) for row in read_rows("dose_limits", folder)),
        dose_ranges=tuple(_dose_range(row) for row in read_rows("dose_ranges", folder)),
        child_weights=_by_id(
            (int(row["age"]), _child_weight(row)) for row in read_rows("child_weights", folder)
        ),
        intervals=tuple(_interval(row) for row in read_rows("intervals", folder)),
        payer_intervals=tuple(_payer_interval(row) for row in read_rows("payer_intervals", folder)),
        questions=_by_id((row["id"], _question(row)) for row in read_rows("questions", folder)),
        technique=_technique(folder),
        aftercare=tuple(
            AfterCareLine(
                row["id"], row["part"], row["text"], row["text_es"], _verify(row), row["source"]
            )
            for row in read_rows("aftercare", folder)
        ),
        **_billing(folder),
    )


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    tables = [*folder.glob("*.csv"), *folder.glob("*.toml")]
    for path in sorted(tables, key=lambda path: path.name):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    edition = (folder / "VERSION").read_text(encoding="utf-8").strip()
    return f"{edition}+{digest.hexdigest()[:12]}"


def _products(
    folder: Path, dilutions: list[Dilution], brushes: list[Brush]
) -> Mapping[str, Product]:
    storage = {row["product"]: row for row in read_rows("storage", folder)}
    sizes = _grouped(read_rows("vials", folder), "product")
    steps = {brush.product: brush.steps for brush in brushes if not brush.indication}
    return _by_id(
        (
            row["id"],
            Product(
                id=row["id"],
                generic=row["generic"],
                serotype=row["serotype"],
                maker=row["maker"],
                form=row["form"],
                therapeutic=row["therapeutic"] == "yes",
                solution_units_per_ml=_number(row["solution_units_per_ml"]),
                hcpcs=row["hcpcs"] or None,
                hcpcs_units=_number(row["hcpcs_units"]),
                unopened=storage[row["id"]]["unopened"],
                after_mixing_hours=_number(storage[row["id"]]["after_mixing_hours"]),
                unit_steps=steps.get(row["id"], ()),
                sizes=tuple(_size(size) for size in sizes[row["id"]]),
                dilutions=tuple(entry for entry in dilutions if entry.product == row["id"]),
                verify=_verify(row),
                source=row["source"],
            ),
        )
        for row in read_rows("products", folder)
    )


def _indications(
    folder: Path,
    codes: Mapping[str, list[Row]],
    dilutions: list[Dilution],
    brushes: list[Brush],
    protocols: Mapping[str, Protocol],
) -> Mapping[str, Indication]:
    mixed = {(entry.product, entry.vial_units, entry.diluent_ml): entry for entry in dilutions}
    usual = _grouped(read_rows("usual_dilutions", folder), "indication")
    labelling = _grouped(read_rows("labelling", folder), "indication")
    found: dict[str, Indication] = {}
    for row in read_rows("indications", folder):
        own = tuple(brush for brush in brushes if brush.indication == row["id"])
        usual_product = row["usual_product"] or None
        first = next((brush for brush in own if brush.product == usual_product), own[0])
        found[row["id"]] = Indication(
            id=row["id"],
            label=row["label"],
            label_es=row["label_es"],
            title=row["title"],
            title_es=row["title_es"],
            codes=tuple(_code(code) for code in codes[row["id"]]),
            maps=_list(row["maps"]),
            muscles=_list(row["muscles"]),
            protocols=tuple(
                p.id for p in protocols.values() if p.offered and p.indication == row["id"]
            ),
            default_protocol=row["default_protocol"] or None,
            usual_product=usual_product,
            guided=row["guided"] == "yes",
            depth=row["depth"],
            brush_units=first.units,
            brushes=own,
            labelling=_by_id(
                (label["product"], _labelling(label)) for label in labelling[row["id"]]
            ),
            usual_dilutions=tuple(
                mixed[key["product"], Decimal(key["vial_units"]), Decimal(key["diluent_ml"])]
                for key in usual[row["id"]]
            ),
            verify=_verify(row),
            source=row["source"],
        )
    return MappingProxyType(found)


def _protocols(folder: Path) -> Mapping[str, Protocol]:
    sites = _grouped(read_rows("protocol_sites", folder), "protocol")
    found: dict[str, Protocol] = {}
    for row in read_rows("protocols", folder):
        own = tuple(_protocol_site(site) for site in sites[row["id"]])
        found[row["id"]] = Protocol(
            id=row["id"],
            title=row["title"],
            title_es=row["title_es"],
            short=row["short"],
            short_es=row["short_es"],
            indication=row["indication"],
            product=row["product"],
            sites=own,
            note=row["note"],
            note_es=row["note_es"],
            basis=row["basis"],
            verify=_verify(row),
            source=row["source"],
            planned_by=row["planned_by"],
            ages=row["ages"],
            from_age=_whole(row["from_age"]),
            to_age=_whole(row["to_age"]),
            side=Side(row["side"]) if row["side"] else None,
            muscle=row["muscle"] or None,
            per_limb=row["per_limb"] == "yes",
            add_on_to=row["add_on_to"] or None,
            range_of=row["range_of"],
            units_low=_number(row["units_low"]),
            units_high=_number(row["units_high"]),
            units_per_kg_low=_number(row["units_per_kg_low"]),
            units_per_kg_high=_number(row["units_per_kg_high"]),
            # Columns that only what a clinic lays over the tables has.
            version=_whole(row.get("version") or ""),
            offered=row.get("offered") != "no",
            verified_by=row.get("verified_by") or "",
        )
    return MappingProxyType(found)


def _technique(folder: Path) -> Mapping[str, tuple[Technique, ...]]:
    rows = _grouped(read_rows("technique", folder), "indication")
    return _by_id(
        (
            indication,
            tuple(
                Technique(
                    indication=indication,
                    topic=row["topic"],
                    text=row["text"],
                    text_es=row["text_es"],
                    verify=_verify(row),
                    source=row["source"],
                )
                for row in own
            ),
        )
        for indication, own in rows.items()
    )


def _rules(folder: Path) -> Mapping[str, RuleText]:
    data = tomllib.loads((folder / "rules.toml").read_text(encoding="utf-8"))
    return _by_id((id, _rule(id, entry)) for id, entry in data.items())


def _rule(id: str, entry: dict[str, Any]) -> RuleText:
    return RuleText(
        id=id,
        severity=entry["severity"],
        needs_reason=entry["needs_reason"],
        on_plan=entry["on_plan"],
        said_from=entry.get("said_from", START),
        at_signing=tuple(entry.get("at_signing", ())),
        text=entry["text"],
        text_es=entry["text_es"],
        variants=_sentences(entry.get("variants", {})),
        severities=MappingProxyType(entry.get("severities", {})),
        words=_sentences(entry.get("words", {})),
        why=entry["why"],
        why_es=entry["why_es"],
        source=entry["source"],
        source_es=entry["source_es"],
        tags=tuple(entry["tags"].split()),
        verify=entry["verify"] == "yes",
    )


def _sentences(entries: dict[str, dict[str, str]]) -> Mapping[str, Sentence]:
    return _by_id((name, Sentence(entry["en"], entry["es"])) for name, entry in entries.items())


def _size(row: Row) -> VialSize:
    return VialSize(
        id=row["id"],
        units=Decimal(row["units"]),
        ndc=row["ndc"] or None,
        other_ndcs=_list(row["other_ndcs"]),
        verify=_verify(row),
        source=row["source"],
    )


def _dilution(row: Row) -> Dilution:
    return Dilution(
        product=row["product"],
        vial_units=Decimal(row["vial_units"]),
        diluent_ml=Decimal(row["diluent_ml"]),
        listed=row["listed"],
        stated_units_per_ml=_number(row["stated_units_per_ml"]),
        verify=_verify(row),
        source=row["source"],
    )


def _brush(row: Row) -> Brush:
    return Brush(
        indication=row["indication"],
        product=row["product"],
        units=Decimal(row["units"]),
        steps=tuple(Decimal(step) for step in _list(row["steps"])),
        verify=_verify(row),
        source=row["source"],
    )


def _code(row: Row) -> DiagnosisCode:
    return DiagnosisCode(
        row["code"], row["description"], row["description_es"], _verify(row), row["source"]
    )


def _labelling(row: Row) -> Labelling:
    return Labelling(
        indication=row["indication"],
        product=row["product"],
        status=row["status"],
        from_age=_whole(row["from_age"]),
        adults_only_for=_list(row["adults_only_for"]),
        note=row["note"],
        verify=_verify(row),
        source=row["source"],
    )


def _dose_limit(row: Row) -> DoseLimit:
    return DoseLimit(
        id=row["id"],
        part=row["part"],
        rules=_list(row["rules"]),
        product=row["product"],
        population=row["population"],
        from_age=_whole(row["from_age"]),
        below_age=_whole(row["below_age"]),
        indications=_list(row["indications"]),
        muscles=_list(row["muscles"]),
        depth=row["depth"] or None,
        scope=row["scope"],
        days=_whole(row["days"]),
        units=_number(row["units"]),
        units_per_kg=_number(row["units_per_kg"]),
        volume_ml=_number(row["volume_ml"]),
        first=row["first"] == "yes",
        region=row["region"],
        what=Sentence(row["what"], row["what_es"]),
        basis=row["basis"],
        verify=_verify(row),
        source=row["source"],
    )


def _dose_range(row: Row) -> DoseRange:
    return DoseRange(
        indication=row["indication"],
        product=row["product"],
        population=row["population"],
        muscles=_list(row["muscles"]),
        scope=row["scope"],
        rules=_list(row["rules"]),
        units_low=_number(row["units_low"]),
        units_high=_number(row["units_high"]),
        units_per_kg_low=_number(row["units_per_kg_low"]),
        units_per_kg_high=_number(row["units_per_kg_high"]),
        sites_low=_whole(row["sites_low"]),
        sites_high=_whole(row["sites_high"]),
        typical=_number(row["typical"]),
        spacing_low_cm=_number(row["spacing_low_cm"]),
        spacing_high_cm=_number(row["spacing_high_cm"]),
        basis=row["basis"],
        verify=_verify(row),
        source=row["source"],
    )


def _child_weight(row: Row) -> ChildWeight:
    return ChildWeight(
        age=int(row["age"]),
        kg_low=Decimal(row["kg_low"]),
        kg_high=Decimal(row["kg_high"]),
        verify=_verify(row),
        source=row["source"],
    )


def _protocol_site(row: Row) -> ProtocolSite:
    return ProtocolSite(
        id=row["id"],
        order=int(row["order"]),
        map=row["map"],
        region=row["region"],
        muscle=row["muscle"],
        side=Side(row["side"]),
        x=Decimal(row["x"]),
        y=Decimal(row["y"]),
        units=_number(row["units"]),
        units_low=_number(row["units_low"]),
        units_high=_number(row["units_high"]),
        depth=row["depth"],
        optional=row["optional"] == "yes",
        mirror=row["mirror"] or None,
        basis=row["basis"],
        verify=_verify(row),
        source=row["source"],
    )


def _muscles(folder: Path) -> Mapping[str, Muscle]:
    names = _grouped(read_rows("muscle_names", folder), "muscle")
    return _by_id(
        (row["id"], _muscle(row, names.get(row["id"], []))) for row in read_rows("muscles", folder)
    )


def _muscle(row: Row, names: list[Row]) -> Muscle:
    return Muscle(
        id=row["id"],
        label=row["label"],
        label_es=row["label_es"],
        latin=row["latin"],
        group=row["group"],
        side_rule=row["side_rule"],
        cpt_group=row["cpt_group"],
        counts_as=row["counts_as"],
        default_depth=row["default_depth"],
        deep=row["deep"] == "yes",
        note=row["note"],
        verify=_verify(row),
        source=row["source"],
        names=tuple(name["name"] for name in names),
    )


def _region(row: Row) -> RegionMuscles:
    return RegionMuscles(
        map=row["map"],
        region=row["region"],
        side=Side(row["side"]),
        muscles=_list(row["muscles"]),
        warn=row["warn"] or None,
        warn_es=row["warn_es"] or None,
    )


def _billing(folder: Path) -> dict[str, Any]:
    """Procedures, codes, scales, payers and their list."""
    levels = _grouped(read_rows("scale_levels", folder), "scale")
    return {
        "procedures": _by_id(
            (row["code"], _procedure(row)) for row in read_rows("procedures", folder)
        ),
        "billed_as": _by_id(
            (
                row["indication"],
                BilledAs(
                    indication=row["indication"],
                    group=row["group"] or None,
                    limb=row["limb"] or None,
                    by_muscle=row["by_muscle"] == "yes",
                    verify=_verify(row),
                    source=row["source"],
                ),
            )
            for row in read_rows("billed_as", folder)
        ),
        "excludes": tuple(
            ExcludedPair(row["code"], row["other"], row["meaning"], _verify(row), row["source"])
            for row in read_rows("excludes", folder)
        ),
        "code_notes": _by_id(
            (
                row["code"],
                CodeNote(
                    code=row["code"],
                    kind=row["kind"],
                    label=row["label"],
                    label_es=row["label_es"],
                    verify=_verify(row),
                    source=row["source"],
                ),
            )
            for row in read_rows("code_notes", folder)
        ),
        "code_sides": _by_id((row["code"], row["side"]) for row in read_rows("code_sides", folder)),
        "scales": _by_id(
            (row["id"], _scale(row, levels[row["id"]])) for row in read_rows("scales", folder)
        ),
        "payers": _by_id((row["id"], _payer(row)) for row in read_rows("payers", folder)),
        "checklist": _by_id(
            (
                row["id"],
                ChecklistItem(
                    id=row["id"],
                    label=row["label"],
                    label_es=row["label_es"],
                    indications=_list(row["indications"]),
                    evidence=Sentence(row["evidence"], row["evidence_es"]),
                    verify=_verify(row),
                    source=row["source"],
                ),
            )
            for row in read_rows("checklist", folder)
        ),
    }


def _procedure(row: Row) -> Procedure:
    return Procedure(
        code=row["code"],
        label=row["label"],
        label_es=row["label_es"],
        group=row["group"],
        least=int(row["least"]) if row["least"] else None,
        most=int(row["most"]) if row["most"] else None,
        role=row["role"],
        both_sides=row["both_sides"] or None,
        one_side=row["one_side"] or None,
        never=_list(row["never"]),
        not_with=_list(row["not_with"]),
        verify=_verify(row),
        source=row["source"],
    )


def _scale(row: Row, levels: list[Row]) -> Scale:
    return Scale(
        id=row["id"],
        label=row["label"],
        label_es=row["label_es"],
        least=_number(row["least"]),
        most=_number(row["most"]),
        step=_number(row["step"]),
        items=int(row["items"] or 0),
        item_values=tuple(int(value) for value in _list(row["item_values"])),
        unit=row["unit"],
        unit_es=row["unit_es"],
        better=row["better"],
        enough=_number(row["enough"]),
        needed_by=row["needed_by"] or None,
        indications=_list(row["indications"]),
        sum_of=_list(row["sum_of"]),
        levels=tuple(
            Level(
                low=level["low"],
                high=level["high"],
                grade=level["level"] or None,
                label=level["label"],
                label_es=level["label_es"],
                verify=_verify(level),
                source=level["source"],
            )
            for level in levels
        ),
        licence=row["licence"],
        verify=_verify(row),
        source=row["source"],
    )


def _payer(row: Row) -> Payer:
    return Payer(
        id=row["id"],
        label=row["label"],
        label_es=row["label_es"],
        as_of=date.fromisoformat(row["as_of"]),
        interval_days=int(row["interval_days"]) if row["interval_days"] else None,
        discarded=row["discarded"] or None,
        none_discarded=row["none_discarded"] or None,
        evidence=_list(row["evidence"]),
        note=row["note"],
        verify=_verify(row),
        source=row["source"],
    )


def _map(row: Row) -> MapText:
    return MapText(
        id=row["id"],
        ref=f"{row['id']}@{row['version']}",
        title=row["title"],
        title_es=row["title_es"],
        tab=row["tab"],
        tab_es=row["tab_es"],
        offered=row.get("offered") != "no",
    )


def _interval(row: Row) -> Interval:
    return Interval(
        product=row["product"],
        indication=row["indication"],
        from_age=_age(row["from_age"]),
        below_age=_age(row["below_age"]),
        days=int(row["days"]),
        severity=row["severity"],
        kind=row["kind"],
        note=row["note"],
        verify=_verify(row),
        source=row["source"],
    )


def _payer_interval(row: Row) -> PayerInterval:
    return PayerInterval(
        payer=row["payer"],
        product=row["product"] or None,
        indication=row["indication"] or None,
        below_age=_age(row["below_age"]),
        days=int(row["days"]),
        verify=_verify(row),
        source=row["source"],
    )


def _question(row: Row) -> Question:
    return Question(
        id=row["id"],
        group=row["group"],
        part_of=row["part_of"] or None,
        text=row["text"],
        text_es=row["text_es"],
        hint=row["hint"],
        hint_es=row["hint_es"],
        answers=_list(row["answers"]),
        products=_list(row["products"]),
        indications=_list(row["indications"]),
        muscles=_list(row["muscles"]),
        sex=row["sex"] or None,
        from_age=_age(row["from_age"]),
        to_age=_age(row["to_age"]),
        when=row["when"],
        verify=_verify(row),
        source=row["source"],
    )


def _age(cell: str) -> int | None:
    return int(cell) if cell else None


def _by_id(pairs: Any) -> Mapping[Any, Any]:
    return MappingProxyType(dict(pairs))


def _grouped(rows: list[Row], column: str) -> Mapping[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)


def _number(cell: str) -> Decimal | None:
    return Decimal(cell) if cell else None


def _whole(cell: str) -> int | None:
    return int(cell) if cell else None


def _verify(row: Row) -> bool:
    return row["verify"] == "yes"
