"""The clinic's own authority: its root certificate, each provider's key, and the PIN that opens it.

What is kept of a key is useless by itself: opening it needs the server's secret and, for a
provider's key, the PIN as well.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from argon2.low_level import Type, hash_secret_raw
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from app.clinical.errors import Refusal

ROOT_YEARS = 15
IDENTITY_YEARS = 3

# Two clocks of one clinic may differ by this much without a signature falling before its key.
_CLOCK_SLACK = timedelta(minutes=5)

# Whoever gets as far as the PKCS#12 has tried the PIN already, by way of Argon2id and the server's
# secret (`_wrapping_key`): slowness of its own would only be waited for a second time.
_PKCS12_ROUNDS = 1000
_ARGON2_PASSES, _ARGON2_KIB, _ARGON2_LANES = 3, 64 * 1024, 4

# X.509 gives a common name so much room; the whole name stands in `name`, which has more.
_COMMON_NAME_BYTES = 64
OID_NAME = x509.ObjectIdentifier("2.5.4.41")


class WrongPin(Refusal):
    """The PIN does not open this key."""


class KeyOfAnotherServer(Refusal):
    """The key was wrapped with a secret that is not this server's; no PIN opens it here."""


class KeyReplaced(Refusal):
    """The key that signed is no longer its owner's: they have another PIN, or certificate, now."""


class TrivialPin(Refusal):
    """A PIN that a colleague would guess, or that is no PIN."""


