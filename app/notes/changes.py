"""What differs between a note as it was signed and what is said now, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from app.notes import attached, pages

# What stands in a list, by the name of the list; each has something that tells it from the others.
THINGS = {
    "sites": "Site %(which)s",
    "preparations": "Preparation %(which)s",
    "vials": "Vial %(which)s",
    "totals": "Total of %(which)s",
    "by_muscle": "Units in %(which)s",
    "indications": "Indication %(which)s",
    "codes": "Code %(which)s",
    "protocols": "Protocol %(which)s",
    "planned": "Planned site %(which)s",
    "answers": "Answer to %(which)s",
    "outcomes": "Measure %(which)s",
    "findings": "Finding %(which)s",
    "adverse_events": "Adverse event %(which)s",
    "changes": "Correction of %(which)s",
    "follows": "Earlier document %(which)s",
    "attachments": "Attached file %(which)s",
    "pages": "Page %(which)s",
}

# What somebody reads of a field. A field that is not here is read by its own name.
FIELDS = {
    "patient": "Patient",
    "clinic": "Clinic",
    "service": "Session",
    "note": "Note",
    "addendum": "Addendum",
    "kind": "kind",
    "performed_by": "Performed by",
    "ordered_by": "Ordered by",
    "supervised_by": "Supervised by",
    "signed_by": "Signed by",
    "signed_at": "Signed at",
    "signature_meaning": "What the signature means",
    "signature_level": "Level of the signature",
    "drawn_signature": "Drawn signature",
    "incomplete": "Why it is incomplete",
    "touch_up_of": "Touch-up of",
    "catalogue": "Version of the catalogue",
    "software": "Version of the software",
    "schema": "Version of the record",
    "guidance": "Guidance",
    "drawings": "Drawings",
    "name": "name",
    "latin_name": "name in Latin letters",
    "credentials": "credentials",
    "born": "date of birth",
    "sex": "sex",
    "record_number": "record number",
    "allergies": "allergies",
    "weight_kg": "weight in kg",
    "address": "address",
    "telephone": "telephone",
    "time_zone": "time zone",
    "paper": "paper",
    "number": "number",
    "date": "date",
    "first_given_at": "first given at",
    "last_given_at": "last given at",
    "given_at": "given at",
    "given_by": "given by",
    "given": "given",
    "sites": "number of sites",
    "discarded": "discarded",
    "opened": "opened",
    "discard_reason": "why it was discarded",
    "units": "units",
    "volume_ml": "volume in mL",
    "diluent_ml": "diluent in mL",
    "diluent": "diluent",
    "concentration_units_per_ml": "units per mL",
    "reconstituted_at": "mixed at",
    "lot": "lot",
    "expires": "expiry date",
    "serial": "serial number",
    "ndc": "NDC",
    "product": "product",
    "map": "drawing",
    "x": "place across",
    "y": "place down",
    "muscle": "muscle",
    "side": "side",
    "depth": "depth",
    "needle": "needle",
    "state": "planned or given",
    "indication": "indication",
    "right": "right",
    "left": "left",
    "midline": "midline",
    "all": "both sides",
    "answer": "answer",
    "reason": "reason",
    "text": "text",
    "drawing": "what is drawn",
    "record": "Attached record",
    "whole": "all of it",
    "page_count": "Number of pages",
}

# What stands for a thing that is there or not there, where its own words would be too many.
STATES = {
    "as_signed": "as signed",
    "drawn_anew": "drawn anew",
    "removed": "removed",
    "unreadable": "unreadable",
    "there": "there",
    "not_there": "not there",
    "other": "another file",
}

# By these somebody tells one thing of a list from another, the first it has.
_TOLD_BY = ("key", "id", "question", "product", "code", "lot", "number", "name")

_LONGEST = 400  # characters of a value that are shown
_MOST_LINES = 20  # lines of a page that are shown

Place = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was signed.

    `things` are what it belongs to, outermost first: a key of `THINGS` and which one, or a key of
    `FIELDS` and nothing. `field` is a key of `FIELDS`, or the field's own name. `before` and
    `after` are what it says, None where it is not there; a key of `STATES` where `is_state`.
    `where` is the name of the attached file, or the number of the page, that says so.
    """

    things: Place
    field: str
    before: str | None
    after: str | None
    where: str
    is_state: bool = False

    @property
    def label(self) -> str:
        """In English: Site 14 (Temporalis, left), units."""
        named = [
            THINGS[key] % {"which": which} if key in THINGS else _field(key)
            for key, which in self.things
        ]
        return ", ".join([*named, _field(self.field)])

    def said(self, value: str | None) -> str | None:
        """`before` or `after` in English."""
        return STATES.get(value, value) if self.is_state and value is not None else value


