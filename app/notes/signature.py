"""Signing: a provider's PAdES signature on a rendered note, after which nothing may be changed."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate

from app.clinical.errors import Refusal
from app.notes import words
from app.notes.authority import Signer

FIELD = "ProviderSignature"

T = TypeVar("T")


class CertificateNotValid(Refusal):
    """The certificate does not cover the moment of signing."""


def sign(
    pdf: bytes, signer: Signer, *, name: str, reason: str, location: str, at: datetime
) -> bytes:
    """The note with its signature: PAdES B-B, ECDSA P-256 with SHA-256, no changes allowed after.

    `at` (aware) is the signing time that the file states. The appearance drawn by the layout
    stays as it is. Raises CertificateNotValid outside the certificate's dates. May be called from
    any thread, also one whose event loop is running.
    """
    if at.tzinfo is None:
        raise ValueError("the time of signing needs a zone")
    certificate = signer.certificate
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise CertificateNotValid(
            "The signing certificate is valid from %(first)s to %(last)s. Renew the PIN and sign.",
            first=words.day(certificate.not_valid_before_utc.date()),
            last=words.day(certificate.not_valid_after_utc.date()),
        )
    return run_to_end(_signed(pdf, signer, name=name, reason=reason, location=location, at=at))


async def _signed(
    pdf: bytes, signer: Signer, *, name: str, reason: str, location: str, at: datetime
) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
    from pyhanko.stamp import NoOpStampStyle

    class Revision(IncrementalPdfFileWriter):
        def ensure_output_version(self, version: object) -> None:
            """pyHanko would raise the file to 2.0; PDF/A-3 is built on 1.7, so a note stays."""

        def _update_meta(self) -> None:
            """pyHanko would date the change by the wall clock; the file is dated already."""

    writer = Revision(io.BytesIO(pdf), strict=True)
    certifying = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
            name=name,
            reason=reason,
            location=location,
        ),
        signer=_for_pyhanko(signer),
        stamp_style=NoOpStampStyle(),
    )
    session = certifying.init_signing_session(writer, existing_fields_only=True)
    # pyHanko would state the wall clock; the file states the instant it was told.
    session.system_time = at.replace(microsecond=0)
    room = await session.estimate_signature_container_size(None)
    prepared = session.prepare_tbs_document(None, room)
    digest, output = prepared.digest_tbs_document()
    await prepared.perform_signature(
        digest.document_digest, PdfCMSSignedAttributes(signing_time=session.system_time)
    )
    output.seek(0)
    return bytes(output.read())


def _for_pyhanko(signer: Signer) -> Any:
    from asn1crypto import keys, x509
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator import registry

    new_store: Any = registry.SimpleCertificateStore  # its constructor has no types
    chain = new_store()

    def loaded(certificate: Certificate) -> Any:
        return x509.Certificate.load(certificate.public_bytes(Encoding.DER))

    key = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    chain.register(loaded(signer.root))
    return SimpleSigner(loaded(signer.certificate), keys.PrivateKeyInfo.load(key), chain)


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, on an event loop of its own.

    Where a loop already runs in this thread (a server built on one), another thread does it;
    the caller's loop and its settings are left alone.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _on_own_loop(work)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(_on_own_loop, work).result()


def _on_own_loop(work: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
