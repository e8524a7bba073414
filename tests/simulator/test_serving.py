"""A simulated terminal that listens, managed over a real socket by a client that is not ours."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from gateway.codecs.double import Happening, Persona, Served
from gateway.codecs.hikvision import DIALECT
from gateway.codecs.hikvision.double import HikvisionDouble
from gateway.codecs.hikvision.isapi_device.habits import drawn
from gateway.codecs.hikvision.keys import password
from gateway.protocols.clock import read_clock

from gateway.simulator.serving import Serving, serve
from tests.support.loops import each_loop, run_on

SECRET = bytes(range(32))
SEARCH = (
    b'{"AcsEventCond":{"searchID":"a","searchResultPosition":0,"maxResults":30,'
    b'"major":0,"minor":0}}'
)
MD5 = [at for at in range(1, 16) if drawn(str(at)).algorithms == ("MD5",)]
"""Variants whose challenge the standard library can meet."""


def double(variant: int = 0) -> HikvisionDouble:
    assert DIALECT.device is not None
    made = DIALECT.device(Persona(serial="K51234567", secret=SECRET, variant=variant, served=True))
    assert isinstance(made, HikvisionDouble)
    assert isinstance(made, Served)
    return made


class Digest(urllib.request.HTTPDigestAuthHandler):
    """The standard library's client, which leaves the answers it has met to the collector."""

    def http_error_401(self, req: Any, fp: Any, *rest: Any) -> Any:
        with fp:
            return super().http_error_401(req, fp, *rest)


def opener(url: str, secret: bytes = SECRET) -> urllib.request.OpenerDirector:
    accounts = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    accounts.add_password(None, url, "admin", password(secret))
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), Digest(accounts))


def ask(serving: Serving, target: str, body: bytes | None = None, method: str = "GET") -> bytes:
    url = f"http://127.0.0.1:{serving.port}{target}"
    kind = {"Content-Type": "application/json"} if body is not None else {}
    request = urllib.request.Request(url, body, kind, method=method)
    with opener(url).open(request, timeout=5) as answer:
        said: bytes = answer.read()
        return said


@each_loop
def test_what_the_double_recorded_is_found_by_a_search(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def main() -> None:
        one = double()
        serving = await serve(one, read_clock)
        one.record(Happening(time_ms=1_773_015_342_000, person=10027), read_clock())
        told = await asyncio.to_thread(
            ask, serving, "/ISAPI/AccessControl/AcsEvent?format=json", SEARCH, "POST"
        )
        assert b'"employeeNoString":"10027"' in told
        assert b"2026-03-09T00:15:42Z" in told
        serving.close()

    run_on(new_loop, main)


def test_an_order_to_the_door_is_a_record_of_the_double_the_fleet_hears_of() -> None:
    async def main() -> None:
        one = double()
        serving = await serve(one, read_clock)
        order = b"<RemoteControlDoor><cmd>open</cmd></RemoteControlDoor>"
        await asyncio.to_thread(
            ask, serving, "/ISAPI/AccessControl/RemoteControl/door/1", order, "PUT"
        )
        one.record(Happening(time_ms=0, person=7), read_clock())
        assert len({one.identity(number) for number in (1, 2, 3)}) == 3
        serving.close()

    run_on(asyncio.new_event_loop, main)


def test_a_wrong_password_is_refused_and_closing_hangs_up() -> None:
    async def main() -> None:
        serving = await serve(double(), read_clock)
        url = f"http://127.0.0.1:{serving.port}/ISAPI/System/deviceInfo"

        def wrong() -> int:
            with pytest.raises(urllib.error.HTTPError) as raised:
                opener(url, bytes(32)).open(url, timeout=5)
            raised.value.close()
            return raised.value.code

        assert await asyncio.to_thread(wrong) == 401
        reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        writer.write(b"GET /")
        await writer.drain()
        serving.close()
        with pytest.raises(ConnectionError):
            await reader.readexactly(1)
        writer.close()

    run_on(asyncio.new_event_loop, main)


@pytest.mark.parametrize("variant", MD5)
def test_every_variant_is_managed_by_a_client_that_is_not_ours(variant: int) -> None:
    async def main() -> None:
        serving = await serve(double(variant), read_clock)
        told = await asyncio.to_thread(ask, serving, "/ISAPI/System/deviceInfo")
        assert b"K51234567" in told
        serving.close()

    run_on(asyncio.new_event_loop, main)
