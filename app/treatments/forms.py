"""Forms of a session: shape only; what makes sense is the rules' to say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TimeField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from app.clinical.case import UNABLE
from app.clinical.catalogue import catalogue
from app.errors import say
from app.forms import Line, Lines, StrictForm, is_npi, one_line, options, within
from app.models import Person
from app.models.addendum import (
    ATTESTATION,
    CLARIFICATION,
    CORRECTION,
    COSIGNATURE,
    LATE_ENTRY,
    WRONG_PATIENT,
)
from app.notes import strokes
from app.notes.downtime import REGIONS
from app.treatments.describing_addenda import Written

REASON_LENGTH = 200
# As many as the page of the day lists.
MOST_SHEETS = 100
# The kind of event that words alone tell.
OTHER_EVENT = "other"


class StartForm(StrictForm):
    """A new session: an empty chart, or one that `repeat`s the last session as planned."""

    repeat = BooleanField()


class AdverseEventForm(StrictForm):
    """What came after which session, and the sites of it that it is linked to."""

    session = HiddenField()
    kind = SelectField(validate_choice=False)
    words = Line(validators=[within(REASON_LENGTH)])
    sites = SelectMultipleField(validate_choice=False)

    def validate_kind(self, field: SelectField) -> None:
        """One of the catalogue's; another one is said in words."""
        if field.data not in catalogue().adverse_events:
            raise ValidationError(_("Choose what it was."))
        if field.data == OTHER_EVENT and not self.words.data:
            raise ValidationError(_("Say in words what it was."))


class OwnProtocolForm(StrictForm):
    """What a pattern of the clinic's own is called."""

    title = Line(validators=[DataRequired(_l("Give the protocol a name.")), within(60)])


class DrawnForm(StrictForm):
    """A drawn signature, or none."""

    drawn = HiddenField()

    def validate_drawn(self, field: HiddenField) -> None:
        """Strokes, not too many of them."""
        try:
            strokes.parsed(field.data or "")
        except strokes.NotDrawn as refusal:
            raise ValidationError(say(refusal)) from None

    @property
    def drawing(self) -> strokes.Strokes | None:
        """The strokes; None where nothing is drawn."""
        return strokes.parsed(self.drawn.data or "")


class SignatureForm(DrawnForm):
    """The PIN, the revision that was reviewed, a drawing, and what is said of the findings.

    A reason has the name of its rule: `reason-INT-01`. `read` names the warnings that were read.
    `prescriber` is whoever overrides where the signer is no prescriber.
    """

    revision = IntegerField(validators=[InputRequired(_l("Reload the page, then sign."))])
    read = HiddenField()
    prescriber = SelectField(_l("Prescriber"), validate_choice=False)
    prescriber_pin = PasswordField(_l("The prescriber’s PIN"), validators=[within(64)])
    pin = PasswordField(
        _l("PIN"),
        validators=[
            DataRequired(_l("Enter your PIN.")),
            Length(max=64, message=_l("That is not your PIN.")),
        ],
    )

    def reason(self, rule: str) -> Line:
        """The field of the reason for going on although this rule found something."""
        return self[f"reason-{rule}"]

    @property
    def reasons(self) -> dict[str, str]:
        """The reasons given, by the id of the rule."""
        fields = ((rule, self.reason(rule)) for rule in catalogue().rules)
        return {rule: field.data for rule, field in fields if field.data}

    def first_error(self) -> str:
        """What is to be put right first."""
        if self.revision.errors:
            return _("Reload the page, then sign.")
        return next((str(errors[0]) for errors in self.errors.values()), "")


@cache
def signature_form() -> type[SignatureForm]:
    """The form with a field for the reason of every rule. Made once, at the first review."""
    reasons = {
        f"reason-{rule}": Line(
            _l("Reason, printed in the note"), validators=[within(REASON_LENGTH)]
        )
        for rule in catalogue().rules
    }
    return type("SignatureForm", (SignatureForm,), reasons)


