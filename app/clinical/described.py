"""A session described in JSON, read as a case: what `assess` is asked about.

The words are those of the published vocabulary. Only what cannot be read is refused: an unknown key
or id, a value of the wrong type, vials of one preparation with two concentrations. Whatever a rule
can name (no lot, no side, 0 U, more given than opened) is read as it stands, for the rule to find.
Units, mL and coordinates are text. The order of sites, history and answers means nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid5

from app.clinical import gs1
from app.clinical.anatomy import BodyMap, Side, UnknownMap, body_map, settle
from app.clinical.case import (
    NO,
    UNABLE,
    YES,
    Answer,
    Case,
    CasePatient,
    CasePerson,
    EarlierTreatment,
    Outcome,
    Unable,
)
from app.clinical.catalogue.entries import Catalogue, Product
from app.clinical.chart import (
    CLINIC,
    GIVEN,
    MOST_UNITS,
    PHARMACY,
    PLANNED,
    Chart,
    Preparation,
    Site,
    Vial,
)
from app.clinical.dosing import plain, strength_of
from app.clinical.errors import ChartError, Refusal
from app.clinical.gs1 import Reading
from app.clinical.ledger import balance
from app.clinical.ndc import vial_of_gtin
from app.clinical.reading import Reader, kind_of, quoted, read_date, read_instant, read_text
from app.clinical.scales import Score, score

__all__ = ["parse_case", "read_json"]

# Keys of a described session mean nothing beyond it; equal sessions have equal ones.
NAMESPACE = UUID("8d0f6f36-6f1c-4c0e-9b8e-5a3c1d2e4f60")

NO_DOSE = Decimal(0)

ANSWERS = (YES, NO)
STATES = (PLANNED, GIVEN)
SIDES = tuple(side.value for side in Side)
SEXES = ("female", "male", "other")
PAYERS = ("medicare", "medicaid", "commercial", "self_pay", "other")
SOURCES = ("clinic", "patient-reported")
RESPONSES = ("better", "same", "worse", "none")
RATERS = ("patient", "clinician")
DEPTHS = ("IM", "SC", "ID")
USUAL_DILUENT = "saline_preservative_free"

MOST_PREPARATIONS = 20
MOST_VIALS = 20
MOST_SITES = 600
LONGEST_TEXT = 200
LONGEST_NUMBER = 12


def read_json(document: bytes) -> object:
    """The value that a JSON document holds. Raises ChartError for what is no JSON, or holds the
    same key twice: of two doses under one name nobody knows which is meant."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise ChartError(
                    "%(name)s stands twice in one object. Keep one.", path="", name=quoted(name)
                )
        return dict(pairs)

    def refused(constant: str) -> object:
        raise ChartError("%(value)s is no number of JSON.", path="", value=constant)

    try:
        return json.loads(document, object_pairs_hook=once, parse_constant=refused)
    except (ValueError, RecursionError) as fault:
        raise ChartError(
            "This is not JSON: %(fault)s. Correct it there.", path="", fault=_where(fault)
        ) from None


