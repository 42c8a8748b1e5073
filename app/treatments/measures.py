"""How the patient is by the scales, and with what guidance toxin was given: asked, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import Field, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.clinical import scales
from app.clinical.anatomy import Side
from app.clinical.case import Outcome
from app.clinical.catalogue import Catalogue
from app.clinical.catalogue.entries import Scale
from app.clinical.dosing import plain
from app.errors import say
from app.forms import Line, StrictForm, options, refuse_at, within
from app.models import Treatment

NOTE_LENGTH = 300
SIDES = {Side.RIGHT: _l("right"), Side.LEFT: _l("left"), Side.MIDLINE: _l("midline")}
MINUTES = "minutes"


class Asked(NamedTuple):
    """One reading that the page asks for: the field's name, the scale, and where it is taken."""

    field: str
    scale: Scale
    label: str
    muscle: str | None = None
    side: Side | None = None

    @property
    def is_chosen(self) -> bool:
        """Whether one of a few levels is chosen, rather than a number typed."""
        return bool(self.scale.levels) and not self.scale.items


def asked(treatment: Treatment, known: Catalogue, language: str) -> list[Asked]:
    """The usual scales of what is treated; tone is asked of every limb muscle on the chart."""
    chart = treatment.chart()
    found: list[Asked] = []
    for scale in scales.usual_scales(chart.indications, known):
        if scale.least is not None:
            found.append(Asked(scale.id, scale, scale.label_in(language)))
            continue
        places = dict.fromkeys(
            (site.muscle, site.side)
            for site in chart.sites
            if site.indication in scale.indications and site.muscle and site.side
        )
        for muscle, side in places:
            name = f"{known.muscles[muscle].label_in(language)}, {SIDES[side]}"
            label = f"{scale.label_in(language)}: {name}"
            found.append(Asked(f"{scale.id}-{muscle}-{side}", scale, label, muscle, side))
    return found


class MeasuresForm(StrictForm):
    """A field for each reading that is asked for, and the guidance. Empty means not taken."""

    revision = IntegerField(validators=[InputRequired(_l("Reload the page, then save."))])
    guidance = SelectMultipleField(
        _l("Guidance used"),
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    guidance_note = Line(
        _l("Why it was used, and what it showed"), validators=[within(NOTE_LENGTH)]
    )


def measures_form(
    treatment: Treatment, known: Catalogue, language: str, *, sent: bool
) -> MeasuresForm:
    """The form of a session, holding what is stored or, when `sent`, what was typed."""
    fields: dict[str, Any] = {}
    for each in asked(treatment, known, language):
        if each.is_chosen:
            levels = [
                (level.low, f"{level.low}: {level.label_in(language)}")
                for level in each.scale.levels
            ]
            fields[each.field] = SelectField(
                each.label, choices=options([("", _("Not taken")), *levels]), validate_choice=False
            )
        else:
            fields[each.field] = Line(each.label, validators=[within(12)])
        if each.scale.id == scales.TIMED:
            fields[MINUTES] = Line(_("Collected in, minutes"), validators=[within(6)])
    form_class = type("MeasuresOfSession", (MeasuresForm,), fields)
    kept = {_field_of(reading): reading["value"] for reading in treatment.outcomes}
    minutes = next((r["minutes"] for r in treatment.outcomes if r.get("minutes")), "")
    values = {
        **kept,
        MINUTES: minutes,
        "guidance": treatment.all_guidance,
        "guidance_note": treatment.guidance_note,
        "revision": treatment.revision,
    }
    form: MeasuresForm = form_class(data=values) if sent else form_class(formdata=None, data=values)
    form.guidance.choices = options(
        (each.group, each.label_in(language)) for each in known.guidances.values()
    )
    return form


def readings(
    form: MeasuresForm, treatment: Treatment, known: Catalogue, language: str
) -> list[dict[str, Any]]:
    """The readings of a form, each tried by its scale; a fault stands at its field."""
    found: list[dict[str, Any]] = []
    for each in asked(treatment, known, language):
        field = form[each.field]
        value = (field.data or "").strip().replace(",", ".")
        if not value:
            continue
        minutes = _minutes(form) if each.scale.id == scales.TIMED else None
        outcome = Outcome(
            each.scale.id,
            value,
            minutes=minutes,
            date=treatment.date,
            muscle=each.muscle,
            side=each.side,
        )
        try:
            scales.score(outcome, known)
        except scales.NotAReading as refusal:
            refuse_at(field, say(refusal))
            continue
        reading = {
            "scale": each.scale.id,
            "value": value,
            "date": treatment.date.isoformat(),
            "minutes": None if minutes is None else plain(minutes),
            "muscle": each.muscle,
            "side": None if each.side is None else each.side.value,
        }
        found.append({key: kept for key, kept in reading.items() if kept is not None})
    if set(form.guidance.data or ()) - {choice.value for choice in form.guidance.choices}:
        refuse_at(form.guidance, _("Choose from the list."))
    for group, sites in treatment.guidance_of_sites.items():
        if group not in (form.guidance.data or ()):
            sentence = ngettext(
                "The chart says “%(guidance)s” at %(num)d given site. Change it there, or leave it "
                "ticked here.",
                "The chart says “%(guidance)s” at %(num)d given sites. Change it there, or leave "
                "it ticked here.",
                sites,
                guidance=known.guidances[group].label_in(language),
            )
            refuse_at(form.guidance, sentence)
    return found


def told(outcomes: list[dict[str, Any]], known: Catalogue) -> Iterator[dict[str, str]]:
    """Readings in words for the note, sums included, in the catalogue's order."""
    read = [
        scales.score(
            Outcome(
                reading["scale"],
                reading["value"],
                minutes=Decimal(reading["minutes"]) if reading.get("minutes") else None,
                muscle=reading.get("muscle"),
                side=Side(reading["side"]) if reading.get("side") else None,
            ),
            known,
        )
        for reading in outcomes
    ]
    for reading, score in zip(outcomes, read, strict=True):
        scale = known.scales[score.scale]
        where = [] if not score.muscle else [known.muscles[score.muscle].label, str(score.side)]
        value = f"{reading['value']} {scale.unit}".strip()
        if reading.get("minutes"):
            value += f" in {reading['minutes']} min"
        if score.level is not None:
            value += f", {score.level.label}"
        yield {"scale": scale.id, "label": ", ".join([scale.label, *where]), "value": value}


def _field_of(reading: dict[str, Any]) -> str:
    if reading.get("muscle") is None:
        return str(reading["scale"])
    return f"{reading['scale']}-{reading['muscle']}-{reading['side']}"


def _minutes(form: MeasuresForm) -> Decimal | None:
    field: Field = form[MINUTES]
    typed = (field.data or "").strip().replace(",", ".")
    if not typed:
        return None
    whole, _point, rest = typed.partition(".")
    if not (whole + rest).isdecimal() or not Decimal(typed):
        refuse_at(field, _("Enter the minutes as a number above 0."))
        return None
    return Decimal(typed)
