"""A finding: what one rule says of one case, in words a clinician reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.clinical.catalogue.entries import RuleText, Sentence, is_spanish
from app.clinical.dosing import plain

__all__ = [
    "GRAVEST_FIRST",
    "INFO",
    "OVERRIDE",
    "STOP",
    "WARN",
    "Finding",
    "Part",
    "Phrase",
    "Sites",
    "Value",
    "day_text",
    "find",
    "moment_text",
]

STOP = "stop"
OVERRIDE = "override"
WARN = "warn"
INFO = "info"
GRAVEST_FIRST = (STOP, OVERRIDE, WARN, INFO)

MONTHS = Sentence(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "ene feb mar abr may jun jul ago sep oct nov dic",
)
AND = Sentence("and", "y")
TO = Sentence("to", "a")
ONE_SITE = Sentence("site", "el punto")
MORE_SITES = Sentence("sites", "los puntos")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. `when` is `given` or `if_all_given`; `about` are the keys it concerns.

    `at_signing`: it waits for the review, because every session passes it on its way.
    """

    id: str
    severity: str
    when: str
    text: str
    text_es: str
    source: str
    source_es: str
    needs_reason: bool
    why: str
    why_es: str
    about: tuple[UUID, ...]
    values: Mapping[str, str]
    at_signing: bool = False
    # Whether what it rests on is still to be held against the current label.
    verify: bool = False

    @property
    def stops_signing(self) -> bool:
        """Whether nothing can be signed while this stands, whatever anybody says."""
        return self.severity == STOP

    @property
    def needs_prescriber(self) -> bool:
        """Whether only a prescriber may go on, with a reason."""
        return self.severity == OVERRIDE

    @property
    def is_to_be_read(self) -> bool:
        """Whether it is a warning that whoever signs must have read, and needs no more."""
        return self.severity == WARN and not self.needs_reason

    def say(self, language: str) -> str:
        """The sentence in this language."""
        return self.text_es if is_spanish(language) else self.text

    def say_why(self, language: str) -> str:
        """Why the rule exists and what to do, in this language."""
        return self.why_es if is_spanish(language) else self.why

    def say_source(self, language: str) -> str:
        """On whose authority, in this language."""
        return self.source_es if is_spanish(language) else self.source

    def as_json(self, language: str = "en") -> dict[str, Any]:
        """The finding as it travels; `values` are the parts of the English sentence."""
        return {
            "id": self.id,
            "severity": self.severity,
            "needs_reason": self.needs_reason,
            "when": self.when,
            "text": self.say(language),
            "why": self.say_why(language),
            "source": self.say_source(language),
            "verify": self.verify,
            "about": [str(key) for key in self.about],
            "values": dict(self.values),
        }


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites by their numbers in injection order, said as `sites 3 to 7 and 12`."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a sentence that is itself filled in."""

    sentence: Sentence
    values: Mapping[str, Value]


Value = str | int | Decimal | date | Sentence | Sites | Phrase | Sequence["Value"]
Part = tuple[str | None, Mapping[str, Value]]


def find(
    rule: RuleText,
    when: str,
    parts: Iterable[Part],
    about: Iterable[UUID],
    *,
    verify: bool | None = None,
) -> Finding | None:
    """One finding from the branches of a rule that apply, or None when none does.

    Each part names a variant of the rule's text, or None for the text itself, and its values. The
    finding weighs as much as its gravest branch. `verify`: whether the rows it rests on are still
    to be held against the label; where not said, whether the rule is. Whoever overrides always
    says why; a finding that weighs less than its rule asks for no reason.
    """
    said = list(parts)
    if not said:
        return None
    severity = min(
        (rule.severities.get(name or "", rule.severity) for name, _ in said),
        key=GRAVEST_FIRST.index,
    )
    return Finding(
        id=rule.id,
        severity=severity,
        when=when,
        text=_paragraph(rule, said, "en"),
        text_es=_paragraph(rule, said, "es"),
        source=rule.source,
        source_es=rule.source_es,
        needs_reason=severity == OVERRIDE
        or (
            rule.needs_reason
            and GRAVEST_FIRST.index(severity) <= GRAVEST_FIRST.index(rule.severity)
        ),
        why=rule.why,
        why_es=rule.why_es,
        about=tuple(dict.fromkeys(about)),
        values={name: _say(value, "en") for _, values in said for name, value in values.items()},
        verify=rule.verify if verify is None else verify,
        at_signing=all(name in rule.at_signing for name, _ in said),
    )


def day_text(day: date, language: str = "en") -> str:
    """A day as 23 Nov 2026."""
    return f"{day.day} {MONTHS.in_language(language).split()[day.month - 1]} {day.year}"


def moment_text(moment: datetime, language: str = "en") -> str:
    """A local moment as 23 Nov 2026 15:04, with seconds where they say something."""
    clock = f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
    return f"{day_text(moment, language)} {clock}"


def _paragraph(rule: RuleText, parts: Iterable[Part], language: str) -> str:
    text = Sentence(rule.text, rule.text_es)
    return " ".join(
        _filled(text if name is None else rule.variants[name], values, language)
        for name, values in parts
    )


def _filled(sentence: Sentence, values: Mapping[str, Value], language: str) -> str:
    said = {name: _say(value, language) for name, value in values.items()}
    return sentence.in_language(language).format(**said)


def _say(value: Value, language: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return moment_text(value, language)
    if isinstance(value, date):
        return day_text(value, language)
    if isinstance(value, Sentence):
        return value.in_language(language)
    if isinstance(value, Phrase):
        return _filled(value.sentence, value.values, language)
    if isinstance(value, Sites):
        noun = ONE_SITE if len(value.numbers) == 1 else MORE_SITES
        return f"{noun.in_language(language)} {_say(_ranges(value.numbers), language)}"
    said = [_say(part, language) for part in value]
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} {AND.in_language(language)} {said[-1]}"


def _ranges(numbers: Iterable[int]) -> list[Sentence]:
    """Numbers with three and more in a row drawn together: 3 to 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said: list[Sentence] = []
    for run in runs:
        if len(run) > 2:
            said.append(Sentence(f"{run[0]} {TO.en} {run[-1]}", f"{run[0]} {TO.es} {run[-1]}"))
        else:
            said.extend(Sentence(str(number), str(number)) for number in run)
    return said
