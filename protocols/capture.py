"""Captures of sessions: what was said around something that did not decode, or for an operator.

A `Tap` sits at one session and costs it an append for each read and write. Nothing is taken apart,
redacted or handed on before there is a reason to, and the inbox has agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from gateway.codecs.api import Dialect, Redact
from gateway.protocols.redaction import redacted
from gateway.protocols.ring import Budget, Ring

from gateway.domain.captures import (
    RECORDING,
    ROUTINE,
    UNRECOGNISED,
    Capture,
    CaptureInbox,
    Piece,
    Redaction,
)
from gateway.domain.ids import Serial
from gateway.domain.times import Instant

LEAST_PART = 4096
"""Bytes a part of a recording counts for at least, so that redialling cannot make many of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureLimits:
    """Bounds of what is remembered; each is a setting."""

    ring_bytes: int = 4096
    ring_seconds: float = 300.0
    budget_bytes: int = 64 * 1024 * 1024
    head_bytes: int = 64
    recording_bytes: int = 256 * 1024
    always: bool = False
    """Store what rings would forget, instead of waiting for something that does not decode."""


class Recording:
    """An operator's wish to see everything one terminal says for a while."""

    __slots__ = ("full", "left", "until")

    def __init__(self, *, until: float, full: bool, left: int) -> None:
        self.until = until
        """Monotonic seconds."""
        self.full = full
        """Nothing is redacted."""
        self.left = left
        """Bytes that may still be stored."""


class Taps:
    """What all taps share: the bounds, the inbox, and the recordings under way."""

    def __init__(self, limits: CaptureLimits, inbox: CaptureInbox) -> None:
        self.limits = limits
        self.inbox = inbox
        self.budget = Budget(each=limits.ring_bytes, total=limits.budget_bytes)
        self.recordings: dict[Serial, Recording] = {}
        self.known: dict[Serial, Tap] = {}
        """The latest tap of each identity that was proved."""

    def tap(self, peer: str, dialect: Dialect) -> Tap:
        """Return a tap for a new session."""
        return Tap(self, peer, dialect)

    def unrecognised(self, peer: str, head: bytes, now: Instant) -> None:
        """Keep the first bytes of a stranger that speaks none of our dialects."""
        if self.inbox.admits(None, peer, UNRECOGNISED, now):
            pieces = (Piece(True, now.wall, head),)
            clean, redaction = redacted(pieces, (False, False), self.limits.head_bytes, None)
            capture = Capture(
                serial=None,
                peer=peer,
                dialect="unknown",
                firmware="",
                code=UNRECOGNISED,
                whole=True,
                redaction=redaction,
                pieces=clean,
            )
            self.inbox.put(capture, now)

    def record(self, serial: Serial, *, seconds: float, full: bool, now: Instant) -> bool:
        """Record a terminal from now on, or from its next login; say whether it is connected."""
        self.recordings = {
            other: one for other, one in self.recordings.items() if now.mono < one.until
        }
        self.recordings[serial] = Recording(
            until=now.mono + seconds, full=full, left=self.limits.recording_bytes
        )
        tap = self.known.get(serial)
        if tap is not None:
            tap.look_for_recording(now)
        return tap is not None


