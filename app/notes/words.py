"""The words of a printed note: dates, amounts, and the sentences that say what was done.

A printed note is English. Amounts keep their unit on the same line.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.clinical.catalogue import catalogue
from app.notes.paper import missing_in

Part = Mapping[str, Any]

NBSP = "\u00a0"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

DEPTHS = {"IM": "intramuscular", "SC": "subcutaneous", "ID": "intradermal"}
SIDES = {"right": "Right", "left": "Left", "midline": "Midline"}
SEXES = {"female": "Female", "male": "Male", "other": "Other sex"}
SEVERITIES = {
    "stop": "Stops signing",
    "override": "Needs a prescriber",
    "warn": "Warning",
    "info": "For information",
}

# More sites than this are named by their numbers alone; the table has the rest.
_NAMED_SITES = 6


def day(value: str | date) -> str:
    """A date, or its ISO text, as 23 Nov 2026; the same on every machine."""
    value = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def moment(iso: str, zone: str) -> str:
    """An instant as the clinic's clock and zone: 23 Nov 2026 11:04 EST."""
    local = _local(iso, zone)
    return f"{day(local.date())} {local:%H:%M} {_zone_name(local)}"


def clock(iso: str, zone: str) -> str:
    """The time of day of an instant at the clinic: 11:04."""
    return f"{_local(iso, zone):%H:%M}"


def span(first: str, last: str, zone: str) -> str:
    """From the first to the last instant: `10:36 to 10:58`, or one time if they agree."""
    if _local(first, zone).date() != _local(last, zone).date():
        return f"{moment(first, zone)} to {moment(last, zone)}"
    begin, end = clock(first, zone), clock(last, zone)
    return begin if begin == end else f"{begin} to {end}"


def _local(iso: str, zone: str) -> datetime:
    instant = datetime.fromisoformat(iso)
    if instant.tzinfo is None:
        raise ValueError(f"{iso} names no zone")
    return instant.astimezone(ZoneInfo(zone))


def _zone_name(local: datetime) -> str:
    """EST, or UTC+3 where the zone has no letters of its own."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = local.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset is not None else 0
    sign = "−" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def plain(amount: str | Decimal | int) -> str:
    """An exact decimal without idle zeros: 155.00 as 155, 3.30 as 3.3."""
    value = Decimal(amount)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def units(amount: str | Decimal | int) -> str:
    """155 U."""
    return f"{plain(amount)}{NBSP}U"


def counted(number: int, one: str, many: str | None = None) -> str:
    """1 site, 31 sites."""
    return f"{number}{NBSP}{one if number == 1 else many or one + 's'}"


def joined(parts: Sequence[str]) -> str:
    """a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def ordered(by: Mapping[str, Any]) -> str:
    """Who ordered it, with the NPI where it is known."""
    return f"{by['name']}, NPI {by['npi']}" if by["npi"] else str(by["name"])


def person(who: Part) -> str:
    """Ines Halloran, MD."""
    return f"{who['name']}, {who['credentials']}" if who["credentials"] else str(who["name"])


def patient_name(patient: Part) -> str:
    """The patient's name as paper prints it."""
    # Notes before this had no place for the name in Latin letters.
    return printed_name(patient["name"], patient.get("latin_name"))


def printed_name(name: str, latin_name: str | None) -> str:
    """A name with its Latin letters beside it; these alone where the typeface lacks its own."""
    if not latin_name or latin_name == name:
        return name
    return latin_name if missing_in([name]) else f"{name} ({latin_name.replace(' ', NBSP)})"


def written_name(patient: Part) -> str:
    """The patient's name in a text, which has every letter: both spellings."""
    latin_name = patient.get("latin_name")
    return f"{patient['name']} ({latin_name})" if latin_name else str(patient["name"])


# --- Sites -------------------------------------------------------------------------------------


def is_given(site: Part) -> bool:
    return bool(site["state"] == "given")


