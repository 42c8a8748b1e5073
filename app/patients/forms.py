"""The form of a patient: shape only. What was typed is kept and read back as it was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app import wording
from app.clinical.catalogue import catalogue
from app.clinical.chart import parse_units
from app.clinical.errors import Refusal
from app.errors import say
from app.forms import Line, Lines, StrictForm, options, prints, within
from app.models import Patient
from app.web import day, plain

SEXES = (
    ("", _l("Not recorded")),
    ("female", _l("Female")),
    ("male", _l("Male")),
    ("other", _l("Other")),
)
ASKED = (
    ("not_asked", _l("Not asked")),
    ("none_known", _l("Asked, none known")),
    ("listed", _l("Listed")),
)
UNITS = (("kg", "kg"), ("lb", "lb"))
SIGHTS = (
    ("everyone", _l("Everyone who sees patients")),
    ("listed", _l("Named people only")),
)
SOURCES = (
    ("patient-reported", _l("Elsewhere")),
    ("clinic", _l("Here, on paper")),
)
RESPONSES = (
    ("", _l("Not asked")),
    ("better", _l("Better")),
    ("same", _l("Same")),
    ("worse", _l("Worse")),
    ("none", _l("No effect")),
)
SHORTEST_REASON = 10
# Nobody alive was born earlier; a birth date before it is a slip of the keyboard.
OLDEST_YEARS = 130


class RestrictionForm(StrictForm):
    """Who sees one patient. `people` get their choices from the records."""

    sight = RadioField(_l("Seen by"), choices=options(SIGHTS), validate_choice=False)
    people = SelectMultipleField(
        _l("Named people"),
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    # Who was named when the page was made, so that two who change the list see each other.
    was = HiddenField()

    def validate_sight(self, field: RadioField) -> None:
        """Everyone, or who is named."""
        _require_one_of(field, SIGHTS)

    def validate_people(self, field: SelectMultipleField) -> None:
        """Only who sees patients at all can be named."""
        if set(field.data or ()) - {choice.value for choice in field.choices}:
            raise ValidationError(_("Choose from the list."))


class EmergencyForm(StrictForm):
    """A restricted patient, known exactly, and why they are opened."""

    record_number = Line(
        _l("Record number"), validators=[DataRequired(_l("Enter the record number.")), within(40)]
    )
    born = Line(
        _l("Date of birth"), validators=[DataRequired(_l("Enter the date of birth.")), within(40)]
    )
    reason = Lines(
        _l("Why now"),
        validators=[
            Length(
                min=SHORTEST_REASON,
                message=_l("Say in a few words why this cannot wait. The named people read it."),
            ),
            within(300),
        ],
    )

    def __init__(self, *, day_first: bool) -> None:
        super().__init__()
        self.day_first = day_first

    def validate_born(self, field: Line) -> None:
        """A day of the calendar."""
        self.birth_date = _read_day(field, day_first=self.day_first)


class PatientForm(StrictForm):
    """One patient's details. `today` and `day_first` are the clinic's."""

    given_name = Line(_l("Given name"), validators=[within(120)])
    family_name = Line(
        _l("Family name"), validators=[DataRequired(_l("Enter the family name.")), within(120)]
    )
    latin_name = Line(_l("Name in Latin letters"), validators=[within(120), prints])
    born = Line(
        _l("Date of birth"), validators=[DataRequired(_l("Enter the date of birth.")), within(40)]
    )
    sex = RadioField(_l("Sex"), choices=options(SEXES), default="", validate_choice=False)
    record_number = Line(
        _l("Record number"), validators=[DataRequired(_l("Enter the record number.")), within(40)]
    )
    weight = Line(_l("Weight"), validators=[within(20)])
    weight_unknown = Line(_l("Not weighed, because"), validators=[within(120)])
    weight_unit = RadioField(
        _l("Unit"), choices=options(UNITS), default="kg", validate_choice=False
    )
    weighed_on = Line(_l("Weighed on"), validators=[within(40)])
    allergies_asked = RadioField(
        _l("Allergies"), choices=options(ASKED), default="not_asked", validate_choice=False
    )
    allergies = Lines(_l("Which allergies"), validators=[within(300)])
    conditions_asked = RadioField(
        _l("Conditions"), choices=options(ASKED), default="not_asked", validate_choice=False
    )
    conditions = Lines(_l("Which conditions"), validators=[within(600)])
    payer = SelectField(_l("Payer"), validate_choice=False)
    member_id = Line(_l("Member number"), validators=[within(40)])
    authorization_number = Line(_l("Authorization number"), validators=[within(40)])
    is_another = BooleanField(_l("This is another person with the same name and date of birth"))

    def __init__(self, *, today: date, day_first: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.today = today
        self.day_first = day_first
        payers = catalogue().payers.values()
        spoken = str(get_locale() or "en")
        self.payer.choices = options(
            [("", _("Not recorded")), *((each.id, each.label_in(spoken)) for each in payers)]
        )

    @staticmethod
    def as_typed(patient: Patient) -> dict[str, Any]:
        """What the form of this patient holds before anyone types."""
        return {
            "given_name": patient.given_name,
            "family_name": patient.family_name,
            "latin_name": patient.latin_name,
            "born": day(patient.born),
            "sex": patient.sex or "",
            "record_number": patient.record_number,
            "weight": "" if patient.weight_kg is None else plain(patient.weight_kg),
            "weight_unit": "kg",
            "weight_unknown": patient.weight_unknown,
            "weighed_on": day(patient.weighed_on),
            "allergies_asked": patient.allergies_asked,
            "allergies": patient.allergies,
            "conditions_asked": patient.conditions_asked,
            "conditions": patient.conditions,
            "payer": patient.payer or "",
            "member_id": patient.member_id,
            "authorization_number": patient.authorization_number,
        }

    @property
    def values(self) -> Mapping[str, Any]:
        """What a valid form says of the patient, as the record keeps it."""
        weight = self._weight()
        return {
            "given_name": self.given_name.data or "",
            "family_name": self.family_name.data,
            "latin_name": self.latin_name.data or "",
            "born": self._day(self.born),
            "sex": self.sex.data or None,
            "record_number": self.record_number.data,
            "weight_kg": weight,
            "weighed_on": None if weight is None else self._day(self.weighed_on),
            "weight_unknown": "" if weight is not None else self.weight_unknown.data or "",
            "allergies_asked": self.allergies_asked.data,
            "allergies": self.allergies.data if self.allergies_asked.data == "listed" else "",
            "conditions_asked": self.conditions_asked.data,
            "conditions": self.conditions.data if self.conditions_asked.data == "listed" else "",
            "payer": self.payer.data or None,
            "member_id": self.member_id.data or "",
            "authorization_number": self.authorization_number.data or "",
        }

    def validate_payer(self, field: SelectField) -> None:
        """One of the catalogue's, or nobody has said."""
        if field.data and field.data not in catalogue().payers:
            raise ValidationError(_("Choose one of the answers."))

    def validate_born(self, field: Line) -> None:
        """A day in the past that somebody alive can be born on."""
        born = self._day(field)
        if born > self.today:
            raise ValidationError(_("This day is in the future. Check the year."))
        if self.today.year - born.year > OLDEST_YEARS:
            raise ValidationError(
                _("This is more than %(years)s years ago. Check the year.", years=OLDEST_YEARS)
            )

    def validate_sex(self, field: RadioField) -> None:
        """One of the answers, or none."""
        _require_one_of(field, SEXES)

    def validate_weight(self, field: Line) -> None:
        """A number above nought, with at most two decimals."""
        self._weight()

    def validate_weight_unit(self, field: RadioField) -> None:
        """Kilograms or pounds."""
        _require_one_of(field, UNITS)

    def validate_weighed_on(self, field: Line) -> None:
        """A weight says when it was taken."""
        if not self.weight.data:
            return
        if not field.data:
            raise ValidationError(_("Say when this was weighed."))
        if self._day(field) > self.today:
            raise ValidationError(_("This day is in the future. Check the year."))

    def validate_allergies_asked(self, field: RadioField) -> None:
        """Not asked, none known or listed."""
        _require_one_of(field, ASKED)

    def validate_allergies(self, field: Lines) -> None:
        """Listed means there is a list."""
        if self.allergies_asked.data == "listed" and not field.data:
            raise ValidationError(_("List the allergies, or choose another answer."))

    def validate_conditions_asked(self, field: RadioField) -> None:
        """Not asked, none known or listed."""
        _require_one_of(field, ASKED)

    def validate_conditions(self, field: Lines) -> None:
        """Listed means there is a list."""
        if self.conditions_asked.data == "listed" and not field.data:
            raise ValidationError(_("List the conditions, or choose another answer."))

    def _day(self, field: Line) -> date:
        return _read_day(field, day_first=self.day_first)

    def _weight(self) -> Decimal | None:
        """The weight in kg, or None when the field is empty."""
        typed = (self.weight.data or "").replace(",", ".")
        if not typed:
            return None
        if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", typed):
            raise ValidationError(
                _("Enter the weight as a number with at most two decimals, for example 68 or 68.5.")
            )
        number = Decimal(typed)
        if self.weight_unit.data == "lb":
            number = wording.kilograms(number)
        if number <= 0:
            raise ValidationError(_("The weight must be more than 0. Leave it empty if unknown."))
        return number


