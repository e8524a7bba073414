"""Protection of one session's frames: MAC, or encryption with AES-128-CCM (YLS/1 7.2).

Owns the keys of a session. Knows neither how they were agreed nor what frames mean.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from gateway.codecs.yls.frame import (
    HEAD,
    SEAL,
    SOF,
    VERSION_AND_LENGTH,
    Frame,
    associated,
    close,
    covered,
)
from gateway.codecs.yls.registers import DIR, ENC, MAC, MUTABLE, PROTECTION, RSP

_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_FIXED = 0xFF & ~MUTABLE


class Mac:
    """HMAC-SHA256 cut to 8 bytes, with the key's two blocks hashed once (RFC 2104).

    Copying two hash states is less than half the work of keying HMAC for every frame.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(_BLOCK, b"\0")
        self._inner = sha256(block.translate(_INNER))
        self._outer = sha256(block.translate(_OUTER))

    def tag(self, message: bytes) -> bytes:
        """Return the 8-byte tag of ``message``."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:SEAL]


class Seal:
    """Packs our frames of one session and opens the peer's.

    ``direction`` is DIR for the server's frames and 0 for a device's. With ``bare`` frames without
    protection are accepted and sent, as TLS allows.
    """

    __slots__ = ("_bare", "_cipher", "_direction", "_key", "_mac", "address", "sid")

    def __init__(
        self, mac_key: bytes, enc_key: bytes, *, sid: int, direction: int, bare: bool
    ) -> None:
        self._mac = Mac(mac_key)
        self._key = enc_key
        self._cipher: AESCCM | None = None
        self._direction = direction
        self._bare = bare
        self.sid = sid
        self.address = 0
        """Bus address of the device; 0 on every point-to-point link."""

    @property
    def default(self) -> int:
        """The least protection a frame of ours needs: MAC, or nothing inside TLS."""
        return 0 if self._bare else MAC

    def pack(self, flags: int, command: int, seq: int, body: bytes) -> bytes:
        """Return a frame of ours; ``flags`` holds RSP, OW and the protection wanted."""
        flags |= self._direction
        if flags & MAC:
            size = len(body) + SEAL
            head = HEAD.pack(
                SOF, VERSION_AND_LENGTH, flags, self.address, command, seq, self.sid, size
            )
            return close(head, body + self._mac.tag(head + body))
        if flags & ENC:
            size = len(body) + SEAL
            head = HEAD.pack(
                SOF, VERSION_AND_LENGTH, flags, self.address, command, seq, self.sid, size
            )
            return close(head, self.encrypt(head, body))
        head = HEAD.pack(
            SOF, VERSION_AND_LENGTH, flags, self.address, command, seq, self.sid, len(body)
        )
        return close(head, body)

    def open(self, frame: Frame) -> bytes | None:
        """Return the body without its seal, decrypted; None when it cannot be trusted."""
        protection = frame.flags & PROTECTION
        if protection == MAC:
            body = frame.body
            if len(body) >= SEAL and compare_digest(
                self._mac.tag(covered(frame.raw, SEAL + 2)), body[-SEAL:]
            ):
                return body[:-SEAL]
            return None
        if protection == ENC:
            return self._decrypt(frame)
        if protection == 0 and self._bare:
            return frame.body
        return None

    def encrypt(self, head: bytes, body: bytes) -> bytes:
        """Return ciphertext and tag under the 16 header bytes, whose LEN is final."""
        fixed = head[:3] + bytes((head[3] & _FIXED,)) + head[4:]
        nonce = _nonce(head[3], head[12:14], head[8:12])
        return self._ccm().encrypt(nonce, body, fixed)

    def _decrypt(self, frame: Frame) -> bytes | None:
        raw = frame.raw
        nonce = _nonce(frame.flags, raw[12:14], raw[8:12])
        try:
            return self._ccm().decrypt(nonce, frame.body, associated(raw))
        except (InvalidTag, ValueError):
            return None

    def _ccm(self) -> AESCCM:
        if self._cipher is None:
            self._cipher = AESCCM(self._key, tag_length=SEAL)
        return self._cipher


def _nonce(flags: int, sid: bytes, seq: bytes) -> bytes:
    # RSP is part of it: a request of mine and my answer to yours may share a SEQ.
    return b"YLS1" + bytes((flags & (RSP | DIR),)) + sid + seq + b"\0\0"
