"""Forms of the door: set-up, sign-in, and what belongs to one's own account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, EqualTo, Length

from app.auth import setup_code
from app.forms import (
    ClinicFields,
    Line,
    StrictForm,
    obeys,
    options,
    prints,
    require_strong,
    username_field,
    within,
)
from app.notes import authority
from app.web import uuid_or_none

LANGUAGE_NAMES = (("en", "English"), ("es", "Español"))


class SetupCodeForm(StrictForm):
    """The code from the terminal."""

    code = StringField(_l("Code from the terminal"))

    def validate_code(self, field: StringField) -> None:
        """Only who reads the terminal sets the clinic up."""
        if not setup_code.is_right(field.data or ""):
            raise ValidationError(
                _(
                    "This is not the code. It stands in the terminal where Stipple was started;"
                    " each start prints a new one."
                )
            )


class SetupForm(ClinicFields):
    """The clinic, its first administrator, and their PIN if they also treat."""

    name = Line(
        _l("Your name"),
        validators=[
            DataRequired(_l("Enter your name as it stands on a note.")),
            within(120),
            prints,
        ],
    )
    credentials = Line(_l("Credentials"), validators=[within(40), prints])
    username = username_field()
    password = PasswordField(_l("Password"), validators=[DataRequired(_l("Choose a password."))])
    password_again = PasswordField(
        _l("Password again"), validators=[EqualTo("password", _l("The two passwords differ."))]
    )
    treats = BooleanField(_l("I also treat patients"))
    pin = PasswordField(_l("Signing PIN"))
    pin_again = PasswordField(_l("PIN again"))

    def validate_password(self, field: PasswordField) -> None:
        """Neither common nor built on a name."""
        require_strong(
            field, self.clinic_name.data or "", self.name.data or "", self.username.data or ""
        )

    def validate_pin(self, field: PasswordField) -> None:
        """Only who treats has a PIN."""
        if self.treats.data:
            obeys(authority.refuse_trivial_pin)(self, field)

    def validate_pin_again(self, field: PasswordField) -> None:
        """Typed twice, because nothing brings it back."""
        if self.treats.data and field.data != self.pin.data:
            raise ValidationError(_("The two PINs differ."))


class LoginForm(StrictForm):
    """User name and password. `next` is where the person was going."""

    username = StringField(
        _l("User name"), validators=[DataRequired(_l("Enter your user name.")), Length(max=200)]
    )
    password = PasswordField(
        _l("Password"), validators=[DataRequired(_l("Enter your password.")), Length(max=200)]
    )
    next = HiddenField()


class UnlockForm(StrictForm):
    """Who comes back, and their PIN. `next` is the page that the lock screen stands in for."""

    person = StringField()
    pin = PasswordField(_l("PIN"), validators=[obeys(authority.refuse_other_than_digits)])
    next = HiddenField()

    @property
    def person_id(self) -> UUID | None:
        """Who it is, as far as that is anybody's id."""
        return uuid_or_none(self.person.data or "")


class LockForm(StrictForm):
    """Where the person was, and whether a hand locked the tablet or the clock."""

    address = HiddenField()
    why = HiddenField()


class PinForm(StrictForm):
    """A new PIN; the password says who asks."""

    current_password = PasswordField(
        _l("Your password"), validators=[DataRequired(_l("Enter your password."))]
    )
    pin = PasswordField(_l("New PIN"), validators=[obeys(authority.refuse_trivial_pin)])
    pin_again = PasswordField(
        _l("New PIN again"), validators=[EqualTo("pin", _l("The two PINs differ."))]
    )


class PasswordForm(StrictForm):
    """A new password in the place of the one that is known."""

    old_password = PasswordField(
        _l("Password now"), validators=[DataRequired(_l("Enter your password."))]
    )
    password = PasswordField(
        _l("New password"), validators=[DataRequired(_l("Choose a password."))]
    )
    password_again = PasswordField(
        _l("New password again"), validators=[EqualTo("password", _l("The two passwords differ."))]
    )

    def __init__(self, *, names: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = names

    def validate_password(self, field: PasswordField) -> None:
        """Neither common, nor built on a name, nor the one before."""
        if field.data == self.old_password.data:
            raise ValidationError(_("This is the password you have. Choose another."))
        require_strong(field, *self.names)


class LanguageForm(StrictForm):
    """The language of the screens; notes are English."""

    language = RadioField(_l("Language"), choices=options(LANGUAGE_NAMES), validate_choice=False)

    def validate_language(self, field: RadioField) -> None:
        """Two languages are spoken."""
        if field.data not in dict(LANGUAGE_NAMES):
            raise ValidationError(_("Choose English or Español."))
