"""A login beside a live session, and how sessions end."""

from __future__ import annotations

import pytest
from gateway.codecs.yls.body import Body, put, put_number, put_result
from gateway.codecs.yls.frame import pack
from gateway.codecs.yls.handshake import agree, transcript
from gateway.codecs.yls.limits import LOGIN_SECONDS
from gateway.codecs.yls.registers import MAC, OW, Command, Result, Tlv
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.status import StatusReport

from gateway.domain.events import (
    CredentialWanted,
    Heartbeat,
    Misbehaved,
    SaidGoodbye,
)
from gateway.domain.requests import (
    Accept,
    Admit,
    CredentialGiven,
    Farewell,
    Parting,
)
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import (
    HELD,
    NOW,
    V1_BODY,
    Terminal,
    frames,
    hello,
    record,
    result_of,
)


class TestCandidate:
    """A HELLO on a live connection runs beside its session (YLS/1 7.6)."""

    def candidate(self, terminal: Terminal, secret: bytes | None = vectors.KEY) -> bytes:
        """Log in again beside the session; return what the gateway said last."""
        raw = hello(V1_BODY, seq=77)
        assert terminal.feed(raw) == []
        reply = terminal.output()
        tag = agree(vectors.KEY, transcript(raw, reply, b"")).device_tag
        body = put(Tlv.AUTH_TAG, tag, critical=True)
        (wanted,) = terminal.feed(pack(0, 0, Command.AUTH, 78, 0, body))
        assert isinstance(wanted, CredentialWanted)
        self.hello, self.reply = raw, reply
        terminal.submit(CredentialGiven(secret=secret))
        return terminal.output()

    def test_the_old_session_goes_on_until_the_new_one_is_admitted(self) -> None:
        terminal = Terminal()
        assert self.candidate(terminal) == b""
        (beat,) = terminal.ask(Command.HEARTBEAT, StatusReport().encode(0))
        assert isinstance(beat, Heartbeat)
        assert terminal.result() == Result.OK
        terminal.submit(Admit(session=0x0222, heartbeat_s=15, held=HELD))
        (frame,) = frames(terminal.output())
        assert frame.sid == 0x0222
        keys = agree(vectors.KEY, transcript(self.hello, self.reply, b""))
        renewed = Seal(keys.mac_key, keys.enc_key, sid=0x0222, direction=0, bare=False)
        assert renewed.open(frame) is not None
        beat_again = renewed.pack(MAC, Command.HEARTBEAT, 79, StatusReport().encode(0))
        assert isinstance(terminal.feed(beat_again)[0], Heartbeat)
        terminal.output()
        terminal.ask(Command.HEARTBEAT, StatusReport().encode(0))
        (answer,) = frames(terminal.output())
        assert (answer.sid, answer.body) == (0, put_result(Result.NOT_LOGGED_IN))

    def test_a_failed_candidate_harms_nobody(self) -> None:
        terminal = Terminal()
        assert result_of(self.candidate(terminal, None)) == Result.AUTH_FAILED
        assert terminal.server.closing is None
        terminal.ask(Command.HEARTBEAT, StatusReport().encode(0))
        assert terminal.result() == Result.OK

    def test_a_candidate_that_never_proves_itself_is_forgotten(self) -> None:
        terminal = Terminal()
        terminal.feed(hello(V1_BODY, seq=77))
        terminal.output()
        assert terminal.server.deadline() == NOW.mono + LOGIN_SECONDS
        assert terminal.wait(LOGIN_SECONDS) == []
        assert terminal.server.closing is None
        assert terminal.server.deadline() is None

    def test_forged_frames_without_a_session_do_not_end_one(self) -> None:
        terminal = Terminal()
        terminal.feed(pack(OW, 0, Command.BYE, 9, 0, b""))
        terminal.feed(pack(0, 0, Command.AUTH, 9, 0, b""))
        terminal.feed(hello(b"\0", seq=9))
        terminal.feed(hello(V1_BODY, seq=10))
        terminal.feed(pack(0, 0, Command.AUTH, 11, 0, b""))
        assert terminal.server.closing is None
        terminal.output()
        terminal.ask(Command.HEARTBEAT, StatusReport().encode(0))
        assert terminal.result() == Result.OK

    def test_a_record_of_the_old_session_counts_but_is_not_answered(self) -> None:
        terminal = Terminal()
        (event,) = terminal.ask(Command.REC_REALTIME, record(1202))
        self.candidate(terminal)
        terminal.submit(Admit(session=0x0222, heartbeat_s=30, held=HELD))
        terminal.output()
        terminal.submit(Accept(receipt=event.receipt))  # type: ignore[union-attr]
        assert terminal.output() == b""
        keys = agree(vectors.KEY, transcript(self.hello, self.reply, b""))
        renewed = Seal(keys.mac_key, keys.enc_key, sid=0x0222, direction=0, bare=False)
        (again,) = terminal.feed(renewed.pack(MAC, Command.REC_REALTIME, 79, record(1203)))
        terminal.submit(Accept(receipt=again.receipt))  # type: ignore[union-attr]
        (frame,) = frames(terminal.output())
        upto = Body(frame.body[:-8]).bytes(Tlv.ACK_UPTO)
        assert int.from_bytes(upto[4:], "big") == 1203


def test_bye_ends_a_session() -> None:
    terminal = Terminal()
    said = terminal.say(Command.BYE, put_number(Tlv.BYE_REASON, 2, 1))
    assert said == [SaidGoodbye(reason="upgrade")]
    assert terminal.server.closing == "goodbye"
    assert terminal.output() == b""


def test_an_unsealed_bye_does_not_end_a_session() -> None:
    terminal = Terminal()
    forged = pack(OW, 0, Command.BYE, 9, vectors.SESSION, b"")
    assert terminal.feed(forged) == [Misbehaved(code="bad_mac")]
    assert terminal.server.closing is None


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Parting.TAKEN_OVER, 3),
        (Parting.DRAINING, 5),
        (Parting.IDLE, 4),
        (Parting.PROTOCOL_ERROR, 6),
        (Parting.REVOKED, 0),
    ],
)
def test_a_farewell_is_a_sealed_bye(reason: Parting, code: int) -> None:
    terminal = Terminal()
    terminal.submit(Farewell(reason=reason))
    ((frame, body),) = terminal.answers()
    assert (frame.command, frame.flags & OW) == (Command.BYE, OW)
    assert body.number(Tlv.BYE_REASON, 1) == code
    assert terminal.server.closing == reason.value
