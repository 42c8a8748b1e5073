"""A chart as one value: what is planned and given where, from which vials.

Units, millilitres and map units are exact decimals. `parse_chart` reads what a tablet sends and
names every fault in a sentence; a `Chart` it returns has no fault of shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.clinical.anatomy import BodyMap, Placement, Side, UnknownMap, body_map, settle
from app.clinical.catalogue.entries import Catalogue, Product
from app.clinical.dosing import plain, strength_of
from app.clinical.errors import ChartError, Refusal
from app.clinical.ndc import ndc11
from app.clinical.reading import (
    Reader,
    kind_of,
    quoted,
    read_date,
    read_instant,
    read_text,
)

__all__ = [
    "CLINIC",
    "DISCARD_REASONS",
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
VIAL_SOURCES = (CLINIC, PHARMACY)

# Why what a vial held was thrown away.
REMAINDER = "remainder"
DISCARD_REASONS = (REMAINDER, "spill", "broken", "past_limit", "not_given", "other")

DEPTHS = ("IM", "SC", "ID")

# Shapes, not doses: what a column, a page and a GS1 barcode can hold.
MOST_UNITS = Decimal("99999.99")
MOST_SITES = 600
MOST_PREPARATIONS = 20
MOST_VIALS = 20
LONGEST_LOT = 20
LONGEST_OTHER = 80
LONGEST_REASON = 200

# A tablet sends these beside the chart; whoever saves the chart reads them.
ENVELOPE = frozenset({"save", "revision"})

DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
KEY = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Vial:
    """One labelled container. `lot` is empty and `expires` None while not known; `discarded` is
    None until somebody has said what became of the rest.

    `source` is `clinic`, or `pharmacy` for a vial delivered for this one patient. `diluent_ml` and
    `reconstituted_at` are its own where they differ from its preparation's. `unknown` holds, by
    field (`lot`, `expires`, `diluent_ml`, `reconstituted_at`), why a value could not be found out.
    `quarantined` is what the clinic's stock says of its lot; no tablet sends it.
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
    discard_reason: str | None = None


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
        """When this vial was mixed: at its own time, or with the others; None while not known."""
        if "reconstituted_at" in vial.unknown:
            return None
        return vial.reconstituted_at or self.reconstituted_at

    def ml_in(self, vial: Vial) -> Decimal | None:
        """The mL of diluent in this vial: its own, or as in the others; None while not known."""
        if "diluent_ml" in vial.unknown:
            return None
        return self.diluent_ml if vial.diluent_ml is None else vial.diluent_ml


