"""The clinic's TLS authority: a root that vouches for this one host, and the host's certificate.

It is not the authority that signs notes, and its root can vouch for nothing but this host. The
root's key lies in the instance and opens with the instance's master key. The host's own key never
lies there: it is made at every start, and again while Stipple runs before it runs out.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FILE = "tls-root.pem"
KEY_LABEL = "tls-root"

ROOT_YEARS = 10
HOST_DAYS = 90
RENEWED_BEFORE = timedelta(days=30)
# A tablet's clock may be this much behind.
CLOCK_SLACK = timedelta(days=1)

_COMMON_NAME_LETTERS = 64


class TlsRefused(Exception):
    """There is no certificate to serve with; the text is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Root:
    """The root certificate of this clinic's tablets, and its key when it was opened."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The one host it can vouch for."""
        permitted = self.certificate.extensions.get_extension_for_class(x509.NameConstraints)
        first = (permitted.value.permitted_subtrees or [])[0].value
        if isinstance(first, ipaddress.IPv4Network | ipaddress.IPv6Network):
            return str(first.network_address)
        return str(first)

    @property
    def title(self) -> str:
        """What tablets call it in their lists."""
        (attribute,) = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(attribute.value)

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The certificate as bytes."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def fingerprint(self) -> list[str]:
        """The SHA-256 of the certificate as 32 pairs, as tablets show it."""
        return [f"{byte:02X}" for byte in self.certificate.fingerprint(hashes.SHA256())]

    @property
    def ends(self) -> datetime:
        """When every tablet has to trust a new one."""
        return self.certificate.not_valid_after_utc


# --- The root ----------------------------------------------------------------------------------


def found_root(name: str, *, now: datetime) -> Root:
    """A new authority that can vouch for this host alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    title = f"Stipple {name}"
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Stipple"),
            x509.NameAttribute(NameOID.COMMON_NAME, title[:_COMMON_NAME_LETTERS]),
        ]
    )
    start = now - CLOCK_SLACK
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=round(365.25 * ROOT_YEARS)))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(certificates=True), critical=True)
        .add_extension(
            x509.NameConstraints(permitted_subtrees=list(_permitted(name)), excluded_subtrees=None),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Root(certificate, key)


def kept_root(instance: Path, *, secret: bytes | None = None) -> Root | None:
    """The root of this instance, or None before there is one; with the secret, its key too.

    Raises TlsRefused.
    """
    path = instance / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(content)
        if secret is None:
            return Root(certificate)
        key = serialization.load_pem_private_key(content, secret.hex().encode())
    except ValueError:
        raise TlsRefused(
            f"{path} is damaged or belongs to another key: put it back from a backup, or remove it"
            " and let every tablet trust the new certificate that is then made."
        ) from None
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Root(certificate, key)


def keep_root(root: Root, instance: Path, *, secret: bytes) -> None:
    """Put the root into the instance, its key closed with the secret."""
    assert root.key is not None
    closed = root.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(secret.hex().encode()),
    )
    _write(instance / FILE, root.pem + closed)


def root_for(name: str, instance: Path, *, secret: bytes, now: datetime) -> Root:
    """The root that vouches for this host: the one that is kept, or a new one. Raises TlsRefused.

    A new one is made for another name and shortly before the old one ends. A clock that is behind,
    as after a flat battery, changes nothing: tablets would have to trust another root for it.
    """
    kept = kept_root(instance, secret=secret)
    if kept is not None and kept.name == name and now < kept.ends - RENEWED_BEFORE:
        return kept
    root = found_root(name, now=now)
    keep_root(root, instance, secret=secret)
    return root


# --- The host's certificate --------------------------------------------------------------------


def issue(root: Root, path: Path, *, now: datetime) -> None:
    """Write a new key and certificate of the host into one file, at once and readable by us only.

    In one file, so that a worker that starts meanwhile never gets a key and another's certificate.
    """
    assert root.key is not None
    key = ec.generate_private_key(ec.SECP256R1())
    name = root.name
    certificate = (
        x509.CertificateBuilder()
        .subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_COMMON_NAME_LETTERS])])
        )
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(min(now + timedelta(days=HOST_DAYS), root.ends))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(list(_names(name))), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()),
            critical=False,
        )
        .sign(root.key, hashes.SHA256())
    )
    open_key = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(path, open_key + certificate.public_bytes(serialization.Encoding.PEM))


def is_due(path: Path, *, now: datetime) -> bool:
    """Whether the host needs another certificate: none there, or it ends soon."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return True
    return now >= certificate.not_valid_after_utc - RENEWED_BEFORE


def name_of_pair(certificate: Path, key: Path, *, wanted: str = "") -> str:
    """The host that a certificate of the clinic's own is for: the wanted name, or its first.

    Raises TlsRefused where the two files do not serve that name.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
        own = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as fault:  # What ssl finds wrong with them is an OSError too.
        raise TlsRefused(
            f"{certificate} and {key} are no certificate with its key"
            f" ({getattr(fault, 'reason', None) or getattr(fault, 'strerror', None) or fault}):"
            " set STIPPLE_TLS_CERTIFICATE and STIPPLE_TLS_KEY to two PEM files that belong"
            " together, the key without a password."
        ) from None
    names = _names_of(own)
    fixed = [name for name in names if not name.startswith("*.")]
    if not wanted and fixed:
        return fixed[0]
    if not wanted or not {wanted, "*." + wanted.partition(".")[2]} & set(names):
        raise TlsRefused(
            f"The certificate {certificate} is for {', '.join(names) or 'no name'}"
            f"{' and not for ' + wanted if wanted else ''}: set STIPPLE_HOSTNAME to a name that it"
            " is for."
        )
    return wanted


def _names_of(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    names = [name.lower() for name in found.get_values_for_type(x509.DNSName)]
    return names + [str(address) for address in found.get_values_for_type(x509.IPAddress)]


# --- Parts -------------------------------------------------------------------------------------


def _names(name: str) -> Iterator[x509.GeneralName]:
    """What the certificate is for: the host, and this machine to itself."""
    try:
        yield x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        yield x509.DNSName(name)
    yield x509.DNSName("localhost")
    yield x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    yield x509.IPAddress(ipaddress.ip_address("::1"))


def _permitted(name: str) -> Iterator[x509.GeneralName]:
    """The same as constraints. A kind of name that were left out would be free: both are named."""
    for allowed in _names(name):
        if isinstance(allowed, x509.IPAddress):
            yield x509.IPAddress(ipaddress.ip_network(allowed.value))
        else:
            yield allowed


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, and for the owner alone from the first byte on."""
    # Systems tidy up scratch folders that are weeks old, though they are in use.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with suppress(FileNotFoundError):
        part.unlink()
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
