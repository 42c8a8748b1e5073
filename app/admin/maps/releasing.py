"""From a drawing at work to a version that never changes."""

from __future__ import annotations

from datetime import datetime

from app.admin.maps.art import size_of, with_sides
from app.clinical.own_drawing import VIEWS, Plan, shapes_of
from app.extensions import db
from app.models import ClinicCatalogueRow, DrawingDraft, Person, ReleasedDrawing
from app.models.catalogue import MAP


def release(
    draft: DrawingDraft, plan: Plan, key: str, *, by: Person, now: datetime
) -> ClinicCatalogueRow:
    """The drawing as charts use it from now on, and its row in the clinic's catalogue, in place of
    the draft. Answers the row, not committed."""
    version = ClinicCatalogueRow.next_version(db.session(), MAP, key)
    near, both = VIEWS[plan.view]
    letters = "RL" if near == "right" else "LR"
    released = ReleasedDrawing(
        ref=f"{key}@{version}",
        art=with_sides(draft.art, tuple(letters if both else letters[0])),
        shapes=shapes_of(plan, key, version, *size_of(draft.art)),
        plan=plan.as_json(),
    )
    row = ClinicCatalogueRow(
        kind=MAP,
        key=key,
        version=version,
        value={
            "title": plan.title,
            "tab": plan.tab,
            "indications": list(plan.indications),
            "regions": len(plan.regions),
            "sha256": released.sha256,
        },
        reason="",
        recorded_at=now,
        recorded_by=by,
    )
    db.session.add_all([released, row])
    db.session.delete(draft)
    db.session.flush()
    return row
