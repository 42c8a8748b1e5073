"""The clinic's authority, the PIN, and what somebody gets who copies what is stored."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from app.notes import authority
from app.notes.authority import KeyOfAnotherServer, TrivialPin, WrongPin, refuse_trivial_pin
from tests.unit.notes.conftest import BEFORE, PIN, SECRET, Signing


def certificate_of(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def issued(**changes: str) -> x509.Certificate:
    root = authority.found("Clinic", secret=SECRET, now=BEFORE)
    person = {"name": "Ines Halloran", "credentials": "MD", "organisation": "Clinic", **changes}
    identity = authority.issue(
        root,
        name=person["name"],
        credentials=person["credentials"],
        organisation=person["organisation"],
        pin=PIN,
        secret=SECRET,
        now=BEFORE,
    )
    return certificate_of(identity.certificate_pem)


def test_the_root_is_a_p256_authority_for_15_years_from_a_little_before_now(
    signing: Signing,
) -> None:
    root = certificate_of(signing.root.certificate_pem)

    assert isinstance(root.public_key(), ec.EllipticCurvePublicKey)
    assert root.public_key().curve.name == "secp256r1"  # type: ignore[union-attr]
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert timedelta(0) < BEFORE - root.not_valid_before_utc < timedelta(hours=1)
    assert root.not_valid_after_utc.year == BEFORE.year + 15


def test_a_providers_certificate_names_the_person_the_credentials_and_the_clinic(
    signing: Signing,
) -> None:
    certificate = certificate_of(signing.identity.certificate_pem)
    certificate.verify_directly_issued_by(certificate_of(signing.root.certificate_pem))
    subject = certificate.subject

    def one(oid: x509.ObjectIdentifier) -> str | bytes:
        (attribute,) = subject.get_attributes_for_oid(oid)
        return attribute.value

    assert one(NameOID.COMMON_NAME) == "Ines Halloran, MD"
    assert one(authority.OID_NAME) == "Ines Halloran"
    assert one(NameOID.TITLE) == "MD"
    assert one(NameOID.ORGANIZATION_NAME) == "Harbour Lane Neurology and Skin"
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert signing.identity.serial == f"{certificate.serial_number:x}"
    assert signing.identity.not_before == certificate.not_valid_before_utc
    assert signing.identity.not_after == certificate.not_valid_after_utc


def test_a_name_too_long_for_a_common_name_stands_whole_beside_it() -> None:
    name = "Nguyễn " * 40
    subject = issued(name=name, credentials="MD, PhD", organisation="Clinic " * 40).subject

    (common,) = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert len(str(common.value).encode()) <= 64
    assert str(common.value).endswith("…, MD, PhD")
    assert subject.get_attributes_for_oid(authority.OID_NAME)[0].value == name


def test_a_person_without_credentials_gets_no_empty_title() -> None:
    subject = issued(credentials="").subject

    assert subject.get_attributes_for_oid(NameOID.TITLE) == []
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Ines Halloran"


def test_a_certificate_never_outlives_or_precedes_its_authority() -> None:
    root = authority.found("Clinic", secret=SECRET, now=BEFORE)
    last_day = BEFORE + timedelta(days=15 * 365)

    def issue(now: datetime) -> authority.Identity:
        return authority.issue(
            root, name="A", credentials="", organisation="C", pin=PIN, secret=SECRET, now=now
        )

    root_certificate = certificate_of(root.certificate_pem)
    assert issue(last_day).not_after == root_certificate.not_valid_after_utc
    assert issue(BEFORE).not_before == root_certificate.not_valid_before_utc


def test_the_right_pin_opens_the_key_of_its_certificate(signing: Signing) -> None:
    opened = authority.unlock(signing.identity, pin=PIN, secret=SECRET)

    signature = opened.key.sign(b"text", ec.ECDSA(hashes.SHA256()))
    public = opened.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, b"text", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("pin", ["482914", "", "4829130", "abcdef", "４８２９１３"])
def test_a_wrong_pin_is_refused_with_a_sentence(signing: Signing, pin: str) -> None:
    with pytest.raises(WrongPin, match="not the PIN"):
        authority.unlock(signing.identity, pin=pin, secret=SECRET)


def test_another_servers_secret_opens_nothing_and_is_not_taken_for_a_wrong_pin(
    signing: Signing,
) -> None:
    with pytest.raises(KeyOfAnotherServer, match="another server key"):
        authority.unlock(signing.identity, pin=PIN, secret=SECRET[::-1])


def test_a_key_cannot_be_put_under_another_certificate(signing: Signing) -> None:
    other = authority.issue(
        signing.root,
        name="Else Else",
        credentials="MD",
        organisation="Clinic",
        pin=PIN,
        secret=SECRET,
        now=BEFORE,
    )
    mixed = authority.Identity(
        other.certificate_pem,
        signing.identity.wrapped_p12,
        other.serial,
        other.not_before,
        other.not_after,
    )
    with pytest.raises(WrongPin):
        authority.unlock(mixed, pin=PIN, secret=SECRET)


def test_nothing_stored_opens_as_a_key_even_for_one_who_knows_the_pin(signing: Signing) -> None:
    for stored in (signing.identity.wrapped_p12, signing.root.wrapped_key):
        for start in range(0, len(stored), 7):
            part = stored[start:]
            for password in (None, b"", PIN.encode(), SECRET):
                with pytest.raises((ValueError, TypeError)):
                    pkcs12.load_pkcs12(part, password)
                with pytest.raises((ValueError, TypeError)):
                    serialization.load_der_private_key(part, password)


def test_two_keys_of_one_person_are_wrapped_differently_each_time() -> None:
    first, second = issued(), issued()

    assert first.serial_number != second.serial_number
    assert first.public_key() != second.public_key()


def test_a_key_and_a_secret_do_not_show_when_an_identity_is_printed(signing: Signing) -> None:
    for thing in (signing.identity, signing.root, signing.signer):
        assert "stipple-key" not in repr(thing)
        assert "PrivateKey" not in repr(thing)


TRIVIAL = [
    "000000",
    "111111",
    "121212",
    "123123",
    "112233",
    "123456",
    "654321",
    "012345",
    "098765",
    "135791",
    "246802",
    "147258",
    "123321",
    "123454321",
    "12345678",
    "1234567890",
    "120384",
    "031284",
    "840312",
    "12031984",
    "03121984",
    "19840312",
    "290224",
]


@pytest.mark.parametrize("pin", TRIVIAL)
def test_a_pin_that_others_would_try_first_is_refused(pin: str) -> None:
    with pytest.raises(TrivialPin, match=r"pattern|date"):
        refuse_trivial_pin(pin)


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567890123", "48291a", "48 913", "４８２９１３", "٤٨٢٩١٣"]
)
def test_a_pin_of_another_form_is_refused_with_what_a_pin_is(pin: str) -> None:
    with pytest.raises(TrivialPin, match="6 to 12 digits"):
        refuse_trivial_pin(pin)


@pytest.mark.parametrize("pin", ["482913", "739164", "290223999", "48291377", "905173628401"])
def test_an_ordinary_pin_is_taken(pin: str) -> None:
    refuse_trivial_pin(pin)


@given(st.dates(min_value=date(1920, 1, 1), max_value=date(2035, 12, 31)))
def test_no_day_of_a_life_is_a_pin_however_it_is_written(day: date) -> None:
    for order in itertools.permutations((f"{day:%d}", f"{day:%m}", f"{day:%y}")):
        if order in (
            (f"{day:%d}", f"{day:%m}", f"{day:%y}"),
            (f"{day:%m}", f"{day:%d}", f"{day:%y}"),
            (f"{day:%y}", f"{day:%m}", f"{day:%d}"),
        ):
            with pytest.raises(TrivialPin):
                refuse_trivial_pin("".join(order))


def test_most_pins_are_left_to_choose_from() -> None:
    def taken(pin: str) -> bool:
        try:
            refuse_trivial_pin(pin)
        except TrivialPin:
            return False
        return True

    sample = range(0, 1_000_000, 97)
    assert sum(taken(f"{number:06d}") for number in sample) > 0.85 * len(sample)


def test_a_trivial_pin_gets_no_certificate(signing: Signing) -> None:
    with pytest.raises(TrivialPin):
        authority.issue(
            signing.root,
            name="A",
            credentials="",
            organisation="C",
            pin="123456",
            secret=SECRET,
            now=datetime(2026, 11, 1, tzinfo=UTC),
        )
