"""A session as its signed record tells it: the rows that charting and signing had left.

What a record does not say is not made up. Where a column wants something all the same, it takes the
nearest that is signed: whoever gave a site placed it, and the session began with the first giving.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.clinical import chart as charting
from app.clinical.anatomy import Side, released_sha256
from app.clinical.catalogue.entries import Catalogue
from app.extensions import db
from app.models import (
    AdverseEvent,
    Answer,
    Patient,
    Person,
    Preparation,
    Site,
    Treatment,
    Vial,
)

Record = Mapping[str, Any]


class NotTold(Exception):
    """The record names what is not known here; the text is one sentence that says what to do."""


class People:
    """Whom documents name, found among the clinic's people.

    Who fits exactly one of them is that person. Anybody else is entered as printed, without a role
    and without a way to sign in.
    """

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self._known = list(db.session.scalars(select(Person).order_by(Person.created_at)))

    def printed(self, who: Mapping[str, Any]) -> Person:
        """The person with this name, these credentials and, where both have one, this NPI."""
        return self._one(
            [
                person
                for person in self._known
                if (person.name, person.credentials) == (who["name"], who["credentials"])
                and (not who["npi"] or not person.npi or person.npi == who["npi"])
            ]
        ) or self._enter(who["name"], who["credentials"], who["npi"] or "")

    def named(self, name: str) -> Person:
        """The person with this name, whatever stands behind it."""
        return self._one([each for each in self._known if each.name == name]) or self._enter(name)

    def signing_as(self, signed_name: str) -> Person:
        """The person whose name and credentials together read so."""
        found = self._one([each for each in self._known if each.signed_name == signed_name])
        name, _, credentials = signed_name.partition(", ")
        return found or self._enter(name, credentials)

    def _one(self, found: list[Person]) -> Person | None:
        entered = [each for each in found if not each.roles and not each.is_active]
        return found[0] if len(found) == 1 else (entered[0] if entered else None)

    def _enter(self, name: str, credentials: str = "", npi: str = "") -> Person:
        key = uuid4()
        person = Person(
            id=key,
            username=f"printed-{key.hex[:12]}",
            name=name,
            credentials=credentials,
            npi=npi,
            roles=[],
            password_hash="",  # Which no password matches.
            created_at=self._now,
            deactivated_at=self._now,
        )
        db.session.add(person)
        db.session.flush()
        self._known.append(person)
        return person


def patient_from(record: Record, *, key: UUID | None, by: Person, now: datetime) -> Patient:
    """The patient as the record's page shows them, for a clinic that has lost them.

    A record holds the name as one: its last word is taken as the family name.
    """
    said = record["patient"]
    given, _, family = said["name"].rpartition(" ")
    weight = said["weight_kg"]
    patient = Patient.register(
        {
            "given_name": given,
            "family_name": family,
            "latin_name": said.get("latin_name") or "",
            "born": date.fromisoformat(said["born"]),
            "sex": said["sex"],
            "record_number": said["record_number"],
            "weight_kg": None if weight is None else Decimal(weight),
            "weighed_on": None,
            "weight_unknown": said.get("weight_unknown") or "",
            "allergies_asked": said["allergies_asked"],
            "allergies": said["allergies"] or "",
            "conditions_asked": "not_asked",
            "conditions": "",
        },
        by=by,
        now=now,
    )
    patient.id = key or patient.id
    return patient


def treatment_from(
    record: Record, patient: Patient, *, by: Person, people: People, known: Catalogue
) -> Treatment:
    """The session of a note, signed by `by`, in no database yet. Raises NotTold."""
    require_known(record, known)
    signed_at, service = instant(record["signed_at"]), record["service"]
    paper, ordered = record.get("transcribed_from_paper"), record.get("ordered_by")
    supervised, consent = record.get("supervised_by"), record.get("consent_signature")
    after_care, touch_up_of = record.get("after_care"), record.get("touch_up_of")
    guidance = record.get("guidance") or {"used": [], "note": ""}

    def who(printed: Record) -> Person:
        # Whoever signed is known by the key, whatever their name is by now.
        return by if printed == record["signed_by"] else people.printed(printed)

    began = paper["at"] if paper else service["first_given_at"]
    treatment = Treatment(
        id=UUID(record["note"]["treatment"]),
        patient_id=patient.id,
        date=date.fromisoformat(service["date"]),
        zone=record["clinic"]["time_zone"],
        started_at=_instant(began) or signed_at,
        started_by_id=people.printed(paper["by"]).id if paper else by.id,
        performer_id=who(record["performed_by"]).id,
        supervisor_id=who(supervised).id if supervised else None,
        indications=[each["id"] for each in record["indications"]],
        codes=[code["code"] for each in record["indications"] for code in each["codes"]],
        revision=1,
        saved_at=signed_at,
        saved_by_id=by.id,
        ordering_name=ordered["name"] if ordered else "",
        ordering_npi=ordered["npi"] if ordered else "",
        guidance=[
            group for group, each in known.guidances.items() if each.label in guidance["used"]
        ],
        guidance_note=guidance["note"],
        outcomes=[],
        touch_up_of=date.fromisoformat(touch_up_of) if touch_up_of else None,
        consent_signature=consent["drawn"] if consent else None,
        consent_signed_at=_instant(consent["at"]) if consent else None,
        incomplete_reason=record.get("incomplete"),
        paper_sheet=paper["sheet"] if paper else None,
        after_care_version=after_care["version"] if after_care else None,
    )
    if paper and (given_at := _instant(paper["given_at"])):
        treatment.paper_time = given_at.astimezone(ZoneInfo(treatment.zone)).time()
    treatment.preparations = [
        _preparation(entry, place, known) for place, entry in enumerate(record["preparations"], 1)
    ]
    treatment.vials = _vials(record["preparations"])
    treatment.sites = [
        _site(entry, by=by, signed_at=signed_at, people=people, known=known)
        for entry in record["sites"]
    ]
    treatment.said = list(_answers(record, people))
    return treatment


def adverse_events_from(
    record: Record, told_in: Treatment, *, by: Person, known: Catalogue
) -> list[AdverseEvent]:
    """What was told in a session of earlier ones, where those are here. The note tells all of it.

    Who recorded it and when is not in the record: whoever signed it said so, then.
    """
    kinds = {each.label: id for id, each in known.adverse_events.items()}
    found = []
    for entry in record.get("adverse_events") or ():
        after, kind = _session_of(entry, told_in), kinds.get(entry["kind"])
        if after is None or kind is None:
            continue
        found.append(
            AdverseEvent.tell(
                after,
                kind,
                entry["words"] or "",
                [site["key"] for site in entry["sites"]],
                told_in=told_in,
                by=by,
                now=told_in.saved_at,
            )
        )
    return found


def contradictions(stored: Treatment, told: Treatment) -> list[str]:
    """Where a stored session says otherwise than its record; what is missing says nothing."""
    found = [
        word
        for word, one, other in (
            ("the day", stored.date, told.date),
            ("the indications", sorted(stored.indications), sorted(told.indications)),
            ("the diagnosis codes", sorted(stored.codes), sorted(told.codes)),
            ("the day of which it is the touch-up", stored.touch_up_of, told.touch_up_of),
            ("why it is incomplete", stored.incomplete_reason, told.incomplete_reason),
            ("the drawn consent", stored.consent_signature, told.consent_signature),
            ("the time on paper", stored.paper_time, told.paper_time),
        )
        if one != other
    ]
    # A note says who gave it where the session does not.
    if stored.performer_id and not _are_one(stored.performer_id, told.performer_id):
        found.append("who gave it")
    if not _are_one(stored.supervisor_id, told.supervisor_id):
        found.append("who supervised it")
    for part in _PARTS:
        there, said = _facts(stored, part), _facts(told, part)
        if any(said.get(key) != facts for key, facts in there.items()):
            found.append(f"the {part}")
    return found


def _are_one(one: UUID | None, other: UUID | None) -> bool:
    """Whether both are one person, or are called the same: one name may have two accounts."""
    if one is None or other is None:
        return one == other
    return one == other or (
        db.session.get_one(Person, one).signed_name == db.session.get_one(Person, other).signed_name
    )


def put_in_what_is_missing(stored: Treatment, told: Treatment) -> list[str]:
    """Give a stored session the rows that it lacks; answers of which kind there were any."""
    lacked = []
    for part in _PARTS:
        there, rows = _facts(stored, part), _rows(told, part)
        missing = [row for key, row in rows.items() if key not in there]
        if not missing:
            continue
        lacked.append(part)
        if part == "answers":
            for place, answer in enumerate(missing, len(stored.said) + 1):
                answer.number = place
        getattr(told, _PARTS[part]).clear()
        getattr(stored, _PARTS[part]).extend(missing)
    return lacked


# What a session consists of, as its rows are called here and there.
_PARTS = {"preparations": "preparations", "vials": "vials", "sites": "sites", "answers": "said"}


def _rows(treatment: Treatment, part: str) -> dict[Any, Any]:
    """The rows that count, each by what it is known by: vials have no name in a record."""
    if part == "answers":
        return dict(treatment.answers)
    if part != "vials":
        return {row.key: row for row in getattr(treatment, part)}
    found: dict[Any, Vial] = {}
    for vial in treatment.vials:
        same = sum(key[0] == _fact(vial) for key in found)
        found[_fact(vial), same] = vial
    return found


def _facts(treatment: Treatment, part: str) -> dict[Any, Any]:
    return {key: _fact(row) for key, row in _rows(treatment, part).items()}


def _fact(row: Any) -> tuple[Any, ...]:
    """What a record tells of a row, so that one from a record and one from a tablet are equal.

    Without what a record has only in words, which a later catalogue may word otherwise.
    """
    match row:
        case Site():
            return (
                *(row.map, row.x, row.y, row.region, row.side, row.muscle, row.other),
                *(row.units, row.depth, row.state, row.preparation, row.indication),
                *(row.protocol, row.protocol_site),
            )
        case Preparation():
            return (row.product, row.diluent_ml, row.reconstituted_at, row.unknown)
        case Vial():
            return (
                *(row.preparation, row.units, row.lot, row.expires, row.discarded or Decimal(0)),
                *(row.serial, row.source, row.diluent_ml, row.reconstituted_at),
                tuple(sorted((row.unknown or {}).items())),
            )
        case Answer():
            return (row.value, row.reason, row.answered_at)
    raise TypeError(f"no record tells of a {type(row).__name__}")


def require_known(record: Record, known: Catalogue) -> None:
    """Raises NotTold where a record names what this clinic's catalogue does not know."""
    for what, names, here in (
        ("product", [each["product"] for each in record["preparations"]], known.products),
        ("indication", [each["id"] for each in record["indications"]], known.indications),
        ("muscle", [each["muscle"] for each in record["sites"]], known.muscles),
    ):
        if strange := sorted({name for name in names if name and name not in here}):
            raise NotTold(
                f"It names the {what} {strange[0]}, which is not in this clinic's catalogue."
                " Enter it there as it was, then try again."
            )
    for ref, sha256 in record["drawings"].items():
        own = known.drawings.get(ref)
        try:
            here_sha256 = own.sha256 if own else released_sha256(ref)
        except OSError:
            here_sha256 = ""
        if here_sha256 != sha256:
            raise NotTold(
                f"Its sites lie on the drawing {ref}, which this clinic does not have as it was."
                " A backup holds that drawing; it is on no note."
            )


