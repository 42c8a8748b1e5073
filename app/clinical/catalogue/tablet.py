"""What a tablet needs of the catalogue, in one language."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from app.clinical.anatomy import body_map
from app.clinical.catalogue.entries import (
    Catalogue,
    Dilution,
    Indication,
    Product,
    Protocol,
    ProtocolSite,
    is_spanish,
)
from app.clinical.dosing import plain

__all__ = ["SITE_COLUMNS", "for_tablet"]

SITE_COLUMNS = ("id", "map", "x", "y", "muscle", "side", "units", "depth", "optional")


def for_tablet(catalogue: Catalogue, language: str) -> dict[str, Any]:
    """The catalogue as JSON values; units, mL and coordinates are text."""
    spanish = is_spanish(language)
    return {
        "version": catalogue.version,
        "language": "es" if spanish else "en",
        "muscles": {
            muscle.id: {
                "label": muscle.label_in(language),
                "side_rule": muscle.side_rule,
                "depth": muscle.default_depth,
                # What a line that is typed or dictated may call it besides.
                "names": [muscle.label if spanish else muscle.label_es, *muscle.names],
            }
            for muscle in catalogue.muscles.values()
        },
        "regions": _regions(catalogue, spanish),
        "maps": _maps(catalogue, spanish),
        "products": {
            product.id: _product(product)
            for product in catalogue.products.values()
            if product.therapeutic
        },
        "indications": {
            indication.id: _indication(catalogue, indication, language)
            for indication in catalogue.indications.values()
        },
        "site_columns": list(SITE_COLUMNS),
        "protocols": {
            protocol.id: _protocol(protocol, spanish) for protocol in catalogue.protocols.values()
        },
        "adverse_events": {
            kind.id: kind.label_in(language) for kind in catalogue.adverse_events.values()
        },
        "needles": {each.id: each.label_in(language) for each in catalogue.needles.values()},
        "diluents": {id: catalogue.diluent_label(id, language) for id in catalogue.diluents},
    }


def _regions(catalogue: Catalogue, spanish: bool) -> dict[str, Any]:
    found: dict[str, Any] = {id: {} for id in catalogue.maps}
    for entry in catalogue.region_muscles.values():
        found[entry.map][entry.region] = {
            "side": entry.side.value,
            "muscles": list(entry.muscles),
            "warn": entry.warn_es if spanish else entry.warn,
        }
    return found


def _maps(catalogue: Catalogue, spanish: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in catalogue.maps.values():
        drawing = body_map(entry.ref, catalogue)
        found[entry.id] = {
            "ref": entry.ref,
            "title": entry.title_es if spanish else entry.title,
            "tab": entry.tab_es if spanish else entry.tab,
            "view_box": list(drawing.view_box),
            "life_size_scale": drawing.life_size_scale,
            "midline_x": drawing.midline_x,
            "viewer_left": drawing.viewer_left.value,
            "zoom_views": {name: list(box) for name, box in drawing.zoom_views.items()},
        }
        if not entry.offered:
            found[entry.id]["retired"] = True
    return found


def _product(product: Product) -> dict[str, Any]:
    hours = product.after_mixing_hours
    return {
        "generic": product.generic,
        "ready_made": product.ready_made,
        "after_mixing_hours": None if hours is None else plain(hours),
        "steps": _texts(product.unit_steps),
        "sizes": [
            {"units": plain(size.units), "ndc": size.ndc, "verify": size.verify}
            for size in product.sizes
        ],
        "dilutions": [_dilution(entry) for entry in product.dilutions],
    }


def _dilution(entry: Dilution) -> dict[str, Any]:
    return {
        "vial_units": plain(entry.vial_units),
        "diluent_ml": plain(entry.diluent_ml),
        "verify": entry.verify,
    }


def _indication(catalogue: Catalogue, indication: Indication, language: str) -> dict[str, Any]:
    spanish = is_spanish(language)
    return {
        "label": indication.label_in(language),
        "codes": [
            {"code": code.code, "label": code.description_es if spanish else code.description}
            for code in indication.codes
        ],
        "maps": list(indication.maps),
        "muscles": list(indication.muscles),
        "technique": [
            {"topic": line.topic, "text": line.in_language(language), "verify": line.verify}
            for line in catalogue.technique.get(indication.id, ())
        ],
        "protocols": list(indication.protocols),
        "default_protocol": indication.default_protocol,
        "usual_product": indication.usual_product,
        "guided": indication.guided,
        "depth": indication.depth,
        "brush_units": plain(indication.brush_units),
        # Units belong to a product: another product's brush starts at another number.
        "brushes": {
            brush.product: {"units": plain(brush.units), "steps": _texts(brush.steps)}
            for brush in indication.brushes
        },
        # Likeliest first: what a vial of this size is usually mixed with for this use.
        "dilutions": [
            {"product": entry.product, **_dilution(entry)} for entry in indication.usual_dilutions
        ],
    }


def _protocol(protocol: Protocol, spanish: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "title": protocol.title_es if spanish else protocol.title,
        "short": protocol.short_es if spanish else protocol.short,
        "indication": protocol.indication,
        "product": protocol.product,
        "verify": protocol.verify,
        # One row a site, in the order of SITE_COLUMNS: most of what a tablet is sent is this.
        "sites": [_site(site) for site in protocol.sites],
    }
    if not protocol.per_limb:
        said["note"] = protocol.note_es if spanish else protocol.note
    else:
        said |= {"per_limb": True, "ages": protocol.ages, "muscle": protocol.muscle}
        said |= {"from_age": protocol.from_age, "to_age": protocol.to_age}
    if protocol.units_low is not None and protocol.units_high is not None:
        said["range"] = _texts((protocol.units_low, protocol.units_high))
    if protocol.units_per_kg_low is not None and protocol.units_per_kg_high is not None:
        said["per_kg"] = _texts((protocol.units_per_kg_low, protocol.units_per_kg_high))
    if protocol.add_on_to is not None:
        said["add_on_to"] = protocol.add_on_to
    if protocol.verified_by:
        said["verified"] = protocol.verified_by
    if protocol.is_own:
        said["own"] = protocol.version
    return said


def _site(site: ProtocolSite) -> list[Any]:
    return [
        site.id,
        site.map,
        f"{site.x:.2f}",
        f"{site.y:.2f}",
        site.muscle,
        site.side.value,
        None if site.units is None else plain(site.units),
        site.depth,
        1 if site.optional else 0,
    ]


def _texts(amounts: Iterable[Decimal]) -> list[str]:
    return [plain(amount) for amount in amounts]
