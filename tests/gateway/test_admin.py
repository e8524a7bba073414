from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.admin import AdminServer, ask
from gateway.domain.errors import GatepostError
from tests.support.sessions import SilentLog


async def double(number: int) -> int:
    return 2 * number


async def refuse() -> None:
    raise GatepostError("x.y", "no.", place="here", remedy="Do that.")


async def break_() -> None:
    raise ZeroDivisionError


def with_server(folder: Path, body: Callable[[Path], Awaitable[None]]) -> SilentLog:
    async def main() -> SilentLog:
        log = SilentLog()
        path = folder / "admin.sock"
        server = AdminServer(path, {"double": double, "refuse": refuse, "break": break_}, log)
        await server.start()
        try:
            await body(path)
        finally:
            await server.stop()
        assert not path.exists()
        return log

    return asyncio.run(main())


def test_calls_are_answered_over_a_socket_only_its_owner_can_open(tmp_path: Path) -> None:
    async def body(path: Path) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert await ask(path, "double", {"number": 21}) == 42

    with_server(tmp_path, body)


def test_a_refusal_keeps_its_code_place_and_remedy(tmp_path: Path) -> None:
    async def body(path: Path) -> None:
        with pytest.raises(GatepostError) as caught:
            await ask(path, "refuse", {})
        assert str(caught.value) == "[x.y] at here: no. Do that."

    with_server(tmp_path, body)


@pytest.mark.parametrize(
    ("call", "args", "code"),
    [
        ("nothing", {}, "admin.unknown_call"),
        ("double", {"nummer": 1}, "admin.bad_request"),
        ("break", {}, "admin.internal"),
    ],
)
def test_a_bad_call_is_answered_and_the_server_lives_on(
    tmp_path: Path, call: str, args: dict[str, object], code: str
) -> None:
    async def body(path: Path) -> None:
        with pytest.raises(GatepostError) as caught:
            await ask(path, call, args)
        assert caught.value.code == code
        assert await ask(path, "double", {"number": 1}) == 2

    log = with_server(tmp_path, body)
    assert bool(log.named("admin.call_failed")) == (code == "admin.internal")


def test_garbage_is_answered_as_a_bad_request(tmp_path: Path) -> None:
    async def body(path: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"GET / HTTP/1.1\n")
        assert b"admin.bad_request" in await reader.readline()
        writer.close()

    with_server(tmp_path, body)


def test_the_socket_of_a_killed_gateway_is_replaced(tmp_path: Path) -> None:
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(tmp_path / "admin.sock"))
    left_behind.close()

    async def body(path: Path) -> None:
        assert await ask(path, "double", {"number": 4}) == 8

    with_server(tmp_path, body)
