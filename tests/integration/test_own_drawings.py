"""/admin/maps: a drawing of the clinic's own from its file to charts, notes, the next version."""

from __future__ import annotations

import json
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app import own_catalogue
from app.clinical.anatomy import Side, body_map, settle
from app.clinical.catalogue.tablet import for_tablet
from app.extensions import db
from app.models import ClinicCatalogueRow, DrawingDraft, Note, ReleasedDrawing
from tests import drawings, factories
from tests.clients import AuditingClient, signed_in
from tests.drawings import KEY, REF, a_file, a_plan
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.tablets import JSON, read, save, sign


@pytest.fixture
def as_eve(app: Flask, cast: Cast) -> AuditingClient:
    """The administrator, signed in."""
    return signed_in(app, cast.eve)


def drafts() -> list[DrawingDraft]:
    db.session.rollback()
    return list(db.session.scalars(select(DrawingDraft)))


def rows() -> list[ClinicCatalogueRow]:
    db.session.rollback()
    return list(db.session.scalars(select(ClinicCatalogueRow).order_by(ClinicCatalogueRow.version)))


def upload(browser: AuditingClient, content: bytes = drawings.SVG) -> Any:
    return browser.post("/admin/maps", data=a_file(content), content_type="multipart/form-data")


def send(browser: AuditingClient, draft: DrawingDraft, act: str = "", **changes: Any) -> Any:
    plan = json.dumps(a_plan(**changes))
    return browser.post(f"/admin/maps/drafts/{draft.id}{act}", data={"plan": plan})


def on_the_own_drawing(body: dict[str, Any], ref: str = REF) -> dict[str, Any]:
    """The two sites of a sound chart, on the clinic's own drawing, one on either side."""
    for site, x in zip(body["sites"], ("100.00", "300.00"), strict=True):
        site |= {"map": ref, "x": x, "y": "100.00", "muscle": "frontalis"}
    return body


# Uploading


