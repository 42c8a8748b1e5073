"""DOSE-01 to DOSE-13: is it more, or less, than a label, a protocol or the last session says?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from uuid import UUID

from app.clinical.anatomy import Side
from app.clinical.case import Case, EarlierTreatment
from app.clinical.catalogue.entries import (
    CLINICS_OWN,
    Catalogue,
    DoseLimit,
    DoseRange,
    RuleText,
    Sentence,
)
from app.clinical.chart import Site
from app.clinical.dosing import NO_PRODUCT, Dose, site_volumes
from app.clinical.limits import (
    SIDES,
    Excess,
    amounts,
    earlier,
    excesses,
    given,
    given_before,
    in_muscle,
    limits_of,
    weight_kg,
)
from app.clinical.rules.finding import Finding, Part, Phrase, Value, find
from app.clinical.rules.registry import rule

# Said after a place; a side that nobody knows is DATA-04's.
SIDE_NAMES = {
    Side.RIGHT: Sentence(", right", ", lado derecho"),
    Side.LEFT: Sentence(", left", ", lado izquierdo"),
    Side.MIDLINE: Sentence(", midline", ", línea media"),
    None: Sentence("", ""),
}


@rule("DOSE-01")
def session(case: Case, catalogue: Catalogue) -> Finding | None:
    """A session holds no more of a product than its label gives, in all and per indication."""
    return exceeded(
        "DOSE-01", case, catalogue, list(excesses("DOSE-01", case, catalogue, whole_session=True))
    )


@rule("DOSE-02")
def one_site(case: Case, catalogue: Catalogue) -> Finding | None:
    """No single site takes more than a label gives."""
    text = catalogue.rules["DOSE-02"]
    parts: list[Part] = []
    about: list[UUID] = []
    for limit in limits_of("DOSE-02", catalogue):
        over = [
            site
            for excess in excesses("DOSE-02", case, catalogue, any_age=True)
            if excess.limit is limit
            for site in excess.amount.sites
        ]
        if over:
            said = [(site, site.units) for site in over]
            values = {
                **_limit_said(text, limit, limit.units),
                "sites": _said(text, said, catalogue),
            }
            parts.append((None, values))
            about += [site.key for site in over]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-03")
def three_months(case: Case, catalogue: Catalogue) -> Finding | None:
    """What was given in the label's 3 months, this session included, stays within its limit."""
    return exceeded("DOSE-03", case, catalogue, list(excesses("DOSE-03", case, catalogue)))


@rule("DOSE-04")
def longest_three_months(case: Case, catalogue: Catalogue) -> Finding | None:
    """Said where the limit holds in the shortest reading of 3 months and not in the longest."""
    text = catalogue.rules["DOSE-04"]
    longest = int(catalogue.limit("three_months_longest"))
    over = {excess.limit for excess in excesses("DOSE-03", case, catalogue)}
    weight = weight_kg(case)
    parts: list[Part] = []
    about: list[UUID] = []
    for limit in limits_of("DOSE-03", catalogue):
        most = limit.most(weight)
        if limit in over or most is None or limit.days is None or not limit.fits(case.age):
            continue
        boundary = earlier(limit, case, catalogue, range(limit.days, longest + 1))
        for amount in amounts(limit, case, catalogue):
            more = given_before(limit.product, boundary, catalogue)
            if boundary and amount.dose + more > Dose(limit.product, most):
                values = {
                    **_limit_said(text, limit, most, weight),
                    "given": (amount.dose + more).units,
                    "before": _before(text, (*boundary, *amount.before)),
                    "days": longest,
                }
                parts.append((None, values))
                about += [site.key for site in amount.sites]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-05")
