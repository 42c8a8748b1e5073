"""The shapes of the catalogue's rows: frozen values, one class per table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.clinical.chart import Site


class Side(StrEnum):
    """A side of the patient's own body, never the viewer's."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


def is_spanish(language: str) -> bool:
    """Whether a language tag such as `es` or `es-MX` means Spanish."""
    return language.replace("_", "-").split("-")[0].lower() == "es"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row comes from. `grade` is A, B or C, or names recall, arithmetic or design."""

    tag: str
    grade: str
    title: str


@dataclass(frozen=True, slots=True)
class VialSize:
    """One labelled vial size. `units` as on the label; `ndc` is None where none is known."""

    id: str
    units: Decimal
    ndc: str | None
    other_ndcs: tuple[str, ...]
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Dilution:
    """A way to mix a vial. `stated_units_per_ml` is set where the label's own figure is used."""

    product: str
    vial_units: Decimal
    diluent_ml: Decimal
    listed: str
    stated_units_per_ml: Decimal | None
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Product:
    """A botulinum toxin brand. Its units are its own: never summed or compared with another's."""

    id: str
    generic: str
    serotype: str
    maker: str
    form: str
    therapeutic: bool
    solution_units_per_ml: Decimal | None
    hcpcs: str | None
    hcpcs_units: Decimal | None
    unopened: str
    after_mixing_hours: Decimal | None
    unit_steps: tuple[Decimal, ...]
    sizes: tuple[VialSize, ...]
    dilutions: tuple[Dilution, ...]
    verify: bool
    source: str

    @property
    def ready_made(self) -> bool:
        """Whether the vial holds a solution and needs no diluent."""
        return self.solution_units_per_ml is not None

    def ndc_of(self, units: Decimal) -> str | None:
        """The NDC of the size labelled with these units, or None."""
        size = self.size(units)
        return size.ndc if size else None

    def size(self, units: Decimal) -> VialSize | None:
        """The size labelled with these units, or None."""
        return next((size for size in self.sizes if size.units == units), None)


@dataclass(frozen=True, slots=True)
class Diluent:
    """What a powder is mixed with."""

    id: str
    label: str
    label_es: str
    on_label: bool
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class DiagnosisCode:
    """One ICD-10-CM code with our own short description."""

    code: str
    description: str
    description_es: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Labelling:
    """Whether a product is labelled in the US for an indication, and from which age in years."""

    indication: str
    product: str
    status: str
    from_age: int | None
    note: str
    verify: bool
    source: str

    @property
    def labelled(self) -> bool:
        """True only where the US label names the indication without doubt."""
        return self.status == "labelled"


@dataclass(frozen=True, slots=True)
class Brush:
    """What a tap gives to start with, in units of one product, and the steps beside it."""

    indication: str
    product: str
    units: Decimal
    steps: tuple[Decimal, ...]
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Indication:
    """Why toxin is given. `maps` are map ids in the order of the tabs."""

    id: str
    label: str
    label_es: str
    title: str
    title_es: str
    codes: tuple[DiagnosisCode, ...]
    maps: tuple[str, ...]
    muscles: tuple[str, ...]
    protocols: tuple[str, ...]
    default_protocol: str | None
    usual_product: str | None
    depth: str
    brush_units: Decimal
    brushes: tuple[Brush, ...]
    labelling: Mapping[str, Labelling]
    usual_dilutions: tuple[Dilution, ...]
    verify: bool
    source: str

    def label_in(self, language: str) -> str:
        """The name in this language."""
        return self.label_es if is_spanish(language) else self.label


