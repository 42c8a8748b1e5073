"""A note is B-LT where a time-stamp service answers rightly in time, and B-B where it does not."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms, crl
from cryptography.hazmat.primitives.serialization import Encoding

from app import clock
from app.notes import authority, layout, timestamp, verification
from tests import timestamping
from tests.browser.clinic import free_port
from tests.timestamping import NAME, Manner, Service
from tests.unit.notes import records
from tests.unit.notes.conftest import SECRET, Signing, new_signing
from tests.unit.notes.test_signature import cms_of, openssl_verifies


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with timestamping.running(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def today() -> Signing:
    """A signer whose certificate is good today, for a stamp says the real time."""
    return new_signing(now=clock.now())


@pytest.fixture(scope="module")
def unsigned() -> bytes:
    """A page that says of itself what it is going to be."""
    return layout.render({**records.preempt(), "signature_level": "B-LT"})


@pytest.fixture(scope="module")
def basic() -> bytes:
    return layout.render(records.preempt())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than the product waits; a right answer stays one."""
    monkeypatch.setattr(timestamp, "PATIENCE", 120)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's patience made short, where all of it is used up."""
    monkeypatch.setattr(timestamp, "PATIENCE", 1)


def met(today: Signing, url: str) -> timestamp.Stamping | None:
    revocations = partial(list_of_revoked, today)
    return timestamp.meet(url, signer=today.signer, at=clock.now(), revocations=revocations)


def list_of_revoked(today: Signing, start: datetime, end: datetime) -> bytes:
    return authority.revocations(today.root, secret=SECRET, start=start, end=end)


def stamped(today: Signing, unsigned: bytes, stamping: timestamp.Stamping | None) -> bytes:
    assert stamping is not None
    return today.sign(unsigned, at=clock.now(), stamping=stamping)


@pytest.fixture(scope="module")
def long_term(service: Service, today: Signing, unsigned: bytes) -> bytes:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(timestamp, "PATIENCE", 120)
        return stamped(today, unsigned, met(today, service.url(Manner.RIGHT)))


def test_a_stamped_note_is_b_lt_and_says_when_and_by_whom_it_was_stamped(
    long_term: bytes, today: Signing
) -> None:
    verdict = verification.verify(long_term, [today.root.certificate_pem])

    assert (verdict.intact, verdict.trusted, verdict.level) == (True, True, "B-LT")
    assert verdict.coverage == "whole"
    assert verdict.stamp is not None
    assert verdict.stamp.authority == NAME
    assert verdict.signed_at is not None
    assert abs(verdict.stamp.at - verdict.signed_at) < timestamping.A_WHILE


def test_all_of_it_stands_in_one_revision_and_under_no_signature_of_its_own(
    long_term: bytes, unsigned: bytes
) -> None:
    assert long_term.startswith(unsigned)
    assert long_term.count(b"startxref") == unsigned.count(b"startxref") + 1
    with pikepdf.open(io.BytesIO(long_term)) as document:
        store = document.Root.DSS
        assert "/VRI" not in store
        assert len(store.Certs) == 4
        assert len(store.CRLs) == 1
        assert str(document.Root.get("/Version", "/1.7")) == "/1.7"


def test_openssl_verifies_signature_time_stamp_and_that_nothing_was_revoked(
    long_term: bytes, today: Signing, service: Service, tmp_path: Path
) -> None:
    root = today.root.certificate_pem
    assert openssl_verifies(long_term, root, tmp_path, at=clock.now())

    [signer_info] = cms.ContentInfo.load(cms_of(long_term)[1])["content"]["signer_infos"]
    [attribute] = signer_info["unsigned_attrs"]
    assert attribute["type"].native == "signature_time_stamp_token"
    (tmp_path / "token.der").write_bytes(attribute["values"][0].dump())
    digest = hashlib.sha256(signer_info["signature"].native).hexdigest()
    openssl = f"openssl ts -verify -digest {digest} -in token.der -token_in -CAfile"
    shown = subprocess.run(
        [*openssl.split(), service.root], cwd=tmp_path, capture_output=True, text=True
    )
    assert "Verification: OK" in shown.stdout, shown.stderr

    with pikepdf.open(io.BytesIO(long_term)) as document:
        revoked = document.Root.DSS.CRLs[0].read_bytes()
    (tmp_path / "crl.pem").write_bytes(pem_of(revoked, tmp_path))
    (tmp_path / "signer.pem").write_text(today.identity.certificate_pem)
    authority_file = tmp_path / "root.pem"  # as the first check left it
    openssl = f"openssl verify -crl_check -CAfile {authority_file} -CRLfile crl.pem signer.pem"
    checked = subprocess.run(openssl.split(), cwd=tmp_path, capture_output=True, text=True)
    assert checked.stdout == "signer.pem: OK\n", checked.stderr


def pem_of(der: bytes, folder: Path) -> bytes:
    (folder / "crl.der").write_bytes(der)
    openssl = ["openssl", "crl", "-inform", "DER", "-in", "crl.der"]
    return subprocess.run(openssl, cwd=folder, capture_output=True, check=True).stdout