def site_name(site: Part) -> str:
    """The muscle or area; for an other site what the provider wrote."""
    if site["other"]:
        return f"Other: {site['other']}"
    return str(site["name"] or "Muscle not named")


def sided(site: Part) -> str:
    """The muscle or area with its side: right frontalis."""
    return f"{site['side']} {_lowered(site_name(site))}"


def site_aloud(site: Part) -> str:
    """A site of a map as it is read out: 1, right frontalis, 5 U given."""
    said = f"{site['number']}, {sided(site)}, {units(site['units'])}"
    if not is_given(site):
        return f"{said} planned, not given"
    return f"{said} given, moved" if site["moved"] else f"{said} given"


def site_sides(sites: Sequence[Part]) -> list[str]:
    """Each site's side, counted within its muscle where there are several: Right 2."""
    total = Counter((site_name(s), s["side"]) for s in sites)
    seen: Counter[tuple[str, str]] = Counter()
    words = []
    for site in sites:
        key = (site_name(site), site["side"])
        seen[key] += 1
        side = SIDES[site["side"]]
        words.append(f"{side} {seen[key]}" if total[key] > 1 else side)
    return words


# --- The first sentence ------------------------------------------------------------------------


def level(record: Part) -> str | None:
    """What proves the time of the signature; None in a record made before records said it."""
    if by := record.get("time_stamp_authority"):
        return f"Time stamp by {by} (PAdES {record['signature_level']})."
    if level := record.get("signature_level"):
        return f"Time by the clinic’s own clock (PAdES {level})."
    return None


def title(record: Part) -> str:
    """Botulinum toxin treatment: chronic migraine."""
    reasons = joined([str(i["title"]) for i in record["indications"]])
    return f"Botulinum toxin treatment: {reasons}" if reasons else "Botulinum toxin treatment"


def headline(record: Part) -> str:
    """What was given, in one sentence a product, and whether it was as planned."""
    generics = {p["product"]: p["generic"] for p in record["preparations"]}
    sentences = [
        f"{_product(product, generics.get(product))} {units(total['given'])}"
        f" in {counted(total['sites'], 'site')}."
        for product, total in record["totals"].items()
    ] or ["Nothing was given."]
    if len(record["totals"]) > 1:
        sentences.append("Units of different products are not comparable and are not added.")
    patterns = [str(protocol["title"]) for protocol in record["protocols"]]
    if patterns:
        changes = _changes(record)
        outcome = f"with {joined(changes)}" if changes else "all given as planned"
        kind = "Protocol" if len(patterns) == 1 else "Protocols"
        sentences.append(f"{kind} {joined(patterns)}: {outcome}.")
    return " ".join(sentences)


def incomplete(record: Part) -> str:
    """What was not given and why, when the session ended early; else nothing."""
    reason = record["incomplete"]
    if not reason:
        return ""
    sites = record["sites"]
    missed = sum(not is_given(site) for site in sites)
    said = f"Incomplete: {len(sites) - missed} of {counted(len(sites), 'site')} given"
    if missed:
        were = "was" if missed == 1 else "were"
        said += f"; {counted(missed, 'planned site')} {were} not given"
    return f"{said}. Reason: {str(reason).removesuffix('.')}."


def transcribed(record: Part) -> str:
    """That the session was written on paper first: when it was given, who typed it, and when."""
    # Notes before this had no place for it.
    paper = record.get("transcribed_from_paper")
    if not paper:
        return ""
    zone = record["clinic"]["time_zone"]
    sheet = f"downtime sheet {paper['sheet']}" if paper["sheet"] else "a downtime sheet"
    return (
        f"Transcribed from paper: given {moment(paper['given_at'], zone)} by"
        f" {person(record['performed_by'])}, as written on {sheet}; transcribed by"
        f" {person(paper['by'])}, {moment(paper['at'], zone)}. The times beside the answers are"
        " those of the transcription."
    )


