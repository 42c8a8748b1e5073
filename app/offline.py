"""What a tablet keeps to open a chart while the server is away: a worker, files, an empty page.

Nothing here says anything of a patient, and all of it is anybody's to read. What a chart says lies
on the tablet under its owner's PIN: `static/js/offline/`.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Flask, abort, current_app, render_template, request, url_for
from flask_babel import force_locale
from werkzeug.wrappers import Response

import app as stipple
from app import assets
from app.models import Clinic
from app.models.clinic import LOCK_AFTER_MINUTES
from app.settings import PROJECT
from app.web import clinic

STATIC = PROJECT / "static"
# What a chart and the lock load; the desk's pages are of no use without the server.
FILES = (
    "css/*.css",
    "fonts/*.ttf",
    "icons/favicon.svg",
    "icons/icons.svg",
    "js/appearance.js",
    "js/chart/*.js",
    "js/keyboard-scan.js",
    "js/lock.js",
    "js/offline/*.js",
    "js/pin.js",
    "js/signed-in.js",
)


def init_app(app: Flask) -> None:
    """Serve the worker and its pages."""
    app.add_url_rule("/sw.js", "offline_worker", worker)
    app.add_url_rule("/offline/<spoken>", "offline_page", page)


def files() -> list[str]:
    """The address of every file that a chart may need; its modules as they are written."""
    alone = [
        url_for("static", filename=path.relative_to(STATIC).as_posix()) for path in _kept_files()
    ]
    return [*alone, assets.asset("icons/icons.svg"), *map(assets.drawing, assets.drawings())]


@cache
def version() -> str:
    """Which scripts and pages these are: a chart kept by others is not opened with them."""
    digest = hashlib.sha256(stipple.__version__.encode())
    for path in (*_kept_files(), *sorted((PROJECT / "templates").rglob("*.html"))):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def worker() -> Response:
    """The service worker, with what it keeps. Its bytes change whenever any of that does."""
    pages = {spoken: _page(spoken) for spoken in current_app.config["LANGUAGES"]}
    told = hashlib.sha256((version() + "".join(pages.values())).encode()).hexdigest()[:16]
    kept = {
        "version": told,
        "files": files(),
        "pages": {spoken: url_for("offline_page", spoken=spoken) for spoken in pages},
        "catalogues": url_for("treatments.catalogue_json", version="-").removesuffix("-.json"),
    }
    script = (STATIC / "js" / "worker.js").read_text("utf-8")
    answer = current_app.response_class(
        f"const KEPT = {json.dumps(kept)};\n{script}", mimetype="text/javascript; charset=utf-8"
    )
    answer.set_etag(told)
    return answer.make_conditional(request)


def page(spoken: str) -> str:
    """The page that opens a chart from the tablet. It is empty: the tablet fills it."""
    return _page(spoken) if spoken in current_app.config["LANGUAGES"] else abort(404)


def _page(spoken: str) -> str:
    found: Clinic | None = clinic()
    minutes = found.lock_after_minutes if found else LOCK_AFTER_MINUTES
    with force_locale(spoken):
        return render_template(
            "offline.html", language=spoken, lock_after=minutes * 60, offline_version=version()
        )


def _kept_files() -> list[Path]:
    return sorted(path for pattern in FILES for path in STATIC.glob(pattern))
