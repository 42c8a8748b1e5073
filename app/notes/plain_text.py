"""A signed note as lines of text, to be pasted into another record: from the record alone.

No line is longer than 80 characters and nothing stands in columns, so that nothing breaks there.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.notes import words
from app.notes.record import Record

WIDTH = 80


def as_text(record: Record, *, later: str | None = None) -> str:
    """The whole note; the signed PDF stays what counts, and the text says so.

    `later` is what followed the note ("Amended 25 Nov 2026, see addendum 1"), and comes first.
    """
    blocks = [
        _wrapped(later.upper()) if later else [],
        _opening(record),
        _said(record),
        _listed("DIAGNOSIS", _diagnoses(record)),
        _listed("GIVEN", _given(record)),
        _listed("PRODUCT AND VIAL", _vials(record)),
        _listed("OUTCOMES AND GUIDANCE", _measures(record)),
        _listed("ASKED", [words.time_out(record), *words.consent(record).split(" · ")]),
        _listed("ADVERSE EVENTS", words.adverse_events(record).split(" · ")),
        _listed("FINDINGS", _findings(record)),
        _signed(record),
    ]
    lines = [line for block in blocks if block for line in (*block, "")]
    return "\n".join(lines[:-1]).replace(words.NBSP, " ") + "\n"


def _opening(record: Record) -> list[str]:
    clinic, patient = record["clinic"], record["patient"]
    about = [words.written_name(patient), f"born {words.day(patient['born'])}"]
    about += [words.SEXES[patient["sex"]].lower()] if patient["sex"] else []
    about.append(f"MRN {patient['record_number']}")
    service = record["service"]
    when = words.day(service["date"])
    if service["first_given_at"] and service["last_given_at"]:
        when += ", given " + words.span(
            service["first_given_at"], service["last_given_at"], clinic["time_zone"]
        )
    return [
        *_wrapped(words.title(record).upper()),
        *_wrapped(f"Signed note {record['note']['number']}, {clinic['name']}"),
        *_wrapped(f"Patient: {', '.join(about)}"),
        *_wrapped(words.allergies(patient)),
        *_wrapped(f"Date of service: {when}"),
    ]


def _said(record: Record) -> list[str]:
    sentences = (
        words.incomplete(record),
        words.transcribed(record),
        words.deviations(record),
        " ".join(
            filter(
                None,
                [words.headline(record), words.details(record), words.since_last_time(record)],
            )
        ),
    )
    return [line for sentence in sentences if sentence for line in _wrapped(sentence)]


def _diagnoses(record: Record) -> list[str]:
    return [
        f"{code['code']} {code['description']}"
        for indication in record["indications"]
        for code in indication["codes"]
    ] or ["no code recorded"]


def _given(record: Record) -> list[str]:
    """What was given, by muscle and side in injection order, and the sum of each product."""
    products = {each["key"]: each["product"] for each in record["preparations"]}
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for site in record["sites"]:
        if words.is_given(site):
            product = str(products.get(site["preparation"], ""))
            key = (product, words.site_name(site), words.SIDES[site["side"]].lower())
            groups.setdefault(key, []).append(site)
    several = len(record["totals"]) > 1
    said = []
    for (product, name, side), own in groups.items():
        total = sum((Decimal(site["units"]) for site in own), Decimal(0))
        each = {words.units(site["units"]) for site in own}
        numbers = words.ranges(site["number"] for site in own)
        where = f"{'site' if len(own) == 1 else 'sites'} {numbers}"
        if len(own) > 1 and len(each) == 1:
            where += f", {each.pop()} each"
        elif len(own) > 1:
            where += ": " + ", ".join(words.units(site["units"]) for site in own)
        dose = f"{product} {words.units(total)}" if several else words.units(total)
        said.append(f"{name}, {side}: {dose} ({where})")
    for product, total in record["totals"].items():
        volume = f" in {words.plain(total['volume_ml'])} mL" if total["volume_ml"] else ""
        sites_said = words.counted(total["sites"], "site")
        said.append(f"Total {product}: {words.units(total['given'])}{volume}, {sites_said}")
    return said or ["nothing was given"]


def _vials(record: Record) -> list[str]:
    zone = record["clinic"]["time_zone"]
    said = []
    for preparation in record["preparations"]:
        mixed = [words.dilution(preparation), words.strength(preparation)]
        if preparation["reconstituted_at"]:
            mixed.append(f"mixed {words.moment(preparation['reconstituted_at'], zone)}")
        said.append(f"{preparation['product']}: {', '.join(filter(None, mixed))}")
        for vial in preparation["vials"]:
            lot = vial["lot"] or words.unrecorded(vial, "lot")
            expires = (
                words.day(vial["expires"]) if vial["expires"] else words.unrecorded(vial, "expires")
            )
            ndc = f", NDC {vial['ndc']}" if vial["ndc"] else ""
            said.append(
                f"Vial {words.units(vial['units'])}, lot {lot}, expiry {expires}{ndc}:"
                f" {words.balance(vial)}"
            )
    return said


def _measures(record: Record) -> list[str]:
    said = [f"{each['label']} {each['value']}" for each in record.get("outcomes") or ()]
    if (guidance := record.get("guidance")) and guidance["used"]:
        used = ", ".join(guidance["used"])
        said.append(f"{used}: {guidance['note']}" if guidance["note"] else used)
    return said


def _findings(record: Record) -> list[str]:
    said = []
    for finding in record["findings"]:
        grade = words.SEVERITIES.get(finding["severity"], finding["severity"])
        line = f"{grade}: {finding['text']} {finding['id']}"
        if finding.get("reason"):
            line += f" Reason: {finding['reason']}"
        if finding.get("overridden_by"):
            line += f" Overridden by {words.person(finding['overridden_by'])}."
        said.append(line)
    return said


def _signed(record: Record) -> list[str]:
    zone = record["clinic"]["time_zone"]
    performed = f"Performed by {words.person(record['performed_by'])}."
    if ordered := record.get("ordered_by"):
        performed += f" Ordered by {words.ordered(ordered)}."
    return [
        *_wrapped(performed),
        *_wrapped(
            f"Electronically signed by {words.person(record['signed_by'])},"
            f" {words.moment(record['signed_at'], zone)}. {record['signature_meaning']}"
        ),
        *_wrapped(
            f"This text is a copy. The signed file {record['note']['number']} is the record."
        ),
    ]


def _listed(heading: str, items: Sequence[str]) -> list[str]:
    """A heading over its lines, each after a hyphen; nothing where there are none."""
    kept = [item for item in items if item]
    return [heading, *(line for item in kept for line in _wrapped(item, "- "))] if kept else []


def _wrapped(text: str, before: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_on_hyphens=False,
    )
