"""A drawing of the clinic's own, for tests: the file, what is drawn on it, a draft, a release."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from app import clock
from app.admin.maps.art import made_safe
from app.admin.maps.releasing import release
from app.clinical.catalogue import catalogue
from app.clinical.own_drawing import key_of, read_plan
from app.extensions import begin_write, db
from app.models import ClinicCatalogueRow, DrawingDraft, Person

# 100 × 80 units of the file are 400 × 320 of the map.
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 80"><path fill="none" stroke="#000"'
    b' d="M10 10H90V70H10z"/><text>Logo</text></svg>'
)
KEY = "own_brow_close"
REF = f"{KEY}@1"


def a_plan(**changes: Any) -> dict[str, Any]:
    """A plan without faults: seen from the front, frontalis on either side, life-size 200 mm."""
    return {
        "title": "Brow, close",
        "tab": "Brow",
        "view": "front",
        "midline": 200,
        "line": [[0, 0], [400, 0]],
        "line_mm": "200",
        "indications": ["chronic_migraine"],
        "outline": [[[20, 20], [380, 20], [380, 300], [20, 300]]],
        "regions": [
            a_region("right", [[40, 40], [160, 40], [160, 160], [40, 160]]),
            a_region("left", [[240, 40], [360, 40], [360, 160], [240, 160]]),
        ],
        **changes,
    }


def a_region(side: str, polygon: list[list[float]], **changes: Any) -> dict[str, Any]:
    """A region that offers the frontalis, then the corrugator."""
    muscles = ["frontalis", "corrugator"]
    return {"label": "Brow", "side": side, "muscles": muscles, "polygon": polygon, **changes}


def a_file(content: bytes = SVG) -> dict[str, Any]:
    """What a browser sends with this file chosen."""
    return {"svg": (BytesIO(content), "brow.svg")}


def draft(by: Person, plan: dict[str, Any] | None = None) -> DrawingDraft:
    """A drawing at work, committed."""
    begin_write()
    made = DrawingDraft(
        key=None,
        art=made_safe(SVG).text,
        plan=plan or a_plan(),
        changed_at=clock.now(),
        changed_by=by,
    )
    db.session.add(made)
    db.session.commit()
    return made


def released(by: Person, **changes: Any) -> ClinicCatalogueRow:
    """A released drawing, committed; of one that is there the next version."""
    plan = read_plan(a_plan(**changes), catalogue())
    at_work = draft(by)
    begin_write()
    row = release(at_work, plan, key_of(plan.title), by=by, now=clock.now())
    db.session.commit()
    return row