def usual(case: Case, catalogue: Catalogue) -> Finding | None:
    """What one muscle or area gets lies in the range that is listed for it.

    First doses and what only the EU label says are no more than told.
    """
    text = catalogue.rules["DOSE-05"]
    parts: list[Part] = []
    about: list[UUID] = []
    for entry, sites in _ranged(case, catalogue):
        units = given(entry.product, sites, case).units
        if entry.scope == "site":
            units = sites[0].units
        low, high = entry.ends(weight_kg(case))
        if high is not None and units > high:
            branch, end, per_kg = None, high, entry.units_per_kg_high
        elif low is not None and units < low:
            branch, end, per_kg = "below", low, entry.units_per_kg_low
        else:
            continue
        values = {
            "place": _ranged_place(entry, sites[0], catalogue),
            "given": units,
            "product": entry.product,
            "end": _by_weight(text, end, per_kg, weight_kg(case)),
            "basis": text.words[entry.basis],
        }
        parts.append((branch, values))
        about += [site.key for site in sites]
    for excess in excesses("DOSE-05", case, catalogue):
        limit = excess.limit
        if limit.first and not _is_first(limit, case):
            continue
        branch = "first" if limit.first else "eu" if limit.region == "EU" else "over"
        parts.append((branch, _excess_said(text, excess, catalogue)))
        about += [site.key for site in excess.amount.sites]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-06")
def swallowing(case: Case, catalogue: Catalogue) -> Finding | None:
    """The muscles in which toxin reaches swallowing get little, and not on both sides at once."""
    text = catalogue.rules["DOSE-06"]
    parts: list[Part] = []
    about: list[UUID] = []
    for excess in excesses("DOSE-06", case, catalogue, any_age=True):
        place = _place(excess.amount.sites[0], catalogue, sided=False)
        parts.append((None, {**_excess_said(text, excess, catalogue), "muscle": place}))
        about += [site.key for site in excess.amount.sites]
    named = dict.fromkeys(
        muscle for limit in limits_of("DOSE-06", catalogue) for muscle in limit.muscles
    )
    for muscle in named:
        sites = [site for site in case.sites if in_muscle(site, (muscle,), catalogue)]
        if {Side.LEFT, Side.RIGHT} <= {site.side for site in sites}:
            entry = catalogue.muscles[muscle]
            parts.append(("both", {"muscle": Sentence(entry.label, entry.label_es)}))
            about += [site.key for site in sites]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-07")
def migraine(case: Case, catalogue: Catalogue) -> Finding | None:
    """A migraine session has the US label's units; up to the EU label's it is only said."""
    text = catalogue.rules["DOSE-07"]
    by_region = {limit.region: limit for limit in limits_of("DOSE-07", catalogue)}
    label, most = by_region["US"], by_region["EU"]
    if label.units is None or most.units is None:
        return None
    parts: list[Part] = []
    about: list[UUID] = []
    for amount in amounts(label, case, catalogue):
        dose = amount.dose
        if dose > Dose(most.product, most.units):
            branch, limit = None, most
        elif dose > Dose(label.product, label.units):
            branch, limit = "above_label", label
        elif dose < Dose(label.product, label.units):
            branch, limit = "below", label
        else:
            continue
        values = {
            **_limit_said(text, limit, limit.units),
            "given": dose.units,
            "most": most.units,
            "most_label": _whose(text, most),
        }
        parts.append((branch, values))
        about += [site.key for site in amount.sites]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-08")
def follow_the_pain(case: Case, catalogue: Catalogue) -> Finding | None:
    """Beyond the fixed sites, migraine is treated only where the protocol adds, up to its most."""
    text = catalogue.rules["DOSE-08"]
    entries = [entry for entry in catalogue.dose_ranges if "DOSE-08" in entry.rules]
    allowed = [entry for entry in entries if entry.units_low != entry.units_high]
    outside: list[Phrase] = []
    above: list[Phrase] = []
    about: list[UUID] = []
    for product, sites in _by_muscle(case, catalogue, entries):
        entry = next((each for each in entries if sites[0].muscle in each.muscles), None)
        units = given(product, sites, case).units
        values: dict[str, Value] = {
            "muscle": _place(sites[0], catalogue, sided=False),
            "units": units,
            "count": _counted(text, len(sites)),
        }
        if entry not in allowed:
            if entry is not None and entry.units_high is not None and units <= entry.units_high:
                continue
            outside.append(Phrase(text.words["item"], values))
        elif entry is not None and (
            (entry.units_high is not None and units > entry.units_high)
            or (entry.sites_high is not None and len(sites) > entry.sites_high)
        ):
            most = {"high": entry.units_high or "", "sites": _counted(text, entry.sites_high or 0)}
            above.append(Phrase(text.words["most"], {**values, **most}))
        else:
            continue
        about += [site.key for site in sites]
    parts: list[Part] = []
    if outside:
        names = [catalogue.muscles[muscle] for entry in allowed for muscle in entry.muscles]
        where = [Sentence(muscle.label, muscle.label_es) for muscle in names]
        parts.append((None, {"muscles": outside, "allowed": where}))
    if above:
        parts.append(("above", {"muscles": above}))
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-09")
def underarm(case: Case, catalogue: Catalogue) -> Finding | None:
    """One underarm gets no more than the label's units, at the label's number of sites."""
    text = catalogue.rules["DOSE-09"]
    parts: list[Part] = []
    about: list[UUID] = []
    for excess in excesses("DOSE-09", case, catalogue, any_age=True):
        parts.append((None, _excess_said(text, excess, catalogue)))
        about += [site.key for site in excess.amount.sites]
    entries = [entry for entry in catalogue.dose_ranges if "DOSE-09" in entry.rules]
    for limit in limits_of("DOSE-09", catalogue):
        for entry in entries:
            for amount in amounts(limit, case, catalogue):
                branch = _count(len(amount.sites), entry)
                if branch is not None:
                    values = {
                        **_limit_said(text, limit, limit.units),
                        "side": SIDE_NAMES[amount.side],
                        "count": _counted(text, len(amount.sites)),
                        "low": entry.sites_low or "",
                        "high": entry.sites_high or "",
                    }
                    parts.append((branch, values))
                    about += [site.key for site in amount.sites]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-10")
