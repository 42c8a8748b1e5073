"""Forms of the stock."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from app.clinical.catalogue import catalogue
from app.clinical.chart import LONGEST_LOT
from app.clinical.ndc import ndc11
from app.forms import Line, StrictForm, obeys, options, within

# One delivery; more is a typing error.
MOST_RECEIVED = 500


def vial_choices() -> list[tuple[str, str]]:
    """Every vial that may be given, as product and size."""
    return [
        (f"{product.id}|{size.units:f}", f"{product.id} {size.units:f} U")
        for product in catalogue().products.values()
        if product.therapeutic
        for size in product.sizes
    ]


class LotForm(StrictForm):
    """Which lot to look up."""

    lot = Line(
        _l("Lot"),
        id="traced-lot",
        validators=[DataRequired(_l("Enter a lot.")), within(LONGEST_LOT)],
    )


class ScanForm(StrictForm):
    """A code as a scanner typed it."""

    code = StringField(_l("Scan"), validators=[DataRequired(_l("Scan a code first."))])


class CodeForm(ScanForm):
    """A code read for a chart: of which patient, and whether its separators are all there."""

    patient = StringField()
    kept = BooleanField()


class ReceiveForm(StrictForm):
    """Vials that came in."""

    vial = SelectField(_l("Product and size"), validate_choice=False)
    lot = Line(_l("Lot"), validators=[DataRequired(_l("Enter the lot.")), within(LONGEST_LOT)])
    expires = DateField(
        _l("Expiry"), validators=[InputRequired(_l("Enter the last day on which it may be used."))]
    )
    count = IntegerField(
        _l("Vials"),
        default=1,
        validators=[
            InputRequired(_l("Enter how many vials came.")),
            NumberRange(1, MOST_RECEIVED, _l("Enter a number from %(min)s to %(max)s.")),
        ],
    )
    serial = Line(_l("Serial number"), validators=[within(LONGEST_LOT)])
    ndc = Line(_l("NDC"), validators=[Optional(), obeys(ndc11)])
    patient = Line(_l("For one patient: record number"), validators=[within(40)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.vial.choices = options([("", _("choose")), *vial_choices()])

    def validate_vial(self, field: SelectField) -> None:
        """A size that is made."""
        if field.data not in dict(vial_choices()):
            raise ValidationError(_("Choose product and size."))

    def validate_count(self, field: IntegerField) -> None:
        """A serial number names one vial."""
        if self.serial.data and field.data not in (None, 1):
            raise ValidationError(
                _("A serial number names one vial. Enter 1, or leave the serial number out.")
            )


class QuarantineForm(StrictForm):
    """Which lot nobody is to use, and why."""

    product = HiddenField()
    lot = HiddenField()
    reason = Line(
        _l("Reason"),
        validators=[
            DataRequired(_l("Say why it is quarantined: it shows wherever the lot is offered.")),
            within(200),
        ],
        id="quarantine-reason",
    )


class TakeOutForm(StrictForm):
    """Vials that went without a treatment."""

    count = IntegerField(
        _l("Vials"),
        default=1,
        id="out-count",
        validators=[
            InputRequired(_l("Enter how many vials went.")),
            NumberRange(1, MOST_RECEIVED, _l("Enter a number from %(min)s to %(max)s.")),
        ],
    )
    reason = Line(
        _l("Reason"),
        id="out-reason",
        validators=[DataRequired(_l("Say where they went.")), within(200)],
    )
