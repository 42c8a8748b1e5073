"""What the pages of a PDF show: their lines, and whether two are drawn alike."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

# A note has a few pages of some 50 kB of drawing. Beyond this nobody reads on.
_MOST_PAGES = 40
_LARGEST_DRAWING = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """The lines that can be read on a page, top down, and what tells its drawing from others."""

    lines: tuple[str, ...]
    drawing: str


def read(pdf: bytes) -> list[Page]:
    """Every page of `pdf`, at most 40; a page whose text cannot be read has no lines.

    Raises pikepdf.PdfError if it is no PDF.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        drawings = [_drawing(page) for page in list(document.pages)[:_MOST_PAGES]]
    lines = _lines(pdf, len(drawings)) if all(drawings) else []
    return [
        Page(lines[at] if at < len(lines) else (), drawing) for at, drawing in enumerate(drawings)
    ]


def _drawing(page: Any) -> str:
    """The SHA-256 of all that is drawn on the page, or "" where that is too much to be a note's."""
    import pikepdf

    digest, size = hashlib.sha256(), 0
    contents = page.obj.get("/Contents", [])
    for stream in [contents] if isinstance(contents, pikepdf.Stream) else list(contents):
        size += len(stream.read_raw_bytes())
        if size > _LARGEST_DRAWING:
            return ""
        drawn = stream.read_bytes()
        size += len(drawn)
        digest.update(drawn)
    for key in ("/Annots", "/Resources", "/MediaBox", "/CropBox", "/Rotate"):
        value = page.obj.get(key)
        held = list(value) if isinstance(value, pikepdf.Array) else [value]
        for each in held:
            shown = each.unparse(resolved=True) if isinstance(each, pikepdf.Object) else each
            digest.update(repr(shown).encode())
    return "" if size > _LARGEST_DRAWING else digest.hexdigest()


def _lines(pdf: bytes, count: int) -> list[tuple[str, ...]]:
    import pypdf

    try:
        document = pypdf.PdfReader(io.BytesIO(pdf))
        texts = [
            page.extract_text(extraction_mode="layout") for page in list(document.pages)[:count]
        ]
    except Exception:  # A hostile page may break the reader anywhere; then it has no lines.
        return []
    return [
        tuple(line for line in (" ".join(each.split()) for each in text.splitlines()) if line)
        for text in texts
    ]
