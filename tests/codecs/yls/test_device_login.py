"""The terminal logs in: what it says and whom it trusts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gateway.codecs.yls.body import put, put_number, put_result
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.device_events import (
    Acknowledged,
    Closed,
    Online,
    Refused,
)
from gateway.codecs.yls.frame import pack, parse
from gateway.codecs.yls.registers import DIR, MAC, OW, RSP, Command, Result, Tlv
from gateway.codecs.yls.seal import Seal

from gateway.domain.requests import (
    Refusal,
    Refuse,
)
from gateway.domain.times import Instant
from tests.codecs.yls import vectors
from tests.codecs.yls.pair import CONFIG, Gateway, Pair
from tests.codecs.yls.scripted import NOW, V1_CONFIG, Server, context, v1_store

SIGNED = put_result(0) + put(Tlv.AUTH_TAG, vectors.SERVER_TAG)


class TestLogin:
    def test_the_vectors(self) -> None:
        server = Server()
        assert server.hello == vectors.V1
        assert server.auth == vectors.V3
        assert server.told[0] == Online(session=vectors.SESSION, heartbeat_s=30)
        assert isinstance(server.told[1], Acknowledged)
        assert len(server.told[1].keys) == 1201
        assert server.store.unacknowledged == 3
        assert [frame.command for frame in server.sent()] == [
            Command.TIME_SYNC,
            Command.HEARTBEAT,
            Command.REC_BACKFILL,
        ]

    @pytest.mark.parametrize("bit", range(0, 90 * 8, 7))
    def test_a_changed_answer_is_not_believed(self, bit: int) -> None:
        server = Server(online=False)
        server.device.feed(vectors.V2, NOW)
        raw = bytearray(vectors.V4)
        raw[bit // 8] ^= 1 << bit % 8
        told = server.device.feed(bytes(raw), NOW)
        assert not server.device.online
        assert all(isinstance(event, Closed | Refused) for event in told)

    def test_a_server_without_the_key_is_not_trusted(self) -> None:
        server = Server(online=False)
        server.device.feed(vectors.V2, NOW)
        forged = Seal(bytes(32), bytes(16), sid=9, direction=DIR, bare=False)
        raw = forged.pack(RSP | MAC, Command.AUTH, 2, put_result(0))
        told = server.device.feed(raw, NOW)
        assert told == [Refused(reason="server_untrusted", retry_after_s=300)]
        assert server.device.closing == "server_untrusted"

    def test_nor_is_one_that_leaves_the_proof_out(self) -> None:
        server = Server(online=False)
        server.device.feed(vectors.V2, NOW)
        said = pack(DIR | RSP, 0, Command.AUTH, 2, vectors.SESSION, put_result(0))
        assert server.device.feed(said, NOW) == [
            Refused(reason="server_untrusted", retry_after_s=300)
        ]

    @pytest.mark.parametrize(
        ("reason", "name", "seconds"),
        [
            (Refusal.NOT_LISTED, "forbidden", None),
            (Refusal.LOCKED_OUT, "locked_out", None),
            (Refusal.UNAVAILABLE, "retry_later", 9),
        ],
    )
    def test_a_refusal_is_passed_on(self, reason: Refusal, name: str, seconds: int | None) -> None:
        class Refusing(Gateway):
            def answer(self, event):  # type: ignore[no-untyped-def]
                answer = super().answer(event)
                if type(event).__name__ == "LoginProved":
                    return Refuse(reason=reason, retry_after_s=9)
                return answer

        pair = Pair(Refusing())
        pair.device.start(pair.now)
        pair.pump()
        assert pair.told == [Refused(reason=name, retry_after_s=seconds)]
        assert pair.device.closing == name
        assert pair.server.closing == reason.value

    def test_nobody_can_silence_a_terminal_for_long(self) -> None:
        server = Server(online=False)
        said = put_result(Result.RETRY_LATER) + put_number(Tlv.HB, 0xFFFF, 2)
        told = server.device.feed(pack(DIR | RSP, 0, Command.HELLO, 1, 0, said), NOW)
        assert told == [Refused(reason="retry_later", retry_after_s=300)]

    def test_a_wrong_key_fails(self) -> None:
        pair = Pair(config=replace(CONFIG, key=bytes(32)))
        pair.device.start(pair.now)
        pair.pump()
        assert pair.told == [Refused(reason="auth_failed")]

    def test_without_an_answer_it_gives_up_after_ten_seconds(self) -> None:
        server = Server(online=False)
        assert server.device.deadline() == 510.0
        assert server.device.tick(Instant(509.9, 0)) == []
        assert server.device.tick(Instant(510.0, 0)) == [Closed(reason="login_timeout")]
        assert server.device.deadline() is None

    def test_a_version_nobody_offered_is_refused(self) -> None:
        server = Server(online=False)
        at = vectors.V2.index(bytes.fromhex("01000100"))
        edited = vectors.V2[:at] + bytes.fromhex("01010101") + vectors.V2[at + 4 :]
        body = parse(edited).body
        told = server.device.feed(pack(DIR | RSP, 0, Command.HELLO, 1, 0, body), NOW)
        assert told == [Refused(reason="out_of_range")]

    def test_a_broken_answer_closes(self) -> None:
        server = Server(online=False)
        told = server.device.feed(pack(DIR | RSP, 0, Command.HELLO, 1, 0, b"\0"), NOW)
        assert told == [Closed(reason="bad_tlv")]

    def test_encryption_is_announced(self) -> None:
        device = YlsDevice(replace(V1_CONFIG, encrypts=True), context(), v1_store())
        device.start(NOW)
        assert bytes.fromhex("000000fb") in device.output()

    @pytest.mark.parametrize(
        ("body", "sid", "told"),
        [
            (put_result(0) + put(Tlv.AUTH_TAG, bytes(16)), 7, "server_untrusted"),
            (SIGNED + put_number(Tlv.SESSION, 8, 2), 7, "out_of_range"),
            (SIGNED + put_number(Tlv.SESSION, 0, 2), 0, "out_of_range"),
            (put_result(Result.BUSY), 7, "busy"),
        ],
    )
    def test_an_answer_that_is_sealed_but_wrong(self, body: bytes, sid: int, told: str) -> None:
        server = Server(online=False)
        server.device.feed(vectors.V2, NOW)
        seal = Seal(vectors.KMAC, vectors.KENC, sid=sid, direction=DIR, bare=False)
        events = server.device.feed(seal.pack(RSP | MAC, Command.AUTH, 2, body), NOW)
        assert [type(event) for event in events] == [Refused]
        assert server.device.closing == told

    def test_an_answer_to_auth_that_was_never_sent_is_not_trusted(self) -> None:
        server = Server(online=False)
        told = server.device.feed(vectors.V4, NOW)
        assert told == [Refused(reason="server_untrusted", retry_after_s=300)]

    def test_a_refusal_with_a_broken_pause_is_still_one(self) -> None:
        server = Server(online=False)
        body = put_result(Result.RETRY_LATER) + put(Tlv.HB, b"1")
        told = server.device.feed(pack(DIR | RSP, 0, Command.HELLO, 1, 0, body), NOW)
        assert told == [Refused(reason="retry_later")]

    def test_farewell_and_strange_frames_before_the_login(self) -> None:
        server = Server(online=False)
        for ignored in (
            pack(DIR, 0, Command.TIME_SYNC, 1, 0, b""),
            pack(DIR | OW, 0, 0, 1, 0, b""),
        ):
            assert server.device.feed(ignored, NOW) == []
        assert not server.device.idle
        bye = pack(DIR | OW, 0, Command.BYE, 1, 0, b"")
        assert server.device.feed(bye, NOW) == [Closed(reason="bye")]
        assert server.device.feed(vectors.V2, NOW) == []
        assert server.device.tick(NOW) == []
