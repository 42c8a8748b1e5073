"""The pictures by which a tablet shows Stipple: home-screen icons and the first picture at start.

`python -m tests.icons` draws them into `static/icons` from the mark in `templates/_macros`. A test
fails when they are not what the mark says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from PIL import Image, ImageDraw

from tests.rules.sources import STATIC, TEMPLATES

ICONS = STATIC / "icons"

# Drawn this much larger and made smaller, so that edges are smooth.
FINENESS = 4
# The mark's own square, in which its circles stand.
MARK = 22.0

# An icon is the accent with a white mark; a splash is the page's ground with the mark in ink.
# The colours are those of static/css/tokens.css: teal-600, ink-0; page and site-ink of each theme.
ICON_COLOURS = ("#0e6970", "#ffffff")
SPLASH_COLOURS = {"light": ("#f6f6f4", "#191c20"), "dark": ("#101317", "#f6f6f4")}


class Icon(NamedTuple):
    """One square picture; `fills` is how much of it the mark takes."""

    name: str
    size: int
    fills: float
    corners: float = 0.0


ICON_FILES = (
    Icon("icon-192.png", 192, 0.66, corners=0.22),
    Icon("icon-512.png", 512, 0.66, corners=0.22),
    # What lies outside the inner four fifths may be cut off.
    Icon("icon-maskable-512.png", 512, 0.5),
    # iPad rounds the corners itself.
    Icon("apple-touch-icon.png", 180, 0.62),
)

# iPads in points, standing; each has two pixels a point.
IPADS = ((744, 1133), (768, 1024), (810, 1080), (820, 1180), (834, 1112), (834, 1194), (1024, 1366))


def circles() -> list[tuple[float, float, float]]:
    """The mark: x, y and radius of each dot."""
    macro = (TEMPLATES / "_macros/icons.html").read_text("utf-8")
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"/>', macro)
    return [(float(x), float(y), float(r)) for x, y, r in found]


def pictures() -> Iterator[tuple[str, Callable[[], Image.Image]]]:
    """Every file, and what draws it."""
    for icon in ICON_FILES:
        yield icon.name, partial(_icon, icon)
    for width, height in IPADS:
        for theme in SPLASH_COLOURS:
            for across, down in ((width, height), (height, width)):
                yield (
                    splash_name(across, down, theme),
                    partial(_splash, across * 2, down * 2, theme),
                )


def splash_name(width: int, height: int, theme: str) -> str:
    """The file of one splash: splash/820x1180-dark.png."""
    return f"splash/{width}x{height}-{theme}.png"


def _icon(icon: Icon) -> Image.Image:
    ground, ink = ICON_COLOURS
    size = icon.size * FINENESS
    image = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, size - 1, size - 1), icon.corners * size, fill=ground)
    _mark(draw, (size / 2, size / 2), icon.fills * size, ink)
    small = image.resize((icon.size, icon.size), Image.Resampling.LANCZOS)
    # Without corners nothing shows through, and an iPad would show black behind what does.
    return small if icon.corners else small.convert("RGB")


def _splash(width: int, height: int, theme: str) -> Image.Image:
    ground, ink = SPLASH_COLOURS[theme]
    side = 192
    mark = Image.new("RGB", (side * FINENESS, side * FINENESS), ground)
    _mark(ImageDraw.Draw(mark), (mark.width / 2, mark.height / 2), mark.width * 0.9, ink)
    small = mark.resize((side, side), Image.Resampling.LANCZOS)
    few = small.quantize(16, dither=Image.Dither.NONE)
    image = Image.new("P", (width, height), few.getpixel((0, 0)))
    image.putpalette(few.getpalette() or [])
    image.paste(few, ((width - side) // 2, (height - side) // 2))
    return image


def _mark(
    draw: ImageDraw.ImageDraw, middle: tuple[float, float], width: float, colour: str
) -> None:
    dots = circles()
    left, right = min(x - r for x, _, r in dots), max(x + r for x, _, r in dots)
    top, bottom = min(y - r for _, y, r in dots), max(y + r for _, y, r in dots)
    scale = width / MARK
    x0 = middle[0] - (left + right) / 2 * scale
    y0 = middle[1] - (top + bottom) / 2 * scale
    for x, y, r in dots:
        draw.ellipse(
            (
                x0 + (x - r) * scale,
                y0 + (y - r) * scale,
                x0 + (x + r) * scale,
                y0 + (y + r) * scale,
            ),
            fill=colour,
        )


if __name__ == "__main__":
    for name, draw in pictures():
        draw().save(ICONS / name, "PNG", optimize=True)
