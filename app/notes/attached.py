"""What is attached to a PDF: the record a note was laid out from, and what joins it."""

from __future__ import annotations

import io
import json
from typing import Any

RECORD = "record.json"

# A note's record is some 40 kB. What is larger is no part of a note.
LARGEST = 8 * 1024 * 1024


def attachments(pdf: bytes) -> dict[str, bytes]:
    """Every file attached to `pdf` by its name; one that cannot be read is left out."""
    import pikepdf

    found = {}
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for name, attached in document.attachments.items():
            try:
                content = attached.get_file()
                size = int(content.obj.get("/Length", 0))
                if size <= LARGEST:
                    found[name] = content.read_bytes()
            except (pikepdf.PdfError, ValueError, KeyError):
                continue
    return found


def parsed(content: bytes | None) -> dict[str, Any] | None:
    """The record in these bytes, or None where they are none."""
    if content is None:
        return None
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
