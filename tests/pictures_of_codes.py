"""Photographs of codes, as a tablet would take them: drawn here, for nobody's vial."""

from __future__ import annotations

from io import BytesIO

import zxingcpp
from PIL import Image

DESK = (900, 700)


def photograph(*codes: str, kind: str = "PNG", size: tuple[int, int] = DESK) -> bytes:
    """A picture on which GS1 DataMatrix codes lie side by side; brackets name their elements."""
    picture = Image.new("L", size, 210)
    for at, code in enumerate(codes):
        drawn = zxingcpp.write_barcode_to_image(
            zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.DataMatrix, gs1=True), scale=6
        )
        height, width = drawn.shape
        picture.paste(
            Image.frombytes("L", (width, height), bytes(memoryview(drawn))), (80 + at * 300, 90)
        )
    file = BytesIO()
    picture.save(file, kind)
    return file.getvalue()