def volume(case: Case, catalogue: Catalogue) -> Finding | None:
    """No single site takes more millilitres than a label gives."""
    text = catalogue.rules["DOSE-10"]
    computed = site_volumes(case.chart)
    parts: list[Part] = []
    about: list[UUID] = []
    for limit in limits_of("DOSE-10", catalogue):
        if limit.volume_ml is None or not limit.fits(case.age):
            continue
        over = [
            (site, ml)
            for site in case.sites
            if case.chart.product_of(site) == limit.product
            and (ml := _drawn_up(site, computed)) is not None
            and ml > limit.volume_ml
        ]
        if over:
            values = {
                **_limit_said(text, limit, limit.volume_ml),
                "sites": _said(text, over, catalogue),
            }
            parts.append((None, values))
            about += [site.key for site, _ in over]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-11")
def own_protocol(case: Case, catalogue: Catalogue) -> Finding | None:
    """The units of a protocol are units of its own product and of no other."""
    text = catalogue.rules["DOSE-11"]
    groups: dict[tuple[str, str], list[Site]] = {}
    for site in case.sites:
        protocol = catalogue.protocols.get(site.protocol or "")
        product = case.chart.product_of(site)
        if protocol is not None and product is not None and product != protocol.product:
            groups.setdefault((protocol.id, product), []).append(site)
    parts: list[Part] = []
    about: list[UUID] = []
    for (id, product), sites in sorted(groups.items()):
        protocol = catalogue.protocols[id]
        values: dict[str, Value] = {
            "title": Sentence(protocol.title, protocol.title_es),
            "own": protocol.product,
            "product": product,
            "count": _counted(text, len(sites)),
        }
        parts.append((None, values))
        about += [site.key for site in sites]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-12")
def escalation(case: Case, catalogue: Catalogue) -> Finding | None:
    """A session is not much more than the last one with the same product and indication."""
    text = catalogue.rules["DOSE-12"]
    times = catalogue.limit("escalation_most")
    groups: dict[tuple[str, str], list[Site]] = {}
    for site in case.sites:
        product = case.chart.product_of(site)
        if product is not None:
            groups.setdefault((product, site.indication), []).append(site)
    parts: list[Part] = []
    about: list[UUID] = []
    for (product, indication), sites in sorted(groups.items()):
        last = _last(case, product, indication)
        if not last:
            continue
        now = given(product, sites, case)
        then = given_before(product, last, catalogue)
        if now > Dose(product, then.units * times):
            titled = catalogue.indications[indication]
            values: dict[str, Value] = {
                "given": now.units,
                "product": product,
                "indication": Sentence(titled.title, titled.title_es),
                "times": times,
                "last": then.units,
                "date": last[0].date,
            }
            parts.append((None, values))
            about += [site.key for site in sites]
    return find(text, case.when, parts, sorted(about, key=str))


@rule("DOSE-13")
def thirty_days(case: Case, catalogue: Catalogue) -> Finding | None:
    """What was given for blepharospasm in the label's days stays within its limit."""
    over = list(excesses("DOSE-13", case, catalogue, any_age=True))
    return exceeded("DOSE-13", case, catalogue, over)


