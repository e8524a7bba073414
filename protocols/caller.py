"""Calls to one terminal, one after the other: connection kept, proof given, times and sizes held.

What may have arrived is told apart from what certainly did not, because an order that moves
something is never given twice. A wrong password is tried once: terminals lock their account after
a few, and then nobody gets in, not even at its web page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.codecs.errand import Answer, Call, NoAnswer
from gateway.codecs.http.digest import Login
from gateway.codecs.http.outlet import BadAnswer, Received, Request
from gateway.codecs.http.prover import Prover
from gateway.protocols.call_line import CallLine

from gateway.domain.access import Access
from gateway.domain.times import Instant

Dial = Callable[[Access], Awaitable[CallLine]]
FRESH_S = 1.0
"""A connection that was quiet for longer may be closed by the terminal just now; what must not be
sent twice gets a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """Units in the names, reasons in the settings reference."""

    connect_s: float = 3.0
    keep_s: float = 5.0
    """A connection that was idle for longer is not used any more."""
    password_pause_s: float = 1800.0
    """After a wrong password nothing is sent for so long, or until the account is changed."""
    backoff_s: float = 60.0
    """Longest time between two attempts to reach a terminal that is away."""
    errand_s: float = 900.0
    """An errand may take so long altogether; an image on a slow line is the longest."""
    errands: int = 64
    """Terminals that are worked at in the same moment."""


@dataclass(slots=True)
class Standing:
    """How we stand with a terminal, whichever connection found it out."""

    shut_until: float = 0.0
    """Monotonic seconds before which nothing is sent: our account does not hold."""


class Caller:
    """One line of one terminal."""

    def __init__(
        self,
        access: Access,
        standing: Standing,
        limits: CallLimits,
        *,
        clock: Callable[[], Instant],
        entropy: Callable[[int], bytes],
        lockout: Callable[[Answer], int],
        dial: Dial,
    ) -> None:
        self._access = access
        self._standing = standing
        self._limits = limits
        self._clock = clock
        self._lockout = lockout
        self._dial = dial
        self._prover = Prover(Login(user=access.user, password=access.password), entropy)
        self._line: CallLine | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._left = False
        """A byte of the present call's last attempt may have left."""

    async def call(self, call: Call) -> Answer | NoAnswer:
        """Make a call; never raises but when cancelled. Not to be entered twice at a time."""
        if self._clock().mono < self._standing.shut_until:
            return NoAnswer(reason="locked", arrived=False)
        self._left = False
        try:
            async with asyncio.timeout(call.seconds):
                return await self._prove(call)
        except TimeoutError:
            return NoAnswer(reason="slow" if self._left else "unreachable", arrived=self._left)
        except BadAnswer as bad:
            return NoAnswer(reason=bad.reason, arrived=self._left)
        except OSError:
            return NoAnswer(reason="unreachable", arrived=self._left)

    def hang_up(self) -> None:
        """End the connection that is kept."""
        line, self._line = self._line, None
        if self._idle is not None:
            self._idle.cancel()
        if line is not None:
            line.hang_up()

    async def _prove(self, call: Call) -> Answer | NoAnswer:
        """Ask, and once more with a proof where the first one did not hold."""
        for _ in range(2):
            begun = self._clock().mono
            received = await self._exchange(call)
            now = self._clock()
            answer = Answer(
                status=received.status,
                content_type=received.header("content-type"),
                body=received.body,
                at=now,
                took_s=now.mono - begun,
            )
            if received.status != 401:
                return answer
            self._left = False  # a 401 says that nothing was done
            locked = self._lockout(answer)
            if locked:
                return self._shut("locked", locked)
            if not self._prover.challenged(received.headers):
                return self._shut("challenge", self._limits.password_pause_s)
        return self._shut("password", self._limits.password_pause_s)

    def _shut(self, reason: str, seconds: float) -> NoAnswer:
        self.hang_up()
        self._prover.forget()
        self._standing.shut_until = self._clock().mono + seconds
        return NoAnswer(reason=reason, arrived=False)

    async def _exchange(self, call: Call) -> Received:
        """Send once; a kept connection that turns out to be dead is replaced, if that is safe."""
        line = self._kept(call)
        if line is not None and call.repeatable:
            try:
                return await self._send(line, call)
            except BadAnswer as bad:
                if bad.reason != "cut" or line.heard:
                    raise
            line = None
        return await self._send(line or await self._new(), call)

    def _kept(self, call: Call) -> CallLine | None:
        line = self._line
        if line is None or not line.usable:
            return None
        longest = self._limits.keep_s if call.repeatable else min(FRESH_S, self._limits.keep_s)
        if self._clock().mono - line.idle_since <= longest:
            return line
        self.hang_up()
        return None

    async def _new(self) -> CallLine:
        self.hang_up()
        self._left = False
        try:
            async with asyncio.timeout(self._limits.connect_s):
                self._line = await self._dial(self._access)
        except TimeoutError:
            raise BadAnswer("unreachable") from None
        return self._line

    async def _send(self, line: CallLine, call: Call) -> Received:
        headers = [("Accept", "*/*")]
        proof = self._prover.authorization(call.method, call.target)
        if proof is not None:
            headers.append(("Authorization", proof))
        if call.content_type:
            headers.append(("Content-Type", call.content_type))
        request = Request(
            method=call.method, target=call.target, headers=tuple(headers), body=call.body
        )
        self._left = True
        if self._idle is not None:
            self._idle.cancel()
        received = await line.exchange(request, call.most_bytes)
        line.idle_since = self._clock().mono
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self._limits.keep_s, self.hang_up)
        return received
