"""Stipple: charting of therapeutic botulinum-toxin sessions. This file is the contents page.

`create_app` switches everything on in one order: settings, extensions, features, errors, commands.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

__version__ = "0.1.0"


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The application. `config` overrides what the environment says; nothing is opened yet."""
    from app import settings

    instance = (config or {}).get("INSTANCE_PATH") or settings.instance_path(os.environ)
    app = Flask(
        __name__,
        template_folder=str(settings.PROJECT / "templates"),
        static_folder=str(settings.PROJECT / "static"),
        instance_path=str(instance),
    )
    app.config.from_mapping(settings.from_environment(os.environ))
    app.config.from_mapping(config or {})

    # The catalogue's order is the order of a list on screen.
    app.json.sort_keys = False  # type: ignore[attr-defined]

    from app import access, assets, commands, compression, errors, extensions, gate, offline, web
    from app.admin import bp as admin
    from app.auth import bp as auth
    from app.patients import bp as patients
    from app.records import bp as records
    from app.stock import bp as stock
    from app.treatments import bp as treatments

    extensions.init_app(app)
    for feature in (auth, patients, treatments, records, stock, admin):
        app.register_blueprint(feature)
    web.init_app(app)
    assets.init_app(app)
    compression.init_app(app)
    offline.init_app(app)
    errors.init_app(app)
    commands.init_app(app)
    gate.init_app(app)
    app.jinja_env.globals["access"] = access
    return app
