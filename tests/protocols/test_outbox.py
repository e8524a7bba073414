"""What a turn of the loop writes is sent at its end, in order, and a long turn does not wait."""

from __future__ import annotations

import asyncio

import pytest
from gateway.protocols.outbox import LARGE, MOST_WAITING, Outbox
from twisted.internet.error import ConnectionDone

from tests.support.pipes import Ear, pair


class Sent:
    """One of several connections that write down into the same list what they send."""

    def __init__(self, name: str, log: list[tuple[str, bytes]]) -> None:
        self._name = name
        self._log = log

    def send(self, data: bytes) -> None:
        self._log.append((self._name, data))


def test_what_a_turn_writes_is_sent_after_it_in_the_order_written() -> None:
    async def main() -> None:
        sent: list[tuple[str, bytes]] = []
        outbox = Outbox(asyncio.get_running_loop())
        one, two = Sent("one", sent), Sent("two", sent)
        for data in (b"1", b"2"):
            outbox.put(one, data)
            outbox.put(two, data)
            assert sent == []
        await asyncio.sleep(0)
        assert sent == [("one", b"1"), ("two", b"1"), ("one", b"2"), ("two", b"2")]
        outbox.put(one, b"3")
        outbox.flush()
        assert sent[4:] == [("one", b"3")]
        outbox.put(one, b"4")
        await asyncio.sleep(0)
        assert sent[5:] == [("one", b"4")]

    asyncio.run(main())


def test_in_a_long_turn_what_was_written_first_does_not_wait_for_its_end() -> None:
    async def main() -> None:
        sent: list[tuple[str, bytes]] = []
        outbox = Outbox(asyncio.get_running_loop())
        for at in range(2 * MOST_WAITING + 1):
            outbox.put(Sent("one", sent), b"%d" % at)
        assert len(sent) == 2 * MOST_WAITING
        await asyncio.sleep(0)
        assert [data for _, data in sent] == [b"%d" % at for at in range(2 * MOST_WAITING + 1)]

    asyncio.run(main())


def test_much_is_sent_at_once_behind_what_was_written_before_it() -> None:
    async def main() -> None:
        sent: list[tuple[str, bytes]] = []
        outbox = Outbox(asyncio.get_running_loop())
        outbox.put(Sent("one", sent), b"1")
        outbox.put(Sent("two", sent), bytes(LARGE))
        assert sent == [("one", b"1"), ("two", bytes(LARGE))]

    asyncio.run(main())


def test_what_was_written_before_the_end_of_a_connection_still_leaves() -> None:
    async def main() -> None:
        here, there = Ear(), Ear()
        link, listener = await pair(here, there)
        there.transport.write(b"last ")
        there.transport.write(bytearray(b"words"))
        there.transport.loseConnection()
        assert await here.lost is ConnectionDone
        assert here.received == b"last words"
        listener.stopListening()
        link.loseConnection()

    asyncio.run(main())


def test_what_are_no_bytes_is_refused_where_it_is_written() -> None:
    """Else a codec that says nonsense would be blamed on nobody."""

    async def main() -> None:
        link, listener = await pair(Ear(), Ear())
        for nonsense in ("text", 5, None):
            with pytest.raises(TypeError):
                link.write(nonsense)  # type: ignore[arg-type]
        link.loseConnection()
        listener.stopListening()

    asyncio.run(main())
