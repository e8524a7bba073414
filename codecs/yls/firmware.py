"""The two firmware banks of a terminal: offers, installation, fallback (YLS/1 15).

The terminal's side; outlives every connection and every restart. The signature is checked when an
image is offered and again, with its digest, before it is started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from gateway.codecs.yls.body import RESULT_OK, Body, Refused
from gateway.codecs.yls.manifest import Manifest, order, read_manifest
from gateway.codecs.yls.registers import Blob, Result, Tlv

TRIAL_SECONDS = 600
"""Without a good login for so long after an upgrade the terminal goes back to the old bank."""


@dataclass(slots=True)
class FirmwareBank:
    """What runs, what was offered, and what is to be told about it."""

    version: str
    maker: bytes
    """The maker's Ed25519 public key."""
    hardware: int = 1
    """The bits of HW_MASK that are this hardware."""
    floor: str = "0"
    """No image below this is installed any more: the highest MIN_VERSION ever installed."""
    power_low: bool = False
    offered: Manifest | None = None
    before: str | None = None
    """The version in the other bank while the new one is on trial."""
    installing: Manifest | None = None
    """Accepted by FW_APPLY; starts at ``start_ms``."""
    start_ms: int = 0
    result: tuple[str, bool, str] | None = None
    """What FW_RESULT has to say: version, applied, reason."""

    def offer(self, body: bytes) -> bytes:
        """Judge FW_OFFER; raises Refused."""
        manifest = read_manifest(body)
        if not manifest.genuine(self.maker):
            raise Refused(Result.FW_SIG)
        if not manifest.hardware_mask & self.hardware:
            raise Refused(Result.FW_HW)
        if order(manifest.version) == order(self.version):
            raise Refused(Result.FW_SAME)
        lowest = max(order(self.floor), order(manifest.least_version))
        if order(manifest.version) < lowest:
            raise Refused(Result.FW_VERSION)
        if self.power_low:
            raise Refused(Result.FW_POWER)
        if self.installing is not None or self.before is not None:
            raise Refused(Result.BUSY)
        self.offered = manifest
        return RESULT_OK

    def wants(self, digest: bytes) -> bool:
        """Say whether an image of that digest was offered and accepted."""
        return self.offered is not None and self.offered.digest == digest

    def apply(self, body: bytes, objects: Mapping[bytes, tuple[Blob, bytes]], now_ms: int) -> bytes:
        """Take FW_APPLY: check everything once more and note when to start; raises Refused."""
        fields = Body(body)
        digest = fields.bytes(Tlv.SHA256, 32)
        first, last = fields.number(Tlv.NOT_BEFORE, 8), fields.number(Tlv.NOT_AFTER, 8)
        offered = self.offered
        if offered is None or offered.digest != digest or digest not in objects:
            raise Refused(Result.BLOB_UNKNOWN)
        image = objects[digest][1]
        if sha256(image).digest() != digest or len(image) != offered.size:
            raise Refused(Result.BLOB_DIGEST)
        if not offered.genuine(self.maker):
            raise Refused(Result.FW_SIG)
        if self.power_low:
            raise Refused(Result.FW_POWER)
        if last < now_ms or first > last:
            raise Refused(Result.EXPIRED)
        self.installing, self.start_ms = offered, first
        return RESULT_OK

    def due(self, now_ms: int) -> bool:
        """Say whether it is time to restart into the other bank."""
        return self.installing is not None and now_ms >= self.start_ms

    def restart(self) -> None:
        """Start the image that was installed, on trial until a login is good."""
        if self.installing is not None:
            self.before, self.version = self.version, self.installing.version

    def confirmed(self) -> None:
        """Note a good login: an image on trial stays."""
        if self.before is not None and self.installing is not None:
            self.floor = max(self.floor, self.installing.least_version, key=order)
            self.result = self.version, True, ""
            self.before = self.installing = self.offered = None

    def watch(self, on_trial_s: float) -> None:
        """Go back when nobody let us log in for too long."""
        if self.before is not None and on_trial_s >= TRIAL_SECONDS:
            self.fall_back(f"no login within {TRIAL_SECONDS} s")

    def fall_back(self, reason: str) -> None:
        """Go back to the bank from before: the watchdog bit, or nobody let us log in."""
        if self.before is not None:
            self.version = self.before
            self.result = self.version, False, reason
            self.before = self.installing = self.offered = None
