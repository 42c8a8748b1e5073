"""What is the same for everybody: scripts, styles, signs and drawings, each under an address that
changes with its content, so that a browser keeps it for good and never shows an old one.

Scripts are written as native modules and styles as one sheet a layer; a page gets them joined,
minified and compressed. That is made when first asked for, and read anew at the next start.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request, url_for

from app import compression
from app.clinical.anatomy import DRAWINGS
from app.compression import Compressed
from app.joining import Joined, join
from app.settings import PROJECT

STATIC = PROJECT / "static"
APPEARANCE = "js/appearance.js"
LATER = "-later"

# What a page runs, in this order, as one file in which each module is there once.
SCRIPTS = {
    "signed-in": ("signed-in.js", "lock.js"),
    "chart": ("signed-in.js", "lock.js", "chart/editor.js"),
    "maps": ("maps/page.js",),
    "addendum": ("signed-in.js", "lock.js", "pin.js", "pad.js", "addendum.js"),
    "unlock": ("pin.js", "offline/unlock.js"),
    "review": ("signed-in.js", "lock.js", "pin.js", "reasons.js", "pad.js"),
}
KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/plain",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
}
# What a page is styled by; the chart goes without the looks of all other pages.
STYLES = {
    "all": frozenset[str](),
    "chart": frozenset({"screens.css", "review.css", "trust.css", "drawing.css"}),
}
FOR_GOOD = "public, max-age=31536000, immutable"
IMPORTED_SHEET = re.compile(r'^@import url\("([\w-]+\.css)"\);\n', re.M)
ART = re.compile(r'<g id="(?:tone|outline|features)".*?</g>', re.S)
# Of a drawing's shapes, what the chart asks; the rest is for who draws the next version.
SHAPES = (
    "ref", "id", "life_size_scale", "midline_x", "viewer_left", "view_box", "outline", "zoom_views",
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Serve what is static by its content, and give pages the names of it."""
    app.view_functions["static"] = serve
    app.jinja_env.globals.update(asset=asset, script=script, styles=styles)


def asset(name: str) -> str:
    """The address of a file in `static`, or of one that is made of several."""
    return url_for("static", filename=name, v=_version(name))


def script(name: str) -> str:
    """The address of what `SCRIPTS` joins under this name, or of one script with its imports."""
    return asset(f"joined/{name}.js")


def styles(name: str) -> str:
    """The address of the style sheets in one, but for those that `STYLES` leaves out."""
    return asset(f"joined/{name}.css")


def drawing(ref: str) -> str:
    """The address of a released drawing as the chart takes it: its art and its shapes in one."""
    return asset(f"joined/{ref}.json")


@cache
def drawings() -> tuple[str, ...]:
    """Every released drawing, older ones too: sites of older sessions lie on them."""
    return tuple(sorted(path.stem for path in DRAWINGS.glob("*.json")))


def for_chart() -> list[str]:
    """Every address that the chart of any session may ask for, without records and catalogue."""
    return [
        styles("chart"),
        asset(APPEARANCE),
        script("chart"),
        script(f"chart{LATER}"),
        asset("icons/icons.svg"),
        *(drawing(ref) for ref in drawings()),
    ]


def serve(filename: str) -> Response:
    """A file of `static` or a joined one; 404 where it is not, or not in that version."""
    asked = request.args.get("v")
    if filename not in _names() or asked not in (None, _version(filename)):
        abort(404)
    response = compression.answer(_content(filename), etag=_version(filename))
    response.headers["Cache-Control"] = FOR_GOOD if asked else "no-cache"
    return response


@cache
def _names() -> frozenset[str]:
    """All that may be asked for."""
    files = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()}
    alone = {path.stem for path in (STATIC / "js").glob("*.js")}
    scripts = {f"joined/{name}.js" for name in alone | set(SCRIPTS)}
    scripts |= {f"joined/{name}{LATER}.js" for name in SCRIPTS}
    sheets = {f"joined/{name}.css" for name in STYLES}
    return frozenset({*files, *scripts, *sheets, *(f"joined/{ref}.json" for ref in drawings())})


@cache
def _version(name: str) -> str:
    if name not in _names():
        raise KeyError(f"there is no {name} to serve")
    if name.startswith("joined/") and name.endswith(".js"):
        return _joined(_script_name(name)).version
    return hashlib.sha256(_source(name)).hexdigest()[:16]


@cache
def _content(name: str) -> Compressed:
    kind = KINDS.get(Path(name).suffix, "application/octet-stream")
    source = _source(name)
    if name.startswith("joined/") or name == APPEARANCE:
        source = minified(source, kind)
    return Compressed(source, f"{kind}; charset=utf-8" if compression.is_text(kind) else kind)


def _source(name: str) -> bytes:
    if not name.startswith("joined/"):
        return (STATIC / name).read_bytes()
    if name.endswith(".json"):
        return _drawing(Path(name).stem).encode()
    if name.endswith(".css"):
        return _sheets(STYLES[Path(name).stem]).encode()
    joined = _joined(_script_name(name))
    return (joined.later if name.endswith(f"{LATER}.js") else joined.first).encode()


def _script_name(name: str) -> str:
    return Path(name).stem.removesuffix(LATER)


@cache
def _joined(name: str) -> Joined:
    entries = SCRIPTS.get(name, (f"{name}.js",))
    return join([STATIC / "js" / entry for entry in entries], name=name)


def _sheets(left_out: frozenset[str]) -> str:
    folder = STATIC / "css"

    def content(found: re.Match[str]) -> str:
        return "" if found[1] in left_out else (folder / found[1]).read_text("utf-8")

    return IMPORTED_SHEET.sub(content, (folder / "app.css").read_text("utf-8"))


def _drawing(ref: str) -> str:
    art, shapes = (DRAWINGS / f"{ref}.{kind}" for kind in ("svg", "json"))
    return joined(art.read_text("utf-8"), shapes.read_text("utf-8"))


def joined(art: str, text: str) -> str:
    """A drawing as the chart takes it, of its SVG and the JSON of its shapes."""
    shapes = json.loads(text)
    kept = {name: shapes[name] for name in SHAPES}
    # What a region of the clinic's own offers stands in it; of the released ones in the catalogue.
    asked = ("id", "polygon", "side", "muscles")
    kept["regions"] = [
        {name: region[name] for name in asked if name in region} for region in shapes["regions"]
    ]
    kept["art"] = "".join(ART.findall(art))
    return json.dumps(kept, separators=(",", ":"))


def minified(source: bytes, kind: str) -> bytes:
    """Without what only a reader needs; where the library has no wheel, as it is."""
    if kind not in ("text/javascript", "text/css"):
        return source
    try:
        import minify
    except ImportError:
        return source
    return minify.string(kind, source.decode()).encode()
