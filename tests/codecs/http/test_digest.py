"""Digest against worked values, and what is worth nothing."""

from __future__ import annotations

import pytest
from gateway.codecs.hikvision.exchange import Exchange
from gateway.codecs.http.digest import Challenger, Login, Verdict, authorise
from gateway.codecs.http.head import read_head

from tests.codecs.hikvision.vectors import VECTORS

ASKED = ("POST", "/hik/ev")
LOGIN = Login(user="hikdev", password="Listen-77")
NONCE = bytes.fromhex("b7d0f1e2a3948576")


def challenger(*algorithms: str) -> Challenger:
    return Challenger(NONCE, algorithms or ("MD5",))


def challenge(nonce: str = NONCE.hex(), algorithm: str = "MD5") -> str:
    return f'Digest realm="gw", qop="auth", algorithm={algorithm}, nonce="{nonce}"'


def answer(nc: int = 1, *, login: Login = LOGIN, **changes: str) -> str:
    return authorise(challenge(**changes), login, ASKED, "5a17c0de", nc)


def head(name: str) -> str:
    raw = VECTORS[name].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return read_head(raw).header("authorization")


def test_the_terminals_answer_of_the_vectors_holds_and_is_made_again() -> None:
    assert challenger().judge(head("C5b"), ASKED, LOGIN) is Verdict.HELD
    assert answer() == head("C5b")


def test_the_gateways_answer_of_the_vectors_is_made_again() -> None:
    """C4b: the challenge has its members in another order and names no algorithm."""
    asked = ("PUT", "/ISAPI/AccessControl/remoteCheck?format=json")
    told = VECTORS["C4a"].partition(b"WWW-Authenticate: ")[2].partition(b"\r\n")[0].decode()
    login = Login(user="admin", password="Gate-2026!")
    assert authorise(told, login, asked, "0a4f113b", 1) == head("C4b")


def test_sha_256_is_computed_as_in_rfc_7616() -> None:
    told = (
        'Digest realm="http-auth@example.org", qop="auth", algorithm=SHA-256,'
        ' nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"'
    )
    login = Login(user="Mufasa", password="Circle of Life")
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    made = authorise(told, login, ("GET", "/dir/index.html"), cnonce, 1)
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in made


def test_a_count_is_used_once_and_only_rises() -> None:
    gate = challenger()
    verdicts = [gate.judge(answer(nc), ASKED, LOGIN) for nc in (1, 1, 5, 4, 6)]
    held, stale = Verdict.HELD, Verdict.STALE
    assert verdicts == [held, stale, held, stale, held]


def test_the_challenge_of_the_vectors_is_made_again() -> None:
    exchange = Exchange()
    exchange.challenge(challenger().challenges(), 0.0)
    assert exchange.output() == VECTORS["C5a"]


def test_a_fresh_nonce_of_another_connection_serves_the_first_proof_only() -> None:
    gate = Challenger(NONCE, ("MD5",), lambda nonce: nonce == "ab" * 8)
    verdicts = [gate.judge(answer(nc, nonce="ab" * 8), ASKED, LOGIN) for nc in (7, 7, 8)]
    assert verdicts == [Verdict.HELD, Verdict.STALE, Verdict.HELD]
    assert gate.judge(answer(9), ASKED, LOGIN) is Verdict.STALE


def test_a_nonce_of_another_connection_is_stale_and_not_wrong() -> None:
    assert challenger().judge(answer(nonce="00" * 8), ASKED, LOGIN) is Verdict.STALE


@pytest.mark.parametrize(
    "header",
    ["", "Basic aGlrZGV2OnB3", "Digest", "Digest username=hik dev", 'Digest nonce="a" nonce="b"'],
)
def test_what_is_no_digest_counts_as_missing(header: str) -> None:
    expected = Verdict.WRONG if header == "Digest" else Verdict.MISSING
    assert challenger().judge(header, ASKED, LOGIN) is expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("qop=auth, ", ""),
        ("qop=auth", "qop=auth-int"),
        ("algorithm=MD5", "algorithm=SHA-256"),
        ("algorithm=MD5", "algorithm=MD5-sess"),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=00000000"),
        ("nc=00000001", "nc=0000000x"),
        ("nc=00000001, ", ""),
        ('realm="gw"', 'realm="other"'),
        ('uri="/hik/ev"', 'uri="/hik/other"'),
        ('username="hikdev"', 'username="admin"'),
        ('cnonce="5a17c0de", ', ""),
        ('response="3', 'response="4'),
        (", response=", ", other="),
    ],
)
def test_what_is_not_exactly_right_is_wrong(old: str, new: str) -> None:
    assert old in answer()
    assert challenger().judge(answer().replace(old, new), ASKED, LOGIN) is Verdict.WRONG


def test_another_method_or_another_password_is_wrong() -> None:
    assert challenger().judge(answer(), ("PUT", "/hik/ev"), LOGIN) is Verdict.WRONG
    other = Login(user="hikdev", password="x")
    assert challenger().judge(answer(), ASKED, other) is Verdict.WRONG


def test_values_without_quotes_and_in_capitals_are_read() -> None:
    odd = answer().replace('"', "").replace("username", "USERNAME")
    assert challenger().judge(odd, ASKED, LOGIN) is Verdict.HELD


def test_only_an_algorithm_that_was_offered_counts() -> None:
    made = answer(algorithm="SHA-256")
    assert challenger("SHA-256", "MD5").judge(made, ASKED, LOGIN) is Verdict.HELD
    assert challenger("MD5").judge(made, ASKED, LOGIN) is Verdict.WRONG
    offered = [value for _, value in challenger("SHA-256", "MD5").challenges(stale=True)]
    assert ["SHA-256" in offered[0], "MD5" in offered[1]] == [True, True]
    assert all(value.endswith("stale=true") for value in offered)


@pytest.mark.parametrize(
    "told",
    [
        "Basic realm=x",
        "Digest realm=x",
        'Digest nonce="a", qop="auth"',
        'Digest realm="a", nonce="b"',
        'Digest realm="a", nonce="b", qop="auth", algorithm=MD4',
    ],
)
def test_a_challenge_that_cannot_be_answered_is_an_error(told: str) -> None:
    with pytest.raises(ValueError, match=r"challenge|algorithm"):
        authorise(told, LOGIN, ASKED, "0", 1)
