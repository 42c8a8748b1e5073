"""What making and checking a note costs in the process, without the way to it."""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric import ec

from app.notes import authority, layout, verification
from app.notes.copy import Printout, print_copies
from tests.benchmarks import bare, naive
from tests.benchmarks.measuring import Result, in_turn
from tests.unit.notes import records
from tests.unit.notes.conftest import PIN, SECRET, Signing, new_signing


@cache
def signing() -> Signing:
    """A clinic's authority and one provider's opened key."""
    return new_signing()


@cache
def drawn_again() -> bare.PageAgain:
    """The page of a PREEMPT session, ready to be drawn by ReportLab alone."""
    return bare.PageAgain(records.preempt())


def render_and_sign(rounds: int) -> Result:
    """Page, tags, attached record and PAdES signature; the floor: ReportLab's strokes, SHA-256,
    ECDSA."""
    record, page, key = records.preempt(), drawn_again(), ec.generate_private_key(ec.SECP256R1())
    return in_turn(
        "note of 31 sites, rendered and signed",
        lambda _: signing().sign(layout.render(record)),
        lambda _: bare.sign_hash(key, page.draw()),
        rounds=rounds,
        budget=3,
    )


def beside_naive(folder: Path, rounds: int) -> Result:
    """The same note, beside WeasyPrint and pyHanko as they come: a tenth of their time at most."""
    record = records.preempt()
    with naive.running(folder) as make:
        return in_turn(
            "the same, beside WeasyPrint and RSA-3072",
            lambda _: signing().sign(layout.render(record)),
            lambda _: make(),
            rounds=rounds,
            budget=0.1,
        )


def print_file(notes: int, rounds: int) -> Result:
    """The print file of stored notes, each with its margin; the floor: pikepdf's bare merge."""
    records_of_all = [{**records.preempt(), "software": f"0.{number}"} for number in range(notes)]
    stored = [signing().sign(layout.render(record)) for record in records_of_all]
    line = "Copy 1 of a signed file · Ines Halloran · 23 Nov 2026 16:04 · for the paper record"
    return in_turn(
        f"print file of {notes} notes",
        lambda _: print_copies([Printout(pdf, line) for pdf in stored]),
        lambda _: bare.merge(stored),
        rounds=rounds,
        budget=1.3,
    )


def hash_pin() -> bytes:
    """Argon2id at the cost of a PIN."""
    return hash_secret_raw(
        PIN.encode(),
        secrets.token_bytes(16),
        authority._ARGON2_PASSES,
        authority._ARGON2_KIB,
        authority._ARGON2_LANES,
        hash_len=32,
        type=Type.ID,
    )


def open_key(rounds: int) -> Result:
    """The signing key opened by its PIN, slow on purpose; the floor: Argon2id alone."""
    identity = signing().identity
    return in_turn(
        "signing key opened by its PIN",
        lambda _: authority.unlock(identity, pin=PIN, secret=SECRET),
        lambda _: hash_pin(),
        rounds=rounds,
        budget=1.3,
    )


def verify(rounds: int) -> Result:
    """The verdict on a signed note; the floor: pyHanko's own, without a question of ours."""
    pdf = signing().sign(layout.render(records.preempt()))
    root = signing().root.certificate_pem
    return in_turn(
        "note verified",
        lambda _: verification.verify(pdf, [root]),
        lambda _: bare.validate(pdf, root),
        rounds=rounds,
        budget=1.5,
    )
