"""The catalogue as a clinician reads it: each row, its source, who verified it, what is own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from app import access, clock, own_catalogue
from app.access import require
from app.admin import bp
from app.admin.forms import OwnDilutionForm, OwnValueForm, VerificationForm, WithdrawalForm
from app.clinical.catalogue import catalogue
from app.clinical.catalogue.own import (
    OWN_COLUMNS,
    OwnValue,
    key_of,
    row_digest,
    table_rows,
    tables,
    with_clinic,
)
from app.clinical.chart import instant_text
from app.clinical.dosing import concentration, fixed, plain
from app.extensions import begin_write, db
from app.forms import refuse_at
from app.models import CatalogueVerification, ClinicCatalogueRow
from app.models.catalogue import ADDED, AFTER_CARE, MAP, PROTOCOL, VALUE, latest
from app.notes import to_verify
from app.web import log, the_clinic

Answer = Response | str | tuple[str, int]

OWN, TO_VERIFY = "own", "verify"
# So many rows stand on one page; the search narrows it.
MOST_SHOWN = 150

TABS = {
    "doses": _l("Limits and doses"),
    "intervals": _l("Intervals"),
    "dilutions": _l("Dilutions and times"),
    "protocols": _l("Protocols"),
    "anatomy": _l("Muscles and sites"),
    "codes": _l("Codes"),
    "rules": _l("Rules"),
    "other": _l("Other"),
}
TAB_OF = {
    **dict.fromkeys(
        ("dose_limits", "dose_ranges", "range_sums", "brush", "limits", "child_weights"), "doses"
    ),
    **dict.fromkeys(("intervals", "payer_intervals", "payers"), "intervals"),
    **dict.fromkeys(
        ("dilutions", "usual_dilutions", "diluents", "storage", "vials", "products"), "dilutions"
    ),
    **dict.fromkeys(("protocols", "technique", "needles", "indications", "labelling"), "protocols"),
    **dict.fromkeys(
        ("muscles", "muscle_names", "region_muscles", "maps", "protocol_sites"), "anatomy"
    ),
    **dict.fromkeys(
        ("codes", "code_sides", "code_notes", "excludes", "procedures", "billed_as"), "codes"
    ),
    **dict.fromkeys(
        (
            "rules",
            "questions",
            "adverse_events",
            "aftercare",
            "checklist",
            "scales",
            "scale_levels",
        ),
        "rules",
    ),
}
# Which cells name a row for people, and which say the thing; of other tables the key and the rest.
NAMED: Mapping[str, tuple[str, ...]] = {
    "adverse_events": ("label",),
    "aftercare": ("text",),
    "codes": ("code", "description"),
    "diluents": ("label",),
    "dose_limits": ("product", "what"),
    "indications": ("label",),
    "limits": ("meaning",),
    "maps": ("title",),
    "muscles": ("label",),
    "needles": ("label",),
    "payers": ("label",),
    "procedures": ("code", "label"),
    "protocols": ("title",),
    "scales": ("label",),
    "questions": ("text",),
    "rules": ("text",),
}
FORMED: Mapping[str, str] = {
    "brush": "{product} {indication}",
    "dilutions": "{product} {vial_units} U + {diluent_ml} mL",
    "muscle_names": "{muscle}: {name}",
    "protocol_sites": "{protocol} · {id}",
    "usual_dilutions": "{indication}: {product} {vial_units} U + {diluent_ml} mL",
    "vials": "{product} {units} U",
}
SAYS: Mapping[str, tuple[str, ...]] = {
    "aftercare": ("part",),
    "codes": ("indication",),
    "diluents": ("on_label",),
    "indications": ("usual_product", "default_protocol", "depth"),
    "muscles": ("latin", "cpt_group", "default_depth"),
    "muscle_names": ("language",),
    "region_muscles": ("muscles", "warn"),
    "usual_dilutions": ("indication",),
    "brush": ("units", "steps"),
    "dilutions": ("units_per_0_1_ml",),
    "dose_limits": ("units", "units_per_kg", "volume_ml", "scope", "days"),
    "dose_ranges": ("units_low", "units_high", "units_per_kg_low", "units_per_kg_high", "scope"),
    "child_weights": ("kg_low", "kg_high"),
    "intervals": ("days", "severity"),
    "labelling": ("status", "from_age", "note"),
    "limits": ("value", "unit"),
    "products": ("generic", "maker", "hcpcs", "hcpcs_units"),
    "protocol_sites": ("units", "units_low", "units_high", "muscle", "side"),
    "protocols": ("units_total", "units_low", "units_high", "units_per_kg_low", "product"),
    "rules": ("severity",),
    "storage": ("unopened", "after_mixing"),
    "technique": ("text",),
    "vials": ("units", "ndc"),
}
# What a number of these columns counts.
COUNTED_IN = {
    **dict.fromkeys(("units", "units_low", "units_high", "units_total", "steps"), "U"),
    **dict.fromkeys(("units_per_kg", "units_per_kg_low", "units_per_kg_high"), "U/kg"),
    **dict.fromkeys(("kg_low", "kg_high"), "kg"),
    "units_per_0_1_ml": _l("U in 0.1 mL"),
    "volume_ml": "mL",
    "days": _l("days"),
    "from_age": _l("years and older"),
}
PROVENANCE = ("source", "grade", "verify")
GRADES = {
    "A": _l("Government, maker or primary paper"),
    "B": _l("Compendium"),
    "C": _l("Mirror or commercial page"),
    "calc": _l("Arithmetic"),
    "design": _l("Decision of this software"),
    "recall": _l("From memory"),
    "unknown": _l("Unknown"),
}


@dataclass(frozen=True)
class Line:
    """A row of the catalogue with what this clinic says about it."""

    table: str
    key: str
    row: Mapping[str, str]
    said: CatalogueVerification | None
    own: ClinicCatalogueRow | None

    @property
    def name(self) -> str:
        """What the row is about."""
        if self.table in FORMED:
            return FORMED[self.table].format_map(self.row)
        return self._said(NAMED.get(self.table, ())) or self.key

    def _said(self, columns: Iterable[str]) -> str:
        """These cells, in the reader's language where the table has it."""
        spanish = str(get_locale()) == "es"
        cells = {
            name: _either(self.row.get(f"{name}_es" if spanish else name), self.row.get(name, ""))
            for name in columns
        }
        return " · ".join(
            f"{cell} {COUNTED_IN[name]}" if name in COUNTED_IN else cell
            for name, cell in cells.items()
            if cell
        )

    @property
    def says(self) -> str:
        """The row's own words and numbers."""
        rest = [column for column in self.row if column not in PROVENANCE]
        columns = SAYS.get(self.table) or [c for c in rest if not c.endswith("_es")][1:5]
        return self._said(columns)

    @property
    def sources(self) -> list[str]:
        """The titles of where it comes from."""
        known = catalogue().sources
        return [known[tag].title for tag in self.row["source"].split() if tag in known]

    @property
    def grade(self) -> str:
        """What stands behind it, in words."""
        return str(GRADES.get(self.row["grade"], self.row["grade"]))

    @property
    def is_as_verified(self) -> bool:
        """Whether the row is still what somebody held against a label."""
        return self.said is not None and self.said.row_sha256 == row_digest(self.row)

    @property
    def is_verified(self) -> bool:
        """Whether somebody held it, as it is, against a label, and it says the same."""
        return self.is_as_verified and self.said is not None and self.said.agrees

    @property
    def is_to_verify(self) -> bool:
        """Whether it asks for a look at the label."""
        if self.said is not None and not self.is_verified:
            return True
        return self.row["verify"] == "yes" and not self.is_verified

    @property
    def own_columns(self) -> list[str]:
        """The cells of which the clinic may have its own value."""
        return [column for column in OWN_COLUMNS.get(self.table, {}) if self.row.get(column)]


