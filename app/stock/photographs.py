"""The code on a photograph of a vial or its carton; the picture stays in memory and is dropped."""

from __future__ import annotations

from io import BytesIO

from app.clinical.errors import Refusal

# A tablet's camera makes some 12 million points; more is no photograph of a vial.
MOST_POINTS = 50_000_000
# Enough to find a code of a few millimetres, and quick to search.
LONGEST_EDGE = 2400


class NoCode(Refusal):
    """The picture shows no code that can be read, or more than one."""


def code_on(picture: bytes) -> str:
    """What the code on a picture says, its separators kept. Raises NoCode."""
    # Paid for at first use, not at start.
    import zxingcpp
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(picture), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MOST_POINTS:
                raise NoCode(
                    "The picture is larger than a photograph. Take it with the tablet’s camera."
                )
            image.draft("L", (LONGEST_EDGE, LONGEST_EDGE))
            grey = ImageOps.exif_transpose(image).convert("L")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise NoCode(
            "This is no picture that can be read. Take a photograph, or type lot and expiry."
        ) from None
    grey.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    found = zxingcpp.read_barcodes(grey, text_mode=zxingcpp.TextMode.Plain)
    codes = {each.text for each in found if each.content_type == zxingcpp.ContentType.GS1}
    codes = codes or {each.text for each in found}
    if len(codes) > 1:
        raise NoCode("More than one code is on the picture. Take it again with one of them.")
    if not codes:
        raise NoCode(
            "No code was found on the picture. Go nearer, hold still, and let it be light; or"
            " type lot and expiry."
        )
    return codes.pop()
