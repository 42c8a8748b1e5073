"""What stands before every request: who speaks for whom, under which name, and whether over TLS.

It stands before the application itself, so what is turned away here gets no session and no cookie.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from app.addresses import THIS_MACHINE, proxies

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def init_app(app: Flask) -> None:
    """Put the gate before the app."""
    app.wsgi_app = Gate(app, app.wsgi_app)  # type: ignore[method-assign]


def is_this_machine(host: str) -> bool:
    """Whether a Host header names the machine it is sent from."""
    return name_in(host) in THIS_MACHINE


def name_in(host: str) -> str:
    """The name in a Host header, without port: clinic.local of Clinic.local:8000."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


class Gate:
    """Lets a request in that is for this host, and over TLS or from this very machine."""

    def __init__(self, app: Flask, inside: Application) -> None:
        self._app = app
        self._inside = inside
        self._proxies = proxies(app.config["STIPPLE_PROXY"])
        self._after_proxy = ProxyFix(self._admit_forwarded, x_for=1, x_proto=1, x_host=1)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        peer = _peer(environ)
        if peer is not None and any(peer in network for network in self._proxies):
            return self._after_proxy(environ, start_response)
        is_here = peer is not None and peer.is_loopback
        return self._admit(environ, start_response, may_be_plain=is_here)

    def _admit_forwarded(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        # The proxy speaks from this machine, those behind it do not: plain is only its own look.
        may_be_plain = environ.get("PATH_INFO") == "/healthz"
        return self._admit(environ, start_response, may_be_plain=may_be_plain)

    def _admit(
        self, environ: Environ, start_response: Callable[..., Any], *, may_be_plain: bool
    ) -> Iterable[bytes]:
        if name_in(environ.get("HTTP_HOST", "")) not in self._names():
            return self._refuse(environ, start_response, 421)
        if environ["wsgi.url_scheme"] != "https" and not may_be_plain:
            return self._refuse(environ, start_response, 403)
        return self._inside(environ, start_response)

    def _names(self) -> set[str]:
        own = self._app.config["STIPPLE_HOSTNAME"].lower()
        public = urlsplit(self._app.config["STIPPLE_PUBLIC_URL"]).hostname or ""
        return {*THIS_MACHINE, own, public} - {""}

    def _refuse(
        self, environ: Environ, start_response: Callable[..., Any], status: int
    ) -> Iterable[bytes]:
        wanted = parse_accept_header(environ.get("HTTP_ACCEPT_LANGUAGE"), LanguageAccept)
        language = wanted.best_match(self._app.config["LANGUAGES"])
        with self._app.app_context(), force_locale(language or "en"):
            sentence = {
                421: _(
                    "Stipple is not served under this name. Open it at the address that its"
                    " terminal shows."
                ),
                403: _(
                    "Stipple opens only over an encrypted connection. Open the address that its"
                    " terminal shows, which begins with https."
                ),
            }[status]
        answer = Response(f"{sentence}\n", status, mimetype="text/plain")
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        return answer(environ, start_response)


def _peer(environ: Environ) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Who is at the other end of the wire; an IPv4 address is one though IPv6 carried it."""
    try:
        found = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
