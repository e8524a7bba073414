"""HELLO: versions, limits, what it must name, and what else may open a conversation."""

from __future__ import annotations

import pytest
from gateway.codecs.yls import DIALECT
from gateway.codecs.yls.body import Body, put, put_number
from gateway.codecs.yls.frame import as_duplicate, pack
from gateway.codecs.yls.registers import MAC, Command, Result, Tlv
from gateway.codecs.yls.status import StatusReport

from gateway.domain.events import (
    Misbehaved,
)
from tests.codecs.yls import vectors
from tests.codecs.yls.terminal import (
    NOW,
    V1_BODY,
    conversation,
    frames,
    hello,
    record,
    result_of,
)


def without(kind: int) -> bytes:
    """Return V1's body without one element."""
    body = Body(V1_BODY)
    return b"".join(
        put(k, v, critical=k in (Tlv.SN, Tlv.PROTO_VER)) for k, v in body.items if k != kind
    )


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
