"""Signatures with a time stamp, and with what proves them for later, all in one revision."""

from __future__ import annotations

import io
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, keys
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.notes import container, signature
from tests.unit.notes.conftest import MEANING

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

NOW = datetime.now(UTC).replace(microsecond=0)
FIRST, LAST = NOW - timedelta(days=30), NOW + timedelta(days=300)


class Issuer:
    """A root with its list of withdrawn certificates, which is empty, and one certificate of it."""

    def __init__(self, name: str, *, stamps: bool) -> None:
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        # The stamps of pyHanko's own service are RSA only, as are most services'.
        self.key: Key = (
            rsa.generate_private_key(65537, 2048)
            if stamps
            else ec.generate_private_key(ec.SECP256R1())
        )
        self.root = self._certificate(f"{name} root", self.root_key, f"{name} root", usage=None)
        usage = ExtendedKeyUsageOID.TIME_STAMPING if stamps else False
        self.certificate = self._certificate(name, self.key, f"{name} root", usage=usage)
        self.withdrawn = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(FIRST)
            .next_update(LAST)
            .sign(self.root_key, hashes.SHA256())
        )

    def _certificate(self, name: str, key: Key, issuer: str, *, usage: Any) -> x509.Certificate:
        is_root = usage is None
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(FIRST)
            .not_valid_after(LAST)
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not is_root,
                    content_commitment=not is_root,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=is_root,
                    crl_sign=is_root,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        return builder.sign(self.root_key, hashes.SHA256())


def _loaded(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _key(key: Key) -> keys.PrivateKeyInfo:
    return keys.PrivateKeyInfo.load(
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    )


def _stamper(of: Issuer) -> Any:
    from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    new_store: Any = SimpleCertificateStore
    chain = new_store()
    chain.register(_loaded(of.root))
    return DummyTimeStamper(_loaded(of.certificate), _key(of.key), chain)


class LongLived:
    """A signer and a time-stamp service, each of an authority with its list."""

    def __init__(self) -> None:
        self.signer = Issuer("Ines Halloran", stamps=False)
        self.service = Issuer("Time stamps", stamps=True)

    @property
    def root_pem(self) -> str:
        """The certificate that vouches for the signer."""
        return self.signer.root.public_bytes(Encoding.PEM).decode()

    def sign(self, pdf: bytes, *, with_lists: bool = True) -> bytes:
        """The note, stamped; with the lists it can be judged for ever."""
        return signature.run_to_end(self._signed(pdf, with_lists=with_lists))

    async def _signed(self, pdf: bytes, *, with_lists: bool) -> bytes:
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign import fields, signers
        from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
        from pyhanko.stamp import NoOpStampStyle
        from pyhanko_certvalidator import ValidationContext
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        both = (self.signer, self.service)
        lists = [
            asn1_crl.CertificateList.load(each.withdrawn.public_bytes(Encoding.DER))
            for each in both
        ]
        new_store: Any = SimpleCertificateStore
        chain = new_store()
        chain.register(_loaded(self.signer.root))
        certifying = signers.PdfSigner(
            signers.PdfSignatureMetadata(
                field_name=signature.FIELD,
                md_algorithm="sha256",
                subfilter=fields.SigSeedSubFilter.PADES,
                certify=True,
                docmdp_permissions=fields.MDPPerm.NO_CHANGES,
                reason=MEANING,
                embed_validation_info=True,
                validation_context=ValidationContext(
                    trust_roots=[_loaded(each.root) for each in both],
                    crls=lists if with_lists else [],
                    allow_fetching=False,
                    revocation_mode="hard-fail" if with_lists else "soft-fail",
                ),
                dss_settings=DSSContentSettings(
                    placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE, include_vri=False
                ),
            ),
            signer=signers.SimpleSigner(
                _loaded(self.signer.certificate), _key(self.signer.key), chain
            ),
            timestamper=_stamper(self.service),
            stamp_style=NoOpStampStyle(),
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=True)
        out = await certifying.async_sign_pdf(writer, existing_fields_only=True)
        return bytes(out.getvalue())

    def stamped_anew(self, pdf: bytes, room: tuple[int, int]) -> bytes:
        """The same signature with a stamp by a service that the file does not name."""
        stranger = _stamper(Issuer("Time stamps", stamps=True))

        def stamp(value: bytes) -> Coroutine[Any, Any, cms.ContentInfo]:
            digest = hashes.Hash(hashes.SHA256())
            digest.update(value)
            return stranger.async_timestamp(digest.finalize(), "sha256")

        def put(signer: Any) -> None:
            token = signature.run_to_end(stamp(signer["signature"].native))
            signer["unsigned_attrs"] = [
                cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})
            ]

        return _with(pdf, room, put)

    def without_stamp(self, pdf: bytes, room: tuple[int, int]) -> bytes:
        """The same signature without its stamp."""

        def take(signer: Any) -> None:
            del signer["unsigned_attrs"]

        return _with(pdf, room, take)


def _with(pdf: bytes, room: tuple[int, int], change: Any) -> bytes:
    first, end = room
    held = cms.ContentInfo.load(container.contained(pdf, [0, first, end, len(pdf) - end]))
    change(held["content"]["signer_infos"][0])
    digits = held.dump(force=True).hex().upper().encode()
    return pdf[: first + 1] + digits.ljust(end - first - 2, b"0") + pdf[end - 1 :]