def _preparation(entry: Record, place: int, known: Catalogue) -> Preparation:
    preparation = Preparation(key=UUID(entry["key"]))
    preparation.take(
        charting.Preparation(
            key=preparation.key,
            product=entry["product"],
            diluent=_id_of(entry["diluent"], known.diluents),
            diluent_ml=_decimal(entry["diluent_ml"]),
            reconstituted_at=_instant(entry["reconstituted_at"]),
            unknown=entry["unknown"],
        ),
        place,
    )
    return preparation


def _vials(preparations: Iterable[Record]) -> list[Vial]:
    vials: list[Vial] = []
    for preparation in preparations:
        key = UUID(preparation["key"])
        for place, entry in enumerate(preparation["vials"], 1):
            # A record gives a vial no key; the same record always gives the same one.
            vial = Vial(key=uuid5(key, f"vial {place}"))
            vial.take(
                charting.Vial(
                    key=vial.key,
                    units=Decimal(entry["units"]),
                    lot=entry["lot"] or "",
                    expires=date.fromisoformat(entry["expires"]) if entry["expires"] else None,
                    discarded=Decimal(entry["discarded"]),
                    ndc=entry["ndc"],
                    serial=entry["serial"],
                    source=entry["source"] or charting.CLINIC,
                    diluent_ml=_decimal(entry["diluent_ml"]),
                    reconstituted_at=_instant(entry["reconstituted_at"]),
                    unknown=entry["unknown"],
                    discard_reason=entry["discard_reason"],
                ),
                key,
                len(vials) + 1,
            )
            vial.discarded_at = _instant(entry["discarded_at"])
            vials.append(vial)
    return vials


