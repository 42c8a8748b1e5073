"""The parts of a note, each from the record to rows: heading, table of sites, facts, signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.notes import draft, plates, words
from app.notes.hands import hands
from app.notes.paper import Box, Face, Pen, Run, broken, length, printable, width_of
from app.notes.plates import Mark, Plate
from app.notes.record import Record, check_code
from app.notes.rows import (
    BODY,
    HAIR,
    Column,
    Line,
    Row,
    Table,
    head_row,
    heading,
    height_of,
    lines,
    natural_pairs_width,
    natural_widths,
    pairs,
    space,
    spanning_row,
    table_row,
)
from app.notes.strokes import Strokes
from app.notes.tags import ARTIFACT, Tag

SMALL, SENTENCE, TITLE, NAME, CLINIC = 7.5, 9.0, 12.75, 11.25, 9.75
_PROOF = 6.75
RULE = 1.1

_ALLERGIES_IN_HEADING = 160  # characters

# --- Heading and foot --------------------------------------------------------------------------


def page_heading(record: Record, width: float, *, first: bool) -> list[Row]:
    """Clinic and patient, and the title; read out on the first page only."""
    rows = [draft.banner(width)] if "draft" in record else []
    rows += [letterhead(record, width), space(7), _title(record, width)]
    return rows if first else [unread(row) for row in rows]


def unread(row: Row) -> Row:
    """The row as something that is seen and not read out."""

    def draw(pen: Pen, x: float, top: float) -> None:
        with pen.tagged(ARTIFACT):
            row.draw(pen, x, top)

    return Row(row.height, draw, row.keep)


def letterhead(record: Record, width: float) -> Row:
    """Clinic and patient over a line."""
    clinic, patient = record["clinic"], record["patient"]
    half = (width - 16) / 2
    ours = [
        *lines([Run(clinic["name"], Face.STRONG)], half, size=CLINIC, leading=13.4),
        *lines([Run(", ".join(clinic["address"]))], half),
    ]
    if clinic["telephone"]:
        ours += lines([Run(f"Telephone {clinic['telephone']}")], half)
    about = [f"Born {words.day(patient['born'])}"]
    if patient["sex"]:
        about.append(words.SEXES[patient["sex"]])
    if patient["weight_kg"]:
        about.append(f"{words.plain(patient['weight_kg'])}{words.NBSP}kg")
    known: list[Run] = [Run(" · ".join([*about, "MRN "])), _code(patient["record_number"])]
    service: list[Run] = [
        Run("Date of service "),
        Run(words.day(record["service"]["date"]).replace(" ", words.NBSP), Face.STRONG),
        Run(f" · {_allergies_in_heading(patient)}"),
    ]
    theirs = [
        *lines(
            [Run(words.patient_name(patient), Face.STRONG)],
            half,
            size=NAME,
            leading=13.4,
            align="right",
        ),
        *lines(known, half, align="right"),
        *lines(service, half, align="right"),
    ]
    height = max(height_of(ours), height_of(theirs)) + 5

    def draw(pen: Pen, x: float, top: float) -> None:
        for column, start in ((ours, x), (theirs, x + width - half)):
            y = top
            for row in column:
                row.draw(pen, start, y)
                y -= row.height
        pen.line([(x, top - height), (x + width, top - height)], RULE)

    return Row(height, draw)


def _code(text: str) -> Run:
    return Run(text, Face.CODE)


def _title(record: Record, width: float) -> Row:
    """The title with the note's number at the right; an incomplete session says so in white."""
    flag = "INCOMPLETE" if record["incomplete"] else ""
    return titled(words.title(record), _number(record), width, flag=flag)


