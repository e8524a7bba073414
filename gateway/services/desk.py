"""The one object sessions talk to: it knows which service each report belongs to, and no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.domain.commands import OutcomeBase
from gateway.domain.directory import Directory
from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.events import (
    BlobCompleted,
    BlobInterrupted,
    BlobOffered,
    ClockMeasured,
    DeviceStatus,
    FirmwareChanged,
    LoginFailed,
    LoginProved,
    RangeAnswered,
    RecordReported,
    RecordsLost,
)
from gateway.domain.ids import Serial
from gateway.domain.people import PersonEnrolled
from gateway.domain.ports import LostRange, Report, SessionHandle, no_probe
from gateway.domain.requests import (
    Accept,
    CredentialGiven,
    Defer,
    MeasureClock,
    Refusal,
    Refuse,
)
from gateway.domain.times import LATEST_MS, Instant
from gateway.domain.verification import (
    Hesitation,
    TemplateRejected,
    Undecided,
    VerificationEvent,
    VerifyRequested,
)
from gateway.services.bad_templates import BadTemplates
from gateway.services.command.service import Commands
from gateway.services.committer import Committer
from gateway.services.common import Common
from gateway.services.credentials import Credentials
from gateway.services.firmware import Firmware
from gateway.services.gaps import Gaps
from gateway.services.ingest import Ingest
from gateway.services.logins import Logins
from gateway.services.pictures import Pictures
from gateway.services.presence import PresencePort
from gateway.services.terminals import Terminal
from gateway.services.verify.service import Verification

CLOCK_EVENT_MS = 2_000
"""An offset beyond this is an event (R-101)."""
CLOCK_EVERY_S = 600.0
"""How often a terminal's clock is measured (R-101 wants once a day)."""
CLOCK_SETTLES_S = 10.0
"""After this the measurement of the login is repeated: terminals set their clocks in between."""

PUT_OFF_S = 600
"""Seconds a terminal keeps an enrolment where the gateway has no matcher yet."""


