"""Forms of the administrator. Names of fields are those of the form and of nothing else."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from app.clinical.catalogue import catalogue
from app.clinical.dosing import plain
from app.forms import (
    ClinicFields,
    Line,
    Lines,
    StrictForm,
    is_npi,
    options,
    prints,
    require_strong,
    username_field,
    within,
)
from app.models import Role
from app.roles import MEANING

# So many minutes at most stays a tablet open that nobody touches.
LONGEST_UNLOCKED = 60
# So many letters fit on a side of the after-care sheet.
LONGEST_TEXT = 4000


class EditPersonForm(StrictForm):
    """Somebody's name and roles."""

    name = Line(
        _l("Name"),
        validators=[
            DataRequired(_l("Enter the name as it stands on a note.")),
            within(120),
            prints,
        ],
    )
    credentials = Line(_l("Credentials"), validators=[within(40), prints])
    npi = Line(_l("NPI"), validators=[within(40)])
    roles = SelectMultipleField(
        _l("Roles"),
        choices=options((str(role), name) for role, name in MEANING.items()),
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    def validate_npi(self, field: Line) -> None:
        """Ten digits, of which the last checks the others."""
        if field.data and not is_npi(field.data):
            raise ValidationError(_("An NPI has ten digits. Check each, or leave it empty."))

    def validate_roles(self, field: SelectMultipleField) -> None:
        """At least one, only known ones, and a prescriber is a provider."""
        roles = set(field.data or ())
        if not roles:
            raise ValidationError(_("Choose at least one role."))
        if not roles <= {str(role) for role in Role}:
            raise ValidationError(_("Choose from the list."))
        if Role.PRESCRIBER in roles and Role.PROVIDER not in roles:
            raise ValidationError(_("A prescriber is a provider as well. Choose both."))


class NewPersonForm(EditPersonForm):
    """Somebody new. Without a start password one is made and shown once."""

    username = username_field()
    start_password = PasswordField(_l("Start password"))

    def __init__(self, *, clinic_name: str) -> None:
        super().__init__()
        self.clinic_name = clinic_name

    def validate_start_password(self, field: PasswordField) -> None:
        """As strong as any other."""
        if field.data:
            require_strong(field, self.clinic_name, self.name.data or "", self.username.data or "")


class ClinicForm(ClinicFields):
    """The letterhead, the clock, the paper, and when a tablet locks by itself."""

    hours = SelectField(
        _l("Times on the screens"),
        choices=options([("24", "15:42"), ("12", "3:42 PM")]),
        validate_choice=False,
    )
    cpt_licensed = BooleanField(_l("We hold a CPT licence of the American Medical Association"))
    lock_after_minutes = Line(_l("Lock a tablet that nobody touches, after minutes"))
    asks_again = BooleanField(_l("One tap for “All asked again, nothing changed”"))

    def validate_hours(self, field: SelectField) -> None:
        """A clock counts to 24 or to 12."""
        if field.data not in ("24", "12"):
            raise ValidationError(_("Choose one of the two."))

    def validate_lock_after_minutes(self, field: Line) -> None:
        """Within an hour, and never at once."""
        typed = field.data or ""
        if not re.fullmatch(r"[0-9]{1,2}", typed) or not 1 <= int(typed) <= LONGEST_UNLOCKED:
            raise ValidationError(
                _("Enter whole minutes, from 1 to %(most)d.", most=LONGEST_UNLOCKED)
            )


class RowForm(StrictForm):
    """A form about one row of the catalogue."""

    table = HiddenField()
    key = HiddenField()


class VerificationForm(RowForm):
    """Which label a row was held against, and what the label says."""

    label = Line(
        _l("Label, by edition or date"),
        validators=[
            DataRequired(_l("Name the label: its title and the date of its revision.")),
            within(120),
        ],
    )
    agrees = RadioField(
        _l("What the label says"),
        choices=options([("yes", _l("The same")), ("no", _l("Otherwise"))]),
        validate_choice=False,
    )
    note = Line(_l("Note"), validators=[within(240)])

    def validate_agrees(self, field: RadioField) -> None:
        """One of the two; and what is otherwise is said."""
        if field.data not in ("yes", "no"):
            raise ValidationError(_("Say whether the label says the same."))

    def validate_note(self, field: Line) -> None:
        """What the label says instead."""
        if self.agrees.data == "no" and not field.data:
            raise ValidationError(_("Write down what the label says."))


class ReasonFields(StrictForm):
    """Why something is the clinic's own."""

    reason = Line(
        _l("Reason"), validators=[DataRequired(_l("Say why; the reason is kept.")), within(240)]
    )


class AfterCareForm(StrictForm):
    """The after-care text in both languages, and the number that is called in an emergency."""

    number = Line(_l("Emergency number"), validators=[within(40)])
    english = Lines(
        _l("English side"),
        validators=[DataRequired(_l("Write the English side.")), within(LONGEST_TEXT)],
    )
    spanish = Lines(
        _l("Spanish side"),
        validators=[DataRequired(_l("Write the Spanish side.")), within(LONGEST_TEXT)],
    )


class OwnValueForm(RowForm, ReasonFields):
    """The clinic's own value of one cell."""

    column = SelectField(_l("Which value"), validate_choice=False, choices=())
    value = Line(
        _l("Here"), validators=[DataRequired(_l("Enter the clinic’s own value.")), within(12)]
    )

    @property
    def typed(self) -> str:
        """The value with a decimal point."""
        return (self.value.data or "").replace(",", ".")

    def validate_value(self, field: Line) -> None:
        """A number above nought."""
        if not re.fullmatch(r"[0-9]{1,6}([.][0-9]{1,2})?", self.typed) or not Decimal(self.typed):
            raise ValidationError(_("Enter a number above 0 with at most two decimals."))


class OwnDilutionForm(ReasonFields):
    """How much diluent goes into one vial here."""

    vial = SelectField(_l("Vial"), validate_choice=False)
    diluent_ml = Line(_l("mL of diluent in each vial"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sizes = {
            f"{product.id} {plain(size.units)}": (product.id, size.units)
            for product in catalogue().products.values()
            if product.therapeutic and not product.ready_made
            for size in product.sizes
        }
        self.vial.choices = options((name, f"{name} U") for name in self.sizes)

    @property
    def vial_size(self) -> tuple[str, Decimal]:
        """Product and units of the vial."""
        return self.sizes[self.vial.data]

    @property
    def amount(self) -> Decimal:
        """The mL as a number."""
        return Decimal((self.diluent_ml.data or "").replace(",", "."))

    def validate_vial(self, field: SelectField) -> None:
        """One of the sizes."""
        if field.data not in self.sizes:
            raise ValidationError(_("Choose from the list."))

    def validate_diluent_ml(self, field: Line) -> None:
        """A volume that somebody mixes."""
        typed = (field.data or "").replace(",", ".")
        most = catalogue().limit("diluent_most")
        if not re.fullmatch(r"[0-9]{1,2}([.][0-9]{1,2})?", typed) or not 0 < Decimal(typed) <= most:
            raise ValidationError(_("Enter the mL as a number, such as 4 or 2.5."))


class WithdrawalForm(ReasonFields):
    """Why something of the clinic's own ends."""

    kind = HiddenField()
    key = HiddenField()


class DrawingFileForm(StrictForm):
    """One SVG to draw regions on."""

    svg = FileField(_l("SVG drawing"), validators=[FileRequired(_l("Choose the SVG drawing."))])


class DrawingPlanForm(StrictForm):
    """What stands on a drawing at work, in JSON as its page writes it."""

    plan = HiddenField(validators=[DataRequired(), Length(max=500_000)])


class DrawingKeyForm(StrictForm):
    """Which released drawing a new version is made of."""

    key = HiddenField(validators=[DataRequired()])


class AssessForm(StrictForm):
    """A session described in JSON."""

    case = TextAreaField(
        _l("Session, in JSON"),
        validators=[
            DataRequired(_l("Describe a session.")),
            Length(max=200_000, message=_l("This is more than one session. Shorten it.")),
        ],
    )
