"""Signing: a provider's PAdES signature on a rendered note, after which nothing may be changed."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from app.clinical.errors import Refusal
from app.notes import words
from app.notes.authority import Signer

if TYPE_CHECKING:
    from app.notes.timestamp import Stamping

FIELD = "ProviderSignature"

# Room in the file for what a signature holds beside certificates and time stamp, in bytes.
_ROOM = 1024

T = TypeVar("T")


class CertificateNotValid(Refusal):
    """The certificate does not cover the moment of signing."""


def sign(
    pdf: bytes,
    signer: Signer,
    *,
    name: str,
    reason: str,
    location: str,
    at: datetime,
    stamping: Stamping | None = None,
) -> bytes:
    """The note with its signature: PAdES, ECDSA P-256 with SHA-256, no changes allowed after.

    `at` (aware) is the signing time that the file states. With `stamping` the level is B-LT, in one
    revision; else B-B. The appearance drawn by the layout stays as it is. May be called from any
    thread, also one whose event loop is running. Raises CertificateNotValid outside the
    certificate's dates, and NoStamp where `stamping` does not stamp.
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
    return run_to_end(
        _signed(pdf, signer, stamping, name=name, reason=reason, location=location, at=at)
    )


async def _signed(
    pdf: bytes,
    signer: Signer,
    stamping: Stamping | None,
    *,
    name: str,
    reason: str,
    location: str,
    at: datetime,
) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
    from pyhanko.sign.validation import DocumentSecurityStore
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
        timestamper=stamping.timestamper if stamping else None,
        stamp_style=NoOpStampStyle(),
    )
    session = certifying.init_signing_session(writer, existing_fields_only=True)
    # pyHanko would state the wall clock; the file states the instant it was told.
    session.system_time = at.replace(microsecond=0)
    if stamping:
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            None,  # Under no signature of its own: what comes after a signature changes the file.
            certs=stamping.certificates,
            ocsps=stamping.ocsps,
            crls=stamping.crls,
        )
    prepared = session.prepare_tbs_document(None, _room_for(signer, stamping))
    digest, output = prepared.digest_tbs_document()
    await prepared.perform_signature(
        digest.document_digest, PdfCMSSignedAttributes(signing_time=session.system_time)
    )
    output.seek(0)
    return bytes(output.read())


def _room_for(signer: Signer, stamping: Stamping | None) -> int:
    """Hexadecimal digits that the signature takes at most; what it leaves is filled with noughts.

    Known beforehand, a signature is made once; pyHanko would make another to see its size.
    """
    # The authority's name stands in its own certificate, in the signer's and twice beside them.
    size = len(_der(signer.certificate)) + 3 * len(_der(signer.root)) + _ROOM
    if stamping:
        size += stamping.token_bytes + _ROOM
    return 2 * size


def _for_pyhanko(signer: Signer) -> Any:
    from asn1crypto.tsp import SigningCertificateV2
    from pyhanko.sign.attributes import SignedAttributeProviderSpec, SigningCertificateV2Provider
    from pyhanko.sign.signers import Signer as SignerOfPyHanko
    from pyhanko_certvalidator import registry

    class WhichCertificate(SigningCertificateV2Provider):
        """pyHanko's attribute, read back: asn1crypto writes out what it made at each look, some
        hundred times a signature, and keeps what it read."""

        async def build_attr_value(self, dry_run: bool = False) -> Any:
            made = await super().build_attr_value(dry_run)
            return SigningCertificateV2.load(made.dump())

    class OfPades(SignedAttributeProviderSpec):
        """What PAdES has a signer sign beside type and digest."""

        def signed_attr_providers(self, data_digest: bytes, digest_algorithm: str) -> Any:
            yield WhichCertificate(parsed(_der(signer.certificate)))

    class WithOpenedKey(SignerOfPyHanko):
        """Signs with the key as it was opened; pyHanko's own parses it for each signature."""

        async def async_sign_raw(
            self, data: bytes, digest_algorithm: str, dry_run: bool = False
        ) -> bytes:
            return signer.key.sign(data, ec.ECDSA(hashes.SHA256()))

    new_store: Any = registry.SimpleCertificateStore  # its constructor has no types
    chain = new_store()
    chain.register(parsed(_der(signer.root)))
    made = WithOpenedKey(signing_cert=parsed(_der(signer.certificate)), cert_registry=chain)
    made.signed_attr_prov_spec = OfPades()
    return made


@lru_cache(maxsize=64)
def parsed(der: bytes) -> Any:
    """A certificate as pyHanko takes it; parsed again for each signature it would cost the more."""
    from asn1crypto import x509

    return x509.Certificate.load(der)


def _der(certificate: Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


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
