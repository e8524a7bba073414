"""What broken and hostile peers send to a whole gateway: what they see, what operators see."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import DeviceConfig, Opened
from gateway.codecs.hikvision.device_texts import Style, put_parts
from gateway.codecs.hikvision.keys import password, token
from gateway.codecs.http.digest import Login

from tests.listening.gates import gate, occurrence, taken
from tests.support.directories import document, secret_of
from tests.support.gateways import Gateway, Site, running
from tests.support.jpegs import jpeg
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for

OURS, OTHER, TWIN = "K-BAD-0001", "K-BAD-0002", "K-BAD-0003"
SETTINGS = '[dialects]\nenabled = ["yls", "hikvision"]\n[hikvision]\ndigest = "{}"\n'
FORM = "multipart/form-data; boundary=b"
NUMBERS = count(1)
STORED = """
select p.number, p.picture_digest is not null as pictured from passage p
join device d on d.id = p.device where d.serial = $1 order by p.id
"""


def path(serial: str = OURS, of: str = "") -> str:
    """The URL of a terminal, with the token of another one where ``of`` names it."""
    return f"/hik/{serial}/{token(secret_of(of or serial))}"


def event(**more: Any) -> bytes:
    inner = {"majorEventType": 5, "subEventType": 75, "serialNo": next(NUMBERS), **more}
    said = {
        "dateTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventType": "AccessControllerEvent",
        "AccessControllerEvent": inner,
    }
    return json.dumps(said).encode()


def post(body: bytes, *lines: str, kind: str = "application/json", to: str = "") -> bytes:
    length = () if any(line.startswith("Transfer") for line in lines) else (
        f"Content-Length: {len(body)}",
    )  # fmt: skip
    head = (f"POST {to or path()} HTTP/1.1", "Host: gateway", f"Content-Type: {kind}")
    return "\r\n".join((*head, *length, *lines, "", "")).encode() + body


def parts(picture: bytes, boundary: str = "b", repeat: int = 1) -> bytes:
    body = put_parts(event(), picture, Style(boundary=boundary))
    extra = f'--{boundary}\r\nContent-Disposition: form-data; name="p"\r\n\r\nx\r\n'.encode()
    return extra * (repeat - 1) + body


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in (body[:half], body[half:], b""))


def large(number: int) -> bytes:
    return b"\xff\xd8%6d" % number + bytes(250 * 1024) + b"\xff\xd9"


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


class Wire:
    """A raw connection."""

    def __init__(self, site: Site, source: str = "127.0.0.31") -> None:
        self._socket = socket.create_connection(("127.0.0.1", site.port), 10, (source, 0))
        self._socket.settimeout(30)
        self._heard = b""

    def say(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def status(self) -> int:
        """Read one answer and return its status; 0 when the gateway hung up instead."""
        while b"\r\n\r\n" not in self._heard:
            data = self._socket.recv(65_536)
            if not data:
                return 0
            self._heard += data
        head, _, rest = self._heard.partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-len")]
        body = int(lengths[0].split(b":")[1]) if lengths else 0
        while len(rest) < body:
            rest += self._socket.recv(65_536)
        self._heard = rest[body:]
        return int(head.split(b" ")[1])

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with open_folder() as folder, running(Site(folder, SETTINGS.format("off"))) as gateway:
        listed = document(OURS, OTHER, TWIN, dialect="hikvision")
        gateway.ask("directory.import", document=listed, place="test")
        yield gateway


def stored(gateway: Gateway, serial: str = OURS) -> list[tuple[int, bool]]:
    rows = gateway.site.query(STORED, serial)
    return [(row["number"], row["pictured"]) for row in rows]


REFUSED = [
    pytest.param(post(event(), *["X: a"] * 80), 431, "head_too_large", id="a flood of headers"),
    pytest.param(post(b"", f"X: {'a' * 9000}"), 431, "head_too_large", id="a long header"),
    pytest.param(
        post(parts(jpeg(9_000), "b" * 71), kind=f"multipart/form-data; boundary={'b' * 71}"),
        400,
        "multipart_boundary",
        id="a boundary of 71 characters",
    ),
    pytest.param(
        post(parts(jpeg(9_000), repeat=1_000), kind="multipart/form-data; boundary=b"),
        413,
        "multipart_too_many_parts",
        id="a thousand parts",
    ),
    pytest.param(post(b'{"a":"\xff\xfe"}'), 400, "encoding", id="invalid UTF-8"),
    pytest.param(post(nested(40)), 400, "depth", id="deep JSON"),
    pytest.param(post(b'{"eventType":"x","eventType":"y"}'), 400, "json", id="a member twice"),
    pytest.param(
        post(b"<!DOCTYPE a><a/>", kind="application/xml"), 400, "xml", id="a document type"
    ),
    pytest.param(post(event(), "Content-Length: 5"), 400, "ambiguous_length", id="two lengths"),
    pytest.param(
        post(b"5;\r\nhello\r\nz\r\n", "Transfer-Encoding: chunked"), 400, "body", id="bad chunks"
    ),
]


@pytest.mark.parametrize(("raw", "status", "code"), REFUSED)
def test_what_is_refused_is_answered_and_told(
    gateway: Gateway, raw: bytes, status: int, code: str
) -> None:
    before, seen = stored(gateway), len(gateway.lines())
    errors = gateway.figure('gatepost_protocol_errors_total{dialect="hikvision/1"}')
    with closing(Wire(gateway.site)) as wire:
        wire.say(post(event()))
        assert wire.status() == 200
        wire.say(raw)
        assert wire.status() == status

    def told() -> bool:
        lines = gateway.lines()[seen:]
        return any(
            (line.get("event"), line.get("code")) == ("session.protocol_error", code)
            for line in lines
        )

    wait_for(told, f"log line with {code}")
    assert gateway.figure('gatepost_protocol_errors_total{dialect="hikvision/1"}') == errors + 1
    assert len(stored(gateway)) == len(before) + 1


def test_requests_one_behind_the_other_are_answered_and_stored_in_order(gateway: Gateway) -> None:
    before = len(stored(gateway))
    with closing(Wire(gateway.site)) as wire:
        wire.say(post(event()) + post(event()) + post(event()))
        assert [wire.status() for _ in range(3)] == [200, 200, 200]
    numbers = [number for number, _ in stored(gateway)[before:]]
    assert numbers == sorted(numbers)
    assert len(numbers) == 3


def test_chunks_and_a_wait_for_100_are_taken(gateway: Gateway) -> None:
    before = len(stored(gateway))
    with closing(Wire(gateway.site)) as wire:
        wire.say(post(chunked(event()), "Transfer-Encoding: chunked"))
        assert wire.status() == 200
        raw = post(event(), "Expect: 100-continue")
        head, _, body = raw.partition(b"\r\n\r\n")
        wire.say(head + b"\r\n\r\n")
        assert wire.status() == 100
        wire.say(body)
        assert wire.status() == 200
    assert len(stored(gateway)) == before + 2


def test_a_picture_above_the_limit_costs_the_picture_only(gateway: Gateway) -> None:
    body = parts(b"\xff\xd8" + bytes(400 * 1024) + b"\xff\xd9")
    with closing(Wire(gateway.site)) as wire:
        wire.say(post(body, kind="multipart/form-data; boundary=b"))
        assert wire.status() == 200
    assert stored(gateway)[-1][1] is False
    gateway.await_logged("session.protocol_error", code="picture_too_large")


def test_more_pictures_at_once_than_there_is_room_for_all_arrive() -> None:
    serials = [f"K-ROOM-{number:02}" for number in range(20)]
    room = "[sessions]\nreceive_bytes = 1048576\n"
    with open_folder() as folder, running(Site(folder, SETTINGS.format("off") + room)) as gateway:
        listed = document(*serials, dialect="hikvision")
        gateway.ask("directory.import", document=listed, place="test")
        wires = [Wire(gateway.site, f"127.0.0.{40 + n}") for n in range(len(serials))]
        for serial, wire in zip(serials, wires, strict=True):
            wire.say(post(event(), to=path(serial)))
            assert wire.status() == 200
        posted = [post(parts(large(n)), kind=FORM, to=path(s)) for n, s in enumerate(serials)]
        # So much fits into the kernel's buffers, whether the gateway reads it or not.
        for wire, raw in zip(wires, posted, strict=True):
            wire.say(raw[:-1])
        for wire, raw in zip(wires, posted, strict=True):
            wire.say(raw[-1:])
        assert [wire.status() for wire in wires] == [200] * len(wires)
        for wire in wires:
            wire.close()
        assert all(stored(gateway, serial)[-1][1] for serial in serials)


def test_one_that_claims_anothers_serial_number_is_not_found(gateway: Gateway) -> None:
    failed = 'gatepost_auth_attempts_total{result="bad_credential"}'
    before = gateway.figure(failed)
    with closing(Wire(gateway.site, "127.0.0.32")) as wire:
        wire.say(post(event(), to=path(OTHER, of=OURS)))
        assert (wire.status(), wire.status()) == (404, 0)
    wait_for(lambda: gateway.figure(failed) == before + 1, "the failed proof is counted")
    gateway.await_logged("device.login_failed", serial=OTHER)
    assert stored(gateway, OTHER) == []


def test_one_event_on_two_connections_at_once_is_one_record(gateway: Gateway) -> None:
    raw = post(event(), to=path(TWIN))
    with closing(Wire(gateway.site)) as one, closing(Wire(gateway.site)) as two:
        one.say(raw)
        two.say(raw)
        heard = {one.status(), two.status()}
    assert heard <= {0, 200}
    with closing(Wire(gateway.site)) as again:
        again.say(raw)
        assert again.status() == 200
    assert len(stored(gateway, TWIN)) == 1
    (aside,) = gateway.site.query("select count(*) as n from quarantined_record")
    assert aside["n"] == 0


def test_one_that_was_cut_off_before_its_answer_sends_again_and_is_stored_once(
    gateway: Gateway,
) -> None:
    before = len(stored(gateway))
    raw = post(event())
    for part in (raw[:40], raw[:-20], raw, raw):
        with closing(Wire(gateway.site)) as wire:
            wire.say(part)
            if part == raw:
                assert wire.status() == 200
    assert len(stored(gateway)) == before + 1


def test_whoever_guesses_a_password_is_stopped_and_its_neighbours_are_not() -> None:
    wrong = Login(user=OURS, password=password(secret_of(OTHER)))
    right = Login(user=OTHER, password=password(secret_of(OTHER)))
    with open_folder() as folder, running(Site(folder, SETTINGS.format("either"))) as gateway:
        listed = document(OURS, OTHER, dialect="hikvision")
        gateway.ask("directory.import", document=listed, place="test")
        said = {}
        for attempt in range(12):
            device = HikvisionDevice(DeviceConfig(path=path(), login=wrong, pauses=(0.0,)))
            with gate(device, gateway.site.port) as one:
                one.happen(occurrence(jpeg(9_000), person="7"))
                one.until(taken(1))
            said[attempt] = one.told[-1]
        shut = 'gatepost_auth_attempts_total{result="locked_out"}'
        assert gateway.figure(shut) > 0
        device = HikvisionDevice(DeviceConfig(path=path(OTHER), login=right))
        with gate(device, gateway.site.port) as one:
            one.happen(occurrence(jpeg(9_000), person="8"))
            one.until(taken(1))
        assert taken(1)(one.told)
        assert not any(isinstance(each, Opened) for each in said.values())
        assert stored(gateway) == []
