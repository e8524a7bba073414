"""Addresses of terminals as operators type them."""

from __future__ import annotations

import pytest

from gateway.domain.access import Access, parse_access
from gateway.domain.errors import GatepostError

PRINT = "ab:" * 31 + "ab"


@pytest.mark.parametrize(
    ("url", "host", "port", "secure", "again"),
    [
        ("http://192.0.2.7", "192.0.2.7", 80, False, "http://192.0.2.7:80"),
        ("http://192.0.2.7/", "192.0.2.7", 80, False, "http://192.0.2.7:80"),
        ("http://gate-1.example:8080", "gate-1.example", 8080, False, "http://gate-1.example:8080"),
        ("http://[2001:db8::7]:81", "2001:db8::7", 81, False, "http://[2001:db8::7]:81"),
        ("https://192.0.2.7", "192.0.2.7", 443, True, "https://192.0.2.7:443"),
    ],
)
def test_an_address_is_read_and_shown(
    url: str, host: str, port: int, secure: bool, again: str
) -> None:
    access = parse_access(url, "admin", "Gate-2026!", PRINT if secure else "")
    assert (access.host, access.port, access.secure, access.url) == (host, port, secure, again)
    assert access.fingerprint == (b"\xab" * 32 if secure else b"")
    assert "Gate" not in repr(access)


@pytest.mark.parametrize(
    "url",
    [
        "192.0.2.7",
        "ftp://192.0.2.7",
        "http://",
        "http://192.0.2.7/ISAPI",
        "http://192.0.2.7?a",
        "http://192.0.2.7#a",
        "http://admin:x@192.0.2.7",
        "http://192.0.2.7:0",
        "http://192.0.2.7:99999",
        "http://192.0.2.7:port",
        "http://[192.0.2.7",
        "http://a b",
        "http://192.0.2.7\r\n",
        "",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(GatepostError) as raised:
        parse_access(url, "admin", "x")
    assert raised.value.code == "access.url"
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("user", "password"), [("", "x"), ("a", ""), ("a:b", "x"), ("a", "x\n"), ("a\r", "x")]
)
def test_an_account_that_cannot_be_is_refused(user: str, password: str) -> None:
    with pytest.raises(GatepostError, match="account"):
        parse_access("http://192.0.2.7", user, password)


@pytest.mark.parametrize(
    ("url", "print_"),
    [
        ("https://192.0.2.7", ""),
        ("https://192.0.2.7", "ab"),
        ("https://192.0.2.7", "zz" * 32),
        ("http://192.0.2.7", PRINT),
    ],
)
def test_a_secure_address_wants_the_print_of_a_certificate_and_only_that(
    url: str, print_: str
) -> None:
    with pytest.raises(GatepostError, match="fingerprint"):
        parse_access(url, "admin", "x", print_)


def test_two_accesses_compare_by_everything() -> None:
    one = Access(host="a", port=1, user="u", password="p")
    assert one != Access(host="a", port=1, user="u", password="q")
