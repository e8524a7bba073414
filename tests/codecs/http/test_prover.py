"""The client's proof: one challenge for many requests, the best one, never in clear."""

from __future__ import annotations

from itertools import count

import pytest
from gateway.codecs.http.digest import Challenger, Login, Verdict, authorise, read_challenge
from gateway.codecs.http.parameters import items
from gateway.codecs.http.prover import Prover

LOGIN = Login(user="admin", password="Gate-2026!")
ASKED = ("GET", "/ISAPI/System/time")


def prover() -> Prover:
    numbers = count(1)
    return Prover(LOGIN, lambda size: next(numbers).to_bytes(size, "big"))


def headers(challenges: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in challenges]


def test_nothing_is_proved_before_it_is_asked_for() -> None:
    assert prover().authorization(*ASKED) is None


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256", "MD5"), ("SHA-256",)])
def test_one_challenge_serves_many_requests_and_each_proof_holds(
    algorithms: tuple[str, ...],
) -> None:
    server, client = Challenger(b"n" * 8, algorithms), prover()
    assert client.challenged(headers(server.challenges()))
    proofs = [client.authorization(*ASKED) for _ in range(3)]
    assert len(set(proofs)) == 3
    for proof in proofs:
        assert proof is not None
        assert f"algorithm={algorithms[0]}" in proof
        assert server.judge(proof, ASKED, LOGIN) is Verdict.HELD
    assert proofs[0] is not None
    assert server.judge(proofs[0], ASKED, LOGIN) is Verdict.STALE


@pytest.mark.parametrize(
    "challenge",
    [
        'Basic realm="x"',
        'Digest realm="x", qop="auth"',
        'Digest realm="x", nonce="a"',
        'Digest realm="x", nonce="a", qop="auth-int"',
        'Digest realm="x", nonce="a", qop="auth", algorithm=SHA-512-256',
        "Digest nonce",
        "",
    ],
)
def test_a_challenge_we_cannot_or_must_not_meet_is_not_met(challenge: str) -> None:
    client = prover()
    assert not client.challenged([("www-authenticate", challenge)])
    assert client.authorization(*ASKED) is None
    assert read_challenge(challenge) is None
    with pytest.raises(ValueError, match="no challenge"):
        authorise(challenge, LOGIN, ASKED, "00", 1)


def test_quotes_and_what_is_to_be_returned_survive() -> None:
    challenge = 'Digest realm="a \\"b\\" \\\\c", nonce="n", qop="auth,auth-int", opaque="o\\"p"'
    told = items(authorise(challenge, LOGIN, ASKED, "00", 1).partition(" ")[2])
    assert told is not None
    assert (told["realm"], told["opaque"]) == ('a "b" \\c', 'o"p')


def test_what_is_forgotten_is_not_used() -> None:
    client = prover()
    client.challenged([("www-authenticate", 'Digest realm="x", nonce="a", qop="auth"')])
    client.forget()
    assert client.authorization(*ASKED) is None