def test_an_svg_is_made_safe_and_kept_as_a_draft_and_what_was_left_out_is_said(
    cast: Cast, as_eve: AuditingClient
) -> None:
    answer = upload(as_eve)

    [draft] = drafts()
    assert (answer.status_code, answer.location) == (303, f"/admin/maps/drafts/{draft.id}")
    assert (draft.key, draft.changed_by) == (None, cast.eve)
    assert "Logo" not in draft.art
    assert draft.plan["midline"] == 200
    assert draft.plan["line"] == [[0, 160], [400, 160]]
    assert last_entry("map.uploaded").details == {"dropped": {"text": 1}}
    page = unescape(as_eve.get(answer.location).text)
    assert "The lines and filled shapes were taken. Left out: 1 × text." in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7", "This is not an SVG drawing."),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "There is no line or filled shape"),
        (
            b'<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            b'<svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>',
            "This file defines abbreviations",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_is_not_kept(
    as_eve: AuditingClient, content: bytes, sentence: str
) -> None:
    with nothing_changed():
        answer = upload(as_eve, content)

    assert answer.status_code == 422
    assert sentence in unescape(answer.text)


def test_without_a_file_it_asks_for_one(as_eve: AuditingClient) -> None:
    with nothing_changed():
        answer = as_eve.post("/admin/maps")

    assert answer.status_code == 422
    assert "Choose the SVG drawing." in answer.text


# Drawing


def test_a_draft_is_kept_at_every_stage_and_no_chart_knows_it(
    cast: Cast, as_eve: AuditingClient
) -> None:
    draft = drawings.draft(cast.eve)

    answer = send(as_eve, draft, title="", view="", regions=[], line=None)

    assert answer.status_code == 303
    assert drafts()[0].plan == a_plan(title="", view="", regions=[], line=None)
    assert last_entry("map.draft_saved").details == {"key": None, "title": ""}
    assert own_catalogue.known().drawings == {}


@pytest.mark.parametrize(
    "plan",
    [
        "",
        "{}",
        "[" * 5000,
        json.dumps(a_plan(view="above")),
        json.dumps(a_plan(outline=[[[0, "x"]]])),
        json.dumps(a_plan(midline=float("nan"))),
        json.dumps(a_plan(regions=[{}])),
        json.dumps(a_plan(indications=["boredom"])),
        json.dumps(a_plan(title="x" * 61)),
        json.dumps(a_plan(outline=[[[0, 0]] * 401])),
    ],
    ids=range(10),
)
def test_what_no_page_sends_is_not_kept(cast: Cast, as_eve: AuditingClient, plan: str) -> None:
    draft = drawings.draft(cast.eve)

    for act in ("", "/release"):
        with nothing_changed():
            answer = as_eve.post(f"/admin/maps/drafts/{draft.id}{act}", data={"plan": plan})
        assert answer.status_code == 422


def test_a_draft_can_be_discarded(cast: Cast, as_eve: AuditingClient) -> None:
    draft = drawings.draft(cast.eve)

    answer = as_eve.post(f"/admin/maps/drafts/{draft.id}/discard")

    assert (answer.status_code, answer.location) == (303, "/admin/maps")
    assert drafts() == []
    assert last_entry("map.draft_discarded").details == {"key": None, "title": "Brow, close"}


# Releasing


def test_a_released_drawing_is_offered_by_charts_with_its_muscles_and_sides(
    cast: Cast, as_eve: AuditingClient
) -> None:
    answer = send(as_eve, drawings.draft(cast.eve), "/release")

    assert (answer.status_code, answer.location) == (303, "/admin/maps")
    [row] = rows()
    assert (row.kind, row.key, row.version, row.recorded_by) == ("map", KEY, 1, cast.eve)
    assert drafts() == []
    assert row.value is not None
    sha256 = db.session.get_one(ReleasedDrawing, REF).sha256
    assert last_entry("map.released").details == {"ref": REF, "sha256": sha256}
    known = own_catalogue.known()
    assert KEY in known.indications["chronic_migraine"].maps
    assert KEY not in known.indications["cervical_dystonia"].maps
    drawing = body_map(KEY, known)
    assert (drawing.ref, drawing.life_size_scale, drawing.midline_x) == (REF, 2.0, 200)
    right, left = settle(drawing, 100, 100, "frontalis"), settle(drawing, 300, 100, "frontalis")
    assert (right.side, left.side) == (Side.RIGHT, Side.LEFT)
    assert right.offered == ("frontalis", "corrugator")
    assert settle(drawing, 5, 5, None).outside
    assert for_tablet(known, "en")["maps"][KEY]["tab"] == "Brow"
    page = unescape(as_eve.get("/admin/maps").text)
    assert f'data-map="{KEY}"' in page
    assert "Brow, close is released." in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "Enter the drawing’s name"),
        ({"view": ""}, "Say from where the body is seen."),
        ({"midline": None}, "Set the midline."),
        ({"line": None}, "Draw a line of known length"),
        ({"line_mm": "3"}, "By this line the drawing shows 3 mm of the body."),
        ({"outline": []}, "Draw the outline of the body"),
        ({"regions": []}, "No region is drawn."),
        ({"view": "back"}, "is said to be right, but is drawn on the patient’s left."),
    ],
)
def test_a_drawing_with_something_missing_is_not_released_and_nothing_drawn_is_lost(
    cast: Cast, as_eve: AuditingClient, changes: dict[str, Any], sentence: str
) -> None:
    draft = drawings.draft(cast.eve)

    with nothing_changed():
        answer = send(as_eve, draft, "/release", tab="Sent just now", **changes)

    assert answer.status_code == 422
    page = unescape(answer.text)
    assert sentence in page
    assert "Sent just now" in page


def test_a_second_drawing_of_one_name_is_refused(cast: Cast, as_eve: AuditingClient) -> None:
    drawings.released(cast.eve)
    draft = drawings.draft(cast.eve)

    with nothing_changed():
        answer = send(as_eve, draft, "/release", title="BROW close!")

    assert answer.status_code == 422
    assert "A drawing of this name was released before." in answer.text


# Versions


def test_an_edit_makes_the_next_version_and_sites_charted_before_stay_on_theirs(
    cast: Cast, as_eve: AuditingClient, as_alice: AuditingClient
) -> None:
    drawings.released(cast.eve)
    charted = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    save(as_alice, charted.id, on_the_own_drawing(factories.chart_body(charted)))

    answer = as_eve.post("/admin/maps/versions", data={"key": KEY})
    [draft] = drafts()
    assert (answer.status_code, answer.location) == (303, f"/admin/maps/drafts/{draft.id}")
    assert (draft.key, draft.plan) == (KEY, a_plan())
    assert "<text" not in draft.art
    assert last_entry("map.version_started").details == {"key": KEY}
    again = as_eve.post("/admin/maps/versions", data={"key": KEY})
    assert again.location == answer.location
    wider = [drawings.a_region("right", [[30, 30], [190, 30], [190, 160], [30, 160]])]
    send(as_eve, draft, "/release", title="Brow, closer", regions=wider)

    known = own_catalogue.known()
    assert body_map(KEY, known).ref == f"{KEY}@2"
    assert known.maps[KEY].title == "Brow, closer"
    assert len(body_map(REF, known).regions) == 2
    assert len(body_map(f"{KEY}@2", known).regions) == 1
    assert [site["map"] for site in read(as_alice, charted.id)["chart"]["sites"]] == [REF, REF]
    assert as_alice.get(f"/treatments/{charted.id}/chart").status_code == 200


