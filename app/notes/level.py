"""Which PAdES level a signature really has, and the time stamp in it.

Whether an authority is trusted is another question: here its certificates have to lead to the
topmost one that came with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

# The levels a note is signed at: with the stamp and all that it takes to judge it for ever, or
# with the signature alone.
LONG_TERM, BASIC = "B-LT", "B-B"
# A stamp, but not all that says that no certificate was revoked. Found in files, never made.
STAMPED = "B-T"

# What one authority says as of an instant another one says a little later.
_CLOCK_SLACK = timedelta(minutes=10)


class Stamp(NamedTuple):
    """A time stamp in a file: when (UTC), and the name the authority gives itself."""

    at: datetime
    authority: str


class Level(NamedTuple):
    """The PAdES level a signature has, with its stamp if there is one that holds."""

    name: str
    stamp: Stamp | None = None


async def level_of(signature: Any, status: Any) -> Level | None:
    """The level of an embedded signature of which `status` is pyHanko's own verdict.

    None where it is no PAdES signature. B-LT needs a stamp that holds and, in the file, all that
    says that no certificate was revoked at that time.
    """
    from pyhanko.sign.validation import DocumentSecurityStore
    from pyhanko.sign.validation.errors import NoDSSFoundError
    from pyhanko_certvalidator.errors import PathError, ValidationError

    if signature.sig_object.get("/SubFilter") != "/ETSI.CAdES.detached":
        return None
    stamping = status.timestamp_validity
    if stamping is None or not (stamping.valid and stamping.intact):
        return Level(BASIC)
    stamp = Stamp(stamping.timestamp.astimezone(UTC), name_of(stamping.signing_cert))
    try:
        store = DocumentSecurityStore.read_dss(signature.reader)
    except NoDSSFoundError:
        return Level(STAMPED, stamp)
    kept = store.as_validation_context({"trust_roots": []})
    certificates = [signature.signer_cert, *signature.other_embedded_certs, *store.load_certs()]
    evidence = {"ocsps": kept.ocsps, "crls": kept.crls}
    own = context(certificates, stamp.at, strictly=True, **evidence)
    outside = context(certificates, stamp.at, strictly=False, **evidence)
    try:
        await judge(signature.signer_cert, own)
        await judge(stamping.signing_cert, outside, usage="time_stamping")
    except (PathError, ValidationError):
        return Level(STAMPED, stamp)
    return Level(LONG_TERM, stamp)


async def judge(certificate: Any, context: Any, *, usage: str | None = None) -> None:
    """Raises pyHanko's PathError or ValidationError where a certificate was not good."""
    from pyhanko_certvalidator import CertificateValidator

    validator: Any = CertificateValidator(certificate, validation_context=context)
    await validator.async_validate_usage(set(), {usage} if usage else set())


def context(certificates: Iterable[Any], at: datetime, *, strictly: bool, **evidence: Any) -> Any:
    """pyHanko's ValidationContext for an instant, by the certificates that came together.

    `strictly` asks for word that none was revoked; otherwise only a certificate that says where
    such word is given needs it. `evidence` is that word, or who fetches it.
    """
    from pyhanko_certvalidator import ValidationContext

    known = list(certificates)
    return ValidationContext(
        trust_roots=_topmost(known),
        other_certs=known,
        moment=at,
        revocation_mode="require" if strictly else "hard-fail",
        time_tolerance=_CLOCK_SLACK,
        **{"crls": (), **evidence},
    )


def context_of_stamp(signed: Any, **evidence: Any) -> Any:
    """The context of a time stamp's own certificates, at its own time.

    `signed` is the stamp's SignedData, as everywhere here.
    """
    return context(certificates_in(signed), stamped_at(signed), strictly=False, **evidence)


def stamp_on(signature: Any) -> Any | None:
    """The time stamp on an embedded signature, as it stands there, or None."""
    from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

    return next(extract_tst_data_iter(signature.signer_info, signed=False), None)


def certificates_in(signed: Any) -> list[Any]:
    """The certificates that came with a time stamp."""
    return [each.chosen for each in signed["certificates"]]


def stamped_at(signed: Any) -> datetime:
    """When a time stamp says that it was made."""
    at: datetime = signed["encap_content_info"]["content"].parsed["gen_time"].native
    return at


def _topmost(certificates: list[Any]) -> list[Any]:
    """Those whose issuer is not among them, or which are their own."""
    subjects = {each.subject.dump() for each in certificates}
    return [each for each in certificates if each.self_issued or each.issuer.dump() not in subjects]


def name_of(certificate: Any) -> str:
    """What a certificate calls its owner."""
    subject = certificate.subject.native
    name = subject.get("common_name") or subject.get("organization_name") or ""
    return ", ".join(name) if isinstance(name, list) else str(name)
