"""The one page in the clear: the root certificate, and how a tablet comes to trust it.

It is served beside Stipple on a port of its own, from bytes made beforehand. No session, no record
and no key is in its reach; whatever else is asked for there is not there.
"""

from __future__ import annotations

import http.server
import os
import plistlib
import re
import socket
import threading
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import segno
from cryptography.hazmat.primitives import hashes
from flask import Flask
from flask_babel import force_locale
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.settings import PROJECT
from app.tls import Root

DEVICES = ("ipad", "android", "computer")
PROFILE = "/stipple.mobileconfig"
CERTIFICATE = "/stipple-root.pem"
STATIC = PROJECT / "static"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

# A page and its drawings need a handful; who opens more waits for nothing.
CONNECTIONS = 32
PATIENCE_S = 10


@dataclass(frozen=True, slots=True)
class Trust:
    """What a tablet needs to know before it trusts."""

    root: Root
    url: str
    trust_url: str

    @property
    def rows(self) -> list[str]:
        """The fingerprint, four rows of eight pairs."""
        pairs = self.root.fingerprint
        return [" ".join(pairs[start : start + 8]) for start in range(0, len(pairs), 8)]


def qr_code(text: str) -> Markup:
    """The text as a drawing to point a camera at; its name is given where it is shown."""
    drawn = segno.make(text, error="m", micro=False)
    return Markup(drawn.svg_inline(border=4, omitsize=True, svgclass=None, lineclass="qr__ink"))  # noqa: S704 (drawn by segno from squares)


def profile(root: Root) -> bytes:
    """The root as a profile for iPad and iPhone. The same root makes the same profile."""
    title, identifier = root.title, f"stipple.tablets.{root.name}"
    unique = uuid.UUID(bytes=root.certificate.fingerprint(hashes.SHA256())[:16])
    inner = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.root",
        "PayloadUUID": str(uuid.uuid5(unique, "root")).upper(),
        "PayloadDisplayName": title,
        "PayloadDescription": f"Lets this tablet trust {root.name} and nothing else.",
        "PayloadCertificateFileName": "stipple-root.cer",
        "PayloadContent": root.der,
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": identifier,
            "PayloadUUID": str(unique).upper(),
            "PayloadDisplayName": title,
            "PayloadDescription": f"Lets this tablet trust {root.name} and nothing else.",
            "PayloadOrganization": "Stipple",
            "PayloadContent": [inner],
        }
    )


def device_of(asked: str, user_agent: str) -> str:
    """The device whose steps are shown: the one asked for, else the one that asks.

    An iPad says it is a Macintosh; so does a Macintosh, which has its own tab.
    """
    if asked in DEVICES:
        return asked
    if "Android" in user_agent:
        return "android"
    return "computer" if re.search(r"Windows|X11|CrOS", user_agent) else "ipad"


def page_values(trust: Trust, device: str) -> dict[str, Any]:
    """What the pages that show the steps are rendered with."""
    return {
        "trust": trust,
        "device": device,
        "trust_qr": qr_code(trust.trust_url),
        "url_qr": qr_code(trust.url),
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that is served."""

    body: bytes
    kind: str
    file_name: str = ""


class Pages:
    """Everything there is on the plain port, made once."""

    def __init__(self, app: Flask, trust: Trust) -> None:
        self._languages = app.config["LANGUAGES"]
        with app.app_context():
            self._pages = {
                (language, device): self._page(app, trust, language, device)
                for language in self._languages
                for device in DEVICES
            }
        self._files = {
            PROFILE: Answer(
                profile(trust.root), "application/x-apple-aspen-config", "stipple.mobileconfig"
            ),
            # Text within, but .crt without: Android and Windows open nothing else.
            CERTIFICATE: Answer(trust.root.pem, "application/x-x509-ca-cert", "stipple-root.crt"),
            **_looks(),
        }

    def find(self, target: str, languages: str, user_agent: str) -> Answer | None:
        """What stands at an address, in the language and for the device that asks."""
        parts = urlsplit(target)
        if parts.path != "/":
            return None if parts.query else self._files.get(parts.path)
        wanted = parse_accept_header(languages, LanguageAccept)
        asked = parse_qs(parts.query).get("on", [""])[0]
        device = device_of(asked, user_agent)
        return self._pages[(wanted.best_match(self._languages) or "en", device)]

    @staticmethod
    def _page(app: Flask, trust: Trust, language: str, device: str) -> Answer:
        # Not `render_template`: that asks who is signed in, and here nobody ever is.
        with force_locale(language):
            page = app.jinja_env.get_template("trust/page.html").render(
                **page_values(trust, device), language=language
            )
        return Answer(page.encode(), "text/html; charset=utf-8")


class TrustServer(http.server.ThreadingHTTPServer):
    """Serves the pages in the clear until it is closed."""

    daemon_threads = True
    # Elsewhere than on Windows: the port of a server that has just ended is free.
    allow_reuse_address = os.name == "posix"
    pages: Pages

    def __init__(self, listens_at: str, port: int, pages: Pages) -> None:
        if ":" in listens_at:
            self.address_family = socket.AF_INET6
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self.pages = pages
        super().__init__((listens_at, port), _Handler)

    def serve_beside(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """One connection, unless too many are open already."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor who went away is no news in the terminal."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: TrustServer
    timeout = PATIENCE_S
    protocol_version = "HTTP/1.0"  # One answer a connection: nobody keeps a place.

    def do_GET(self) -> None:
        try:
            answer = self.server.pages.find(
                self.path,
                languages=self.headers.get("Accept-Language", ""),
                user_agent=self.headers.get("User-Agent", ""),
            )
        except ValueError:  # An address that is none.
            answer = None
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._send(HTTPStatus.OK, answer)

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Whatever else is asked for, and in whichever way: there is nothing."""
        self._send(HTTPStatus.NOT_FOUND, Answer(b"There is nothing here.\n", "text/plain"))

    def _send(self, status: HTTPStatus, answer: Answer) -> None:
        # `send_response_only` does not say what it runs on.
        self.send_response_only(status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.file_name:
            self.send_header("Content-Disposition", f'attachment; filename="{answer.file_name}"')
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Who looked at this page is nobody's business."""


def _looks() -> dict[str, Answer]:
    """The style sheets and signs of the page."""
    kinds = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
    files = [*(STATIC / "css").glob("*.css"), *(STATIC / "icons").glob("*.svg")]
    return {
        f"/static/{path.relative_to(STATIC).as_posix()}": Answer(
            path.read_bytes(), kinds[path.suffix]
        )
        for path in files
    }