@dataclass(frozen=True, slots=True)
class Site:
    """One injection point. `region` and `side` are computed from the drawing, never sent.

    A session described without a drawing has "" as `map`. `volume_ml` is as drawn up, `needle` the
    catalogue's, `guidance` one of `emg`, `estim`, `ultrasound`; each only where somebody said it.
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
    needle: str | None = None
    guidance: str | None = None

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
    reader.raise_faults()
    return chart


class _Reader(Reader):
    """Reads one chart."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self.catalogue = catalogue
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
        day = self._take(fields, "date", "date", read_date)
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
        unknown = self._unknown(fields, path, ("diluent_ml", "reconstituted_at"))
        diluent_ml = self._maybe(fields, f"{path}.diluent_ml", "diluent_ml", self._millilitres)
        mixed = self._maybe(fields, f"{path}.reconstituted_at", "reconstituted_at", read_instant)
        vials = tuple(
            self._vial(entry, f"{path}.vials[{at}]", product)
            for at, entry in self._items(fields, "vials", MOST_VIALS, path)
        )
        self._not_dry(product, diluent_ml, path)
        if len(self.faults) > before or key is None or product is None:
            return None
        preparation = Preparation(
            key=key,
            product=product.id,
            diluent=diluent,
            diluent_ml=diluent_ml,
            reconstituted_at=mixed,
            vials=tuple(vial for vial in vials if vial is not None),
            unknown=unknown,
        )
        self._one_strength(preparation, product, path)
        return preparation

    def _not_dry(self, product: Product | None, diluent_ml: Decimal | None, path: str) -> None:
        if product is not None and diluent_ml == 0 and not product.ready_made:
            self._fault(
                ChartError(
                    "%(product)s is a powder: enter the mL of diluent in each vial, or leave it "
                    "empty until it is mixed.",
                    path=f"{path}.diluent_ml",
                    product=product.id,
                )
            )

    def _one_strength(self, preparation: Preparation, product: Product, path: str) -> None:
        """A vial whose diluent is not known yet has no strength that could differ."""
        mixed = {
            (vial.units, preparation.ml_in(vial)): made
            for vial in preparation.vials
            if (made := strength_of(product, vial.units, preparation.ml_in(vial))) is not None
        }
        if len(set(mixed.values())) > 1:
            self._fault(
                ChartError(
                    "Vials of %(vials)s do not give one strength. Make a preparation of its own "
                    "for each.",
                    path=f"{path}.vials",
                    vials=" and ".join(
                        f"{plain(units)} U with {plain(ml or Decimal(0))} mL" for units, ml in mixed
                    ),
                )
            )

    def _vial(self, data: object, path: str, product: Product | None) -> Vial | None:
        before = len(self.faults)
        fields = self._fields(
            data,
            path,
            required=("key", "units"),
            optional=(
                *("lot", "expires", "discarded", "discard_reason", "ndc", "serial", "source"),
                *("diluent_ml", "reconstituted_at"),
            ),
        )
        key = self._take(fields, f"{path}.key", "key", self._key)
        units = self._take(fields, f"{path}.units", "units", parse_units)
        unknown = self._unknown(fields, path, ("lot", "expires", "diluent_ml", "reconstituted_at"))
        lot = self._maybe(fields, f"{path}.lot", "lot", self._lot)
        expires = self._maybe(fields, f"{path}.expires", "expires", read_date)
        discarded = self._maybe(fields, f"{path}.discarded", "discarded", self._discarded)
        reason = self._maybe(
            fields, f"{path}.discard_reason", "discard_reason", self._discard_reason
        )
        ndc = self._maybe(fields, f"{path}.ndc", "ndc", self._ndc)
        serial = self._maybe(fields, f"{path}.serial", "serial", self._serial)
        source = self._maybe(fields, f"{path}.source", "source", self._source)
        diluent_ml = self._maybe(fields, f"{path}.diluent_ml", "diluent_ml", self._millilitres)
        mixed = self._maybe(fields, f"{path}.reconstituted_at", "reconstituted_at", read_instant)
        self._not_dry(product, diluent_ml, path)
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
        return Vial(
            key,
            units,
            lot or "",
            expires,
            discarded,
            ndc=ndc,
            serial=serial or None,
            source=source or CLINIC,
            diluent_ml=diluent_ml,
            reconstituted_at=mixed,
            unknown=unknown,
            # Why nothing was thrown away is no reason.
            discard_reason=reason if discarded else None,
        )

    def _unknown(
        self, fields: dict[str, object], path: str, names: Iterable[str]
    ) -> Mapping[str, str]:
        """Why a value could not be found out, by field; such a field is then read as empty."""
        found: dict[str, str] = {}
        for name in names:
            value = fields.get(name)
            if not isinstance(value, dict):
                continue
            fields[name] = None
            own = self._fields(value, f"{path}.{name}", required=("unable",))
            reason = self._take(own, f"{path}.{name}.unable", "unable", self._reason)
            if reason is not None:
                found[name] = reason
        return found

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
                *("protocol", "protocol_site", "given_at", "volume_ml", "needle", "guidance"),
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
        protocol_site = self._maybe(fields, f"{path}.protocol_site", "protocol_site", read_text)
        own = self._own_muscle(protocol, protocol_site, path, number)
        given_at = self._maybe(fields, f"{path}.given_at", "given_at", read_instant)
        volume = self._maybe(fields, f"{path}.volume_ml", "volume_ml", self._volume)
        needle = self._maybe(fields, f"{path}.needle", "needle", self._needle)
        guidance = self._maybe(fields, f"{path}.guidance", "guidance", self._guidance)
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
            volume_ml=volume,
            needle=needle,
            guidance=guidance,
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
        text = read_text(value)
        # UUID() itself also takes braces, a urn and no hyphens: one spelling, one key.
        if not KEY.fullmatch(text):
            raise Refusal("A key must be a UUID such as 6f1c2b7e-0b8e-4f6a-9d0e-2f5b8a1c3d4e.")
        return UUID(text)

    def _product(self, value: object) -> Product:
        text = read_text(value)
        product = self.catalogue.products.get(text)
        if product is None:
            raise Refusal(
                "%(value)s is not a product of the catalogue. Choose one of %(known)s.",
                value=quoted(text),
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
        text = read_text(value)
        if text not in self.catalogue.diluents:
            raise Refusal(
                "%(value)s is not a diluent of the catalogue. Choose one of %(known)s.",
                value=quoted(text),
                known=", ".join(self.catalogue.diluents),
            )
        return text

    def _millilitres(self, value: object) -> Decimal:
        most = self.catalogue.limit("diluent_most")
        if not isinstance(value, str):
            raise Refusal(
                'Diluent is sent as text such as "2.5", not as %(kind)s, so that it stays exact.',
                kind=kind_of(value),
            )
        if not DECIMAL.fullmatch(value):
            raise Refusal(
                "%(value)s is not a volume. Write mL with digits and one point, such as 2.5.",
                value=quoted(value),
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
                value=quoted(value),
            )
        return amount

    def _volume(self, value: object) -> Decimal:
        if not isinstance(value, str):
            raise Refusal(
                'A volume is sent as text such as "0.1", not as %(kind)s, so that it stays exact.',
                kind=kind_of(value),
            )
        amount = Decimal(value) if DECIMAL.fullmatch(value) else Decimal(0)
        if not 0 < amount <= self.catalogue.limit("diluent_most"):
            raise Refusal(
                "%(value)s is not a volume of one site. Write mL with digits and one point, such "
                "as 0.1.",
                value=quoted(value),
            )
        if amount != round(amount, 3):
            raise Refusal(
                "A syringe is read to thousandths of a mL: %(value)s has more decimals. Shorten "
                "it.",
                value=quoted(value),
            )
        return amount

    def _discarded(self, value: object) -> Decimal:
        return _amount(value, above_zero=False)

    def _reason(self, value: object) -> str:
        text = read_text(value).strip()
        if not text:
            raise Refusal("Say why it is not known, or leave the field empty.")
        if not text.isprintable():
            raise Refusal("The reason holds a character that cannot be printed. Type it again.")
        if len(text) > LONGEST_REASON:
            raise Refusal(
                "A reason has at most %(most)s characters; this one has %(count)s. Shorten it.",
                most=LONGEST_REASON,
                count=len(text),
            )
        return text

    def _discard_reason(self, value: object) -> str:
        text = read_text(value)
        if text not in DISCARD_REASONS:
            raise Refusal(
                "%(value)s is not a reason for discarding. Choose one of %(known)s.",
                value=quoted(text),
                known=", ".join(DISCARD_REASONS),
            )
        return text

    def _source(self, value: object) -> str:
        text = read_text(value)
        if text not in VIAL_SOURCES:
            raise Refusal(
                "%(value)s does not say whose the vial is. Choose one of %(known)s.",
                value=quoted(text),
                known=", ".join(VIAL_SOURCES),
            )
        return text

    def _ndc(self, value: object) -> str:
        text = read_text(value).strip(" ")
        ndc11(text)
        return text

    def _serial(self, value: object) -> str:
        text = read_text(value).strip(" ")
        if not text.isprintable():
            raise Refusal(
                "The serial number holds a character that cannot be printed. Type it again."
            )
        if len(text) > LONGEST_LOT:
            raise Refusal(
                "A serial number has at most %(most)s characters; this one has %(count)s. Check it "
                "against the vial.",
                most=LONGEST_LOT,
                count=len(text),
            )
        return text

    def _lot(self, value: object) -> str:
        text = read_text(value).strip(" ")
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

    def _indication(self, value: object) -> str:
        text = read_text(value)
        if text not in self.catalogue.indications:
            raise Refusal(
                "%(value)s is not an indication of the catalogue. Choose one of %(known)s.",
                value=quoted(text),
                known=", ".join(self.catalogue.indications),
            )
        return text

    def _code(self, value: object) -> str:
        text = read_text(value)
        if text not in self.catalogue.codes:
            raise Refusal(
                "%(value)s is not a diagnosis code of the catalogue. Choose one from the list of "
                "the indication.",
                value=quoted(text),
            )
        return text

    def _map(self, value: object) -> BodyMap:
        text = read_text(value)
        try:
            return body_map(text, self.catalogue)
        except UnknownMap:
            raise Refusal(
                "There is no body map called %(value)s. Choose one of the views.",
                value=quoted(text),
            ) from None

    def _muscle(self, value: object) -> str:
        text = read_text(value)
        if text not in self.catalogue.muscles:
            raise Refusal(
                "%(value)s is not a muscle of the catalogue. Choose one that is offered at this "
                "place, or describe the place in words.",
                value=quoted(text),
            )
        return text

    def _other(self, value: object) -> str | None:
        text = " ".join(read_text(value).split())
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
        text = read_text(value)
        if text not in DEPTHS:
            raise Refusal(
                "%(value)s is not a depth. Choose one of %(known)s, or leave it empty.",
                value=quoted(text),
                known=", ".join(DEPTHS),
            )
        return text

    def _needle(self, value: object) -> str:
        text = read_text(value)
        if text not in self.catalogue.needles:
            raise Refusal(
                "%(value)s is not a needle of the catalogue. Choose one of %(known)s, or leave it "
                "empty.",
                value=quoted(text),
                known=", ".join(self.catalogue.needles),
            )
        return text

    def _guidance(self, value: object) -> str:
        text = read_text(value)
        if text not in self.catalogue.guidances:
            raise Refusal(
                "%(value)s is not a guidance. Choose one of %(known)s, or leave it empty.",
                value=quoted(text),
                known=", ".join(self.catalogue.guidances),
            )
        return text

    def _state(self, value: object) -> str:
        text = read_text(value)
        if text not in STATES:
            raise Refusal(
                "%(value)s is not a state of a site. Send one of %(known)s.",
                value=quoted(text),
                known=", ".join(STATES),
            )
        return text

    def _protocol(self, value: object) -> str:
        text = read_text(value)
        if text not in self.catalogue.protocols:
            raise Refusal(
                "%(value)s is not a protocol of the catalogue. Choose one that the chart offers.",
                value=quoted(text),
            )
        return text


def _amount(value: object, *, above_zero: bool) -> Decimal:
    if not isinstance(value, str):
        raise Refusal(
            'Units are sent as text such as "2.5", not as %(kind)s, so that they stay exact.',
            kind=kind_of(value),
        )
    text = value.strip()
    if not text:
        raise Refusal("The units are empty. Enter a number such as 5 or 2.5.")
    if text.startswith("-") and DECIMAL.fullmatch(text[1:]):
        raise Refusal("%(value)s is below 0. Enter the units without a sign.", value=quoted(text))
    if not DECIMAL.fullmatch(text):
        raise Refusal(
            "%(value)s is not a number of units. Use digits and one point only, such as 5 or 2.5.",
            value=quoted(text),
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
            'A coordinate is sent as text such as "104.00", not as %(kind)s.', kind=kind_of(value)
        )
    if not DECIMAL.fullmatch(value) or Decimal(value) != round(Decimal(value), 2):
        raise Refusal(
            "%(value)s is not a place on the map. Send map units with at most two decimals, such "
            "as 104.00.",
            value=quoted(value),
        )
    return round(Decimal(value), 2)


def _preparation_json(entry: Preparation) -> dict[str, Any]:
    return {
        "key": str(entry.key),
        "product": entry.product,
        "diluent": entry.diluent,
        "diluent_ml": _said(entry, "diluent_ml"),
        "reconstituted_at": _said(entry, "reconstituted_at"),
        "vials": [_vial_json(vial) for vial in entry.vials],
    }


def _vial_json(vial: Vial) -> dict[str, Any]:
    """What few vials have is left out where nobody said it."""
    rare = {
        "ndc": vial.ndc,
        "serial": vial.serial,
        "source": None if vial.source == CLINIC else vial.source,
        "diluent_ml": _said(vial, "diluent_ml"),
        "reconstituted_at": _said(vial, "reconstituted_at"),
        "discard_reason": vial.discard_reason,
    }
    return {
        "key": str(vial.key),
        "units": plain(vial.units),
        "lot": _said(vial, "lot"),
        "expires": _said(vial, "expires"),
        "discarded": None if vial.discarded is None else plain(vial.discarded),
        **{name: value for name, value in rare.items() if value is not None},
    }


def _said(entry: Preparation | Vial, name: str) -> Any:
    """A value as it travels, or why it could not be found out."""
    if name in entry.unknown:
        return {"unable": entry.unknown[name]}
    value = getattr(entry, name)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return plain(value) if isinstance(value, Decimal) else value


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
        **({} if site.volume_ml is None else {"volume_ml": plain(site.volume_ml)}),
        **({} if site.needle is None else {"needle": site.needle}),
        **({} if site.guidance is None else {"guidance": site.guidance}),
    }
