"""What a tablet reads once and keeps: the catalogue and the drawings, each version for ever."""

from __future__ import annotations

import json
from functools import lru_cache

from flask import Response, abort, current_app, request, url_for
from flask_babel import gettext as _

from app import assets, compression, own_catalogue
from app.clinical.catalogue.tablet import for_tablet
from app.compression import Compressed
from app.errors import answer
from app.treatments import bp
from app.web import Answer, language


@bp.get("/api/catalogue/<version>.json")
def catalogue_json(version: str) -> Answer:
    """What the tablet needs of the catalogue; a version never changes, so it may be kept."""
    if version != own_catalogue.known().version:
        return answer(404, _("This version of the catalogue is no longer served. Reload the page."))
    # The address says the language: a kept answer must not change with who reads it.
    asked = request.args.get("lang", "")
    spoken = asked if asked in current_app.config["LANGUAGES"] else language()
    response = compression.answer(_catalogue_for_tablet(version, spoken), etag=version)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@bp.get("/api/drawings/<ref>.svg", defaults={"kind": "svg"})
@bp.get("/api/drawings/<ref>.json", defaults={"kind": "json"})
def own_drawing(ref: str, kind: str) -> Answer:
    """A released drawing of the clinic's own; a version never changes, so it may be kept."""
    drawing = own_catalogue.known().drawings.get(ref) or abort(404)
    if kind == "svg":
        response = Response(drawing.art, mimetype="image/svg+xml")
    else:
        response = Response(assets.joined(drawing.art, drawing.shapes), mimetype="application/json")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    # Opened by itself it is a picture and nothing else, whatever it should ever hold.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def map_urls() -> dict[str, str]:
    """Where each drawing lies, of the clinic's own every version."""
    own = own_catalogue.known().drawings
    return {
        **{ref: assets.drawing(ref) for ref in assets.drawings()},
        **{ref: url_for("treatments.own_drawing", ref=ref, kind="json") for ref in own},
    }


@lru_cache(maxsize=2)
def _catalogue_for_tablet(version: str, spoken: str) -> Compressed:
    """The clinic's catalogue, which is of this version now."""
    values = for_tablet(own_catalogue.known(), spoken)
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return Compressed(text.encode(), "application/json")
