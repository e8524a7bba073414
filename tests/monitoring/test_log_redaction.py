"""What may be written of a person: nothing. The numbers here are made up; area 990000 is unused."""

from __future__ import annotations

import pytest
from gateway.monitoring.log_redaction import redact_fields, redact_value

from gateway.domain.redaction import redact

ID = "[identity number]"
TELEPHONE = "[telephone]"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("990000199001010017", ID),
        ("99000019900101001X", ID),
        ("99000019900101001x", ID),
        ("99000019900101001Ｘ", ID),
        ("９９００００１９９００１０１００１７", ID),
        ("990000 19900101 0017", ID),
        ("990000-19900101-0017", ID),
        ("990000900101001", ID),
        ("person 990000199001010017 passed", f"person {ID} passed"),
        ("id=990000199001010017,990000900101001", f"id={ID},{ID}"),
        ("张三990000199001010017男", f"张三{ID}男"),
        ("13800138000", TELEPHONE),
        ("19912345678", TELEPHONE),
        ("138 0013 8000", TELEPHONE),
        ("138-0013-8000", TELEPHONE),
        ("+8613800138000", TELEPHONE),
        ("+86 138 0013 8000", TELEPHONE),
        ("008613800138000", ID),
        ("电话13800138000。", f"电话{TELEPHONE}。"),
        ("１３８００１３８０００", TELEPHONE),
        ("postgresql://user:hunter2@db/gatepost", "postgresql://[sign-in]@db/gatepost"),
        ("A" * 65, "[65 characters of base64]"),
        ("/9j/" + "4AAQSkZJRg" * 8 + "==", "[86 characters of base64]"),
        ("a-_Z" * 20, "[80 characters of base64]"),
        ("ab12" * 16 + "\n" + "ab12" * 4, "[81 characters of base64]"),
    ],
)
def test_what_is_personal_is_replaced(text: str, clean: str) -> None:
    assert redact(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "session.opened",
        "1795494555.291",
        "1795494555291",
        "12345678901",
        "1234567890123456",
        "99000019900101001",
        "9900001990010100171",
        "12800138000",
        "138001380001",
        "127.0.0.1:7790",
        "2026-11-24T04:29:15.123456+08:00",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "A" * 64,
        "SN-2024-000123",
        "https://db.example/path@x",
        "/usr/lib/python3.11/site-packages/gateway/monitoring/log_redaction.py",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert redact(text) == text


def test_values_are_redacted_wherever_they_hide() -> None:
    assert redact_value(13800138000) == TELEPHONE
    assert redact_value(990000199001010017) == ID
    assert redact_value(7790) == 7790
    assert redact_value(True) is True
    assert redact_value(None) is None
    assert redact_value(1.5) == 1.5
    assert redact_value(b"\xff\xd8 990000199001010017") == "[21 bytes]"
    assert redact_value(bytearray(3)) == "[3 bytes]"
    assert redact_value(["x", ("13800138000", b"12")]) == ["x", [TELEPHONE, "[2 bytes]"]]
    assert redact_value({"a": {"13800138000": "13800138000"}}) == {"a": {TELEPHONE: TELEPHONE}}
    assert redact_value(ValueError("no 13800138000")) == f"no {TELEPHONE}"


@pytest.mark.parametrize("name", ["secret", "password", "token", "dsn", "private_key", "proof"])
def test_secret_fields_are_never_written(name: str) -> None:
    assert redact_fields({name: b"x", "peer": "here"}) == {name: "[secret]", "peer": "here"}
