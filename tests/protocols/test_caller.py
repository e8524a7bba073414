"""Calls to terminals that are as hostile as can be: always an end, and a true one."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from gateway.codecs.errand import Answer, Call, NoAnswer, Recognition, ask
from gateway.codecs.hikvision.isapi.status import lockout
from gateway.protocols.call_line import dial
from gateway.protocols.caller import FRESH_S, Caller, CallLimits, Recognise, Standing

from gateway.domain.access import Access
from tests.support.certificates import make_identity
from tests.support.loops import each_loop, run_on
from tests.support.web_units import (
    CHALLENGE,
    Clock,
    Reply,
    hangs_up,
    raw,
    says,
    unit,
    wants_digest,
)

READ = Call(method="GET", target="/a", repeatable=True, seconds=5.0)
MOVE = Call(method="PUT", target="/door", body=b"open", content_type="text/plain", seconds=5.0)
LOCKED = (
    b'<userCheck xmlns="x"><statusValue>401</statusValue><lockStatus>lock</lockStatus>'
    b"<unlockTime>700</unlockTime></userCheck>"
)
NewLoop = Callable[[], asyncio.AbstractEventLoop]


def caller(
    access: Access,
    clock: Clock,
    standing: Standing | None = None,
    keep_s: float = 5.0,
    recognise: Recognise | None = None,
) -> Caller:
    return Caller(
        access,
        standing or Standing(),
        CallLimits(connect_s=5.0, keep_s=keep_s, password_pause_s=1800.0),
        clock=clock,
        entropy=bytes,
        lockout=lockout,
        dial=dial,
        recognise=recognise,
    )


def ends(reply: Answer | NoAnswer) -> tuple[str, bool]:
    assert isinstance(reply, NoAnswer)
    return reply.reason, reply.arrived


@each_loop
def test_one_connection_and_one_challenge_serve_many_calls(new_loop: NewLoop) -> None:
    async def main() -> None:
        async with unit(wants_digest(says(b"fine", "200 OK", "Content-Type: text/plain"))) as one:
            calls = caller(one.access, Clock())
            for call in (READ, MOVE, READ):
                reply = await calls.call(call)
                assert isinstance(reply, Answer)
                assert (reply.status, reply.content_type) == (200, "text/plain")
                assert reply.body == b"fine"
            assert (one.connections, len(one.asked)) == (1, 4)
            assert one.asked[2].endswith(b"\r\n\r\nopen")
            assert b"nc=00000003" in one.asked[3]
            calls.hang_up()

    run_on(new_loop, main)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (says(b"x" * 300_000), "too_large"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"), "slow"),
        (raw(b"HTTP/1.1 200 OK\r\n"), "slow"),
        (raw(b""), "slow"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 9000), "not_http"),
        (raw(b"SSH-2.0-dropbear\r\n\r\n"), "not_http"),
        (raw(b"\x00" * 40_000), "not_http"),
        (hangs_up, "cut"),
    ],
)
@pytest.mark.parametrize("call", [READ, MOVE])
def test_a_hostile_answer_ends_the_call_and_the_connection(
    reply: Reply, reason: str, call: Call
) -> None:
    bounded = Call(
        method=call.method,
        target=call.target,
        body=call.body,
        repeatable=call.repeatable,
        seconds=0.3 if reason == "slow" else 5.0,
    )

    async def main() -> None:
        async with unit(reply, says()) as one:
            calls = caller(one.access, Clock())
            assert ends(await calls.call(bounded)) == (reason, True)
            assert isinstance(await calls.call(READ), Answer)
            assert (one.connections, len(one.asked)) == (2, 2)
            calls.hang_up()

    run_on(asyncio.new_event_loop, main)


def test_an_answer_cut_in_the_middle_is_none_though_it_was_heeded() -> None:
    async def main() -> None:
        half = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nhalf"

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(half)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        access = Access(host="127.0.0.1", port=port, user="a", password="b")
        assert ends(await caller(access, Clock()).call(MOVE)) == ("cut", True)
        server.close()

    run_on(asyncio.new_event_loop, main)


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async def main() -> None:
        async with unit(says(b"", "302 Found", "Location: http://192.0.2.1/")) as one:
            calls = caller(one.access, Clock())
            reply = await calls.call(READ)
            assert isinstance(reply, Answer)
            assert (reply.status, len(one.asked)) == (302, 1)
            calls.hang_up()

    run_on(asyncio.new_event_loop, main)


def test_endless_401_is_met_twice_and_then_left_alone() -> None:
    async def main() -> None:
        clock, nonces = Clock(), iter(range(1, 100))
        async with unit(lambda _: CHALLENGE % next(nonces)) as one:
            standing = Standing()
            calls = caller(one.access, clock, standing)
            other = caller(one.access, clock, standing)
            assert ends(await calls.call(MOVE)) == ("password", False)
            assert len(one.asked) == 2
            assert ends(await calls.call(READ)) == ("locked", False)
            assert ends(await other.call(READ)) == ("locked", False)
            assert len(one.asked) == 2
            clock.mono += 1801
            assert ends(await calls.call(READ)) == ("password", False)
            assert len(one.asked) == 4

    run_on(asyncio.new_event_loop, main)


def test_a_used_up_nonce_costs_one_more_request_and_no_trouble() -> None:
    async def main() -> None:
        fresh = says(b"1")
        async with unit(raw(CHALLENGE % 1), fresh, raw(CHALLENGE % 2), fresh) as one:
            calls = caller(one.access, Clock())
            assert isinstance(await calls.call(READ), Answer)
            assert isinstance(await calls.call(MOVE), Answer)
            assert b'nonce="2"' in one.asked[3]
            assert b"nc=00000001" in one.asked[3]
            calls.hang_up()

    run_on(asyncio.new_event_loop, main)


def test_a_lock_the_terminal_tells_of_is_waited_for() -> None:
    async def main() -> None:
        clock = Clock()
        locked = says(LOCKED, "401 Unauthorized", "Content-Type: application/xml")
        async with unit(locked, says()) as one:
            calls = caller(one.access, clock)
            assert ends(await calls.call(READ)) == ("locked", False)
            clock.mono += 699
            assert ends(await calls.call(READ)) == ("locked", False)
            assert len(one.asked) == 1
            clock.mono += 2
            assert isinstance(await calls.call(READ), Answer)
            calls.hang_up()

    run_on(asyncio.new_event_loop, main)


def test_the_password_is_never_sent_in_clear() -> None:
    async def main() -> None:
        basic = says(b"", "401 Unauthorized", 'WWW-Authenticate: Basic realm="x"')
        async with unit(basic) as one:
            assert ends(await caller(one.access, Clock()).call(READ)) == ("challenge", False)
            assert len(one.asked) == 1

    run_on(asyncio.new_event_loop, main)


def test_a_kept_connection_that_died_is_replaced_only_for_what_may_be_repeated() -> None:
    async def main() -> None:
        async with unit(says(), hangs_up, says()) as one:
            calls = caller(one.access, Clock())
            assert isinstance(await calls.call(READ), Answer)
            assert isinstance(await calls.call(READ), Answer)
            assert (one.connections, len(one.asked)) == (2, 3)
            calls.hang_up()
        async with unit(says(), hangs_up, says()) as one:
            calls = caller(one.access, Clock())
            assert isinstance(await calls.call(READ), Answer)
            assert ends(await calls.call(MOVE)) == ("cut", True)
            assert len(one.asked) == 2

    run_on(asyncio.new_event_loop, main)


def test_what_must_not_be_repeated_gets_a_connection_that_is_surely_alive() -> None:
    async def main() -> None:
        clock = Clock()
        async with unit(says()) as one:
            calls = caller(one.access, clock)
            await calls.call(READ)
            clock.mono += FRESH_S + 0.1
            await calls.call(READ)
            assert one.connections == 1
            clock.mono += FRESH_S + 0.1
            await calls.call(MOVE)
            assert one.connections == 2
            clock.mono += 5.1
            await calls.call(READ)
            assert one.connections == 3
            calls.hang_up()

    run_on(asyncio.new_event_loop, main)


def test_where_nobody_listens_nothing_has_left() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            access = one.access
        assert ends(await caller(access, Clock()).call(MOVE)) == ("unreachable", False)

    run_on(asyncio.new_event_loop, main)


def test_a_call_that_is_given_up_hangs_up() -> None:
    async def main() -> None:
        async with unit(raw(b"HTTP/1.1 200 OK\r\n"), says()) as one:
            calls = caller(one.access, Clock())
            task = asyncio.create_task(calls.call(MOVE))
            await one.heard.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert isinstance(await calls.call(READ), Answer)
            assert one.connections == 2
            calls.hang_up()

    run_on(asyncio.new_event_loop, main)


def test_a_connection_nobody_uses_is_closed_by_us() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            calls = caller(one.access, Clock(), keep_s=0.05)
            assert isinstance(await calls.call(READ), Answer)
            await asyncio.wait_for(asyncio.gather(*one.serving), 5)
            assert isinstance(await calls.call(READ), Answer)
            assert one.connections == 2
            calls.hang_up()

    run_on(asyncio.new_event_loop, main)


async def says_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    writer.close()


@each_loop
def test_a_secure_terminal_is_known_by_its_certificate(new_loop: NewLoop, tmp_path: Path) -> None:
    identity = make_identity(tmp_path)
    text = identity.certificate.read_text()
    shown = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).digest()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)

    async def main() -> None:
        async with unit(says(), tls=context) as one:
            right = replace(one.access, secure=True, fingerprint=shown)
            calls = caller(right, Clock())
            assert isinstance(await calls.call(MOVE), Answer)
            calls.hang_up()
            wrong = replace(right, fingerprint=bytes(32))
            assert ends(await caller(wrong, Clock()).call(MOVE)) == ("tls", False)
            assert len(one.asked) == 1
        plain = await asyncio.start_server(says_at_once, "127.0.0.1", 0)
        access = replace(right, port=plain.sockets[0].getsockname()[1])
        assert ends(await caller(access, Clock()).call(MOVE)) == ("tls", False)
        plain.close()

    run_on(new_loop, main)


def who() -> Recognition:
    reply = yield from ask(Call(method="GET", target="/who", repeatable=True))
    if isinstance(reply, NoAnswer):
        return reply
    if reply.body == b"me":
        return None
    return NoAnswer(reason="other_device", arrived=False, said=reply.body.decode())


def test_each_connection_begins_with_who_answers() -> None:
    async def main() -> None:
        # The connection dies, and at the address is another terminal that knows our account.
        async with unit(says(b"me"), says(), hangs_up, says(b"you")) as one:
            calls = caller(one.access, Clock(), recognise=who)
            assert isinstance(await calls.call(READ), Answer)
            reply = await calls.call(READ)
            assert ends(reply) == ("other_device", False)
            assert isinstance(reply, NoAnswer)
            assert reply.said == "you"
            assert ends(await calls.call(MOVE)) == ("other_device", False)
            asked = [request.split(b" ")[1] for request in one.asked]
            assert asked == [b"/who", b"/a", b"/a", b"/who", b"/who"]

    run_on(asyncio.new_event_loop, main)


def test_an_order_has_not_left_where_nobody_says_in_time_who_answers() -> None:
    async def main() -> None:
        async with unit(raw(b"")) as one:
            calls = caller(one.access, Clock(), recognise=who)
            assert ends(await calls.call(replace(MOVE, seconds=0.3))) == ("slow", False)
            assert [request.split(b" ")[1] for request in one.asked] == [b"/who"]

    run_on(asyncio.new_event_loop, main)