@dataclass(frozen=True, slots=True)
class ProtocolSite:
    """One planned site of a protocol, in map units on the map `map`."""

    id: str
    order: int
    map: str
    region: str
    muscle: str
    side: Side
    x: Decimal
    y: Decimal
    units: Decimal
    depth: str
    mirror: str | None
    basis: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """A pattern that lays planned sites. Its units are units of `product` alone."""

    id: str
    title: str
    title_es: str
    short: str
    short_es: str
    indication: str
    product: str
    sites: tuple[ProtocolSite, ...]
    units: Decimal
    note: str
    note_es: str
    basis: str
    verify: bool
    source: str

    def site(self, id: str) -> ProtocolSite | None:
        """The site of this id, or None."""
        return next((site for site in self.sites if site.id == id), None)


@dataclass(frozen=True, slots=True)
class Muscle:
    """A muscle or area. `side_rule` is `region` or `midline`; `counts_as` is for coding."""

    id: str
    label: str
    label_es: str
    latin: str
    group: str
    side_rule: str
    cpt_group: str
    counts_as: str
    default_depth: str
    deep: bool
    note: str
    verify: bool
    source: str

    def label_in(self, language: str) -> str:
        """The name in this language."""
        return self.label_es if is_spanish(language) else self.label


@dataclass(frozen=True, slots=True)
class RegionMuscles:
    """What a tap in one region offers, likeliest first, and why to stay out if so."""

    map: str
    region: str
    side: Side
    muscles: tuple[str, ...]
    warn: str | None
    warn_es: str | None


@dataclass(frozen=True, slots=True)
class MapText:
    """The words for one drawing, and which released version is current."""

    id: str
    ref: str
    title: str
    title_es: str
    tab: str
    tab_es: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One number the rules and the shape of a chart use, with its unit and meaning."""

    id: str
    value: Decimal
    unit: str
    meaning: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same words in English and Spanish, with `{name}` places."""

    en: str
    es: str

    def in_language(self, language: str) -> str:
        """Spanish for `es` and its regions, English for everything else."""
        return self.es if is_spanish(language) else self.en


# When a rule is said beside the chart.
START = "start"
ALL_GIVEN = "all_given"
REVIEW = "review"


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule says. `variants` are its branches by name, `words` the parts it can name.

    `severities` are those of branches that weigh otherwise than the rule itself.
    `source` is for people; `tags` name rows of the sources. `on_plan`: also judged on the plan
    while nothing is given. `said_from`: when it is said beside the chart; signing hears it always.
    """

    id: str
    severity: str
    needs_reason: bool
    on_plan: bool
    said_from: str
    text: str
    text_es: str
    variants: Mapping[str, Sentence]
    severities: Mapping[str, str]
    words: Mapping[str, Sentence]
    why: str
    why_es: str
    source: str
    source_es: str
    tags: tuple[str, ...]
    verify: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything the catalogue's files say, read once."""

    version: str
    sources: Mapping[str, Source]
    products: Mapping[str, Product]
    indications: Mapping[str, Indication]
    codes: Mapping[str, DiagnosisCode]
    protocols: Mapping[str, Protocol]
    muscles: Mapping[str, Muscle]
    region_muscles: Mapping[tuple[str, str], RegionMuscles]
    maps: Mapping[str, MapText]
    rules: Mapping[str, RuleText]
    diluents: Mapping[str, Diluent]
    limits: Mapping[str, Limit]

    def is_moved(self, site: Site) -> bool:
        """Whether a site laid by a protocol lies elsewhere than the protocol puts it."""
        protocol = self.protocols.get(site.protocol or "")
        own = protocol.site(site.protocol_site or "") if protocol else None
        return own is not None and (own.map, own.x, own.y) != (site.map, site.x, site.y)

    def diluent_label(self, id: str | None, language: str) -> str:
        """What a powder was mixed with, in this language; only "diluent" while nobody has said."""
        diluent = self.diluents.get(id or "")
        if diluent is None:
            return "diluyente" if is_spanish(language) else "diluent"
        return diluent.label_es if is_spanish(language) else diluent.label

    def limit(self, id: str) -> Decimal:
        """The value of one limit; a wrong id is a fault of the program."""
        return self.limits[id].value