def exceeded(id: str, case: Case, catalogue: Catalogue, over: Iterable[Excess]) -> Finding | None:
    """The finding of a rule that says each exceeded limit, and what was given before if it counts.

    Its text has the branch `before` where earlier treatments are part of a sum.
    """
    text = catalogue.rules[id]
    weight = weight_kg(case)
    over = list(over)
    parts: list[Part] = []
    about: list[UUID] = []
    for excess in over:
        branch = "before" if excess.amount.before else None
        parts.append((branch, _excess_said(text, excess, catalogue, weight)))
        about += [site.key for site in excess.amount.sites]
    verify = any(excess.limit.verify for excess in over)
    return find(text, case.when, parts, sorted(about, key=str), verify=verify)


def _excess_said(
    text: RuleText, excess: Excess, catalogue: Catalogue, weight: Decimal | None = None
) -> dict[str, Value]:
    amount = excess.amount
    today = amount.dose - given_before(amount.dose.product, amount.before, catalogue)
    return {
        **_limit_said(text, excess.limit, excess.most, weight),
        "given": amount.dose.units,
        "today": today.units,
        "side": SIDE_NAMES[amount.side],
        "before": _before(text, amount.before),
    }


def _whose(text: RuleText, limit: DoseLimit) -> Sentence:
    """Who says so: the label of a country, or this clinic."""
    return CLINICS_OWN if limit.is_own else text.words[limit.region]


def _limit_said(
    text: RuleText, limit: DoseLimit, most: Decimal | None, weight: Decimal | None = None
) -> dict[str, Value]:
    said: dict[str, Value] = {
        "product": limit.product,
        "what": limit.what,
        "label": _whose(text, limit),
        "limit": most if most is not None else "",
        "days": limit.days or "",
    }
    if "units" in text.words and most is not None:
        said["limit"] = _by_weight(text, most, limit.units_per_kg, weight)
    return said


def _by_weight(
    text: RuleText, units: Decimal, per_kg: Decimal | None, weight: Decimal | None
) -> Phrase:
    """Units, with how they come from the weight where that is what decides."""
    if per_kg is None:
        return Phrase(text.words["units"], {"units": units})
    if weight is None or units != per_kg * weight:
        return Phrase(text.words["cap"], {"units": units, "per_kg": per_kg})
    return Phrase(text.words["per_kg"], {"units": units, "per_kg": per_kg, "weight": weight})


def _before(text: RuleText, treatments: Iterable[EarlierTreatment]) -> list[Phrase]:
    return [
        Phrase(
            text.words["before"],
            {"units": each.units, "product": each.product, "date": each.date},
        )
        for each in treatments
    ]


def _said(
    text: RuleText, sites: Iterable[tuple[Site, Decimal]], catalogue: Catalogue
) -> list[Phrase]:
    """Each place with its amount once, in the order of the muscles and not of the needle."""
    found = {
        (*_steady_key(site, catalogue), amount): Phrase(
            text.words["site"],
            {"place": _place(site, catalogue, sided=True), "amount": amount},
        )
        for site, amount in sites
    }
    return [found[place] for place in sorted(found)]


def _place(site: Site, catalogue: Catalogue, *, sided: bool) -> Sentence:
    """The muscle, or the place in words, with its side."""
    muscle = catalogue.muscles.get(site.muscle or "")
    side = SIDE_NAMES[site.side if sided else None]
    if muscle is None:
        words = (site.other or "").strip() or "?"
        return Sentence(words + side.en, words + side.es)
    return Sentence(muscle.label + side.en, muscle.label_es + side.es)


def _counted(text: RuleText, sites: int) -> Phrase:
    return Phrase(text.words["one" if sites == 1 else "several"], {"count": sites})


def _ranged_place(entry: DoseRange, site: Site, catalogue: Catalogue) -> Value:
    """Where a range holds: at one site, in one muscle of one side, or in muscles of both."""
    if entry.scope == "site":
        return _place(site, catalogue, sided=True)
    side = SIDE_NAMES[site.side if entry.scope == "muscle" else None]
    muscles = [catalogue.muscles[muscle] for muscle in entry.muscles]
    return [Sentence(each.label + side.en, each.label_es + side.es) for each in muscles]