def test_a_retired_drawing_is_on_no_new_chart_and_stays_where_it_is_used(
    cast: Cast, as_eve: AuditingClient, as_alice: AuditingClient
) -> None:
    drawings.released(cast.eve)
    charted = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    save(as_alice, charted.id, on_the_own_drawing(factories.chart_body(charted)))

    asked = as_eve.get("/admin/catalogue/withdrawals", query_string={"kind": "map", "key": KEY})
    assert "New charts no longer offer this drawing." in asked.text
    answer = as_eve.post(
        "/admin/catalogue/withdrawals", data={"kind": "map", "key": KEY, "reason": "Not used"}
    )

    assert (answer.status_code, answer.location) == (303, "/admin/maps")
    known = own_catalogue.known()
    assert KEY not in known.indications["chronic_migraine"].maps
    assert for_tablet(known, "en")["maps"][KEY]["retired"] is True
    assert body_map(REF, known).ref == REF
    figures = read(as_alice, charted.id)
    assert [site["map"] for site in figures["chart"]["sites"]] == [REF, REF]
    assert "DATA-08" not in json.dumps(figures)
    assert "Retired" in as_eve.get("/admin/maps").text
    # Edited, it comes back.
    as_eve.post("/admin/maps/versions", data={"key": KEY})
    send(as_eve, drafts()[0], "/release")
    assert KEY in own_catalogue.known().indications["chronic_migraine"].maps


# Charting, signing


def test_sites_on_it_are_saved_signed_and_named_in_the_record_with_the_drawing_s_hash(
    cast: Cast, as_eve: AuditingClient, as_alice: AuditingClient
) -> None:
    drawings.released(cast.eve)
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)

    answer = save(as_alice, draft.id, on_the_own_drawing(factories.chart_body(draft)))

    assert answer.status_code == 200
    db.session.rollback()
    assert [(site.side, site.region) for site in draft.sites] == [
        ("right", "r1_right"),
        ("left", "r2_left"),
    ]
    assert f"/api/drawings/{REF}.svg" in as_alice.get(f"/patients/{draft.patient_id}").text
    assert sign(as_alice, draft.id, draft.revision, factories.ALICES_PIN).status_code == 303
    record = json.loads(db.session.scalars(select(Note)).one().record)
    assert record["drawings"] == {REF: db.session.get_one(ReleasedDrawing, REF).sha256}
    assert {site["map"] for site in record["sites"]} == {REF}


def test_a_place_off_it_and_a_muscle_it_does_not_offer_are_refused(
    cast: Cast, as_alice: AuditingClient
) -> None:
    drawings.released(cast.eve)
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    for changes, sentence in (
        ({"x": "5.00", "y": "5.00"}, "lies outside the body on Brow, close"),
        ({"muscle": "masseter"}, "does not lie under site 1"),
        ({"map": f"{KEY}@9"}, "There is no body map called"),
    ):
        body = on_the_own_drawing(factories.chart_body(draft))
        body["sites"][0] |= changes
        answer = save(as_alice, draft.id, body)
        assert answer.status_code == 422
        assert sentence in answer.json["error"]


# Serving


def test_its_art_and_shapes_are_kept_by_a_tablet_and_are_nothing_but_a_picture(
    cast: Cast, as_alice: AuditingClient
) -> None:
    drawings.released(cast.eve)

    art, shapes = (as_alice.get(f"/api/drawings/{REF}.{kind}") for kind in ("svg", "json"))

    assert art.mimetype == "image/svg+xml"
    assert shapes.json["ref"] == REF
    for answer in (art, shapes):
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["own_brow_close@2.svg", "head_anterior@1.svg", "own_brow_close.json", "x@1.txt"]
)
def test_what_was_not_released_is_not_there(
    cast: Cast, as_alice: AuditingClient, path: str
) -> None:
    drawings.released(cast.eve)

    assert as_alice.get(f"/api/drawings/{path}", headers=JSON).status_code == 404


def test_an_unknown_draft_and_drawing_are_not_found(cast: Cast, as_eve: AuditingClient) -> None:
    for path in (f"/admin/maps/drafts/{uuid4()}", "/admin/maps/drafts/x"):
        assert as_eve.get(path).status_code == 404
    with nothing_changed():
        assert as_eve.post("/admin/maps/versions", data={"key": "own_x"}).status_code == 404
