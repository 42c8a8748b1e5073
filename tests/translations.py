"""What the project says to people, gathered for translation.

`python -m tests.translations` brings the translators' file up to date with what the project now
says, and compiles it. A sentence without translation stays empty there; a rule test finds it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import click
from babel import Locale
from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from tests.rules.sources import APP, modules, name_of, templates, tree_of

LANGUAGES = ("es",)
TRANSLATIONS = APP / "translations"

PYTHON = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}

# Sentences kept as constants, which a page translates when it shows them.
CONSTANTS = (APP / "notes/verification.py", APP / "notes/changes.py")


def said() -> Catalog:
    """Every sentence that pages say, with the files they are in.

    Scripts say only what their page hands them in its dictionary, so theirs are among them.
    """
    catalog = Catalog()
    keywords = {**PYTHON, **dict.fromkeys(refusals())}
    for path in modules():
        _gather(catalog, path, "python", keywords)
    for path in templates():
        _gather(catalog, path, "jinja2", PYTHON)
    for path in CONSTANTS:
        for sentence in _constants(path):
            catalog.add(sentence, locations=[(name_of(path), 0)])
    return catalog


def refusals() -> set[str]:
    """The names of all exceptions that are refusals: what they are raised with is a sentence."""
    classes = [
        node
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    ]
    names = {"Refusal"}
    while found := {
        node.name
        for node in classes
        if node.name not in names and {ast.unparse(base) for base in node.bases} & names
    }:
        names |= found
    return names


def po_file(language: str) -> Path:
    """The translators' file."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def translated(language: str) -> Catalog:
    """What the translators' file holds; empty if there is none yet."""
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    # A date would make every compilation another file.
    catalog.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalog


def is_translated(message: Message) -> bool:
    """Whether the sentence, and each of its plurals, is there in the other language."""
    if isinstance(message.string, str):
        return bool(message.string)
    return bool(message.string) and all(message.string)


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as the application reads it."""
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def update() -> None:
    """Bring every file up to date: new sentences empty, those no longer said taken out."""
    for language in LANGUAGES:
        catalog = translated(language)
        catalog.update(said(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        path = po_file(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(_head(language).encode())
            write_po(file, catalog, width=100, omit_header=True, include_lineno=False)
        path.with_suffix(".mo").write_bytes(compiled(translated(language)))
        missing = [m for m in catalog if m.id and not is_translated(m)]
        click.echo(f"{language}: {len(catalog)} sentences, {len(missing)} not translated")


def _head(language: str) -> str:
    """What a translators' file begins with; no dates, so that it changes only with a sentence."""
    return (
        f"# Stipple in {Locale(language).english_name}.\n"
        'msgid ""\n'
        'msgstr ""\n'
        f'"Language: {language}\\n"\n'
        f'"Plural-Forms: {get_plural(language).plural_forms}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )


def _gather(
    catalog: Catalog, path: Path, method: str, keywords: dict[str, tuple[int, ...] | None]
) -> None:
    found = extract_from_file(method, str(path), keywords=keywords, options={"trimmed": "true"})
    for _line, message, _comments, context in found:
        catalog.add(message, locations=[(name_of(path), 0)], context=context)


def _constants(path: Path) -> Iterator[str]:
    for node in tree_of(path).body:
        if not isinstance(node, ast.Assign):
            continue
        if isinstance(node.value, ast.Constant):
            value = node.value.value
            if isinstance(value, str) and " " in value:
                yield value
        elif isinstance(node.value, ast.Dict):
            for each in node.value.values:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield each.value


if __name__ == "__main__":
    update()
