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
