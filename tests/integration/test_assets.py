"""What is the same for everybody on the wire: how it is encoded, kept, and found again."""

from __future__ import annotations

import gzip
import re

import brotli
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import assets
from tests import factories
from tests.clients import new_client, signed_in
from tests.dumps import nothing_changed
from tests.factories import Cast

OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def addresses(app: Flask) -> list[str]:
    """Every address that the chart may ask for."""
    with app.test_request_context():
        return assets.for_chart()


def decoded(answer: TestResponse) -> bytes:
    """The body as a browser reads it."""
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    return unpack[answer.headers.get("Content-Encoding")](answer.data)


def test_everything_the_chart_needs_is_kept_for_good(app: Flask, addresses: list[str]) -> None:
    browser = new_client(app)

    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_a_browser_gets_the_encoding_it_accepts_and_always_the_same_content(
    app: Flask, addresses: list[str], accepts: str, encoding: str | None
) -> None:
    browser = new_client(app)

    for address in addresses:
        plain = browser.get(address)
        answer = browser.get(address, headers={"Accept-Encoding": accepts})
        assert answer.headers.get("Content-Encoding") == encoding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert decoded(answer) == plain.data
        assert encoding is None or len(answer.data) < max(len(plain.data), 50)


def test_what_a_browser_has_in_one_encoding_is_not_sent_again_and_not_taken_for_another(
    app: Flask, addresses: list[str]
) -> None:
    browser = new_client(app)
    packed = {"Accept-Encoding": "br"}

    for address in addresses:
        etag = browser.get(address, headers=packed).headers["ETag"]
        again = browser.get(address, headers={**packed, "If-None-Match": etag})
        other = browser.get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Vary"] == "Accept-Encoding"
        assert other.status_code == 200


def test_another_version_is_not_there(app: Flask, addresses: list[str]) -> None:
    browser = new_client(app)

    with nothing_changed():
        found = {
            browser.get(re.sub(r"v=\w+", "v=0000", address)).status_code for address in addresses
        }

    assert found == {404}


@pytest.mark.parametrize(
    "path",
    [
        "js/nothing.js", "joined/nothing.js", "joined/chart.txt", "joined/nowhere@1.json",
        "joined/types.js", "js/./lock.js", "js/../js/lock.js", "../wsgi.py", "js", "joined/",
    ],
)  # fmt: skip
def test_what_is_no_file_of_ours_is_not_there(app: Flask, path: str) -> None:
    assert new_client(app).get(f"/static/{path}").status_code == 404


def test_a_file_by_its_plain_name_is_asked_for_anew_each_time(app: Flask) -> None:
    answer = new_client(app).get("/static/icons/icon-192.png")

    assert answer.content_type == "image/png"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Content-Encoding" not in answer.headers


def test_a_page_is_compressed_for_our_own_pages_alone(app: Flask, cast: Cast) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    alice = signed_in(app, cast.alice)
    address = f"/treatments/{draft.id}/chart"

    def got(site: str | None, accepts: str = "gzip, br") -> TestResponse:
        headers = {"Accept-Encoding": accepts, **({"Sec-Fetch-Site": site} if site else {})}
        return alice.get(address, headers=headers)

    for site in ("same-origin", "none"):
        assert got(site).headers["Content-Encoding"] == "br"
        assert got(site, "gzip").headers["Content-Encoding"] == "gzip"
        assert b'id="chart-data"' in decoded(got(site))
    for site in ("cross-site", "same-site", None):
        assert "Content-Encoding" not in got(site).headers
        assert b'id="chart-data"' in got(site).data
    assert "Accept-Encoding" in got("none").vary
    assert "Accept-Encoding" in got("cross-site").vary


def test_json_is_compressed_and_a_note_is_what_was_stored(app: Flask, cast: Cast) -> None:
    signed = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.sign(factories.chart(signed, by=cast.alice), by=cast.alice, clinic=cast.clinic)
    alice = signed_in(app, cast.alice)
    packed = {"Accept-Encoding": "br", **OWN}
    address = f"/treatments/{signed.id}"

    chart = alice.get(f"{address}/chart", headers={**packed, "Accept": "application/json"})
    note = alice.get(f"{address}/note.pdf", headers=packed)

    assert chart.headers["Content-Encoding"] == "br"
    assert b'"revision"' in decoded(chart)
    assert "Content-Encoding" not in note.headers
    assert note.data.startswith(b"%PDF")
