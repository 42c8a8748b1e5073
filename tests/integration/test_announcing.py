"""A `.local` name becomes known where the network lets it; where not, one sentence says so."""

from __future__ import annotations

import secrets

import pytest
from zeroconf import AddressResolver, Zeroconf  # type: ignore[attr-defined]

from app.announcing import Announcement, own_addresses


def test_the_name_is_found_or_a_sentence_says_why_not() -> None:
    name = f"stipple-{secrets.token_hex(4)}.local"
    known = Announcement(name, 8000, "0.0.0.0")

    sentence = known.tell()

    try:
        if sentence is None:
            assert set(resolved(name)) & set(own_addresses("0.0.0.0"))
            assert known.tell() is None
        else:
            assert name in sentence
            assert sentence.count(". ") == 0
    finally:
        known.end()


def resolved(name: str) -> list[str]:
    asking = Zeroconf()
    resolver = AddressResolver(f"{name}.")
    resolver.request(asking, 5000)
    asking.close()
    found: list[str] = resolver.parsed_addresses()
    return found


# The library leaves the socket that it could not use to be collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_network_that_takes_no_announcement_is_one_sentence_and_no_fault() -> None:
    # An address of documentation, which no machine has.
    known = Announcement("clinic.local", 8000, "203.0.113.7")

    assert "could not be announced here" in (known.tell() or "")
    assert known.tell() is None
    known.end()


def test_what_is_not_the_networks_to_know_is_not_announced() -> None:
    for name, listens_at in (("clinic.example", "0.0.0.0"), ("clinic.local", "127.0.0.1")):
        known = Announcement(name, 8000, listens_at)

        assert known.tell() is None
        known.end()


def test_this_machine_itself_is_no_address_on_the_network() -> None:
    assert "127.0.0.1" not in own_addresses("0.0.0.0")
    assert own_addresses("192.0.2.9") == ["192.0.2.9"]
