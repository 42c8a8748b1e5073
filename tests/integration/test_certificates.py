"""New certificates and a new authority: the administrator issues, the owner's PIN signs alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate
from flask import Flask
from sqlalchemy import select

from app import clock
from app.auth.signing_keys import open_key
from app.extensions import begin_write, db
from app.kept import roots
from app.models import Authority, Note, Person, SigningKey
from app.notes import authority, verification
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed, trail
from tests.factories import ALICES_PIN, BOBS_PIN, Cast
from tests.integration.test_create_signature import charted, notes
from tests.tablets import sign


@pytest.fixture
def as_eve(app: Flask, cast: Cast) -> AuditingClient:
    """The administrator, signed in."""
    return signed_in(app, cast.eve)


def key_of(person: Person) -> SigningKey:
    db.session.rollback()
    key = person.signing_key
    assert key is not None
    return key


def certify(client: AuditingClient, person: Person) -> int:
    return client.post(f"/admin/people/{person.id}/certificate").status_code


def stands(note: Note) -> bool:
    verdict = verification.verify(note.stored_pdf(), roots())
    return verdict.intact and verdict.trusted


def signed(cast: Cast, client: AuditingClient) -> Note:
    [draft] = charted(cast, 1)
    assert sign(client, draft.id, draft.revision, ALICES_PIN).status_code == 303
    return notes()[-1]


def test_a_new_certificate_is_for_the_same_key_and_opens_with_the_owners_pin_alone(
    cast: Cast, as_eve: AuditingClient, as_alice: AuditingClient
) -> None:
    old_note, old = signed(cast, as_alice), key_of(cast.alice)

    assert certify(as_eve, cast.alice) == 303

    new = key_of(cast.alice)
    assert new.serial != old.serial
    assert old.retired_at is not None
    assert new.wrapped_p12 == old.wrapped_p12
    assert last_entry("certificate.issued").details == {"serial": new.serial}
    opened = open_key(new, ALICES_PIN)
    assert f"{opened.certificate.serial_number:x}" == new.serial
    with pytest.raises(authority.WrongPin):
        open_key(new, BOBS_PIN)
    new_note = signed(cast, as_alice)
    assert new_note.signing_key.serial == new.serial
    assert stands(old_note)
    assert stands(new_note)


def test_a_certificate_can_be_renewed_again_and_again(cast: Cast, as_eve: AuditingClient) -> None:
    for _again in range(3):
        assert certify(as_eve, cast.alice) == 303

    assert open_key(key_of(cast.alice), ALICES_PIN)


def test_a_new_certificate_does_not_open_what_wrong_pins_had_locked(
    cast: Cast, as_eve: AuditingClient
) -> None:
    begin_write()
    key = cast.alice.signing_key
    assert key is not None
    key.wrong_pins = 5
    db.session.commit()

    assert certify(as_eve, cast.alice) == 303

    assert key_of(cast.alice).is_locked


def test_who_is_called_otherwise_gets_a_certificate_that_says_so_and_keeps_the_pin(
    cast: Cast, as_eve: AuditingClient
) -> None:
    form = {"name": "Alice Amari-Bell", "credentials": "MD", "roles": ["provider"]}
    assert as_eve.post(f"/admin/people/{cast.alice.id}", data=form).status_code == 303
    db.session.rollback()
    assert cast.alice.signing_key is None

    assert certify(as_eve, cast.alice) == 303

    subject = open_key(key_of(cast.alice), ALICES_PIN).certificate.subject
    assert subject.get_attributes_for_oid(authority.OID_NAME)[0].value == "Alice Amari-Bell"


@pytest.mark.parametrize("who", ["carol", "dan"])
def test_who_does_not_sign_gets_no_certificate(
    cast: Cast, as_eve: AuditingClient, who: str
) -> None:
    with nothing_changed():
        assert certify(as_eve, getattr(cast, who)) == 403


def test_who_has_left_or_has_no_pin_gets_no_certificate(cast: Cast, as_eve: AuditingClient) -> None:
    begin_write()
    cast.bob.deactivate(now=clock.now())
    new = factories.person("nora", "Nora Nyberg", "MD", *cast.alice.roles)
    db.session.commit()

    with nothing_changed():
        assert certify(as_eve, cast.bob) == 403
        assert certify(as_eve, new) == 403


def test_a_provider_issues_no_certificate(cast: Cast, as_alice: AuditingClient) -> None:
    with nothing_changed():
        assert certify(as_alice, cast.alice) == 403
        assert as_alice.post("/admin/clinic/authority").status_code == 403


def test_after_a_new_authority_everyone_signs_under_it_and_old_notes_verify(
    cast: Cast, as_eve: AuditingClient, as_alice: AuditingClient
) -> None:
    old_note = signed(cast, as_alice)
    [old_root] = roots()

    assert as_eve.post("/admin/clinic/authority").status_code == 303

    assert roots()[0] == old_root
    [_, new_root] = roots()
    acts = [entry.act for entry in trail()][-3:]
    assert sorted(acts) == ["authority.founded", "certificate.issued", "certificate.issued"]
    for person, pin in ((cast.alice, ALICES_PIN), (cast.bob, BOBS_PIN)):
        issuer = open_key(key_of(person), pin).root
        assert issuer == load_pem_x509_certificate(new_root.encode())
    new_note = signed(cast, as_alice)
    assert stands(old_note)
    assert stands(new_note)
    assert verification.verify(new_note.stored_pdf(), [new_root]).trusted
    assert not verification.verify(old_note.stored_pdf(), [new_root]).trusted


def test_the_file_for_others_holds_every_authority_and_verifies_notes_of_each(
    app: Flask,
    cast: Cast,
    as_eve: AuditingClient,
    as_alice: AuditingClient,
    tmp_path: Path,
) -> None:
    old_note = signed(cast, as_alice)
    as_eve.post("/admin/clinic/authority")
    new_note = signed(cast, as_alice)
    trusted = tmp_path / "authority.pem"
    trusted.write_text(as_eve.get("/authority.pem").text)

    for note in (old_note, new_note):
        file = tmp_path / f"{note.number}.pdf"
        file.write_bytes(note.stored_pdf())
        said = app.test_cli_runner().invoke(
            args=["verify", str(file), "--trust", str(trusted), "--json"]
        )
        assert said.exit_code == 0, said.output
        assert json.loads(said.stdout)["trusted"]


def test_the_page_of_the_clinic_shows_the_authority_now_and_before(
    cast: Cast, as_eve: AuditingClient
) -> None:
    as_eve.post("/admin/clinic/authority")

    page = as_eve.get("/admin/clinic").text

    begin_write()
    for pem in db.session.scalars(select(Authority.certificate_pem)):
        digest = authority.fingerprint(pem)
        assert digest in page


@pytest.mark.parametrize(
    "what_happens",
    [
        lambda cast, as_eve: as_eve.post("/admin/clinic/authority"),
        lambda cast, as_eve: as_eve.post(f"/admin/people/{cast.alice.id}/certificate"),
        lambda cast, as_eve: as_eve.post(f"/admin/people/{cast.alice.id}/deactivation"),
    ],
    ids=["rotation", "renewal", "departure"],
)
def test_a_note_verifies_when_its_certificate_and_its_authority_have_long_ended(
    cast: Cast,
    as_eve: AuditingClient,
    as_alice: AuditingClient,
    monkeypatch: pytest.MonkeyPatch,
    what_happens: Callable[[Cast, AuditingClient], object],
) -> None:
    note = signed(cast, as_alice)
    what_happens(cast, as_eve)
    in_forty_years: datetime = clock.now() + timedelta(days=40 * 365)
    monkeypatch.setattr(clock, "now", lambda: in_forty_years)

    assert stands(note)
