"""The TLS authority: what it may vouch for, for how long, and what a stranger makes of it."""

from __future__ import annotations

import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app import tls

NAME = "clinic.local"
SECRET = bytes(range(32))
# OpenSSL judges by the machine's clock.
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def root(tmp_path: Path) -> tls.Root:
    return tls.root_for(NAME, tmp_path, secret=SECRET, now=NOW)


@pytest.fixture
def host(root: tls.Root, tmp_path: Path) -> Path:
    tls.issue(root, tmp_path / "host.pem", now=NOW)
    return tmp_path / "host.pem"


def certificate_in(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def verify(root: tls.Root, leaf: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """What OpenSSL says of a certificate, told to trust this root and nothing else."""
    trusted = leaf.with_name("trusted.pem")
    trusted.write_bytes(root.pem)
    strictly = ("-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-x509_strict")
    return subprocess.run(
        ["openssl", "verify", *strictly, "-CAfile", str(trusted), *more, str(leaf)],
        capture_output=True,
        text=True,
    )


def forged(root: tls.Root, folder: Path, *names: x509.GeneralName, ca: bool = False) -> Path:
    """What a thief of the root's key would make for other names."""
    assert root.key is not None
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Thief")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), False
        )
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    path = folder / "forged.pem"
    made = builder.sign(root.key, hashes.SHA256())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


def test_openssl_trusts_the_host_under_its_name(root: tls.Root, host: Path) -> None:
    answer = verify(root, host, "-verify_hostname", NAME)

    assert answer.returncode == 0, answer.stderr
    for name in ("localhost", "127.0.0.1", "::1"):
        kind = "-verify_ip" if tls_is_address(name) else "-verify_hostname"
        assert verify(root, host, kind, name).returncode == 0


def test_openssl_refuses_the_host_under_another_name(root: tls.Root, host: Path) -> None:
    assert "hostname mismatch" in verify(root, host, "-verify_hostname", "bank.example").stderr


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("bank.example"),
        x509.DNSName("notclinic.local"),
        x509.DNSName("local"),
        x509.IPAddress(ipaddress.ip_address("192.168.1.20")),
        x509.IPAddress(ipaddress.ip_address("127.0.0.2")),
        x509.IPAddress(ipaddress.ip_address("fd00::2")),
    ],
    ids=str,
)
def test_the_root_vouches_for_no_other_host(
    root: tls.Root, tmp_path: Path, name: x509.GeneralName
) -> None:
    own = verify(root, forged(root, tmp_path, x509.DNSName(NAME)))
    answer = verify(root, forged(root, tmp_path, name))

    assert own.returncode == 0, own.stderr
    assert answer.returncode != 0
    assert "permitted subtree violation" in answer.stderr


def test_the_root_makes_no_further_authority(root: tls.Root) -> None:
    basic = root.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = root.certificate.extensions.get_extension_for_class(x509.KeyUsage)
    constraints = root.certificate.extensions.get_extension_for_class(x509.NameConstraints)

    assert (basic.value.ca, basic.value.path_length, basic.critical) == (True, 0, True)
    assert constraints.critical
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert not usage.value.content_commitment


def test_the_hosts_certificate_is_what_tablets_ask_for(root: tls.Root, host: Path) -> None:
    certificate = certificate_in(host)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    purpose = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value

    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=398)
    assert names.get_values_for_type(x509.DNSName) == [NAME, "localhost"]
    assert list(purpose) == [ExtendedKeyUsageOID.SERVER_AUTH]
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    certificate.verify_directly_issued_by(root.certificate)


def test_a_fixed_address_may_stand_in_for_a_name(tmp_path: Path) -> None:
    root = tls.root_for("192.168.1.20", tmp_path, secret=SECRET, now=NOW)
    tls.issue(root, tmp_path / "host.pem", now=NOW)

    answer = verify(root, tmp_path / "host.pem", "-verify_ip", "192.168.1.20")

    assert answer.returncode == 0, answer.stderr
    assert root.name == "192.168.1.20"
    bank = verify(root, forged(root, tmp_path, x509.DNSName("bank.example")))
    assert "permitted subtree violation" in bank.stderr


@pytest.mark.parametrize("name", ["a" * 63 + ".example", "clinic.local"])
def test_a_name_of_any_length_gets_a_certificate(tmp_path: Path, name: str) -> None:
    root = tls.root_for(name, tmp_path, secret=SECRET, now=NOW)
    tls.issue(root, tmp_path / "host.pem", now=NOW)

    assert root.name == name
    assert verify(root, tmp_path / "host.pem", "-verify_hostname", name).returncode == 0