class Tap:
    """Remembers what one session hears and says, and hands it over when there is a reason."""

    __slots__ = ("_dialect", "_firmware", "_peer", "_recording", "_redact", "_ring", "_seconds",
                 "_serial", "_taps", "cause", "note")  # fmt: skip

    def __init__(self, taps: Taps, peer: str, dialect: Dialect) -> None:
        self.cause: str | None = None
        """Why what is remembered should be kept; see `Capture.code`."""
        self._taps = taps
        self._peer = peer
        self._dialect = f"{dialect.name}/{dialect.version}"
        self._redact: Redact | None = dialect.redact
        self._serial: Serial | None = None
        self._firmware = ""
        self._recording: Recording | None = None
        limits = taps.limits
        self._seconds = inf if limits.always else limits.ring_seconds
        self._ring = Ring(taps.budget, self._seconds)
        self.note = self._ring.note
        """Called for every read and write, so it is the ring's own method; after True `make_room`
        wants to be called."""

    def identify(self, serial: Serial, firmware: str, now: Instant) -> None:
        """Take note of an identity that was proved."""
        self._serial = serial
        self._firmware = firmware
        self._taps.known[serial] = self
        self.look_for_recording(now)

    def look_for_recording(self, now: Instant) -> None:
        """Begin the recording that is wanted of this terminal, if one is."""
        assert self._serial is not None
        recording = self._taps.recordings.get(self._serial)
        if recording is None or recording is self._recording:
            return
        if now.mono >= recording.until:
            del self._taps.recordings[self._serial]
            return
        self._recording = recording
        self._ring.own = recording.left
        self._ring.seconds = inf
        self._ring.trim(now.mono)

    def blame(self, code: str) -> None:
        """Note that something did not decode; the first reason counts."""
        self.cause = self.cause or code

    def settle(self, now: Instant) -> None:
        """Hand over what led to the cause and what was answered, if the inbox takes it."""
        cause = self.cause
        if cause is None or self._recording is not None:
            return  # a recording goes on, and names the cause at its end
        self.cause = None
        if self._taps.inbox.admits(self._serial, self._peer, cause, now):
            self._ring.trim(now.mono)
            self._hand_over(cause, now, again=not self._taps.limits.always)

    def end(self, now: Instant) -> None:
        """Hand over what is owed, and forget the rest: the session is over."""
        if self._recording is not None:
            self._store_part(self._recording, now)
        elif self.cause is not None:
            self.settle(now)
        elif self._taps.limits.always:
            self._hand_over_routine(now)
        self._ring.close()
        if self._serial is not None and self._taps.known.get(self._serial) is self:
            del self._taps.known[self._serial]

    def make_room(self, now: Instant) -> None:
        """Do what `note` asked for: forget the oldest, or store a recording that is complete."""
        recording = self._recording
        if recording is not None:
            if self._ring.size >= self._ring.own or now.mono >= recording.until:
                self._store_part(recording, now)
                self._stop(recording)
        elif self._taps.limits.always:
            self._hand_over_routine(now)
        self._ring.trim(now.mono)

    def _hand_over_routine(self, now: Instant) -> None:
        if self._taps.inbox.admits(self._serial, self._peer, ROUTINE, now):
            self._hand_over(ROUTINE, now)

    def _store_part(self, recording: Recording, now: Instant) -> None:
        recording.left -= max(self._ring.size, LEAST_PART)
        self._hand_over(self.cause or RECORDING, now, full=recording.full)
        self.cause = None
        if recording.left <= 0:
            self._stop(recording)

    def _stop(self, recording: Recording) -> None:
        assert self._serial is not None
        self._recording = None
        self._ring.own = 0
        self._ring.seconds = self._seconds
        if self._taps.recordings.get(self._serial) is recording:
            del self._taps.recordings[self._serial]

    def _hand_over(
        self, code: str, now: Instant, *, full: bool = False, again: bool = False
    ) -> None:
        """Give the inbox what is remembered; with ``again`` it stays, for the next fault to have
        its beginning too.
        """
        cut = self._ring.cut
        noted = self._ring.look() if again else self._ring.take()
        pieces = tuple(
            Piece(inward, now.wall - round((now.mono - mono) * 1000), data)
            for mono, inward, data in noted
        )
        if not pieces:
            return
        redaction = Redaction.NONE
        if not full:
            head = self._taps.limits.head_bytes
            pieces, redaction = redacted(pieces, cut, head, self._redact)
        capture = Capture(
            serial=self._serial,
            peer=self._peer,
            dialect=self._dialect,
            firmware=self._firmware,
            code=code,
            whole=not any(cut),
            redaction=redaction,
            pieces=pieces,
        )
        self._taps.inbox.put(capture, now)
