"""Native ES modules joined into one, each run once; the files themselves stay what node imports.

Only what our modules use is understood: named and namespace imports from "./x.js", exports in front
of a declaration, `import("./x.js")`. Everything else is refused with its file and line.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

IMPORT = re.compile(
    r'^import (?:\{(?P<names>[\w\s,]*)\}|\* as (?P<whole>\w+)) from "(?P<path>\.[^"]+)";$', re.M
)
EXPORT = re.compile(r"^export (?=(?:const|class|(?:async )?function\*?) (?P<name>\w+))", re.M)
LAZY = re.compile(r'\bimport\("(?P<path>\.[^"]+)"\)')
ODD = re.compile(r"^(?:import|export)\b.*|\bimport(?: *\(| *\.).*", re.M)
COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?s:.*?)\*/[ \t]*)\n", re.M)
VERSION = "@VERSION@"


class Unjoinable(ValueError):
    """A module is written in a way that joining does not understand."""


class Joined(NamedTuple):
    """What a page runs at once, and what it fetches when first needed, "" if there is none."""

    version: str
    first: str
    later: str


def join(entries: Sequence[Path], *, name: str) -> Joined:
    """The entries in their order, with all they import. What only `import()` finds comes later.

    The two files name each other with the version of both: `./NAME.js?v=…`, `./NAME-later.js?v=…`.
    """
    modules = _Modules()
    for entry in entries:
        modules.read(entry)
    at_once = list(modules.order)
    while modules.wanted:
        modules.read_for(*modules.wanted.pop(0))
    lazily = modules.order[len(at_once) :]
    later_url = f"./{name}-later.js?v={VERSION}"
    first = "".join(modules.text(path, set(at_once), later_url) for path in at_once)
    later = "".join(modules.text(path, set(modules.order), later_url) for path in lazily)
    if lazily:
        shared = ", ".join(modules.name(path) for path in at_once if modules.exports[path])
        first += f"export {{ {shared} }};\n"
        given = ", ".join(modules.name(path) for path in lazily)
        later = (
            f'import {{ {shared} }} from "./{name}.js?v={VERSION}";\n{later}export {{ {given} }};\n'
        )
    version = hashlib.sha256(f"{first}\0{later}".encode()).hexdigest()[:16]
    return Joined(version, first.replace(VERSION, version), later.replace(VERSION, version))


class _Modules:
    """The modules read so far: each after those it imports."""

    def __init__(self) -> None:
        self.order: list[Path] = []
        self.exports: dict[Path, list[str]] = {}
        self.wanted: list[tuple[Path, Path]] = []
        self._sources: dict[Path, str] = {}
        self._under_way: list[Path] = []

    def read(self, path: Path) -> None:
        """Take in a module and what it imports."""
        if path in self.exports:
            return
        if path in self._under_way:
            raise Unjoinable(f"{path.name} imports itself by way of {self._under_way[-1].name}")
        source = _plain(path)
        self._under_way.append(path)
        for found in IMPORT.finditer(source):
            self.read_for(path, _found(path, found["path"]))
        self._under_way.pop()
        self.wanted += [(path, _found(path, found["path"])) for found in LAZY.finditer(source)]
        self._sources[path] = source
        self.exports[path] = [found["name"] for found in EXPORT.finditer(source)]
        self.order.append(path)

    def read_for(self, importer: Path, path: Path) -> None:
        """Take in a module that another one asks for by its exports."""
        self.read(path)
        if not self.exports[path]:
            raise Unjoinable(f"{importer.name} imports {path.name}, which exports nothing")

    def name(self, path: Path) -> str:
        """What a module is called in the joined file."""
        return f"${self.order.index(path)}"

    def text(self, path: Path, here: set[Path], later_url: str) -> str:
        """The module as a function that is run on the spot and answers what it exports."""

        def bound(found: re.Match[str]) -> str:
            other = _found(path, found["path"])
            names = [part.strip() for part in (found["names"] or "").split(",") if part.strip()]
            if missing := {part.split()[0] for part in names} - set(self.exports[other]):
                raise Unjoinable(
                    f"{path.name}: {other.name} exports no {', '.join(sorted(missing))}"
                )
            inside = ", ".join(part.replace(" as ", ": ") for part in names)
            return f"const {found['whole'] or f'{{ {inside} }}'} = {self.name(other)};"

        def fetched(found: re.Match[str]) -> str:
            other = _found(path, found["path"])
            if other in here:
                return f"Promise.resolve({self.name(other)})"
            return f'import("{later_url}").then((parts) => parts.{self.name(other)})'

        source = LAZY.sub(fetched, EXPORT.sub("", IMPORT.sub(bound, self._sources[path])))
        exported = self.exports[path]
        if not exported:
            # Nobody waits for it, so it may wait for something itself.
            return f"(async () => {{\n{source}}})();\n"
        return (
            f"const {self.name(path)} = (() => {{\n{source}"
            f"return {{ {', '.join(exported)} }};\n}})();\n"
        )


def _plain(path: Path) -> str:
    """The source without comments that have a line of their own; refuses what is not understood."""
    raw = path.read_text("utf-8")
    for number, line in enumerate(raw.splitlines(), 1):
        if not line.lstrip().startswith(("//", "*", "/*")) and line.count("`") % 2:
            raise Unjoinable(f"{path.name}:{number}: a template literal goes over several lines")
    source = COMMENT.sub("", raw)
    rest = LAZY.sub("", EXPORT.sub("", IMPORT.sub("", source)))
    if odd := ODD.search(rest):
        raise Unjoinable(f"{path.name}: joining does not understand `{odd[0].strip()}`")
    return source if source.endswith("\n") else f"{source}\n"


def _found(importer: Path, path: str) -> Path:
    found = (importer.parent / path).resolve()
    if not found.is_file():
        raise Unjoinable(f"{importer.name} imports {path}, which is not there")
    return found
