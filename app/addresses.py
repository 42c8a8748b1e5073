"""Where Stipple listens and by which address it is reached, worked out from the settings.

Beyond this machine everything is TLS. Plain HTTP is for this machine alone, or for a proxy on it.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app import settings

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (over TLS, never in the clear)
HTTPS_PORT = 443

# Names of one machine: labels of letters, digits and hyphens with dots between them.
HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


class CannotListen(Exception):
    """The settings name no place to listen at; the text is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where one server listens, and what tablets call it."""

    listens_at: str
    port: int
    is_tls: bool
    # What tablets call this machine; asked for over TLS alone.
    name: str = ""
    # The clinic's own certificate and its key; without them Stipple makes its own.
    certificate: tuple[Path, Path] | None = None
    # The plain page that hands out the root certificate, where Stipple made its own.
    trust_port: int | None = None
    public_url: str = ""

    @property
    def url(self) -> str:
        """The address people type, and that the QR code holds."""
        if self.public_url:
            return self.public_url
        if not self.is_tls:
            return self.local_url
        return f"https://{self._host}" + ("" if self.port == HTTPS_PORT else f":{self.port}")

    @property
    def local_url(self) -> str:
        """The address on this very machine."""
        return f"http{'s' if self.is_tls else ''}://localhost:{self.port}"

    @property
    def trust_url(self) -> str:
        """Where a tablet gets the root certificate."""
        return f"http://{self._host}:{self.trust_port}" if self.trust_port else ""

    @property
    def _host(self) -> str:
        return f"[{self.name}]" if ":" in self.name else self.name

    @property
    def heard_at(self) -> str:
        """An address at which this machine itself finds the server."""
        is_everywhere = self.listens_at in EVERYWHERE
        return "127.0.0.1" if is_everywhere or not self.is_tls else self.listens_at


def chosen(environ: Mapping[str, str], kept_name: str | None = None) -> Addresses:
    """What the settings ask for, all of it free to be taken. Raises CannotListen.

    `kept_name` is the name this instance already has a certificate for; it stays the name though
    the machine is called otherwise today, until STIPPLE_HOSTNAME says another.
    """
    host = settings.value(environ, "HOST")
    certificate = _given_certificate(environ)
    is_tls = host not in THIS_MACHINE or certificate is not None
    listens_at = _listening_address(host)
    port = _port(environ, "PORT", settings.value(environ, "PORT"))
    trust_port = None
    if is_tls and certificate is None:
        given = settings.value(environ, "STIPPLE_TRUST_PORT")
        trust_port = _port(environ, "STIPPLE_TRUST_PORT", given or str(port + 1))
        if trust_port == port:
            raise CannotListen(
                "PORT and STIPPLE_TRUST_PORT are the same: leave STIPPLE_TRUST_PORT out."
            )
    for wanted, setting in ((port, "PORT"), (trust_port, "STIPPLE_TRUST_PORT")):
        if wanted is not None:
            _require_free(loopback_addresses() if not is_tls else [listens_at], wanted, setting)
    found = Addresses(
        listens_at=listens_at,
        port=port,
        is_tls=is_tls,
        name=_name(environ, kept_name, certificate) if is_tls else "",
        certificate=certificate,
        trust_port=trust_port,
        public_url=public_url(environ),
    )
    _require_sense(environ, found)
    return found


def public_url(environ: Mapping[str, str]) -> str:
    """STIPPLE_PUBLIC_URL without its last slash, or nothing. Raises CannotListen."""
    given = settings.value(environ, "STIPPLE_PUBLIC_URL")
    if not given:
        return ""
    try:
        parts = urlsplit(given)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        has_port = False
    if not has_port or parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
        raise CannotListen(
            f"STIPPLE_PUBLIC_URL is {given}: set it to https:// and a host name, with nothing "
            "behind it, for example https://stipple.clinic.example."
        )
    return f"https://{parts.netloc}"


def proxies(given: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The addresses of STIPPLE_PROXY, with commas between them. Raises CannotListen."""
    try:
        return [ipaddress.ip_network(part.strip()) for part in given.split(",") if part.strip()]
    except ValueError:
        raise CannotListen(
            f"STIPPLE_PROXY is {given}: set it to the address the proxy speaks from, for example "
            "127.0.0.1, or to several with commas between them."
        ) from None


