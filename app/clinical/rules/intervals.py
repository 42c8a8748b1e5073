"""INT-01 to INT-05: is it time again, in days of the calendar since what was given before?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.clinical.case import Case, EarlierTreatment
from app.clinical.catalogue.entries import Catalogue, Interval, Sentence
from app.clinical.chart import Site
from app.clinical.rules.finding import GRAVEST_FIRST, Finding, Part, Value, find
from app.clinical.rules.registry import rule

QUESTION = "other_toxin_120_days"
LABEL = "label"
WARN = "warn"


@dataclass(frozen=True, slots=True)
class Recent:
    """An earlier treatment that is too near, the gravest rule it falls under, and how."""

    earlier: EarlierTreatment
    days: int
    rule: str
    branch: str | None
    limit: int


@rule("INT-01")
def label_interval(case: Case, catalogue: Catalogue) -> Finding | None:
    """Same product and indication sooner than the label or, where it is silent, convention asks."""
    return _too_near("INT-01", case, catalogue)


@rule("INT-02")
def shortest_interval(case: Case, catalogue: Catalogue) -> Finding | None:
    """Same product and indication sooner than in any trial."""
    return _too_near("INT-02", case, catalogue)


@rule("INT-03")
def exposure(case: Case, catalogue: Catalogue) -> Finding | None:
    """Same product for whatever indication within the window that doses add up over.

    A brand of the same toxin counts as the same product here, as it does for the doses. A touch-up
    linked to the session it completes is said here, and breaks no interval.
    """
    return _too_near("INT-03", case, catalogue)


@rule("INT-04")
def another_product(case: Case, catalogue: Catalogue) -> Finding | None:
    """No other product in the months before, and somebody asked.

    Every brand is its own product here, cosmetic ones too: the question of the time-out is about
    any toxin, and only the sums take two brands of one toxin together.
    """
    text = catalogue.rules["INT-04"]
    limit = int(catalogue.limit("other_toxin_lookback"))
    today = sorted({product for product, _ in _uses(case, catalogue)})
    parts: list[Part] = []
    for earlier, days in _before(case):
        others = [product for product in today if product != earlier.product]
        if others and days <= limit:
            parts.append(
                (
                    None,
                    {
                        "product": earlier.product,
                        "date": earlier.date,
                        "days": days,
                        "today": others,
                        "limit": limit,
                    },
                )
            )
    if "answers" not in case.unsaid:
        answer = case.answers.get(QUESTION)
        if answer is None:
            parts.append(("not_asked", {"limit": limit}))
        elif answer.is_unable:
            parts.append(("unable", {"limit": limit, "reason": answer.reason}))
        elif answer.is_yes and not parts:
            parts.append(("said", {"limit": limit}))
    return find(text, case.when, parts, ())


@rule("INT-05")
def payer_interval(case: Case, catalogue: Catalogue) -> Finding | None:
    """The payer's own time between two treatments of one indication, whatever the product."""
    text = catalogue.rules["INT-05"]
    if case.patient is None or "payer" in case.unsaid:
        return None
    payer = case.patient.payer
    parts: list[Part] = []
    for product, indication in sorted(_uses(case, catalogue)):
        asked = [
            entry.days
            for entry in catalogue.payer_intervals
            if entry.payer == payer
            and entry.product in (None, product)
            and entry.indication in (None, indication)
            and (entry.below_age is None or (case.age is not None and case.age < entry.below_age))
        ]
        own = [
            (days, earlier) for earlier, days in _before(case) if earlier.indication == indication
        ]
        if not asked or not own:
            continue
        days, earlier = min(own, key=lambda pair: pair[0])
        if days < max(asked):
            said: Part = (
                None,
                {
                    "indication": _title(indication, catalogue),
                    "date": earlier.date,
                    "days": days,
                    "payer": text.words[payer],
                    "limit": max(asked),
                },
            )
            # Two products for one indication may ask for the same.
            if said not in parts:
                parts.append(said)
    return find(text, case.when, parts, ())


def _too_near(id: str, case: Case, catalogue: Catalogue) -> Finding | None:
    parts: list[Part] = []
    for near in _recent(case, catalogue):
        if near.rule != id:
            continue
        values: dict[str, Value] = {
            "product": near.earlier.product,
            "indication": _title(near.earlier.indication, catalogue),
            "date": near.earlier.date,
            "days": near.days,
            "limit": near.limit,
        }
        # Two entries of one day are one treatment, in whatever parts its units were written down.
        if (near.branch, values) not in parts:
            parts.append((near.branch, values))
    return find(catalogue.rules[id], case.when, parts, ())


def _recent(case: Case, catalogue: Catalogue) -> Iterable[Recent]:
    """Each earlier treatment under the strongest rule alone: INT-02, then INT-01, then INT-03."""
    uses = _uses(case, catalogue)
    today = {catalogue.products[product].generic for product, _ in uses}
    floor = int(catalogue.limit("interval_floor"))
    window = int(catalogue.limit("cumulative_window"))
    for earlier, days in _before(case):
        again = (earlier.product, earlier.indication) in uses
        interval = _interval_not_met(earlier, days, case, catalogue) if again else None
        if again and (days < floor or interval) and earlier.date == case.touch_up_of:
            limit = interval.days if interval else floor
            yield Recent(earlier, days, "INT-03", "touch_up", limit)
        elif again and days < floor:
            yield Recent(earlier, days, "INT-02", None, floor)
        elif interval is not None:
            branch = _branch(interval)
            yield Recent(earlier, days, "INT-01", branch, interval.days)
        elif days < window and catalogue.products[earlier.product].generic in today:
            yield Recent(earlier, days, "INT-03", None, window)


def _interval_not_met(
    earlier: EarlierTreatment, days: int, case: Case, catalogue: Catalogue
) -> Interval | None:
    """The gravest interval that is not over yet, and of those the longest."""
    broken = [
        entry
        for entry in catalogue.intervals
        if (entry.product, entry.indication) == (earlier.product, earlier.indication)
        and entry.is_for(case.age)
        and days < entry.days
    ]
    return min(
        broken,
        key=lambda entry: (GRAVEST_FIRST.index(entry.severity), -entry.days),
        default=None,
    )


def _branch(interval: Interval) -> str | None:
    if interval.kind == LABEL:
        return None
    return interval.kind if interval.severity == WARN else f"{interval.kind}_{interval.severity}"


def _before(case: Case) -> list[tuple[EarlierTreatment, int]]:
    """What was given up to the day of the session, the latest first, with its days since."""
    if case.date is None or "history" in case.unsaid:
        return []
    found = [
        (earlier, (case.date - earlier.date).days)
        for earlier in case.history
        if earlier.date <= case.date
    ]
    return sorted(found, key=lambda pair: (pair[1], pair[0].product, pair[0].indication))


def _uses(case: Case, catalogue: Catalogue) -> set[tuple[str, str]]:
    """Which product serves which indication today."""
    return {
        (product, site.indication)
        for site in case.sites
        if (product := _product(site, case, catalogue)) is not None
    }


def _product(site: Site, case: Case, catalogue: Catalogue) -> str | None:
    """The product of a site: its vial's, else its protocol's, so that a plan is judged early."""
    product = case.chart.product_of(site)
    protocol = catalogue.protocols.get(site.protocol or "")
    if product is None and protocol is not None and not site.is_given:
        return protocol.product
    return product


def _title(id: str, catalogue: Catalogue) -> Sentence:
    indication = catalogue.indications[id]
    return Sentence(indication.title, indication.title_es)