def titled(text: str, called: Line, width: float, *, flag: str = "") -> Row:
    """A document's title, its own number at the right; `flag` comes first, white on black."""
    number = [printable(run) for run in called]
    room = width - length(number, BODY) - 18
    flag_width = width_of(flag, Face.STRONG, 10.5) + 10 if flag else 0.0
    indent = flag_width + 6 if flag else 0.0
    title = broken([Run(text, Face.STRONG)], room - indent, TITLE)
    tag = Tag("H1")

    def draw(pen: Pen, x: float, top: float) -> None:
        with pen.tagged(tag):
            if flag:
                pen.box(Box(x, top - 14.6, flag_width, 14.4), fill=0.0, radius=2)
                pen.text(x + 5, top - 11.2, f"{flag} ", 10.5, Face.STRONG, white=True)
            for place, line in enumerate(title):
                baseline, more = top - 11.8 - place * 15, place + 1 < len(title)
                pen.runs(x + indent, baseline, line, TITLE, goes_on=more)
        pen.runs(x + width, top - 11.8, number, BODY, align="right")

    return Row(len(title) * 15 + 3.5, draw)


def _number(record: Record) -> list[Run]:
    if "draft" in record:
        return [Run("Not signed", Face.STRONG)]
    return [Run("Signed note "), _code(record["note"]["number"])]


def _allergies_in_heading(patient: Mapping[str, Any]) -> str:
    """Every page names the allergies, unless they would fill it; then page 1 has them all."""
    said = words.allergies(patient)
    return said if len(said) <= _ALLERGIES_IN_HEADING else "Allergies: see page 1"


def opening(record: Record, width: float) -> list[Row]:
    """What was done, in the first sentences; before it what must be known first."""
    first = []
    if "draft" in record and (missing := draft.missing(record)):
        first.append([Run("Missing before it can be signed: ", Face.STRONG), Run(missing)])
    if record["incomplete"]:
        first.append([Run(words.incomplete(record), Face.STRONG)])
    if paper := words.transcribed(record):
        first.append([Run(paper, Face.STRONG)])
    if differs := words.deviations(record):
        label = "Differs from the protocol. " if record["protocols"] else ""
        first.append([Run(label, Face.STRONG), Run(differs)])
    allergies = words.allergies(record["patient"])
    if len(allergies) > _ALLERGIES_IN_HEADING:
        first.append([Run(allergies)])
    said = " ".join(filter(None, [words.details(record), words.since_last_time(record)]))
    done = [Run(words.headline(record) + " ", Face.STRONG), Run(said)]
    last = [[Run(lacking)] for lacking in [words.unprintable(record)] if lacking]
    paragraphs = [lines(p, width, size=SENTENCE, leading=12.4) for p in (*first, done, *last)]
    return [row for paragraph in paragraphs for row in paragraph]


def foot(
    record: Record, width: float, number: int, pages: int, *, addendum: int | None = None
) -> Callable[[Pen, float, float], None]:
    """Patient, record number, date, note and page, on the line at (x, baseline).

    Of an addendum also which one of the note it is.
    """
    patient = record["patient"]
    end = printable(Run(f"Page {number} of {pages}"))
    tail = [
        printable(Run(" · MRN ")),
        _cut(printable(_code(patient["record_number"])), 150.0),
        printable(Run(f" · {words.day(record['service']['date'])} · ")),
        *(
            [printable(Run(draft.NOT_SIGNED, Face.STRONG))]
            if "draft" in record
            else _of_note(record)
        ),
        *([] if addendum is None else [printable(Run(f", addendum {addendum}"))]),
    ]
    room = width - length([*tail, end], SMALL) - 20
    line = [_cut(printable(Run(words.patient_name(patient))), room), *tail]

    def draw(pen: Pen, x: float, baseline: float) -> None:
        with pen.tagged(ARTIFACT):
            pen.runs(x, baseline, line, SMALL)
            pen.runs(x + width, baseline, [end], SMALL, align="right")

    return draw


def _of_note(record: Record) -> list[Run]:
    return [printable(Run("Note ")), printable(_code(record["note"]["number"]))]


def _cut(run: Run, room: float) -> Run:
    """The run, ended with an ellipsis where it is longer; the heading has it whole."""
    if length([run], SMALL) <= room:
        return run
    text = run.text
    while text and width_of(text + "…", Face.TEXT, SMALL) > room:
        text = text[:-1]
    return Run(text + "…")


# --- The table of sites ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SiteCells:
    """The words of the table of sites. A column that would say the same in every row is left out.

    `widths` are those of the columns when nothing is broken.
    """

    titles: list[str]
    rows: list[list[Line]]
    sums: list[list[Line]]
    widths: list[float]


