"""The shapes of the catalogue's rows: frozen values, one class per table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
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


class Labelled:
    """What has a name in each language."""

    __slots__ = ()

    label: str
    label_es: str

    def label_in(self, language: str) -> str:
        """The name in this language."""
        return self.label_es if is_spanish(language) else self.label


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
    """What a powder is mixed with; `for_powder` is False of the one that means no diluent."""

    id: str
    label: str
    label_es: str
    on_label: bool
    for_powder: bool
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class AdverseEventKind(Labelled):
    """What may come after a treatment and be linked to sites of it."""

    id: str
    label: str
    label_es: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Needle(Labelled):
    """A needle that a site can be said to be given with."""

    id: str
    label: str
    label_es: str
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
    """Whether a product is labelled in the US for an indication, and from which age in years.

    `adults_only_for` are the beginnings of diagnosis codes for which it is labelled in adults only.
    """

    indication: str
    product: str
    status: str
    from_age: int | None
    adults_only_for: tuple[str, ...]
    note: str
    verify: bool
    source: str

    @property
    def labelled(self) -> bool:
        """True only where the US label names the indication without doubt."""
        return self.status == "labelled"

    def youngest(self, codes: Iterable[str], adult_age: int) -> int | None:
        """The age from which it is labelled for a patient with these codes; None for no floor."""
        if self.from_age is not None and any(c.startswith(self.adults_only_for) for c in codes):
            return max(self.from_age, adult_age)
        return self.from_age


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
class Indication(Labelled):
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
    # Whether EMG, stimulation or ultrasound is usual or recommended.
    guided: bool
    depth: str
    brush_units: Decimal
    brushes: tuple[Brush, ...]
    labelling: Mapping[str, Labelling]
    usual_dilutions: tuple[Dilution, ...]
    verify: bool
    source: str

    def title_in(self, language: str) -> str:
        """The name within a sentence, in this language."""
        return self.title_es if is_spanish(language) else self.title


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
    units: Decimal | None
    units_low: Decimal | None
    units_high: Decimal | None
    depth: str
    optional: bool
    mirror: str | None
    basis: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """A pattern that lays planned sites. Its units are units of `product` alone.

    `planned_by` says where the units of its sites come from: `stated` by the source, the `low_end`
    of a range, the `usual` dose of a tap, or `per_kg` of the patient, which needs a weight. A site
    without units has none that anybody stated: it takes the dose of the brush.
    `per_limb`: a block of one muscle with the sites of both limbs, laid for the limb treated.
    `add_on_to` stands beside that pattern and never in its place. `ages` names the set of a limb's
    blocks: adult, consensus, child. `version` is that of a pattern of the
    clinic's own, None for what is published; an older one is no longer `offered`. `verified_by`
    says who held a published one against a label.
    """

    id: str
    title: str
    title_es: str
    short: str
    short_es: str
    indication: str
    product: str
    sites: tuple[ProtocolSite, ...]
    note: str
    note_es: str
    basis: str
    verify: bool
    source: str
    planned_by: str = "stated"
    ages: str = ""
    from_age: int | None = None
    to_age: int | None = None
    side: Side | None = None
    muscle: str | None = None
    per_limb: bool = False
    add_on_to: str | None = None
    range_of: str = ""
    units_low: Decimal | None = None
    units_high: Decimal | None = None
    units_per_kg_low: Decimal | None = None
    units_per_kg_high: Decimal | None = None
    version: int | None = None
    offered: bool = True
    verified_by: str = ""

    def site(self, id: str) -> ProtocolSite | None:
        """The site of this id, or None."""
        return next((site for site in self.sites if site.id == id), None)

    @property
    def is_own(self) -> bool:
        """Whether the clinic made it."""
        return self.version is not None

    @property
    def units(self) -> Decimal | None:
        """What it lays unasked, on one limb if laid by limb; None where nobody states it."""
        units = [site.units for site in self.due()]
        known = [each for each in units if each is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(units) else None

    def due(self, laid: Collection[str] = ()) -> tuple[ProtocolSite, ...]:
        """The sites it has unasked. `laid` are ids on a chart: a block counts for their limbs."""
        limbs = {site.side for site in self.sites if site.id in laid} or {Side.RIGHT}
        return tuple(
            site
            for site in self.sites
            if not site.optional and (not self.per_limb or site.side in limbs)
        )


@dataclass(frozen=True, slots=True)
class Technique:
    """One line of an indication's technique sheet: how it is given, what to expect and to tell."""

    indication: str
    topic: str
    text: str
    text_es: str
    verify: bool
    source: str

    def in_language(self, language: str) -> str:
        """The line in this language."""
        return self.text_es if is_spanish(language) else self.text


