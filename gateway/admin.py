"""The operator's door to a running gateway: a unix socket only its owner can open.

One JSON object per line in each direction: ``{"call": name, "args": {…}}`` is answered by
``{"ok": result}`` or ``{"error": {"code", "message", "place", "remedy"}}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from gateway.domain.errors import GatepostError
from gateway.domain.ports import Log

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes of one request; a directory of a whole city is a few megabytes."""

Call = Callable[..., Awaitable[Any]]


class AdminServer:
    """Serves a table of calls on a unix socket of mode 0600."""

    def __init__(self, path: Path, calls: Mapping[str, Call], log: Log) -> None:
        self._path = path
        self._calls = calls
        self._log = log
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; a socket left behind by a killed gateway is replaced.

        Raises GatepostError ``admin.cannot_listen``.
        """
        if self._path.exists() and stat.S_ISSOCK(self._path.stat().st_mode):
            self._path.unlink()
        old = os.umask(0o177)  # the socket must never exist with wider permissions
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, str(self._path), limit=LINE_LIMIT
            )
        except OSError as error:
            raise GatepostError(
                "admin.cannot_listen",
                f"{_why(error)}.",
                place=str(self._path),
                remedy="Set admin.socket to a short path in a folder you may write to.",
            ) from error
        finally:
            os.umask(old)

    async def stop(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the operator went away, or sent a line beyond the limit
        finally:
            writer.close()

    def _find(self, name: str) -> Call:
        call = self._calls.get(name)
        if call is None:
            raise GatepostError("admin.unknown_call", f"no call named {name!r}")
        return call

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            request = json.loads(line)
            return {"ok": await self._find(request["call"])(**request.get("args", {}))}
        except GatepostError as error:
            return {"error": as_json(error)}
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            refused = GatepostError("admin.bad_request", f"{type(error).__name__}: {error}")
            return {"error": as_json(refused)}
        except Exception as error:
            self._log.error("admin.call_failed", error=repr(error))
            return {"error": as_json(GatepostError("admin.internal", repr(error)))}


async def ask(path: Path, call: str, args: Mapping[str, object]) -> Any:
    """Ask the gateway behind the socket.

    Raises ConnectionError or FileNotFoundError when none is running, GatepostError when it refuses
    or cannot be reached.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=LINE_LIMIT)
    except (ConnectionError, FileNotFoundError):
        raise
    except OSError as error:
        raise GatepostError(
            "admin.unreachable",
            f"{_why(error)}.",
            place=str(path),
            remedy="Run this as the user the gateway runs as; check gateway.data_dir.",
        ) from error
    try:
        writer.write(json.dumps({"call": call, "args": dict(args)}).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
    finally:
        writer.close()
    if not line:
        raise ConnectionError("the gateway closed the connection without an answer")
    reply = json.loads(line)
    if "error" in reply:
        raise from_json(reply["error"])
    return reply["ok"]


def as_json(error: GatepostError) -> dict[str, str]:
    """Flatten an error for the wire."""
    return {
        "code": error.code,
        "message": error.message,
        "place": error.place,
        "remedy": error.remedy,
    }


def from_json(fields: Mapping[str, str]) -> GatepostError:
    """Rebuild an error from the wire."""
    return GatepostError(
        fields["code"], fields["message"], place=fields["place"], remedy=fields["remedy"]
    )


def _why(error: OSError) -> str:
    """Return the system's words, without the address that Python adds to them."""
    return os.strerror(error.errno) if error.errno else str(error)
