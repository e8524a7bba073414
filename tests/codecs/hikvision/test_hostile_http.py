"""Malformed and hostile HTTP: each with the answer a terminal or a stranger gets."""

from __future__ import annotations

import pytest
from gateway.codecs.hikvision.limits import MOST_BODY, REQUEST_SECONDS
from gateway.codecs.http.head import MOST_HEAD, MOST_HEADERS, MOST_LINE

from gateway.domain.events import Event, FrameDamaged, Misbehaved, PassageReported
from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, CredentialGiven
from tests.codecs.hikvision.vectors import OK, PATH, SECRET, VECTORS, Talk, event, post

GOOD = post(event())
HEAD, _, BODY = GOOD.partition(b"\r\n\r\n")
LINE, _, HEADERS = HEAD.partition(b"\r\n")


def with_header(*headers: bytes, without: bytes = b"") -> bytes:
    kept = [one for one in HEAD.split(b"\r\n") if not without or not one.startswith(without)]
    return b"\r\n".join([*kept, *headers]) + b"\r\n\r\n" + BODY


def codes(events: list[Event]) -> list[str]:
    return [one.code for one in events if isinstance(one, Misbehaved)]


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        pytest.param(with_header(b"X: " + b"a" * MOST_LINE), 431, "head_too_large", id="line"),
        pytest.param(b"POST /" + b"a" * MOST_HEAD, 431, "head_too_large", id="head without end"),
        pytest.param(with_header(*[b"X: a"] * MOST_HEADERS), 431, "head_too_large", id="flood"),
        pytest.param(with_header(b"no colon here"), 400, "header", id="no colon"),
        pytest.param(with_header(b"X : a"), 400, "header", id="blank before the colon"),
        pytest.param(with_header(b"X: a\0b"), 400, "stray_control", id="NUL"),
        pytest.param(with_header(b"X: a\rb"), 400, "stray_control", id="bare CR"),
        pytest.param(with_header(b"X: a", b" folded"), 400, "folded_header", id="folded"),
        pytest.param(HEAD.replace(b"\r\n", b"\n") + b"\n\n", 400, "stray_control", id="LF only"),
        pytest.param(b"\r\n" * 3 + GOOD, 400, "blank_lines", id="three blank lines"),
        pytest.param(with_header(without=b"Content-Length"), 411, "no_length", id="no length"),
        pytest.param(VECTORS["M2"], 400, "ambiguous_length", id="M2"),
        pytest.param(with_header(b"Transfer-Encoding: chunked"), 400, "ambiguous_length", id="TE"),
        *(
            pytest.param(
                with_header(b"Content-Length: " + text, without=b"Content-Length"),
                400,
                "content_length",
                id=f"length {text.decode()}",
            )
            for text in (b"-1", b"+5", b"0x10", b"1" + b"0" * 20, b"5, 5", b"five")
        ),
        pytest.param(
            with_header(b"Content-Length: %d" % (MOST_BODY + 1), without=b"Content-Length"),
            413,
            "body_too_large",
            id="body announced too large",
        ),
        pytest.param(
            with_header(b"Transfer-Encoding: gzip", without=b"Content-Length"), 501, "head", id="gz"
        ),
        pytest.param(GOOD.replace(b"HTTP/1.1", b"HTTP/2.0", 1), 505, "http_version", id="version"),
        pytest.param(GOOD.replace(b"HTTP/1.1", b"HTTP/1.x", 1), 400, "request_line", id="line end"),
        pytest.param(GOOD.replace(b"POST", b"GET", 1), 405, "method", id="GET"),
        pytest.param(GOOD.replace(b"POST", b"DELETE", 1), 405, "method", id="DELETE"),
        pytest.param(GOOD.replace(b"POST", b"CONNECT", 1), 405, "method", id="CONNECT"),
    ],
)
def test_what_is_no_request_is_answered_once_and_the_connection_ends(
    raw: bytes, status: int, code: str
) -> None:
    talk = Talk()
    assert codes(talk.say(raw)) == [code]
    assert talk.status() == status
    assert talk.conversation.closing == "refused"
    assert talk.say(GOOD) == []


