"""Terminals that only take answers: several connections, long silence, claims without proof."""

from __future__ import annotations

from gateway.codecs.hikvision import DIALECT
from gateway.codecs.hikvision.keys import token
from gateway.codecs.hikvision.limits import IDLE_SECONDS

from gateway.domain.ids import DeviceId, Receipt
from gateway.domain.verification import Granted
from tests.codecs.hikvision.vectors import envelope, post
from tests.support.network import Bench, Caller, bench, run, soon

PATH = f"/hik/T-7/{token(b'secret')}"
TIME = "2023-11-14T22:13:20Z"
"""What the bench's clock shows."""


def told(serial: int, path: str = PATH, *, asks: bool = False) -> bytes:
    who = {"remoteCheck": True, "employeeNoString": "10027"} if asks else {}
    codes = {"majorEventType": 5, "subEventType": 75}
    inner = {**codes, "serialNo": serial, "currentEvent": True, **who}
    return post(envelope("AccessControllerEvent", inner, TIME), path=path)


async def answer(caller: Caller) -> bytes:
    """Return one answer, head and body."""
    head = await soon(caller.reader.readuntil(b"\r\n\r\n"))
    size = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
    return head + await soon(caller.reader.readexactly(size))


async def happened(b: Bench, *expected: object) -> None:
    for one in expected:
        assert await b.desk.happened.get() == one


def test_a_second_connection_does_not_take_the_verdict_from_whoever_waits() -> None:
    async def main() -> None:
        async with bench(DIALECT) as b:
            older, newer = await b.call(), await b.call()
            older.writer.write(told(1, asks=True))
            await happened(b, ("verify", "10027"), ("login", "T-7"))
            waiting = b.shared.registry.session(DeviceId(7))
            assert waiting is not None
            newer.writer.write(told(2))
            await happened(b, ("record", 2), ("login", "T-7"))
            waiting.submit(Granted(receipt=Receipt(1), claim="10027"))
            await happened(b, ("record", 1))
            b.desk.settle()
            verdict = await older.ended()
            assert b'"checkResult":"success"' in verdict
            assert b"Connection: close" in verdict
            assert (await answer(newer)).startswith(b"HTTP/1.1 200 OK")
            await happened(b, ("lost", 7, "taken_over"))
            live = b.shared.registry.session(DeviceId(7))
            assert live is not None
            assert live is not waiting

    run(main)


def test_a_connection_without_a_question_gives_way_at_once() -> None:
    async def main() -> None:
        async with bench(DIALECT) as b:
            b.desk.prompt = True
            older, newer = await b.call(), await b.call()
            older.writer.write(told(1))
            await answer(older)
            newer.writer.write(told(2))
            await answer(newer)
            assert await older.ended() == b""
            assert b.counters.counts["closed", "taken_over"] == 1

    run(main)


def test_a_silent_night_is_no_reason_to_hang_up() -> None:
    async def main() -> None:
        async with bench(DIALECT) as b:
            b.desk.prompt = True
            caller = await b.call()
            caller.writer.write(told(1))
            await answer(caller)
            b.sweep(after=IDLE_SECONDS - 1)
            assert len(b.shared.registry) == 1
            b.sweep(after=2)
            assert await caller.ended() == b""
            assert b.counters.counts["closed", "idle"] == 1

    run(main)


def test_a_path_without_a_token_is_believed_nowhere_but_where_devices_are_bound() -> None:
    async def main() -> None:
        async with bench(DIALECT) as b:
            caller = await b.call()
            caller.writer.write(told(1, "/hik/T-7"))
            assert (await caller.ended()).startswith(b"HTTP/1.1 404 ")
            await happened(b, ("login_failed", "T-7", "127.0.0.1"))
            assert b.desk.records == []

    run(main)


def test_a_stranger_may_not_send_for_long() -> None:
    async def main() -> None:
        async with bench(DIALECT) as b:
            caller = await b.call()
            caller.writer.write(b"POST /hik/X-1/" + b"0" * 32 + b" HTTP/1.1\r\n")
            b.sweep(after=31)
            assert await caller.ended() == b""
            assert b.counters.counts["closed", "login_timeout"] == 1

    run(main)
