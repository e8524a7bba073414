"""The client's side of HTTP: one answer to each request, whole or not at all, and bounded."""

from __future__ import annotations

import pytest
from gateway.codecs.http.outlet import MOST_AROUND, BadAnswer, Outlet, Received, Request

from tests.codecs.hikvision.vectors import VECTORS

GET = Request(method="GET", target="/ISAPI/System/deviceInfo")
BODY = b'{"RemoteCheck":{"serialNo":1867,"checkResult":"success","info":"Welcome"}}'


def asked(request: Request = GET, most: int = 1000) -> Outlet:
    outlet = Outlet("192.0.2.17")
    outlet.ask(request, most)
    return outlet


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body


def whole(received: Received | None) -> Received:
    assert received is not None
    return received


def test_a_worked_request_is_written_as_the_vector_has_it_but_for_order_and_agent() -> None:
    head = VECTORS["C4b"].split(b"\r\n\r\n")[0].decode().split("\r\n")
    given = dict(line.split(": ", 1) for line in head[1:])
    request = Request(
        method="PUT",
        target="/ISAPI/AccessControl/remoteCheck?format=json",
        headers=tuple((name, given[name]) for name in ("Authorization", "Content-Type")),
        body=BODY,
    )
    written = Outlet("192.0.2.17").ask(request, 100)
    lines, body = written.split(b"\r\n\r\n")
    first, *rest = lines.decode().split("\r\n")
    assert (first, body) == (head[0], BODY)
    ours = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
    wanted = {name.lower(): value for name, value in given.items() if name != "Connection"}
    assert wanted.items() <= ours.items()


def test_a_worked_answer_is_read_however_it_is_cut() -> None:
    raw = VECTORS["C4c"]
    for size in (1, 7, len(raw)):
        outlet = asked()
        found = [outlet.feed(raw[at : at + size]) for at in range(0, len(raw), size)]
        assert found[:-1] == [None] * (len(found) - 1)
        assert whole(found[-1]).body == b'{"statusCode":1,"statusString":"OK","subStatusCode":"ok"}'
        assert outlet.idle


def test_interim_answers_are_passed_over_and_a_second_request_may_follow() -> None:
    outlet = asked()
    outlet.feed(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert whole(outlet.feed(answer(b"ab", "Content-Length: 2"))).body == b"ab"
    outlet.ask(GET, 10)
    assert not outlet.heard
    received = whole(outlet.feed(answer(b"", "Content-Length: 0", "X-A: 1", status="302 Found")))
    assert (received.status, received.header("x-a"), received.header("x-b")) == (302, "1", "")


def test_a_connection_that_is_to_end_is_not_used_again() -> None:
    outlet = asked()
    whole(outlet.feed(answer(b"a", "Content-Length: 1", "Connection: close")))
    assert not outlet.idle
    outlet = asked()
    whole(outlet.feed(answer(b"a", "Content-Length: 1") + b"stray"))
    assert not outlet.idle


def test_a_body_without_length_ends_with_the_connection() -> None:
    outlet = asked()
    assert outlet.feed(answer(b"all of it")) is None
    assert whole(outlet.end()).body == b"all of it"
    assert Outlet("x").end() is None


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ([answer(b"x" * 1001, "Content-Length: 1001")], "too_large"),
        ([answer(b"", "Transfer-Encoding: chunked"), b"3e9\r\n" + b"x" * 1001], "too_large"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" * (MOST_AROUND // 25 + 50)], "too_large"),
        ([b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 4000], "not_http"),
        ([b"<html>busy</html>\r\n\r\n"], "not_http"),
        ([answer(b"", "Content-Length: -1")], "not_http"),
        ([answer(b"", "Content-Length: 1", "Content-Length: 2")], "not_http"),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"], "not_http"),
        ([answer(b"", "Transfer-Encoding: chunked"), b"zz\r\n"], "not_http"),
        ([answer(b"half", "Content-Length: 8"), b""], "cut"),
        ([answer(b"", "Transfer-Encoding: chunked"), b"5\r\nab", b""], "cut"),
        ([b"HTTP/1.1 20", b""], "cut"),
        ([b""], "cut"),
    ],
)
def test_what_is_no_answer_is_told_by_its_reason(pieces: list[bytes], reason: str) -> None:
    outlet = asked()
    for piece in pieces[:-1]:
        assert outlet.feed(piece) is None
    with pytest.raises(BadAnswer) as raised:
        outlet.feed(pieces[-1]) if pieces[-1] else outlet.end()
    assert raised.value.reason == reason


def test_bytes_nobody_asked_for_are_no_answer() -> None:
    with pytest.raises(BadAnswer):
        Outlet("x").feed(answer(b"", "Content-Length: 0"))


def test_a_request_that_could_be_read_as_two_is_not_written() -> None:
    for request in (
        Request(method="GET", target="/a b"),
        Request(method="GET", target="/a\r\nX: y"),
        Request(method="GET", target="/", headers=(("X", "a\r\nb"),)),
    ):
        with pytest.raises(ValueError, match=r"."):
            Outlet("x").ask(request, 10)