def test_pdfsig_and_qpdf_find_no_fault_in_a_stamped_note(long_term: bytes, tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(long_term)
    pdfsig = ["pdfsig", "-nocert", str(path)]
    shown = subprocess.run(pdfsig, capture_output=True, text=True, check=True).stdout

    assert "Signature is Valid" in shown
    assert "Total document signed" in shown
    assert "Not total" not in shown
    subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=True)


def test_a_byte_changed_in_what_is_kept_for_later_is_found(
    long_term: bytes, today: Signing
) -> None:
    with pikepdf.open(io.BytesIO(long_term)) as document:
        revoked = document.Root.DSS.CRLs[0].read_raw_bytes()
    place = long_term.index(revoked) + len(revoked) // 2
    changed = bytearray(long_term)
    changed[place] ^= 1

    assert not verification.verify(bytes(changed), [today.root.certificate_pem]).intact


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "manner",
    [
        Manner.GARBAGE,
        Manner.REFUSES,
        Manner.FAILS,
        Manner.WRONG_NONCE,
        Manner.WRONG_HASH,
        Manner.FORGED,
    ],
)
def test_a_service_that_answers_wrongly_offers_nothing(
    service: Service, today: Signing, manner: Manner
) -> None:
    assert met(today, service.url(manner)) is None


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("manner", [Manner.NEVER, Manner.DRIPS])
def test_a_service_is_not_waited_for_longer_than_its_time(
    service: Service, today: Signing, manner: Manner
) -> None:
    assert met(today, service.url(manner)) is None


@pytest.mark.usefixtures("patient")
def test_a_service_that_is_not_there_or_is_no_address_offers_nothing(today: Signing) -> None:
    assert met(today, f"http://127.0.0.1:{free_port()}/") is None
    assert met(today, "no address") is None


@pytest.mark.usefixtures("patient")
def test_a_service_that_fails_when_it_is_to_stamp_leaves_nothing_signed(
    service: Service, today: Signing, unsigned: bytes
) -> None:
    stamping = met(today, service.url(Manner.ONCE))

    with pytest.raises(timestamp.NoStamp):
        stamped(today, unsigned, stamping)


def test_the_time_of_the_first_answer_and_of_the_stamp_is_one(
    service: Service, today: Signing, unsigned: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timestamp, "PATIENCE", 10)
    stamping = met(today, service.url(Manner.ONCE_THEN_NEVER))

    with pytest.raises(timestamp.NoStamp, match="TimeoutError"):
        stamped(today, unsigned, stamping)


@pytest.mark.usefixtures("patient")
def test_a_stamp_without_word_on_revocation_is_no_b_lt(
    service: Service, today: Signing, unsigned: bytes
) -> None:
    stamping = met(today, service.url(Manner.RIGHT))
    assert stamping is not None
    without: dict[str, Any] = {"crls": ()}

    bare = verification.verify(
        stamped(today, unsigned, replace(stamping, **without)), [today.root.certificate_pem]
    )

    assert bare.level == "B-T"
    assert not bare.intact  # for its record says that it is B-LT


@pytest.mark.usefixtures("patient")
def test_a_list_of_revoked_certificates_by_another_authority_is_no_evidence(
    service: Service, today: Signing
) -> None:
    stranger = new_signing(now=clock.now())  # the same names, another key

    offered = timestamp.meet(
        service.url(Manner.RIGHT),
        signer=today.signer,
        at=clock.now(),
        revocations=partial(list_of_revoked, stranger),
    )

    assert offered is None


def test_the_authority_lists_nothing_as_revoked_around_the_instants_asked_for(
    today: Signing,
) -> None:
    now = clock.now()
    listed = crl.CertificateList.load(list_of_revoked(today, now, now))["tbs_cert_list"]

    assert listed["this_update"].native < now < listed["next_update"].native
    assert not listed["revoked_certificates"].native
    assert listed["issuer"].dump() == today.signer.root.subject.public_bytes()


def test_a_signature_is_made_once_by_the_key_as_it_was_opened(
    signing: Signing, basic: bytes
) -> None:
    made: list[bytes] = []

    class Counting:
        def sign(self, data: bytes, algorithm: Any) -> bytes:
            made.append(data)
            return signing.signer.key.sign(data, algorithm)

    counting: Any = Counting()
    signed = replace(signing, signer=replace(signing.signer, key=counting)).sign(basic)

    assert len(made) == 1
    assert verification.verify(signed, [signing.root.certificate_pem]).intact


@pytest.mark.parametrize("length", [1, 20, 300])
def test_every_name_has_room_and_what_it_leaves_is_noughts_in_one_case(
    basic: bytes, length: int
) -> None:
    long_named = new_signing("Nguyễn " * length, name="Nguyễn " * length)
    pdf = long_named.sign(basic)
    start = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    digits = pdf[start : pdf.index(b">", start)]
    der = cms_of(pdf)[1].hex().upper().encode()

    assert digits.startswith(der)
    assert set(digits[len(der) :]) == {ord("0")}
    assert long_named.signer.root.public_bytes(Encoding.DER).hex().upper().encode() in der
    assert verification.verify(pdf, [long_named.root.certificate_pem]).trusted
