"""Forms of the records desk."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, SelectField, ValidationError
from wtforms.validators import Optional

from app.forms import Line, StrictForm, within


class NotesForm(StrictForm):
    """Which signed notes to list. Everything may be left open."""

    patient = Line(_l("Patient"), validators=[within(200)])
    first = DateField(_l("From"), validators=[Optional()])
    last = DateField(_l("To"), validators=[Optional()])
    provider = SelectField(_l("Provider"), validate_choice=False)

    def validate_last(self, field: DateField) -> None:
        """The range runs forward."""
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(_("This day is before the first one."))


class FileForm(StrictForm):
    """One PDF to check."""

    pdf = FileField(_l("PDF"), validators=[FileRequired(_l("Choose the PDF to check."))])
