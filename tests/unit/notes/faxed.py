"""Reading a page back from its picture, as whoever holds a fax of it does: sign by sign.

Where each sign stands is taken from the file; what it is, from the dots alone. The dots are laid
beside the outline of every digit and letter of the typeface, and the nearest is what is read.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pymupdf
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from app.notes.paper import FONTS
from tests.unit.notes.printed import bits_of

SIGNS = string.digits + string.ascii_letters
# Of the size: how far a sign reaches over and under its line. What is ruled lies beyond.
OVER, UNDER = 0.79, 0.2
FINER = 8  # steps of a dot


class Sign(NamedTuple):
    """One sign of a page: what it is, and where it stands in points from the upper left."""

    said: str
    font: str
    size: float
    x: float
    baseline: float
    width: float


class Read(NamedTuple):
    """How far off each sign of the typeface is from the dots, in parts of the right one's ink."""

    sign: Sign
    off: Mapping[str, float]

    @property
    def seen(self) -> str:
        """What is read: the nearest."""
        return min(self.off, key=self.off.__getitem__)

    def further(self, others: str) -> float:
        """By how much more than the right one the nearest of the others is off."""
        return min(self.off[each] for each in others) - self.off[self.sign.said]

    @property
    def margin(self) -> float:
        """By how much more than the right one the nearest of all others is off."""
        return self.further(SIGNS.replace(self.sign.said, ""))


def signs_of(pdf: bytes, page: int = 0) -> Iterator[Sign]:
    """Every digit and letter in black on a page, in the order of the file."""
    with pymupdf.open(stream=pdf) as document:
        found = document[page].get_text("rawdict")
    for block in found["blocks"]:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                for each in span["chars"]:
                    if span["color"] == 0 and each["c"] in SIGNS:
                        left, _, right, _ = each["bbox"]
                        x, baseline = each["origin"]
                        font = span["font"].partition("+")[2] or span["font"]
                        yield Sign(each["c"], font, span["size"], x, baseline, right - left)


def read_back(
    pdf: bytes,
    signs: list[Sign],
    tmp_path: Path,
    dpi: int,
    fonts: Mapping[str, Path] | None = None,
) -> list[Read]:
    """The signs, read from a picture of black and white dots of the first page."""
    raster = bits_of(pdf, tmp_path, dpi)
    picture = Image.frombytes("L", (raster.width, raster.height), raster.pixels)
    return [_read(picture, sign, dpi / 72, fonts or {}) for sign in signs]


def _read(picture: Image.Image, sign: Sign, dots: float, fonts: Mapping[str, Path]) -> Read:
    wide, high = round(sign.width * dots), round((OVER + UNDER) * sign.size * dots)
    left, top = round(sign.x * dots), round((sign.baseline - OVER * sign.size) * dots)
    # A printer has whole dots: each sign stands up to one off, to any side.
    around = picture.crop((left - 1, top - 1, left + wide + 1, top + high + 1))
    file = fonts.get(sign.font) or FONTS / f"{sign.font}.ttf"
    size = round(sign.size * dots * FINER)
    off = _off(around.tobytes(), (wide, high), file, size)
    ink = _ink(_outline(file, sign.said, size, (wide, high))[0])
    return Read(sign, {each: dots / ink for each, dots in off.items()})


@cache
def _off(around: bytes, dots: tuple[int, int], file: Path, size: int) -> dict[str, float]:
    """How much ink each sign has where the dots have none, and the other way round."""
    wide, high = dots
    picture = Image.frombytes("L", (wide + 2, high + 2), around)
    seen = [picture.crop((x, y, x + wide, y + high)) for x in range(3) for y in range(3)]
    off = {}
    for sign in SIGNS:
        whole, outline = _outline(file, sign, size, dots)
        beside = _ink(whole) - _ink(outline)  # What the sign would have where nothing is looked at.
        off[sign] = beside + min(_sum(ImageChops.difference(one, outline)) for one in seen)
    return off


def _ink(picture: Image.Image) -> float:
    return _sum(ImageChops.invert(picture))


def _sum(picture: Image.Image) -> float:
    return float(ImageStat.Stat(picture).sum[0])


@cache
def _outline(
    file: Path, sign: str, size: int, dots: tuple[int, int]
) -> tuple[Image.Image, Image.Image]:
    """How much of each dot a sign covers, from its outline in the typeface: all of it, and what of
    it lies within so many dots."""
    wide, high = dots
    fine = Image.new("L", (2 * size // FINER * FINER, high * FINER), 255)
    place = (0, round(OVER * size))
    ImageDraw.Draw(fine).text(place, sign, font=_font(file, size), fill=0, anchor="ls")
    whole = fine.resize((fine.width // FINER, high), Image.Resampling.BOX)
    return whole, whole.crop((0, 0, wide, high))


@cache
def _font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), size)
