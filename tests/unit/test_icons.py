"""What a tablet's home screen shows is the mark, and every file that is named is there."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader
from PIL import Image, ImageChops

from tests import icons
from tests.rules.sources import STATIC, TEMPLATES

DRAWN = dict(icons.pictures())


@pytest.mark.parametrize("name", DRAWN)
def test_the_committed_picture_is_what_the_mark_says(name: str) -> None:
    kept = picture(icons.ICONS / name)
    drawn = DRAWN[name]()

    assert kept.size == drawn.size
    mode = "RGBA" if "A" in drawn.mode else "RGB"
    difference = ImageChops.difference(kept.convert(mode), drawn.convert(mode))
    # Another version of the library may round otherwise.
    assert max(high for _, high in difference.getextrema()) <= 8


def test_no_other_picture_lies_there() -> None:
    kept = {path.relative_to(icons.ICONS).as_posix() for path in icons.ICONS.rglob("*.png")}

    assert kept == set(DRAWN)


def test_the_manifest_names_icons_of_the_size_it_says() -> None:
    manifest = json.loads((STATIC / "manifest.webmanifest").read_text("utf-8"))

    for icon in manifest["icons"]:
        image = picture(STATIC / icon["src"].removeprefix("/static/"))
        assert "x".join(map(str, image.size)) == icon["sizes"]
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}


def test_the_mark_keeps_within_what_a_round_icon_shows() -> None:
    image = picture(icons.ICONS / "icon-maskable-512.png").convert("L")
    ground = image.getpixel((0, 0))
    assert isinstance(ground, int)

    marked = image.point([255 if abs(level - ground) > 40 else 0 for level in range(256)])
    left, top, right, bottom = marked.getbbox() or (0, 0, 0, 0)

    middle, reach = 256, 0.4 * 512
    corners = [(x, y) for x in (left, right) for y in (top, bottom)]
    assert all(((x - middle) ** 2 + (y - middle) ** 2) ** 0.5 <= reach for x, y in corners)


def test_every_splash_is_named_for_its_screen() -> None:
    macros = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    macros.globals["url_for"] = lambda _, filename: f"/static/{filename}"
    links = str(macros.get_template("_macros/webapp.html").module.splash())  # type: ignore[attr-defined]

    named = re.findall(
        r"\(device-width: (\d+)px\) and \(device-height: (\d+)px\).*?\(orientation: (\w+)\)"
        r".*?: (\w+)\)\" href=\"/static/icons/([^\"]+)\"",
        links,
    )

    assert len(named) == len({file for *_, file in named}) == len(icons.IPADS) * 4
    for width, height, way, theme, file in named:
        across, down = (width, height) if way == "portrait" else (height, width)
        image = picture(icons.ICONS / file)
        assert file == icons.splash_name(int(across), int(down), theme)
        assert image.size == (2 * int(across), 2 * int(down))


def test_the_bar_has_the_colour_of_the_pages() -> None:
    tokens = (STATIC / "css/tokens.css").read_text("utf-8")
    bar = (TEMPLATES / "_macros/webapp.html").read_text("utf-8")
    manifest = json.loads((STATIC / "manifest.webmanifest").read_text("utf-8"))

    light, dark = re.search(
        r"--surface:\s+light-dark\(var\((\S+)\), var\((\S+)\)\)", tokens
    ).groups()  # type: ignore[union-attr]
    shown = dict(re.findall(r"\(prefers-color-scheme: (light|dark)\)\" content=\"(#\w+)\"", bar))

    assert shown == {"light": value_of(light, tokens), "dark": value_of(dark, tokens)}
    assert manifest["theme_color"] == shown["light"]
    assert icons.SPLASH_COLOURS["light"] == (
        value_of("--ink-50", tokens),
        value_of("--ink-900", tokens),
    )
    assert icons.SPLASH_COLOURS["dark"] == (
        value_of("--ink-950", tokens),
        value_of("--ink-50", tokens),
    )


def value_of(token: str, tokens: str) -> str:
    return re.search(rf"{token}:\s*(#\w+)", tokens)[1]  # type: ignore[index]


def picture(path: Path) -> Image.Image:
    return Image.open(BytesIO(path.read_bytes()))
