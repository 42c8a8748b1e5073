"""The floors: the same work by the libraries alone, with nothing of Stipple around it.

`python -m tests.benchmarks.bare PORT` serves a bare Flask application with the same server.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from unittest import mock

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask, Response, request
from sqlcipher3 import dbapi2 as sqlcipher

from app.notes import layout
from app.notes.paper import Curved, Pen, Run, length, width_of
from app.notes.record import Record
from tests.browser.clinic import free_port

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 30


# --- A commit ----------------------------------------------------------------------------------


class Commits:
    """Encrypted SQLite as set up for the records, written by the driver alone."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlcipher.connect(str(folder / "bare.db"), isolation_level=None)
        self._connection.execute(f"PRAGMA key = \"x'{secrets.token_hex(32)}'\"")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")

    def write(self, body: bytes) -> None:
        """One row, and back only when it is on the disk."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO kept (body) VALUES (?)", (body,))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


# --- An answer ---------------------------------------------------------------------------------


def bare_flask() -> Flask:
    """An application that answers as many bytes as it is asked for."""
    app = Flask("bare")

    @app.route("/<int:size>", methods=["GET", "POST"])
    def answer(size: int) -> Response:
        request.get_data()
        return Response(b" " * size, mimetype="text/html")

    return app


@contextmanager
def served() -> Iterator[Callable[[int], bytes]]:
    """The bare application, running; what is given asks it for so many bytes."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bare", str(port)], cwd=PROJECT
    )
    try:
        connection = _connected(port)

        def ask(size: int) -> bytes:
            return asked(connection, "GET", f"/{size}").read()

        yield ask
        connection.close()
    finally:
        server.terminate()
        server.wait(timeout=20)


def asked(connection: HTTPConnection, *request: Any) -> HTTPResponse:
    """The answer on a kept connection; one that the server closed meanwhile is opened again."""
    try:
        connection.request(*request)
        return connection.getresponse()
    except ConnectionError:
        connection.close()
        connection.request(*request)
        return connection.getresponse()


def _connected(port: int) -> HTTPConnection:
    until = time.monotonic() + PATIENCE
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.connect()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return connection


def _serve(port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        "bare",
        "127.0.0.1",
        port,
        interface=Interfaces.WSGI,
        websockets=False,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=bare_flask, wrap_loader=False)


# --- A signed page -----------------------------------------------------------------------------


class PageAgain:
    """Draws one note's page again as ReportLab's own canvas does when it is told every stroke."""

    def __init__(self, record: Record) -> None:
        from reportlab.pdfgen.canvas import Canvas
        from reportlab.pdfgen.pathobject import PDFPathObject

        calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

        class HeardPath(PDFPathObject):  # type: ignore[misc]
            """A path that can be told again, point by point."""

            def __getattribute__(self, name: str) -> Any:
                found = super().__getattribute__(name)
                if name not in _PATH_CALLS:
                    return found

                def hear(*values: float) -> Any:
                    self.__dict__.setdefault("told", []).append((name, values))
                    return found(*values)

                return hear

        class Heard(Canvas):  # type: ignore[misc]
            def __getattribute__(self, name: str) -> Any:
                found = super().__getattribute__(name)
                if name == "beginPath":
                    return HeardPath
                if name not in _DRAWING_CALLS:
                    return found

                def hear(*values: Any, **named: Any) -> Any:
                    calls.append((name, values, named))
                    return found(*values, **named)

                return hear

        def hear_curves(pen: Pen, shapes: Sequence[Curved], **look: Any) -> None:
            calls.append(("curves", (shapes,), look))
            curves(pen, shapes, **look)

        def hear_runs(
            pen: Pen, x: float, baseline: float, runs: Sequence[Run], size: float, **look: Any
        ) -> None:
            calls.append(("runs", (x, baseline, runs, size), look))
            lines(pen, x, baseline, runs, size, **look)

        curves, lines = Pen.curves, Pen.runs
        with (
            mock.patch("reportlab.pdfgen.canvas.Canvas", Heard),
            mock.patch.object(Pen, "curves", hear_curves),
            mock.patch.object(Pen, "runs", hear_runs),
        ):
            layout.render(record)
        self._calls = calls

    def draw(self) -> bytes:
        """The page, unsigned and without what makes it a note."""
        from reportlab.pdfgen.canvas import Canvas

        out = io.BytesIO()
        canvas = Canvas(out, pageCompression=1, invariant=1)
        for name, values, named in self._calls:
            if name in _PEN_CALLS:
                _PEN_CALLS[name](canvas, *values, **named)
                continue
            if name in ("drawPath", "clipPath"):
                path = canvas.beginPath()
                for call, points in values[0].told:
                    getattr(path, call)(*points)
                values = (path, *values[1:])
            getattr(canvas, name)(*values, **named)
        with mock.patch("reportlab.rl_config.useA85", 1):  # as ReportLab comes
            canvas.save()
        return out.getvalue()


