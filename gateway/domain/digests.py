"""A digest of what a gallery holds, the same on both sides whatever the order of changes.

Each distinct (reference, template) is hashed by itself and the hashes are added modulo 2²⁵⁶. So a
gallery in memory keeps its digest up to date with one hash a change, and a store computes it from
rows in any order. It finds drift between two honest sides; it is no proof against a forger.
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.domain.matching import ProtectedTemplate, Reference

_HEAD = Struct(">QHB")
_TRAITS = {"face": 1, "iris": 2}
_MODULUS = 1 << 256


class GalleryDigest:
    """A sum over templates; add each distinct one of a reference once."""

    __slots__ = ("_sum",)

    def __init__(self) -> None:
        self._sum = 0

    def add(self, reference: Reference, template: ProtectedTemplate) -> None:
        """Count a template in."""
        self._sum = (self._sum + _hash(reference, template)) % _MODULUS

    def remove(self, reference: Reference, template: ProtectedTemplate) -> None:
        """Take out one that was counted in."""
        self._sum = (self._sum - _hash(reference, template)) % _MODULUS

    @property
    def value(self) -> bytes:
        """32 bytes; all zero for an empty gallery."""
        return self._sum.to_bytes(32, "big")


def _hash(reference: Reference, template: ProtectedTemplate) -> int:
    head = _HEAD.pack(reference, template.algorithm, _TRAITS[template.trait.value])
    return int.from_bytes(sha256(head + template.data).digest(), "big")
