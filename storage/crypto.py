"""Sealing: AES-256-GCM, a master key in a file, and data keys wrapped by it.

Owns bytes and one file; it has no idea of a database. Every ciphertext is bound to its place by its
associated data ``table|row|column|key``, so that a cell moved to another row no longer opens.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from gateway.storage.layout import sync_folder

from gateway.domain.errors import GatepostError

KEY_BYTES = 32
NONCE_BYTES = 12
"""Random, 96 bits: safe for 2^32 uses of one key (NIST SP 800-38D 8.3), and keys change monthly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The cell a ciphertext lies in."""

    table: str
    row: str | int
    column: str

    def bound_to(self, key: str | int) -> bytes:
        """Return the associated data for a cell sealed with key ``key``."""
        return f"{self.table}|{self.row}|{self.column}|{key}".encode()


class Sealer:
    """One key and its name; knows how to seal and open, and never shows the key."""

    __slots__ = ("_cipher", "name")

    def __init__(self, name: str | int, key: bytes) -> None:
        self.name = name
        self._cipher = AESGCM(key)

    def seal(self, place: Place, plain: bytes) -> bytes:
        """Return ``nonce ‖ ciphertext ‖ tag``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place.bound_to(self.name))

    def open(self, place: Place, sealed: bytes) -> bytes:
        """Undo `seal`; raises GatepostError ``key.mismatch`` for another key, place or byte."""
        try:
            return self._cipher.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.bound_to(self.name)
            )
        except InvalidTag:
            raise GatepostError(
                "key.mismatch",
                "the bytes do not open: another key, another place, or damaged.",
                place=f"{place.table} {place.row} {place.column}",
                remedy="Restore the master key that belongs to this database.",
            ) from None


class Hasher:
    """One key for keyed hashes, by which sealed values are found; never shows the key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def digest(self, text: str) -> bytes:
        """Return HMAC-SHA-256 over the text in UTF-8."""
        return hmac.digest(self._key, text.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key that wraps data keys; it exists only in its file and in memory."""

    sealer: Sealer = field(repr=False)

    def wrap(self, place: Place, data_key: bytes) -> bytes:
        """Seal a data key for storage."""
        return self.sealer.seal(place, data_key)

    def unwrap(self, place: Place, wrapped: bytes) -> bytes:
        """Open a stored data key; raises GatepostError ``key.mismatch``."""
        return self.sealer.open(place, wrapped)


MASTER_VERSION = 1
"""Goes into the associated data of wrapped keys, so that a successor can be told from it."""


def read_master_key(path: Path) -> MasterKey | None:
    """Read the key file, None when there is none.

    Raises GatepostError ``key.exposed`` when others may read it and ``key.size`` when it is not
    32 bytes long.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        mode = stat.S_IMODE(os.fstat(fd).st_mode)
        if mode & 0o077:
            raise GatepostError(
                "key.exposed",
                f"its mode is {mode:04o}: others than its owner can read the master key.",
                place=str(path),
                remedy="Set its mode to 0600, and consider whether it has been copied.",
            )
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise GatepostError(
            "key.size",
            f"a master key is {KEY_BYTES} bytes long, this is not.",
            place=str(path),
            remedy="Restore the file from its backup.",
        )
    return MasterKey(Sealer(MASTER_VERSION, key))


def make_master_key(path: Path) -> MasterKey:
    """Create the key file, 0600 in a folder 0700: durably, whole, never over an existing one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = secrets.token_bytes(KEY_BYTES)
    unfinished = path.with_name(path.name + ".part")
    unfinished.unlink(missing_ok=True)
    fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(fd)
    try:
        path.hardlink_to(unfinished)
    finally:
        unfinished.unlink()
    for folder in (path.parent, path.parent.parent):
        sync_folder(folder)  # or a power cut leaves sealed rows and no key
    return MasterKey(Sealer(MASTER_VERSION, key))
