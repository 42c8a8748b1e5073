"""What a forger can do to a signed note without its key."""

from __future__ import annotations

import io
from typing import Any

from app.notes import record
from app.notes.record import Record


def revision(signed: bytes, *, words: bytes = b"", attached: Record | None = None) -> bytes:
    """The signed note with a revision behind it: words over its first page, another record."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer: Any = IncrementalPdfFileWriter(io.BytesIO(signed))
    if words:
        drawn = generic.StreamObject(
            stream_data=b"BT /F1+0 20 Tf 100 400 Td (" + words + b") Tj ET"
        )
        writer.add_stream_to_page(0, writer.add_object(drawn))
    if attached is not None:
        names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
        reference = names[1]["/EF"].raw_get("/F")
        held = reference.get_object()
        held._data = record.canonical(attached)
        held._encoded_data = None
        for key in ("/Filter", "/DecodeParms"):
            held.pop(key, None)
        writer.mark_update(reference)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def without_attachment(signed: bytes) -> bytes:
    """The signed note with a revision behind it that no longer names its record."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer: Any = IncrementalPdfFileWriter(io.BytesIO(signed))
    for key in ("/Names", "/AF"):
        writer.root.pop(key, None)
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def flipped(pdf: bytes, place: int, bit: int) -> bytes:
    """One bit changed."""
    changed = bytearray(pdf)
    changed[place] ^= 1 << bit
    return bytes(changed)