def _either(first: str | None, second: str) -> str:
    return first or second


def lines() -> Iterator[Line]:
    """Every row of every table."""
    said = own_catalogue.verifications()
    own = {row.key: row for row in latest(_own_rows()) if row.kind == VALUE}
    for table in tables():
        for row in table_rows(table):
            key = key_of(table, row)
            yield Line(table, key, row, said.get((table, key)), own.get(f"{table}/{key}"))


def _own_rows() -> list[ClinicCatalogueRow]:
    query = select(ClinicCatalogueRow).where(ClinicCatalogueRow.kind != AFTER_CARE)
    return list(db.session.scalars(query.order_by(*own_catalogue.IN_ORDER)))


def _line(table: str, key: str) -> Line:
    return next((each for each in lines() if (each.table, each.key) == (table, key)), None) or (
        abort(404)
    )


def _matches(line: Line, words: list[str]) -> bool:
    text = " ".join((line.table, line.key, *line.row.values())).lower()
    return all(word in text for word in words)


def _asked_for() -> tuple[str, str]:
    """What is searched for, and else which tab is open."""
    return request.args.get("q", "")[:80].strip(), request.args.get("tab", "doses")


def _found(everything: list[Line], typed: str, tab: str) -> list[Line]:
    """The rows that fit what is typed; while nothing is, those of the tab."""
    if typed:
        return [line for line in everything if _matches(line, typed.lower().split())]
    if tab == TO_VERIFY:
        return [line for line in everything if line.is_to_verify]
    found = [line for line in everything if TAB_OF.get(line.table, "other") == tab]
    order = list(TAB_OF)
    found.sort(key=lambda line: order.index(line.table) if line.table in TAB_OF else len(order))
    return found


