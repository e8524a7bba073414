"""Where a connection comes from, as far as shares and lock-outs are concerned."""

from __future__ import annotations

from ipaddress import IPv6Address

HOST_BITS = 64
"""Bits of an IPv6 address that every subscriber may choose freely (RFC 6177, RFC 4291 2.5.1)."""


def source_of(address: str) -> str:
    """Return what ``address`` shares with every other address its owner could use at no cost.

    An IPv4 address is itself, an IPv6 address counts by its first 64 bits: who has one has all of
    them. Text that is no address stands for itself.
    """
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> HOST_BITS << HOST_BITS)}/{HOST_BITS}"
