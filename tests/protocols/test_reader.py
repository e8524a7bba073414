"""A terminal that is read over a real socket: whatever comes, it is stored, or said why not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from gateway.codecs.double import Happening, Persona
from gateway.codecs.hikvision import DIALECT
from gateway.codecs.hikvision.double import HikvisionDouble
from gateway.codecs.hikvision.isapi_device.stream import HEAD
from gateway.codecs.hikvision.keys import password
from gateway.protocols.caller import CallLimits
from gateway.protocols.clock import read_clock
from gateway.protocols.dialled import CallTally, Office, Post
from gateway.protocols.reader import Readers

from gateway.domain.access import Access
from gateway.domain.directory import Device
from gateway.domain.events import ClockMeasured, Event, Heartbeat, PassageReported
from gateway.domain.ids import DeviceId, Serial
from gateway.simulator.serving import serve
from tests.codecs.hikvision.vectors import VECTORS, event
from tests.support.loops import each_loop, run_on
from tests.support.reports import device
from tests.support.sessions import SilentLog
from tests.support.web_units import Reply, hangs_up, raw, says, unit, wants_digest

SERIAL, SECRET = Serial("K51234567"), bytes(range(32))
PARTS = VECTORS["C6"].partition(b"\r\n\r\n")[2]
NewLoop = Callable[[], asyncio.AbstractEventLoop]


class Desk:
    """Keeps what was found; what it is to say of it is given."""

    def __init__(self, *kept: bool) -> None:
        self.kept = list(kept)
        self.events: list[Event] = []
        self.noted: list[Event] = []
        self.offers = 0
        self.gone = 0
        self.news = asyncio.Event()

    async def found(self, device: Device, dialect: str, events: Sequence[Event]) -> bool:
        self.offers += 1
        keeps = self.kept.pop(0) if self.kept else True
        self.events += events if keeps else ()
        self.news.set()
        return keeps

    def noticed(self, device: Device, event: Event) -> None:
        self.noted.append(event)
        self.news.set()

    def unheard(self, device: Device) -> None:
        self.gone += 1
        self.news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self.news.wait()
            self.news.clear()


class Reading:
    """Readers of one terminal, and what came of it."""

    def __init__(self, access: Access, desk: Any) -> None:
        self.tally, self.log, self.desk = CallTally(), SilentLog(), desk
        office = Office(
            clock=read_clock,
            entropy=os.urandom,
            log=self.log,
            limits=CallLimits(connect_s=5.0, backoff_s=0.01),
            tally=self.tally,
            room=asyncio.Semaphore(1),
            armed=frozenset({SERIAL}),
        )
        assert DIALECT.errands is not None
        post = Post(
            device=device(serial=SERIAL), access=access, dialect=DIALECT, errands=DIALECT.errands
        )
        self.readers = Readers(office)
        self.posts = {DeviceId(1): post}
        self.readers.follow(self.posts, desk)

    def streams(self, end: str) -> int:
        return self.tally.streams.get(end, 0)


def double(variant: int = 0) -> HikvisionDouble:
    assert DIALECT.device is not None
    made = DIALECT.device(Persona(serial=SERIAL, secret=SECRET, served=True, variant=variant))
    assert isinstance(made, HikvisionDouble)
    return made


async def until(holds: Callable[[], bool]) -> None:
    """Look again and again, for as long as a test may take."""
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.005)


@each_loop
@pytest.mark.parametrize("variant", [0, 1, 2, 3])
def test_what_a_simulated_terminal_records_is_read(new_loop: NewLoop, variant: int) -> None:
    async def main() -> None:
        one, desk = double(variant), Desk()
        serving = await serve(one, read_clock)
        access = Access(
            host="127.0.0.1", port=serving.port, user="admin", password=password(SECRET)
        )
        reading = Reading(access, desk)
        await until(lambda: reading.streams("begun") == 1)
        for person in (1, 2, 3):
            one.record(Happening(time_ms=read_clock().wall, person=person), read_clock())
        await desk.until(lambda: len(desk.events) == 3)
        assert [e.claim for e in desk.events if isinstance(e, PassageReported)] == ["1", "2", "3"]
        named = [e.identity for e in desk.events if isinstance(e, PassageReported)]
        assert named == [one.identity(number) for number in (1, 2, 3)]
        await reading.readers.close()
        serving.close()

    run_on(new_loop, main)


def named(reply: Reply, serial: str = SERIAL) -> Reply:
    """Say who it is when asked; that question takes none of the replies."""
    plate = f"<DeviceInfo><serialNumber>DS-K1{serial}</serialNumber></DeviceInfo>".encode()
    who = says(plate, "200 OK", "Content-Type: application/xml")
    return lambda request: who(request) if b"deviceInfo" in request else reply(request)


def test_another_terminal_that_has_the_address_is_not_armed() -> None:
    async def main() -> None:
        async with unit(named(raw(HEAD + PARTS), "K59999999")) as one:
            desk = Desk()
            reading = Reading(one.access, desk)
            await until(lambda: reading.streams("other_device") >= 2)
            assert reading.streams("other_device") >= 2
            assert (desk.events, reading.streams("begun")) == ([], 0)
            assert all(b"deviceInfo" in request for request in one.asked)
            assert len(reading.log.named("terminal.other")) == 1
            await reading.readers.close()

    run_on(asyncio.new_event_loop, main)


def play(*replies: Reply, desk: Callable[[], Desk] = Desk) -> Any:
    """Return what reads a unit that replies so, to be called with what to wait for."""

    def run(holds: Callable[[Reading, Desk], bool]) -> tuple[Reading, Desk, int]:
        found: list[tuple[Reading, Desk, int]] = []

        async def main() -> None:
            async with unit(*map(named, replies)) as one:
                keeper = desk()
                reading = Reading(one.access, keeper)
                await until(partial(holds, reading, keeper))
                await reading.readers.close()
                asked = [request for request in one.asked if b"deviceInfo" not in request]
                found.append((reading, keeper, len(asked)))

        run_on(asyncio.new_event_loop, main)
        return found[0]

    return run


def test_the_vector_is_read_with_its_heartbeat_and_clock() -> None:
    run = play(wants_digest(raw(HEAD + PARTS)))
    reading, desk, asked = run(lambda _, desk: len(desk.events) == 1)
    assert asked == 2
    assert [type(one) for one in desk.noted] == [Heartbeat, ClockMeasured, PassageReported]
    assert reading.log.named("stream.begun") != []


def test_what_cannot_be_stored_is_offered_again_and_nothing_behind_it_overtakes() -> None:
    def head(request: bytes) -> bytes:
        more = f"Content-Length: {len(event(serial=1867))}\r\n\r\n".encode()
        return HEAD + PARTS + more + event(serial=1867) + b"\r\n--MIME_boundary\r\n"

    run = play(head, desk=lambda: Desk(False, False))
    _, desk, _ = run(lambda _, desk: len(desk.events) == 2)
    assert [one.number for one in desk.events] == [1866, 1867]


def test_a_stream_that_ends_is_opened_again_and_its_last_event_is_kept() -> None:
    held = event(picturesNumber=1)
    part = f"--MIME_boundary\r\nContent-Length: {len(held)}\r\n\r\n".encode() + held + b"\r\n"

    def cut(request: bytes) -> bytes:
        return HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: %d\r\n\r\n" % len(part)) + part

    run = play(cut)
    reading, desk, _ = run(lambda reading, _: reading.streams("begun") >= 3)
    assert len(desk.events) >= 2
    assert desk.gone >= 2
    assert len(reading.log.named("stream.lost")) >= 1


@pytest.mark.parametrize(
    ("reply", "end"),
    [
        (hangs_up, "cut"),
        (raw(b"SSH-2.0-x\r\n\r\n"), "not_http"),
        (says(b"no", "403 Forbidden"), "refused"),
        (says(b"", "302 Found", "Location: http://192.0.2.1/"), "refused"),
        (says(b"<html>", "200 OK", "Content-Type: text/html"), "no_stream"),
        (raw(HEAD + b"--MIME_boundary\r\nContent-Length: 99999999\r\n\r\n"), "no_stream"),
        (raw(HEAD + b"--MIME_boundary--\r\n\r\n"), "no_stream"),
        (says(b"x" * 100_000, "500 No"), "too_large"),
    ],
)
def test_what_is_no_stream_is_left_and_tried_again(reply: Reply, end: str) -> None:
    reading, desk, _ = play(reply)(lambda reading, _: reading.streams(end) >= 2)
    assert desk.events == []
    assert len(reading.log.named("stream.lost")) >= 1


def test_a_password_that_is_refused_is_tried_once() -> None:
    always = says(
        b"", "401 Unauthorized", 'WWW-Authenticate: Digest qop="auth",realm="r",nonce="n"'
    )
    reading, _, asked = play(always)(lambda reading, _: reading.streams("password") == 1)
    assert asked == 2
    assert reading.streams("begun") == 0


def test_a_terminal_that_is_no_longer_listed_is_read_no_more() -> None:
    async def main() -> None:
        async with unit(named(raw(HEAD + PARTS))) as one:
            desk = Desk()
            reading = Reading(one.access, desk)
            await desk.until(lambda: bool(desk.events))
            reading.readers.follow({}, desk)  # type: ignore[arg-type]
            await desk.until(lambda: desk.gone == 1)
            await reading.readers.close()

    run_on(asyncio.new_event_loop, main)


class FailingDesk(Desk):
    """Cannot take what it is told first."""

    async def found(self, device: Device, dialect: str, events: Sequence[Event]) -> bool:
        if not self.offers:
            self.offers += 1
            raise ZeroDivisionError
        return await super().found(device, dialect, events)


def test_an_event_nobody_foresaw_does_not_leave_the_terminal_unread() -> None:
    run = play(raw(HEAD + PARTS), desk=FailingDesk)
    reading, desk, _ = run(lambda _, desk: len(desk.events) == 1)
    assert [one.number for one in desk.events] == [1866]
    assert reading.streams("codec_error") == 1
    assert len(reading.log.named("stream.failed")) == 1
