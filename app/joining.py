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
    modules.check_names()
    later_url = f"./{name}-later.js?v={VERSION}"
    first = "".join(modules.text(path, at_once, later_url) for path in at_once)
    later = ""
    if lazily:
        shared = modules.used_by(lazily, of=at_once)
        body = "".join(modules.text(path, modules.order, later_url) for path in lazily)
        given = ", ".join(modules.whole(path) for path in lazily if path in modules.wholes)
        first = f"export const $ = (() => {{\n{first}return {{ {shared} }};\n}})();\n"
        later = (
            f'import {{ $ as first }} from "./{name}.js?v={VERSION}";\n'
            f"export const $ = (() => {{\nconst {{ {shared} }} = first;\n{body}"
            f"return {{ {given} }};\n}})();\n"
        )
    else:
        first = f"(() => {{\n{first}}})();\n"
    version = hashlib.sha256(f"{first}\0{later}".encode()).hexdigest()[:16]
    return Joined(version, first.replace(VERSION, version), later.replace(VERSION, version))


class _Modules:
    """The modules read so far, each after those it imports.

    Joined, each is a function that is run on the spot. What it exports are constants around them
    all, so an import costs nothing; that asks for names that are there once.
    """

    def __init__(self) -> None:
        self.order: list[Path] = []
        self.exports: dict[Path, list[str]] = {}
        self.wanted: list[tuple[Path, Path]] = []
        self._sources: dict[Path, str] = {}
        self._under_way: list[Path] = []
        # What somebody asks for as a whole, and which names somebody calls otherwise.
        self.wholes: set[Path] = set()
        self._called: set[str] = set()

    def read(self, path: Path) -> None:
        """Take in a module and what it imports."""
        if path in self.exports:
            return
        if path in self._under_way:
            raise Unjoinable(f"{path.name} imports itself by way of {self._under_way[-1].name}")
        source = _plain(path)
        self._under_way.append(path)
        for found in IMPORT.finditer(source):
            self._import(path, found)
        self._under_way.pop()
        self.wanted += [(path, _found(path, found["path"])) for found in LAZY.finditer(source)]
        self._sources[path] = source
        self.exports[path] = [found["name"] for found in EXPORT.finditer(source)]
        self.order.append(path)

    def read_for(self, importer: Path, path: Path) -> None:
        """Take in a module that `import()` asks for."""
        self.read(path)
        self.wholes.add(path)
        if not self.exports[path]:
            raise Unjoinable(f"{importer.name} imports {path.name}, which exports nothing")

    def _import(self, importer: Path, found: re.Match[str]) -> None:
        path = _found(importer, found["path"])
        self.read(path)
        if found["whole"]:
            self.wholes.add(path)
        names = _names(found)
        if missing := sorted(set(names) - set(self.exports[path])):
            raise Unjoinable(f"{importer.name}: {path.name} exports no {', '.join(missing)}")
        self._called |= {name for name, called in names.items() if name != called}

    def check_names(self) -> None:
        """Refuse two modules that export the same name."""
        owner: dict[str, Path] = {}
        for path in self.order:
            for name in self.exports[path]:
                if name in owner:
                    raise Unjoinable(f"{owner[name].name} and {path.name} both export {name}")
                owner[name] = path

    def whole(self, path: Path) -> str:
        """The constant that holds all that a module exports."""
        return f"${self.order.index(path)}"

    def used_by(self, importers: Sequence[Path], *, of: Sequence[Path]) -> str:
        """The constants of the modules `of` that these importers use, as one list."""
        used = set()
        for importer in importers:
            for found in IMPORT.finditer(self._sources[importer]):
                path = _found(importer, found["path"])
                if path in of:
                    renamed = {
                        f"${name}" for name, called in _names(found).items() if name != called
                    }
                    used |= {self.whole(path)} if found["whole"] else {*_names(found)} | renamed
            for found in LAZY.finditer(self._sources[importer]):
                path = _found(importer, found["path"])
                used |= {self.whole(path)} if path in of else set()
        return ", ".join(sorted(used))

    def text(self, path: Path, here: Sequence[Path], later_url: str) -> str:
        """The module as it stands in the joined file."""

        def bound(found: re.Match[str]) -> str:
            if found["whole"]:
                return f"const {found['whole']} = {self.whole(_found(path, found['path']))};"
            names = _names(found).items()
            return " ".join(
                f"const {called} = ${name};" for name, called in names if name != called
            )

        def fetched(found: re.Match[str]) -> str:
            other = _found(path, found["path"])
            if other in here:
                return f"Promise.resolve({self.whole(other)})"
            return f'import("{later_url}").then((parts) => parts.$.{self.whole(other)})'

        source = LAZY.sub(fetched, EXPORT.sub("", IMPORT.sub(bound, self._sources[path])))
        names = ", ".join(self.exports[path])
        if not names:
            # Nobody waits for it, so it may wait for something itself.
            return f"(async () => {{\n{source}}})();\n"
        lines = [f"const [{names}] = (() => {{\n{source}return [{names}];\n}})();"]
        lines += [f"const ${name} = {name};" for name in self.exports[path] if name in self._called]
        if path in self.wholes:
            lines.append(f"const {self.whole(path)} = {{ {names} }};")
        return "".join(f"{line}\n" for line in lines)


def _names(found: re.Match[str]) -> dict[str, str]:
    """What an import takes: the exported name and what it is called here."""
    parts = [part.split() for part in (found["names"] or "").split(",") if part.strip()]
    return {part[0]: part[-1] for part in parts}


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
