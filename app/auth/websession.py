"""Sessions that live on the server: the browser holds a random token, the table its SHA-256.

A cookie replayed after sign-out, after twelve hours or after its owner was shut out is worth
nothing. A token is never carried over a sign-in or a sign-out. A request that only reads
writes nothing here, but for the time it was seen, at most once a minute.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Request, Response, current_app, session
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import CallbackDict

from app import clock, database
from app.extensions import DatabaseBusy, db
from app.keyring import keyring_of
from app.models import Person, WebSession

LIFETIME = timedelta(hours=12)
SEEN_EVERY = timedelta(seconds=60)
TOKEN_BYTES = 32

# Where Flask-Login keeps the id of who is signed in, and Flask-WTF its token.
_PERSON, _CSRF = "_user_id", "csrf_token"


def init_app(app: Flask) -> None:
    """Keep the app's sessions in its database."""
    app.session_interface = ServerSessions()


def end_session() -> None:
    """Sign out this browser: its token is dead once the caller commits."""
    stored = _this()
    if stored.row is not None:
        db.session.execute(delete(WebSession).where(WebSession.token_sha256 == stored.row))
    stored.clear()
    stored.is_renewed = True


def end_sessions_of(person: Person, *, but_this: bool = False) -> None:
    """Sign a person out everywhere, or everywhere else, once the caller commits."""
    theirs = delete(WebSession).where(WebSession.person_id == person.id)
    if but_this:
        theirs = theirs.where(WebSession.token_sha256 != (_this().row or ""))
    db.session.execute(theirs)


def renew_token() -> None:
    """Give this browser a new token with its answer, as after a change of what it may do."""
    _this().is_renewed = True


class StoredSession(CallbackDict[str, Any], SessionMixin):
    """The data of one browser's session, and the row it came from."""

    def __init__(
        self,
        data: dict[str, Any] | None = None,
        *,
        row: str | None = None,
        person: UUID | None = None,
        seen_at: datetime | None = None,
        is_read: bool = True,
    ) -> None:
        super().__init__(data, _mark_modified)
        self.row = row
        self.person = person
        self.seen_at = seen_at
        self.is_read = is_read
        self.new = row is None
        self.modified = False
        self.accessed = True
        self.is_renewed = False

    @property
    def signed_in(self) -> UUID | None:
        """The id of who is signed in, as the data say."""
        found = self.get(_PERSON)
        return UUID(found) if found else None


class ServerSessions(SessionInterface):
    """Flask's sessions, kept in `web_sessions`."""

    def open_session(self, app: Flask, request: Request) -> StoredSession:
        """The session of this request's cookie, or an empty one."""
        if app.static_url_path and request.path.startswith(f"{app.static_url_path}/"):
            # Not read, so never kept: what the page of a missing file puts in signs nobody out.
            return StoredSession(is_read=False)
        if not app.secret_key:
            # Signs the CSRF tokens. Read at the first request, for commands need no key.
            app.secret_key = keyring_of(app).derive("cookies").hex()
        token = request.cookies.get(cookie_name(request))
        if not token:
            return StoredSession()
        found = db.session.execute(
            select(
                WebSession.token_sha256,
                WebSession.person_id,
                WebSession.data,
                WebSession.seen_at,
            )
            .outerjoin(Person, Person.id == WebSession.person_id)
            .where(
                WebSession.token_sha256 == _sha256(token),
                WebSession.expires_at > clock.now(),
                Person.deactivated_at.is_(None),
            )
        ).one_or_none()
        if found is None:
            return StoredSession()
        return StoredSession(
            _untag(found.data),
            row=found.token_sha256,
            person=found.person_id,
            seen_at=found.seen_at,
        )

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed, and hand the browser a token or take it away."""
        assert isinstance(session, StoredSession)
        if not session.is_read:
            return
        if session.signed_in != session.person:
            session.is_renewed = True
        if session.is_renewed or (session.row is None and session.modified):
            token = self._replace(session)
            self._set_cookie(response, token)
        elif session.row is not None and session.modified:
            _write(_update(session, data=_tag(session), seen_at=clock.now()))
        elif session.seen_at and clock.now() - session.seen_at > SEEN_EVERY:
            try:
                _write(_update(session, seen_at=clock.now()))
            except DatabaseBusy:
                current_app.logger.info("a session was seen, but the database was busy")

    def _replace(self, session: StoredSession) -> str | None:
        """End the row there is, and begin another if there is anything to keep."""
        now = clock.now()
        changes: list[Any] = [delete(WebSession).where(WebSession.expires_at <= now)]
        if session.row is not None:
            changes.append(delete(WebSession).where(WebSession.token_sha256 == session.row))
            session.pop(_CSRF, None)
        if not session:
            _write(*changes)
            return None
        token = secrets.token_urlsafe(TOKEN_BYTES)
        changes.append(
            insert(WebSession).values(
                token_sha256=_sha256(token),
                person_id=session.signed_in,
                data=_tag(session),
                created_at=now,
                seen_at=now,
                expires_at=now + LIFETIME,
            )
        )
        _write(*changes)
        return token

    def _set_cookie(self, response: Response, token: str | None) -> None:
        from flask import request

        name = cookie_name(request)
        same: dict[str, Any] = {"path": "/", "secure": request.is_secure, "httponly": True}
        response.vary.add("Cookie")
        if token is None:
            response.delete_cookie(name, samesite="Lax", **same)
        else:
            response.set_cookie(name, token, samesite="Lax", **same)


def cookie_name(request: Request) -> str:
    """The cookie's name; over TLS one that no other host and no plain page can set."""
    return "__Host-stipple" if request.is_secure else "stipple"


def _write(*statements: Any) -> None:
    """Change the table in a transaction of its own, after the request's."""
    if database.holds_write(db.session()):
        db.session.rollback()  # What the route did not commit did not happen.
    with Session(db.engine) as own:
        database.begin_write(own)
        for statement in statements:
            own.execute(statement, execution_options={"synchronize_session": False})
        own.commit()


def _update(session: StoredSession, **values: Any) -> Any:
    # Of a row that was ended meanwhile nothing is left to change: it stays ended.
    return update(WebSession).where(WebSession.token_sha256 == session.row).values(**values)


def _this() -> StoredSession:
    current: StoredSession = session._get_current_object()  # type: ignore[attr-defined]
    return current


def _mark_modified(stored: CallbackDict[str, Any]) -> None:
    assert isinstance(stored, StoredSession)
    stored.modified = True


_serializer = TaggedJSONSerializer()


def _tag(data: StoredSession) -> dict[str, Any]:
    tagged: dict[str, Any] = json.loads(_serializer.dumps(dict(data)))
    return tagged


def _untag(data: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = _serializer.loads(json.dumps(data))
    return plain


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
