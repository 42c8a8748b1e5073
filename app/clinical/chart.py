"""A chart as one value: what is planned and given where, from which vials.

Units, millilitres and map units are exact decimals. `parse_chart` reads what a tablet sends and
names every fault in a sentence; a `Chart` it returns has no fault of shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from app.clinical.anatomy import BodyMap, Placement, Side, UnknownMap, body_map, settle
from app.clinical.catalogue.entries import Catalogue, Product
from app.clinical.dosing import plain, strength_of
from app.clinical.errors import ChartError, Refusal

__all__ = [
    "CLINIC",
    "GIVEN",
    "PHARMACY",
    "PLANNED",
    "Chart",
    "Preparation",
    "Site",
    "Vial",
    "instant_text",
    "parse_chart",
    "parse_units",
]

PLANNED = "planned"
GIVEN = "given"
STATES = (PLANNED, GIVEN)

# Whose a vial is: the clinic's own, or delivered by a pharmacy for one patient.
CLINIC = "clinic"
PHARMACY = "pharmacy"
DEPTHS = ("IM", "SC", "ID")

# Shapes, not doses: what a column, a page and a GS1 barcode can hold.
MOST_UNITS = Decimal("99999.99")
MOST_SITES = 400
MOST_PREPARATIONS = 20
MOST_VIALS = 20
LONGEST_LOT = 20
LONGEST_OTHER = 80

# A tablet sends these beside the chart; whoever saves the chart reads them.
ENVELOPE = frozenset({"save", "revision"})

T = TypeVar("T")

DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
KEY = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Vial:
    """One labelled container. `lot` is empty and `expires` None while not known; `discarded` is
    None until somebody has said what became of the rest.

    `source` is `clinic`, or `pharmacy` for a vial delivered for this one patient. `diluent_ml` and
    `reconstituted_at` are its own where they differ from its preparation's. `unknown` holds, by
    field (`lot`, `expires`), why a value could not be found out.
    """

    key: UUID
    units: Decimal
    lot: str = ""
    expires: date | None = None
    discarded: Decimal | None = None
    ndc: str | None = None
    serial: str | None = None
    quarantined: bool = False
    source: str = CLINIC
    diluent_ml: Decimal | None = None
    reconstituted_at: datetime | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preparation:
    """One product at one dilution. `diluent_ml` goes into each vial; None while not known.

    `unknown` holds, by field (`diluent_ml`, `reconstituted_at`), why it could not be found out.
    """

    key: UUID
    product: str
    diluent: str | None = None
    diluent_ml: Decimal | None = None
    reconstituted_at: datetime | None = None
    vials: tuple[Vial, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)

    def mixed_at(self, vial: Vial) -> datetime | None:
        """When this vial was mixed: at its own time, or with the others."""
        return vial.reconstituted_at or self.reconstituted_at


@dataclass(frozen=True, slots=True)
class Site:
    """One injection point. `region` and `side` are computed from the drawing, never sent.

    A session described without a drawing has "" as `map`. `volume_ml` is as drawn up, where said.
    """

    key: UUID
    map: str
    x: Decimal
    y: Decimal
    units: Decimal
    state: str
    indication: str
    muscle: str | None = None
    other: str | None = None
    depth: str | None = None
    preparation: UUID | None = None
    protocol: str | None = None
    protocol_site: str | None = None
    given_at: datetime | None = None
    region: str | None = None
    side: Side | None = None
    volume_ml: Decimal | None = None

    @property
    def is_given(self) -> bool:
        """Whether it was given; a planned site counts in no total."""
        return self.state == GIVEN


@dataclass(frozen=True, slots=True)
class Chart:
    """All sites of a treatment in injection order, and the preparations they draw on."""

    date: date
    indications: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    preparations: tuple[Preparation, ...] = ()
    sites: tuple[Site, ...] = ()

    @property
    def given(self) -> tuple[Site, ...]:
        """The sites that were given, in injection order."""
        return tuple(site for site in self.sites if site.is_given)

    @property
    def planned(self) -> tuple[Site, ...]:
        """The sites that are only planned, in injection order."""
        return tuple(site for site in self.sites if not site.is_given)

    def preparation(self, key: UUID | None) -> Preparation | None:
        """The preparation of this key, or None."""
        return next((entry for entry in self.preparations if entry.key == key), None)

    def product_of(self, site: Site) -> str | None:
        """The product a site was given from, or None while no preparation is named."""
        preparation = self.preparation(site.preparation)
        return preparation.product if preparation else None

    def as_json(self) -> dict[str, Any]:
        """The chart as a tablet sends and receives it: text for units, mL and coordinates."""
        return {
            "date": self.date.isoformat(),
            "indications": list(self.indications),
            "codes": list(self.codes),
            "preparations": [_preparation_json(entry) for entry in self.preparations],
            "sites": [_site_json(site) for site in self.sites],
        }


def instant_text(instant: datetime) -> str:
    """An instant in UTC as ISO 8601 with Z. Raises ValueError for one without a zone."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_units(text: object) -> Decimal:
    """The units a person wrote: more than 0, at most 99999.99, to hundredths. Raises Refusal."""
    return _amount(text, above_zero=True)


