"""The container of a signature, byte by byte.

A PDF signature covers the whole file except the container that holds it. So here every byte of the
container is accounted for: it is checked against something that is signed, or it is the one value
that may stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_CONTAINER = re.compile(rb"<(?:[0-9A-F]{2})+>")

_MADE_BY_PSS = "rsassa_pss"


class Irregular(Exception):
    """A byte of the container is not what a writer leaves there; the text says which."""


def contained(pdf: bytes, byte_range: Sequence[int]) -> bytes:
    """The DER of the signature between the two signed parts. Raises Irregular.

    Upper-case digits as the writer's, then nothing but the zeros of the room that was left.
    """
    _, first, second, _ = byte_range
    digits = pdf[first:second]
    if not _CONTAINER.fullmatch(digits):
        raise Irregular("the container is not written in upper-case digits")
    room = bytes.fromhex(digits[1:-1].decode())
    length = _der_length(room)
    if any(room[length:]):
        raise Irregular("the room behind the signature is not empty")
    return room[:length]


def require_accounted(der: bytes, vouched: Iterable[bytes]) -> None:
    """Go on if every byte of a note's signature is accounted for; raises Irregular.

    `vouched` are certificates (DER) that are known from elsewhere: the roots, and what the signed
    part of the file holds. The signatures over digest and time are checked by the caller.
    """
    signature = _signed_data(der, "data")
    _require_chain(signature, frozenset(vouched), may_end_itself=True)
    attributes = list(_signer(signature)["unsigned_attrs"])
    if not attributes:
        return
    if len(attributes) > 1 or attributes[0]["type"].native != "signature_time_stamp_token":
        raise Irregular("something unsigned beside the time stamp")
    tokens = list(attributes[0]["values"])
    if len(tokens) != 1:
        raise Irregular("more than one time stamp")
    require_accounted_token(tokens[0].dump(), vouched)


def require_accounted_token(der: bytes, vouched: Iterable[bytes]) -> None:
    """The same for a time stamp, whose last certificate must be vouched for. Raises Irregular."""
    token = _signed_data(der, "tst_info")
    if _signer(token)["unsigned_attrs"]:
        raise Irregular("something unsigned in the time stamp")
    _require_chain(token, frozenset(vouched), may_end_itself=False)


def _der_length(room: bytes) -> int:
    """How many bytes the first DER value takes, its head included."""
    from asn1crypto.parser import peek

    try:
        return int(peek(room))
    except ValueError as fault:
        raise Irregular(str(fault)) from None


def _signed_data(der: bytes, content_type: str) -> Any:
    """The one signature in `der`, whose fixed parts say what they must."""
    from asn1crypto import cms

    container = cms.ContentInfo.load(der, strict=True)
    if container["content_type"].native != "signed_data":
        raise Irregular("it is no signature")
    if _written_anew(der) != der:
        raise Irregular("it is not written in DER")
    data = container["content"]
    held = data["encap_content_info"]
    if held["content_type"].native != content_type:
        raise Irregular("it signs something else")
    detached = content_type == "data"
    if detached == bool(held["content"]):
        raise Irregular("what it signs is not where it belongs")
    if data["version"].native != ("v1" if detached else "v3") or data["crls"]:
        raise Irregular("its version or its lists")
    signer = _signer(data)
    for algorithm in (signer["digest_algorithm"], signer["signature_algorithm"]):
        _require_plain(algorithm)
    algorithms = list(data["digest_algorithms"])
    for algorithm in algorithms:
        _require_plain(algorithm)
    if [each["algorithm"].native for each in algorithms] != [
        signer["digest_algorithm"]["algorithm"].native
    ]:
        raise Irregular("its digests are not its signer's")
    return data


def _written_anew(der: bytes) -> bytes:
    """The same signature as DER writes it.

    Part by part: what a default fills in counts as a change to asn1crypto, which then writes all
    that lies around it twice at every level, and a whole signature takes it half a second.
    """
    from asn1crypto import cms

    container = cms.ContentInfo.load(der, strict=True)
    content, data = container["content"].dump(), container["content"]
    signers = [(each.dump(), each) for each in data["signer_infos"]]
    infos = data["signer_infos"].dump()
    parts = {
        **{name: data[name].dump(force=True) for name in data if name != "signer_infos"},
        "signer_infos": _with_head_of(
            infos,
            sorted(
                _with_head_of(raw, [signer[name].dump(force=True) for name in signer])
                for raw, signer in signers
            ),
        ),
    }
    inner = _with_head_of(_contents(content), [parts[name] for name in data])
    outer = _with_head_of(content, [inner])
    return _with_head_of(der, [container["content_type"].dump(force=True), outer])


def _with_head_of(value: bytes, parts: Iterable[bytes]) -> bytes:
    """These parts in a value of the same kind, with the shortest head."""
    from asn1crypto import parser

    class_, method, tag, *_ = parser.parse(value)
    return bytes(parser.emit(class_, method, tag, b"".join(parts)))


def _contents(value: bytes) -> bytes:
    from asn1crypto import parser

    return bytes(parser.parse(value)[4])


def _signer(data: Any) -> Any:
    signers = list(data["signer_infos"])
    if len(signers) != 1:
        raise Irregular("not exactly one signer")
    if signers[0]["version"].native != "v1" or signers[0]["sid"].name != "issuer_and_serial_number":
        raise Irregular("the signer is named in another way")
    return signers[0]


def _require_plain(algorithm: Any) -> None:
    """An algorithm's parameters change nothing: there are none, or NULL says so."""
    if algorithm["algorithm"].native == _MADE_BY_PSS:
        return
    if algorithm["parameters"].dump() not in (b"", b"\x05\x00"):
        raise Irregular("an algorithm with parameters")


def _require_chain(data: Any, vouched: frozenset[bytes], *, may_end_itself: bool) -> None:
    """The certificates are the signer's and its issuers', each signed by the next or vouched for.

    The last may be its own issuer, whom the caller trusts or not, only if `may_end_itself`.
    """
    from cryptography import x509

    if any(choice.name != "certificate" for choice in data["certificates"]):
        raise Irregular("a certificate of another kind")
    named = _signer(data)["sid"].chosen
    left = {choice.chosen.dump(): choice.chosen for choice in data["certificates"]}
    if len(left) != len(data["certificates"]):
        raise Irregular("a certificate that is there twice")
    current = next(
        (
            der
            for der, each in left.items()
            if each.issuer.dump() == named["issuer"].dump()
            and each.serial_number == named["serial_number"].native
        ),
        None,
    )
    if current is None:
        raise Irregular("the signer's certificate is missing")
    known = {der: x509.load_der_x509_certificate(der) for der in {*left, *vouched}}
    ended = False
    while current is not None:
        found = left.pop(current)
        inner = found["tbs_certificate"]["signature"]
        if inner.dump() != found["signature_algorithm"].dump():
            raise Irregular("a certificate that names two algorithms")
        issuers = [der for der, each in known.items() if _issued(known[current], each)]
        if not issuers and current not in vouched:
            raise Irregular("a certificate nobody vouches for")
        ended = ended or current in vouched or any(der in vouched for der in issuers)
        ended = ended or (may_end_itself and current in issuers)
        current = next((der for der in issuers if der in left), None)
    if left:
        raise Irregular("a certificate that belongs to nobody here")
    if not ended:
        raise Irregular("a chain without an end that is vouched for")


def _issued(certificate: Any, issuer: Any) -> bool:
    """Whether `issuer` signed this certificate."""
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
