"""PUT /treatments/<id>/chart saves the whole chart, or says why not and changes nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed, tables, trail
from tests.factories import Cast
from tests.tablets import (
    again,
    another_window,
    at_once,
    laid,
    read,
    save,
    without_envelope,
)


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    return factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def as_carol(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.carol)


def facts(answer: TestResponse, key: str) -> dict[str, Any]:
    """What the server says of one site."""
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json["sites"][key]
    return found


def as_instant(text: str | None) -> datetime:
    assert text is not None
    return datetime.fromisoformat(text)


# It works


def test_a_saved_chart_is_stored_and_answered_with_its_figures(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    before = clock.now()

    answer = save(as_alice, draft.id, body)

    vial = body["preparations"][0]["vials"][0]
    preparation = body["preparations"][0]["key"]
    found = answer.json
    assert answer.status_code == 200
    assert (found["revision"], found["saved_by"], found["findings"]) == (1, "Alice Amari", [])
    assert before <= as_instant(found["saved_at"]) <= clock.now()
    assert found["totals"] == {"BOTOX": {"given": "10.00", "planned": "0.00"}}
    assert found["volumes_ml"] == {preparation: {"given": "0.20", "planned": "0.00"}}
    assert found["vials"] == [
        {
            "key": vial["key"],
            "preparation": preparation,
            "lot": "SAMPLE-1",
            "opened": "100.00",
            "given": "10.00",
            "discarded": "90.00",
            "left": "0.00",
            "excess": "0.00",
        }
    ]
    assert {site["side"] for site in found["sites"].values()} == {"left", "right"}
    stored = read(as_alice, draft.id)
    assert stored.pop("chart") == without_envelope(body)
    assert stored == found


def test_who_saved_which_sites_is_in_the_trail_without_what_is_in_them(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    first, second = body["sites"]
    save(as_alice, draft.id, body)
    changed = {**first, "units": "7.5"}

    save(as_alice, draft.id, again(body, 1, sites=[changed]))

    entry = last_entry("chart.saved")
    assert (entry.by_id, entry.subject_id) == (cast.alice.id, str(draft.id))
    assert entry.details == {
        "revision": 2,
        "changed": [first["key"]],
        "removed": [second["key"]],
    }
    assert "corrugator" not in str([entry.details for entry in trail()])


def test_the_order_of_the_sites_is_the_order_of_injection(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    save(as_alice, draft.id, body)

    answer = save(as_alice, draft.id, again(body, 1, sites=body["sites"][::-1]))

    assert answer.status_code == 200
    assert read(as_alice, draft.id)["chart"]["sites"] == without_envelope(body)["sites"][::-1]
    assert last_entry("chart.saved").details == {"revision": 2}


def test_the_side_is_computed_from_the_drawing_and_the_muscle(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft, sites=laid("PREEMPT-155"))

    answer = save(as_alice, draft.id, body)

    sides = {key: site["side"] for key, site in answer.json["sites"].items()}
    by_name = {site["protocol_site"]: sides[site["key"]] for site in body["sites"]}
    assert (by_name["C_R"], by_name["C_L"], by_name["P1"]) == ("right", "left", "midline")
    assert (by_name["T1_R"], by_name["T1_L"]) == ("right", "left")
    assert Counter(sides.values()) == {"right": 15, "left": 15, "midline": 1}


def test_units_of_two_products_are_never_added_up(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    other = str(uuid4())
    body["preparations"].append(
        {
            "key": other,
            "product": "Dysport",
            "diluent": "saline_preservative_free",
            "diluent_ml": "2.5",
            "reconstituted_at": None,
            "vials": [{"key": str(uuid4()), "units": "500", "lot": "D-1", "expires": "2030-01-31"}],
        }
    )
    body["sites"][1].update(preparation=other, units="20")

    answer = save(as_alice, draft.id, body)

    assert answer.json["totals"] == {
        "BOTOX": {"given": "5.00", "planned": "0.00"},
        "Dysport": {"given": "20.00", "planned": "0.00"},
    }
    assert [vial["given"] for vial in answer.json["vials"]] == ["5.00", "20.00"]


def test_planned_sites_change_no_figure_of_what_was_given(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    preparation = body["preparations"][0]["key"]
    plan = laid("PREEMPT-155", preparation)
    given_alone = save(as_alice, draft.id, body).json

    with_plan = save(
        as_alice, draft.id, again(body, 1, sites=[*plan[:10], *body["sites"], *plan[10:]])
    ).json

    assert with_plan["totals"] == {"BOTOX": {"given": "10.00", "planned": "155.00"}}
    assert with_plan["volumes_ml"] == {preparation: {"given": "0.20", "planned": "3.10"}}
    assert with_plan["vials"] == given_alone["vials"]
    assert with_plan["findings"] == given_alone["findings"]


def test_a_session_that_goes_on_is_not_told_that_it_is_short(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)

    found = save(as_alice, draft.id, body).json
    review = as_alice.get(f"/treatments/{draft.id}/signature")

    assert found["findings"] == []
    assert "10 U of BOTOX for chronic migraine: below 155 U (US label)." in review.text
    assert 'data-finding="DOSE-07"' in review.text


def test_a_dose_above_the_label_is_said_of_the_plan_before_the_needle(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    for site in body["sites"]:
        site.update(units="100", state="planned", given_at=None)

    (finding,) = [
        each for each in save(as_alice, draft.id, body).json["findings"] if each["id"] == "DOSE-07"
    ]

    assert (finding["severity"], finding["when"]) == ("override", "if_all_given")
    assert finding["text"] == "200 U of BOTOX for chronic migraine: more than 195 U (EU label)."


def test_an_expired_vial_is_kept_and_shown(draft: Treatment, as_alice: AuditingClient) -> None:
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["expires"] = "2024-02-29"

    answer = save(as_alice, draft.id, body)

    assert answer.status_code == 200
    assert [finding["id"] for finding in answer.json["findings"]] == ["LOT-01"]
    assert "BOTOX 100 U, lot SAMPLE-1, 29 Feb 2024" in answer.json["findings"][0]["text"]
    kept = read(as_alice, draft.id)["chart"]["preparations"][0]["vials"][0]
    assert kept["expires"] == "2024-02-29"


def test_findings_are_said_in_the_language_of_the_reader(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    begin_write()
    cast.alice.language = "es"
    db.session.commit()
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["lot"] = ""

    answer = save(as_alice, draft.id, body)

    assert answer.json["findings"][0]["text"] == "Incompleto: BOTOX 100 U: lote."


# Who did it and when


def test_who_placed_gave_and_changed_a_site_follows_from_the_difference(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    site, other = body["sites"]
    planned = {**site, "state": "planned", "given_at": None}
    tablet = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    placed = save(as_carol, draft.id, {**body, "sites": [planned]})
    given = save(
        as_alice,
        draft.id,
        again(body, 1, sites=[{**site, "given_at": tablet.isoformat()}, other]),
    )
    changed = save(
        as_carol,
        draft.id,
        again(body, 2, sites=[{**site, "given_at": tablet.isoformat(), "units": "6"}, other]),
    )

    at_first, then, at_last = (facts(answer, site["key"]) for answer in (placed, given, changed))
    assert (at_first["placed_by"], at_first["given_by"]) == ("Carol Costa", None)
    assert at_first["given_at"] is None
    assert (then["placed_by"], then["given_by"]) == ("Carol Costa", "Alice Amari")
    assert then["placed_at"] == at_first["placed_at"]
    # The server's own time of giving; the tablet's is kept beside it.
    assert then["given_at"] == given.json["saved_at"]
    stored = next(row for row in draft.sites if row.key == UUID(site["key"]))
    assert stored.tablet_given_at == tablet
    assert clock.now() - stored.given_at < timedelta(minutes=1)  # type: ignore[operator]
    # A later change of its units makes nobody else the giver.
    assert at_last == then
    assert (stored.changed_by_id, stored.units) == (cast.carol.id, Decimal(6))
    assert stored.changed_at == as_instant(changed.json["saved_at"])
    untouched = next(row for row in draft.sites if row.key == UUID(other["key"]))
    assert (untouched.changed_by_id, untouched.placed_by_id) == (None, cast.alice.id)


def test_undoing_a_give_clears_it_and_the_next_give_is_a_new_one(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    site = body["sites"][0]
    save(as_alice, draft.id, body)
    # A tablet may leave its own time of giving behind when it undoes.
    taken_back = {**site, "state": "planned"}

    undone = save(as_alice, draft.id, again(body, 1, sites=[taken_back]))
    read_back = read(as_alice, draft.id)
    given_again = save(as_carol, draft.id, again(body, 2, sites=[site]))

    assert facts(undone, site["key"])["given_by"] is None
    assert facts(undone, site["key"])["given_at"] is None
    assert undone.json["totals"]["BOTOX"] == {"given": "0.00", "planned": "5.00"}
    assert read_back["chart"]["sites"][0]["given_at"] is None
    assert facts(given_again, site["key"])["given_by"] == "Carol Costa"
    assert facts(given_again, site["key"])["given_at"] == given_again.json["saved_at"]
    assert facts(given_again, site["key"])["placed_by"] == "Alice Amari"
    assert last_entry("chart.saved").details["given"] == [site["key"]]


def test_a_body_merged_from_two_tablets_leaves_with_everybody_what_is_theirs(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    alices, carols = body["sites"]
    placed = save(as_alice, draft.id, {**body, "sites": [alices]})

    merged = save(as_carol, draft.id, again(body, 1, sites=[alices, carols]))

    assert facts(merged, alices["key"]) == facts(placed, alices["key"])
    assert facts(merged, carols["key"])["placed_by"] == "Carol Costa"
    assert facts(merged, carols["key"])["given_by"] == "Carol Costa"
    assert last_entry("chart.saved").details == {
        "revision": 2,
        "placed": [carols["key"]],
        "given": [carols["key"]],
    }


def test_a_site_that_was_deleted_and_comes_back_is_still_its_first_owners(
    draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    site, other = body["sites"]
    at_first = facts(save(as_alice, draft.id, body), site["key"])
    save(as_carol, draft.id, again(body, 1, sites=[other]))

    back = save(as_carol, draft.id, again(body, 2))

    assert facts(back, site["key"]) == at_first
    assert at_first["given_by"] == "Alice Amari"
    assert last_entry("chart.saved").details == {"revision": 3, "returned": [site["key"]]}
    # Once more, now planned, and then given by somebody else.
    save(as_carol, draft.id, again(body, 3, sites=[other]))
    planned = {**site, "state": "planned", "given_at": None}
    replaced = save(as_carol, draft.id, again(body, 4, sites=[planned, other]))
    given = save(as_carol, draft.id, again(body, 5))
    assert facts(replaced, site["key"])["placed_by"] == "Alice Amari"
    assert facts(replaced, site["key"])["given_by"] is None
    assert facts(given, site["key"])["given_by"] == "Carol Costa"


def test_a_deleted_site_that_somebody_gave_meanwhile_comes_back_as_given_by_them(
    draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    site, other = body["sites"]
    planned = {**site, "state": "planned", "given_at": None}
    save(as_alice, draft.id, {**body, "sites": [planned, other]})
    save(as_alice, draft.id, again(body, 1, sites=[other]))

    back = save(as_carol, draft.id, again(body, 2))

    assert facts(back, site["key"])["placed_by"] == "Alice Amari"
    assert facts(back, site["key"])["given_by"] == "Carol Costa"


def test_of_two_givings_of_one_site_whoever_keeps_theirs_gave_it(
    draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    site, other = body["sites"]
    save(as_alice, draft.id, body)
    carols_own = {**site, "given_at": "2026-01-02T03:04:05+00:00"}

    kept = save(as_carol, draft.id, again(body, 1, sites=[carols_own, other]))

    assert facts(kept, site["key"])["given_by"] == "Carol Costa"
    assert facts(kept, site["key"])["tablet_given_at"] == "2026-01-02T03:04:05Z"
    assert facts(kept, other["key"])["given_by"] == "Alice Amari"
    assert last_entry("chart.saved").details["given"] == [site["key"]]


def test_who_discarded_the_rest_of_a_vial_is_kept_until_it_is_undone(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    vial = body["preparations"][0]["vials"][0]
    answer = save(as_carol, draft.id, body)
    save(as_alice, draft.id, again(body, 1))
    after_both = [(row.discarded_by_id, row.discarded_at) for row in draft.vials]

    vial["discarded"] = None
    save(as_alice, draft.id, again(body, 2))

    assert after_both == [(cast.carol.id, as_instant(answer.json["saved_at"]))]
    assert [(row.discarded_by_id, row.discarded_at) for row in draft.vials] == [(None, None)]


# A retry, and a race


def test_a_save_that_was_taken_writes_nothing_and_answers_the_chart_as_it_stands(
    draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    save(as_alice, draft.id, body)
    newer = again(body, 1, sites=body["sites"][:1])
    save(as_carol, draft.id, newer)

    with nothing_changed():
        answer = save(as_alice, draft.id, body)

    assert answer.status_code == 200
    assert answer.json["chart"] == without_envelope(newer)
    assert (answer.json["revision"], answer.json["saved_by"]) == (2, "Carol Costa")


def test_a_save_from_an_old_revision_is_refused_with_the_newer_chart(
    draft: Treatment, as_alice: AuditingClient, as_carol: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    carols = again(body, 0, sites=body["sites"][:1])
    newest = save(as_carol, draft.id, carols).json

    with nothing_changed():
        answers = [save(as_alice, draft.id, {**body, "revision": old}) for old in (0, 2, 10**18)]

    for answer in answers:
        refused = answer.json
        assert answer.status_code == 409
        assert refused["error"].startswith("Carol Costa saved this chart meanwhile.")
        assert refused["chart"] == without_envelope(carols)
        assert {key: refused[key] for key in newest} == newest
        assert (refused["signed"], refused["discarded"]) == (False, False)


def test_of_twenty_saves_from_one_revision_one_wins(
    app: Flask, draft: Treatment, as_alice: AuditingClient
) -> None:
    saves = [factories.chart_body(draft) for _ in range(20)]
    windows = [another_window(as_alice) for _ in saves]

    answers = at_once(
        app,
        [
            partial(save, window, draft.id, body)
            for window, body in zip(windows, saves, strict=True)
        ],
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    won = next(
        body for body, answer in zip(saves, answers, strict=True) if answer.status_code == 200
    )
    stored = read(as_alice, draft.id)
    assert (stored["revision"], stored["chart"]) == (1, without_envelope(won))
    assert [entry.act for entry in trail()].count("chart.saved") == 1
    assert [str(taken.save) for taken in draft.saves] == [won["save"]]
    # Whoever lost was told what won.
    assert all(
        answer.json["chart"] == stored["chart"] for answer in answers if answer.status_code == 409
    )


def test_of_one_save_sent_many_times_at_once_one_is_written(
    app: Flask, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    windows = [another_window(as_alice) for _ in range(6)]

    answers = at_once(app, [partial(save, window, draft.id, body) for window in windows])

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json["revision"] for answer in answers} == {1}
    assert [entry.act for entry in trail()].count("chart.saved") == 1


# It is refused


def test_a_signed_session_takes_no_save_but_still_answers_a_retry(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    save(as_alice, draft.id, body)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        refused = save(as_alice, draft.id, again(body, 1, sites=[]))
        retried = save(as_alice, draft.id, body)

    assert refused.status_code == 409
    assert refused.json["signed"] is True
    assert refused.json["error"].startswith("This session is signed.")
    assert refused.json["chart"] == without_envelope(body)
    assert (retried.status_code, retried.json["revision"]) == (200, 1)


def test_a_discarded_draft_takes_no_save(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    begin_write()
    draft.discard("Opened twice", by=cast.alice, now=clock.now())
    db.session.commit()

    with nothing_changed():
        answer = save(as_alice, draft.id, factories.chart_body(draft))

    assert answer.status_code == 409
    assert (answer.json["discarded"], answer.json["signed"]) == (True, False)
    assert answer.json["error"] == "This draft was discarded."


def test_only_clinical_people_who_see_the_patient_save(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)

    with nothing_changed():
        refusals = {
            401: save(new_client(app), draft.id, body),
            403: save(staff, draft.id, body),
            404: save(administrator, draft.id, body),
        }
        unknown = save(as_alice, uuid4(), body)
        forged = as_alice.put(f"/treatments/{draft.id}/chart", json=body, csrf=False)

    for status, answer in refusals.items():
        assert answer.status_code == status
        assert answer.json["error"].endswith(".")
        assert "chart" not in answer.json
    assert unknown.status_code == 404
    assert (forged.status_code, "Nothing was changed" in forged.json["error"]) == (400, True)


def test_a_save_after_sign_out_asks_to_sign_in(draft: Treatment, as_alice: AuditingClient) -> None:
    body = factories.chart_body(draft)
    window = another_window(as_alice)
    as_alice.post("/logout")
    before = tables()

    answer = save(window, draft.id, body)

    assert (answer.status_code, tables()) == (401, before)
    assert answer.json == {"error": "You are signed out. Sign in, then go on where you were."}


def test_what_is_left_in_a_vial_is_no_fault_while_sites_are_planned(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["discarded"] = None
    planned, given = body["sites"]
    planned |= {"state": "planned", "given_at": None}

    goes_on = save(as_alice, draft.id, body).json
    planned |= {"state": "given", "given_at": given["given_at"]}
    is_over = save(as_alice, draft.id, again(body, 1)).json

    assert [finding["id"] for finding in goes_on["findings"]] == []
    assert [finding["id"] for finding in is_over["findings"]] == ["DATA-07"]
