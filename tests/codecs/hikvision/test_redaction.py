"""What a capture may show of a terminal, and what it must not."""

from __future__ import annotations

from gateway.codecs.hikvision.keys import token
from gateway.codecs.hikvision.redaction import redact

from tests.codecs.hikvision.vectors import SECRET, VECTORS, event, post

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def test_nothing_personal_and_no_secret_is_left() -> None:
    for name in ("C1", "C2", "C5b", "C13", "M1"):
        kept = redact(VECTORS[name], False, 64)
        assert len(kept) == len(VECTORS[name])
        for secret in (b"Ana", b"Ruiz", b"10027", b"TKT", b"3f7476dd", b"5a17c0de", JPEG, b"192.0"):
            assert secret not in kept
    assert token(SECRET).encode() not in redact(post(event()), False, 64)
    assert b"K51234567" not in redact(post(event()), True, 64)


def test_nothing_that_lets_anybody_log_in_by_push_is_left() -> None:
    for name in ("C7b", "C7c", "C7d", "C7e", "C7h", "C8a"):
        kept = redact(VECTORS[name], False, 64)
        assert len(kept) == len(VECTORS[name])
        for secret in (b"K51234567", b"A1b2C3", b"f3b1c0", b"7fc49c", b"Zz01", b"a93e", b"eyJ"):
            assert secret not in kept
        assert b"00112233" not in kept
    event = redact(VECTORS["C7e"], False, 64)
    assert event.startswith(b"POST /iot/\0")
    assert b"/PUSH/Event HTTP/1.1\r\n" in event
    assert b'"eventNum":1' in event
    assert b'"dataFormat":"jsonData"' in event


def test_what_is_needed_to_find_a_mistake_is_left() -> None:
    kept = redact(VECTORS["C2"], False, 64)
    for wanted in (
        b"POST /hik/",
        b"Content-Type: multipart/form-data; boundary=\0",
        b'name="event_log"',
        b'"subEventType":75',
        b'"serialNo":1867',
        b'"remoteCheck":true',
        b'"employeeNoString":',
        b'"dateTime":"2026-03-09T08:16:03+08:00"',
    ):
        assert wanted in kept
    answer = redact(VECTORS["C3"], False, 64)
    assert b"HTTP/1.1 200 OK\r\n" in answer
    assert b'"checkResult":"success"' in answer