@pytest.mark.parametrize(
    ("first", "code"),
    [
        pytest.param(bytes.fromhex("1603010200010001fc0303"), "tls_on_plain_port", id="TLS"),
        pytest.param(bytes.fromhex("10240004"), "isup", id="ISUP"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http_version", id="HTTP/2"),
        pytest.param(b"\x00\x01\x02", "no_http", id="binary"),
        pytest.param(b"hello\r\n", "no_http", id="text"),
    ],
)
def test_what_is_no_http_is_left_without_a_word(first: bytes, code: str) -> None:
    talk = Talk()
    events = talk.say(first)
    assert isinstance(events[0], FrameDamaged)
    assert codes(events) == [code]
    assert (talk.sent(), talk.conversation.closing) == (b"", code)


@pytest.mark.parametrize(
    "target",
    [
        PATH.replace("/hik/", "/other/"),
        PATH.replace("/ev/", "/%2e%2e/"),
        PATH.replace("/ev/", "/../"),
        f"http://192.0.2.5{PATH}",
        "/",
        "*",
        "/hik/" + "a" * 300,
        "/hik//",
        PATH[-33:],
    ],
)
def test_a_path_that_leads_nowhere_is_not_found(target: str) -> None:
    talk = Talk()
    assert codes(talk.say(post(event(), path=target))) == ["route"]
    assert talk.status() == 404


def test_a_wrong_token_and_an_unknown_terminal_get_the_same_answer() -> None:
    answers = []
    for path, secret in ((PATH[:-1] + "x", SECRET), (PATH[:-32] + "0" * 32, SECRET)):
        talk = Talk(admits=False)
        talk.say(post(event(), path=path).partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        talk.tell(CredentialGiven(secret=secret))
        answers.append(talk.sent())
    talk = Talk(admits=False)
    talk.say(post(event(), path="/hik/NOBODY/" + "0" * 32))
    talk.tell(CredentialGiven(secret=None))
    assert {*answers[1:], talk.sent()} == {
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    }


def test_a_request_that_trickles_in_is_given_up() -> None:
    talk = Talk()
    talk.say(HEAD[:30])
    assert talk.later(REQUEST_SECONDS - 1) == []
    talk.say(HEAD[30:31])
    assert codes(talk.later(1)) == ["request_timeout"]
    assert (talk.sent(), talk.conversation.closing) == (b"", "request_timeout")


def test_an_idle_connection_is_left_alone() -> None:
    talk = Talk()
    talk.say(GOOD)
    talk.tell(Accept(receipt=Receipt(1)))
    assert talk.conversation.deadline() is None
    assert talk.later(7 * 3600) == []
    assert talk.conversation.closing is None


def test_one_byte_at_a_time_says_the_same_as_one_read() -> None:
    at_once, bytewise = Talk(), Talk()
    expected = at_once.say(VECTORS["C2"])
    assert bytewise.say(*(bytes((one,)) for one in VECTORS["C2"])) == expected


def test_pipelined_requests_are_answered_in_order() -> None:
    talk = Talk()
    [first] = talk.say(post(event(serial=1)) + post(event(serial=2)) + post(b""))
    assert isinstance(first, PassageReported)
    assert talk.sent() == b""
    [second] = talk.tell(Accept(receipt=first.receipt))
    assert isinstance(second, PassageReported)
    assert (first.number, second.number, talk.sent()) == (1, 2, OK)
    assert talk.tell(Accept(receipt=second.receipt)) == []
    assert talk.sent() == OK + OK


def test_far_more_than_the_next_request_is_not_kept() -> None:
    talk = Talk()
    talk.say(GOOD)
    assert codes(talk.say(b"x" * 200_000)) == ["unasked_bytes"]
    assert talk.conversation.closing == "unasked_bytes"


def test_two_blank_lines_and_a_missing_host_are_tolerated() -> None:
    talk = Talk()
    events = talk.say(b"\r\n\r\n" + with_header(without=b"Host"))
    assert [type(one) for one in events] == [PassageReported]


@pytest.mark.parametrize(
    ("chunks", "kind"),
    [
        pytest.param(
            b"5\r\n" + BODY[:5] + b"\r\n%x\r\n" % (len(BODY) - 5) + BODY[5:], "", id="two"
        ),
        pytest.param(b"%x;name=value\r\n" % len(BODY) + BODY, "", id="extension"),
    ],
)
def test_chunks_are_put_together(chunks: bytes, kind: str) -> None:
    head = with_header(b"Transfer-Encoding: chunked", without=b"Content-Length")
    head = head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    talk = Talk()
    events = talk.say(head + chunks + b"\r\n0\r\nTrailer: x\r\n\r\n")
    assert [type(one) for one in events] == [PassageReported], kind


@pytest.mark.parametrize(
    ("chunks", "status"),
    [
        pytest.param(b"zz\r\nab\r\n", 400, id="no size"),
        pytest.param(b"-5\r\nabcde\r\n", 400, id="negative"),
        pytest.param(b"1" * 40 + b"\r\n", 400, id="40 digits"),
        pytest.param(b"2\r\nabXX", 400, id="no line end"),
        pytest.param(b"100000000\r\n" + b"a" * (MOST_BODY + 1), 413, id="4 GiB"),
    ],
)
def test_bad_chunks_end_the_connection(chunks: bytes, status: int) -> None:
    head = with_header(b"Transfer-Encoding: chunked", without=b"Content-Length")
    talk = Talk()
    talk.say(head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + chunks)
    assert (talk.status(), talk.conversation.closing) == (status, "refused")


def test_a_terminal_that_waits_for_a_word_before_its_body_gets_it() -> None:
    head = with_header(b"Expect: 100-continue").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    talk = Talk()
    assert talk.say(head) == []
    assert talk.sent() == b"HTTP/1.1 100 Continue\r\n\r\n"
    [record] = talk.say(BODY)
    assert isinstance(record, PassageReported)


def test_a_stranger_gets_no_word_to_go_on() -> None:
    head = with_header(b"Expect: 100-continue").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    talk = Talk(admits=False)
    talk.say(head)
    assert talk.sent() == b""


@pytest.mark.parametrize(
    ("version", "header"),
    [
        (b"HTTP/1.0", b"Connection: keep-alive"),
        (b"HTTP/1.0", b"X: y"),
        (b"HTTP/1.1", b"Connection: close"),
    ],
)
def test_the_last_answer_of_a_connection_says_so(version: bytes, header: bytes) -> None:
    talk = Talk()
    talk.say(with_header(header).replace(b"HTTP/1.1", version, 1))
    talk.tell(Accept(receipt=Receipt(1)))
    assert b"200 OK" in (sent := talk.sent())
    assert b"Connection: close" in sent
    assert talk.conversation.closing == "peer_asked"


def test_an_empty_probe_is_answered() -> None:
    talk = Talk()
    assert talk.say(post(b"", kind="application/xml")) == []
    assert talk.sent() == OK
