"""Questions whose verdict is a call of its own: the gateway answers 200 and dials the terminal."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import DeviceConfig

from gateway.domain.vocabulary import Decision
from tests.listening.gates import clock, occurrence
from tests.listening.test_gateway import STORED
from tests.support.directories import MODEL, SUPPLIER, document
from tests.support.gateways import Gateway, Site, running
from tests.support.jpegs import jpeg
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for
from tests.support.web_units import Reply, Unit, hangs_up, named, says, served, wants_digest

SERIAL = "K51234567"
SETTINGS = '[dialects]\nenabled = ["hikvision"]\n[hikvision]\npatience_seconds = 3\n'
DONE = says(b'{"statusCode":1,"statusString":"OK","subStatusCode":"ok"}')
FAILED = says(b'{"statusCode":4,"subStatusCode":"invalidOperation"}', "403 Forbidden")


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with open_folder() as folder, running(Site(folder, SETTINGS)) as gateway:
        listed = document("K59999999", dialect="hikvision")
        gateway.ask("directory.import", document=listed, place="test")
        yield gateway


def add(gateway: Gateway, serial: str) -> str:
    added = gateway.ask(
        "device.add", serial=serial, supplier=SUPPLIER, model=MODEL, dialect="hikvision"
    )
    path: str = dict(added["typed_in"])["URL"]
    return path.replace("/hik/", "/hik/async/")


def reach(gateway: Gateway, serial: str, one: Unit) -> None:
    url = f"http://127.0.0.1:{one.port}"
    gateway.ask("device.reach", serial=serial, url=url, user="admin", password="x", by="test")


def ask(gateway: Gateway, path: str, number: int) -> bytes:
    """Ask whether somebody may pass and return the answer to the post itself."""
    terminal = HikvisionDevice(DeviceConfig(path=path, first_serial=number))
    with closing(socket.create_connection(("127.0.0.1", gateway.site.port), 10)) as wire:
        terminal.connected(clock())
        terminal.record(occurrence(jpeg(9_000, "9"), person="9", asks=True), clock())
        wire.sendall(terminal.output())
        wire.settimeout(10)
        answer = wire.recv(65_536)
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
    return answer


def count(gateway: Gateway, end: str) -> float:
    return gateway.figure(f'gatepost_verdicts_called_total{{end="{end}"}}')


def verdicts(one: Unit) -> list[dict[str, object]]:
    proved = [request for request in one.asked if b"Authorization" in request]
    told = [
        request for request in proved if not request.startswith(b"GET /ISAPI/System/deviceInfo")
    ]
    assert all(request.startswith(b"PUT /ISAPI/AccessControl/remoteCheck?") for request in told)
    return [json.loads(request.split(b"\r\n\r\n")[1])["RemoteCheck"] for request in told]


def test_the_answer_is_empty_and_the_verdict_is_put_once(gateway: Gateway) -> None:
    path = add(gateway, SERIAL)
    with served(wants_digest(named(SERIAL, DONE))) as one:
        reach(gateway, SERIAL, one)
        for number in (5, 6):
            answer = ask(gateway, path, number)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"\r\n\r\n")
        wait_for(lambda: count(gateway, "told") == 2, "both verdicts are told")
        assert verdicts(one) == [
            {"serialNo": 5, "checkResult": "failed"},
            {"serialNo": 6, "checkResult": "failed"},
        ]
        rows = gateway.site.query(STORED, SERIAL)
        assert [(row["number"], row["decision"]) for row in rows] == [
            (5, Decision.DENIED),
            (6, Decision.DENIED),
        ]


@pytest.mark.parametrize(
    ("serial", "reply", "end"),
    [("K51234568", FAILED, "refused"), ("K51234569", hangs_up, "unknown")],
)
def test_a_verdict_that_did_not_get_through_is_not_sent_again(
    gateway: Gateway, serial: str, reply: Reply, end: str
) -> None:
    path = add(gateway, serial)
    with served(wants_digest(named(serial, reply))) as one:
        reach(gateway, serial, one)
        ask(gateway, path, 1)
        wait_for(lambda: count(gateway, end) == 1, "the verdict is given up")
        assert len(verdicts(one)) == 1
        gateway.await_logged("verdict.not_told")


def test_without_an_address_nobody_is_told_and_that_is_counted(gateway: Gateway) -> None:
    path = add(gateway, "K51234570")
    assert ask(gateway, path, 1).startswith(b"HTTP/1.1 200 OK")
    wait_for(lambda: count(gateway, "no_way") == 1, "it is counted")