def after_care(record: Part) -> str:
    """Which after-care text was printed for the patient before signing; nothing if none was."""
    given = record.get("after_care")
    if not given:
        return ""
    text = (
        f"text of {day(given['of'])}, version {given['version']}"
        if given["of"]
        else ("the published warnings")
    )
    return f"After-care sheet printed: {text}"


def time_out(record: Part) -> str:
    """What the time-out asked and what was not a plain no; nothing where there was none."""
    said = [entry for entry in record.get("answers", ()) if entry["value"]]
    asked = [e for e in said if e["group"] in ("contraindication", "free")]
    identity = [e for e in said if e["group"] == "identity"]
    if not asked and not identity:
        return ""
    parts = [f"{entry['text']}: {entry['value']}" for entry in identity if entry["value"] != "yes"]
    if identity and not parts:
        parts.append("patient and plan confirmed")
    if asked:
        again = sum(entry["how"] == "asked_again" for entry in asked)
        line = f"{counted(len(asked), 'contraindication')} asked"
        line += f" ({again} asked again as a whole, nothing changed)" if again else ""
        yes = [_lowered(entry["text"]) for entry in asked if entry["value"] == "yes"]
        parts.append(f"{line}: yes to {', '.join(yes)}" if yes else f"{line}: no yes")
        unable = [
            f"{_lowered(entry['text'])} ({entry['reason']})"
            for entry in asked
            if entry["value"] == "unable"
        ]
        if unable:
            parts.append(f"could not be asked: {', '.join(unable)}")
        elif not yes:
            parts[-1] = f"{line}: none"
    last = max((*identity, *asked), key=lambda entry: str(entry["answered_at"]))
    names = ", ".join(dict.fromkeys(str(e["answered_by"]) for e in (*identity, *asked)))
    at = moment(last["answered_at"], record["clinic"]["time_zone"])
    return f"{'; '.join(parts)}. {names}, {at}."


def consent(record: Part) -> str:
    """Each question of the review with its answer, also where nobody answered, and after-care."""
    answered = [
        f"{entry['text']}: {_answered(entry)}"
        for entry in record.get("answers", ())
        if entry["group"] == "review"
    ]
    return " · ".join([*answered, *filter(None, [after_care(record)])])


def adverse_events(record: Part) -> str:
    """Each event that was told in this session: what, after which one, linked to which sites."""
    return " · ".join(_event(each) for each in record.get("adverse_events", ()))


def _event(event: Part) -> str:
    told = f"{event['kind']}, {event['words']}" if event["words"] else event["kind"]
    counted = Counter(f"{_lowered(site['name'])} {site['side']}" for site in event["sites"])
    sites = [name if count == 1 else f"{name} ({count})" for name, count in counted.items()]
    linked = f", linked to {', '.join(sites)}" if sites else ""
    return f"{told}, after the session of {day(event['after'])}{linked}"


def _answered(entry: Part) -> str:
    if not entry["value"]:
        return "not recorded"
    if entry["value"] == "unable":
        return f"could not be asked, {entry['reason']}"
    return "no effect" if entry["value"] == "none" else str(entry["value"])


def details(record: Part) -> str:
    """That nothing differed from the protocol, where one was followed and nothing did."""
    if _changes(record) or not record["protocols"]:
        return ""
    return "Nothing differs from the protocol."


