"""Sessions that are replayed, forged, taken over, or never listened to."""

from __future__ import annotations

from gateway.codecs.yls.frame import as_duplicate, pack
from gateway.codecs.yls.limits import CACHED_ANSWERS, MOST_BAD_MACS
from gateway.codecs.yls.registers import MAC, Bye, Command, Result, Tlv

from tests.badinput.bench import Bench
from tests.badinput.peers import Terminal, result


def test_replayed_frame(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("replayed frame") as row:
        terminal = unit.login()
        frame = terminal.request(Command.REC_REALTIME, unit.group(1))
        terminal.send(frame)
        first = terminal.answer()
        assert first.holds(1)
        for again in (frame, as_duplicate(frame)):
            terminal.send(again)
            assert terminal.answer().raw == first.raw
        for _ in range(CACHED_ANSWERS):
            terminal.beat()
        terminal.send(frame)
        row.told(terminal.answer().result, Result.REPLAY)
        row.counted("gatepost_protocol_errors_total")
        row.logged("session.protocol_error", serial=unit.serial, code="replay")
        row.grew("gatepost_records_received_total", 1)
        bench.assert_stored(unit)


def test_captured_login_played_again(bench: Bench) -> None:
    unit, mallory = bench.unit(), bench.address()
    with bench.row("a captured login, played again") as row:
        terminal = unit.dial()
        terminal.send(terminal.logging_in.hello)
        proof = terminal.logging_in.answer(terminal.hear())
        terminal.send(proof)
        terminal.accept(terminal.hear())
        assert terminal.record(unit.group(1)).holds(1)
        thief = unit.stranger(mallory)
        thief.send(terminal.logging_in.hello)
        thief.hear()
        thief.send(proof)
        row.told(result(thief.hear()), Result.AUTH_FAILED)
        assert thief.rest() == b""
        row.counted("gatepost_auth_attempts_total", result="bad_credential")
        row.logged("device.login_failed", serial=unit.serial, peer=mallory)
        assert terminal.beat() == Result.OK
        row.grew("gatepost_records_duplicate_total", 0)
        bench.assert_stored(unit)


def test_forged_frames(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("forged frames") as row:
        terminal = unit.login()
        for n in range(MOST_BAD_MACS - 1):
            terminal.send(forged(terminal, unit.group(1), n))
            row.told(terminal.answer().result, Result.BAD_MAC)
        assert terminal.record(unit.group(2)).holds(2)
        assert bench.found(unit).identities == [2]
        terminal.send(forged(terminal, unit.group(1), MOST_BAD_MACS))
        row.told(terminal.violation(), Result.BAD_MAC)
        row.counted("gatepost_protocol_errors_total", MOST_BAD_MACS)
        row.logged("session.protocol_error", serial=unit.serial, code="bad_mac")
        row.logged("session.closed", serial=unit.serial, reason="bad_mac")
        assert unit.login().record(unit.group(1)).holds(1)
        bench.assert_stored(unit)


def forged(terminal: Terminal, body: bytes, seal: int) -> bytes:
    """A frame with good checks by somebody who does not know the session's key."""
    sid, seq = terminal.admission.session, terminal.seq + 1
    return pack(MAC, 0, Command.REC_REALTIME, seq, sid, body + seal.to_bytes(8, "big"))


def test_two_connections_with_one_identity(bench: Bench) -> None:
    unit, elsewhere = bench.unit(), bench.address()
    with bench.row("two connections with one identity") as row:
        older = unit.login()
        assert older.record(unit.group(1)).holds(1)
        newer = unit.login(elsewhere)
        row.told(older.farewell().number(Tlv.BYE_REASON, 1), Bye.SESSION_TAKEN)
        assert older.rest() == b""
        row.counted("gatepost_connections_closed_total", reason="taken_over")
        row.logged("session.taken_over", serial=unit.serial, peer=elsewhere, elsewhere=True)
        assert [newer.record(unit.group(n)).holds(n) for n in (1, 2)] == [True, True]
        bench.assert_stored(unit)


def test_a_peer_that_never_reads(bench: Bench) -> None:
    unit = bench.unit()
    other = bench.unit()
    with bench.row("a peer that asks and never reads") as row:
        deaf = unit.dial(receive_bytes=4096).login()
        deaf.send(deaf.request(Command.REC_REALTIME, unit.group(1)))
        question = deaf.request(Command.HEARTBEAT)
        assert deaf.send_until_stuck(question) > 0
        row.counted("gatepost_connections_closed_total", reason="slow_reader")
        row.logged("session.closed", serial=unit.serial, reason="slow_reader")
        assert other.login().record(other.group(1)).holds(1)
        assert unit.login().record(unit.group(1)).holds(1)
        bench.assert_stored(unit)
        bench.assert_stored(other)