@bp.get("/catalogue")
def catalogue_list() -> Answer:
    """The rows of one tab, or what a search finds in all of them."""
    require(access.refusal_to_administer(current_user))
    typed, tab = _asked_for()
    everything = list(lines())
    to_verify = [line for line in everything if line.is_to_verify]
    found = _found(everything, typed, tab)
    if request.args.get("first") == TO_VERIFY:
        found.sort(key=lambda line: not line.is_to_verify)
    own = latest(_own_rows())
    tabs = {name: label for name, label in TABS.items() if name != "other" or _others(everything)}
    return render_template(
        "admin/catalogue.html",
        found=found[:MOST_SHOWN],
        count=len(found),
        all=len(everything),
        to_verify=len(to_verify),
        to_print=sum(line.is_to_verify for line in found),
        tabs=tabs,
        tab="" if typed else tab,
        q=typed,
        own=own,
        published={row.id: _published_of(row, everything) for row in own},
        dilution=OwnDilutionForm(formdata=None),
        kinds=KINDS,
        version=own_catalogue.known().version,
    )


@bp.get("/catalogue/to-verify.pdf")
def print_to_verify() -> Answer:
    """What waits to be held against a label of what is listed, as a list on paper."""
    require(access.refusal_to_administer(current_user))
    clinic, known = the_clinic(), own_catalogue.known()
    pdf = to_verify.render(
        {
            "name": clinic.name,
            "address": clinic.address_lines,
            "telephone": clinic.telephone,
            "paper": clinic.paper,
        },
        [
            to_verify.Waiting(
                line.name, f"{line.table} · {line.key}", line.says, "; ".join(line.sources)
            )
            for line in _found(list(lines()), *_asked_for())
            if line.is_to_verify
        ],
        catalogue=known.version.partition("+")[0],
        at=instant_text(clock.now()),
    )
    return send_file(BytesIO(pdf), mimetype="application/pdf", download_name="to-verify.pdf")


KINDS = {
    VALUE: _l("Own value"),
    ADDED: _l("Own dilution"),
    PROTOCOL: _l("Own protocol"),
    MAP: _l("Own drawing"),
}


def _others(everything: list[Line]) -> bool:
    return any(line.table not in TAB_OF for line in everything)


def _published_of(row: ClinicCatalogueRow, everything: list[Line]) -> dict[str, str]:
    """What is published where the clinic has its own value, by column."""
    line = next((each for each in everything if f"{each.table}/{each.key}" == row.key), None)
    return {column: line.row[column] for column in row.value or {}} if line else {}


@bp.get("/catalogue/row")
def catalogue_row() -> Answer:
    """One row: every cell, its sources, who verified it, and the clinic's own value of it."""
    require(access.refusal_to_administer(current_user))
    line = _line(request.args.get("table", ""), request.args.get("key", ""))
    return _row_page(line)


def _row_page(
    line: Line,
    verification: VerificationForm | None = None,
    own: OwnValueForm | None = None,
) -> str:
    told = select(CatalogueVerification).where(
        CatalogueVerification.table_name == line.table, CatalogueVerification.row_key == line.key
    )
    shown = {column: cell for column, cell in line.row.items() if column not in PROVENANCE}
    value = OwnValueForm(formdata=None, table=line.table, key=line.key)
    value.column.choices = _columns(line)
    return render_template(
        "admin/catalogue_row.html",
        line=line,
        cells=shown,
        history=list(db.session.scalars(told.order_by(CatalogueVerification.verified_at.desc()))),
        verification=verification
        or VerificationForm(formdata=None, table=line.table, key=line.key),
        own=own or value,
    )


def _columns(line: Line) -> list[Any]:
    return [SelectChoice(column, f"{column} ({line.row[column]})") for column in line.own_columns]


