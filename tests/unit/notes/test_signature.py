"""A signed note is what PDF readers, qpdf and OpenSSL agree on."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest

from app.notes import layout, signature, verification
from tests.unit.notes import records
from tests.unit.notes.conftest import AT, MEANING, Signing


def cms_of(pdf: bytes) -> tuple[bytes, bytes]:
    """The signed bytes and the CMS object, cut out by hand."""
    found = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    ((start, length, second, rest),) = [tuple(map(int, numbers)) for numbers in found]
    der = bytes.fromhex(pdf[start + length : second].strip(b"<>").decode())
    assert der[:2] == b"\x30\x82"
    size = int.from_bytes(der[2:4], "big") + 4
    return pdf[start : start + length] + pdf[second : second + rest], der[:size]


def openssl_verifies(pdf: bytes, root_pem: str, tmp_path: Path, at: datetime = AT) -> bool:
    content, cms = cms_of(pdf)
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "cms.der").write_bytes(cms)
    (tmp_path / "root.pem").write_text(root_pem)
    result = subprocess.run(
        "openssl cms -verify -binary -inform DER -in cms.der -content content -CAfile root.pem"
        f" -attime {int(at.timestamp())} -out out".split(),
        cwd=tmp_path,
        capture_output=True,
    )
    return result.returncode == 0


def test_openssl_verifies_the_signature_with_the_clinics_root(
    signed: bytes, signing: Signing, tmp_path: Path
) -> None:
    assert openssl_verifies(signed, signing.root.certificate_pem, tmp_path)


def test_openssl_finds_a_changed_byte(signed: bytes, signing: Signing, tmp_path: Path) -> None:
    changed = bytearray(signed)
    changed[5000] ^= 1

    assert not openssl_verifies(bytes(changed), signing.root.certificate_pem, tmp_path)


def test_the_cms_is_ecdsa_with_sha256_names_its_certificate_and_states_no_other_time(
    signed: bytes, tmp_path: Path
) -> None:
    _, cms = cms_of(signed)
    (tmp_path / "cms.der").write_bytes(cms)
    shown = subprocess.run(
        ["openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", "cms.der"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "ecdsa-with-SHA256" in shown
    assert "signingCertificateV2" in shown or "id-smime-aa-signingCertificateV2" in shown
    assert "signingTime" not in shown
    assert "prime256v1" in shown


def test_the_signer_signs_type_digest_and_certificate_as_pyhanko_itself_writes_them(
    signed: bytes, signing: Signing
) -> None:
    from asn1crypto import cms, x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.sign.general import as_signing_certificate_v2

    content, der = cms_of(signed)
    (signer,) = cms.ContentInfo.load(der)["content"]["signer_infos"]
    attributes = {each["type"].native: each["values"] for each in signer["signed_attrs"]}
    own = x509.Certificate.load(signing.signer.certificate.public_bytes(Encoding.DER))

    assert {kind: len(values) for kind, values in attributes.items()} == {
        "content_type": 1,
        "message_digest": 1,
        "signing_certificate_v2": 1,
    }
    assert attributes["message_digest"][0].native == hashlib.sha256(content).digest()
    assert attributes["signing_certificate_v2"][0].dump() == as_signing_certificate_v2(own).dump()


def test_pdfsig_calls_the_whole_document_signed_and_valid(signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(signed)
    shown = subprocess.run(
        ["pdfsig", "-nocert", str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    ).stdout

    assert "Signature is Valid" in shown
    assert "Total document signed" in shown
    assert "Not total" not in shown
    assert "Signature Type: ETSI.CAdES.detached" in shown
    assert "Signing Hash Algorithm: SHA-256" in shown
    assert "Ines Halloran, MD" in shown
    assert "Nov 23 2026 16:04:10" in shown
    assert "ProviderSignature" in shown


def test_qpdf_finds_no_fault_in_the_signed_file(signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(signed)

    subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=True)


def test_the_file_certifies_that_nothing_may_change_and_stays_pdf_1_7(
    signed: bytes, unsigned: bytes
) -> None:
    assert signed.startswith(unsigned)
    assert signed.startswith(b"%PDF-1.7")
    with pikepdf.open(io.BytesIO(signed)) as document:
        assert str(document.Root.get("/Version", "/1.7")) == "/1.7"
        (field,) = document.Root.AcroForm.Fields
        value = field.V
        assert str(value.SubFilter) == "/ETSI.CAdES.detached"
        assert str(value.M) == "D:20261123160410Z"
        assert str(value.Name) == "Ines Halloran, MD"
        assert str(value.Reason) == MEANING
        assert document.Root.Perms.DocMDP.objgen == value.objgen
        (reference,) = value.Reference
        assert str(reference.TransformMethod) == "/DocMDP"
        assert int(reference.TransformParams.P) == 1
        assert b"re S" in field.AP.N.read_bytes()
        # No clock of the machine leaves a trace in a file that was signed at another time.
        assert str(document.docinfo["/ModDate"]) == "D:20261123160410Z"


def test_a_note_is_signed_at_the_time_it_is_told_not_at_the_clocks(signing: Signing) -> None:
    past = datetime(2026, 10, 2, 9, 30, 15, 999_000, tzinfo=UTC)
    pdf = signing.sign(layout.render(records.preempt()), at=past)

    verdict = verification.verify(pdf, [signing.root.certificate_pem])
    assert verdict.signed_at == past.replace(microsecond=0)
    assert verdict.intact
    assert verdict.trusted


def test_a_certificate_signs_only_within_its_dates(signing: Signing, unsigned: bytes) -> None:
    for at in (
        signing.identity.not_before - timedelta(seconds=1),
        signing.identity.not_after + timedelta(seconds=1),
    ):
        with pytest.raises(signature.CertificateNotValid, match="1 Oct 2026 to 1 Oct 2029"):
            signing.sign(unsigned, at=at)


def test_a_time_without_a_zone_is_refused(signing: Signing, unsigned: bytes) -> None:
    with pytest.raises(ValueError, match="zone"):
        signing.sign(unsigned, at=AT.replace(tzinfo=None))


def test_a_signed_note_is_not_signed_again(signing: Signing, signed: bytes) -> None:
    from pyhanko.sign.general import SigningError

    with pytest.raises(SigningError):
        signing.sign(signed)


def test_many_threads_sign_and_verify_at_once(signing: Signing, unsigned: bytes) -> None:
    verdicts: list[verification.Verdict] = []

    def work() -> None:
        verdicts.append(verification.verify(signing.sign(unsigned), [signing.root.certificate_pem]))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(verdicts) == 6
    assert all(verdict.intact and verdict.trusted for verdict in verdicts)


def test_signing_and_verifying_work_while_an_event_loop_runs_in_the_thread(
    signing: Signing, unsigned: bytes
) -> None:
    async def within_a_loop() -> verification.Verdict:
        pdf = signing.sign(unsigned)
        return verification.verify(pdf, [signing.root.certificate_pem])

    verdict = asyncio.run(within_a_loop())

    assert verdict.intact
    assert verdict.trusted


def test_two_signatures_of_one_note_differ_and_both_hold(signing: Signing, unsigned: bytes) -> None:
    first, second = signing.sign(unsigned), signing.sign(unsigned)

    assert first != second
    for pdf in (first, second):
        assert verification.verify(pdf, [signing.root.certificate_pem]).intact