def test_the_root_stays_the_same_over_starts(root: tls.Root, tmp_path: Path) -> None:
    later = tls.root_for(NAME, tmp_path, secret=SECRET, now=NOW + timedelta(days=3000))
    before = tls.root_for(NAME, tmp_path, secret=SECRET, now=NOW - timedelta(days=20_000))

    assert later.certificate == before.certificate == root.certificate


def test_another_name_or_its_end_makes_another_root(root: tls.Root, tmp_path: Path) -> None:
    at_its_end = tls.root_for(NAME, tmp_path, secret=SECRET, now=root.ends - timedelta(days=29))
    renamed = tls.root_for("other.local", tmp_path, secret=SECRET, now=NOW)

    assert len({r.certificate for r in (root, at_its_end, renamed)}) == 3
    assert renamed.name == "other.local"
    kept = tls.kept_root(tmp_path)
    assert kept is not None
    assert kept.certificate == renamed.certificate


def test_the_kept_key_opens_with_the_secret_alone(root: tls.Root, tmp_path: Path) -> None:
    content = (tmp_path / tls.FILE).read_bytes()

    assert root.key is not None
    scalar = root.key.private_numbers().private_value.to_bytes(32, "big")
    assert scalar not in content
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
    with pytest.raises(TypeError):
        serialization.load_pem_private_key(content, None)
    with pytest.raises(tls.TlsRefused, match="put it back from a backup"):
        tls.kept_root(tmp_path, secret=bytes(32))


def test_a_damaged_root_is_refused_with_a_sentence(root: tls.Root, tmp_path: Path) -> None:
    (tmp_path / tls.FILE).write_bytes(root.pem[:200])

    with pytest.raises(tls.TlsRefused, match="damaged"):
        tls.root_for(NAME, tmp_path, secret=SECRET, now=NOW)


def test_nobody_else_reads_a_key(host: Path, tmp_path: Path) -> None:
    for path in (host, tmp_path / tls.FILE):
        assert path.stat().st_mode & 0o077 == 0


def test_a_certificate_is_due_in_time(host: Path, tmp_path: Path) -> None:
    ends = certificate_in(host).not_valid_after_utc

    assert not tls.is_due(host, now=NOW)
    assert not tls.is_due(host, now=ends - timedelta(days=30, seconds=1))
    assert tls.is_due(host, now=ends - timedelta(days=30))
    assert tls.is_due(tmp_path / "none.pem", now=NOW)
    (tmp_path / "half.pem").write_bytes(host.read_bytes()[:300])
    assert tls.is_due(tmp_path / "half.pem", now=NOW)


def test_no_certificate_outlives_its_root(root: tls.Root, tmp_path: Path) -> None:
    tls.issue(root, tmp_path / "late.pem", now=root.ends - timedelta(days=40))

    assert certificate_in(tmp_path / "late.pem").not_valid_after_utc == root.ends


def test_a_pair_of_the_clinics_own_says_its_name(host: Path, tmp_path: Path) -> None:
    assert tls.name_of_pair(host, host) == NAME
    assert tls.name_of_pair(host, host, wanted="localhost") == "localhost"
    with pytest.raises(tls.TlsRefused, match=r"is for clinic.local, .* and not for x.example"):
        tls.name_of_pair(host, host, wanted="x.example")


def test_a_wildcard_serves_the_name_that_is_set(root: tls.Root, tmp_path: Path) -> None:
    starred = forged_pair(tmp_path, "*.clinic.example")

    assert tls.name_of_pair(*starred, wanted="stipple.clinic.example") == "stipple.clinic.example"
    for wanted in ("", "clinic.example", "a.b.clinic.example"):
        with pytest.raises(tls.TlsRefused, match="set STIPPLE_HOSTNAME"):
            tls.name_of_pair(*starred, wanted=wanted)


def test_a_pair_that_does_not_fit_is_refused(host: Path, root: tls.Root, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    tls.issue(root, other, now=NOW)
    key = tmp_path / "locked.key"
    assert root.key is not None
    key.write_bytes(
        root.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"word"),
        )
    )

    for pair in ((host, other), (host, key), (host, tmp_path / "none"), (key, key)):
        with pytest.raises(tls.TlsRefused, match="two PEM files that belong together"):
            tls.name_of_pair(*pair)


def forged_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate from elsewhere, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "elsewhere.pem", folder / "elsewhere.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def tls_is_address(name: str) -> bool:
    return ":" in name or name[0].isdigit()
