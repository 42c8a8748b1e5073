"""The screen of a locked tablet: whom a PIN brings back, and nothing that a session holds."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import render_template, request

from app import clock
from app.auth import tablets
from app.auth.forms import UnlockForm
from app.models import TabletSignIn
from app.roles import role_names


class Face(NamedTuple):
    """One name on the lock screen."""

    id: UUID
    name: str
    initials: str
    roles: list[str]
    signed_in_at: datetime
    until: datetime
    has_chart: bool
    has_pin: bool
    is_chosen: bool


def has_names() -> bool:
    """Whether anybody comes back to this tablet with a PIN; otherwise it is nobody's."""
    return bool(tablets.signed_in_here(clock.now()))


def page(
    *,
    form: UnlockForm | None = None,
    refusal: str | None = None,
    notice: str | None = None,
    left: str = "",
) -> str:
    """The names signed in here and the pad for a PIN. Chosen is who was here last, unless `form`
    says who tried; `left` is who has just signed out."""
    here = tablets.signed_in_here(clock.now())
    last = last_of(here)
    tried = form.person_id if form else None
    chosen = tried or (last.person_id if last else None)
    return render_template(
        "auth/lock.html",
        faces=[_face(one, is_chosen=one.person_id == chosen) for one in here],
        locked_at=last.locked_at if last else None,
        form=UnlockForm(formdata=None, next=form.next.data if form else _path_back()),
        refusal=refusal,
        notice=notice,
        left=left,
    )


def last_of(here: list[TabletSignIn]) -> TabletSignIn | None:
    """Who was at this tablet when it was locked, or signed in here last."""
    return max(here, key=lambda one: one.locked_at or one.signed_in_at, default=None)


def _face(one: TabletSignIn, *, is_chosen: bool) -> Face:
    words = one.person.name.split()
    return Face(
        id=one.person_id,
        name=one.person.signed_name,
        initials="".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper(),
        roles=role_names(one.person),
        signed_in_at=one.signed_in_at,
        until=one.until,
        has_chart=(one.address or "").startswith("/treatments/"),
        has_pin=one.person.pin is not None,
        is_chosen=is_chosen,
    )


def _path_back() -> str:
    """The page that was asked for, for whoever was here last."""
    return request.path if request.method == "GET" and request.path != "/lock" else ""
