"""What arrives in pieces, as noise, too large or from too many strangers."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

from gateway.codecs.hikvision.push.limits import MOST_OFFERS, MOST_TERMINALS
from gateway.codecs.hikvision.push.memory import Memory, Offer, PushSession
from gateway.codecs.hikvision.push.paths import Action

from gateway.domain.events import Heartbeat
from gateway.domain.ids import Serial
from tests.codecs.hikvision.push.client import Client, item, upload
from tests.codecs.hikvision.vectors import event


def logged_in(security: int = 0) -> Client:
    client = Client(security)
    assert client.log_in()[0] == 200
    return client


def test_a_large_body_of_a_stranger_is_cut_off() -> None:
    client = Client()
    client.session.challenge = "guessed"
    raw = client.session.ask(Action.EVENT, upload(item(b"x" * 300_000)))
    assert client.send(raw[:1000])[0] == 401
    assert client.conversation.closing == "refused"


def test_a_login_of_any_length_is_refused_before_it_is_read() -> None:
    client = Client()
    client.send(client.session.auth_info())
    head = client.session.auth_info().replace(b"AuthInfo", b"Login")
    assert client.send(head.replace(b"Length: 0", b"Length: 5000"))[0] == 413


def test_any_split_leads_to_the_same() -> None:
    def story(client: Client) -> list[Any]:
        told: list[Any] = [client.log_in()]
        told.append(client.results(item(event()), item(b"{}", "2")))
        told.append(client.ask(Action.COMMAND_REQUEST))
        told.append(client.ask(Action.LOGOUT))
        return [*told, client.events]

    expected = story(Client(4))
    dice = random.Random(11)

    def cut(data: bytes) -> list[bytes]:
        places = sorted({0, len(data), *(dice.randrange(len(data)) for _ in range(6))})
        return [data[a:b] for a, b in pairwise(places)]

    for _ in range(20):
        client = Client(4)
        client.cut = cut
        assert story(client) == expected
    client = Client(4)
    client.cut = lambda data: [data[at : at + 1] for at in range(len(data))]
    assert story(client) == expected


def test_noise_in_a_session_never_raises_nor_ends_it() -> None:
    dice = random.Random(5)
    client = logged_in(3)
    for _ in range(300):
        raw = bytearray(client.session.ask(Action.EVENT, upload(item(event()))))
        begin = raw.index(b"\r\n\r\n") + 4
        for _ in range(dice.randrange(1, 4)):
            raw[dice.randrange(begin, len(raw))] = dice.randrange(256)
        status, _ = client.send(bytes(raw))
        assert status in (200, 400)
        if client.conversation.closing:
            client.dial()
    assert client.results(item(event(serial=1999))) == [200]


def test_strangers_cannot_fill_the_memory_nor_push_out_a_login() -> None:
    client = Client()
    client.session.offered(client.send(client.session.auth_info())[1])
    offer = Offer(challenge="c", salt="s", iterations=1, security=0, until=1e9)
    for n in range(MOST_OFFERS + 10):
        client.memory.offer(Serial(f"K{n}"), offer)
    for _ in range(10):
        client.memory.offer(Serial("K51234567"), offer)
    assert client.memory.offers(Serial("K0"), 0.0) == []
    assert client.send(client.session.log_in())[0] == 200


def test_the_longest_silent_session_is_forgotten_first() -> None:
    memory = Memory()
    for n in range(MOST_TERMINALS + 1):
        session = PushSession(
            salt="", iterations=1, security=0, interval_s=2, challenge="", heard=0.0
        )
        memory.enter(Serial(f"K{n}"), session)
    assert memory.terminal(Serial("K0")) is None
    assert memory.terminal(Serial("K1")) is not None


def test_a_poll_is_a_sign_of_life() -> None:
    client = logged_in()
    client.ask(Action.COMMAND_REQUEST)
    assert Heartbeat() in client.events