def between(signed: bytes, now: bytes) -> tuple[Change, ...]:
    """What the file `now` says that its signed revision does not; () where none can be found."""
    try:
        before, after = attached.attachments(signed), attached.attachments(now)
        found = [*_of_attachments(before, after), *_of_pages(signed, now)]
    except Exception:  # A hostile revision may break the reader anywhere; then nothing is told.
        return ()
    return tuple(found)


def of_records(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What the record `after` says that `before` does not, in the order of `before`."""
    return tuple(_of_values((), before, after))


def _of_attachments(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        parsed_old, parsed_new = attached.parsed(old), attached.parsed(new)
        if name == attached.RECORD and parsed_old is not None and parsed_new is not None:
            yield from of_records(parsed_old, parsed_new)
            continue
        said_old = "as_signed" if old is not None else "not_there"
        said_new = "removed" if new is None else "other" if old is not None else "there"
        if name == attached.RECORD:
            said_new = "unreadable" if new is not None else "removed"
            yield Change((), "record", said_old, said_new, name, is_state=True)
        else:
            thing = (("attachments", _cut(name)),)
            yield Change(thing, "whole", said_old, said_new, name, is_state=True)


def _of_pages(signed: bytes, now: bytes) -> Iterator[Change]:
    before, after = pages.read(signed), pages.read(now)
    if len(before) != len(after):
        yield Change((), "page_count", str(len(before)), str(len(after)), "1")
    for number, (old, new) in enumerate(zip(before, after, strict=False), start=1):
        if old == new:
            continue
        thing = (("pages", str(number)),)
        lines = list(_of_lines(old.lines, new.lines))
        for was, is_now in lines[:_MOST_LINES]:
            yield Change(thing, "text", was, is_now, str(number))
        if not lines:
            yield Change(thing, "drawing", "as_signed", "drawn_anew", str(number), is_state=True)


def _of_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "equal":
            for was, is_now in zip_longest(old[i1:i2], new[j1:j2]):
                yield was and _cut(was), is_now and _cut(is_now)


def _of_values(place: Place, before: Any, after: Any) -> Iterator[Change]:
    """The changes of two objects of a record."""
    for field in dict.fromkeys([*before, *after]):
        old, new = before.get(field), after.get(field)
        if old == new:
            continue
        if field in THINGS and (isinstance(old, dict | list) or isinstance(new, dict | list)):
            yield from _of_things(place, field, _things(old), _things(new))
        elif isinstance(old, dict) and isinstance(new, dict):
            yield from _of_values((*place, (field, "")), old, new)
        else:
            yield Change(place, field, _text(old), _text(new), attached.RECORD)


def _of_things(
    place: Place, field: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        inner = (*place, (field, _which(key, old if old is not None else new)))
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _of_values(inner, old, new)
        elif isinstance(old, dict) or isinstance(new, dict):
            said = ["not_there" if each is None else "there" for each in (old, new)]
            yield Change(inner, "whole", said[0], said[1], attached.RECORD, is_state=True)
        else:
            yield Change(inner, "whole", _text(old), _text(new), attached.RECORD)


def _things(value: Any) -> dict[str, Any]:
    """What stands in a list or an object, each by what tells it from the others."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return {} if value is None else {"1": value}
    found: dict[str, Any] = {}
    for number, each in enumerate(value, start=1):
        told = next(
            (str(each[by]) for by in _TOLD_BY if isinstance(each, dict) and each.get(by)), ""
        )
        # Two that call themselves alike are told apart by their place.
        found[told if told and told not in found else f"{told} {number}".strip()] = each
    return found


def _which(key: str, thing: Any) -> str:
    """By what somebody knows it on paper: its number, with its name and side."""
    if not isinstance(thing, dict):
        return _cut(key)
    named = ", ".join(str(thing[each]) for each in ("name", "side") if thing.get(each))
    for by in ("number", "lot", "product", "code", "title", "question", "id"):
        if thing.get(by) and isinstance(thing[by], str | int):
            return _cut(f"{thing[by]} ({named})" if named else str(thing[by]))
    return _cut(named or key)


def _field(name: str) -> str:
    return FIELDS.get(name, name.replace("_", " "))


def _text(value: Any) -> str | None:
    """A value as somebody reads it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _cut("; ".join(_text(each) or "" for each in value))
    if isinstance(value, dict):
        return _cut("; ".join(f"{_field(key)}: {_text(each)}" for key, each in value.items()))
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
