"""A session is told from its record only with what this clinic's catalogue knows."""

from __future__ import annotations

from typing import Any

import pytest

from app import retold
from app.clinical.anatomy import released_sha256
from app.clinical.catalogue import catalogue

HEAD = "head_anterior@1"


def named(**differing: Any) -> dict[str, Any]:
    """What of a record names things of the catalogue; each can differ."""
    usual = {
        "preparations": [{"product": "BOTOX"}],
        "indications": [{"id": "chronic_migraine"}],
        "sites": [{"muscle": "corrugator"}, {"muscle": None}],
        "drawings": {HEAD: released_sha256(HEAD)},
    }
    return {**usual, **differing}


@pytest.mark.parametrize(
    ("differing", "sentence"),
    [
        ({"preparations": [{"product": "Botulax"}]}, "It names the product Botulax"),
        ({"indications": [{"id": "tennis_elbow"}]}, "It names the indication tennis_elbow"),
        ({"sites": [{"muscle": "soleus maximus"}]}, "It names the muscle soleus maximus"),
        ({"drawings": {HEAD: "0" * 64}}, f"Its sites lie on the drawing {HEAD}"),
        ({"drawings": {"own_hand@3": "0" * 64}}, "Its sites lie on the drawing own_hand@3"),
    ],
)
def test_what_this_clinic_does_not_know_is_said(differing: dict[str, Any], sentence: str) -> None:
    with pytest.raises(retold.NotTold, match=sentence):
        retold.require_known(named(**differing), catalogue())


def test_what_it_knows_is_no_hindrance() -> None:
    retold.require_known(named(), catalogue())