def parse_chart(data: object, catalogue: Catalogue) -> Chart:
    """The chart in what a tablet sent, its sides and regions computed from the drawings.

    `save` and `revision` may stand beside the chart and are not looked at. Raises ChartError with
    the first fault's path; its `faults` holds them all.
    """
    reader = _Reader(catalogue)
    chart = reader.chart(data)
    if reader.faults:
        first = reader.faults[0]
        first.faults = tuple(reader.faults)
        raise first
    return chart


class _Reader:
    """Reads one chart and collects its faults, so that all can be shown at once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.faults: list[ChartError] = []
        self._keys: set[UUID] = set()
        # Also of preparations with a fault: a site that draws on one is not wrong itself.
        self._preparations: set[UUID] = set()

    def chart(self, data: object) -> Chart:
        fields = self._fields(
            data,
            "",
            required=("date", "indications", "preparations", "sites"),
            optional=("codes",),
            ignored=ENVELOPE,
        )
        day = self._take(fields, "date", "date", self._date)
        indications = self._texts(fields, "indications", self._indication)
        codes = self._texts(fields, "codes", self._code)
        preparations = tuple(
            self._preparation(entry, f"preparations[{at}]")
            for at, entry in self._items(fields, "preparations", MOST_PREPARATIONS)
        )
        sites = tuple(
            self._site(entry, at, indications)
            for at, entry in self._items(fields, "sites", MOST_SITES)
        )
        return Chart(
            date=day or date.min,
            indications=indications,
            codes=codes,
            preparations=tuple(entry for entry in preparations if entry is not None),
            sites=tuple(site for site in sites if site is not None),
        )

    # Preparations and vials

    def _preparation(self, data: object, path: str) -> Preparation | None:
        before = len(self.faults)
        fields = self._fields(
            data,
            path,
            required=("key", "product", "vials"),
            optional=("diluent", "diluent_ml", "reconstituted_at"),
        )
        key = self._take(fields, f"{path}.key", "key", self._key)
        if key is not None:
            self._preparations.add(key)
        product = self._take(fields, f"{path}.product", "product", self._product)
        diluent = self._maybe(fields, f"{path}.diluent", "diluent", self._diluent)
        diluent_ml = self._maybe(fields, f"{path}.diluent_ml", "diluent_ml", self._millilitres)
        mixed = self._maybe(fields, f"{path}.reconstituted_at", "reconstituted_at", self._instant)
        vials = tuple(
            self._vial(entry, f"{path}.vials[{at}]", product)
            for at, entry in self._items(fields, "vials", MOST_VIALS, path)
        )
        if product is not None and diluent_ml == 0 and not product.ready_made:
            self._fault(
                ChartError(
                    "%(product)s is a powder: enter the mL of diluent in each vial, or leave it "
                    "empty until it is mixed.",
                    path=f"{path}.diluent_ml",
                    product=product.id,
                )
            )
        if len(self.faults) > before or key is None or product is None:
            return None
        preparation = Preparation(
            key=key,
            product=product.id,
            diluent=diluent,
            diluent_ml=diluent_ml,
            reconstituted_at=mixed,
            vials=tuple(vial for vial in vials if vial is not None),
        )
        self._one_strength(preparation, product, path)
        return preparation

    def _one_strength(self, preparation: Preparation, product: Product, path: str) -> None:
        strengths = {
            vial.units: strength_of(product, vial.units, preparation.diluent_ml)
            for vial in preparation.vials
        }
        if len(set(strengths.values())) > 1:
            sizes = " and ".join(f"{plain(units)} U" for units in strengths)
            self._fault(
                ChartError(
                    "Vials of %(sizes)s with %(ml)s mL each do not give one strength. Make a "
                    "preparation of its own for each size.",
                    path=f"{path}.vials",
                    sizes=sizes,
                    ml=plain(preparation.diluent_ml) if preparation.diluent_ml is not None else "",
                )
            )

    def _vial(self, data: object, path: str, product: Product | None) -> Vial | None:
        before = len(self.faults)
        fields = self._fields(
            data, path, required=("key", "units"), optional=("lot", "expires", "discarded")
        )
        key = self._take(fields, f"{path}.key", "key", self._key)
        units = self._take(fields, f"{path}.units", "units", parse_units)
        lot = self._maybe(fields, f"{path}.lot", "lot", self._lot)
        expires = self._maybe(fields, f"{path}.expires", "expires", self._date)
        discarded = self._maybe(fields, f"{path}.discarded", "discarded", self._discarded)
        if product is not None and units is not None and product.size(units) is None:
            self._fault(
                ChartError(
                    "%(product)s comes in vials of %(sizes)s U, not %(units)s U. Choose the size "
                    "on the label.",
                    path=f"{path}.units",
                    product=product.id,
                    sizes=", ".join(plain(size.units) for size in product.sizes),
                    units=plain(units),
                )
            )
        if len(self.faults) > before or key is None or units is None:
            return None
        return Vial(key, units, lot or "", expires, discarded)

    # Sites

    def _site(self, data: object, at: int, indications: Sequence[str]) -> Site | None:
        path = f"sites[{at}]"
        number = at + 1
        before = len(self.faults)
        fields = self._fields(
            data,
            path,
            required=("key", "map", "x", "y", "units", "state", "indication"),
            optional=(
                *("muscle", "other", "depth", "preparation"),
                *("protocol", "protocol_site", "given_at"),
            ),
        )
        key = self._take(fields, f"{path}.key", "key", self._key)
        map = self._take(fields, f"{path}.map", "map", self._map)
        x = self._take(fields, f"{path}.x", "x", _coordinate)
        y = self._take(fields, f"{path}.y", "y", _coordinate)
        muscle = self._maybe(fields, f"{path}.muscle", "muscle", self._muscle)
        other = self._maybe(fields, f"{path}.other", "other", self._other)
        units = self._take(fields, f"{path}.units", "units", parse_units)
        depth = self._maybe(fields, f"{path}.depth", "depth", self._depth)
        state = self._take(fields, f"{path}.state", "state", self._state)
        preparation = self._maybe(fields, f"{path}.preparation", "preparation", self._reference)
        if preparation is not None and preparation not in self._preparations:
            self._fault(
                ChartError(
                    "Site %(number)s draws on a preparation that is not in this chart. Choose its "
                    "vial again.",
                    path=f"{path}.preparation",
                    number=number,
                )
            )
        indication = self._take(fields, f"{path}.indication", "indication", self._indication)
        if indication is not None and indication not in indications:
            self._fault(
                ChartError(
                    "Site %(number)s serves %(indication)s, which this session does not list. "
                    "Add the indication, or choose another for the site.",
                    path=f"{path}.indication",
                    number=number,
                    indication=self.catalogue.indications[indication].label,
                )
            )
        protocol = self._maybe(fields, f"{path}.protocol", "protocol", self._protocol)
        protocol_site = self._maybe(fields, f"{path}.protocol_site", "protocol_site", self._text)
        own = self._own_muscle(protocol, protocol_site, path, number)
        given_at = self._maybe(fields, f"{path}.given_at", "given_at", self._instant)
        if map is None or x is None or y is None:
            return None
        place = self._place(map, x, y, muscle, own, path, number)
        if len(self.faults) > before or key is None:
            return None
        if units is None or state is None or indication is None:
            return None
        return Site(
            key=key,
            map=map.ref,
            x=x,
            y=y,
            units=units,
            state=state,
            indication=indication,
            muscle=muscle,
            other=other,
            depth=depth,
            preparation=preparation,
            protocol=protocol,
            protocol_site=protocol_site,
            # Nobody has given a planned site, whatever an undo left behind.
            given_at=given_at if state == GIVEN else None,
            region=place.region_id,
            side=place.side,
        )

    def _own_muscle(
        self, protocol: str | None, protocol_site: str | None, path: str, number: int
    ) -> str | None:
        """The muscle of the protocol's own site, where the site says that it is one."""
        if protocol_site is None:
            return None
        if protocol is None:
            self._fault(
                ChartError(
                    "Site %(number)s names a protocol site but no protocol. Lay the protocol "
                    "again, or clear the protocol site.",
                    path=f"{path}.protocol_site",
                    number=number,
                )
            )
            return None
        site = self.catalogue.protocols[protocol].site(protocol_site)
        if site is None:
            self._fault(
                ChartError(
                    "Protocol %(protocol)s has no site %(site)s. Lay the protocol again, or "
                    "clear the protocol site.",
                    path=f"{path}.protocol_site",
                    protocol=protocol,
                    site=protocol_site,
                )
            )
            return None
        return site.muscle

    def _place(
        self,
        map: BodyMap,
        x: Decimal,
        y: Decimal,
        muscle: str | None,
        own: str | None,
        path: str,
        number: int,
    ) -> Placement:
        place = settle(map, x, y, muscle)
        if place.outside:
            self._fault(
                ChartError(
                    "Site %(number)s lies outside the body on %(map)s. Move it onto the drawing.",
                    path=path,
                    number=number,
                    map=self.catalogue.maps[map.id].title,
                )
            )
        elif muscle is not None and muscle not in (*place.offered, own):
            self._fault(self._not_here(muscle, place.offered, path, number))
        return place

    def _not_here(self, muscle: str, offered: Sequence[str], path: str, number: int) -> ChartError:
        muscles = self.catalogue.muscles
        if not offered:
            return ChartError(
                "No muscle is charted at the place of site %(number)s, so it cannot be "
                "%(muscle)s. Move the site, or describe the place in words.",
                path=f"{path}.muscle",
                number=number,
                muscle=muscles[muscle].label,
            )
        return ChartError(
            "%(muscle)s does not lie under site %(number)s. Choose %(offered)s, move the site, or "
            "describe the place in words.",
            path=f"{path}.muscle",
            number=number,
            muscle=muscles[muscle].label,
            offered=" / ".join(muscles[id].label for id in offered),
        )

    # One value each: the value, or a Refusal that says what is wrong with it

    def _key(self, value: object) -> UUID:
        key = self._reference(value)
        if key in self._keys:
            raise Refusal("The key %(key)s stands twice. Each needs its own.", key=str(key))
        self._keys.add(key)
        return key

    def _reference(self, value: object) -> UUID:
        text = self._text(value)
        # UUID() itself also takes braces, a urn and no hyphens: one spelling, one key.
        if not KEY.fullmatch(text):
            raise Refusal("A key must be a UUID such as 6f1c2b7e-0b8e-4f6a-9d0e-2f5b8a1c3d4e.")
        return UUID(text)

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            raise Refusal("This must be text, not %(kind)s.", kind=_kind(value))
        return value

    def _product(self, value: object) -> Product:
        text = self._text(value)
        product = self.catalogue.products.get(text)
        if product is None:
            raise Refusal(
                "%(value)s is not a product of the catalogue. Choose one of %(known)s.",
                value=_quoted(text),
                known=", ".join(p.id for p in self.catalogue.products.values() if p.therapeutic),
            )
        if not product.therapeutic:
            raise Refusal(
                "%(product)s is for the history only and cannot be given here. Choose one of "
                "%(known)s.",
                product=product.id,
                known=", ".join(p.id for p in self.catalogue.products.values() if p.therapeutic),
            )
        return product

    def _diluent(self, value: object) -> str:
        text = self._text(value)
        if text not in self.catalogue.diluents:
            raise Refusal(
                "%(value)s is not a diluent of the catalogue. Choose one of %(known)s.",
                value=_quoted(text),
                known=", ".join(self.catalogue.diluents),
            )
        return text

    def _millilitres(self, value: object) -> Decimal:
        most = self.catalogue.limit("diluent_most")
        if not isinstance(value, str):
            raise Refusal(
                'Diluent is sent as text such as "2.5", not as %(kind)s, so that it stays exact.',
                kind=_kind(value),
            )
        if not DECIMAL.fullmatch(value):
            raise Refusal(
                "%(value)s is not a volume. Write mL with digits and one point, such as 2.5.",
                value=_quoted(value),
            )
        amount = Decimal(value)
        if amount > most:
            raise Refusal(
                "%(value)s mL is more than a vial takes. Enter the mL of diluent in each vial, at "
                "most %(most)s.",
                value=plain(amount),
                most=plain(most),
            )
        if amount != round(amount, 2):
            raise Refusal(
                "Diluent goes to hundredths of a mL: %(value)s has more decimals. Shorten it.",
                value=_quoted(value),
            )
        return amount

    def _discarded(self, value: object) -> Decimal:
        return _amount(value, above_zero=False)

    def _lot(self, value: object) -> str:
        text = self._text(value).strip(" ")
        if not text.isprintable():
            raise Refusal("The lot holds a character that cannot be printed. Type it again.")
        if len(text) > LONGEST_LOT:
            raise Refusal(
                "A lot has at most %(most)s characters; this one has %(count)s. Check it against "
                "the vial.",
                most=LONGEST_LOT,
                count=len(text),
            )
        return text

    def _date(self, value: object) -> date:
        text = self._text(value)
        try:
            if DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise Refusal(
            "%(value)s is not a date of the calendar. Enter year, month and day, such as "
            "2027-08-31.",
            value=_quoted(text),
        )

    def _instant(self, value: object) -> datetime:
        text = self._text(value)
        match = INSTANT.fullmatch(text)
        if match is not None and match["zone"] is None:
            raise Refusal(
                "%(value)s names no time zone. End it with Z or with an offset such as -05:00.",
                value=_quoted(text),
            )
        try:
            if match is not None:
                instant = datetime.fromisoformat(text).astimezone(UTC)
                # Every clinic's clock must be able to show it: a day off both ends of the calendar.
                _, _ = instant - timedelta(days=1), instant + timedelta(days=1)
                return instant
        except (ValueError, OverflowError):
            pass
        raise Refusal(
            "%(value)s is not an instant. Enter date, time and zone, such as 2026-11-22T14:50:00Z.",
            value=_quoted(text),
        )

    def _indication(self, value: object) -> str:
        text = self._text(value)
        if text not in self.catalogue.indications:
            raise Refusal(
                "%(value)s is not an indication of the catalogue. Choose one of %(known)s.",
                value=_quoted(text),
                known=", ".join(self.catalogue.indications),
            )
        return text

    def _code(self, value: object) -> str:
        text = self._text(value)
        if text not in self.catalogue.codes:
            raise Refusal(
                "%(value)s is not a diagnosis code of the catalogue. Choose one from the list of "
                "the indication.",
                value=_quoted(text),
            )
        return text

    def _map(self, value: object) -> BodyMap:
        text = self._text(value)
        try:
            return body_map(text)
        except UnknownMap:
            raise Refusal(
                "There is no body map called %(value)s. Choose one of the views.",
                value=_quoted(text),
            ) from None

    def _muscle(self, value: object) -> str:
        text = self._text(value)
        if text not in self.catalogue.muscles:
            raise Refusal(
                "%(value)s is not a muscle of the catalogue. Choose one that is offered at this "
                "place, or describe the place in words.",
                value=_quoted(text),
            )
        return text

    def _other(self, value: object) -> str | None:
        text = " ".join(self._text(value).split())
        if not text.isprintable():
            raise Refusal(
                "The description holds a character that cannot be printed. Type it again."
            )
        if len(text) > LONGEST_OTHER:
            raise Refusal(
                "A description of a place has at most %(most)s characters; this one has "
                "%(count)s. Shorten it.",
                most=LONGEST_OTHER,
                count=len(text),
            )
        return text or None

    def _depth(self, value: object) -> str:
        text = self._text(value)
        if text not in DEPTHS:
            raise Refusal(
                "%(value)s is not a depth. Choose one of %(known)s, or leave it empty.",
                value=_quoted(text),
                known=", ".join(DEPTHS),
            )
        return text

    def _state(self, value: object) -> str:
        text = self._text(value)
        if text not in STATES:
            raise Refusal(
                "%(value)s is not a state of a site. Send one of %(known)s.",
                value=_quoted(text),
                known=", ".join(STATES),
            )
        return text

    def _protocol(self, value: object) -> str:
        text = self._text(value)
        if text not in self.catalogue.protocols:
            raise Refusal(
                "%(value)s is not a protocol of the catalogue. Choose one that the chart offers.",
                value=_quoted(text),
            )
        return text

    # Shapes

    def _fields(
        self,
        data: object,
        path: str,
        *,
        required: Iterable[str],
        optional: Iterable[str] = (),
        ignored: frozenset[str] = frozenset(),
    ) -> dict[str, object]:
        if not isinstance(data, dict):
            self._fault(
                ChartError(
                    "This must be an object with named values, not %(kind)s.",
                    path=path,
                    kind=_kind(data),
                )
            )
            return {}
        prefix = f"{path}." if path else ""
        required = tuple(required)
        for name in data:
            if name not in (*required, *optional) and name not in ignored:
                self._fault(
                    ChartError(
                        "%(name)s is not known here. Remove it.",
                        path=f"{prefix}{_short(str(name))}",
                        name=_quoted(str(name)),
                    )
                )
        for name in required:
            if name not in data:
                self._fault(
                    ChartError("%(name)s is missing. Add it.", path=f"{prefix}{name}", name=name)
                )
        return {name: value for name, value in data.items() if isinstance(name, str)}

    def _items(
        self, fields: dict[str, object], name: str, most: int, path: str = ""
    ) -> list[tuple[int, object]]:
        value = fields.get(name, [])
        where = f"{path}.{name}" if path else name
        if not isinstance(value, list):
            self._fault(
                ChartError("This must be a list, not %(kind)s.", path=where, kind=_kind(value))
            )
            return []
        if len(value) > most:
            self._fault(
                ChartError(
                    "A chart holds at most %(most)s %(name)s; this one has %(count)s. Divide the "
                    "treatment.",
                    path=where,
                    most=most,
                    name=name,
                    count=len(value),
                )
            )
            return []
        return list(enumerate(value))

    def _texts(
        self, fields: dict[str, object], name: str, read: Callable[[object], str]
    ) -> tuple[str, ...]:
        found: list[str] = []
        for at, value in self._items(fields, name, MOST_SITES):
            text = self._read(f"{name}[{at}]", value, read)
            if text is not None and text in found:
                self._fault(
                    ChartError(
                        "%(value)s stands twice. Send it once.", path=f"{name}[{at}]", value=text
                    )
                )
            elif text is not None:
                found.append(text)
        return tuple(found)

    def _take(
        self, fields: dict[str, object], path: str, name: str, read: Callable[[object], T]
    ) -> T | None:
        # A missing name was already reported with the shape.
        return self._read(path, fields[name], read) if name in fields else None

    def _maybe(
        self, fields: dict[str, object], path: str, name: str, read: Callable[[object], T]
    ) -> T | None:
        value = fields.get(name)
        return None if value is None or value == "" else self._read(path, value, read)

    def _read(self, path: str, value: object, read: Callable[[object], T]) -> T | None:
        try:
            return read(value)
        except Refusal as refusal:
            self._fault(ChartError(refusal.message, path=path, **refusal.values))
            return None

    def _fault(self, fault: ChartError) -> None:
        self.faults.append(fault)


