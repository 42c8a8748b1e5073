"""Answers made smaller on the wire: Brotli where the browser takes it, else gzip.

What is the same for everybody is compressed once, by `Compressed`. A page or JSON is compressed as
it is answered, unless another site's page asked for it: who can make a browser ask for our pages
with words of their own, and sees how long the answers are, could guess a token or a name letter by
letter. A browser says who asked (Sec-Fetch-Site); one that does not say gets it uncompressed.
"""

from __future__ import annotations

import gzip
from functools import cached_property

import brotli
from flask import Flask, Response, request
from werkzeug.datastructures import Accept

OWN = frozenset({"same-origin", "none"})
KINDS = ("text/", "application/json", "image/svg+xml", "application/manifest+json")
# Shorter answers fit in one packet as they are.
SHORTEST = 1000
# For every answer anew: a few milliseconds at this quality, a hundred times as many at the best.
QUICK, QUICK_GZIP = 5, 6


class Compressed:
    """A body and what it is compressed to, each as small as it gets, made when first asked for."""

    def __init__(self, plain: bytes, kind: str) -> None:
        self.plain, self.kind = plain, kind

    def encoded(self, encoding: str | None) -> bytes:
        """The body in an encoding that `encoding_for` chose."""
        if encoding == "br":
            return self._brotli
        return self._gzip if encoding == "gzip" else self.plain

    @cached_property
    def _brotli(self) -> bytes:
        return brotli.compress(self.plain, mode=brotli.MODE_TEXT)

    @cached_property
    def _gzip(self) -> bytes:
        return gzip.compress(self.plain, mtime=0)


def init_app(app: Flask) -> None:
    """Compress pages and JSON on their way out."""
    app.after_request(_compress)


def is_text(kind: str) -> bool:
    """Whether a type of content gets smaller; pictures and fonts are as small as they get."""
    return kind.startswith(KINDS)


def encoding_for(accepted: Accept) -> str | None:
    """The encoding to answer in, or None for plain."""
    return next((name for name in ("br", "gzip") if accepted[name] > 0), None)


def answer(body: Compressed, etag: str) -> Response:
    """The body in what this browser accepts, or 304 when it has that."""
    encoding = encoding_for(request.accept_encodings) if is_text(body.kind) else None
    response = Response(body.encoded(encoding), content_type=body.kind)
    if is_text(body.kind):
        response.vary.add("Accept-Encoding")
    if encoding:
        response.content_encoding = encoding
    response.set_etag(f"{etag}-{encoding}" if encoding else etag)
    response.make_conditional(request)
    return response


def _compress(response: Response) -> Response:
    if (
        response.status_code in (204, 304)
        or response.is_streamed
        or response.content_encoding
        or not is_text(response.mimetype or "")
    ):
        return response
    response.vary.add("Accept-Encoding")
    encoding = encoding_for(request.accept_encodings)
    if encoding is None or request.headers.get("Sec-Fetch-Site") not in OWN:
        return response
    body = response.get_data()
    if len(body) < SHORTEST:
        return response
    response.set_data(
        brotli.compress(body, mode=brotli.MODE_TEXT, quality=QUICK)
        if encoding == "br"
        else gzip.compress(body, QUICK_GZIP, mtime=0)
    )
    response.content_encoding = encoding
    return response
