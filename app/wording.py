"""How a typed day is read, and how days ago and weights are written."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from app.clinical.errors import Refusal
from app.web import plain

# The international pound, exactly.
KG_PER_LB = Decimal("0.45359237")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene", "feb", "mar", "apr abr", "may", "jun",
            "jul", "aug ago", "sep set", "oct", "nov", "dec dic",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ISO = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_DAY_MONTH = re.compile(r"(\d{1,2})[-/. ]*(?:de )?([^\W\d_]{3,})\.?,?[-/. ]*(?:de )?(\d{4})")
_MONTH_DAY = re.compile(r"([^\W\d_]{3,})\.? *(\d{1,2})(?:st|nd|rd|th)?,? *(\d{4})")


def possible_days(text: str) -> list[date]:
    """Every day the text may mean, month first before day first; none if it is no day."""
    text = " ".join(text.casefold().split())
    if match := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
        return _days((year, month, day))
    if match := _NUMBERS.fullmatch(text):
        first, second, year = (int(part) for part in match.groups())
        return _days((year, first, second), (year, second, first))
    if match := _DAY_MONTH.fullmatch(text):
        return _days((int(match[3]), _MONTHS.get(match[2][:3], 0), int(match[1])))
    if match := _MONTH_DAY.fullmatch(text):
        return _days((int(match[3]), _MONTHS.get(match[1][:3], 0), int(match[2])))
    return []


def _days(*candidates: tuple[int, int, int]) -> list[date]:
    days: list[date] = []
    for year, month, day in candidates:
        try:
            value = date(year, month, day)
        except ValueError:
            continue
        if value not in days:
            days.append(value)
    return days


def read_day(text: str, *, day_first: bool) -> date:
    """The day a person typed, in the clinic's own order where two numbers could be either."""
    days = possible_days(text)
    if not days:
        if re.fullmatch(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2}", text.strip()):
            raise Refusal("Write the year with four digits, for example 12 Mar 1984.")
        raise Refusal("This is not a date. Write it as 12 Mar 1984.")
    return days[-1] if day_first else days[0]


def long_day(value: date) -> str:
    """Monday 23 November, as a page of today is headed."""
    # The pattern is translated because a language puts its own words between the parts.
    return format_date(value, _("EEEE d MMMM"))


def ago(value: date, today: date) -> str:
    """How long before today a day was."""
    days = (today - value).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days < 0:
        return ngettext("in %(num)d day", "in %(num)d days", -days)
    return ngettext("%(num)d day ago", "%(num)d days ago", days)


def pounds(kilograms: Decimal) -> Decimal:
    """The weight in lb, to 0.1."""
    return (kilograms / KG_PER_LB).quantize(Decimal("0.1"), ROUND_HALF_UP)


def kilograms(pounds: Decimal) -> Decimal:
    """The weight in kg, to 0.01 as it is stored."""
    return (pounds * KG_PER_LB).quantize(Decimal("0.01"), ROUND_HALF_UP)


def weight(value: Decimal) -> str:
    """A stored weight in both units: 68 kg (150 lb)."""
    shown = value.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{plain(shown)} kg ({plain(pounds(value))} lb)"