class DiscardForm(StrictForm):
    """Why a draft is given up."""

    reason = Line(
        _l("Reason"),
        validators=[
            DataRequired(_l("Say why this draft is discarded.")),
            Length(max=200, message=_l("Keep the reason within 200 characters.")),
        ],
    )


class TouchUpForm(StrictForm):
    """The day of the session that this one completes; empty where it completes none after all."""

    day = DateField(validators=[Optional()])


class IncompleteForm(StrictForm):
    """Why a session ends before everything planned is given, or that it does not after all."""

    reason = Line(_l("Reason"), validators=[within(REASON_LENGTH)])
    withdraw = BooleanField()

    def validate_reason(self, field: Line) -> None:
        """Taking a reason back needs none."""
        if not field.data and not self.withdraw.data:
            raise ValidationError(_("Say why it was not given; the note prints the reason first."))

    @property
    def said(self) -> str | None:
        """The reason, or None when it is taken back."""
        return None if self.withdraw.data else self.reason.data


class AnswerForm(StrictForm):
    """What was said to one question. An empty value takes it back; `page` is where it was asked."""

    question = HiddenField(validators=[InputRequired(_l("Reload the page, then answer."))])
    value = HiddenField()
    reason = Line(_l("Reason"), validators=[within(REASON_LENGTH)])
    page = HiddenField()

    @property
    def lacks_reason(self) -> bool:
        """It could not be asked, and nobody has said why yet."""
        return self.value.data == UNABLE and not self.reason.data


class AskedAgainForm(StrictForm):
    """Which questions stood in the list that was asked again as a whole."""

    questions = HiddenField(validators=[InputRequired(_l("Reload the page, then answer."))])


class MoveForm(StrictForm):
    """Why a draft belongs to another patient, and whose it was on the page that asked."""

    expected = HiddenField(validators=[InputRequired(_l("Reload the page, then move it."))])
    common = RadioField(_l("Why is it moved"), validate_choice=False)
    reason = Line(_l("Another reason"), validators=[within(REASON_LENGTH)])

    def validate_reason(self, field: Line) -> None:
        """One of the common reasons, or another in words."""
        if not self.said:
            raise ValidationError(
                _("Say why this session is moved; both patients keep the reason.")
            )

    @property
    def said(self) -> str:
        """The reason in words, else the common one that was chosen."""
        return self.reason.data or one_line(self.common.data)[:REASON_LENGTH]


class DiagnosisForm(StrictForm):
    """One diagnosis code, of those of the session's indications."""

    code = SelectField(validators=[DataRequired(_l("Choose the diagnosis."))])


class PerformerForm(StrictForm):
    """Who gave the treatment."""

    performer = SelectField(_l("Given by"), validators=[DataRequired(_l("Choose who gave it."))])


class OrdererForm(StrictForm):
    """Who ordered the treatment, where that is not who gave it."""

    name = Line(_l("Ordered by"), validators=[within(120)])
    npi = Line(_l("NPI"), validators=[within(40)])

    def validate_npi(self, field: Line) -> None:
        """A number with its check digit, of somebody who is named."""
        if field.data and not is_npi(field.data):
            raise ValidationError(_("An NPI has ten digits. Check each of them."))
        if field.data and not self.name.data:
            raise ValidationError(_("Say whose NPI this is."))


class SupervisorForm(StrictForm):
    """Who supervises whoever gave the treatment; empty where nobody does."""

    supervisor = SelectField(_l("Supervised by"))

    def offer(self, people: Mapping[str, Person]) -> None:
        """Take one of these people, by their ids, or nobody."""
        self.supervisor.choices = [SelectChoice("", _("Nobody"))] + [
            SelectChoice(key, person.signed_name) for key, person in people.items()
        ]


class _LaterForm(DrawnForm):
    """What every document that follows a note needs: how many were read, a drawing, and the PIN."""

    addenda = IntegerField(validators=[InputRequired(_l("Reload the page, then sign."))])
    pin = PasswordField(
        _l("PIN"),
        validators=[
            DataRequired(_l("Enter your PIN.")),
            Length(max=64, message=_l("That is not your PIN.")),
        ],
    )

    def first_error(self) -> str | None:
        """What is to be put right first."""
        return next((str(errors[0]) for errors in self.errors.values() if errors), None)

    def _written(self, kind: str, **more: str) -> Written:
        return Written(
            kind=kind,
            addenda=int(self.addenda.data or 0),
            text=str(self.text.data or ""),
            drawn=self.drawing,
            **more,
        )