class EditPatientForm(PatientForm):
    """The details of a known patient, with the revision that was read."""

    revision = IntegerField(validators=[InputRequired()])


class OutsideDoseForm(StrictForm):
    """A dose that was given elsewhere or stands on paper. `today` and `day_first` are the clinic's.

    Nothing is chosen beforehand: what somebody has not said is not entered.
    """

    product = RadioField(_l("Product"), validate_choice=False)
    units = Line(_l("Units"), validators=[within(20)])
    units_unknown = BooleanField(_l("Nobody knows the units"))
    given_on = Line(_l("Given on"), validators=[DataRequired(_l("Enter the day.")), within(40)])
    indication = SelectField(_l("Indication"), validate_choice=False)
    source = RadioField(_l("Where"), choices=options(SOURCES), validate_choice=False)
    place = Line(_l("By whom, or which clinic"), validators=[within(120)])
    response = RadioField(
        _l("Response"), choices=options(RESPONSES), default="", validate_choice=False
    )

    def __init__(self, *, patient: Patient, today: date, day_first: bool, language: str) -> None:
        super().__init__()
        self.born, self.today, self.day_first = patient.born, today, day_first
        known = catalogue()
        self.product.choices = options((id, id) for id in known.products)
        self.indication.choices = options(
            [
                ("", _("Choose")),
                *((id, entry.label_in(language)) for id, entry in known.indications.items()),
            ]
        )

    @property
    def values(self) -> Mapping[str, Any]:
        """What a valid form says of the dose, as the record keeps it."""
        return {
            "date": _read_day(self.given_on, day_first=self.day_first),
            "product": self.product.data,
            "units": None if self.units_unknown.data else self._units(),
            "indication": self.indication.data,
            "response": self.response.data or None,
            "source": self.source.data,
            "place": self.place.data or "",
        }

    def validate_product(self, field: RadioField) -> None:
        """One of the catalogue, those for the history only too."""
        if field.data not in catalogue().products:
            raise ValidationError(_("Choose the product. Units of two products are never added."))

    def validate_units(self, field: Line) -> None:
        """Units, or that nobody knows them; not both."""
        if self.units_unknown.data:
            if field.data:
                raise ValidationError(
                    _("Enter the units, or say that nobody knows them, not both.")
                )
            return
        if not field.data:
            raise ValidationError(_("Enter the units, or say that nobody knows them."))
        self._units()

    def validate_given_on(self, field: Line) -> None:
        """A day of the patient's life up to today."""
        given = _read_day(field, day_first=self.day_first)
        if given > self.today:
            raise ValidationError(_("This day is in the future. Check the year."))
        if given < self.born:
            raise ValidationError(_("This is before the patient was born. Check the year."))

    def validate_indication(self, field: SelectField) -> None:
        """One of the catalogue; other is one."""
        if field.data not in catalogue().indications:
            raise ValidationError(_("Choose what it was given for."))

    def validate_source(self, field: RadioField) -> None:
        """Elsewhere, or here on paper."""
        if field.data not in dict(SOURCES):
            raise ValidationError(_("Say where it was given."))

    def validate_response(self, field: RadioField) -> None:
        """One of the answers, or nobody asked."""
        _require_one_of(field, RESPONSES)

    def _units(self) -> Decimal:
        try:
            return parse_units((self.units.data or "").replace(",", "."))
        except Refusal as refusal:
            raise ValidationError(say(refusal)) from None


class WithdrawalForm(StrictForm):
    """Why a dose that was entered is not so."""

    reason = Lines(
        _l("Why it is withdrawn"),
        validators=[
            DataRequired(_l("Say why. The dose stays in the list, with your reason.")),
            within(300),
        ],
    )


def _read_day(field: Line, *, day_first: bool) -> date:
    try:
        return wording.read_day(field.data or "", day_first=day_first)
    except Refusal as refusal:
        raise ValidationError(say(refusal)) from None


def _require_one_of(field: RadioField, choices: tuple[tuple[str, Any], ...]) -> None:
    if field.data not in dict(choices):
        raise ValidationError(_("Choose one of the answers."))