def loopback_addresses() -> list[str]:
    """This machine's own addresses: 127.0.0.1, and ::1 where the machine has it."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ["127.0.0.1"]
    return ["127.0.0.1", "::1"]


def is_free(address: str, port: int) -> bool:
    """Whether nobody listens there. Asked first because granian itself shares a taken port."""
    return _fault_of_binding(address, port) is None


def machine_name() -> str:
    """`<machine>.local`, in letters that a name may have."""
    first = re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().split(".")[0].lower()).strip("-")
    return f"{first[:63].rstrip('-') or 'stipple'}.local"


def is_address(name: str) -> bool:
    """Whether this is an IP address and no name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _given_certificate(environ: Mapping[str, str]) -> tuple[Path, Path] | None:
    given = [
        settings.value(environ, name) for name in ("STIPPLE_TLS_CERTIFICATE", "STIPPLE_TLS_KEY")
    ]
    if not any(given):
        return None
    if not all(given):
        raise CannotListen(
            "A certificate of your own is two files: set STIPPLE_TLS_CERTIFICATE to it with those "
            "that vouch for it, and STIPPLE_TLS_KEY to its key."
        )
    return Path(given[0]).expanduser(), Path(given[1]).expanduser()


def _listening_address(host: str) -> str:
    if host in THIS_MACHINE:
        return "127.0.0.1"
    if not is_address(host):
        raise CannotListen(
            f"HOST is {host}: set it to 0.0.0.0 for the whole network or to an address of this "
            "machine, or leave it out; what tablets call it is STIPPLE_HOSTNAME."
        )
    if fault := _fault_of_binding(host, 0):
        raise CannotListen(
            f"HOST is {host}, which is no address of this machine ({fault}): set it to 0.0.0.0 "
            "for the whole network, or leave it out."
        )
    return host


def _port(environ: Mapping[str, str], setting: str, given: str) -> int:
    if not given.isdecimal() or not 0 < int(given) < 65536:
        default = settings.SETTINGS[setting].default or "the next after PORT"
        raise CannotListen(
            f"{setting} is {given}: set it to a number from 1 to 65535, or leave it out for "
            f"{default}."
        )
    return int(given)


def _require_free(addresses: list[str], port: int, setting: str) -> None:
    for address in addresses:
        fault = _fault_of_binding(address, port)
        if fault is None:
            continue
        if fault.errno == errno.EACCES:
            raise CannotListen(
                f"This account may not listen at port {port}: choose one from 1024, for example "
                f"`{setting}=8443`."
            )
        raise CannotListen(
            f"Port {port} is taken by another program (perhaps Stipple itself): stop that one, "
            f"or choose another port, for example `{setting}={port % 65000 + 1} make run`."
        )


def _fault_of_binding(address: str, port: int) -> OSError | None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        if os.name == "posix":  # A port whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as fault:
            return fault
    return None


def _name(
    environ: Mapping[str, str], kept_name: str | None, certificate: tuple[Path, Path] | None
) -> str:
    from app import tls

    given = settings.value(environ, "STIPPLE_HOSTNAME").lower().rstrip(".")
    if given and not is_address(given) and not HOST_NAME.fullmatch(given):
        raise CannotListen(
            f"STIPPLE_HOSTNAME is {given}: set it to a name such as clinic.local, without https:// "
            "and without a port."
        )
    if certificate is None:
        return given or kept_name or machine_name()
    try:
        return tls.name_of_pair(*certificate, wanted=given)
    except tls.TlsRefused as refusal:
        raise CannotListen(str(refusal)) from None


def _require_sense(environ: Mapping[str, str], found: Addresses) -> None:
    through_proxy = proxies(settings.value(environ, "STIPPLE_PROXY"))
    if through_proxy and not found.public_url:
        raise CannotListen(
            "STIPPLE_PROXY is set: set STIPPLE_PUBLIC_URL too, to the https:// address that the "
            "proxy answers at."
        )
    if found.public_url and not through_proxy and not found.is_tls:
        raise CannotListen(
            "STIPPLE_PUBLIC_URL is set, but only this machine is served: set STIPPLE_PROXY to the "
            "address the proxy speaks from, or HOST=0.0.0.0 to serve it without one."
        )