def _amount(value: object, *, above_zero: bool) -> Decimal:
    if not isinstance(value, str):
        raise Refusal(
            'Units are sent as text such as "2.5", not as %(kind)s, so that they stay exact.',
            kind=_kind(value),
        )
    text = value.strip()
    if not text:
        raise Refusal("The units are empty. Enter a number such as 5 or 2.5.")
    if text.startswith("-") and DECIMAL.fullmatch(text[1:]):
        raise Refusal("%(value)s is below 0. Enter the units without a sign.", value=_quoted(text))
    if not DECIMAL.fullmatch(text):
        raise Refusal(
            "%(value)s is not a number of units. Use digits and one point only, such as 5 or 2.5.",
            value=_quoted(text),
        )
    units = Decimal(text)
    if units > MOST_UNITS:
        raise Refusal(
            "%(value)s U is more than can be charted. Enter at most %(most)s U.",
            value=text,
            most=MOST_UNITS,
        )
    if units != round(units, 2):
        raise Refusal(
            "Units go to hundredths: %(value)s has more than two decimals. Round it.",
            value=text,
        )
    if above_zero and units == 0:
        raise Refusal("0 U is not a dose. Enter more than 0 U, or delete the site.")
    return units


def _coordinate(value: object) -> Decimal:
    if not isinstance(value, str):
        raise Refusal(
            'A coordinate is sent as text such as "104.00", not as %(kind)s.', kind=_kind(value)
        )
    if not DECIMAL.fullmatch(value) or Decimal(value) != round(Decimal(value), 2):
        raise Refusal(
            "%(value)s is not a place on the map. Send map units with at most two decimals, such "
            "as 104.00.",
            value=_quoted(value),
        )
    return round(Decimal(value), 2)


