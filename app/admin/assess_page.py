"""A session described in JSON, judged on a page as `flask assess` does it: nothing is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import render_template
from flask_babel import get_locale
from flask_login import current_user

from app import access, own_catalogue
from app.access import require
from app.admin import bp
from app.admin.forms import AssessForm
from app.admin.routes import Answer
from app.clinical.assess import assessment, preparation_names
from app.clinical.described import parse_case, read_json
from app.clinical.errors import ChartError
from app.clinical.rules import judge
from app.errors import say

# Of nobody: what the page shows first, to be changed.
EXAMPLE = (Path(__file__).parent / "example_case.json").read_text(encoding="utf-8")


@bp.route("/assess", methods=["GET", "POST"])
def assess() -> Answer:
    """What rules, ledger and bill say of a described session, by this clinic's own limits."""
    require(access.refusal_to_assess(current_user))
    form = AssessForm()
    if not form.is_submitted():
        form.case.data = EXAMPLE
        return _page(form)
    if not form.validate():
        return _page(form), 422
    known = own_catalogue.known()
    try:
        data = read_json(str(form.case.data).encode())
        case = parse_case(data, known)
    except ChartError as refusal:
        faults = [(fault.path, say(fault)) for fault in refusal.faults]
        return _page(form, faults=faults), 422
    return _page(
        form,
        answer=assessment(case, known, preparation_names(data)),
        findings=judge(case, known),
    )


def _page(form: AssessForm, **said: Any) -> str:
    return render_template("admin/assess.html", form=form, language=str(get_locale()), **said)