@dataclass(frozen=True, slots=True)
class AfterCareLine:
    """One line for the patient: of an `emergency`, of when to `call` the clinic, or the `number`
    that is called in an emergency and stands for {number} in the others."""

    id: str
    part: str
    text: str
    text_es: str
    verify: bool
    source: str

    def in_language(self, language: str) -> str:
        """The line in this language."""
        return self.text_es if is_spanish(language) else self.text


@dataclass(frozen=True, slots=True)
class Muscle(Labelled):
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
    # What else people write and say for it, in either language.
    names: tuple[str, ...] = ()


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
    # Whether a new chart offers it; one that was retired still has its words.
    offered: bool = True


@dataclass(frozen=True, slots=True)
class OwnDrawing:
    """One released version of a drawing of the clinic's own: its art as SVG, its shapes as JSON.

    `indications` are those whose charts offer it; of none, it fits every one. `sha256` is of both
    texts.
    """

    ref: str
    art: str = field(repr=False)
    shapes: str = field(repr=False)
    sha256: str
    indications: tuple[str, ...]


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
class DoseLimit:
    """The most of one product for a kind of patient, and what is added up against it.

    `id` with an empty `part` is the rule key's own value; parts are its further values. `rules`
    judge it. `scope` says what is added up: a `session`; an `interval` of `days` that ends with
    the session; one `side`; one `muscle`, both sides together; or one `site`. A `volume` is mL at
    one site. No indications or muscles means any. `first`: only for the first session with the
    product for an indication. `what` completes "400 U of BOTOX …".
    """

    id: str
    part: str
    rules: tuple[str, ...]
    product: str
    population: str
    from_age: int | None
    below_age: int | None
    indications: tuple[str, ...]
    muscles: tuple[str, ...]
    depth: str | None
    scope: str
    days: int | None
    units: Decimal | None
    units_per_kg: Decimal | None
    volume_ml: Decimal | None
    first: bool
    region: str
    what: Sentence
    basis: str
    verify: bool
    source: str

    @property
    def is_own(self) -> bool:
        """Whether its value is the clinic's and no label's."""
        return self.source == CLINIC

    def fits(self, age: int | None) -> bool:
        """Whether it is for patients of this age. One whose age nobody knows fits no age bound."""
        if age is None:
            return self.from_age is None and self.below_age is None
        return (self.from_age or 0) <= age and (self.below_age is None or age < self.below_age)

    def most(self, weight_kg: Decimal | None) -> Decimal | None:
        """The units for this weight, capped. While the weight is not known: the cap alone."""
        if self.units_per_kg is None or weight_kg is None:
            return self.units
        by_weight = self.units_per_kg * weight_kg
        return by_weight if self.units is None else min(by_weight, self.units)


