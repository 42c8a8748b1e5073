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
    is_spanish,
)
from app.clinical.dosing import plain

__all__ = ["for_tablet"]


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
            indication.id: _indication(indication, language)
            for indication in catalogue.indications.values()
        },
        "protocols": {
            protocol.id: _protocol(protocol, spanish) for protocol in catalogue.protocols.values()
        },
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
        drawing = body_map(entry.ref)
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


def _indication(indication: Indication, language: str) -> dict[str, Any]:
    spanish = is_spanish(language)
    return {
        "label": indication.label_in(language),
        "codes": [
            {"code": code.code, "label": code.description_es if spanish else code.description}
            for code in indication.codes
        ],
        "maps": list(indication.maps),
        "muscles": list(indication.muscles),
        "protocols": list(indication.protocols),
        "default_protocol": indication.default_protocol,
        "usual_product": indication.usual_product,
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
    return {
        "title": protocol.title_es if spanish else protocol.title,
        "short": protocol.short_es if spanish else protocol.short,
        "indication": protocol.indication,
        "product": protocol.product,
        "verify": protocol.verify,
        "note": protocol.note_es if spanish else protocol.note,
        "sites": [
            {
                "id": site.id,
                "map": site.map,
                "x": f"{site.x:.2f}",
                "y": f"{site.y:.2f}",
                "muscle": site.muscle,
                "side": site.side.value,
                "units": plain(site.units),
                "depth": site.depth,
                "mirror": site.mirror,
            }
            for site in protocol.sites
        ],
    }


def _texts(amounts: Iterable[Decimal]) -> list[str]:
    return [plain(amount) for amount in amounts]
