"""Forms of a session: shape only; what makes sense is the rules' to say."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, PasswordField, SelectField
from wtforms.validators import DataRequired, InputRequired, Length

from app.forms import Line, StrictForm


class SignatureForm(StrictForm):
    """The PIN, and the revision that was reviewed."""

    revision = IntegerField(validators=[InputRequired(_l("Reload the page, then sign."))])
    pin = PasswordField(
        _l("PIN"),
        validators=[
            DataRequired(_l("Enter your PIN.")),
            Length(max=64, message=_l("That is not your PIN.")),
        ],
    )

    def first_error(self) -> str:
        """What is to be put right first."""
        if self.revision.errors:
            return _("Reload the page, then sign.")
        return str(self.pin.errors[0]) if self.pin.errors else ""


class DiscardForm(StrictForm):
    """Why a draft is given up."""

    reason = Line(
        _l("Reason"),
        validators=[
            DataRequired(_l("Say why this draft is discarded.")),
            Length(max=200, message=_l("Keep the reason within 200 characters.")),
        ],
    )


class PerformerForm(StrictForm):
    """Who gave the treatment."""

    performer = SelectField(_l("Given by"), validators=[DataRequired(_l("Choose who gave it."))])


class CopyForm(StrictForm):
    """Why a copy is printed; it stands in the copy's margin."""

    reason = Line(
        _l("Why is it printed"),
        validators=[
            DataRequired(_l("Say why it is printed; the copy carries the reason.")),
            Length(max=60, message=_l("Keep the reason within 60 characters.")),
        ],
    )