def deviations(record: Part) -> str:
    """What differed from the plan, site by site; nothing if nothing did."""
    sites = record["sites"]
    names = {
        site["number"]: f"site{NBSP}{site['number']} {_lowered(site_name(site))} {side.lower()}"
        for site, side in zip(sites, site_sides(sites), strict=True)
    }

    def said(about: str, which: Sequence[Part], more: Callable[[Part], str]) -> str:
        if len(which) > _NAMED_SITES:
            return f"{about}: sites {ranges(site['number'] for site in which)}."
        listed = "; ".join(names[site["number"]] + more(site) for site in which)
        return f"{about}: {listed}." if which else ""

    given = [site for site in sites if is_given(site)]
    sentences = [
        said("Moved", [s for s in given if s["moved"]], lambda s: ""),
        said(
            "Dose changed",
            [s for s in given if dose_changed(s, record)],
            lambda s: f" ({units(s['units'])} instead of {units(planned_units(s, record) or 0)})",
        ),
        said(
            "Outside the protocol",
            [s for s in given if is_extra(s, record)],
            lambda s: f" ({units(s['units'])})",
        ),
        said(
            "Planned, not given",
            [s for s in sites if not is_given(s)],
            lambda s: f" ({units(s['units'])} planned)",
        ),
        _left_out_named(record),
        *_other_products(record),
    ]
    return " ".join(filter(None, sentences))


def since_last_time(record: Part) -> str:
    """What differs from the session before, muscle by muscle, in one sentence; nothing if none.

    Units of two products are not compared: another product is named as such.
    """
    last = record.get("last_time")
    if not last:
        return ""
    gave = joined(
        [
            f"{product} {units(total['given'])} in {counted(total['sites'], 'site')}"
            for product, total in last["totals"].items()
        ]
    )
    about = f"Since {day(last['date'])} ({gave})"
    now, then = record["totals"], last["totals"]
    if set(now) != set(then):
        return f"{about}: another product; units are not compared."
    changes = _unit_changes(last["by_muscle"], record["by_muscle"])
    if not changes:
        moved = [p for p in now if now[p]["sites"] != then[p]["sites"]]
        sites = joined([counted(now[p]["sites"], "site") for p in moved])
        same = "the same units in every muscle"
        return f"{about}: {same}, now in {sites}." if moved else f"{about}: {same}."
    if len(changes) > _NAMED_SITES:
        return f"{about}: other units in {len(changes)} muscles, each side counted."
    return f"{about}: {'; '.join(changes)}."


def _unit_changes(then: Sequence[Part], now: Sequence[Part]) -> list[str]:
    """Right trapezius −10 U, for each muscle and side whose units are others than before."""
    before, after = (
        {
            (row["name"], side, row["product"]): Decimal(row[side])
            for row in rows
            for side in ("right", "midline", "left")
            if row[side]
        }
        for rows in (then, now)
    )
    several = len({product for *_, product in {**before, **after}}) > 1
    changes = []
    for place in {**after, **before}:
        name, side, product = place
        change = after.get(place, Decimal(0)) - before.get(place, Decimal(0))
        if change:
            sign = "−" if change < 0 else "+"
            what = f"{product}, " if several else ""
            changes.append(f"{what}{side} {_lowered(name)}{NBSP}{sign}{units(abs(change))}")
    return changes


def unprintable(record: Part) -> str:
    """Which characters of the record the typeface lacks, so that each stands as its code."""
    lacking = missing_in(_texts(record))
    if not lacking:
        return ""
    named = [f"[U+{ord(each):04X}]{_name_of(each)}" for each in lacking[:_NAMED_SITES]]
    if more := len(lacking) - len(named):
        named.append(f"{more} more")
    stands = "a character" if len(lacking) == 1 else "characters"
    patient = record["patient"]
    other = patient.get("latin_name") and missing_in([patient["name"]])
    return (
        f"{'The name of the patient is printed as entered in Latin letters. ' if other else ''}"
        f"This note could not print {stands} of what was entered: {joined(named)}."
        + ("" if "draft" in record else " The attached record has all of it as entered.")
    )


def _name_of(character: str) -> str:
    """What Unicode calls it, after a space; an ideograph has no name but its code."""
    name = unicodedata.name(character, "")
    return f" {name.capitalize()}" if name and f"{ord(character):X}" not in name else ""


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def planned_units(site: Part, record: Part) -> Decimal | None:
    """What the protocol plans for a site that belongs to one, in units of its own product."""
    planned = _protocol(site["protocol"], record).get("planned", ())
    units = [each["units"] for each in planned if each["id"] == site["protocol_site"]]
    return Decimal(units[0]) if units and units[0] else None


