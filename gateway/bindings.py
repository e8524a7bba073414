"""Which addresses a device may log in from, where its protocol has no proof of its own."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from gateway.domain.ids import Serial

Network = IPv4Network | IPv6Network
WIDEST = {4: 16, 6: 48}
"""Shortest prefix that still says something: one operator's network, not the Internet."""


def parse_binding(text: str) -> tuple[Serial, Network]:
    """Read ``serial=network``; raises ValueError with what was expected."""
    serial, equals, network = text.rpartition("=")
    if not equals or not serial.isascii() or not serial or " " in serial:
        raise ValueError('expected "device code=network", such as "0A17=10.8.3.0/28"')
    bound = ip_network(network)
    if bound.prefixlen < WIDEST[bound.version]:
        raise ValueError(f"a network wider than /{WIDEST[bound.version]} binds nobody")
    return Serial(serial), bound


class Bindings:
    """Answers whether a device may log in from an address; a device that is not named may not."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._networks: dict[Serial, list[Network]] = {}
        for serial, network in map(parse_binding, texts):
            self._networks.setdefault(serial, []).append(network)

    def __call__(self, serial: Serial, peer: str) -> bool:
        """See `gateway.protocols.surroundings.Surroundings.binds`."""
        address = ip_address(peer.partition("%")[0])
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks.get(serial, ()))

    def __len__(self) -> int:
        return len(self._networks)
