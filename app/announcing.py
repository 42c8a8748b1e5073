"""Makes a `.local` name known on the network, so that tablets find it without a name server."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from app.addresses import EVERYWHERE

SERVICE = "_https._tcp.local."
# How long another machine has to say that the name is its own.
ASKED_FOR_MS = 1500


def own_addresses(listens_at: str) -> list[str]:
    """The IPv4 addresses of this machine at which the network finds the server."""
    if listens_at not in EVERYWHERE:
        return [] if ":" in listens_at else [listens_at]
    import ifaddr

    found = {str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4}
    outward = {address for address in found if not ipaddress.ip_address(address).is_loopback}
    lasting = {address for address in outward if not ipaddress.ip_address(address).is_link_local}
    return sorted(lasting or outward)


class Announcement:
    """One name on one network, told anew when the machine's addresses change."""

    def __init__(self, name: str, port: int, listens_at: str) -> None:
        self._name = name
        self._port = port
        self._listens_at = listens_at
        self._addresses: list[str] | None = None
        self._told: list[Any] = []

    def tell(self) -> str | None:
        """Announce the name unless that is done; answers a sentence if it could not be.

        Where this machine's own system announces the name already, nothing is added to it.
        """
        if not self._name.endswith(".local") or _is_confined(self._listens_at):
            return None
        try:
            addresses = own_addresses(self._listens_at)
            if addresses == self._addresses:
                return None
            self._end_told()
            self._addresses = addresses
            return self._announce(addresses)
        except Exception as fault:  # Whatever a network does, Stipple serves without.
            self._end_told()
            return (
                f"The name {self._name} could not be announced here ({type(fault).__name__}): "
                "let the network's router give it to this machine."
            )

    def end(self) -> None:
        """Take the name back."""
        self._end_told()
        self._addresses = None

    def _announce(self, addresses: list[str]) -> str | None:
        from zeroconf import AddressResolver, Zeroconf  # type: ignore[attr-defined]

        if not addresses:
            return f"This machine is in no network: nobody else can reach {self._name} yet."
        # Each address is true on its own network alone, so each is announced there alone.
        self._told = [Zeroconf(interfaces=[address]) for address in addresses]
        resolver = AddressResolver(f"{self._name}.")
        known: set[str] = set()
        if resolver.request(self._told[0], ASKED_FOR_MS):
            known = {
                address for address in resolver.parsed_addresses() if not _is_confined(address)
            }
        if known - {*addresses, *_all_own()}:
            self._end_told()
            return (
                f"Another machine here is called {self._name} ({', '.join(sorted(known))}): set "
                "STIPPLE_HOSTNAME to another name."
            )
        if known:
            self._end_told()
            return None
        for teller, address in zip(self._told, addresses, strict=True):
            teller.register_service(self._service(address), allow_name_change=True)
        return None

    def _service(self, address: str) -> Any:
        from zeroconf import ServiceInfo

        return ServiceInfo(
            SERVICE,
            f"Stipple at {self._name.removesuffix('.local')}.{SERVICE}",
            addresses=[socket.inet_aton(address)],
            port=self._port,
            server=f"{self._name}.",
        )

    def _end_told(self) -> None:
        told, self._told = self._told, []
        for teller in told:
            teller.close()


def _all_own() -> set[str]:
    import ifaddr

    return {
        str(ip.ip if ip.is_IPv4 else ip.ip[0])
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    }


def _is_confined(address: str) -> bool:
    """Whether an address says nothing about who has it: every machine has such ones."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