def dose_changed(site: Part, record: Part) -> bool:
    """Whether a site was given another dose than its protocol's, of the same product."""
    planned = planned_units(site, record)
    product = _protocol(site["protocol"], record).get("product")
    if planned is None or _product_of(site, record) != product:
        return False
    return planned != Decimal(site["units"])


def is_extra(site: Part, record: Part) -> bool:
    """Whether a site lies outside the protocol that its indication follows."""
    return not site["protocol"] and any(
        other["protocol"] and other["indication"] == site["indication"] for other in record["sites"]
    )


def _changes(record: Part) -> list[str]:
    given = [site for site in record["sites"] if is_given(site)]
    missed = len(record["sites"]) - len(given)
    counts = [
        (sum(1 for s in given if s["moved"]), "site moved", "sites moved"),
        (sum(1 for s in given if dose_changed(s, record)), "dose changed", "doses changed"),
        (sum(1 for s in given if is_extra(s, record)), "site added", "sites added"),
        (missed, "planned site not given", "planned sites not given"),
        (len(_left_out(record)), "site left out", "sites left out"),
    ]
    changes = [counted(number, one, many) for number, one, many in counts if number]
    return changes + ["another product"] * bool(_other_products(record))


def _left_out(record: Part) -> list[str]:
    """The sites of the protocols that the chart does not hold at all, by muscle and side."""
    laid = {(site["protocol"], site["protocol_site"]) for site in record["sites"]}
    return [
        f"{_lowered(planned['name'])} {planned['side']}"
        for protocol in record["protocols"]
        for planned in protocol["planned"]
        if (protocol["id"], planned["id"]) not in laid
    ]


def _left_out_named(record: Part) -> str:
    left_out = Counter(_left_out(record))
    if not left_out or len(left_out) > _NAMED_SITES:
        return ""
    names = [f"{name}, {counted(n, 'site')}" if n > 1 else name for name, n in left_out.items()]
    return f"Left out: {'; '.join(names)}."


def _other_products(record: Part) -> list[str]:
    """A sentence for each protocol whose sites were given with a product it is not written for."""
    used = {
        (site["protocol"], _product_of(site, record))
        for site in record["sites"]
        if site["protocol"] and is_given(site)
    }
    return [
        f"{product} was given; the protocol is written for {written_for}."
        for protocol, product in sorted(used)
        for written_for in [_protocol(protocol, record).get("product")]
        if written_for not in (product, None)
    ]


def _protocol(id: str | None, record: Part) -> Part:
    """What the record says of a protocol: what it plans, and for which product."""
    return next((each for each in record["protocols"] if each["id"] == id), {})


def _product_of(site: Part, record: Part) -> str:
    """The product that a site was given with; empty while it has no preparation."""
    return next(
        (str(p["product"]) for p in record["preparations"] if p["key"] == site["preparation"]), ""
    )


def _product(product: str, generic: str | None) -> str:
    return f"{product} ({generic})" if generic else product


def ranges(numbers: Iterable[int]) -> str:
    """1–4, 7 and so on, for a set of numbers."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}–{p[-1]}" for p in parts)


def _lowered(name: str) -> str:
    """A name inside a sentence; abbreviations keep their capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


# --- Facts -------------------------------------------------------------------------------------


def allergies(patient: Part) -> str:
    """What is known of allergies; asked and none known, and not asked, are different things."""
    if patient["allergies_asked"] == "listed":
        return f"Allergy: {patient['allergies']}"
    if patient["allergies_asked"] == "none_known":
        return "Allergies: asked, none known"
    return "Allergies: not asked"


