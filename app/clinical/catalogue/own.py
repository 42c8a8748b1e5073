"""What a clinic lays over the published tables: its own values and patterns, and what it verified.

The published files are never changed. Rows of the clinic are laid over a copy in memory, which is
then read like any other catalogue, so whatever a table holds may be the clinic's own. What is
published stays reachable as `Catalogue.published`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from app.clinical.catalogue import FOLDER, catalogue, read_catalogue, read_rows
from app.clinical.catalogue.checking import KEYS
from app.clinical.catalogue.entries import CLINIC, Catalogue, OwnDrawing
from app.clinical.chart import Chart, Site
from app.clinical.dosing import plain
from app.clinical.errors import Refusal

__all__ = [
    "OwnMap",
    "OwnProtocol",
    "OwnValue",
    "Pattern",
    "Verified",
    "key_of",
    "pattern_of",
    "row_digest",
    "rule_rows",
    "table_rows",
    "tables",
    "with_clinic",
]

RULES = "rules"
# What a clinic may set to a value of its own, and whether more of it is stricter.
OWN_COLUMNS: Mapping[str, Mapping[str, bool]] = {
    "dose_limits": {"units": False, "units_per_kg": False, "volume_ml": False, "days": True},
    "intervals": {"days": True},
    "payer_intervals": {"days": True},
    "payers": {"interval_days": True},
    "storage": {"after_mixing_hours": False},
    "limits": {"value": False},
}
# What else is then the clinic's: an interval of its own is said to be one, and weighs as a warning.
ALSO_OWN: Mapping[str, Mapping[str, str]] = {"intervals": {"kind": CLINIC, "severity": "warn"}}


@dataclass(frozen=True, slots=True)
class OwnValue:
    """The clinic's own value of some cells of one published row, or a whole row of its own.

    `added`: the row is not among the published ones.
    """

    table: str
    key: str
    cells: tuple[tuple[str, str], ...]
    added: bool = False


@dataclass(frozen=True, slots=True)
class OwnProtocol:
    """One version of a pattern that the clinic made. Older versions stay for older sessions."""

    key: str
    version: int
    title: str
    indication: str
    product: str
    # One row a site, by the columns of protocol_sites.csv.
    sites: tuple[tuple[tuple[str, str], ...], ...]
    offered: bool = True

    @property
    def id(self) -> str:
        """As a site names it."""
        return f"{self.key}@{self.version}"


@dataclass(frozen=True, slots=True)
class OwnMap:
    """One version of a drawing that the clinic made. Older versions stay for older sessions.

    `offered`: whether this is the version that new charts show.
    """

    key: str
    title: str
    tab: str
    version: int
    drawing: OwnDrawing
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Verified:
    """Somebody held a row, as it was of this digest, against a label, and it says the same."""

    table: str
    key: str
    digest: str
    by: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a chart becomes as a protocol."""

    indication: str
    product: str
    sites: tuple[Mapping[str, str], ...]

    def as_json(self, title: str) -> dict[str, Any]:
        """As it is kept, under its name."""
        return {
            "title": title,
            "indication": self.indication,
            "product": self.product,
            "sites": [dict(site) for site in self.sites],
        }


def pattern_of(chart: Chart, known: Catalogue) -> Pattern:
    """The sites of a chart, given and planned, as a pattern. Raises Refusal for what is missing.

    Units belong to one product and a site serves one indication, so a pattern has one of each.
    """
    if not chart.sites:
        raise Refusal("Nothing is charted yet. Lay or tap the sites, then save them.")
    indications = {site.indication for site in chart.sites}
    if len(indications) > 1:
        raise Refusal(
            "These sites serve %(count)s indications. A protocol has one: save it from a session "
            "that has one.",
            count=len(indications),
        )
    products = {_product_of(chart, site, known) for site in chart.sites}
    if len(products) > 1 or None in products:
        raise Refusal(
            "A protocol is written for one product. Choose the vial that all these sites draw on, "
            "then save."
        )
    for number, site in enumerate(chart.sites, start=1):
        if site.muscle is None:
            raise Refusal(
                "Site %(number)s has no muscle or area. Name it, then save.", number=number
            )
    return Pattern(
        indication=indications.pop(),
        product=str(products.pop()),
        sites=tuple(
            {
                "id": f"s{number}",
                "map": site.map,
                "region": site.region or "",
                "muscle": site.muscle or "",
                "side": site.side or "",
                "x": f"{site.x:.2f}",
                "y": f"{site.y:.2f}",
                "units": plain(site.units),
                "depth": site.depth or "",
            }
            for number, site in enumerate(chart.sites, start=1)
        ),
    )