class Desk:
    """Implements `gateway.domain.ports.DeviceDesk`."""

    def __init__(
        self,
        common: Common,
        directory: Directory,
        ingest: Ingest,
        committer: Committer,
        presence: PresencePort,
        commands: Commands,
        probe: Callable[[str], None] = no_probe,
        verification: Verification | None = None,
    ) -> None:
        """``verification`` is None where the gateway has no matcher."""
        self.directory = directory
        self._verification = verification
        self._probe = probe
        self._store = common.store
        self._terminals = common.terminals
        self._tasks = common.tasks
        self._tally = common.tally
        self._log = common.log
        self._retry_after = common.limits.retry_after_s
        self._ingest = ingest
        self._committer = committer
        self._presence = presence
        self._commands = commands
        self._pictures = Pictures(common)
        self._logins = Logins(common, lambda: self.directory)
        self._gaps = Gaps(common)
        self._credentials = Credentials(common)
        self._firmware = Firmware(common)
        self._bad_templates = BadTemplates(common)

    def credential(
        self, serial: Serial, peer: str, now: Instant
    ) -> CredentialGiven | Refuse | None:
        """Return the secret to check a proof by, a refusal, or None to hang up."""
        return self._credentials.answer(self.directory, serial, peer, now.mono)

    def shuns(self, peer: str, now: Instant) -> bool:
        """Say whether nobody at this address is to be answered at present."""
        return self._credentials.shuns(peer, now.mono)

    def login_failed(self, event: LoginFailed, peer: str, now: Instant) -> None:
        """Count a failed proof against serial number and source."""
        self._credentials.failed(self.directory, event, peer, now.mono)

    def login(self, session: SessionHandle, event: LoginProved, peer: str, now: Instant) -> None:
        """Admit or refuse a terminal that proved its identity."""
        if self._credentials.proved(event.serial, peer, now.mono):
            self._logins.login(session, event, self._enter)
        else:
            self._logins.refuse(session, event, Refusal.LOCKED_OUT)

    def beat(self, session: SessionHandle, now: Instant) -> None:
        """Note a heartbeat of a terminal that need not have any."""
        terminal = self._current(session)
        if terminal is not None:
            self._presence.beat(terminal.device, session.slot, now.mono)

    def heard(self, session: SessionHandle, now: Instant) -> None:
        """Note that a valid frame came."""
        self._presence.touch(session.slot, now.mono)

    def status(self, session: SessionHandle, status: DeviceStatus, now: Instant) -> None:
        """Take note of a terminal's health; ask for records that are missing, and for its clock."""
        terminal = self._current(session)
        if terminal is None:
            return
        self._gaps.review(session, terminal, status)
        if terminal.clock_due is None:  # the login has just had it measured
            terminal.clock_due = now.mono + CLOCK_SETTLES_S
        elif now.mono >= terminal.clock_due:
            terminal.clock_due = now.mono + CLOCK_EVERY_S
            session.submit(MeasureClock())

    def firmware_changed(self, session: SessionHandle, event: FirmwareChanged) -> None:
        """Write down that a terminal runs another firmware than before."""
        terminal = self._current(session)
        if terminal is not None:
            self._firmware.told(terminal, event)

    def clock(self, session: SessionHandle, event: ClockMeasured, now: Instant) -> None:
        """Remember the terminal's clock offset for the records that follow."""
        del now
        terminal = self._current(session)
        if terminal is not None:
            self.measured(terminal, event)

    def measured(self, terminal: Terminal, event: ClockMeasured) -> None:
        """Remember a terminal's clock offset, however it was learnt."""
        if abs(event.offset_ms) > LATEST_MS:
            return  # no clock is so far off; corrected by it, no time of a record could be stored
        terminal.clock_offset_ms = event.offset_ms
        terminal.clock_uncertainty_ms = event.uncertainty_ms
        if abs(event.offset_ms) > CLOCK_EVENT_MS + event.uncertainty_ms:
            self._log.warning(
                "device.clock_offset",
                device=terminal.device.id,
                offset_ms=event.offset_ms,
                uncertainty_ms=event.uncertainty_ms,
            )

    def read(self, terminal: Terminal, now: Instant) -> None:
        """Note that a terminal we read gave a sign of life."""
        slot = self._presence.attach(terminal.device)
        self._presence.touch(slot, now.mono)

    def unread(self, terminal: Terminal, now: Instant) -> None:
        """Note that a terminal is not read any more, unless it has a session of its own."""
        if terminal.session is None:
            slot = self._presence.attach(terminal.device)
            self._presence.disconnected(slot, now.mono)

    def record(self, session: SessionHandle, event: RecordReported, now: Instant) -> None:
        """Queue a record; its answer follows the commit."""
        self._probe("ingest.received")
        terminal = self._terminals.get(session.device)
        if terminal is not None and self._ingest.record(
            session, terminal, self.directory, event, now
        ):
            self._committer.kick()

    def records_lost(self, session: SessionHandle, event: RecordsLost, now: Instant) -> None:
        """Keep a tombstone, then acknowledge it."""
        lost = LostRange(
            device=session.device,
            series=event.series,
            first=event.first,
            last=event.last,
            reason=event.reason,
            received_ms=now.wall,
        )
        self._tasks.spawn(self._bury(session, event, lost), "tombstone")

    async def _bury(self, session: SessionHandle, event: RecordsLost, lost: LostRange) -> None:
        try:
            await self._store.save_lost(lost)
        except StoreRefused as error:
            # A range that is none names no record; answered, the terminal stops repeating it.
            self._log.error("record.lost_refused", device=lost.device, error=str(error))
            session.submit(Accept(receipt=event.receipt))
            return
        except Exception as error:
            session.submit(Defer(receipt=event.receipt, retry_after_s=self._retry_after))
            if not isinstance(error, StoreUnavailable):
                raise
            return
        self._tally.tombstones += 1
        self._log.warning(
            "record.lost",
            device=lost.device,
            series=lost.series,
            first=lost.first,
            last=lost.last,
            reason=lost.reason,
        )
        terminal = self._terminals.get(session.device)
        ledger = terminal.ledgers.get(lost.series) if terminal else None
        if ledger is not None:
            ledger.add(lost.first, lost.last)
        session.submit(Accept(receipt=event.receipt))

    def blob_offered(self, session: SessionHandle, event: BlobOffered, now: Instant) -> None:
        """Decide whether to take an object."""
        del now
        self._pictures.offered(session, event)

    def blob_completed(self, session: SessionHandle, event: BlobCompleted, now: Instant) -> None:
        """Make an object durable, then confirm it."""
        self._pictures.completed(session, event, now)

    def blob_interrupted(self, session: SessionHandle, event: BlobInterrupted) -> None:
        """Keep the beginning of an object for its resumption."""
        self._pictures.interrupted(session, event)

    def range_answered(self, session: SessionHandle, event: RangeAnswered) -> None:
        """Take note of whether the terminal still has what we asked for."""
        terminal = self._current(session)
        if terminal is not None:
            self._gaps.answered(terminal, event)

    def verify(self, session: SessionHandle, event: VerifyRequested, now: Instant) -> None:
        """Decide who passes; without a matcher the terminal is told at once to fall back."""
        if self._verification is None:
            session.submit(Undecided(receipt=event.receipt, reason=Hesitation.BUSY))
        else:
            self._verification.verifier.verify(session, event, now)

    def template_rejected(self, session: SessionHandle, event: TemplateRejected) -> None:
        """Note that a terminal sent a template nobody could compare; it was told so."""
        self._bad_templates.refused(session, event.fault)

    def verification_ended(self, session: SessionHandle, event: VerificationEvent) -> None:
        """Drop a verification nobody waits for, or note that its answer was not sent."""
        if self._verification is not None:
            self._verification.verifier.ended(session, event)

    def orders_wanted(self, session: SessionHandle) -> None:
        """Give a terminal that fetches its orders the next one, or say that there is none."""
        self._commands.fetch(session.device, session)

    def outcome(self, session: SessionHandle, event: OutcomeBase, now: Instant) -> None:
        """Note what came of an order."""
        del now
        self._commands.outcome(session.device, event)

    def enrolled(self, session: SessionHandle, event: PersonEnrolled, now: Instant) -> None:
        """Take in what a terminal captured; without a matcher it keeps that for later."""
        del now
        if self._verification is None:
            session.submit(Defer(receipt=event.receipt, retry_after_s=PUT_OFF_S))
        else:
            self._verification.from_terminals.take(session, event)

    def reported(self, session: SessionHandle, event: Report, now: Instant) -> None:
        """Drop it: nothing here keeps people, firmware or faults without a number yet."""

    def lost(self, session: SessionHandle, reason: str, now: Instant) -> None:
        """Let go of a session, unless a newer one took the terminal over meanwhile."""
        del reason
        self._pictures.left(session)
        if not session.fetches:
            self._commands.lost(session.device, session)
        terminal = self._current(session)
        if terminal is not None:
            terminal.session = None
            self._presence.disconnected(session.slot, now.mono)

    def _enter(self, session: SessionHandle, terminal: Terminal) -> None:
        """Make a session the terminal's present one."""
        session.device = terminal.device.id
        session.slot = self._presence.attach(terminal.device)
        terminal.session = session
        terminal.clock_due = None
        terminal.fetches = terminal.fetches or session.fetches
        if not session.fetches:  # such a one says itself when it wants some
            self._commands.kick(session.device)
        if self._verification is not None:
            self._verification.arrived(terminal)

    def accept_directory(self, directory: Directory) -> Sequence[SessionHandle]:
        """Use a changed directory; return the sessions of devices that may no longer be here.

        A device with another secret or dialect than before is among them: who is connected proved
        the old one.
        """
        before, self.directory = self.directory, directory
        expelled: list[SessionHandle] = []
        for terminal in self._terminals:
            serial, id_ = terminal.device.serial, terminal.device.id
            device = directory.devices.get(serial)
            renewed = directory.secrets.get(id_) != before.secrets.get(id_)
            if device is not None:
                renewed = renewed or device.dialect != terminal.device.dialect
                terminal.refreshed(device)
            welcome = directory.admission(serial, "") is device and not renewed
            if not welcome and terminal.session is not None:
                expelled.append(terminal.session)
        if self._verification is not None:
            self._verification.follow()
        return expelled

    def _current(self, session: SessionHandle) -> Terminal | None:
        terminal = self._terminals.get(session.device)
        return terminal if terminal is not None and terminal.session is session else None
