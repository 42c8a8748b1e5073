"""The container of a signature: no byte of it can be another one."""

from __future__ import annotations

import random
import re

import pytest

from app.notes import container, layout, verification
from tests.unit.notes import forging, records
from tests.unit.notes.conftest import Signing
from tests.unit.notes.stamping import LongLived


def room_of(pdf: bytes) -> tuple[int, int]:
    """Where the container begins and ends, with its brackets."""
    (found,) = re.findall(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+\d+\s*\]", pdf)
    return int(found[0]), int(found[1])


def filled_of(pdf: bytes) -> tuple[int, int]:
    """The part of it that the signature fills."""
    first, end = room_of(pdf)
    digits = pdf[first + 1 : end - 1]
    return first, first + 1 + len(digits.rstrip(b"0"))


def is_intact(pdf: bytes, signing: Signing | LongLived | None) -> bool:
    roots = [] if signing is None else [signing.root_pem]
    return verification.verify(pdf, roots).intact


def refuse_everywhere(
    pdf: bytes, signing: Signing | LongLived, places: range, count: int, seed: int
) -> None:
    """Flip `count` random bits among these places; each must be refused."""
    chance = random.Random(seed)
    assert is_intact(pdf, signing)
    for _ in range(count):
        place, bit = chance.choice(places), chance.randrange(8)
        changed = forging.flipped(pdf, place, bit)
        assert not is_intact(changed, signing), f"seed {seed}: bit {bit} of byte {place}"


@pytest.mark.parametrize("filling", [b"1", b"F", b"f", b" "])
def test_the_room_behind_the_signature_holds_zeros_only(
    signed: bytes, signing: Signing, filling: bytes
) -> None:
    _, end = room_of(signed)
    changed = signed[: end - 2] + filling + signed[end - 1 :]

    assert not is_intact(changed, signing)


def test_the_digits_are_in_one_case(signed: bytes, signing: Signing) -> None:
    first, end = room_of(signed)
    lower = signed[:first] + signed[first:end].lower() + signed[end:]

    assert lower != signed
    assert not is_intact(lower, signing)


def test_a_blank_between_the_digits_is_refused(signed: bytes, signing: Signing) -> None:
    _, end = room_of(signed)
    changed = signed[: end - 3] + b" 0" + signed[end - 1 :]

    assert len(changed) == len(signed)
    assert not is_intact(changed, signing)


def test_a_certificate_of_nobody_here_is_refused(signed: bytes, signing: Signing) -> None:
    """A second certificate among the signature's own: nothing that is signed tells of it."""
    from asn1crypto import cms, x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from tests.unit.notes.conftest import new_signing

    first, end = room_of(signed)
    held = cms.ContentInfo.load(container.contained(signed, [0, first, end, len(signed) - end]))
    stranger = new_signing().signer.certificate.public_bytes(Encoding.DER)
    certificates = held["content"]["certificates"]
    certificates.append(cms.CertificateChoices("certificate", x509.Certificate.load(stranger)))
    der = held.dump(force=True)
    digits = der.hex().upper().encode()
    changed = signed[: first + 1] + digits.ljust(end - first - 2, b"0") + signed[end - 1 :]

    assert len(changed) == len(signed)
    assert not is_intact(changed, signing)


def test_random_bits_of_the_container_are_all_refused(
    signed: bytes, signing: Signing, seed: int
) -> None:
    refuse_everywhere(signed, signing, range(*filled_of(signed)), 60, seed)


def test_random_bits_are_refused_without_any_root_too(signed: bytes, seed: int) -> None:
    chance, (first, end) = random.Random(seed), filled_of(signed)
    for _ in range(30):
        place = chance.randrange(first, end)
        assert not is_intact(forging.flipped(signed, place, chance.randrange(8)), None), seed


@pytest.mark.long
def test_500_bits_anywhere_and_500_of_the_container_are_refused(
    signed: bytes, signing: Signing, seed: int
) -> None:
    refuse_everywhere(signed, signing, range(len(signed)), 500, seed)
    refuse_everywhere(signed, signing, range(*room_of(signed)), 500, seed)


@pytest.mark.long
def test_every_digit_of_the_signature_is_looked_at(
    signed: bytes, signing: Signing, full_rounds: bool
) -> None:
    for place in range(*filled_of(signed), 1 if full_rounds else 11):
        assert not is_intact(forging.flipped(signed, place, 0), signing), place


# --- With a time stamp and what proves it for later, in the one revision -------------------------


@pytest.fixture(scope="session")
def lasting() -> LongLived:
    return LongLived()


@pytest.fixture(scope="session")
def stamped(lasting: LongLived) -> bytes:
    return lasting.sign(layout.render(records.preempt()))


def test_a_time_stamp_and_its_proof_make_it_b_lt(stamped: bytes, lasting: LongLived) -> None:
    found = verification.verify(stamped, [lasting.root_pem])

    assert found.intact
    assert found.trusted
    assert found.coverage == "whole"
    assert found.level == "B-LT"
    assert found.signer == "Ines Halloran"


def test_a_time_stamp_without_lists_of_what_was_withdrawn_is_b_t(lasting: LongLived) -> None:
    pdf = lasting.sign(layout.render(records.preempt()), with_lists=False)

    assert verification.verify(pdf, [lasting.root_pem]).level == "B-T"


def test_random_bits_of_a_stamped_container_are_all_refused(
    stamped: bytes, lasting: LongLived, seed: int
) -> None:
    refuse_everywhere(stamped, lasting, range(*filled_of(stamped)), 60, seed)


def test_a_stamp_of_another_authority_in_its_place_is_refused(
    stamped: bytes, lasting: LongLived
) -> None:
    """The stamp is not signed; but the file holds, signed, whose stamps it takes."""
    changed = lasting.stamped_anew(stamped, room_of(stamped))

    assert len(changed) == len(stamped)
    assert not is_intact(changed, lasting)


def test_a_stamp_that_was_taken_out_is_missed_where_the_record_tells_of_it(
    lasting: LongLived,
) -> None:
    pdf = lasting.sign(layout.render(records.preempt(signature_level="B-LT")))
    assert is_intact(pdf, lasting)

    assert not is_intact(lasting.without_stamp(pdf, room_of(pdf)), lasting)


@pytest.mark.long
def test_500_bits_of_a_stamped_note_are_refused(
    stamped: bytes, lasting: LongLived, seed: int
) -> None:
    refuse_everywhere(stamped, lasting, range(len(stamped)), 250, seed)
    refuse_everywhere(stamped, lasting, range(*filled_of(stamped)), 500, seed)
