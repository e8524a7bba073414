"""One stream of log lines for the gateway, its libraries and the warnings of Python.

`configure` joins structlog and the standard library's logging (and through it Twisted's, see
`gateway.twisted_logs`) to one `LogWriter`. Which events exist is declared in
`gateway.monitoring.events`.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Protocol, cast

import structlog
from gateway.monitoring.log_file import LogFile
from gateway.monitoring.log_writer import Fields, LogWriter, as_json, as_text

from gateway.domain.errors import GatepostError
from gateway.domain.ports import Log

Level = Literal["debug", "info", "warning", "error"]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

LEVELS: dict[Level, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
PLAIN = (str, int, float, type(None), bytes)
"""Values that cannot change between the call and the writing; others are written down at once."""


class LogSettings(Protocol):
    """What `configure` wants to know; the section [log] of the settings has this shape."""

    @property
    def level(self) -> Level:
        """The least important level that is written."""

    @property
    def file(self) -> Path | None:
        """Where to append to; None is standard error."""

    @property
    def format(self) -> Literal["json", "text"]:
        """For programs or for people."""

    @property
    def queue_lines(self) -> int:
        """Lines that may wait."""


class LogHandle:
    """The running log; closing it puts everything back as it was."""

    def __init__(self, writer: LogWriter, undo: Callable[[], None]) -> None:
        self._writer = writer
        self._undo = undo

    @property
    def dropped(self) -> int:
        """Lines lost so far."""
        return self._writer.dropped

    def close(self) -> None:
        """Write what is queued and stop; lines logged later go nowhere."""
        self._undo()
        self._writer.close()


def get_logger(**bound: object) -> Log:
    """Return a logger whose lines all carry the given fields; usable before `configure`."""
    return cast(Log, structlog.get_logger(**bound))


def _open(file: Path) -> LogFile:
    try:
        return LogFile(file)
    except OSError as error:
        raise GatepostError(
            "log.unwritable",
            f"{error.strerror}.",
            place=f"log.file = {file}",
            remedy='Name a file in a folder you may write to, or "" for standard error.',
        ) from error


def configure(
    settings: LogSettings,
    *,
    stream: IO[bytes] | None = None,
    now: Callable[[], float] = time.time,
) -> LogHandle:
    """Start logging to the settings' file, to ``stream``, or to standard error.

    Raises GatepostError ``log.unwritable`` when the file cannot be opened. ``now`` gives seconds
    since 1970.
    """
    opened = _open(settings.file) if settings.file is not None else None
    render = as_json if settings.format == "json" else as_text
    writer = LogWriter(
        opened or stream or sys.stderr.buffer,
        render,
        settings.queue_lines,
        owned=opened is not None,
    )
    level = LEVELS[settings.level]
    structlog.configure(
        processors=[_Prepare(now)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Sink(writer),
        cache_logger_on_first_use=False,
    )
    restore = _bridge_standard_logging(writer, level, now)

    def undo() -> None:
        restore()
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())

    return LogHandle(writer, undo)


class _Sink:
    """What structlog calls as if it were a logger: the last processor's result arrives here."""

    def __init__(self, writer: LogWriter) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = writer.put


class _Prepare:
    """The only processor: gives the line its time and level, and makes its fields unchangeable."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def __call__(
        self, logger: object, method: str, event: MutableMapping[str, Any]
    ) -> tuple[tuple[Fields], dict[str, Any]]:
        del logger
        fields: Fields = {
            "time": round(self._now(), 3),
            "level": method,
            "event": event.pop("event"),
        }
        exc_info = event.pop("exc_info", None)
        for name, value in event.items():
            safe = value if isinstance(value, PLAIN) else _written_down(value)
            fields[f"{name}_" if name in fields else name] = safe
        if exc_info:
            fields["traceback"] = _traceback(exc_info)
        return (fields,), {}


class _Bridge(logging.Handler):
    """Takes what libraries log the standard way into the same stream."""

    def __init__(self, writer: LogWriter, now: Callable[[], float]) -> None:
        super().__init__()
        self._writer = writer
        self._now = now

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the record as an event of its own."""
        fields: Fields = {
            "time": round(self._now(), 3),
            "level": record.levelname.lower(),
            "event": "library.message",
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["traceback"] = _traceback(record.exc_info[1])
        self._writer.put(fields)


def _bridge_standard_logging(
    writer: LogWriter, level: int, now: Callable[[], float]
) -> Callable[[], None]:
    root = logging.getLogger()
    handlers, former = root.handlers[:], root.level
    root.handlers[:] = [_Bridge(writer, now)]
    root.setLevel(level)
    logging.captureWarnings(capture=True)

    def restore() -> None:
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(former)

    return restore


def _written_down(value: object) -> object:
    """Copy plain containers one level deep; write everything else as text."""
    if isinstance(value, list | tuple | set | frozenset):
        return [item if isinstance(item, PLAIN) else _text(item) for item in value]
    if isinstance(value, dict):
        return {
            _text(name): item if isinstance(item, PLAIN) else _text(item)
            for name, item in value.items()
        }
    return _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # a line about trouble must not make more of it
        return f"[unprintable {type(value).__name__}]"


def _traceback(exc_info: object) -> str:
    """Format an exception, or the one being handled when only True is given."""
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if not isinstance(error, BaseException):
        error = sys.exc_info()[1]
    return "" if error is None else "".join(traceback.format_exception(error)).rstrip()