def _by_muscle(
    case: Case, catalogue: Catalogue, entries: list[DoseRange]
) -> Iterator[tuple[str, list[Site]]]:
    """By product and muscle, in a steady order: the sites of which these ranges could speak."""
    kinds = {(entry.indication, entry.product) for entry in entries}
    groups: dict[tuple[str, int, str], list[Site]] = {}
    for site in case.sites:
        product = case.chart.product_of(site) or NO_PRODUCT
        # A site without any place is DATA-04's.
        if (site.indication, product) in kinds and (site.muscle or (site.other or "").strip()):
            at, _, words = _steady_key(site, catalogue)
            groups.setdefault((product, at, words), []).append(site)
    for group in sorted(groups):
        yield group[0], groups[group]


def _ranged(case: Case, catalogue: Catalogue) -> Iterator[tuple[DoseRange, list[Site]]]:
    """Each range that DOSE-05 judges with the sites it is about: of one side, or of both."""
    adult_age = catalogue.limit("adult_age")
    population = None if case.age is None else "adult" if case.age >= adult_age else "child"
    kinds = {(site.indication, case.chart.product_of(site)) for site in case.sites}
    entries = [
        entry
        for entry in catalogue.dose_ranges
        if "DOSE-05" in entry.rules
        and entry.population in ("any", population)
        and (entry.indication, entry.product) in kinds
    ]
    # Where both sides have a range of their own, it stands instead of the one for a single side.
    settled: set[UUID] = set()
    for entry in sorted(entries, key=lambda each: each.scope != "both"):
        sites = [
            site
            for site in case.sites
            if site.indication == entry.indication
            and case.chart.product_of(site) == entry.product
            and in_muscle(site, entry.muscles, catalogue)
            and site.key not in settled
        ]
        if entry.scope == "both":
            if {Side.LEFT, Side.RIGHT} <= {site.side for site in sites}:
                settled |= {site.key for site in sites}
                yield entry, _steady(sites, catalogue)
        elif entry.scope == "site":
            # Sites alike in place and dose are said once.
            alike: dict[tuple[str | None, Side | None, Decimal], list[Site]] = {}
            for site in _steady(sites, catalogue):
                alike.setdefault((site.muscle, site.side, site.units), []).append(site)
            for group in alike.values():
                yield entry, group
        elif entry.scope == "total":
            if sites:
                yield entry, _steady(sites, catalogue)
        else:
            for side in SIDES:
                own = [site for site in sites if site.side is side]
                if own:
                    yield entry, _steady(own, catalogue)


def _steady(sites: Iterable[Site], catalogue: Catalogue) -> list[Site]:
    """Sites in the order of the muscles and not of the needle."""
    return sorted(sites, key=lambda site: (*_steady_key(site, catalogue), site.units))


def _steady_key(site: Site, catalogue: Catalogue) -> tuple[int, int, str]:
    muscles = list(catalogue.muscles)
    known = site.muscle in catalogue.muscles
    at = muscles.index(site.muscle) if site.muscle and known else len(muscles)
    return at, SIDES.index(site.side), "" if known else site.other or ""


def _drawn_up(site: Site, computed: Mapping[UUID, Decimal]) -> Decimal | None:
    """The volume of a site as drawn up where that is said, else as its dilution makes it."""
    return computed.get(site.key) if site.volume_ml is None else site.volume_ml


def _is_first(limit: DoseLimit, case: Case) -> bool:
    """Whether nothing is known to have been given before of this product for these indications."""
    if "history" in case.unsaid:
        return False
    return not any(
        each.product == limit.product and each.indication in limit.indications
        for each in case.history
        if case.date is None or each.date < case.date
    )


def _count(sites: int, entry: DoseRange) -> str | None:
    if entry.sites_low is not None and sites < entry.sites_low:
        return "few"
    if entry.sites_high is not None and sites > entry.sites_high:
        return "many"
    return None


def _last(case: Case, product: str, indication: str) -> list[EarlierTreatment]:
    """What was given on the last day on which this product was given for this indication."""
    same = [
        each
        for each in case.history
        if each.product == product
        and each.indication == indication
        and case.date is not None
        and each.date < case.date
    ]
    day = max((each.date for each in same), default=None)
    return [each for each in same if each.date == day]
