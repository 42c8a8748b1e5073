"""What the note says of the time-out and of the questions of the review."""

from __future__ import annotations

from typing import Any

import pytest

from app.notes import words


def answer(id: str, value: str | None, **differing: Any) -> dict[str, Any]:
    """One line of the record."""
    return {
        "id": id,
        "group": "contraindication",
        "text": id.capitalize(),
        "value": value,
        "reason": None,
        "how": "asked",
        "answered_at": "2026-11-23T15:31:00Z",
        "answered_by": "Tomas Reyes, RN",
        **differing,
    }


def record(*answers: dict[str, Any]) -> dict[str, Any]:
    return {"answers": list(answers), "clinic": {"time_zone": "America/New_York"}}


IDENTITY = answer("name and birth date match", "yes", group="identity")
BY = " Tomas Reyes, RN, 23 Nov 2026 10:31 EST."


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            [answer("infection", "no"), answer("heart disease", "no")],
            "patient and plan confirmed; 2 contraindications asked: none.",
        ),
        (
            [answer("infection", "no"), answer("heart disease", "yes")],
            "patient and plan confirmed; 2 contraindications asked: yes to heart disease.",
        ),
        (
            [answer("infection", "unable", reason="no interpreter")],
            "patient and plan confirmed; 1 contraindication asked: no yes; could not be asked:"
            " infection (no interpreter).",
        ),
        (
            [answer("infection", "no", how="asked_again"), answer("heart disease", "no")],
            "patient and plan confirmed; 2 contraindications asked (1 asked again as a whole,"
            " nothing changed): none.",
        ),
    ],
)
def test_the_time_out_in_one_sentence(answers: list[dict[str, Any]], said: str) -> None:
    written = words.time_out(record(IDENTITY, *answers)).replace("\u00a0", " ")

    assert written == said + BY


def test_a_no_to_patient_or_plan_is_never_called_confirmed() -> None:
    wrong = answer("name and birth date match", "no", group="identity")

    said = words.time_out(record(wrong, answer("infection", "no"))).replace("\u00a0", " ")

    assert said.startswith("Name and birth date match: no; 1 contraindication asked: none.")


def test_consent_and_reaction_are_said_also_where_nobody_answered() -> None:
    review = {"group": "review"}

    said = words.consent(
        record(
            answer("consent for today", "yes", **review),
            answer("any reaction", None, **review),
            answer("after the last treatment", "none", **review),
            answer("spread explained", "unable", reason="asleep", **review),
        )
    )

    assert said == (
        "Consent for today: yes · Any reaction: not recorded · After the last treatment: no effect"
        " · Spread explained: could not be asked, asleep"
    )


def test_a_note_that_was_signed_before_there_were_questions_says_nothing_of_them() -> None:
    old = {"clinic": {"time_zone": "America/New_York"}}

    assert (words.time_out(old), words.consent(old)) == ("", "")
