"""Who sends: paths, tokens, passwords, settings."""

from __future__ import annotations

import pytest
from gateway.codecs.hikvision import DIALECT
from gateway.codecs.hikvision.keys import fits, is_fresh, nonce, password, token, typed_in
from gateway.codecs.hikvision.route import LONGEST, read_route
from gateway.codecs.hikvision.settings import read_settings

from gateway.domain.errors import GatepostError
from gateway.domain.events import CredentialWanted, LoginClaimed, LoginFailed, LoginProved
from gateway.domain.ids import Serial
from gateway.domain.requests import CredentialGiven, Refusal, Refuse
from tests.codecs.hikvision.vectors import PATH, SECRET, SERIAL, Talk, event, post

TOKEN = token(SECRET)


def test_what_is_typed_in_is_the_path_that_is_read() -> None:
    fields = dict(typed_in(Serial(SERIAL), SECRET))
    route = read_route(fields["URL"])
    assert route is not None
    assert fits(SECRET, route.token)
    assert (route.serial, fields["User name"], fields["Password"]) == (
        SERIAL,
        SERIAL,
        password(SECRET),
    )
    assert 8 <= len(password(SECRET)) <= 16
    assert len(typed_in(Serial("S" * 32), SECRET)[0][1]) <= LONGEST


def test_no_text_tells_another() -> None:
    other = bytes(31) + b"\1"
    assert len({TOKEN, token(other), password(SECRET), password(other), SECRET.hex()}) == 5
    assert not fits(other, TOKEN)
    assert not fits(None, token(bytes(32)))


def test_a_nonce_is_good_for_half_a_minute_and_for_its_terminal_only() -> None:
    made = nonce(SECRET, 1_773_015_342_999).hex()
    fresh = [is_fresh(SECRET, made, 1_773_015_342_000 + 1000 * s) for s in (-1, 0, 29, 30)]
    assert fresh == [False, True, True, False]
    assert not is_fresh(bytes(32), made, 1_773_015_342_000)
    assert not is_fresh(SECRET, made[:-1] + "x", 1_773_015_342_000)
    assert not is_fresh(SECRET, "", 1_773_015_342_000)


@pytest.mark.parametrize(
    ("path", "serial", "has_token", "patience"),
    [
        (f"/hik/{SERIAL}/{TOKEN}", SERIAL, True, None),
        (f"/hik/a/b/{SERIAL}/{TOKEN}?x=1", SERIAL, True, None),
        (f"/hik/3s/{SERIAL}/{TOKEN}", SERIAL, True, 3),
        (f"/hik/10s/ev/{SERIAL}", SERIAL, False, 10),
        (f"/hik/11s/{SERIAL}", SERIAL, False, None),
        (f"/hik/0s/{SERIAL}", SERIAL, False, None),
        (f"/hik/{SERIAL}/{TOKEN.upper()}", TOKEN.upper(), False, None),
    ],
)
def test_paths(path: str, serial: str, has_token: bool, patience: int | None) -> None:
    route = read_route(path)
    assert route is not None
    assert (route.serial, bool(route.token), route.patience_s) == (serial, has_token, patience)


def test_a_stranger_is_asked_for_nothing_but_the_head() -> None:
    talk = Talk(admits=False)
    head = post(event()).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert talk.say(head) == [CredentialWanted(serial=Serial(SERIAL))]
    assert talk.tell(CredentialGiven(secret=SECRET)) == [LoginProved(serial=Serial(SERIAL))]


def test_a_path_without_a_token_only_claims() -> None:
    talk = Talk(admits=False)
    assert talk.say(post(event(), path=f"/hik/{SERIAL}")) == [LoginClaimed(serial=Serial(SERIAL))]
    talk.tell(Refuse(reason=Refusal.NOT_LISTED))
    assert talk.status() == 404


def test_a_password_proves_a_path_without_a_token() -> None:
    talk = Talk(admits=False, digest=1)
    assert talk.say(post(event(), path=f"/hik/{SERIAL}")) == [
        CredentialWanted(serial=Serial(SERIAL))
    ]
    assert talk.tell(CredentialGiven(secret=None)) == []
    assert talk.status() == 401


def test_a_token_does_not_replace_the_password() -> None:
    talk = Talk(digest=3)
    assert talk.say(post(event())) == []
    assert talk.sent().count(b"WWW-Authenticate") == 2
    bad = 'Authorization: Digest username="x", realm="gw", nonce="", uri="", qop=auth, nc=00000001'
    failures = [one for _ in range(3) for one in talk.say(post(event(), bad + ', cnonce=""'))]
    assert failures == [LoginFailed(serial=Serial(SERIAL), reason="digest")] * 3
    assert talk.conversation.closing == "refused"


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Refusal.NOT_LISTED, 404),
        (Refusal.REVOKED, 403),
        (Refusal.LOCKED_OUT, 403),
        (Refusal.OVERLOADED, 503),
        (Refusal.UNAVAILABLE, 503),
    ],
)
def test_a_refusal_that_passes_makes_the_terminal_come_again(reason: Refusal, status: int) -> None:
    talk = Talk(admits=False)
    talk.say(post(event()))
    talk.tell(CredentialGiven(secret=SECRET), Refuse(reason=reason))
    assert (talk.status(), talk.conversation.closing) == (status, "refused")


@pytest.mark.parametrize(
    ("first", "ours"),
    [
        (b"POST /hi", True),
        (b"PUT /hik", True),
        (b"\r\nPOST /", True),
        (b"POST", None),
        (b"\r\n", None),
        (b"", None),
        (b"POST /io", True),
        (b"POST /ip", False),
        (b"GET /hik", False),
        (b"\x16\x03\x01", False),
        (b"YL", False),
    ],
)
def test_the_first_bytes(first: bytes, ours: bool | None) -> None:
    assert DIALECT.opening(first) is ours


@pytest.mark.parametrize("given", [{"digest": 4}, {"patience_s": 0}, {"window": 16}])
def test_a_setting_that_is_none_is_an_error(given: dict[str, int | bool]) -> None:
    with pytest.raises(GatepostError, match="no setting of this dialect"):
        read_settings(given)


def test_the_path_of_the_tests_is_the_one_that_is_typed_in() -> None:
    assert PATH.endswith(f"/{SERIAL}/{TOKEN}")