def _curves(
    canvas: Any,
    shapes: Sequence[Curved],
    *,
    line: float = 0.0,
    grey: float = 0.0,
    fill: float | None = None,
    dash: Sequence[float] = (),
) -> None:
    """What a pen writes by itself, told to the canvas."""
    path = canvas.beginPath()
    for start, pieces, closed in shapes:
        path.moveTo(*start)
        for piece in pieces:
            path.curveTo(*piece)
        if closed:
            path.close()
    canvas.saveState()
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    canvas.setLineWidth(line)
    canvas.setStrokeGray(grey)
    if dash:
        canvas.setDash(list(dash))
    if fill is not None:
        canvas.setFillGray(fill)
    canvas.drawPath(path, stroke=int(line > 0), fill=int(fill is not None), fillMode=0)
    canvas.restoreState()


def _runs(
    canvas: Any,
    x: float,
    baseline: float,
    runs: Sequence[Run],
    size: float,
    *,
    align: str = "left",
    goes_on: bool = False,
) -> None:
    """A line, told to the canvas run by run."""
    if align != "left":
        x -= length(runs, size) / (1 if align == "right" else 2)
    for place, run in enumerate(runs, start=1):
        canvas.setFont(run.face.value, size)
        canvas.drawString(x, baseline, run.text + (" " if goes_on and place == len(runs) else ""))
        x += width_of(run.text, run.face, size)


_PEN_CALLS: dict[str, Callable[..., None]] = {"curves": _curves, "runs": _runs}
_PATH_CALLS = frozenset(("moveTo", "lineTo", "curveTo", "rect", "close"))
_DRAWING_CALLS = frozenset(
    "setFont drawString setFillGray setStrokeGray setLineWidth setLineCap setLineJoin setDash"  # noqa: SIM905
    " drawPath clipPath rect roundRect circle saveState restoreState showPage".split()
)


def sign_hash(key: ec.EllipticCurvePrivateKey, pdf: bytes) -> bytes:
    """SHA-256 and ECDSA over it: what any signature of these bytes costs."""
    return key.sign(hashlib.sha256(pdf).digest(), ec.ECDSA(hashes.SHA256()))


def merge(files: Iterable[bytes]) -> bytes:
    """The pages of all files in one, by pikepdf alone."""
    import pikepdf

    with pikepdf.new() as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It says of each file that its field is lost.
        for file in files:
            with pikepdf.open(io.BytesIO(file)) as source:
                made.pages.extend(source.pages)
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()


def validate(pdf: bytes, root_pem: str) -> bool:
    """pyHanko's own answer on the file's one signature."""
    from asn1crypto import pem, x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    root = x509.Certificate.load(pem.unarmor(root_pem.encode())[2])
    context = ValidationContext(
        trust_roots=[root], moment=signature.self_reported_timestamp, allow_fetching=False
    )
    return bool(validate_pdf_signature(signature, context).bottom_line)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