@dataclass(frozen=True, slots=True)
class Root:
    """The clinic's certificate authority; `wrapped_key` opens with the server's secret."""

    certificate_pem: str
    wrapped_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """A provider's certificate; `wrapped_p12` opens with the server's secret and the PIN."""

    certificate_pem: str
    wrapped_p12: bytes = field(repr=False)
    serial: str
    not_before: datetime
    not_after: datetime
    # The certificate that the key was made with, where this is a later one for the same key; and
    # the authority that issued the later one.
    made_with_pem: str | None = None
    root_pem: str | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """An opened key with its certificate and the clinic's. Lives in memory for one signature."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate
    root: x509.Certificate

    @property
    def serial(self) -> str:
        """The serial number of the certificate, as `Identity` has it."""
        return f"{self.certificate.serial_number:x}"


def found(clinic_name: str, *, secret: bytes, now: datetime) -> Root:
    """A new authority for the clinic: P-256, for 15 years from a little before `now`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _shortened(clinic_name)),
            x509.NameAttribute(NameOID.COMMON_NAME, _shortened(clinic_name, " signing authority")),
            x509.NameAttribute(OID_NAME, clinic_name),
        ]
    )
    start = now - _CLOCK_SLACK
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(_years_after(start, ROOT_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_bytes = key.private_bytes(
        serialization.Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Root(_pem(certificate), _wrapped(key_bytes, secret, b"", certificate))


def fingerprint(certificate_pem: str) -> str:
    """The SHA-256 of a certificate as OpenSSL writes it, for people to compare."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def revocations(root: Root, *, secret: bytes, start: datetime, end: datetime) -> bytes:
    """The authority's list of revoked certificates (DER), good from `start` to a day after `end`.

    It is empty: a key that is retired is not revoked, and what it signed stays valid.
    """
    certificate = x509.load_pem_x509_certificate(root.certificate_pem.encode())
    key = _root_key(root, certificate, secret)
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(start - _CLOCK_SLACK)
        .next_update(end + timedelta(days=1))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .add_extension(x509.CRLNumber(int(start.timestamp())), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


def _root_key(
    root: Root, certificate: x509.Certificate, secret: bytes
) -> ec.EllipticCurvePrivateKey:
    return _ec_key(
        serialization.load_der_private_key(
            _unwrapped(root.wrapped_key, secret, b"", certificate), None
        )
    )


def issue(
    root: Root,
    *,
    name: str,
    credentials: str,
    organisation: str,
    pin: str,
    secret: bytes,
    now: datetime,
) -> Identity:
    """A new key and certificate for one provider, opened by that provider's PIN.

    The certificate carries the name and the credentials ("MD"). Raises TrivialPin.
    """
    refuse_trivial_pin(pin)
    key = ec.generate_private_key(ec.SECP256R1())
    root_certificate, certificate = _certified(
        key.public_key(), _person(name, credentials, organisation), root, secret=secret, now=now
    )
    p12 = pkcs12.serialize_key_and_certificates(
        b"signing",
        key,
        certificate,
        [root_certificate],
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_PKCS12_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(pin.encode()),
    )
    return Identity(
        certificate_pem=_pem(certificate),
        wrapped_p12=_wrapped(p12, secret, pin.encode(), certificate),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def certify(
    root: Root,
    identity: Identity,
    *,
    name: str,
    credentials: str,
    organisation: str,
    secret: bytes,
    now: datetime,
) -> Identity:
    """Another certificate for the same key, by `root`. Its PIN alone opens it, as before.

    Whoever issues it needs no PIN and learns nothing of the key.
    """
    before = x509.load_pem_x509_certificate(identity.certificate_pem.encode())
    _, certificate = _certified(
        before.public_key(), _person(name, credentials, organisation), root, secret=secret, now=now
    )
    return Identity(
        certificate_pem=_pem(certificate),
        wrapped_p12=identity.wrapped_p12,
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        made_with_pem=identity.made_with_pem or identity.certificate_pem,
        root_pem=root.certificate_pem,
    )


def unlock(identity: Identity, *, pin: str, secret: bytes) -> Signer:
    """The opened key. Raises WrongPin, or KeyOfAnotherServer when no PIN could open it here."""
    made_with = identity.made_with_pem or identity.certificate_pem
    made_with_certificate = x509.load_pem_x509_certificate(made_with.encode())
    p12 = _unwrapped(identity.wrapped_p12, secret, pin.encode(), made_with_certificate)
    opened = pkcs12.load_pkcs12(p12, pin.encode())
    if opened.cert is None or len(opened.additional_certs) != 1:
        raise ValueError("the opened key comes without its certificates")
    key, root = _ec_key(opened.key), opened.additional_certs[0].certificate
    certificate = x509.load_pem_x509_certificate(identity.certificate_pem.encode())
    if certificate.public_key() != key.public_key():
        raise ValueError("the certificate is that of another key")
    if identity.root_pem:
        root = x509.load_pem_x509_certificate(identity.root_pem.encode())
    certificate.verify_directly_issued_by(root)
    return Signer(key, certificate, root)


# --- The PIN -----------------------------------------------------------------------------------

# Paths over the keys, and numbers that everybody knows; patterns are found by rule.
_COMMON = """
    102030 112358 121314 123654 134679 135790 135791 142536 142857 147258 147852 147896 159357
    159753 192837 246810 246813 258456 271828 314159 321654 357159 362514 456852 654123 741852
    753159 753951 789456 789654 852456 963852 987412
"""
_COMMON_PINS = frozenset(_COMMON.split())
_SHORTEST_PIN, _LONGEST_PIN = 6, 12


def refuse_trivial_pin(pin: str) -> None:
    """Raises TrivialPin unless `pin` is 6 to 12 digits that nobody would try first."""
    refuse_other_than_digits(pin)
    if _repeats(pin) or _runs(pin) or pin in _COMMON_PINS or pin == pin[::-1]:
        raise TrivialPin("This PIN follows a simple pattern. Choose digits without one.")
    if _is_date(pin):
        raise TrivialPin("This PIN reads as a date, which others can guess. Choose other digits.")


def refuse_other_than_digits(pin: str) -> None:
    """Raises TrivialPin unless `pin` could be one: 6 to 12 digits."""
    if not re.fullmatch(rf"[0-9]{{{_SHORTEST_PIN},{_LONGEST_PIN}}}", pin):
        raise TrivialPin("A PIN has 6 to 12 digits and nothing else.")


def _repeats(pin: str) -> bool:
    """A part said over and over (111111, 121212, 123123), or each digit twice (112233)."""
    doubled = len(pin) % 2 == 0 and pin[::2] == pin[1::2]
    return doubled or any(
        pin == (pin[:length] * len(pin))[: len(pin)] for length in range(1, len(pin) // 2 + 1)
    )


def _runs(pin: str) -> bool:
    """Every step to the next digit is the same, past nine to nought as well: 123456, 864208."""
    return len({(int(b) - int(a)) % 10 for a, b in pairwise(pin)}) == 1


def _is_date(pin: str) -> bool:
    """A calendar day in any order people write one, with two or four digits of the year."""
    if len(pin) == 8:
        a, b, c, d = pin[:2], pin[2:4], pin[4:6], pin[6:]
        orders = [(a + b, c, d), (c + d, b, a), (c + d, a, b)]
        orders = [order for order in orders if order[0][:2] in ("19", "20")]
    elif len(pin) == 6:
        a, b, c = pin[:2], pin[2:4], pin[4:]
        orders = [(f"20{a}", b, c), (f"20{c}", b, a), (f"20{c}", a, b)]
    else:
        return False
    for year, month, day in orders:
        try:
            date(int(year), int(month), int(day))
        except ValueError:
            continue
        return True
    return False


# --- Wrapping ----------------------------------------------------------------------------------

_MAGIC = b"stipple-key/1\n"
_CHECK_BYTES, _SALT_BYTES, _NONCE_BYTES = 8, 16, 12
_HEADER_BYTES = len(_MAGIC) + _CHECK_BYTES + _SALT_BYTES + _NONCE_BYTES


def _wrapped(plain: bytes, secret: bytes, pin: bytes, certificate: x509.Certificate) -> bytes:
    """AES-256-GCM over `plain`, bound to its certificate so that two keys cannot be exchanged."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    header = _MAGIC + _server_check(secret, salt) + salt + nonce
    sealed = AESGCM(_wrapping_key(secret, pin, salt)).encrypt(
        nonce, plain, header + certificate.fingerprint(hashes.SHA256())
    )
    return header + sealed


def _unwrapped(wrapped: bytes, secret: bytes, pin: bytes, certificate: x509.Certificate) -> bytes:
    header, sealed = wrapped[:_HEADER_BYTES], wrapped[_HEADER_BYTES:]
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise ValueError("this is no wrapped signing key")
    check, rest = header[len(_MAGIC) :][:_CHECK_BYTES], header[len(_MAGIC) + _CHECK_BYTES :]
    salt, nonce = rest[:_SALT_BYTES], rest[_SALT_BYTES:]
    if not secrets.compare_digest(check, _server_check(secret, salt)):
        raise KeyOfAnotherServer(
            "The signing key belongs to another server key. Restore the key file it was made with."
        )
    try:
        return AESGCM(_wrapping_key(secret, pin, salt)).decrypt(
            nonce, sealed, header + certificate.fingerprint(hashes.SHA256())
        )
    except InvalidTag:
        raise WrongPin("This is not the PIN of the signing key.") from None


def _wrapping_key(secret: bytes, pin: bytes, salt: bytes) -> bytes:
    """HKDF over the server's secret and, where there is a PIN, Argon2id of the PIN.

    Six digits alone would fall in minutes to whoever copies the database; without the server's
    secret there is nothing to try them on.
    """
    stretched = b""
    if pin:
        stretched = hash_secret_raw(
            pin, salt, _ARGON2_PASSES, _ARGON2_KIB, _ARGON2_LANES, hash_len=32, type=Type.ID
        )
    return HKDF(hashes.SHA256(), 32, salt, b"stipple: wrapped signing key").derive(
        secret + stretched
    )


def _server_check(secret: bytes, salt: bytes) -> bytes:
    """Tells another server's key from a wrong PIN. No PIN goes in, so it tells nothing of one."""
    code = hmac.HMAC(secret, hashes.SHA256())
    code.update(b"stipple: which server wrapped this" + salt)
    return code.finalize()[:_CHECK_BYTES]


# --- Certificates ------------------------------------------------------------------------------


def _certified(
    key: CertificatePublicKeyTypes, subject: x509.Name, root: Root, *, secret: bytes, now: datetime
) -> tuple[x509.Certificate, x509.Certificate]:
    """The authority's certificate, and the one that it issues for a key."""
    root_certificate = x509.load_pem_x509_certificate(root.certificate_pem.encode())
    root_key = _root_key(root, root_certificate, secret)
    start = max(now - _CLOCK_SLACK, root_certificate.not_valid_before_utc)
    end = min(_years_after(start, IDENTITY_YEARS), root_certificate.not_valid_after_utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(root_certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    return root_certificate, certificate


def _person(name: str, credentials: str, organisation: str) -> x509.Name:
    suffix = f", {credentials}" if credentials else ""
    attributes = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _shortened(organisation)),
        x509.NameAttribute(NameOID.COMMON_NAME, _shortened(name, suffix)),
        x509.NameAttribute(OID_NAME, name),
    ]
    if credentials:
        attributes.append(x509.NameAttribute(NameOID.TITLE, credentials))
    return x509.Name(attributes)


def _shortened(text: str, suffix: str = "") -> str:
    """`text` and `suffix` within the bytes of a common name, cut with an ellipsis if need be."""
    if len((text + suffix).encode()) <= _COMMON_NAME_BYTES:
        return text + suffix
    suffix = suffix if len(suffix.encode()) <= _COMMON_NAME_BYTES // 2 else ""
    room = _COMMON_NAME_BYTES - len(f"…{suffix}".encode())
    return text.encode()[:room].decode(errors="ignore").rstrip() + "…" + suffix


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _years_after(start: datetime, years: int) -> datetime:
    return start + timedelta(days=round(365.25 * years))


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _ec_key(key: object) -> ec.EllipticCurvePrivateKey:
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the opened key is no elliptic-curve key")
    return key