def dilution(preparation: Part) -> str:
    """4 mL preservative-free saline; or that nothing was added, or that nobody said."""
    if preparation["diluent_ml"] is None:
        ready = preparation["concentration_units_per_ml"] is not None
        return "ready-made solution" if ready else unrecorded(preparation, "diluent_ml")
    known = catalogue().diluents.get(preparation["diluent"] or "")
    label = known.label if known else str(preparation["diluent"] or "diluent")
    return f"{plain(preparation['diluent_ml'])}{NBSP}mL {_lowered(label)}"


def strength(preparation: Part) -> str | None:
    """50 U/mL, 5 U in 0.1 mL; the second half only where it is exact."""
    concentration = preparation["concentration_units_per_ml"]
    if concentration is None:
        return None
    tenth = Decimal(concentration) / 10
    said = f"{plain(concentration)}{NBSP}U/mL"
    exact = tenth == tenth.quantize(Decimal("0.01"))
    return f"{said}, {units(tenth)} in 0.1{NBSP}mL" if exact else said


def unrecorded(part: Part, field: str) -> str:
    """That nobody recorded a value, or why it could not be found out."""
    reason = part.get("unknown", {}).get(field)
    return f"not known: {reason}" if reason else "not recorded"


WASTE = {
    "remainder": "rest of a single-dose vial",
    "spill": "spilled or lost",
    "broken": "vial broken or faulty",
    "past_limit": "past its time after mixing",
    "not_given": "prepared and not given",
    "other": "other",
}


def waste(vial: Part, zone: str) -> str | None:
    """When the rest was thrown away, and why; None where it stands nowhere."""
    if not vial.get("discarded_at"):
        return None
    when, reason = moment(vial["discarded_at"], zone), vial.get("discard_reason")
    return f"{when}, {WASTE[reason]}" if reason else when


def own_mixing(vial: Part, zone: str) -> str | None:
    """How this vial was mixed, where it was otherwise than the others of its preparation."""
    unknown = vial.get("unknown", {})
    said = []
    if vial.get("diluent_ml") is not None:
        said.append(f"{plain(vial['diluent_ml'])}{NBSP}mL")
    elif "diluent_ml" in unknown:
        said.append(f"diluent not known: {unknown['diluent_ml']}")
    if vial.get("reconstituted_at"):
        said.append(moment(vial["reconstituted_at"], zone))
    elif "reconstituted_at" in unknown:
        said.append(f"time not known: {unknown['reconstituted_at']}")
    return ", ".join(said) or None


def balance(vial: Part) -> str:
    """200 U = 155 given + 45 discarded; what is left open is named."""
    opened, given = Decimal(vial["opened"]), Decimal(vial["given"])
    discarded = Decimal(vial["discarded"]) if vial["discarded"] is not None else Decimal(0)
    parts = [f"{plain(given)} given"]
    if vial["discarded"] is not None:
        parts.append(f"{plain(discarded)} discarded")
    left = opened - given - discarded
    if left > 0:
        parts.append(f"{plain(left)} left")
    text = f"{units(opened)} = {' + '.join(parts)}"
    return text if left >= 0 else f"{text}; {units(-left)} more than the vial holds"


def said_at(sites: Sequence[Mapping[str, Any]], field: str) -> dict[str, str]:
    """What given sites say of themselves, each with where: nothing after what all of them say."""
    given = [site for site in sites if is_given(site)]
    found: dict[str, list[int]] = {}
    for site in given:
        # Notes before this had no place for it.
        if value := site.get(field):
            found.setdefault(value, []).append(site["number"])
    return {
        value: "" if len(numbers) == len(given) else f" ({_sites_in_words(numbers)})"
        for value, numbers in found.items()
    }


def _sites_in_words(numbers: Sequence[int]) -> str:
    """ "site 4", "sites 1–7, 9": runs of numbers in ascending order."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
    return f"{'site' if len(numbers) == 1 else 'sites'} {told}"
