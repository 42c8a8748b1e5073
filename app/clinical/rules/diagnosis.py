"""DX-01 to DX-07: is there a diagnosis, does it go with the treatment, and does the need show?"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from app.clinical.anatomy import Side
from app.clinical.case import Case, EarlierTreatment
from app.clinical.catalogue.entries import Catalogue, ExcludedPair, Sentence
from app.clinical.rules.finding import Finding, Part, Phrase, Value, find
from app.clinical.rules.registry import rule
from app.clinical.scales import NotAReading, Score, scores

# Answers that a payer asks for in sweating.
SWEATING_ANSWERS = ("topical_treatment_failed", "secondary_cause_excluded")
NO_BENEFIT = ("same", "worse", "none")
FROM_THE_SCALE = "global_response"


@rule("DX-01")
def diagnosed(case: Case, catalogue: Catalogue) -> Finding | None:
    """A session has a diagnosis, once it has a reason or a site."""
    begun = bool(case.chart.indications or case.chart.sites)
    missing = begun and not case.chart.codes and "codes" not in case.unsaid
    return find(catalogue.rules["DX-01"], case.when, [(None, {})] if missing else [], ())


@rule("DX-02")
def goes_with_treatment(case: Case, catalogue: Catalogue) -> Finding | None:
    """Each code can be billed, is one of a treated indication and of the side, beside the others.

    Every indication has a code of its own. A code that only flags a risk needs no indication.
    """
    text = catalogue.rules["DX-02"]
    codes = sorted(set(case.chart.codes))
    if not codes:
        return None
    billable = [code for code in codes if not _is_header(code, catalogue)]
    known = _codes_of(case, catalogue)
    foreign = [code for code in billable if code not in known and code not in catalogue.code_notes]
    parts: list[Part] = []
    if headers := [code for code in codes if code not in billable]:
        parts.append(("not_billable", {"codes": headers}))
    if foreign:
        parts.append((None, {"codes": foreign, "indications": _names(case, catalogue)}))
    if without := _without_code(case, catalogue):
        parts.append(("none_for", {"indications": without}))
    if pairs := [pair for pair in catalogue.excludes if _both(pair, codes)]:
        said = [
            Phrase(
                text.words["pair"],
                {"code": _first(pair.code, codes), "other": _first(pair.other, codes)},
            )
            for pair in pairs
        ]
        parts.append(("pair", {"pairs": said}))
    parts.extend(_wrong_sides(case, catalogue))
    return find(text, case.when, parts, ())


@rule("DX-03")
def headaches_counted(case: Case, catalogue: Catalogue) -> Finding | None:
    """A treatment for migraine says how many days and hours it is about."""
    missing = _missing_scales("DX-03", case, catalogue)
    parts: list[Part] = [(None, {"missing": missing})] if missing else []
    return find(catalogue.rules["DX-03"], case.when, parts, ())


@rule("DX-04")
def chronic(case: Case, catalogue: Catalogue) -> Finding | None:
    """No reading of this session says that headaches are frequent enough to be chronic.

    The highest counts: a day's count after treatment is lower than the one it was begun for.
    """
    scale = catalogue.scales["headache_days"]
    if not set(scale.indications) & set(case.chart.indications) or scale.enough is None:
        return None
    days = [each.total for each in _readings(case, catalogue) if each.scale == scale.id]
    parts: list[Part] = []
    if days and max(days) < scale.enough:
        parts.append((None, {"days": max(days), "enough": scale.enough}))
    return find(catalogue.rules["DX-04"], case.when, parts, ())


@rule("DX-05")
def sweating_shown(case: Case, catalogue: Catalogue) -> Finding | None:
    """Sweating has a severity, a topical treatment that failed, and no other cause."""
    text = catalogue.rules["DX-05"]
    treated = {
        indication
        for scale in catalogue.scales.values()
        if scale.needed_by == "DX-05"
        for indication in scale.indications
    }
    missing: list[Value] = list(_missing_scales("DX-05", case, catalogue))
    if treated & set(case.chart.indications) and "answers" not in case.unsaid:
        missing += [text.words[each] for each in SWEATING_ANSWERS if not case.answered(each)]
    return find(text, case.when, [(None, {"missing": missing})] if missing else [], ())


@rule("DX-06")
def response_said(case: Case, catalogue: Catalogue) -> Finding | None:
    """Who comes again says how the treatment before worked."""
    without: list[Value] = []
    for indication in sorted(set(case.chart.indications)):
        sessions = _sessions_before(case, indication)
        if sessions and not any(each.response for each in sessions[0]):
            without.append(_name(indication, catalogue))
    if any(each.scale == FROM_THE_SCALE for each in case.outcomes):
        without = []
    parts: list[Part] = [(None, {"indications": without})] if without else []
    return find(catalogue.rules["DX-06"], case.when, parts, ())


@rule("DX-07")
def benefit_seen(case: Case, catalogue: Catalogue) -> Finding | None:
    """The last treatments before this one were not all without benefit."""
    count = int(catalogue.limit("failures_in_a_row"))
    failed: list[Value] = []
    for indication in sorted(set(case.chart.indications)):
        last = _sessions_before(case, indication)[:count]
        if len(last) == count and all(map(_failed, last)):
            failed.append(_name(indication, catalogue))
    parts: list[Part] = [(None, {"count": count, "indications": failed})] if failed else []
    return find(catalogue.rules["DX-07"], case.when, parts, ())


def _failed(session: list[EarlierTreatment]) -> bool:
    responses = [each.response for each in session if each.response]
    return bool(responses) and all(response in NO_BENEFIT for response in responses)


def _sessions_before(case: Case, indication: str) -> list[list[EarlierTreatment]]:
    """The days before on which this was treated, newest first, with all that was given then."""
    days: dict[object, list[EarlierTreatment]] = {}
    before = [
        each
        for each in case.history
        if each.indication == indication and (case.date is None or each.date < case.date)
    ]
    for each in sorted(before, key=lambda each: each.date, reverse=True):
        days.setdefault(each.date, []).append(each)
    return list(days.values())


def _readings(case: Case, catalogue: Catalogue) -> tuple[Score, ...]:
    try:
        return scores(case, catalogue)
    except NotAReading:
        # Whoever takes a reading refuses this one; no rule judges what cannot be.
        return ()


def _missing_scales(id: str, case: Case, catalogue: Catalogue) -> list[Value]:
    """The scales that this rule asks for in the indications treated and that nobody read."""
    if "outcomes" in case.unsaid:
        return []
    read = {outcome.scale for outcome in case.outcomes}
    return [
        Sentence(scale.label, scale.label_es)
        for scale in catalogue.scales.values()
        if scale.needed_by == id
        and scale.id not in read
        and set(scale.indications) & set(case.chart.indications)
    ]


def _is_header(code: str, catalogue: Catalogue) -> bool:
    """Whether a code stands only above others and cannot be billed."""
    note = catalogue.code_notes.get(code)
    if note is not None:
        return note.kind == "not_billable"
    return any(known != code and known.startswith(code) for known in catalogue.codes)


def _codes_of(case: Case, catalogue: Catalogue) -> set[str]:
    return {
        code.code
        for indication in case.chart.indications
        if indication in catalogue.indications
        for code in catalogue.indications[indication].codes
    }


def _without_code(case: Case, catalogue: Catalogue) -> list[Value]:
    return [
        _name(indication, catalogue)
        for indication in sorted(set(case.chart.indications))
        if indication in catalogue.indications and not _own_codes(indication, case, catalogue)
    ]


def _own_codes(indication: str, case: Case, catalogue: Catalogue) -> list[str]:
    own = {code.code for code in catalogue.indications[indication].codes}
    return sorted(own & set(case.chart.codes))


def _names(case: Case, catalogue: Catalogue) -> list[Value]:
    return [_name(indication, catalogue) for indication in sorted(set(case.chart.indications))]


def _name(indication: str, catalogue: Catalogue) -> Sentence:
    entry = catalogue.indications[indication]
    return Sentence(entry.title, entry.title_es)


def _both(pair: ExcludedPair, codes: Iterable[str]) -> bool:
    return all(any(code.startswith(start) for code in codes) for start in (pair.code, pair.other))


def _first(start: str, codes: Iterable[str]) -> str:
    return next(code for code in codes if code.startswith(start))


def _wrong_sides(case: Case, catalogue: Catalogue) -> list[Part]:
    """Codes that name a side, where the other side is treated and no code of it stands there."""
    text = catalogue.rules["DX-02"]
    parts: list[Part] = []
    for indication in sorted(set(case.chart.indications) & set(catalogue.indications)):
        codes = _own_codes(indication, case, catalogue)
        named = {catalogue.code_sides.get(code) for code in codes}
        if not codes or None in named or "both" in named:
            continue
        treated = {
            site.side.value
            for site in case.sites
            if site.indication == indication and site.side in (Side.LEFT, Side.RIGHT)
        }
        if wrong := sorted(treated - {side for side in named if side}):
            sides = [text.words[side] for side in wrong]
            parts.append(("side", {"codes": codes, "sides": sides}))
    return parts


def enough(case: Case, catalogue: Catalogue, scale: str) -> tuple[Decimal | None, bool]:
    """The highest reading of a scale in this session, and whether a payer takes it as enough."""
    values = [each.total for each in _readings(case, catalogue) if each.scale == scale]
    least = catalogue.scales[scale].enough
    if not values:
        return None, False
    return max(values), least is None or max(values) >= least
