"""The gateway's side of the login: the worked vectors, and everything that must not get in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gateway.codecs.yls.body import Body, put
from gateway.codecs.yls.frame import OVERHEAD, as_duplicate, pack
from gateway.codecs.yls.handshake import agree, transcript
from gateway.codecs.yls.limits import LOGIN_SECONDS
from gateway.codecs.yls.registers import OW, Command, Result, Tlv
from gateway.codecs.yls.server import YlsConversation

from gateway.domain.errors import GatepostError
from gateway.domain.events import (
    CredentialWanted,
    FrameDamaged,
    LoginFailed,
    LoginProved,
    Misbehaved,
    StoredSeries,
)
from gateway.domain.ids import Serial
from gateway.domain.requests import (
    CredentialGiven,
    Farewell,
    HeldSeries,
    Parting,
    Refusal,
    Refuse,
)
from gateway.domain.times import Instant
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import (
    ADMIT,
    NOW,
    V1_BODY,
    Terminal,
    context,
    conversation,
    frames,
    hello,
    result_of,
)


def test_the_vectors_log_in() -> None:
    server = conversation()
    assert server.feed(vectors.V1, NOW) == []
    assert server.output() == vectors.V2
    assert server.feed(vectors.V3, NOW) == [
        CredentialWanted(serial=Serial("YLS-00000177"), key_id=1)
    ]
    assert server.output() == b""
    (proved,) = server.submit(CredentialGiven(secret=vectors.KEY), NOW)
    assert proved == LoginProved(
        serial=Serial("YLS-00000177"),
        model="FACE-IRIS-A",
        firmware="1.0.3",
        capabilities=frozenset(
            {"local_face", "local_iris", "card", "snapshot", "server_verify", "blob_resume"}
        ),
        stores=(StoredSeries(series=vectors.EPOCH, first=1, last=1204),),
    )
    assert server.output() == b""
    assert server.submit(ADMIT, NOW) == []
    assert server.output() == vectors.V4
    assert server.closing is None


@pytest.mark.parametrize("secret", [None, bytes(32)], ids=["unknown serial", "wrong key"])
def test_an_unknown_serial_looks_exactly_like_a_wrong_key(secret: bytes | None) -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    assert server.output() == vectors.V2
    server.feed(vectors.V3, NOW)
    failed = server.submit(CredentialGiven(secret=secret), NOW)
    assert failed == [LoginFailed(serial=Serial("YLS-00000177"), reason="auth_failed")]
    answer = server.output()
    assert answer == pack(0x21, 0, Command.AUTH, 2, 0, bytes.fromhex("800100020011"))
    assert server.closing == "auth_failed"
    assert server.feed(vectors.V1, NOW) == []


@pytest.mark.parametrize("secret", [None, b""])
def test_no_secret_is_not_a_secret_of_zeros(secret: bytes | None) -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    zeros = agree(bytes(32), transcript(vectors.V1, server.output(), b"")).device_tag
    server.feed(pack(0, 0, Command.AUTH, 2, 0, put(Tlv.AUTH_TAG, zeros, critical=True)), NOW)
    (failed,) = server.submit(CredentialGiven(secret=secret), NOW)
    assert isinstance(failed, LoginFailed)


@pytest.mark.parametrize(
    ("reason", "result", "seconds"),
    [
        (Refusal.NOT_LISTED, Result.FORBIDDEN, None),
        (Refusal.REVOKED, Result.FORBIDDEN, None),
        (Refusal.LOCKED_OUT, Result.LOCKED_OUT, None),
        (Refusal.OVERLOADED, Result.RETRY_LATER, 30),
        (Refusal.UNAVAILABLE, Result.RETRY_LATER, 7),
    ],
)
def test_a_refusal_has_no_tag_and_says_when_to_come_again(
    reason: Refusal, result: Result, seconds: int | None
) -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    server.feed(vectors.V3, NOW)
    server.submit(CredentialGiven(secret=vectors.KEY), NOW)
    server.output()
    retry = 7 if seconds == 7 else None
    assert server.submit(Refuse(reason=reason, retry_after_s=retry), NOW) == []
    (frame,) = frames(server.output())
    assert frame.flags == 0x21
    body = Body(frame.body)
    assert body.number(Tlv.RESULT, 2) == result
    assert Tlv.AUTH_TAG not in body
    assert (body.number(Tlv.HB, 2) if Tlv.HB in body else None) == seconds
    assert server.closing == reason.value


def test_a_locked_out_device_can_be_refused_before_its_proof_is_checked() -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    server.output()
    server.feed(vectors.V3, NOW)
    server.submit(Refuse(reason=Refusal.LOCKED_OUT), NOW)
    assert result_of(server.output()) == Result.LOCKED_OUT


def test_an_edited_capability_list_makes_the_proof_fail() -> None:
    at = vectors.V1.index(bytes.fromhex("0000007b"))
    edited = hello(V1_BODY[: at - 18] + bytes.fromhex("0000006b") + V1_BODY[at - 14 :])
    server = conversation()
    server.feed(edited, NOW)
    server.feed(vectors.V3, NOW)
    (failed,) = server.submit(CredentialGiven(secret=vectors.KEY), NOW)
    assert isinstance(failed, LoginFailed)


def test_the_channel_binding_of_tls_is_part_of_the_proof() -> None:
    binding = bytes(range(32))
    server = YlsConversation(replace(context(secure=True), channel_binding=binding))
    server.feed(vectors.V1, NOW)
    reply = server.output()
    server.feed(vectors.V3, NOW)
    (failed,) = server.submit(CredentialGiven(secret=vectors.KEY), NOW)
    assert isinstance(failed, LoginFailed)
    server = YlsConversation(replace(context(secure=True), channel_binding=binding))
    server.feed(vectors.V1, NOW)
    tag = agree(vectors.KEY, transcript(vectors.V1, reply, binding)).device_tag
    server.feed(pack(0, 0, Command.AUTH, 2, 0, put(Tlv.AUTH_TAG, tag, critical=True)), NOW)
    (proved,) = server.submit(CredentialGiven(secret=vectors.KEY), NOW)
    assert isinstance(proved, LoginProved)


def test_a_repeated_auth_is_answered_from_what_was_said() -> None:
    terminal = Terminal()
    assert terminal.feed(as_duplicate(vectors.V3)) == []
    assert terminal.output() == vectors.V4


def test_an_auth_repeated_while_the_gateway_thinks_changes_nothing() -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    server.output()
    server.feed(vectors.V3, NOW)
    assert server.feed(as_duplicate(vectors.V3), NOW) == []
    assert server.output() == b""
    server.submit(CredentialGiven(secret=vectors.KEY), NOW)
    server.submit(ADMIT, NOW)
    assert server.output() == vectors.V4


def test_an_auth_without_a_tag_fails() -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    server.output()
    (failed,) = server.feed(pack(0, 0, Command.AUTH, 2, 0, b""), NOW)
    assert failed == LoginFailed(serial=Serial(vectors.SERIAL), reason="missing_tlv")
    assert result_of(server.output()) == Result.MISSING_TLV
    assert server.closing == "auth_failed"


def test_before_login_a_frame_has_at_most_512_bytes() -> None:
    fits = hello(V1_BODY + put(0x7000, bytes(512 - OVERHEAD - len(V1_BODY) - 4)))
    assert len(fits) == 512
    server = conversation()
    server.feed(fits, NOW)
    assert server.closing is None
    server = conversation()
    too_long = hello(V1_BODY + put(0x7000, bytes(513 - OVERHEAD - len(V1_BODY) - 4)))
    (damage,) = server.feed(too_long[:18], NOW)
    assert isinstance(damage, FrameDamaged)
    assert damage.code == "length"
    assert server.output() == b""
    assert server.closing == "length"


def test_the_login_must_be_complete_in_ten_seconds() -> None:
    server = conversation()
    assert server.deadline() == 0.0
    assert server.tick(NOW) == []
    assert server.deadline() == NOW.mono + LOGIN_SECONDS
    server.feed(vectors.V1, NOW)
    late = Instant(NOW.mono + LOGIN_SECONDS, NOW.wall)
    assert server.tick(Instant(late.mono - 0.1, NOW.wall)) == []
    assert server.tick(late) == [Misbehaved(code="login_timeout", fatal=True)]
    assert server.closing == "login_timeout"
    assert server.deadline() is None
    assert server.tick(late) == []


def test_once_the_proof_held_only_the_gateway_can_be_late() -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    server.feed(vectors.V3, NOW)
    server.submit(CredentialGiven(secret=vectors.KEY), NOW)
    assert server.deadline() is None


def test_bye_before_login_only_closes() -> None:
    server = conversation()
    assert server.feed(pack(OW, 0, Command.BYE, 1, 0, b""), NOW) == []
    assert server.closing == "goodbye"


def test_answers_that_nobody_waits_for_are_ignored() -> None:
    server = conversation()
    for request in (
        CredentialGiven(secret=vectors.KEY),
        ADMIT,
        Refuse(reason=Refusal.REVOKED),
    ):
        assert server.submit(request, NOW) == []
    assert server.output() == b""
    assert server.closing is None


def test_a_farewell_before_login_only_closes() -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    server.output()
    server.submit(Farewell(reason=Parting.DRAINING), NOW)
    assert server.closing == "draining"
    assert server.output() == b""


def test_what_is_held_above_the_prefix_is_told_at_login() -> None:
    held = HeldSeries(series=vectors.EPOCH, upto=5, ranges=((7, 9), (12, 12)))
    terminal = Terminal(held=(held,))
    (frame,) = frames(terminal.welcome)
    body = Body(frame.body[:-8])
    assert body.bytes(Tlv.ACK_UPTO) == vectors.EPOCH.to_bytes(4, "big") + bytes((0, 0, 0, 5))
    assert body.bytes(Tlv.ACK_BITMAP) == bytes((0, 0, 0, 6, 0b01001110))


def test_a_store_nobody_knows_is_acknowledged_below_its_first_number() -> None:
    terminal = Terminal(held=())
    (frame,) = frames(terminal.welcome)
    upto = Body(frame.body[:-8]).bytes(Tlv.ACK_UPTO)
    assert upto == vectors.EPOCH.to_bytes(4, "big") + bytes(4)


def test_the_bench_switch_is_reported() -> None:
    assert Terminal(bench_plain_biometrics=True).admitted == [
        Misbehaved(code="bench_plain_biometrics")
    ]
    assert Terminal(bench_plain_biometrics=True, secure=True).admitted == []


@pytest.mark.parametrize(
    "settings", [{"window": 0}, {"window": 17}, {"max_frame": 255}, {"gap_ms": 4}, {"windows": 4}]
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, int | bool]) -> None:
    with pytest.raises(GatepostError, match=next(iter(settings))):
        conversation(**settings)