@bp.post("/catalogue/verifications")
def verify_row() -> Answer:
    """Record that somebody held a row against a label, which one, and what it says."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    form = VerificationForm()
    line = _line(form.table.data or "", form.key.data or "")
    if not form.validate_on_submit():
        return _row_page(line, verification=form), 422
    said = CatalogueVerification(
        table_name=line.table,
        row_key=line.key,
        row_sha256=row_digest(line.row),
        label=form.label.data,
        agrees=form.agrees.data == "yes",
        note=form.note.data or "",
        verified_at=clock.now(),
        verified_by=current_user,
    )
    db.session.add(said)
    db.session.flush()
    log("catalogue.verified", said, table=line.table, key=line.key, agrees=said.agrees)
    db.session.commit()
    flash(
        _("Verified against %(label)s.", label=said.label)
        if said.agrees
        else _("Recorded: the label says otherwise. The row stays to be verified.")
    )
    return _led_to(line)


def _led_to(line: Line) -> Response:
    return redirect(url_for("admin.catalogue_row", table=line.table, key=line.key), 303)


@bp.post("/catalogue/values")
def set_own_value() -> Answer:
    """Lay the clinic's own value over a published one, with a reason."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    form = OwnValueForm()
    line = _line(form.table.data or "", form.key.data or "")
    form.column.choices = _columns(line)
    if form.validate_on_submit():
        if form.column.data not in line.own_columns:
            refuse_at(form.column, _("Choose from the list."))
        elif not _can_be_read(line, form.column.data, form.typed):
            refuse_at(form.value, _("This value cannot stand here. Write it as the published one."))
    if form.errors:
        return _row_page(line, own=form), 422
    cells = {**((line.own.value or {}) if line.own else {}), form.column.data: form.typed}
    own = _new_version(VALUE, f"{line.table}/{line.key}", cells, form.reason.data or "")
    log("catalogue.own_value", own, table=line.table, key=line.key, value=cells)
    db.session.commit()
    flash(_("The clinic’s own value stands from now on; signed notes stay as they are."))
    return _led_to(line)


def _can_be_read(line: Line, column: str, value: str) -> bool:
    try:
        with_clinic([OwnValue(line.table, line.key, ((column, value),))])
    except (KeyError, ValueError, ArithmeticError):
        return False
    return True


def _new_version(
    kind: str, key: str, value: dict[str, Any] | None, reason: str
) -> ClinicCatalogueRow:
    row = ClinicCatalogueRow(
        kind=kind,
        key=key,
        version=ClinicCatalogueRow.next_version(db.session(), kind, key),
        value=value,
        reason=reason,
        recorded_at=clock.now(),
        recorded_by=current_user,
    )
    db.session.add(row)
    db.session.flush()
    return row


@bp.post("/catalogue/dilutions")
def add_own_dilution() -> Answer:
    """A dilution of the clinic's own, beside the published ones."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    form = OwnDilutionForm()
    if not form.validate_on_submit():
        return render_template("admin/own_dilution.html", dilution=form), 422
    product, units = form.vial_size
    ml = form.amount
    key = f"{product} {plain(units)} {plain(ml)}"
    if any(line.table == "dilutions" and line.key == key for line in lines()):
        refuse_at(form.diluent_ml, _("This dilution is published already."))
        return render_template("admin/own_dilution.html", dilution=form), 422
    strength = concentration(units, ml) / 10
    cells = {
        "product": product,
        "vial_units": plain(units),
        "diluent_ml": plain(ml),
        "units_per_0_1_ml": fixed(Decimal(strength.numerator) / strength.denominator),
        "listed": "clinic",
    }
    own = _new_version(ADDED, f"dilutions/{key}", cells, form.reason.data or "")
    log("catalogue.own_dilution", own, key=key)
    db.session.commit()
    flash(_("The dilution is offered on every chart that is opened from now on."))
    return redirect(url_for("admin.catalogue_list", tab=OWN), 303)


@bp.post("/catalogue/withdrawals")
def withdraw_own() -> Answer:
    """End something of the clinic's own: what is published stands again, sessions keep theirs."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    form = WithdrawalForm()
    standing = {(row.kind, row.key): row for row in latest(_own_rows())}
    row = standing.get((form.kind.data or "", form.key.data or "")) or abort(404)
    if not form.validate_on_submit():
        return render_template("admin/withdraw.html", form=form, row=row), 422
    ended = _new_version(row.kind, row.key, None, form.reason.data or "")
    log("catalogue.own_withdrawn", ended, kind=row.kind, key=row.key)
    db.session.commit()
    if row.kind == MAP:
        flash(_("Retired. New charts no longer offer it; charts and notes that use it keep it."))
        return redirect(url_for("admin.maps"), 303)
    flash(_("Withdrawn. What is published stands again; signed notes stay as they are."))
    return redirect(url_for("admin.catalogue_list", tab=OWN), 303)


@bp.get("/catalogue/withdrawals")
def ask_to_withdraw() -> Answer:
    """Why it is withdrawn, before it is."""
    require(access.refusal_to_administer(current_user))
    standing = {(row.kind, row.key): row for row in latest(_own_rows())}
    row = standing.get((request.args.get("kind", ""), request.args.get("key", ""))) or abort(404)
    form = WithdrawalForm(formdata=None, kind=row.kind, key=row.key)
    return render_template("admin/withdraw.html", form=form, row=row)
