"""Who may try to prove what: a terminal's secret, or why its proof is not even looked at.

A refusal here must not depend on the proof: whoever guesses while locked out would otherwise learn
from the answer that a guess was right.
"""

from __future__ import annotations

from gateway.domain.directory import Directory
from gateway.domain.events import LoginFailed
from gateway.domain.ids import Serial
from gateway.domain.requests import CredentialGiven, Refusal, Refuse
from gateway.domain.sources import source_of
from gateway.services.common import Common
from gateway.services.lockout import Lockout


class Credentials:
    """Hands out secrets to check proofs by, and counts the proofs that failed."""

    def __init__(self, common: Common) -> None:
        limits = common.limits
        self._tally = common.tally
        self._log = common.log
        self._window_s = limits.failure_window_s
        self._lockout = Lockout(
            per_serial=limits.failures_per_serial,
            per_source=limits.failures_per_source,
            window_s=limits.failure_window_s,
        )

    def answer(
        self, directory: Directory, serial: Serial, peer: str, mono: float
    ) -> CredentialGiven | Refuse | None:
        """Answer a claim to be a terminal; see `DeviceDesk.credential`.

        What is refused here is counted but not logged: the failures that led to it were, and they
        are bounded in number where attempts are not.
        """
        shunned = self._lockout.shuns(peer, mono)
        if shunned or self._lockout.shut(serial, peer, mono):
            self._tally.logins["locked_out"] += 1
            return None if shunned else Refuse(reason=Refusal.LOCKED_OUT)
        device = directory.devices.get(serial)
        return CredentialGiven(secret=directory.secrets.get(device.id) if device else None)

    def failed(self, directory: Directory, event: LoginFailed, peer: str, mono: float) -> None:
        """Count a failed proof against serial number and source."""
        last_straw = self._lockout.failed(event.serial, peer, mono)
        self._tally.logins["bad_credential"] += 1
        self._log.warning(
            "device.login_failed",
            serial=event.serial,
            peer=peer,
            reason=event.reason,
            known=event.serial in directory.devices,
            locked_out=self._lockout.shut(event.serial, peer, mono),
        )
        if last_straw:
            source = source_of(peer)
            self._log.warning("source.locked_out", source=source, window_s=self._window_s)

    def proved(self, serial: Serial, peer: str, mono: float) -> bool:
        """Forgive a terminal that proved itself; False if it was locked out and must wait.

        A dialect that asks for no secret is stopped only here.
        """
        if self._lockout.shuns(peer, mono) or self._lockout.shut(serial, peer, mono):
            return False
        self._lockout.proved(serial, peer)
        return True

    def shuns(self, peer: str, mono: float) -> bool:
        """Say whether nobody at this address is to be answered at present."""
        return self._lockout.shuns(peer, mono)
