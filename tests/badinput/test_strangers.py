"""Peers that have not proved who they are: slow ones, loud ones, and those with a wrong key."""

from __future__ import annotations

from gateway.codecs.yls import DIALECT
from gateway.codecs.yls.body import Body
from gateway.codecs.yls.frame import Frame
from gateway.codecs.yls.registers import Result, Tlv

from tests.badinput.bench import Bench
from tests.badinput.peers import refused, result

PER_ADDRESS = 8
"""Strangers one address may have at a time."""
PER_PAIR, PER_SOURCE = 5, 20
"""Failed logins after which a serial number and a whole address are locked out."""
WRONG = bytes(32)
GARBAGE = bytes(400)
"""Less than a stranger may send, so that it is looked at."""


def test_slow_loris_before_login(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("slow-loris before login") as row:
        member = unit.login()
        slow, greedy = unit.dial(), unit.dial()
        for byte in slow.logging_in.hello[:20]:
            slow.send(bytes((byte,)))
        hello = greedy.logging_in.hello
        greedy.send(hello * (DIALECT.limits.before_login_bytes // len(hello) + 1))
        greedy.rest()
        row.counted("gatepost_connections_closed_total", reason="login_bytes")
        row.logged("session.closed", peer=unit.source, reason="login_bytes")
        assert slow.rest() == b""
        row.counted("gatepost_connections_closed_total", reason="login_timeout")
        row.logged("session.closed", peer=unit.source, reason="login_timeout")
        row.grew("gatepost_protocol_errors_total", 0)  # the codec's own limit is longer
        assert member.record(unit.group(1)).holds(1)
        bench.assert_stored(unit)


def test_garbage_flood(bench: Bench) -> None:
    unit, other = bench.unit(), bench.unit()
    with bench.row("garbage flood") as row:
        member = unit.login()
        first = [other.stranger() for _ in range(PER_ADDRESS)]
        beyond = [other.stranger() for _ in range(3 * PER_ADDRESS)]
        for peer in beyond:
            peer.send(GARBAGE)
            assert peer.rest() == b""
        row.counted("gatepost_connections_refused_total", len(beyond), reason="address")
        for peer in first:
            peer.send(GARBAGE)
            assert peer.rest() == b""
        row.counted("gatepost_frame_errors_total", len(first), reason="magic")
        row.logged("listener.refused")
        reported = [line for line in row.lines() if line["event"] == "listener.refused"]
        assert len(reported) < len(beyond)
        assert member.record(unit.group(1)).holds(1)
        assert other.login().record(other.group(1)).holds(1)
        bench.assert_stored(unit)
        bench.assert_stored(other)


def test_unknown_serial(bench: Bench) -> None:
    known, unknown = bench.unit(), bench.unit(registered=False)
    with bench.row("unknown serial") as row:
        answers = [known.dial(key=WRONG).claim(), unknown.dial(key=WRONG).claim()]
        (_, right), (_, wrong) = answers
        assert right.raw == wrong.raw
        row.told(result(wrong), Result.AUTH_FAILED)
        assert len({_without_nonce(greeting) for greeting, _ in answers}) == 1
        row.counted("gatepost_auth_attempts_total", 2, result="bad_credential")
        row.logged("device.login_failed", serial=unknown.serial, known=False)
        assert bench.found(unknown).passages == []


def _without_nonce(greeting: Frame) -> bytes:
    nonce = Body(greeting.body).bytes(Tlv.NONCE_S)
    return greeting.raw[:16] + greeting.body.replace(nonce, bytes(len(nonce)))


def test_wrong_key(bench: Bench) -> None:
    unit, elsewhere = bench.unit(), bench.address()
    with bench.row("wrong key") as row:
        for _ in range(PER_PAIR):
            row.told(refused(unit.dial(key=WRONG)), Result.AUTH_FAILED)
        row.told(refused(unit.dial(key=WRONG)), Result.LOCKED_OUT)
        row.told(refused(unit.dial()), Result.LOCKED_OUT)
        row.counted("gatepost_auth_attempts_total", PER_PAIR, result="bad_credential")
        row.counted("gatepost_auth_attempts_total", 2, result="locked_out")
        row.logged("device.login_failed", serial=unit.serial, known=True, locked_out=True)
        assert unit.login(elsewhere).record(unit.group(1)).holds(1)
        bench.assert_stored(unit)


def test_wrong_keys_for_many_serial_numbers(bench: Bench) -> None:
    unit, elsewhere = bench.unit(), bench.address()
    with bench.row("wrong keys for many serial numbers") as row:
        member = unit.login()
        early = unit.dial()
        for _ in range(PER_SOURCE):
            guess = bench.unit(registered=False, source=unit.source)
            row.told(refused(guess.dial()), Result.AUTH_FAILED)
        late = unit.dial()
        late.send(late.logging_in.hello)
        assert late.rest() == b""
        row.counted("gatepost_connections_refused_total", reason="locked_out")
        early.send(early.logging_in.hello)
        early.send(early.logging_in.answer(early.hear()))
        assert early.rest() == b""
        row.counted("gatepost_connections_closed_total", reason="locked_out")
        row.logged("source.locked_out", source=unit.source, window_s=600)
        row.logged("listener.refused", locked_out=1)
        assert member.record(unit.group(1)).holds(1)
        assert unit.login(elsewhere).record(unit.group(2)).holds(2)
        bench.assert_stored(unit)
