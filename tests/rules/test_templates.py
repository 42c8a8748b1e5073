"""Templates compile, hold nothing dead, nothing inline, and no word that is not translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, nodes

from app import create_app
from tests.databases import configuration
from tests.rules.sources import APP, TEMPLATES, modules, templates

# The same in every language: the name, units, signs, and what stands on a label or a keyboard.
UNTRANSLATED = {"Stipple", "U", "mL", "kg", "lb", "PIN", "PDF", "SHA", "R", "L", "A4", "NDC"}
SPOKEN = {"alt", "aria-label", "aria-description", "placeholder", "title", "label"}
SILENT = {"script", "style", "code", "kbd"}
# Words with blanks between them that begin with a capital letter.
SENTENCE = re.compile(r"[A-Z][^\W\d_]*[ ,.]+[^\W\d_]+")
TRANSLATORS = {"_", "gettext", "ngettext", "pgettext"}

PARAMETERS = {"ids": lambda path: path.relative_to(TEMPLATES).as_posix()}

environment = Environment(
    loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"]
)


def parsed(path: Path) -> nodes.Template:
    environment.filters = _Anything()
    environment.tests = _Anything()
    return environment.parse(path.read_text("utf-8"), filename=str(path))


class _Anything(dict):  # type: ignore[type-arg]
    """Filters and tests that the app adds are known to the app alone."""

    def __contains__(self, key: object) -> bool:
        return True


def test_every_template_compiles(tmp_path: Path) -> None:
    app = create_app(configuration(tmp_path))

    for path in templates():
        assert app.jinja_env.get_template(path.relative_to(TEMPLATES).as_posix())


@pytest.mark.parametrize("path", templates(), **PARAMETERS)
def test_a_template_imports_nothing_that_it_does_not_use(path: Path) -> None:
    tree = parsed(path)
    imported = {
        name if isinstance(name, str) else name[1]
        for node in tree.find_all(nodes.FromImport)
        for name in node.names
    } | {node.target for node in tree.find_all(nodes.Import)}

    used = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}

    assert imported - used == set()


def test_every_template_is_shown_included_or_imported() -> None:
    code = "".join(path.read_text("utf-8") for path in modules(APP))
    markup = "".join(path.read_text("utf-8") for path in templates())

    forgotten = [
        name
        for name in (path.relative_to(TEMPLATES).as_posix() for path in templates())
        if f'"{name}"' not in code + markup
    ]

    assert not forgotten


def test_every_macro_is_used() -> None:
    markup = "".join(path.read_text("utf-8") for path in templates())

    forgotten = [
        node.name
        for path in templates()
        for node in parsed(path).find_all(nodes.Macro)
        if len(re.findall(rf"\b{node.name}\b", markup)) < 2
    ]

    assert not forgotten


@pytest.mark.parametrize("path", templates(), **PARAMETERS)
def test_a_template_holds_no_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text("utf-8")

    inline = re.findall(
        r"<script(?![^>]*(?:\bsrc=|type=\"application/json\"))[^>]*>"
        r"|<style\b|\sstyle=|\son[a-z]+=|javascript:|<[^>]*\|\s*safe",
        text,
    )

    assert inline == []


@pytest.mark.parametrize("path", templates(), **PARAMETERS)
def test_a_template_says_no_word_that_is_not_translated(path: Path) -> None:
    reader = _Reader()
    reader.feed("".join(_markup(parsed(path))))
    reader.close()

    said = [text for text in [*reader.said, *_arguments(parsed(path))] if _untranslated(text)]

    assert said == []


def _untranslated(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text)
    return bool(set(words) - UNTRANSLATED)


def _markup(node: nodes.Node) -> Iterator[str]:
    """The template's own text in its order; what an expression writes is one blank."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Expr):
        yield " "
    else:
        for child in node.iter_child_nodes():
            yield from _markup(child)


def _arguments(tree: nodes.Template) -> Iterator[str]:
    """Sentences that stand as plain text in an expression and nowhere inside `_()`."""
    translated = {
        constant.value
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in TRANSLATORS
        for constant in call.find_all(nodes.Const)
    }
    for constant in tree.find_all(nodes.Const):
        if constant.value not in translated and SENTENCE.match(str(constant.value)):
            yield constant.value


class _Reader(HTMLParser):
    """Collects what a reader would see or hear."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        kind = dict(attrs).get("type")
        for name, value in attrs:
            if name in SPOKEN or (name == "value" and kind in ("submit", "button", "reset")):
                self.said.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)