def _site(
    entry: Record, *, by: Person, signed_at: datetime, people: People, known: Catalogue
) -> Site:
    given_at = _instant(entry["given_at"])
    given_by = people.named(entry["given_by"]) if entry["given_by"] else None
    site = Site(
        key=UUID(entry["key"]),
        placed_by_id=(given_by or by).id,
        placed_at=given_at or signed_at,
        given_by_id=given_by.id if given_by else None,
        given_at=given_at,
    )
    site.take(
        charting.Site(
            key=site.key,
            map=entry["map"],
            x=Decimal(entry["x"]),
            y=Decimal(entry["y"]),
            region=entry["region"],
            side=Side(entry["side"]),
            muscle=entry["muscle"],
            other=entry["other"],
            units=Decimal(entry["units"]),
            depth=entry["depth"],
            state=entry["state"],
            preparation=UUID(entry["preparation"]) if entry["preparation"] else None,
            indication=entry["indication"],
            protocol=entry["protocol"],
            protocol_site=entry["protocol_site"],
            needle=_id_of(entry.get("needle"), known.needles),
            guidance=_id_of(entry.get("guidance"), known.guidances),
        ),
        entry["number"],
    )
    return site


def _answers(record: Record, people: People) -> Iterable[Answer]:
    said = (entry for entry in record["answers"] if entry["value"] is not None)
    for number, entry in enumerate(said, 1):
        yield Answer(
            number=number,
            question=entry["id"],
            value=entry["value"],
            reason=entry["reason"] or "",
            how=entry["how"],
            answered_at=_instant(entry["answered_at"]),
            answered_by_id=people.signing_as(entry["answered_by"]).id,
        )


def _session_of(event: Record, told_in: Treatment) -> Treatment | None:
    """After which session an event came: the one with its sites, else the only one of that day."""
    query = select(Treatment).where(
        Treatment.patient_id == told_in.patient_id, Treatment.id != told_in.id
    )
    if keys := [UUID(site["key"]) for site in event["sites"]]:
        query = query.where(Treatment.sites.any(Site.key == keys[0]))
    else:
        query = query.where(Treatment.date == date.fromisoformat(event["after"]))
    found = db.session.scalars(query).all()
    return found[0] if len(found) == 1 else None


def _id_of(label: str | None, table: Mapping[str, Any]) -> str | None:
    """What the catalogue calls that which a note names in English; None where it names nothing."""
    return next((id for id, each in table.items() if label and each.label == label), None)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def instant(value: str) -> datetime:
    """An instant of a record."""
    return datetime.fromisoformat(value)


def _instant(value: str | None) -> datetime | None:
    return None if value is None else instant(value)