def _where(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"line {fault.lineno}, column {fault.colno}"
    return "it is not UTF-8 text" if isinstance(fault, ValueError) else "it is nested too deeply"


def parse_case(data: object, catalogue: Catalogue) -> Case:
    """The case in a described session. Raises ChartError, whose `faults` hold every fault."""
    reader = _Reader(catalogue)
    case = reader.case(data)
    reader.raise_faults()
    assert case is not None  # What is no case at all is a fault.
    return case


class _Reader(Reader):
    """Reads one described session."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self.catalogue = catalogue
        self._preparations: dict[str, UUID] = {}
        self.without_units: frozenset[UUID] = frozenset()

    def case(self, data: object) -> Case | None:
        fields = self._fields(
            data,
            "",
            required=("date", "injected_at", "patient", "indications", "preparations", "sites"),
            optional=(
                *("codes", "guidance", "history", "answers", "outcomes"),
                *("performer", "signer", "signed_at", "touch_up_of"),
            ),
        )
        day = self._take(fields, "date", "date", read_date)
        injected_at = self._take(fields, "injected_at", "injected_at", read_instant)
        zone = _zone(fields.get("injected_at"))
        patient = self._patient(fields.get("patient")) if "patient" in fields else None
        indications = self._texts(fields, "indications", self._indication)
        codes = self._texts(fields, "codes", _short_text)
        guidance = self._texts(fields, "guidance", self._guidance)
        preparations = [
            self._preparation(entry, f"preparations[{at}]", at)
            for at, entry in self._items(fields, "preparations", MOST_PREPARATIONS)
        ]
        sites = self._sites(fields)
        history = [
            self._earlier(entry, f"history[{at}]")
            for at, entry in self._items(fields, "history", MOST_SITES)
        ]
        outcomes = [
            self._outcome(entry, f"outcomes[{at}]")
            for at, entry in self._items(fields, "outcomes", MOST_SITES)
        ]
        answers = self._answers(fields.get("answers", {}))
        performer = self._person(fields, "performer")
        signer = self._person(fields, "signer")
        signed_at = self._maybe(fields, "signed_at", "signed_at", read_instant)
        touch_up_of = self._maybe(fields, "touch_up_of", "touch_up_of", read_date)
        if self.faults or day is None or injected_at is None or patient is None:
            return None
        given_at = {True: injected_at, False: None}
        chart = Chart(
            date=day,
            indications=tuple(sorted({*indications, *(site.indication for site in sites)})),
            codes=codes,
            preparations=tuple(entry for entry in preparations if entry is not None),
            sites=tuple(replace(site, given_at=given_at[site.is_given]) for site in sites),
        )
        unsaid = {"name"}
        unsaid.update({"performer"} if performer is None else ())
        unsaid.update({"signer"} if signer is None else ())
        return Case(
            date=day,
            zone=zone,
            now=signed_at,
            patient=patient,
            performer=performer,
            signer=signer,
            chart=_settled(chart),
            injected_at=injected_at,
            # As in a session that is charted: what given sites say is guidance that was used.
            guidance=tuple(sorted({*guidance, *(s.guidance for s in chart.given if s.guidance)})),
            history=tuple(
                sorted(
                    (entry for entry in history if entry is not None),
                    key=lambda entry: (entry.date, entry.product, entry.indication, entry.units),
                )
            ),
            answers=dict(sorted(answers.items())),
            outcomes=tuple(entry for entry in outcomes if entry is not None),
            touch_up_of=touch_up_of,
            without_units=self.without_units,
            unsaid=frozenset(unsaid),
        )

    # People

    def _patient(self, data: object) -> CasePatient | None:
        fields = self._fields(
            data,
            "patient",
            required=("born",),
            optional=("weight_kg", "weighed_on", "sex", "payer"),
        )
        born = self._take(fields, "patient.born", "born", read_date)
        weight = self._maybe(fields, "patient.weight_kg", "weight_kg", _or_unable(_weight))
        weighed_on = self._maybe(fields, "patient.weighed_on", "weighed_on", read_date)
        sex = self._maybe(fields, "patient.sex", "sex", _one_of(SEXES, "a sex"))
        payer = self._maybe(fields, "patient.payer", "payer", _one_of(PAYERS, "a payer"))
        return CasePatient(
            name=None,
            born=born,
            weight_kg=weight,
            weighed_on=weighed_on,
            sex=sex,
            payer=payer or "other",
        )

    def _person(self, fields: dict[str, object], name: str) -> CasePerson | None:
        if fields.get(name) is None:
            return None
        own = self._fields(fields[name], name, required=("name",), optional=("credentials",))
        return CasePerson(
            name=self._take(own, f"{name}.name", "name", _short_text) or "",
            credentials=self._maybe(own, f"{name}.credentials", "credentials", _short_text) or "",
        )

    # Preparations and vials

    def _preparation(self, data: object, path: str, at: int) -> Preparation | None:
        before = len(self.faults)
        fields = self._fields(
            data,
            path,
            required=("key", "product", "vials"),
            optional=("diluent", "diluent_ml", "reconstituted_at"),
        )
        name = self._take(fields, f"{path}.key", "key", _short_text)
        if name is not None and name in self._preparations:
            self._say(f"{path}.key", "The key %(key)s stands twice. Each needs its own.", key=name)
        key = uuid5(NAMESPACE, f"preparation {name}")
        if name is not None:
            self._preparations[name] = key
        product = self._take(fields, f"{path}.product", "product", self._product)
        diluent = self._maybe(fields, f"{path}.diluent", "diluent", _short_text) or USUAL_DILUENT
        diluent_ml = self._maybe(fields, f"{path}.diluent_ml", "diluent_ml", _or_unable(_amount))
        mixed = self._maybe(
            fields, f"{path}.reconstituted_at", "reconstituted_at", _or_unable(read_instant)
        )
        vials = [
            self._vial(entry, f"{path}.vials[{place}]", product, uuid5(key, f"vial {place}"))
            for place, entry in self._items(fields, "vials", MOST_VIALS, path)
        ]
        if len(self.faults) > before or product is None:
            return None
        preparation = Preparation(
            key=key,
            product=product.id,
            diluent=diluent,
            diluent_ml=_known(diluent_ml),
            reconstituted_at=_known(mixed),
            vials=tuple(vial for vial in vials if vial is not None),
            unknown=_reasons(diluent_ml=diluent_ml, reconstituted_at=mixed),
        )
        self._one_strength(preparation, product, path)
        return preparation

    def _one_strength(self, preparation: Preparation, product: Product, path: str) -> None:
        strengths = {
            strength_of(product, vial.units, ml)
            for vial in preparation.vials
            if (ml := preparation.ml_in(vial)) is not None
        }
        if len(strengths) > 1:
            self._say(
                f"{path}.vials",
                "The vials of this preparation do not give one concentration. Describe each "
                "concentration as a preparation of its own.",
            )

    def _vial(self, data: object, path: str, product: Product | None, key: UUID) -> Vial | None:
        before = len(self.faults)
        fields = self._fields(
            data,
            path,
            required=("units",),
            optional=(
                *("lot", "expires", "ndc", "serial", "quarantined", "discarded", "source"),
                *("diluent_ml", "reconstituted_at", "gs1"),
            ),
        )
        units = self._take(fields, f"{path}.units", "units", _amount)
        if product is not None and units is not None and product.size(units) is None:
            self._say(
                f"{path}.units",
                "%(product)s comes in vials of %(sizes)s U, not %(units)s U. Name the size on the "
                "label.",
                product=product.id,
                sizes=", ".join(plain(size.units) for size in product.sizes),
                units=plain(units),
            )
        scanned = self._maybe(fields, f"{path}.gs1", "gs1", _scan) or Reading()
        lot = self._maybe(fields, f"{path}.lot", "lot", _or_unable(_short_text))
        expires = self._maybe(fields, f"{path}.expires", "expires", _or_unable(read_date))
        mixed = self._maybe(
            fields, f"{path}.reconstituted_at", "reconstituted_at", _or_unable(read_instant)
        )
        diluent_ml = self._maybe(fields, f"{path}.diluent_ml", "diluent_ml", _or_unable(_amount))
        vial = Vial(
            key=key,
            units=units or Decimal(0),
            lot=_known(lot) or scanned.lot or "",
            expires=_known(expires) or scanned.expires,
            discarded=self._maybe(fields, f"{path}.discarded", "discarded", _amount),
            ndc=self._maybe(fields, f"{path}.ndc", "ndc", _short_text)
            or self._ndc_of(scanned.gtin),
            serial=self._maybe(fields, f"{path}.serial", "serial", _short_text) or scanned.serial,
            quarantined=self._maybe(fields, f"{path}.quarantined", "quarantined", _truth) or False,
            source=self._maybe(
                fields, f"{path}.source", "source", _one_of((CLINIC, PHARMACY), "a source")
            )
            or CLINIC,
            diluent_ml=_known(diluent_ml),
            reconstituted_at=_known(mixed),
            unknown=_reasons(
                lot=lot, expires=expires, diluent_ml=diluent_ml, reconstituted_at=mixed
            ),
        )
        return None if len(self.faults) > before else vial

    def _ndc_of(self, gtin: str | None) -> str | None:
        """The NDC that a scanned GTIN stands for; of a pack we do not know, the GTIN as it is."""
        named = vial_of_gtin(gtin, self.catalogue) if gtin else None
        return named[2] if named else gtin

    # Sites

    def _sites(self, fields: dict[str, object]) -> tuple[Site, ...]:
        """Every site, each as often as it counts, in an order of its own."""
        described: list[tuple[Site, bool]] = []
        for at, entry in self._items(fields, "sites", MOST_SITES):
            count, site, has_units = self._site(entry, f"sites[{at}]")
            described.extend([(site, has_units)] * count if site is not None else [])
        if len(described) > MOST_SITES:
            self._say(
                "sites",
                "A session has at most %(most)s sites; this one has %(count)s. Check the counts.",
                most=MOST_SITES,
                count=len(described),
            )
            return ()
        described.sort(key=lambda each: (_place_in_order(each[0]), each[1]))
        sites = [
            replace(site, key=uuid5(NAMESPACE, f"site {number}"))
            for number, (site, _) in enumerate(described, start=1)
        ]
        self.without_units = frozenset(
            site.key for site, (_, has_units) in zip(sites, described, strict=True) if not has_units
        )
        return tuple(sites)

    def _site(self, data: object, path: str) -> tuple[int, Site | None, bool]:
        """How often it counts, the site, and whether anybody said its units."""
        before = len(self.faults)
        fields = self._fields(
            data,
            path,
            required=("indication",),
            optional=(
                *("preparation", "muscle", "side", "units", "count", "state", "volume_ml"),
                *("map", "x", "y", "depth", "protocol", "needle", "guidance"),
            ),
        )
        count = self._maybe(fields, f"{path}.count", "count", _count)
        map = self._maybe(fields, f"{path}.map", "map", self._map)
        x = self._maybe(fields, f"{path}.x", "x", _coordinate)
        y = self._maybe(fields, f"{path}.y", "y", _coordinate)
        if len({map is None, x is None, y is None}) > 1:
            self._say(path, "A place is a map with x and y: send all three, or none.")
        muscle = self._maybe(fields, f"{path}.muscle", "muscle", self._muscle)
        side = self._maybe(fields, f"{path}.side", "side", _one_of(SIDES, "a side"))
        units = self._maybe(fields, f"{path}.units", "units", _dose)
        place = None
        if map is not None and x is not None and y is not None:
            place = settle(map, x, y, muscle)
        site = Site(
            key=NAMESPACE,
            map=map.ref if map else "",
            x=x or Decimal(0),
            y=y or Decimal(0),
            units=_first(units, NO_DOSE),
            state=self._maybe(fields, f"{path}.state", "state", _one_of(STATES, "a state"))
            or GIVEN,
            indication=self._take(fields, f"{path}.indication", "indication", self._indication)
            or "",
            muscle=muscle,
            depth=self._maybe(fields, f"{path}.depth", "depth", _one_of(DEPTHS, "a depth")),
            preparation=self._maybe(
                fields, f"{path}.preparation", "preparation", self._preparation_named
            ),
            protocol=self._maybe(fields, f"{path}.protocol", "protocol", self._protocol),
            region=place.region_id if place else None,
            side=Side(side) if side else None,
            volume_ml=self._maybe(fields, f"{path}.volume_ml", "volume_ml", _amount),
            needle=self._maybe(fields, f"{path}.needle", "needle", self._needle),
            guidance=self._maybe(fields, f"{path}.guidance", "guidance", self._guidance),
        )
        sound = len(self.faults) == before
        return _first(count, 1), site if sound else None, units is not None

    # What was before, and what was measured

    def _earlier(self, data: object, path: str) -> EarlierTreatment | None:
        fields = self._fields(
            data,
            path,
            required=("date", "product", "indication", "units"),
            optional=("source", "response"),
        )
        day = self._take(fields, f"{path}.date", "date", read_date)
        product = self._take(fields, f"{path}.product", "product", self._any_product)
        indication = self._take(fields, f"{path}.indication", "indication", self._indication)
        units = self._take(fields, f"{path}.units", "units", _amount)
        source = self._maybe(fields, f"{path}.source", "source", _one_of(SOURCES, "a source"))
        response = self._maybe(
            fields, f"{path}.response", "response", _one_of(RESPONSES, "a response")
        )
        if day is None or product is None or indication is None or units is None:
            return None
        return EarlierTreatment(
            day, product.id, indication, units, source=source or "clinic", response=response
        )

    def _outcome(self, data: object, path: str) -> Outcome | None:
        before = len(self.faults)
        fields = self._fields(
            data,
            path,
            required=("scale",),
            optional=("value", "items", "minutes", "date", "rater", "muscle", "side"),
        )
        side = self._maybe(fields, f"{path}.side", "side", _one_of(SIDES, "a side"))
        items = tuple(
            item
            for at, entry in self._items(fields, "items", MOST_VIALS, path)
            if (item := self._read(f"{path}.items[{at}]", entry, _whole)) is not None
        )
        scale = self._take(fields, f"{path}.scale", "scale", self._scale)
        if scale is None:
            return None
        outcome = Outcome(
            scale=scale,
            value=self._maybe(fields, f"{path}.value", "value", _short_text),
            items=items,
            minutes=self._maybe(fields, f"{path}.minutes", "minutes", _amount),
            date=self._maybe(fields, f"{path}.date", "date", read_date),
            rater=self._maybe(fields, f"{path}.rater", "rater", _one_of(RATERS, "a rater")),
            muscle=self._maybe(fields, f"{path}.muscle", "muscle", self._muscle),
            side=Side(side) if side else None,
        )
        if len(self.faults) == before:
            self._read(f"{path}.value", outcome, self._sound)
        return outcome

    def _sound(self, outcome: Any) -> Score:
        """What its scale makes of a reading, or why it has no such value."""
        return score(outcome, self.catalogue)

    def _answers(self, data: object) -> dict[str, Answer]:
        fields = self._fields(data, "answers", required=(), optional=self.catalogue.questions)
        return {
            name: answer
            for name, value in fields.items()
            if name in self.catalogue.questions
            if (answer := self._maybe(fields, f"answers.{name}", name, _answer)) is not None
            if value is not None
        }

    # One value each: the value, or a Refusal that says what is wrong with it

    def _say(self, path: str, message: str, **values: Any) -> None:
        self._fault(ChartError(message, path=path, **values))

    def _indication(self, value: object) -> str:
        return _known_id(value, self.catalogue.indications, "an indication")

    def _muscle(self, value: object) -> str:
        return _known_id(value, self.catalogue.muscles, "a muscle or area")

    def _needle(self, value: object) -> str:
        return _known_id(value, self.catalogue.needles, "a needle")

    def _guidance(self, value: object) -> str:
        return _known_id(value, self.catalogue.guidances, "a guidance")

    def _protocol(self, value: object) -> str:
        return _known_id(value, self.catalogue.protocols, "a protocol")

    def _scale(self, value: object) -> str:
        return _known_id(value, self.catalogue.scales, "a scale")

    def _any_product(self, value: object) -> Product:
        return self.catalogue.products[_known_id(value, self.catalogue.products, "a product")]

    def _map(self, value: object) -> BodyMap:
        text = read_text(value)
        try:
            return body_map(text, self.catalogue)
        except UnknownMap:
            raise Refusal("There is no body map called %(value)s.", value=quoted(text)) from None

    def _product(self, value: object) -> Product:
        product = self._any_product(value)
        if not product.therapeutic:
            raise Refusal(
                "%(product)s is for the history only and cannot be given here.", product=product.id
            )
        return product

    def _preparation_named(self, value: object) -> UUID:
        name = _short_text(value)
        if name not in self._preparations:
            raise Refusal(
                "No preparation has the key %(key)s. Name one that is listed.", key=quoted(name)
            )
        return self._preparations[name]


def _settled(chart: Chart) -> Chart:
    """The chart with the rest of each vial counted as discarded, where nobody said otherwise."""
    left = {account.key: account.left for account in balance(chart)}
    return replace(
        chart,
        preparations=tuple(
            replace(
                entry,
                vials=tuple(
                    replace(vial, discarded=_first(vial.discarded, left[vial.key]))
                    for vial in entry.vials
                ),
            )
            for entry in chart.preparations
        ),
    )


def _place_in_order(site: Site) -> tuple[str, ...]:
    """Equal sites are equal here, so the order they were sent in leaves no trace."""
    return (
        str(site.preparation),
        site.indication,
        site.muscle or "",
        site.side or "",
        str(site.units),
        site.state,
        site.map,
        f"{site.x:09.2f} {site.y:09.2f}",
        site.depth or "",
        site.protocol or "",
        str(site.volume_ml),
        site.needle or "",
        site.guidance or "",
    )


def _zone(value: object) -> tzinfo:
    """The zone that an instant was written in: the clinic's, as far as a description says."""
    try:
        return datetime.fromisoformat(str(value)).tzinfo or timezone.utc  # noqa: UP017
    except ValueError:
        return timezone.utc  # noqa: UP017


def _first(value: Any, other: Any) -> Any:
    return other if value is None else value


def _known(value: Any) -> Any:
    return None if isinstance(value, Unable) else value


def _reasons(**values: object) -> Mapping[str, str]:
    return {name: value.reason for name, value in values.items() if isinstance(value, Unable)}


def _one_of(choices: tuple[str, ...], what: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        return _known_id(value, choices, what)

    return read


def _known_id(value: object, known: Any, what: str) -> str:
    text = read_text(value)
    if text not in known:
        raise Refusal(
            "%(value)s is not %(what)s that is known here. Known are %(known)s.",
            value=quoted(text),
            what=what,
            known=", ".join(known),
        )
    return text


def _or_unable(read: Callable[[object], Any]) -> Callable[[object], Any]:
    """Also takes {"unable": "reason"}: nobody could find it out, and why."""

    def read_or_unable(value: object) -> Any:
        return Unable(_reason(value)) if isinstance(value, dict) else read(value)

    return read_or_unable


def _reason(value: dict[Any, object]) -> str:
    reason = value.get(UNABLE)
    if set(value) != {UNABLE} or not isinstance(reason, str) or not reason.strip():
        raise Refusal('What is not known is sent as {"unable": "the reason"}.')
    return reason.strip()


def _scan(value: object) -> Reading:
    """What a scanned code says for certain: where it can be read in several ways, what all say."""
    readings = gs1.read(read_text(value))

    def said_by_all(name: str) -> Any:
        said = {getattr(reading, name) for reading in readings}
        return said.pop() if len(said) == 1 else None

    return Reading(
        gtin=said_by_all("gtin"),
        lot=said_by_all("lot"),
        expires=said_by_all("expires"),
        serial=said_by_all("serial"),
    )


def _answer(value: object) -> Answer:
    if isinstance(value, dict):
        return Answer(UNABLE, _reason(value))
    return Answer(_known_id(value, ANSWERS, "an answer"))


def _short_text(value: object) -> str:
    text = read_text(value).strip()
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise Refusal(
            "This must be at most %(most)s characters that can be printed.", most=LONGEST_TEXT
        )
    return text


def _number(value: object) -> Decimal:
    if not isinstance(value, str):
        raise Refusal(
            'Numbers are sent as text such as "2.5", not as %(kind)s, so that they stay exact.',
            kind=kind_of(value),
        )
    try:
        return Decimal(value.strip())
    except InvalidOperation:
        raise Refusal("%(value)s is not a number.", value=quoted(value)) from None


def _dose(value: object) -> Decimal:
    """Units of a site. Text that is no dose adds nothing to any total, and DATA-05 names it."""
    try:
        units = _number(value)
    except Refusal:
        if isinstance(value, str):
            return NO_DOSE
        raise
    if not units.is_finite() or units <= 0:
        return NO_DOSE
    if units > MOST_UNITS:
        raise Refusal(
            "%(value)s U is more than can be charted. Enter at most %(most)s U.",
            value=quoted(str(value)),
            most=MOST_UNITS,
        )
    return units


def _amount(value: object) -> Decimal:
    number = _number(value)
    if not number.is_finite() or number < 0 or len(f"{number:f}") > LONGEST_NUMBER:
        raise Refusal("%(value)s is not an amount of 0 or more.", value=quoted(str(value)))
    return number


def _weight(value: object) -> Decimal:
    weight = _amount(value)
    if not weight:
        raise Refusal("0 kg is not a weight. Leave it out where it is not known.")
    return weight


def _coordinate(value: object) -> Decimal:
    number = _number(value)
    if not number.is_finite() or number != round(number, 2):
        raise Refusal(
            "%(value)s is not a place on a map: map units with at most two decimals.",
            value=quoted(str(value)),
        )
    return number


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refusal("This must be a whole number, not %(kind)s.", kind=kind_of(value))
    return value


def _count(value: object) -> int:
    count = _whole(value)
    if not 1 <= count <= MOST_SITES:
        raise Refusal("A site counts once or more, at most %(most)s times.", most=MOST_SITES)
    return count


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise Refusal("This must be true or false, not %(kind)s.", kind=kind_of(value))
    return value
