"""The gateway's side of the login: the worked vectors, and everything that must not get in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gateway.codecs.yls import DIALECT
from gateway.codecs.yls.body import Body, put, put_number
from gateway.codecs.yls.frame import OVERHEAD, as_duplicate, pack, parse
from gateway.codecs.yls.handshake import agree, transcript
from gateway.codecs.yls.limits import LOGIN_SECONDS
from gateway.codecs.yls.registers import MAC, OW, RSP, Command, Result, Tlv
from gateway.codecs.yls.server import YlsConversation
from gateway.codecs.yls.status import StatusReport

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
    Admit,
    CredentialGiven,
    Farewell,
    HeldSeries,
    Parting,
    Refusal,
    Refuse,
)
from gateway.domain.times import Instant
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import HELD, NOW, Terminal, context, frames, hello, record

V1_BODY = parse(vectors.V1).body
ADMIT = Admit(session=vectors.SESSION, heartbeat_s=30, held=HELD)


def conversation(**settings: int | bool) -> YlsConversation:
    known = context()
    return YlsConversation(replace(known, settings={**known.settings, **settings}))


def result_of(raw: bytes) -> int:
    (frame,) = frames(raw)
    assert frame.flags & RSP
    return Body(frame.body).number(Tlv.RESULT, 2)


def without(kind: int) -> bytes:
    """Return V1's body without one element."""
    body = Body(V1_BODY)
    return b"".join(
        put(k, v, critical=k in (Tlv.SN, Tlv.PROTO_VER)) for k, v in body.items if k != kind
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


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("02000200", None),  # N6
        ("01020109", None),
        ("00000009", None),
        ("01000100", "01000100"),
        ("01010102", "01010101"),
        ("00090109", "01010101"),
        ("01000200", "01010101"),
    ],
)
def test_versions_must_overlap(offered: str, chosen: str | None) -> None:
    server = conversation()
    body = put(Tlv.PROTO_VER, bytes.fromhex(offered), critical=True) + without(Tlv.PROTO_VER)
    events = server.feed(hello(body), NOW)
    (frame,) = frames(server.output())
    answer = Body(frame.body)
    assert answer.bytes(Tlv.PROTO_VER) == bytes.fromhex(chosen or "01000101")
    if chosen:
        assert answer.number(Tlv.RESULT, 2) == Result.OK
        assert server.closing is None
    else:
        assert answer.number(Tlv.RESULT, 2) == Result.BAD_VERSION
        assert events == [Misbehaved(code="bad_version", detail="HELLO", fatal=True)]
        assert server.closing == "bad_version"


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (without(Tlv.SN), Result.MISSING_TLV),
        (without(Tlv.NONCE_D), Result.MISSING_TLV),
        (without(Tlv.PROTO_VER), Result.MISSING_TLV),
        (without(Tlv.MAX_FRAME) + put_number(Tlv.MAX_FRAME, 255, 2), Result.OUT_OF_RANGE),
        (without(Tlv.MAX_FRAME) + put_number(Tlv.MAX_FRAME, 4093, 2), Result.OUT_OF_RANGE),
        (without(Tlv.WINDOW) + put_number(Tlv.WINDOW, 0, 1), Result.OUT_OF_RANGE),
        (without(Tlv.WINDOW) + put_number(Tlv.WINDOW, 17, 1), Result.OUT_OF_RANGE),
        (without(Tlv.NONCE_D) + put(Tlv.NONCE_D, bytes(15)), Result.BAD_LENGTH),
        (V1_BODY + put(Tlv.REC_STORE, bytes(11)), Result.BAD_LENGTH),
        (V1_BODY + put(Tlv.REC_STORE, bytes(12)), Result.OUT_OF_RANGE),
        (V1_BODY + put(Tlv.SN, b"X"), Result.BAD_TLV),
        (V1_BODY + put(0x7001, b"", critical=True), Result.UNSUPPORTED_CRITICAL),
        (V1_BODY + b"\0", Result.BAD_TLV),
    ],
)
def test_a_hello_that_cannot_be_served(body: bytes, result: Result) -> None:
    server = conversation()
    server.feed(hello(body), NOW)
    assert result_of(server.output()) == result
    assert server.closing == result.name.lower()


def test_what_a_hello_leaves_out_has_defaults() -> None:
    server = conversation(max_frame=4092)
    needed = {Tlv.PROTO_VER, Tlv.SN, Tlv.NONCE_D}
    body = b"".join(put(k, v, critical=True) for k, v in Body(V1_BODY).items if k in needed)
    server.feed(hello(body), NOW)
    (frame,) = frames(server.output())
    answer = Body(frame.body)
    assert answer.number(Tlv.MAX_FRAME, 2) == 4092
    assert answer.number(Tlv.KEY_ID, 1) == 0


def test_the_smaller_frame_limit_counts_and_the_key_id_is_echoed() -> None:
    server = conversation(max_frame=4092)
    body = without(Tlv.MAX_FRAME) + put_number(Tlv.MAX_FRAME, 600, 2)
    server.feed(hello(body), NOW)
    (frame,) = frames(server.output())
    answer = Body(frame.body)
    assert answer.number(Tlv.MAX_FRAME, 2) == 600
    assert answer.number(Tlv.KEY_ID, 1) == 1


@pytest.mark.parametrize(
    "raw",
    [
        pack(0, 0, Command.HEARTBEAT, 1, 0, StatusReport().encode(0)),
        pack(0, 0, Command.REC_REALTIME, 1, 0x01B1, record(1)),
        pack(MAC, 0, Command.HELLO, 1, 0, V1_BODY),
        vectors.V3,
        vectors.V5,
    ],
)
def test_nothing_but_hello_opens_a_conversation(raw: bytes) -> None:
    server = conversation()
    assert server.feed(raw, NOW) == [Misbehaved(code="not_logged_in", fatal=True)]
    assert result_of(server.output()) == Result.NOT_LOGGED_IN
    assert server.closing == "not_logged_in"


def test_a_second_hello_with_other_bytes_is_refused_and_the_same_one_answered_again() -> None:
    server = conversation()
    server.feed(vectors.V1, NOW)
    server.output()
    assert server.feed(as_duplicate(vectors.V1), NOW) == []
    assert server.output() == vectors.V2
    assert server.feed(hello(V1_BODY, seq=2), NOW) == [Misbehaved(code="second_hello", fatal=True)]
    assert server.closing == "second_hello"


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


def test_the_dialect_knows_its_first_bytes() -> None:
    assert [DIALECT.opening(first) for first in (b"", b"Y", b"YL", b"YL\x19")] == [
        None,
        None,
        True,
        True,
    ]
    assert [DIALECT.opening(first) for first in (b"X", b"YM", b"GET ")] == [False] * 3
    assert (DIALECT.name, DIALECT.version, DIALECT.checksum) == ("yls", "1.0", True)
    assert DIALECT.limits.max_frame == 4092
