"""The extensions, created and not configured: `init_app` hands each of them the app."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from app import database, keyring
from app.columns import Base
from app.database import Database, DatabaseBusy

__all__ = [
    "DatabaseBusy",
    "babel",
    "begin_write",
    "csrf",
    "db",
    "init_app",
    "language",
    "limiter",
    "login_manager",
    "migrate",
]

db = Database(model_class=Base, disable_autonaming=True)
migrate = Migrate(directory=str(Path(__file__).parent / "migrations"), render_as_batch=True)
login_manager = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address)
babel = Babel()


def init_app(app: Flask) -> None:
    """Hand the app to every extension, the keyring first; nothing is opened yet."""
    keyring.init_app(app)
    db.init_app(app)
    migrate.init_app(app, db)
    login_manager.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=language)


def language() -> str | None:
    """The language of who is signed in, else the nearest the browser asks for."""
    if not has_request_context():
        return None
    chosen = getattr(current_user, "language", None)
    known = current_app.config["LANGUAGES"]
    return chosen if chosen in known else request.accept_languages.best_match(known)


def begin_write() -> None:
    """Make the current transaction a writing one, before its first change.

    Called first by every request that may change something, and by those that only log.
    Raises DatabaseBusy.
    """
    database.begin_write(db.session())