def _kind(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"


def _short(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"


def _quoted(text: str) -> str:
    return f"\u201c{_short(text)}\u201d"


def _preparation_json(entry: Preparation) -> dict[str, Any]:
    return {
        "key": str(entry.key),
        "product": entry.product,
        "diluent": entry.diluent,
        "diluent_ml": None if entry.diluent_ml is None else plain(entry.diluent_ml),
        "reconstituted_at": None
        if entry.reconstituted_at is None
        else instant_text(entry.reconstituted_at),
        "vials": [
            {
                "key": str(vial.key),
                "units": plain(vial.units),
                "lot": vial.lot,
                "expires": None if vial.expires is None else vial.expires.isoformat(),
                "discarded": None if vial.discarded is None else plain(vial.discarded),
            }
            for vial in entry.vials
        ],
    }


def _site_json(site: Site) -> dict[str, Any]:
    return {
        "key": str(site.key),
        "map": site.map,
        "x": f"{site.x:.2f}",
        "y": f"{site.y:.2f}",
        "muscle": site.muscle,
        "other": site.other,
        "units": plain(site.units),
        "depth": site.depth,
        "state": site.state,
        "preparation": None if site.preparation is None else str(site.preparation),
        "indication": site.indication,
        "protocol": site.protocol,
        "protocol_site": site.protocol_site,
        "given_at": None if site.given_at is None else instant_text(site.given_at),
    }