def site_cells(record: Record) -> SiteCells:
    """Every site of the record, and the sums of what was given, as cells."""
    sites = record["sites"]
    products = _product_words(record)
    by_product = len(set(products.values())) > 1
    depths = {site["depth"] for site in sites}
    by_depth = len(depths) > 1
    kind = "Area" if depths and depths <= {"ID", "SC"} else "Muscle"
    titles = ["Site", kind, "Side"]
    titles += ["Product"] * by_product + ["Depth"] * by_depth + ["Units", "mL"]
    rows: list[list[Line]] = []
    for site, side in zip(sites, words.site_sides(sites), strict=True):
        given = words.is_given(site)
        row: list[Line] = [[Run(str(site["number"]))], _site_words(site, record), [Run(side)]]
        if by_product:
            row.append([Run(products.get(site["preparation"], "–"))])
        if by_depth:
            row.append([Run(site["depth"] or "–")])
        row.append([Run(words.plain(site["units"]) if given else "–")])
        row.append([Run(site["volume_ml"] or "–" if given else "–")])
        rows.append(row)
    sums = _sums(record, titles)
    # What a row of sums says in its second cell reaches over the next ones and widens none.
    narrow = [[*row[:1], [], *row[2:]] for row in sums]
    return SiteCells(titles, rows, sums, natural_widths(titles, [*rows, *narrow]))


def site_table(record: Record, cells: SiteCells, width: float, row_height: float) -> Table:
    """Every site in injection order, a line where the muscle changes, the sums at the end."""
    widths = list(cells.widths)
    widths[1] = max(width - sum(widths) + widths[1], 40.0)
    columns = [
        Column(title, wide, figures=title in ("Site", "Units", "mL"))
        for title, wide in zip(cells.titles, widths, strict=True)
    ]
    body: list[Row] = []
    several = len(record["indications"]) > 1
    before: Mapping[str, Any] | None = None
    for site, row in zip(record["sites"], cells.rows, strict=True):
        new = before is not None and words.site_name(before) != words.site_name(site)
        if several and (before is None or before["indication"] != site["indication"]):
            line = HAIR if before is not None else 0.0
            body.append(_reason_row(record, site["indication"], columns, row_height, line))
            new = True
        body.append(table_row(columns, row, row_height, line=HAIR if new else 0.0))
        before = site
    sums = [
        table_row(columns, row, 13.5, line=0.0 if place else 2 * HAIR, spans=True)
        for place, row in enumerate(cells.sums)
    ]
    return Table([head_row(columns)], body, sums)


def _site_words(site: Mapping[str, Any], record: Record) -> Line:
    """The muscle or area, and in bold what differs from the protocol."""
    said = []
    if not words.is_given(site):
        said.append("not given")
    else:
        if site["moved"]:
            said.append("moved")
        if words.dose_changed(site, record):
            said.append(f"protocol {words.units(words.planned_units(site, record) or 0)}")
        if words.is_extra(site, record):
            said.append("added")
    name = words.site_name(site)
    return [Run(f"{name}, "), Run(", ".join(said), Face.STRONG)] if said else [Run(name)]


def _reason_row(
    record: Record, indication: str, columns: Sequence[Column], height: float, line: float
) -> Row:
    """Names the indication that the sites below it serve; only where there are several."""
    title = next((i["title"] for i in record["indications"] if i["id"] == indication), indication)
    text = [Run(f"For {title}", Face.STRONG)]
    return spanning_row(columns, text, height + 1.5, line=line)


