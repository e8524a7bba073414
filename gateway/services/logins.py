"""Admission: who a terminal is allowed to be, and what we tell it we already hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.directory import Device, Directory
from gateway.domain.errors import StoreUnavailable
from gateway.domain.events import LoginProved, StoredSeries
from gateway.domain.numbers import HeldNumbers
from gateway.domain.ports import SeriesWanted, SessionHandle
from gateway.domain.requests import Admit, HeldSeries, MeasureClock, Parting, Refusal, Refuse
from gateway.services.common import Common
from gateway.services.firmware import Firmware
from gateway.services.terminals import Terminal
from gateway.services.together import Together

SESSION_IDS = 65_535
"""Session numbers are 16 bits on the wire of YLS/1 and never zero."""

Enter = Callable[[SessionHandle, Terminal], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A login whose proof held."""

    session: SessionHandle
    event: LoginProved
    terminal: Terminal
    turn: int
    """Its place among all logins of the terminal; the highest one is the terminal's present."""
    enter: Enter


class Logins:
    """Answers LoginProved with Admit or Refuse."""

    def __init__(self, common: Common, directory: Callable[[], Directory]) -> None:
        """``directory`` returns the present one: it may change while a login waits."""
        self._directory = directory
        self._holdings: Together[SeriesWanted, HeldSeries] = Together(
            common.store.held, common.tasks, "held numbers"
        )
        self._terminals = common.terminals
        self._tasks = common.tasks
        self._tally = common.tally
        self._log = common.log
        self._firmware = Firmware(common)
        self._heartbeat = common.limits.heartbeat_s
        self._retry_after = common.limits.retry_after_s
        self._last_session = 0

    def login(self, session: SessionHandle, event: LoginProved, enter: Enter) -> None:
        """Decide about a terminal that proved its identity (R-030, R-033).

        ``enter`` is called for an admitted session, right before the admission is sent.
        """
        directory = self._directory()
        verdict = _admission(directory, session, event)
        if isinstance(verdict, Refusal):
            self.refuse(session, event, verdict)
            return
        terminal = self._terminals.meet(verdict)
        terminal.proofs += 1
        attempt = Attempt(
            session=session, event=event, terminal=terminal, turn=terminal.proofs, enter=enter
        )
        if _unknown(attempt) is None:
            self._admit(attempt)
        else:
            self._tasks.spawn(self._admit_later(attempt, directory), "login")

    async def _admit_later(self, attempt: Attempt, known: Directory) -> None:
        try:
            # Looked at anew after each wait: another login may have let go of what we loaded.
            while missing := _unknown(attempt):
                await self._load(attempt.terminal, missing)
        except Exception as error:
            self._conclude(attempt, Refusal.UNAVAILABLE)
            if not isinstance(error, StoreUnavailable):
                raise
        else:
            self._conclude(attempt, self._second_thoughts(attempt, known))

    def _conclude(self, attempt: Attempt, refusal: Refusal | None) -> None:
        terminal = attempt.terminal
        if attempt.session.over:
            return  # nobody is there to be told, and nothing of the terminal may change
        if refusal is not None:
            self.refuse(attempt.session, attempt.event, refusal)
        elif attempt.turn > terminal.entered:
            self._admit(attempt)
        elif terminal.session is not attempt.session:
            attempt.session.close(Parting.TAKEN_OVER)

    def _second_thoughts(self, attempt: Attempt, known: Directory) -> Refusal | None:
        """Judge again what was judged before the wait: the device may have been revoked in it."""
        directory, event = self._directory(), attempt.event
        verdict = _admission(directory, attempt.session, event)
        if isinstance(verdict, Refusal):
            return verdict
        device = verdict.id
        if directory.secrets.get(device) != known.secrets.get(device):
            return Refusal.REVOKED  # what was proved is the possession of the old secret
        return None

    async def _load(self, terminal: Terminal, store: StoredSeries) -> None:
        wanted = SeriesWanted(terminal.device.id, store.series, store.first)
        held = await self._holdings.of(wanted)
        ledger = HeldNumbers(store.series, held.upto, held.ranges)
        # Records of an older connection may have been committed while we asked.
        terminal.ledgers.setdefault(store.series, ledger)

    def _admit(self, attempt: Attempt) -> None:
        session, event, terminal = attempt.session, attempt.event, attempt.terminal
        self._tally.logins["ok"] += 1
        terminal.entered = attempt.turn
        self._firmware.told(terminal, event)
        terminal.begin(event.stores)
        self._last_session = self._last_session % SESSION_IDS + 1
        attempt.enter(session, terminal)
        session.submit(
            Admit(
                session=self._last_session,
                heartbeat_s=self._cadence(terminal.device),
                held=tuple(self._held(terminal, store) for store in event.stores),
            ),
            MeasureClock(),
        )

    def _held(self, terminal: Terminal, store: StoredSeries) -> HeldSeries:
        """Tell what we hold of what the terminal still keeps (YLS/1 ruling 3).

        Numbers below ``first`` are gone from the terminal, so for it the prefix starts there.
        """
        ledger = terminal.ledgers[store.series]
        if ledger.top > store.last:
            self._log.warning(
                "device.counter_regressed",
                device=terminal.device.id,
                series=store.series,
                held=ledger.top,
                last=store.last,
            )
        view = HeldNumbers(store.series, max(ledger.upto, store.first - 1), ledger.islands())
        return view.snapshot()

    def _cadence(self, device: Device) -> int:
        return device.cadence_s or self._heartbeat

    def refuse(self, session: SessionHandle, event: LoginProved, reason: Refusal) -> None:
        """Turn a terminal away, count it and write it down."""
        self._tally.logins[reason.value] += 1
        self._log.warning(
            "device.refused", serial=event.serial, model=event.model, reason=reason.value
        )
        passing = reason is Refusal.UNAVAILABLE
        session.submit(Refuse(reason=reason, retry_after_s=self._retry_after if passing else None))


def _admission(
    directory: Directory, session: SessionHandle, event: LoginProved
) -> Device | Refusal:
    """Judge a login; a device is itself only in the protocol it is registered with.

    Otherwise a protocol without proof would be a way around the proof of another one.
    """
    verdict = directory.admission(event.serial, event.model)
    if isinstance(verdict, Device) and session.dialect.partition("/")[0] != verdict.dialect:
        return Refusal.NOT_LISTED
    return verdict


def _unknown(attempt: Attempt) -> StoredSeries | None:
    """Return a series of which we do not know what we hold."""
    ledgers = attempt.terminal.ledgers
    return next((store for store in attempt.event.stores if store.series not in ledgers), None)
