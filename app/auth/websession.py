"""Sessions that live on the server: the browser holds a random token, the table its SHA-256.

A cookie replayed after sign-out, after twelve hours or after its owner was shut out is worth
nothing. A token is never carried over a sign-in or a sign-out. A request that only reads
writes nothing here, but for when its person was last seen, at most once in `SEEN_EVERY`.

A locked tablet has no session: locking ends it. So does the first request after nobody has been
seen at it for as long as the clinic allows, whatever that request asks for.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Request, Response, current_app, request, session
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import CallbackDict

from app import audit, clock, database
from app.extensions import DatabaseBusy, db
from app.keyring import keyring_of
from app.models import Clinic, Person, Tablet, TabletSignIn, WebSession
from app.models.clinic import LOCK_AFTER_MINUTES

LIFETIME = timedelta(hours=12)
SEEN_EVERY = timedelta(seconds=15)
TOKEN_BYTES = 32

# Where Flask-Login keeps the id of who is signed in, and Flask-WTF its token.
_PERSON, _CSRF = "_user_id", "csrf_token"
# Until when at most, where that is less than a session's own twelve hours.
_UNTIL = "_until"

# A page says with a request that nobody asked for it, or how long ago anybody touched the tablet.
BACKGROUND, IDLE = "X-Stipple-Background", "X-Stipple-Idle"

# Pages that nobody wants to come back to.
_NOT_WAITING = frozenset({"/lock", "/login"})


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
    """Sign a person out everywhere, or everywhere else, once the caller commits.

    On those tablets no PIN brings them back either.
    """
    theirs = delete(WebSession).where(WebSession.person_id == person.id)
    sign_ins = delete(TabletSignIn).where(TabletSignIn.person_id == person.id)
    if but_this:
        theirs = theirs.where(WebSession.token_sha256 != (_this().row or ""))
        sign_ins = sign_ins.where(TabletSignIn.tablet_id.not_in(_tablet_of(request)))
    db.session.execute(theirs)
    db.session.execute(sign_ins)


def end_by(instant: datetime) -> None:
    """Let this browser's session last no longer than this."""
    _this()[_UNTIL] = instant.isoformat()


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
        touched_at: datetime | None = None,
        is_read: bool = True,
    ) -> None:
        super().__init__(data, _mark_modified)
        self.row = row
        self.person = person
        self.seen_at = seen_at
        self.touched_at = touched_at
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

    @property
    def until(self) -> datetime | None:
        """When this session ends at the latest, where that is not its own twelve hours."""
        found = self.get(_UNTIL)
        return datetime.fromisoformat(found) if found else None

    @property
    def last_seen_at(self) -> datetime | None:
        """When its person was last at it, this request included."""
        known = [at for at in (self.seen_at, self.touched_at) if at is not None]
        return max(known) if known else None


