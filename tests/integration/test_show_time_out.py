"""GET /treatments/<id>/time-out shows what is asked before the needle, and what was said."""

from __future__ import annotations

import re

from flask import Flask

from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry
from tests.factories import Cast


def unasked(cast: Cast, **patient: str) -> Treatment:
    """A charted session of two corrugator sites in which nobody has asked anything."""
    of = factories.patient(cast.dan, **patient)
    draft = factories.treatment(of, by=cast.alice, clinic=cast.clinic, asked=False)
    return factories.chart(draft, by=cast.alice)


def questions(page: str) -> list[str]:
    return re.findall(r'data-question="(\w+)"', page)


def test_it_asks_by_product_region_and_sex_and_nothing_is_answered(
    as_alice: AuditingClient, cast: Cast
) -> None:
    page = as_alice.get(f"/treatments/{unasked(cast).id}/time-out").text

    asked = questions(page)
    assert asked[:3] == ["identity_confirmed", "plan_agreed", "toxin_hypersensitivity"]
    assert {"pregnant_or_breastfeeding", "eye_or_facial_nerve_disorder"} <= set(asked)
    assert not {"cows_milk_protein_allergy", "iodine_allergy", "pregnant"} & set(asked)
    assert 'aria-pressed="true"' not in page
    assert "0 of 12 answered" in page
    assert "All asked again" not in page
    assert last_entry("treatment.viewed").by_id == cast.alice.id


def test_a_man_is_not_asked_about_pregnancy(as_alice: AuditingClient, cast: Cast) -> None:
    page = as_alice.get(f"/treatments/{unasked(cast, sex='male').id}/time-out").text

    assert "pregnant_or_breastfeeding" not in questions(page)
    assert "0 of 11 answered" in page


def test_last_time_s_answer_stands_beside_and_is_never_today_s(
    as_alice: AuditingClient, cast: Cast
) -> None:
    draft = unasked(cast)
    before = factories.treatment(draft.patient, by=cast.alice, clinic=cast.clinic)
    factories.asked(before, by=cast.alice, cardiovascular_disease="yes")
    factories.chart(before, by=cast.alice)
    factories.sign(before, by=cast.alice, clinic=cast.clinic)

    page = as_alice.get(f"/treatments/{draft.id}/time-out").text

    assert 'aria-pressed="true"' not in page
    heart = page[page.index('id="q-cardiovascular_disease"') :].split("</form>")[0]
    assert re.search(r"Last time: </span>\s*Yes,", heart)
    assert "All asked again, nothing changed" in page
    identity = page[page.index('id="q-identity_confirmed"') :].split("</form>")[0]
    assert "Last time" not in identity


def test_the_chart_tells_how_far_it_has_come(as_alice: AuditingClient, cast: Cast) -> None:
    draft = unasked(cast)
    chart = f"/treatments/{draft.id}/chart"
    assert "Time-out 0 of 12" in as_alice.get(chart).text

    factories.asked(draft, by=cast.alice)

    said = as_alice.get(chart, headers={"Accept": "application/json"}).json["time_out"]
    assert (said["answered"], said["asked"]) == (12, 12)
    assert said["says"].startswith("Time-out 12 of 12, ")


def test_a_signed_session_leads_to_its_note(as_alice: AuditingClient, cast: Cast) -> None:
    done = unasked(cast)
    factories.asked(done, by=cast.alice)
    factories.sign(done, by=cast.alice, clinic=cast.clinic)

    answer = as_alice.get(f"/treatments/{done.id}/time-out")

    assert (answer.status_code, answer.location) == (303, f"/treatments/{done.id}")


def test_staff_do_not_ask(app: Flask, cast: Cast) -> None:
    path = f"/treatments/{unasked(cast).id}/time-out"

    assert signed_in(app, cast.dan).get(path).status_code == 403
