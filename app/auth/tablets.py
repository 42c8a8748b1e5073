"""This browser as a shared tablet: its cookie, and who may come back to it with a PIN.

The cookie says which tablet it is and opens nothing: alone it is worth the
names on the lock screen. A full sign-in gives the tablet a new one, so that a token planted before
is worth nothing after.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from flask import after_this_request, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.auth.websession import sha256, tablet_cookie_name
from app.extensions import db
from app.models import Person, Tablet, TabletSignIn

TOKEN_BYTES = 32
# As long as browsers keep any cookie; what it is good for ends after twelve hours on the server.
COOKIE_LASTS = timedelta(days=400)


def this_tablet() -> Tablet | None:
    """The tablet that this request's cookie names."""
    token = request.cookies.get(tablet_cookie_name(request))
    if not token:
        return None
    return db.session.scalars(
        select(Tablet).where(Tablet.token_sha256 == sha256(token))
    ).one_or_none()


def signed_in_here(now: datetime) -> list[TabletSignIn]:
    """Whom a PIN brings back on this tablet, in the order of their sign-in."""
    tablet = this_tablet()
    return tablet.signed_in_at(now) if tablet else []


def sign_in_of(person_id: UUID | None, now: datetime) -> TabletSignIn | None:
    """This person's sign-in here, if a PIN still brings them back."""
    return next((one for one in signed_in_here(now) if one.person_id == person_id), None)


def let_in(person: Person, *, now: datetime) -> TabletSignIn:
    """The person signed in fully here; the tablet's new token goes with the answer."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    tablet = this_tablet()
    if tablet is None:
        tablet = Tablet(id=uuid4(), created_at=now)
        db.session.add(tablet)
    tablet.token_sha256 = sha256(token)

    @after_this_request
    def hand_over(answer: Response) -> Response:
        answer.set_cookie(
            tablet_cookie_name(request),
            token,
            max_age=COOKIE_LASTS,
            path="/",
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
        return answer

    return tablet.let_in(person, now=now)