class ServerSessions(SessionInterface):
    """Flask's sessions, kept in `web_sessions`."""

    def open_session(self, app: Flask, request: Request) -> StoredSession:
        """The session of this request's cookie, or an empty one."""
        if not app.secret_key:
            # Signs the CSRF tokens. Read at the first request, for commands need no key.
            app.secret_key = keyring_of(app).derive("cookies").hex()
        if app.static_url_path and request.path.startswith(f"{app.static_url_path}/"):
            # Not read, so never kept: what the page of a missing file puts in signs nobody out.
            return StoredSession(is_read=False)
        token = request.cookies.get(cookie_name(request))
        if not token:
            return StoredSession()
        now = clock.now()
        found = db.session.execute(
            select(
                WebSession.token_sha256,
                WebSession.person_id,
                WebSession.data,
                WebSession.seen_at,
                select(Clinic.lock_after_minutes).scalar_subquery().label("lock_after_minutes"),
            )
            .outerjoin(Person, Person.id == WebSession.person_id)
            .where(
                WebSession.token_sha256 == sha256(token),
                WebSession.expires_at > now,
                Person.deactivated_at.is_(None),
            )
        ).one_or_none()
        if found is None:
            return StoredSession()
        allowed = timedelta(minutes=found.lock_after_minutes or LOCK_AFTER_MINUTES)
        # What was seen is known only to within SEEN_EVERY.
        if found.person_id and now - found.seen_at > allowed + SEEN_EVERY:
            _lock_idle(request, found.token_sha256, found.person_id, now=now)
            return StoredSession()
        return StoredSession(
            _untag(found.data),
            row=found.token_sha256,
            person=found.person_id,
            seen_at=found.seen_at,
            touched_at=_touched_at(request, now),
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
            _write(_update(session, data=_tag(session), seen_at=session.last_seen_at))
        elif _is_news(session):
            try:
                _write(_update(session, seen_at=session.touched_at))
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
                token_sha256=sha256(token),
                person_id=session.signed_in,
                data=_tag(session),
                created_at=now,
                seen_at=now,
                expires_at=min(now + LIFETIME, session.until or now + LIFETIME),
            )
        )
        _write(*changes)
        return token

    def _set_cookie(self, response: Response, token: str | None) -> None:
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


def tablet_cookie_name(request: Request) -> str:
    """The name of the cookie that says which tablet this is."""
    return f"{cookie_name(request)}-tablet"


def _touched_at(request: Request, now: datetime) -> datetime | None:
    """When somebody was at the tablet, as far as this request tells; None if it tells nothing.

    A page opened or a form sent is somebody. What a page asks for by itself says so.
    """
    if BACKGROUND in request.headers:
        return None
    idle = request.headers.get(IDLE)
    if idle is None:
        return now
    # What cannot be read, or lies before the session could have begun, tells of nobody.
    is_known = idle.isascii() and idle.isdigit() and len(idle) <= 5
    return now - timedelta(seconds=int(idle)) if is_known else None


def _is_news(session: StoredSession) -> bool:
    """Whether its person was seen long enough after what is known to be worth a write."""
    return (
        session.seen_at is not None
        and session.touched_at is not None
        and session.touched_at - session.seen_at > SEEN_EVERY
    )


def _lock_idle(request: Request, row: str, person_id: UUID, *, now: datetime) -> None:
    """End a session that nobody was at, with its row in the trail; the page waits for its owner.

    While another write takes too long the row stays. It opens nothing; the next request ends it.
    """
    try:
        with Session(db.engine) as own:
            database.begin_write(own)
            ended = own.execute(delete(WebSession).where(WebSession.token_sha256 == row))
            if not ended.rowcount:  # type: ignore[attr-defined]
                return  # Another request of the same moment was first.
            person = own.get_one(Person, person_id)
            tablet_id = own.scalars(_tablet_of(request)).one_or_none()
            sign_in = own.get(TabletSignIn, (tablet_id, person_id)) if tablet_id else None
            if sign_in is not None:
                sign_in.lock(_address_of(request), now=now)
            audit.record(
                own,
                "tablet.locked",
                by=person,
                now=now,
                subject=person,
                where=request.remote_addr,
                why="idle",
                tablet=str(tablet_id) if tablet_id else None,
            )
            own.commit()
    except DatabaseBusy:
        current_app.logger.info("a session was locked, but the database was busy")


def _tablet_of(request: Request) -> Select[UUID]:
    token = request.cookies.get(tablet_cookie_name(request), "")
    return select(Tablet.id).where(Tablet.token_sha256 == sha256(token))


def _address_of(request: Request) -> str | None:
    """The page that a person asked for, as they would ask for it again."""
    is_page = request.method == "GET" and request.accept_mimetypes.best == "text/html"
    is_theirs = BACKGROUND not in request.headers and IDLE not in request.headers
    return request.path if is_page and is_theirs and request.path not in _NOT_WAITING else None


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


def sha256(token: str) -> str:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()
