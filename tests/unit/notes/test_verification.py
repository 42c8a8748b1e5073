"""What any file proves, and what nobody can make it seem to prove."""

from __future__ import annotations

import io
import random
import re
from datetime import UTC, datetime

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.notes import copy, layout, record, verification
from app.notes.verification import Verdict
from tests.unit.notes import forging, records
from tests.unit.notes.conftest import AT, Signing, new_signing


def verdict(pdf: bytes, signing: Signing) -> Verdict:
    return verification.verify(pdf, [signing.root.certificate_pem])


def signed_ranges(pdf: bytes) -> list[tuple[int, int]]:
    (found,) = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    start, length, second, rest = map(int, found)
    return [(start, start + length), (second, second + rest)]


def test_a_signed_note_says_who_when_and_that_nothing_changed(
    signed: bytes, signing: Signing
) -> None:
    found = verdict(signed, signing)

    assert found == Verdict(
        is_note=True,
        intact=True,
        trusted=True,
        level="B-B",
        signer="Ines Halloran",
        credentials="MD",
        signed_at=AT,
        coverage="whole",
        reason=verification.UNCHANGED,
        attachments={"record.json": record.canonical(records.preempt())},
    )
    assert found.record_sha256 == record.sha256(records.preempt())


def test_150_random_bits_of_the_signed_bytes_are_all_missed(
    signed: bytes, signing: Signing
) -> None:
    chance = random.Random(20261123)
    first, second = signed_ranges(signed)
    places = [*range(*first), *range(*second)]
    for _ in range(150):
        place, bit = chance.choice(places), chance.randrange(8)
        found = verdict(forging.flipped(signed, place, bit), signing)
        assert not found.intact, f"bit {bit} of byte {place}"
        assert found.reason != verification.UNCHANGED


def test_a_changed_dose_is_found(signing: Signing, signed: bytes) -> None:
    """The attack that matters: the page redrawn with another dose under the old signature."""
    other = records.preempt()
    other["sites"][0]["units"] = "50"
    page = layout.render(other)
    forged = page + signed[len(layout.render(records.preempt())) :]

    assert not verdict(forged, signing).intact


def test_a_revision_added_after_the_signature_is_refused(signed: bytes, signing: Signing) -> None:
    found = verdict(forging.revision(signed, words=b"FORGED"), signing)

    assert found.is_note
    assert not found.intact
    assert found.coverage == "part"
    assert found.reason == verification.ADDED_TO
    assert found.signer == "Ines Halloran"


@pytest.mark.parametrize("more", [b"\n", b" ", b"%%EOF\n", b"x" * 5000])
def test_anything_after_the_end_is_refused(signed: bytes, signing: Signing, more: bytes) -> None:
    found = verdict(signed + more, signing)

    assert found.is_note
    assert not found.intact
    assert found.reason in (verification.ADDED_TO, verification.CHANGED)


def test_a_note_written_anew_by_another_program_is_not_intact(
    signed: bytes, signing: Signing
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(signed)) as document:
        document.save(out)

    assert not verdict(out.getvalue(), signing).intact


def test_a_note_of_another_authority_is_intact_and_not_trusted(signing: Signing) -> None:
    stranger = new_signing()  # the same names, another key
    pdf = stranger.sign(layout.render(records.preempt()))

    found = verdict(pdf, signing)
    assert found.is_note
    assert found.intact
    assert not found.trusted
    assert found.reason == verification.UNCHANGED_BUT_UNKNOWN
    assert verification.verify(pdf, []).trusted is False
    both = [signing.root.certificate_pem, stranger.root.certificate_pem]
    assert verification.verify(pdf, both).trusted
    assert verification.verify(pdf, ["".join(both)]).trusted


def test_a_note_verifies_long_after_its_certificate_ended(
    signed: bytes, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged as of the day it was signed: the clock of the machine is not asked at all."""
    assert signing.identity.not_after < datetime(2040, 1, 1, tzinfo=UTC)
    import time

    future = datetime(2040, 1, 1, tzinfo=UTC).timestamp()
    monkeypatch.setattr(time, "time", lambda: future)

    assert verdict(signed, signing).trusted


def test_an_ordinary_signature_that_allows_changes_is_not_a_notes(
    signing: Signing, unsigned: bytes
) -> None:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.stamp import NoOpStampStyle

    from app.notes import signature

    signer = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=signature.FIELD,
            subfilter=fields.SigSeedSubFilter.PADES,
            md_algorithm="sha256",
        ),
        signer=signature._for_pyhanko(signing.signer),
        stamp_style=NoOpStampStyle(),
    )
    out = signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(unsigned)), existing_fields_only=True)

    found = verdict(out.getvalue(), signing)
    assert found.is_note
    assert not found.intact
    assert found.reason == verification.NOT_FINAL


def test_an_unsigned_page_is_no_note(unsigned: bytes, signing: Signing) -> None:
    found = verdict(unsigned, signing)

    assert not found.is_note
    assert not found.intact
    assert found.reason == verification.NO_SIGNATURE


def test_a_printed_copy_is_no_note(signed: bytes, signing: Signing) -> None:
    printed = copy.print_copy(signed, margin_line="Copy 1 of a signed file")

    assert not verdict(printed, signing).is_note


def test_a_locked_pdf_is_no_note(signed: bytes, signing: Signing) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(signed)) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))

    found = verdict(out.getvalue(), signing)
    assert not found.intact
    assert found.reason in (verification.LOCKED, verification.NO_SIGNATURE)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", verification.NO_PDF),
        (b"hello", verification.NO_PDF),
        (b"\x00" * 4096, verification.NO_PDF),
        (b"%PDF-1.7", verification.NO_SIGNATURE),
        (b"%PDF-1.7\n%%EOF\n", verification.NO_SIGNATURE),
        (b"%PDF-1.7\nstartxref\n99999999999\n%%EOF\n", verification.NO_SIGNATURE),
        (b"%PDF-1.7\n" + b"[" * 200_000, verification.NO_SIGNATURE),
        (b"%PDF-1.7\n" + b"<<" * 200_000 + b"\nstartxref\n9\n%%EOF", verification.NO_SIGNATURE),
    ],
)
def test_a_file_that_is_no_note_gets_a_sentence_and_raises_nothing(
    content: bytes, reason: str, signing: Signing
) -> None:
    assert verdict(content, signing) == Verdict(
        False, False, False, None, None, None, None, "none", reason
    )


def test_a_huge_file_is_not_even_opened(signing: Signing) -> None:
    huge = b"%PDF-1.7\n" + bytes(verification.LARGEST_FILE)

    assert verdict(huge, signing).reason == verification.TOO_LARGE


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_note_never_raises_and_never_passes(data: st.DataObject) -> None:
    signed, root = _once()
    start = data.draw(st.integers(0, len(signed) - 1))
    length = data.draw(st.integers(1, 400))
    instead = data.draw(st.binary(max_size=60))
    damaged = signed[:start] + instead + signed[start + length :]

    found = verification.verify(damaged, [root])

    assert damaged == signed or not found.intact


_MADE: list[tuple[bytes, str]] = []


def _once() -> tuple[bytes, str]:
    """A signed note for the tests that hypothesis runs many times."""
    if not _MADE:
        signing = new_signing()
        pdf = signing.sign(layout.render(records.record([records.site(1)])))
        _MADE.append((pdf, signing.root.certificate_pem))
    return _MADE[0]


def test_an_unreadable_root_is_the_callers_fault(signed: bytes) -> None:
    with pytest.raises(ValueError, match="PEM"):
        verification.verify(signed, ["not a certificate"])
