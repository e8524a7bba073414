"""Terminals that cannot report are read: connect, listen, come back when it ends.

What is read is stored before more is taken off the line. The terminal sends nothing twice, so what
the gateway cannot store at the moment waits here, and the terminal behind it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from gateway.codecs.arming import Arm, Armed, BadStream
from gateway.codecs.errand import CALL_SECONDS, Answer
from gateway.codecs.http.digest import Login
from gateway.codecs.http.outlet import BadAnswer, Received, Request
from gateway.codecs.http.prover import Prover
from gateway.protocols.call_line import host_of, reach
from gateway.protocols.caller import Standing
from gateway.protocols.dialled import (
    STRANGE,
    Office,
    Post,
    caller_of,
    count,
    other_terminal,
    terms_of,
)
from gateway.protocols.endings import trace
from gateway.protocols.stream_line import StreamLine

from gateway.domain.events import Event, Misbehaved, RecordReported, UnknownMessage
from gateway.domain.ids import DeviceId
from gateway.domain.ports import ErrandDesk

FIRST_PAUSE_S = 1.0
JITTER = 0.3
"""Share by which each pause is longer or shorter, so that a site does not come back as one."""
KEEP_AGAIN_S = 2.0
"""Pause before what could not be stored is tried again."""


class _Shut(Exception):
    """The terminal refuses our account for so many seconds."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds


class Reader:
    """Reads one terminal for as long as it is told to."""

    def __init__(self, post: Post, arm: Arm, office: Office, desk: ErrandDesk) -> None:
        self.post = post
        self._arm = arm
        self._office = office
        self._desk = desk
        self._named = f"{post.dialect.name}/{post.dialect.version}"
        login = Login(user=post.access.user, password=post.access.password)
        self._prover = Prover(login, office.entropy)
        self._first_pause_s = min(FIRST_PAUSE_S, office.limits.backoff_s)
        self._pause_s = self._first_pause_s
        self._lost = False
        self._stranger = ""
        """What the last one said who answered and was not it."""

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            pause_s = self._pause_s
            try:
                await self._read()
            except BadAnswer as bad:
                self._left(bad.reason)
            except BadStream as bad:
                self._left("no_stream", bad.code)
            except TimeoutError:
                self._left("slow")
            except OSError:
                self._left("unreachable")
            except _Shut as shut:
                self._left(shut.reason)
                pause_s = shut.seconds
            except Exception as error:
                # One event that nobody foresaw must not leave the terminal unread for ever.
                self._office.log.error(  # noqa: TRY400 - no traceback
                    "stream.failed", device=self.post.device.id, **trace(error)
                )
                self._left("codec_error")
            self._pause_s = min(2 * self._pause_s, self._office.limits.backoff_s)
            await asyncio.sleep(pause_s * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311

    def _left(self, code: str, detail: str = "") -> None:
        count(self._office.tally.streams, code)
        if not self._lost:
            device = self.post.device.id
            self._office.log.warning("stream.lost", device=device, code=detail or code)
        self._lost = True

    async def _read(self) -> None:
        post, office = self.post, self._office
        await self._meet()
        armed = self._arm(terms_of(post, office, office.clock()))
        line, head = await self._open(armed)
        try:
            armed.begin(head.header("content-type"))
            count(office.tally.streams, "begun")
            office.log.info("stream.begun", device=post.device.id)
            self._lost = False
            await self._listen(armed, line)
        finally:
            line.hang_up()
            self._desk.unheard(post.device)

    async def _meet(self) -> None:
        """Arm nobody else's stream: what it tells would be stored as this terminal's."""
        post, office, standing = self.post, self._office, Standing()
        caller = caller_of(post, office, standing)
        try:
            why = await caller.meet(CALL_SECONDS)
        finally:
            caller.hang_up()
        if why is None:
            self._stranger = ""
            return
        if why.reason in STRANGE:
            if why.said != self._stranger:
                other_terminal(post, office, why)
            self._stranger = why.said
            raise BadAnswer(why.reason, why.said)
        shut_s = standing.shut_until - office.clock().mono
        raise _Shut(why.reason, shut_s) if shut_s > 0 else BadAnswer(why.reason)

    async def _open(self, armed: Armed) -> tuple[StreamLine, Received]:
        """Ask for the stream, and once more with a proof; a wrong password is tried once."""
        access = self.post.access
        for _ in range(2):
            async with asyncio.timeout(self._office.limits.connect_s):
                line = await reach(access, StreamLine(host_of(access)))
            try:
                async with asyncio.timeout(armed.silence_s):
                    head = await line.open(self._request(armed))
            except BaseException:
                line.hang_up()
                raise
            if head.status == 200:
                return line, head
            line.hang_up()
            if head.status != 401:
                raise BadAnswer("refused", f"HTTP {head.status}")
            self._challenged(head)
        self._prover.forget()
        raise _Shut("password", self._office.limits.password_pause_s)

    def _request(self, armed: Armed) -> Request:
        proof = self._prover.authorization("GET", armed.target)
        headers = (("Authorization", proof),) if proof is not None else ()
        return Request(method="GET", target=armed.target, headers=headers)

    def _challenged(self, head: Received) -> None:
        answer = Answer(
            status=head.status,
            content_type=head.header("content-type"),
            body=head.body,
            at=self._office.clock(),
        )
        locked = self.post.errands.lockout(answer)
        if locked:
            raise _Shut("locked", locked)
        if not self._prover.challenged(head.headers):
            raise _Shut("challenge", self._office.limits.password_pause_s)

    async def _listen(self, armed: Armed, line: StreamLine) -> None:
        clock = self._office.clock
        try:
            while armed.over is None:
                async with asyncio.timeout(armed.silence_s):
                    data = await line.read()
                self._pause_s = self._first_pause_s
                await self._take(armed.feed(data, clock()))
        except (BadAnswer, TimeoutError):
            await self._take(armed.end(clock()))
            raise
        await self._take(armed.end(clock()))
        raise BadStream(armed.over)

    async def _take(self, events: list[Event]) -> None:
        """Have records stored, and pass on what else is told."""
        post = self.post
        for event in events:
            if isinstance(event, Misbehaved | UnknownMessage):
                count(self._office.tally.streams, "odd")
            else:
                self._desk.noticed(post.device, event)
        records = tuple(event for event in events if isinstance(event, RecordReported))
        while records:
            if await self._desk.found(post.device, self._named, records):
                return
            await asyncio.sleep(KEEP_AGAIN_S)


class Readers:
    """All terminals that are read."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._reading: dict[DeviceId, tuple[Post, asyncio.Task[None]]] = {}

    def follow(self, posts: Mapping[DeviceId, Post], desk: ErrandDesk) -> None:
        """Read who is to be read, at its present address, and nobody else any more."""
        for device, (post, task) in list(self._reading.items()):
            if posts.get(device) != post:
                task.cancel()
                del self._reading[device]
        for device, post in posts.items():
            arm = post.dialect.armed
            wanted = post.device.serial in self._office.armed and device not in self._reading
            if arm is not None and wanted:
                reader = Reader(post, arm, self._office, desk)
                task = asyncio.get_running_loop().create_task(reader.run())
                self._reading[device] = post, task

    async def close(self) -> None:
        """Read nobody any more."""
        tasks = [task for _, task in self._reading.values()]
        self._reading.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