class AddendumForm(_LaterForm):
    """An addendum: of which kind, why, what it says in words, and `sites` as the map corrects them.

    `sites` is a JSON list; what may stand in it the chart's own reader says.
    """

    kind = RadioField(
        _l("Kind"),
        choices=options(
            (
                (CORRECTION, _l("Correction")),
                (LATE_ENTRY, _l("Late entry")),
                (CLARIFICATION, _l("Clarification")),
                (ATTESTATION, _l("Attestation")),
                (WRONG_PATIENT, _l("Wrong patient")),
            )
        ),
        validators=[InputRequired(_l("Choose what kind of addendum it is."))],
    )
    reason = Lines(
        _l("Reason, printed"),
        validators=[
            DataRequired(_l("Say why it is written; the addendum prints the reason.")),
            within(600),
        ],
    )
    text = Lines(_l("In words, printed"), validators=[within(4000)])
    sites = HiddenField(validators=[within(20_000)])

    def offer(self, kinds: Collection[str]) -> None:
        """Take one of these kinds."""
        self.kind.choices = [each for each in self.kind.choices if each.value in kinds]

    @property
    def written(self) -> Written:
        """What is to be signed."""
        return self._written(
            str(self.kind.data),
            reason=str(self.reason.data or ""),
            sites=str(self.sites.data or ""),
        )


class CosignatureForm(_LaterForm):
    """The supervisor's signature, with a remark where there is one."""

    text = Lines(_l("Remark, printed"), validators=[within(2000)])

    @property
    def written(self) -> Written:
        """What is to be signed."""
        return self._written(COSIGNATURE)


class CopyForm(StrictForm):
    """Why a copy is printed; it stands in the copy's margin."""

    reason = Line(
        _l("Why is it printed"),
        validators=[
            DataRequired(_l("Say why it is printed; the copy carries the reason.")),
            Length(max=60, message=_l("Keep the reason within 60 characters.")),
        ],
    )


class ReferralForm(StrictForm):
    """For whom a copy is printed; the name stands in its margin and heads the letter."""

    name = Line(
        _l("Referrer"),
        validators=[
            DataRequired(_l("Say who gets it; the copy and the print log name them.")),
            within(60),
        ],
    )


class DowntimeForm(StrictForm):
    """Which part of the body a downtime sheet shows."""

    region = SelectField(validate_choice=False)

    def validate_region(self, field: SelectField) -> None:
        """One that there are drawings of."""
        if field.data not in REGIONS:
            raise ValidationError(_("Choose what the sheet shows."))


class DowntimeBatchForm(StrictForm):
    """For which patients sheets are printed as one file, and what each shows."""

    patient = SelectMultipleField(validate_choice=False)
    region = SelectField(_l("The sheets show"))

    def validate_patient(self, field: SelectMultipleField) -> None:
        """At least one, and no more than one page lists."""
        if not field.data:
            raise ValidationError(_("Nobody is ticked. Tick the patients, then print."))
        if len(field.data) > MOST_SHEETS:
            raise ValidationError(
                _("At most %(most)d sheets are printed as one file.", most=MOST_SHEETS)
            )


class FromPaperForm(StrictForm):
    """What a downtime sheet says of itself: when it was given, who gave it, its number."""

    day = DateField(
        _l("Given on"), validators=[InputRequired(_l("Enter the day as the sheet has it."))]
    )
    at = TimeField(
        _l("Given at"), validators=[InputRequired(_l("Enter the time as the sheet has it."))]
    )
    performer = SelectField(_l("Given by"), validators=[DataRequired(_l("Choose who gave it."))])
    sheet = Line(_l("Number of the sheet"), validators=[within(40)])