def _product_of(chart: Chart, site: Site, known: Catalogue) -> str | None:
    laid = known.protocols.get(site.protocol or "")
    return chart.product_of(site) or (laid.product if laid else None)


def tables(folder: Path = FOLDER) -> list[str]:
    """The names of the tables that hold what medicine says; sources have their own column."""
    return [*sorted(path.stem for path in folder.glob("*.csv") if path.stem != "sources"), RULES]


def key_of(table: str, row: Mapping[str, str]) -> str:
    """What names a row within its table."""
    cells = [row[column] or "-" for column in KEYS.get(table, ("id",))]
    return " ".join(cells).rstrip(" -")


def table_rows(table: str, folder: Path = FOLDER) -> list[dict[str, str]]:
    """The rows of one table as text, those of the rules among them."""
    return rule_rows(folder) if table == RULES else read_rows(table, folder)


def rule_rows(folder: Path = FOLDER) -> list[dict[str, str]]:
    """The rules as rows: what each says, weighs and rests on."""
    data = tomllib.loads((folder / "rules.toml").read_text(encoding="utf-8"))
    return [
        {
            "id": id,
            **{name: _text(entry[name]) for name in entry if name not in ("tags", "source")},
            "source": entry["tags"],
        }
        for id, entry in data.items()
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def row_digest(row: Mapping[str, str]) -> str:
    """What a verification holds on to: it counts for the row as it was then, and for no other."""
    text = json.dumps(dict(row), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def with_clinic(
    values: Iterable[OwnValue] = (),
    protocols: Iterable[OwnProtocol] = (),
    verified: Iterable[Verified] = (),
    folder: Path = FOLDER,
    *,
    maps: Iterable[OwnMap] = (),
) -> Catalogue:
    """The catalogue with the clinic's own laid over; the published one where there is nothing.

    Raises KeyError, ValueError or ArithmeticError where an own value is none that can be read.
    """
    published = catalogue() if folder == FOLDER else read_catalogue(folder)
    values, protocols, verified = tuple(values), tuple(protocols), tuple(verified)
    maps = tuple(maps)
    if not (values or protocols or verified or maps):
        return published
    texts: dict[str, str] = {}
    for table in tables(folder):
        rows = _laid_over(table, table_rows(table, folder), values, protocols, verified, maps)
        if rows is None:
            continue
        texts[table] = _rules_text(folder, rows) if table == RULES else _csv_text(rows)
    texts["sources"] = _csv_text(
        [
            *read_rows("sources", folder),
            {"tag": CLINIC, "grade": "design", "title": "This clinic's own"},
        ]
    )
    own = read_catalogue(cast(Path, _Laid(folder, texts)))
    digest = own.version.rpartition("+")[2]
    return replace(
        own,
        version=f"{published.version}.own-{digest}",
        published=published,
        drawings={each.drawing.ref: each.drawing for each in maps},
    )


def _laid_over(
    table: str,
    rows: list[dict[str, str]],
    values: tuple[OwnValue, ...],
    protocols: tuple[OwnProtocol, ...],
    verified: tuple[Verified, ...],
    maps: tuple[OwnMap, ...],
) -> list[dict[str, str]] | None:
    """The rows with what is the clinic's own; None where nothing is."""
    held = {(each.key, each.digest): each for each in verified if each.table == table}
    own = {each.key: each for each in values if each.table == table and not each.added}
    found: list[dict[str, str]] = []
    for row in rows:
        key = key_of(table, row)
        known = held.get((key, row_digest(row)))
        if known is not None:
            row = {**row, "verify": "no", "verified_by": known.by}
        if key in own:
            row = {**row, **dict(own[key].cells), **ALSO_OWN.get(table, {})}
            row |= {"source": CLINIC, "grade": "design"}
            row["verify"] = "no"
        found.append(row)
    found += [
        _whole_row(rows[0], dict(each.cells))
        for each in values
        if each.table == table and each.added
    ]
    if table == "protocols":
        found += [_protocol_row(rows[0], each) for each in protocols]
    if table == "protocol_sites":
        found += [_whole_row(rows[0], row) for each in protocols for row in _site_rows(each)]
    if table == "maps":
        found += [_map_row(rows[0], each) for each in _last_of_each(maps)]
    if table == "indications":
        found = [_with_maps(row, maps) for row in found]
    return None if found == rows else found


def _whole_row(like: Mapping[str, str], cells: Mapping[str, str]) -> dict[str, str]:
    empty = dict.fromkeys(like, "")
    return {**empty, "source": CLINIC, "grade": "design", "verify": "no", **cells}


def _protocol_row(like: Mapping[str, str], own: OwnProtocol) -> dict[str, str]:
    return _whole_row(
        like,
        {
            "id": own.id,
            "title": own.title,
            "title_es": own.title,
            "short": own.title,
            "short_es": own.title,
            "indication": own.indication,
            "product": own.product,
            "per_limb": "no",
            "planned_by": "stated",
            "site_count": str(len(own.sites)),
            "basis": CLINIC,
            "version": str(own.version),
            "offered": "yes" if own.offered else "no",
        },
    )


def _site_rows(own: OwnProtocol) -> Iterator[dict[str, str]]:
    for order, site in enumerate(own.sites, start=1):
        yield {
            "optional": "no",
            **dict(site),
            "protocol": own.id,
            "order": str(order),
            "basis": CLINIC,
        }


def _last_of_each(maps: Iterable[OwnMap]) -> Iterable[OwnMap]:
    """Of the versions in their order, the last of each drawing: its words are those in use."""
    return {each.key: each for each in maps}.values()


def _map_row(like: Mapping[str, str], own: OwnMap) -> dict[str, str]:
    return {
        **_whole_row(like, {"id": own.key, "version": str(own.version)}),
        **dict.fromkeys(("title", "title_es"), own.title),
        **dict.fromkeys(("tab", "tab_es"), own.tab),
        "offered": "yes" if own.offered else "no",
    }


def _with_maps(row: dict[str, str], maps: Iterable[OwnMap]) -> dict[str, str]:
    """The indication with the drawings of the clinic's own that its charts offer."""
    own = [each.key for each in maps if each.offered and row["id"] in each.drawing.indications]
    return {**row, "maps": ";".join([row["maps"], *own])} if own else row


def _csv_text(rows: list[dict[str, str]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _rules_text(folder: Path, rows: list[dict[str, str]]) -> str:
    """The rules as they stand, those that somebody verified without their mark."""
    verified = {row["id"] for row in rows if row["verify"] == "no"}
    lines, rule = [], ""
    for line in (folder / "rules.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            rule = line.strip("[] ")
        if line.startswith("verify") and rule in verified:
            line = 'verify = "no"'
        lines.append(line)
    return "\n".join(lines)


class _Laid:
    """A folder of tables some of which say something else than their files do."""

    def __init__(self, folder: Path, texts: Mapping[str, str]) -> None:
        self._folder, self._texts = folder, texts

    def __truediv__(self, name: str) -> Path:
        path = self._folder / name
        text = self._texts.get(path.stem)
        return path if text is None else cast(Path, _Text(name, text))

    def glob(self, pattern: str) -> list[Any]:
        """The tables of this kind, by their names."""
        return [self / path.name for path in self._folder.glob(pattern)]


@dataclass(frozen=True, slots=True, order=True)
class _Text:
    """A table in memory."""

    name: str
    text: str

    def open(self, **_how: str) -> io.StringIO:
        """As a file is opened."""
        return io.StringIO(self.text)

    def read_text(self, **_how: str) -> str:
        """All of it."""
        return self.text

    def read_bytes(self) -> bytes:
        """All of it, as it would lie on disk."""
        return self.text.encode()
