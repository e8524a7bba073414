"""Calls to one terminal, one after the other: connection kept, proof given, times and sizes held.

What may have arrived is told apart from what certainly did not, because an order that moves
something is never given twice. A wrong password is tried once: terminals lock their account after
a few, and then nobody gets in, not even at its web page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.codecs.errand import Answer, Call, NoAnswer, Recognition, Reply
from gateway.codecs.http.digest import Login
from gateway.codecs.http.outlet import BadAnswer, Received, Request
from gateway.codecs.http.prover import Prover
from gateway.protocols.call_line import CallLine

from gateway.domain.access import Access
from gateway.domain.times import Instant

Dial = Callable[[Access], Awaitable[CallLine]]
Recognise = Callable[[], Recognition]
R = TypeVar("R")
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


class _NotMet(Exception):
    """Whoever answers is not known to be the terminal that is meant."""

    def __init__(self, why: NoAnswer) -> None:
        super().__init__(why.reason)
        self.why = why


class Caller:
    """One line of one terminal.

    Each connection begins with the question who answers there, and what that led to holds for this
    connection only: an address may have moved to another terminal that knows the same account.
    Where a terminal keeps no connection, it holds for the one call that follows at once.
    """

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
        recognise: Recognise | None = None,
    ) -> None:
        self._access = access
        self._standing = standing
        self._limits = limits
        self._clock = clock
        self._lockout = lockout
        self._dial = dial
        self._recognise = recognise
        self._meeting = False
        """The question who answers is under way."""
        self._prover = Prover(Login(user=access.user, password=access.password), entropy)
        self._line: CallLine | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._left = False
        """A byte of the present call's last attempt may have left."""

    async def call(self, call: Call) -> Answer | NoAnswer:
        """Make a call; never raises but when cancelled. Not to be entered twice at a time."""
        if self._clock().mono < self._standing.shut_until:
            return NoAnswer(reason="locked", arrived=False)
        return await self._bounded(self._prove(call), call.seconds)

    async def meet(self, seconds: float) -> NoAnswer | None:
        """Ask who answers; return None where it is whom we mean. As `call` otherwise."""
        if self._clock().mono < self._standing.shut_until:
            return NoAnswer(reason="locked", arrived=False)
        return await self._bounded(self._greet(), seconds)

    def hang_up(self) -> None:
        """End the connection that is kept."""
        line, self._line = self._line, None
        if self._idle is not None:
            self._idle.cancel()
        if line is not None:
            line.hang_up()

    async def _bounded(self, work: Awaitable[R], seconds: float) -> R | NoAnswer:
        """Return what comes of work in time, or why there is none."""
        self._left = False
        try:
            async with asyncio.timeout(seconds):
                return await work
        except _NotMet as stranger:
            return stranger.why
        except TimeoutError:
            reason = "unreachable" if self._line is None else "slow"
            return NoAnswer(reason=reason, arrived=self._left)
        except BadAnswer as bad:
            return NoAnswer(reason=bad.reason, arrived=self._left)
        except OSError:
            return NoAnswer(reason="unreachable", arrived=self._left)

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
        return await self._send(line or await self._met(), call)

    def _kept(self, call: Call) -> CallLine | None:
        line = self._line
        if line is None or not line.usable:
            return None
        longest = self._limits.keep_s if call.repeatable else min(FRESH_S, self._limits.keep_s)
        if self._clock().mono - line.idle_since <= longest:
            return line
        self.hang_up()
        return None

    async def _met(self) -> CallLine:
        """Return a connection to whom we mean; raises _NotMet, and then nothing else was asked."""
        if self._recognise is None or self._meeting:
            return await self._new()
        await self._greet()
        line = self._line
        return line if line is not None and line.usable else await self._new()

    async def _greet(self) -> None:
        """Ask who answers; raises _NotMet."""
        if self._recognise is None:
            return
        self._meeting = True
        try:
            why = await self._meet(self._recognise())
        finally:
            self._meeting = self._left = False
        if why is not None:
            self.hang_up()
            raise _NotMet(why)

    async def _meet(self, recognition: Recognition) -> NoAnswer | None:
        reply: Reply = None
        try:
            while True:
                step = recognition.send(reply)
                assert isinstance(step, Call)
                reply = await self._prove(step)
        except StopIteration as done:
            met: NoAnswer | None = done.value
            return met

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