def _sums(record: Record, titles: Sequence[str]) -> list[list[Line]]:
    """One row a product: sites given, depth if it is the same for all, units, volume."""
    rows: list[list[Line]] = []
    given = [site for site in record["sites"] if words.is_given(site)]
    for product, total in record["totals"].items():
        keys = {p["key"] for p in record["preparations"] if p["product"] == product}
        depths = {site["depth"] for site in given if site["preparation"] in keys}
        depth = words.DEPTHS.get(next(iter(depths)) or "") if len(depths) == 1 else None
        about = [product] if len(record["totals"]) > 1 else []
        about += ["given", depth] if depth else ["given"]
        row: list[Line] = [[] for _ in titles]
        row[0] = [Run(str(total["sites"]), Face.STRONG)]
        row[1] = [Run(_capital(", ".join(about)), Face.STRONG)]
        row[-2] = [Run(words.plain(total["given"]), Face.STRONG)]
        row[-1] = [Run(str(total["volume_ml"] or "–"), Face.STRONG)]
        rows.append(row)
    return rows


def _product_words(record: Record) -> dict[str, str]:
    """What a site says of its preparation: the product, with a letter where one is mixed twice."""
    mixed: dict[str, list[str]] = {}
    for preparation in record["preparations"]:
        mixed.setdefault(preparation["product"], []).append(preparation["key"])
    return {
        key: product if len(keys) == 1 else f"{product} {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[place % 26]}"
        for product, keys in mixed.items()
        for place, key in enumerate(keys)
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- Facts -------------------------------------------------------------------------------------


def units_by_muscle(record: Record, width: float) -> list[Row]:
    """Units of each muscle by side; a table for each product, for units are never added across."""
    rows = [heading("Units by muscle and side")]
    for titles, cells, sums in _unit_tables(record):
        widths = natural_widths(titles, [*cells, sums])
        widths[0] = max(width - sum(widths[1:]), 40.0)
        columns = [
            Column(title, wide, figures=place > 0)
            for place, (title, wide) in enumerate(zip(titles, widths, strict=True))
        ]
        rows.append(head_row(columns))
        rows += [table_row(columns, row, 10.9) for row in cells]
        rows.append(table_row(columns, sums, 13.0, line=2 * HAIR))
    return rows


def natural_units_width(record: Record) -> float:
    """How wide the tables of units are when no name in them is broken."""
    return max(
        (sum(natural_widths(t, [*cells, sums])) for t, cells, sums in _unit_tables(record)),
        default=0.0,
    )


def _unit_tables(record: Record) -> list[tuple[list[str], list[list[Line]], list[Line]]]:
    """For each product the titles, a row a muscle, and the sums."""
    tables = []
    for product in record["totals"]:
        muscles = [m for m in record["by_muscle"] if m["product"] == product]
        sides = ("right", "midline", "left")
        shown = [*(s for s in sides if any(m[s] for m in muscles)), "all"]
        titles = [str(product) if len(record["totals"]) > 1 else "Muscle or area"]
        titles += [{"right": "R", "midline": "Mid", "left": "L", "all": "All"}[s] for s in shown]
        cells: list[list[Line]] = [
            [[Run(m["name"])], *([Run(words.plain(m[s]) if m[s] else "")] for s in shown)]
            for m in muscles
        ]
        totals = [sum((Decimal(m[s]) for m in muscles if m[s]), Decimal(0)) for s in shown]
        sums: list[Line] = [
            [Run("Total", Face.STRONG)],
            *([Run(words.plain(total), Face.STRONG)] for total in totals),
        ]
        tables.append((titles, cells, sums))
    return tables


def product_and_vial(record: Record, width: float) -> list[Row]:
    """For each preparation what it is, how it was mixed, and where every unit of its vials went."""
    rows = [heading("Product and vial")]
    for place, facts in enumerate(_vial_facts(record)):
        rows += [space(4)] * bool(place) + pairs(facts, width)
    return rows


def natural_vial_width(record: Record) -> float:
    """How wide the facts of the vials are when none is broken."""
    return max(map(natural_pairs_width, _vial_facts(record)), default=0.0)


def _vial_facts(record: Record) -> list[list[tuple[str, Line]]]:
    names = _product_words(record)
    return [
        _preparation_facts(p, names[p["key"]], record["clinic"]["time_zone"])
        for p in record["preparations"]
    ]


def _preparation_facts(
    preparation: Mapping[str, Any], name: str, zone: str
) -> list[tuple[str, Line]]:
    vials = preparation["vials"]
    sizes = [words.units(vial["units"]) for vial in vials]
    same = len(set(sizes)) == 1 and len(vials) > 1
    size = f"{len(vials)} × {sizes[0]}" if same else " + ".join(sizes)
    facts: list[tuple[str, Line]] = [("Product", [Run(f"{name} {size}")])]
    for number, vial in enumerate(vials, start=1):
        which = f" {number}" if len(vials) > 1 else ""
        if vial["ndc"]:
            facts.append((f"NDC{which}", [_code(vial["ndc"])]))
        expires = (
            words.day(vial["expires"])
            if vial["expires"]
            else f"expiry {words.unrecorded(vial, 'expires')}"
        )
        lot = _code(vial["lot"]) if vial["lot"] else Run(words.unrecorded(vial, "lot"))
        facts.append((f"Lot{which}, expiry", [lot, Run(f", {expires}")]))
        if vial.get("serial"):
            facts.append((f"Serial{which}", [_code(vial["serial"])]))
        if vial.get("source") == "pharmacy":
            facts.append((f"Source{which}", [Run("delivered for this patient by a pharmacy")]))
        facts.append((f"Balance{which}", [Run(words.balance(vial))]))
        if wasted := words.waste(vial, zone):
            facts.append((f"Discarded{which}", [Run(wasted)]))
        if own := words.own_mixing(vial, zone):
            facts.append((f"Mixed{which}", [Run(own)]))
    facts.append(("Dilution", [Run(words.dilution(preparation))]))
    strength = words.strength(preparation)
    if strength:
        facts.append(("Strength", [Run(strength)]))
    if preparation["reconstituted_at"]:
        facts.append(("Mixed", [Run(words.moment(preparation["reconstituted_at"], zone))]))
    elif preparation["diluent_ml"] is not None:
        unrecorded = words.unrecorded(preparation, "reconstituted_at")
        facts.append(("Mixed", [Run(f"time {unrecorded}")]))
    return facts


def indication_and_codes(record: Record, width: float) -> list[Row]:
    """Why: each indication with its codes, the protocol it follows, and when it was given."""
    return [heading("Indication and codes"), *pairs(_codes(record), width)]


def codes_across(record: Record, width: float) -> list[Row]:
    """The same as one paragraph across the page, where there is no room for a column."""
    said: list[Run] = []
    for term, value in _codes(record):
        said += [Run(" · " if said else ""), Run(f"{term} ", Face.STRONG), *value]
    return lines(said, width)


def _codes(record: Record) -> list[tuple[str, Line]]:
    facts: list[tuple[str, Line]] = []
    for indication in record["indications"]:
        facts.append(("Indication", [Run(_capital(indication["title"]))]))
        facts += [
            ("Diagnosis", [_code(code["code"]), Run(f" {code['description']}")])
            for code in indication["codes"]
        ]
        if not indication["codes"]:
            facts.append(("Diagnosis", [Run("no code recorded")]))
    facts += _billed(record)
    for protocol in record["protocols"]:
        facts.append(("Protocol", [Run(str(protocol["title"]))]))
    service = record["service"]
    if service["first_given_at"] and service["last_given_at"]:
        given = words.span(
            service["first_given_at"], service["last_given_at"], record["clinic"]["time_zone"]
        )
        facts.append(("Given", [Run(given)]))
    # Notes before this had no place for either.
    if outcomes := record.get("outcomes"):
        told = "; ".join(f"{each['label']} {each['value']}" for each in outcomes)
        facts.append(("Outcomes", [Run(told)]))
    if (guidance := record.get("guidance")) and guidance["used"]:
        at = words.said_at(record["sites"], "guidance")
        used = ", ".join(f"{each}{at.get(each, '')}" for each in guidance["used"])
        told = used + (f": {guidance['note']}" if guidance["note"] else "")
        facts.append(("Guidance", [Run(told)]))
    if needles := words.said_at(record["sites"], "needle"):
        told = "; ".join(f"{needle}{at}" for needle, at in needles.items())
        facts.append(("Needle", [Run(told)]))
    return facts


def _billed(record: Record) -> list[tuple[str, Line]]:
    """Procedures and drugs as a claim counts them; a code that may not print is left out."""
    facts: list[tuple[str, Line]] = []
    drugs: dict[str, list[Line]] = {}
    for line in record.get("billing", ()):
        count = f"{words.NBSP}×{words.NBSP}{line['units']}"
        if line["ndc"] and line["code"]:
            modified = drugs.setdefault(line["code"], [])
            modified.append([_code(line["modifier"] if modified else line["code"]), Run(count)])
        elif line["code"]:
            facts.append(("Procedure", [_code(line["code"]), Run(count)]))
    for parts in drugs.values():
        joined = [run for part in parts for run in (Run(", "), *part)][1:]
        facts.append(("Drug", joined))
    return facts


def _whole(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def answers(record: Record, width: float) -> list[Row]:
    """The time-out in one sentence and the questions of the review; nothing where none was."""
    rows: list[Row] = []
    for title, said in (("Time-out: ", words.time_out(record)), ("", words.consent(record))):
        if said:
            rows += lines([Run(title, Face.STRONG), Run(said)] if title else [Run(said)], width)
    return [*rows, space(4)] if rows else []


def adverse_events(record: Record, width: float) -> list[Row]:
    """What came after earlier sessions, as it was told in this one; nothing where nothing was."""
    told = words.adverse_events(record)
    if not told:
        return []
    return [*lines([Run("Adverse event: ", Face.STRONG), Run(told)], width), space(4)]


def findings(record: Record, width: float) -> list[Row]:
    """What the rules said, with how serious it was and on whose authority; nothing if nothing."""
    rows: list[Row] = []
    for finding in record["findings"]:
        grade = words.SEVERITIES.get(finding["severity"], finding["severity"])
        source = f" {finding['source']}." if finding["source"] else ""
        said = [
            Run(f"{grade}: ", Face.STRONG),
            Run(f"{finding['text']}{source} "),
            _code(finding["id"]),
        ]
        if finding.get("reason"):
            said += [Run(" Reason: ", Face.STRONG), Run(_whole(finding["reason"]))]
        if finding.get("overridden_by"):
            said.append(Run(f" Overridden by {words.person(finding['overridden_by'])}."))
        rows += lines(said, width)
    return [heading("Findings"), *rows] if rows else []


# --- Signature ---------------------------------------------------------------------------------


def signing(record: Record, width: float) -> list[Row]:
    """Who signed, when, what it means, and who performed it."""
    # Credentials never begin a line.
    performer = words.person(record["performed_by"]).replace(", ", f",{words.NBSP}")
    performed = f"Performed by {performer}."
    if ordered := record.get("ordered_by"):
        performed += f" Ordered by {words.ordered(ordered)}."
    if (supervised := record.get("supervised_by")) and supervised != record["signed_by"]:
        performed += (
            f" Supervised by {words.person(supervised)}, who co-signs in a document of its own."
        )
    consent = (f"{words.patient_name(record['patient'])}, for consent", _drawn_for_consent(record))
    return signed(record, width, also=performed, beside=consent)


def signed(
    record: Record,
    width: float,
    *,
    also: str,
    beside: tuple[str, Strokes | None] = ("", None),
) -> list[Row]:
    """The hand that signed, whose it is, when, what that means, and what proves the time.

    `also` is said after the meaning; `beside` is another's hand, with whose it is.
    """
    zone = record["clinic"]["time_zone"]
    said = (
        f"Electronically signed by {words.person(record['signed_by'])}, "
        f"{words.moment(record['signed_at'], zone)}"
    )
    drawn = [(words.person(record["signed_by"]), record.get("drawn_signature")), beside]
    return [
        *hands([(name, strokes) for name, strokes in drawn if strokes], width),
        *lines([Run(said, Face.STRONG)], width, size=8.9, leading=12.2),
        *lines([Run(f"{record['signature_meaning']} {also}")], width),
        *(lines([Run(level)], width, size=SMALL) if (level := words.level(record)) else ()),
    ]


def _drawn_for_consent(record: Record) -> Strokes | None:
    signed: Mapping[str, Any] | None = record.get("consent_signature")
    return signed["drawn"] if signed else None


def natural_check_width(record: Record, digest: str) -> float:
    """How wide the code to check the note by is, with its address in one line.

    `digest` is the SHA-256 of the record.
    """
    rows = _check_words(record, digest)
    return max(width_of(text, face, size) for text, face, size in rows) + _QR + _QUIET + 1


def _check_words(record: Record, digest: str) -> list[tuple[str, Face, float]]:
    """What stands beside the QR code: text, face and size of each line."""
    said = [
        (f"Check this {'addendum' if 'addendum' in record else 'note'}", Face.TEXT, SMALL),
        (check_code(digest), Face.CODE, CLINIC),
    ]
    if address := record["note"].get("check_at"):
        said.append((f"{address.partition('://')[2]}/check", Face.TEXT, SMALL))
    return said


def check(record: Record, digest: str, width: float) -> list[Row]:
    """Where and by which code whoever holds the paper asks if it stands, with a QR code of both.

    A clinic that nobody reaches has no address to print, only the code.
    """
    address = record["note"].get("check_at")
    room = width - (_QR + _QUIET if address else 0.0)
    said = [
        row
        for text, face, size in _check_words(record, digest)
        for row in lines([Run(text, face)], room, size=size, leading=1.28 * size, align="right")
    ]
    if not address:
        return said
    height = max(_QR + _QUIET / 2, height_of(said))
    asked = f"{address}/check/{check_code(digest)}"

    def draw(pen: Pen, x: float, top: float) -> None:
        y = top - (_QR - height_of(said)) / 2
        for row in said:
            row.draw(pen, x, y)
            y -= row.height
        box = Box(x + width - _QR, top - _QR, _QR, _QR)
        edges = (box.left, box.bottom, box.right, box.top)
        with pen.tagged(Tag("Figure", alt=f"QR code: {asked}", box=edges)):
            pen.squares(box, _qr(asked))

    return [Row(height, draw)]


# A QR code keeps four of its squares white around it; the paper's margin is the rest.
_QR, _QUIET = 46.0, 8.0


def _qr(text: str) -> list[str]:
    """The squares of a QR code, `#` for black, row by row."""
    import zxingcpp

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = zxingcpp.write_barcode_to_image(code, add_quiet_zones=False)
    squares: Any = memoryview(image).tolist()
    return ["".join(" " if square else "#" for square in row) for row in squares]


def proof(record: Record, digest: str, width: float) -> list[Row]:
    """The SHA-256 of the attached record, and which programme and which catalogue made the note."""
    made = f" · Stipple {record['software']} · Catalogue "
    return lines(
        [
            Run("SHA-256 of record.json "),
            _code(digest),
            Run(made),
            _code(record["catalogue"]),
        ],
        width,
        size=_PROOF,
        leading=9.0,
    )


def read_out(record: Record, plate: Plate) -> str:
    """What a map shows, for who cannot see it: its name, and each site with its dose."""
    sites = {site["number"]: site for site in record["sites"]}
    said = "; ".join(words.site_aloud(sites[mark.number]) for mark in plate.view.marks)
    return f"{plate.view.caption}. {said}."


def key(pen: Pen, x: float, y: float, marks: Sequence[Mark]) -> None:
    """What the marks on the maps mean; only those that are there. `y` is the middle."""
    entries = [("given, site number", True, False)]
    if any(not mark.given for mark in marks):
        entries.append(("planned, not given", False, False))
    if any(mark.square for mark in marks):
        entries.append(("outside protocol", True, True))
    shapes = {(True, False): "black", (False, False): "white", (True, True): "square"}
    said = "; ".join(f"{shapes[given, square]}: {text}" for text, given, square in entries)
    box = (x, y - 6, x + sum(width_of(e[0], Face.TEXT, SMALL) + 24 for e in entries), y + 6)
    with pen.tagged(Tag("Figure", alt=f"Key to the maps. {said}.", box=box)):
        for text, given, square in entries:
            plates.draw_mark(pen, x + 5, y, Mark(1, 0, 0, given, square), 4.8)
            pen.text(x + 13, y - 2.7, text, SMALL)
            x += 13 + width_of(text, Face.TEXT, SMALL) + 11
