"""One connection to a terminal's web server: requests in, answers out, or the stream of events."""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.hikvision.isapi_device.access import Access, Account, Judged
from gateway.codecs.hikvision.isapi_device.asked import XML, Reply, asked
from gateway.codecs.hikvision.isapi_device.statuses import members, shown
from gateway.codecs.hikvision.isapi_device.stream import HEAD, Stream
from gateway.codecs.hikvision.isapi_device.system import MOST_IMAGE
from gateway.codecs.hikvision.isapi_device.terminal import IsapiTerminal
from gateway.codecs.http.head import BadHead, Head
from gateway.codecs.http.inlet import Inlet

from gateway.domain.times import Instant

IDLE_S = 10.0
"""The maker's sample says ``timeout=10``."""
MOST_BODY = 1024 * 1024
SERVER = ("Server", "App-webs/")
_UPLOAD = "/ISAPI/System/updateFirmware"


class IsapiServer:
    """A terminal's web server; survives its connections."""

    def __init__(
        self, terminal: IsapiTerminal, account: Account, entropy: Callable[[int], bytes]
    ) -> None:
        self.terminal = terminal
        self.access = Access(account, terminal.habits, entropy)

    def accept(self, now: Instant) -> IsapiConnection:
        """Take a connection."""
        return IsapiConnection(self.terminal, self.access, now)


class IsapiConnection:
    """One connection."""

    def __init__(self, terminal: IsapiTerminal, access: Access, now: Instant) -> None:
        self._terminal = terminal
        self._access = access
        self._inlet = Inlet()
        self._head: Head | None = None
        self._judged = Judged.CHALLENGED
        self._stream: Stream | None = None
        self._out = bytearray()
        self._heard = now.mono
        self.closing: str | None = None
        """Set once the connection is over: send what is left, then close."""
        self._look_away(now)

    def feed(self, data: bytes, now: Instant) -> None:
        """Take bytes; what comes up a stream means nothing."""
        self._look_away(now)
        if self.closing is not None or self._stream is not None:
            return
        self._heard = now.mono
        self._inlet.feed(data, now.mono)
        try:
            while self._step(now):
                pass
        except BadHead as bad:
            self._broken(bad, now)

    def output(self) -> bytes:
        """Return and forget the bytes to be sent."""
        sent = bytes(self._out)
        self._out.clear()
        return sent

    def tick(self, now: Instant) -> None:
        """Send what is due; harmless when called early."""
        self._look_away(now)
        if self.closing is not None:
            return
        if self._stream is not None:
            self._out += self._stream.take(now)
        elif now.mono >= self._heard + IDLE_S:
            self.closing = "idle"

    def deadline(self) -> float | None:
        """Monotonic seconds at which `tick` wants to be called, or None.

        A stream has new events at any time, and wants to be asked for them.
        """
        if self.closing is not None:
            return None
        return self._stream.beat_at if self._stream is not None else self._heard + IDLE_S

    def _look_away(self, now: Instant) -> None:
        """Vanish while the terminal restarts."""
        if now.mono < self._terminal.system.away_until and self.closing is None:
            self.closing = "restarting"

    def _step(self, now: Instant) -> bool:
        """Take the next head, or the body of the last one; say whether there may be more."""
        if self.closing is not None or self._stream is not None:
            return False
        if self._head is None:
            self._head = self._inlet.head()
            if self._head is None:
                return False
            self._begin(self._head, now)
        body = self._inlet.body()
        if body is None:
            return False
        head, self._head = self._head, None
        self._answer(head, body, now)
        return True

    def _begin(self, head: Head, now: Instant) -> None:
        """Look at who asks before anything of the body is kept."""
        given = head.header("authorization")
        self._judged = self._access.judge(given, (head.method, head.target), now.mono)
        stated = head.header("content-length")
        most = MOST_IMAGE if head.target.startswith(_UPLOAD) else MOST_BODY
        if self._judged is Judged.HELD:
            self._inlet.take_body(most, stated)
        else:
            self._inlet.skip_body(most)
        if self._inlet.expects_continue():
            self._out += b"HTTP/1.1 100 Continue\r\n\r\n"

    def _answer(self, head: Head, body: bytes, now: Instant) -> None:
        if self._judged is not Judged.HELD:
            self._challenge(now)
            return
        reply = self._terminal.answer(
            asked(head.method, head.target, head.header("content-type"), body), now
        )
        if reply.streams:
            self._arm(head, now)
            return
        self._send(reply, [], now, last=reply.restarts)

    def _arm(self, head: Head, now: Instant) -> None:
        terminal = self._terminal
        everything = "deployID=1" in head.target
        self._stream = Stream(
            terminal.memory, terminal.system, terminal.habits, now, all_=everything
        )
        self._out += HEAD + self._stream.take(now)

    def _challenge(self, now: Instant) -> None:
        """Ask for a password; where one was wrong, say how many tries are left."""
        reply = Reply(status=401)
        if self._judged in (Judged.WRONG, Judged.LOCKED):
            locked = self._judged is Judged.LOCKED
            told: dict[str, object] = {
                "statusValue": 401,
                "statusString": "Unauthorized",
                "lockStatus": "lock" if locked else "unlock",
                "unlockTime": self._access.locked_for(now.mono),
                "retryLoginTime": 0 if locked else self._access.tries_left,
            }
            reply = shown("userCheck", members(told), self._terminal.habits, 401)
        challenges = self._access.challenges(stale=self._judged is Judged.STALE)
        self._send(reply, challenges, now)

    def _send(
        self, reply: Reply, challenges: list[tuple[str, str]], now: Instant, *, last: bool = False
    ) -> None:
        closes = last or self._terminal.habits.closes
        length = ("Content-Length", str(len(reply.body)))
        connection = ("Connection", "close" if closes else "keep-alive")
        kind = [("Content-Type", reply.kind or XML)] if reply.body else []
        if challenges:
            headers = [SERVER, connection, *challenges, *kind, length]
        else:
            headers = [*kind, length, connection]
        self._out += self._inlet.answer(reply.status, headers, reply.body, mono=now.mono)
        if closes or self._inlet.must_close:
            self.closing = "last_answer"

    def _broken(self, bad: BadHead, now: Instant) -> None:
        if bad.status:
            headers = [("Content-Length", "0"), ("Connection", "close")]
            self._out += self._inlet.answer(bad.status, headers, mono=now.mono)
        self.closing = bad.code
