"""What must not get in by PUSH, and what must not come of nonsense."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from gateway.codecs.hikvision.keys import login
from gateway.codecs.hikvision.push import cipher
from gateway.codecs.hikvision.push.limits import MOST_EVENTS
from gateway.codecs.hikvision.push.paths import Action
from gateway.codecs.hikvision.refused import Refused

from gateway.domain.events import LoginFailed, LoginProved, Misbehaved, PassageReported
from gateway.domain.ids import Serial
from gateway.domain.requests import Accept
from tests.codecs.hikvision.push.client import Client, item, upload
from tests.codecs.hikvision.vectors import SERIAL, envelope, event

AUTH = b"My-Custom-Auth: "


def logged_in(security: int = 0) -> Client:
    client = Client(security)
    assert client.log_in()[0] == 200
    return client


# Who is it?


@pytest.mark.parametrize("action", [Action.EVENT, Action.COMMAND_REQUEST, Action.LOGOUT])
def test_nothing_is_taken_before_a_login(action: Action) -> None:
    client = Client()
    client.session.challenge = "guessed"
    assert client.ask(action, upload(item(event())))[0] == 401
    assert client.seen(PassageReported) == client.seen(LoginProved) == []


def test_a_login_needs_a_challenge_that_is_fresh_and_unused() -> None:
    client = Client()
    status, body = client.send(client.session.auth_info())
    client.session.offered(body)
    login = client.session.log_in()
    client.later(6.5)
    assert client.send(login)[0] == 401
    assert [one.reason for one in client.seen(LoginFailed)] == ["push_no_challenge"]
    assert status == 200
    assert client.log_in()[0] == 200
    again = Client(memory=client.memory)
    assert again.send(login)[0] == 401


def test_a_repeated_login_gets_the_same_answer_and_a_later_one_gets_none() -> None:
    client = Client()
    client.session.offered(client.send(client.session.auth_info())[1])
    login = client.session.log_in()
    first = client.send(login)
    client.dial()
    assert client.send(login) == first
    assert client.ask(Action.COMMAND_REQUEST)[0] == 200
    client.dial()
    assert client.send(login)[0] == 401


@pytest.mark.parametrize(
    "spoil",
    [
        lambda proof: b"",
        lambda proof: proof[:-1],
        lambda proof: proof.upper(),
        lambda proof: b"0" * 64,
        lambda proof: proof + b", " + proof,
        lambda proof: "ü".encode() * 32,
    ],
)
def test_a_wrong_proof_is_refused_and_costs_the_session_nothing(spoil: Any) -> None:
    client = logged_in()
    raw = client.session.ask(Action.EVENT, upload(item(event())))
    before, _, rest = raw.partition(AUTH)
    proof, _, after = rest.partition(b"\r\n")
    spoilt = spoil(proof)
    header = AUTH + spoilt + b"\r\n" if spoilt else b""
    assert client.send(before + header + after)[0] == 401
    assert client.seen(PassageReported) == []
    assert client.results(item(event())) == [200]


def test_the_proof_before_is_good_for_the_same_request_only() -> None:
    client = logged_in()
    raw = client.session.ask(Action.EVENT, upload(item(event())))
    first = client.send(raw)
    client.dial()  # the answer was lost with its connection
    assert client.send(raw) == first
    assert len(client.seen(PassageReported)) == 1
    client.dial()
    other = raw.replace(b"eventNum", b"eventNam")
    assert client.send(other)[0] == 401
    assert Misbehaved(code="push_replay") in client.events
    assert client.results(item(event(serial=1867))) == [200]
    client.dial()
    assert client.send(raw)[0] == 401  # two requests ago


def test_a_later_request_overtakes_one_that_still_waits() -> None:
    client = logged_in()
    raw = client.session.ask(Action.EVENT, upload(item(event())))
    abandoned = client.conversation
    waiting = abandoned.feed(raw, client.now)
    (record,) = (one for one in waiting if isinstance(one, PassageReported))
    client.dial()
    assert client.send(raw)[0] == 200
    abandoned.submit(Accept(receipt=record.receipt), client.now)
    assert abandoned.output()[9:12] == b"401"
    assert client.ask(Action.COMMAND_REQUEST)[0] == 200


def test_an_unknown_terminal_looks_like_a_known_one_until_its_login() -> None:
    known, unknown = Client(), Client()
    unknown.secret = None
    offers = [json.loads(one.send(one.session.auth_info())[1])["data"] for one in (known, unknown)]
    assert offers[0].keys() == offers[1].keys()
    assert [len(one["challenge"]) for one in offers] == [32, 32]
    unknown = Client()
    unknown.secret = None
    assert unknown.log_in()[0] == 401
    assert unknown.seen(LoginProved) == []


def test_the_key_that_stands_for_nobody_lets_nobody_in() -> None:
    client = Client(login=login(Serial(SERIAL), bytes(32)))
    client.secret = None
    assert client.log_in()[0] == 401
    assert client.seen(LoginProved) == []


def test_the_right_password_under_another_name_is_wrong() -> None:
    client = Client()
    client.session.offered(client.send(client.session.auth_info())[1])
    assert client.send(client.session.log_in().replace(b'"K51234567"', b'"K51234568"'))[0] == 401


def test_another_terminal_on_the_same_connection_is_refused() -> None:
    client = logged_in()
    raw = client.session.ask(Action.COMMAND_REQUEST, b"").replace(b"K51234567", b"K51234568")
    assert client.send(raw)[0] == 404
    assert client.conversation.closing == "refused"


def test_a_session_of_one_terminal_is_none_of_another() -> None:
    client = logged_in()
    client.dial()
    raw = client.session.ask(Action.COMMAND_REQUEST, b"").replace(b"K51234567", b"K51234568")
    assert client.send(raw)[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        b"/iot//global/0-global/model/service/operate/PUSH/AuthInfo",
        b"/iot/" + b"K" * 300 + b"/global/0-global/model/service/operate/PUSH/AuthInfo",
        b"/iot/K5%2f/global/0-global/model/service/operate/PUSH/AuthInfo",
        b"/iot/K51234567/global/0-global/model/service/operate/PUSH/Reboot",
        b"/iot/K51234567/global/0-global/model/service/operate/PUSH/authinfo",
        b"/iot/K51234567/AuthInfo",
    ],
)
def test_a_path_that_leads_nowhere_is_not_found(path: bytes) -> None:
    client = Client()
    assert client.send(b"POST " + path + b" HTTP/1.1\r\nContent-Length: 0\r\n\r\n")[0] == 404
    assert client.events[0] == Misbehaved(code="route", detail="no path of a terminal", fatal=True)


# What it says.


@pytest.mark.parametrize(
    "query",
    [
        "security=5&iv=00112233445566778899aabbccddeeff&random=R7kQ2mZp9sLx4vTb",
        "security=4&iv=00112233445566778899aabbccddeef&random=R7kQ2mZp9sLx4vTb",
        "security=4&iv=00112233445566778899aabbccddeegg&random=R7kQ2mZp9sLx4vTb",
        "security=4&random=R7kQ2mZp9sLx4vTb",
        "security=4&iv=00112233445566778899aabbccddeeff&random=R7kQ2mZp9sLx4vT",
        "security=4&iv=00112233445566778899aabbccddeeff&random=R7kQ2mZp9sLx4vTbb",
        "security=4&security=4&iv=00112233445566778899aabbccddeeff&random=R7kQ2mZp9sLx4vTb",
        "",
    ],
)
def test_an_encryption_that_is_none_is_refused(query: str) -> None:
    client = logged_in(4)
    head, _, rest = client.session.ask(Action.COMMAND_REQUEST, b"").partition(b"?")
    raw = head + b"?" + query.encode() + b" HTTP/1.1" + rest.partition(b" HTTP/1.1")[2]
    assert client.send(raw)[0] == 400


def test_a_session_is_encrypted_as_agreed_or_not_at_all() -> None:
    sealed, plain = logged_in(4), logged_in()
    head, _, rest = sealed.session.ask(Action.COMMAND_REQUEST, b"").partition(b"?")
    assert sealed.send(head + rest[rest.index(b" HTTP/1.1") :])[0] == 400
    query = b"?security=3&iv=00112233445566778899aabbccddeeff&random=R7kQ2mZp9sLx4vTb HTTP/1.1"
    raw = plain.session.ask(Action.COMMAND_REQUEST, b"").replace(b" HTTP/1.1", query, 1)
    assert plain.send(raw)[0] == 400


KEY, IV = bytes(16), bytes(16)
SEALED = cipher.seal(KEY, IV, b'{"a":1}')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SEALED[:-1],
        SEALED[:-4],
        b"A" * 24,
        b"AAAAAAAAAAAAAAAAAAAAAA==",
        b"!" + SEALED[1:],
        urlsafe_b64encode(b"\xff\xfe" * 16),
        SEALED + b" ",
        "ü".encode() * 16,
    ],
)
def test_ciphertext_that_is_none_is_refused_like_any_nonsense(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        cipher.unseal(KEY, IV, body)
    assert (refused.value.code, refused.value.status) == ("push_body", 400)


def test_base64_in_lines_is_read() -> None:
    lines = b"\r\n".join(SEALED[at : at + 8] for at in range(0, len(SEALED), 8))
    assert cipher.unseal(KEY, IV, lines) == b'{"a":1}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"eventNum":1}',
        b'{"eventNum":1,"eventList":{}}',
        b'{"eventNum":1,"eventList":[1]}',
        b'{"eventNum":1,"eventNum":1,"eventList":[]}',
        b'{"eventNum":0,"eventList":[],"a":' + b"[" * 40 + b"]" * 40 + b"}",
        upload(*[item(event(), str(n)) for n in range(MOST_EVENTS + 1)]),
        upload({"UUID": "u" * 65, "dataFormat": "jsonData", "data": ""}),
        upload({"UUID": "", "dataFormat": "jsonData", "data": ""}),
        upload({"UUID": "a\n", "dataFormat": "jsonData", "data": ""}),
        upload({"UUID": 7, "dataFormat": "jsonData", "data": ""}),
        upload({"UUID": "1", "dataFormat": "jsonData", "data": 7}),
        upload({"UUID": "1", "data": ""}),
    ],
)
def test_a_list_that_cannot_be_answered_is_refused_and_the_session_goes_on(body: bytes) -> None:
    client = logged_in()
    assert client.ask(Action.EVENT, body)[0] == 400
    assert client.seen(PassageReported) == []
    assert client.results(item(event())) == [200]


BOUNDARY = b"Content-Type: multipart/form-data; boundary=b\r\n"
PARTS = b"--b\r\n\r\n" + event() + b"\r\n--b--"


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (item(event()), 200),
        (item(envelope("heartBeat", {})), 200),
        (item(BOUNDARY + b"\r\n" + PARTS, form="boundaryData"), 200),
        (item(b"HTTP/1.1 500 No\r\n" + BOUNDARY + b"\r\n" + PARTS, form="boundaryData"), 200),
        (item(BOUNDARY + b"Content-Length: 9\r\n\r\n" + PARTS, form="boundaryData"), 200),
        (item(PARTS, form="boundaryData"), 400),
        (item(b"\r\n\r\n" + PARTS, form="boundaryData"), 400),
        (item(BOUNDARY + PARTS, form="boundaryData"), 400),
        (item(event(), form="otherData"), 400),
        (item(event(), form="noData"), 400),
        (item(b"", form="noData"), 400),
        (item(b""), 400),
        (item(b"{}"), 400),
        (item(b'{"eventType":"a","eventType":"a"}'), 400),
        (item(b'{"eventType":' * 99), 400),
        (item(b"<!DOCTYPE a []><a/>", form="xmlData"), 400),
        ({"UUID": "1", "dataFormat": "jsonData", "data": "e30-"}, 400),
        ({"UUID": "1", "dataFormat": "jsonData", "data": "ü"}, 400),
        ({"UUID": "1", "dataFormat": "jsonData", "data": None}, 400),
    ],
)
def test_each_event_has_its_own_answer(one: dict[str, Any], status: int) -> None:
    client = logged_in()
    other = item(event(serial=1900), "other")
    assert client.results(one, other) == [status, 200]


def test_a_wrong_count_is_reported_and_does_not_matter() -> None:
    client = logged_in()
    assert client.results(item(event()), eventNum=7) == [200]
    assert Misbehaved(code="push_count") in client.events


def test_another_device_with_the_same_login_is_reported() -> None:
    client = logged_in()
    other = event(serial=1867).replace(b"44:19:b6:00:5a:17", b"44:19:b6:00:5a:18")
    assert client.results(item(event()), item(other, "2")) == [200, 200]
    assert [one.code for one in client.seen(Misbehaved)] == ["other_hardware"]


def test_a_name_that_comes_twice_is_answered_twice() -> None:
    client = logged_in()
    assert client.results(item(event()), item(event(serial=1867))) == [200, 200]
    assert len(client.seen(PassageReported)) == 2


def test_a_result_nobody_asked_for_is_reported() -> None:
    client = logged_in()
    body = json.dumps({"commandNum": 1, "commandList": [item(b"{}", "stray")]}).encode()
    assert client.ask(Action.COMMAND_RESULT, body)[0] == 200
    assert Misbehaved(code="stray_result") in client.events


# However it comes.


# How much is remembered.
