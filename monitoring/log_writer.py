"""Writes log lines in a thread of its own, from a bounded queue; never makes the caller wait.

Redaction and formatting happen here as well, so that a line costs the event loop little more than
putting its fields into the queue.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Protocol

from gateway.monitoring.log_redaction import redact_fields

Fields = dict[str, object]
Render = Callable[[Fields], str]

LINES_PER_WRITE = 256
"""So many lines are joined into one write when they have piled up."""
FAREWELL_S = 2.0
"""How long closing waits for a reader that does not read."""


class Stream(Protocol):
    """What lines are written to."""

    def write(self, data: bytes, /) -> object:
        """Take all of ``data``."""

    def flush(self) -> None:
        """Hold nothing back."""

    def close(self) -> None:
        """Take nothing any more."""


def as_json(fields: Fields) -> str:
    """Return the fields as one JSON object on one line."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def as_text(fields: Fields) -> str:
    """Return the fields as a line for people: time, level, event, then ``name=value``."""
    rest = dict(fields)
    when = datetime.fromtimestamp(float(str(rest.pop("time"))), UTC)
    trace = rest.pop("traceback", None)
    head = f"{when:%Y-%m-%dT%H:%M:%S}Z {rest.pop('level'):<7} {rest.pop('event')}"
    pairs = "".join(
        f" {name}={json.dumps(value, ensure_ascii=False)}" for name, value in rest.items()
    )
    return f"{head}{pairs}" if trace is None else f"{head}{pairs}\n{trace}"


class LogWriter:
    """The queue and its thread; the thread closes the stream in the end if it is ``owned``."""

    def __init__(self, stream: Stream, render: Render, limit: int, *, owned: bool = False) -> None:
        self._overflowed = 0  # each of the two is written by one thread only
        self._unwritten = 0
        self._told = 0
        self._stream = stream
        self._render = render
        self._limit = limit
        self._owned = owned
        self._queue: SimpleQueue[Fields | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Lines so far that found the queue full or could not be written."""
        return self._overflowed + self._unwritten

    def put(self, fields: Fields) -> None:
        """Queue a line; the caller must not change the fields afterwards."""
        if self._queue.qsize() >= self._limit:
            self._overflowed += 1
        else:
            self._queue.put(fields)

    def close(self) -> None:
        """Write what is queued, for at most `FAREWELL_S`."""
        self._queue.put(None)
        self._thread.join(FAREWELL_S)

    def _run(self) -> None:
        open_ = True
        while open_:
            lines = [self._queue.get()]
            while len(lines) < LINES_PER_WRITE:
                try:
                    lines.append(self._queue.get_nowait())
                except Empty:
                    break
            open_ = None not in lines
            self._write([line for line in lines if line is not None])
        if self._owned:
            self._stream.close()

    def _write(self, lines: list[Fields]) -> None:
        lost = self.dropped - self._told
        if lost and lines:
            told: Fields = {"time": lines[-1]["time"], "level": "warning"}
            lines.append({**told, "event": "log.lines_dropped", "lines": lost})
        try:
            text = "".join(self._render(redact_fields(line)) + "\n" for line in lines)
            self._stream.write(text.encode("utf-8", "backslashreplace"))
            self._stream.flush()
        except Exception:  # a full disk, a closed stream, a line that cannot be written
            self._unwritten += len(lines)
        else:
            self._told += lost