@dataclass(frozen=True, slots=True)
class DoseRange:
    """What is usual in one muscle or area; None where no end is known.

    `scope`: a `muscle` of one side, `both` sides together where both are treated, the `total` of
    a session, one `site`, a whole `side`, or the whole `session`. `population` is adult, child or
    any. Ranges of no rule are there to read.
    """

    indication: str
    product: str
    population: str
    muscles: tuple[str, ...]
    scope: str
    rules: tuple[str, ...]
    units_low: Decimal | None
    units_high: Decimal | None
    units_per_kg_low: Decimal | None
    units_per_kg_high: Decimal | None
    sites_low: int | None
    sites_high: int | None
    typical: Decimal | None
    spacing_low_cm: Decimal | None
    spacing_high_cm: Decimal | None
    basis: str
    verify: bool
    source: str

    def ends(self, weight_kg: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
        """The lower and upper end in units. One that goes by weight is None without a weight."""

        def end(units: Decimal | None, per_kg: Decimal | None) -> Decimal | None:
            if per_kg is None:
                return units
            return None if weight_kg is None else per_kg * weight_kg

        return (
            end(self.units_low, self.units_per_kg_low),
            end(self.units_high, self.units_per_kg_high),
        )


@dataclass(frozen=True, slots=True)
class ChildWeight:
    """Between which weights a child of this age is plausible; beyond them kg may be lb."""

    age: int
    kg_low: Decimal
    kg_high: Decimal
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Interval:
    """How many days after one product for one indication the next treatment may follow.

    `kind` says who says so: `label`, `convention`, or `elsewhere` for a label outside the US.
    `severity` is what a shorter time weighs. Ages are completed years, None without bound.
    """

    product: str
    indication: str
    from_age: int | None
    below_age: int | None
    days: int
    severity: str
    kind: str
    note: str
    verify: bool
    source: str

    def is_for(self, age: int | None) -> bool:
        """Whether it may hold at this age; at an age nobody knows, any may."""
        if age is None:
            return True
        return (self.from_age or 0) <= age and (self.below_age is None or age < self.below_age)


@dataclass(frozen=True, slots=True)
class PayerInterval:
    """How many days a payer asks for between two treatments of one indication.

    A product or indication of None means any; `below_age` is None without bound.
    """

    payer: str
    product: str | None
    indication: str | None
    below_age: int | None
    days: int
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


# The source of what a clinic laid over a published row, and what is said of such a limit.
CLINIC = "clinic"
CLINICS_OWN = Sentence("this clinic's own limit", "límite propio de esta clínica")


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule says. `variants` are its branches by name, `words` the parts it can name.

    `severities` are those of branches that weigh otherwise than the rule itself.
    `source` is for people; `tags` name rows of the sources. `on_plan`: also judged on the plan
    while nothing is given. `said_from`: when it is said beside the chart; signing hears it always.
    `at_signing` are branches that only the review and signing say, because every session passes
    them on its way.
    """

    id: str
    severity: str
    needs_reason: bool
    on_plan: bool
    said_from: str
    at_signing: tuple[str, ...]
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
class Question:
    """One question of the time-out or of the review, and whom it is asked.

    `group` is identity, contraindication, combined, free or review. A part is asked only where the
    combined question it is `part_of` was answered yes. `answers` are what may be said. Empty
    `products`, `indications`, `muscles` and `sex` mean any; so do ages that are None. `when` is
    "", or what else must hold: off_label, returning, starch_test.
    """

    id: str
    group: str
    part_of: str | None
    text: str
    text_es: str
    hint: str
    hint_es: str
    answers: tuple[str, ...]
    products: tuple[str, ...]
    indications: tuple[str, ...]
    muscles: tuple[str, ...]
    sex: str | None
    from_age: int | None
    to_age: int | None
    when: str
    verify: bool
    source: str

    def text_in(self, language: str) -> str:
        """The question in this language."""
        return self.text_es if is_spanish(language) else self.text

    def hint_in(self, language: str) -> str:
        """What it means, in this language; empty where the question says it all."""
        return self.hint_es if is_spanish(language) else self.hint


@dataclass(frozen=True, slots=True)
class Procedure(Labelled):
    """One procedure number with our own short label, and the rules of its use.

    `least` and `most` are the muscles it covers; `role` is first, further, guidance or nothing;
    `both_sides` and `one_side` are the modifiers said then; `never` are modifiers it refuses and
    `not_with` numbers it may not stand beside.
    """

    code: str
    label: str
    label_es: str
    group: str
    least: int | None
    most: int | None
    role: str
    both_sides: str | None
    one_side: str | None
    never: tuple[str, ...]
    not_with: tuple[str, ...]
    verify: bool
    source: str

    def covers(self, muscles: int) -> bool:
        """Whether so many muscles fall under this number."""
        return (self.least or 0) <= muscles and (self.most is None or muscles <= self.most)


@dataclass(frozen=True, slots=True)
class BilledAs:
    """Under which group of procedures an indication is billed.

    `by_muscle`: the muscle's own group comes first. `limb` is taken where a site names no muscle.
    """

    indication: str
    group: str | None
    limb: str | None
    by_muscle: bool
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class ExcludedPair:
    """Two beginnings of codes that may not stand in one note (Excludes1)."""

    code: str
    other: str
    meaning: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class CodeNote:
    """What is to be known of a code outside the lists: `not_billable`, or `flag` beside others."""

    code: str
    kind: str
    label: str
    label_es: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Level(Labelled):
    """One value or band of a scale, in our own short words. Text, because 1+ is no number."""

    low: str
    high: str
    grade: str | None
    label: str
    label_es: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class Scale(Labelled):
    """An outcome scale: its range and step, which way is better, and what may be printed of it.

    `items` is how many answers make a total; each is one of `item_values`, or between the two
    where there are only two. `enough` is the least a payer takes as the disease; `needed_by` the
    rule that misses a reading. A scale with `sum_of` is added up and never entered.
    """

    id: str
    label: str
    label_es: str
    least: Decimal | None
    most: Decimal | None
    step: Decimal | None
    items: int
    item_values: tuple[int, ...]
    unit: str
    unit_es: str
    better: str
    enough: Decimal | None
    needed_by: str | None
    indications: tuple[str, ...]
    sum_of: tuple[str, ...]
    levels: tuple[Level, ...]
    licence: str
    verify: bool
    source: str

    def unit_in(self, language: str) -> str:
        """What a reading counts, in this language."""
        return self.unit_es if is_spanish(language) else self.unit


@dataclass(frozen=True, slots=True)
class Payer(Labelled):
    """A payer's profile as of a day: its interval, its words for what was discarded, its list.

    `discarded` and `none_discarded` are modifiers, None where the payer asks for neither;
    `evidence` are ids of the checklist.
    """

    id: str
    label: str
    label_es: str
    as_of: date
    interval_days: int | None
    discarded: str | None
    none_discarded: str | None
    evidence: tuple[str, ...]
    note: str
    verify: bool
    source: str


@dataclass(frozen=True, slots=True)
class ChecklistItem(Labelled):
    """One thing a payer looks for in a note; `indications` empty means all."""

    id: str
    label: str
    label_es: str
    indications: tuple[str, ...]
    evidence: Sentence
    verify: bool
    source: str


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
    adverse_events: Mapping[str, AdverseEventKind]
    needles: Mapping[str, Needle]
    limits: Mapping[str, Limit]
    dose_limits: tuple[DoseLimit, ...]
    dose_ranges: tuple[DoseRange, ...]
    child_weights: Mapping[int, ChildWeight]
    intervals: tuple[Interval, ...]
    payer_intervals: tuple[PayerInterval, ...]
    questions: Mapping[str, Question]
    technique: Mapping[str, tuple[Technique, ...]]
    aftercare: tuple[AfterCareLine, ...]
    procedures: Mapping[str, Procedure]
    billed_as: Mapping[str, BilledAs]
    excludes: tuple[ExcludedPair, ...]
    code_notes: Mapping[str, CodeNote]
    # The side that a diagnosis code names, or both; most name none.
    code_sides: Mapping[str, str]
    scales: Mapping[str, Scale]
    payers: Mapping[str, Payer]
    checklist: Mapping[str, ChecklistItem]
    # What is published, where the clinic's own is laid over it.
    published: Catalogue | None = field(default=None, kw_only=True)
    # Every version of the clinic's own drawings, by its ref.
    drawings: Mapping[str, OwnDrawing] = field(default_factory=dict, kw_only=True)

    def is_moved(self, site: Site) -> bool:
        """Whether a site laid by a protocol lies elsewhere than the protocol puts it."""
        protocol = self.protocols.get(site.protocol or "")
        own = protocol.site(site.protocol_site or "") if protocol else None
        return own is not None and (own.map, own.x, own.y) != (site.map, site.x, site.y)

    @property
    def guidances(self) -> Mapping[str, Procedure]:
        """What can guide the needle, by what a site calls it."""
        return {each.group: each for each in self.procedures.values() if each.role == "guidance"}

    def diluent_label(self, id: str | None, language: str) -> str:
        """What a powder was mixed with, in this language; only "diluent" while nobody has said."""
        diluent = self.diluents.get(id or "")
        if diluent is None:
            return "diluyente" if is_spanish(language) else "diluent"
        return diluent.label_es if is_spanish(language) else diluent.label

    def parts_of(self, id: str) -> tuple[Question, ...]:
        """The questions that a yes to this combined one opens."""
        return tuple(entry for entry in self.questions.values() if entry.part_of == id)

    def limit(self, id: str) -> Decimal:
        """The value of one limit; a wrong id is a fault of the program."""
        return self.limits[id].value
