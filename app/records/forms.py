"""Forms of the records desk."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, SelectField, SelectMultipleField, ValidationError
from wtforms.validators import DataRequired, Length, Optional

from app.forms import Line, StrictForm, within

TO_PRINT = "to_print"
# As many as one list shows.
MOST_PRINTED = 100


class NotesForm(StrictForm):
    """Which signed notes to list. Everything may be left open."""

    patient = Line(_l("Patient"), validators=[within(200)])
    first = DateField(_l("From"), validators=[Optional()])
    last = DateField(_l("To"), validators=[Optional()])
    provider = SelectField(_l("Provider"), validate_choice=False)
    # Which list is open, and which one was just asked for.
    show = HiddenField()
    tab = HiddenField()

    @property
    def is_to_print(self) -> bool:
        """Whether the list of what is to be printed is asked for, else that of everything."""
        return (self.tab.data or self.show.data) == TO_PRINT

    def validate_last(self, field: DateField) -> None:
        """The range runs forward."""
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(_("This day is before the first one."))


class BatchForm(StrictForm):
    """Which notes are printed, in list order, and why; the reason stands in each copy's margin."""

    note = SelectMultipleField(validate_choice=False)
    reason = Line(
        _l("Why is it printed"),
        validators=[
            DataRequired(_l("Say why it is printed; the copy carries the reason.")),
            Length(max=60, message=_l("Keep the reason within 60 characters.")),
        ],
    )

    def validate_note(self, field: SelectMultipleField) -> None:
        """At least one, and no more than one list shows."""
        count = len(field.data or ())
        if not count:
            raise ValidationError(_("Nothing is ticked. Tick the notes to print, then print them."))
        if count > MOST_PRINTED:
            raise ValidationError(
                _(
                    "At most %(most)d notes are printed as one file, and %(count)d are ticked."
                    " Nothing was printed. Print them in two parts.",
                    most=MOST_PRINTED,
                    count=count,
                )
            )

    def first_error(self) -> str:
        """What is to be put right first."""
        return str([*self.note.errors, *self.reason.errors][0])


class DayForm(StrictForm):
    """Of which day the print log is shown; asked by address, for a day names nobody."""

    day = DateField(_l("Day"), validators=[Optional()])


class FileForm(StrictForm):
    """One PDF to check."""

    pdf = FileField(_l("PDF"), validators=[FileRequired(_l("Choose the PDF to check."))])
