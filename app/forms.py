"""What HTML forms have in common: text as people mean it, a rule's sentence at its field.

Also the fields that two features ask for: the letterhead, a user name, a strong password.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Regexp, ValidationError

from app.clinical.errors import Refusal
from app.errors import UnknownField, say
from app.notes.paper import missing_in
from app.passwords import refuse_weak

PAPERS = (("letter", _l("US Letter")), ("a4", "A4"))

# What turns the direction of the text around it: it can make a printed name read as another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def one_line(text: str | None) -> str:
    """The text without control characters, doubled spaces and blank ends."""
    return " ".join(_readable(text or "").split())


def lines(text: str | None) -> str:
    """Each line as `one_line`, without empty lines at the ends."""
    return "\n".join(one_line(line) for line in (text or "").splitlines()).strip()


def _readable(text: str) -> str:
    return "".join(
        " " if unicodedata.category(letter) == "Cc" else letter
        for letter in unicodedata.normalize("NFC", text)
        if letter not in _TURNING and unicodedata.category(letter) != "Cs"
    )


class Line(StringField):
    """One line of text."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the text as it is meant."""
        if valuelist:
            self.data = one_line(valuelist[0])


class Lines(TextAreaField):
    """A few lines of text."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the text as it is meant."""
        if valuelist:
            self.data = lines(valuelist[0])


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """The answers of a list or of a row of buttons, from values and their words."""
    return [SelectChoice(value, words) for value, words in pairs]


def within(count: int) -> Length:
    """At most so many characters."""
    return Length(max=count, message=_l("Keep this within %(max)d characters."))


def obeys(rule: Callable[[str], object]) -> Callable[[Form, Field], None]:
    """A validator that puts the sentence of the rule's Refusal at the field."""

    def check(form: Form, field: Field) -> None:
        try:
            rule(field.data or "")
        except Refusal as refusal:
            raise ValidationError(say(refusal)) from None

    return check


def prints(form: Form, field: Field) -> None:
    """A validator that refuses what the typeface of a note lacks."""
    if lacking := missing_in([field.data or ""]):
        raise ValidationError(
            _(
                "A note cannot print %(characters)s. Write this in Latin, Greek or Cyrillic"
                " letters.",
                characters=" ".join(lacking),
            )
        )


def refuse_at(field: Field, sentence: str) -> None:
    """Say at this field what only the records could tell."""
    field.errors = [*field.errors, sentence]


def require_strong(field: PasswordField, *names: str) -> None:
    """A password that is neither common nor built on one of the names."""
    try:
        refuse_weak(field.data or "", names=names)
    except Refusal as refusal:
        raise ValidationError(say(refusal)) from None


def is_npi(typed: str) -> bool:
    """Whether this is a national provider identifier: ten digits with a right check digit."""
    if not re.fullmatch(r"[0-9]{10}", typed):
        return False
    # Its check digit is that of a card number that begins with 80840.
    digits = [int(digit) for digit in reversed(f"80840{typed}")]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def username_field() -> Line:
    """The name that is typed to sign in."""
    return Line(
        _l("User name"),
        validators=[
            DataRequired(_l("Choose a user name.")),
            Regexp(
                r"^[^\s@/\\]{2,60}$",
                message=_l("Use 2 to 60 characters without spaces, @ or slashes."),
            ),
        ],
    )


@cache
def time_zones() -> tuple[str, ...]:
    """Every named place that a clinic may keep its calendar by."""
    places = (name for name in zoneinfo.available_timezones() if "/" in name)
    return ("UTC", *sorted(name for name in places if not name.startswith(("Etc/", "SystemV/"))))


class StrictForm(FlaskForm):
    """A form that takes the fields it has and no other: the base of every form.

    Raises UnknownField as soon as it is made from a request that sends more, so that nobody writes
    what a page does not offer, such as a role, a revision or an id.
    """

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """Take what was sent, after a look at what it is called."""
        sent = self.meta.wrap_formdata(self, formdata)
        if sent and set(sent) - {field.name for field in self}:
            raise UnknownField(
                "This page sent something that its form does not have, so nothing was changed."
                " Reload the page, then try again."
            )
        super().process(formdata, *args, **kwargs)


def take_no_fields() -> None:
    """For what a button alone asks: whatever is sent with it is refused."""
    StrictForm()


class SearchForm(StrictForm):
    """The line in which a patient is searched for."""

    q = StringField()

    @property
    def typed(self) -> str:
        """What is searched for; nobody's name is longer."""
        return (self.q.data or "")[:200].strip()


class ClinicFields(StrictForm):
    """The letterhead, the clinic's clock and its paper."""

    clinic_name = Line(
        _l("Clinic name"), validators=[DataRequired(_l("Enter the clinic’s name.")), within(120)]
    )
    address = Lines(
        _l("Address"),
        validators=[DataRequired(_l("Enter the address as it heads a letter.")), within(240)],
    )
    telephone = Line(_l("Telephone"), validators=[within(40)])
    time_zone = Line(_l("Time zone"), validators=[DataRequired(_l("Choose the time zone."))])
    paper = SelectField(
        _l("Paper"), choices=options(PAPERS), validate_choice=False, validators=[DataRequired()]
    )

    def validate_address(self, field: Lines) -> None:
        """The letterhead has room for four lines."""
        if len((field.data or "").splitlines()) > 4:
            raise ValidationError(_("Use at most four lines."))

    def validate_time_zone(self, field: Line) -> None:
        """Only a zone that has a name keeps summer time right."""
        typed = (field.data or "").replace(" ", "_").casefold()
        exact = [name for name in time_zones() if name.casefold() == typed]
        cities = [name for name in time_zones() if name.casefold().endswith(f"/{typed}")]
        found = exact or cities
        if len(found) != 1:
            raise ValidationError(_("Choose one from the list, for example America/New_York."))
        field.data = found[0]

    def validate_paper(self, field: SelectField) -> None:
        """Two sizes are printed."""
        if field.data not in dict(PAPERS):
            raise ValidationError(_("Choose Letter or A4."))
