"""The signed manifest of a firmware image: what the maker's signature covers (YLS/1 15.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from gateway.codecs.yls.body import Body, Refused, put, put_number
from gateway.codecs.yls.registers import Result, Tlv

LABEL = b"YLS1FW"
SIGNATURE = 64
_VERSION = re.compile(r"\d{1,9}(\.\d{1,9}){0,7}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is offered."""

    version: str
    size: int
    digest: bytes
    hardware_mask: int
    least_version: str
    signature: bytes

    def signed(self) -> bytes:
        """Return the bytes under the signature; both versions carry their length."""
        version, least = self.version.encode(), self.least_version.encode()
        return b"".join(
            (
                LABEL,
                self.hardware_mask.to_bytes(4, "big"),
                bytes((len(version),)),
                version,
                bytes((len(least),)),
                least,
                self.size.to_bytes(4, "big"),
                self.digest,
            )
        )

    def genuine(self, maker: bytes) -> bool:
        """Say whether the maker with that Ed25519 public key (32 bytes) signed it."""
        try:
            Ed25519PublicKey.from_public_bytes(maker).verify(self.signature, self.signed())
        except (InvalidSignature, ValueError):
            return False
        return True

    def encode(self) -> bytes:
        """Return the body of FW_OFFER."""
        return (
            put(Tlv.FW_VERSION, self.version.encode(), critical=True)
            + put_number(Tlv.BLOB_SIZE, self.size, 4, critical=True)
            + put(Tlv.SHA256, self.digest, critical=True)
            + put_number(Tlv.HW_MASK, self.hardware_mask, 4, critical=True)
            + put(Tlv.MIN_VERSION, self.least_version.encode(), critical=True)
            + put(Tlv.SIGNATURE, self.signature, critical=True)
        )


def read_manifest(body: bytes) -> Manifest:
    """Read FW_OFFER; raises Refused."""
    fields = Body(body)
    return Manifest(
        version=fields.name(Tlv.FW_VERSION),
        size=fields.number(Tlv.BLOB_SIZE, 4),
        digest=fields.bytes(Tlv.SHA256, 32),
        hardware_mask=fields.number(Tlv.HW_MASK, 4),
        least_version=fields.name(Tlv.MIN_VERSION),
        signature=fields.bytes(Tlv.SIGNATURE, SIGNATURE),
    )


def order(version: str) -> tuple[int, ...]:
    """Return what versions are compared by: 1.10 is above 1.9, and 1.0 is 1.

    Raises Refused FW_VERSION for one that is no row of numbers.
    """
    if not _VERSION.fullmatch(version):
        raise Refused(Result.FW_VERSION)
    parts = [int(part) for part in version.split(".")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return tuple(parts)
