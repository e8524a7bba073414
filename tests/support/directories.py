"""A directory with as many terminals as a test wants, and their secrets."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

SUPPLIER = "ACME"
MODEL = "FACE-1"


def secret_of(serial: str) -> bytes:
    """The secret of a test terminal."""
    return sha256(b"secret of " + serial.encode()).digest()


def device(serial: str, **changes: Any) -> dict[str, Any]:
    """One entry of the devices; it hangs nowhere."""
    return {
        "serial": serial,
        "supplier": SUPPLIER,
        "model": MODEL,
        "secret": secret_of(serial).hex(),
        **changes,
    }


def document(*serials: str, **changes: Any) -> dict[str, Any]:
    """A directory document as `gatepost directory import` reads it."""
    return {
        "suppliers": [{"code": SUPPLIER, "name": "Acme"}],
        "models": [{"supplier": SUPPLIER, "name": MODEL}],
        "devices": [device(serial, **changes) for serial in serials],
    }
