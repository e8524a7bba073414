from __future__ import annotations

import io
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog
from gateway.monitoring.log_writer import LogWriter, as_json
from gateway.monitoring.logs import LogHandle, configure, get_logger
from twisted.logger import Logger
from twisted.python.failure import Failure

from gateway.settings import LogSection
from gateway.twisted_logs import route_twisted


class Log:
    """A configured log and what it wrote."""

    def __init__(self, settings: LogSection | None = None) -> None:
        self.stream = io.BytesIO()
        self.handle: LogHandle = configure(
            settings or LogSection(), stream=self.stream, now=lambda: 1700000000.0
        )

    def text(self) -> str:
        self.handle.close()
        return self.stream.getvalue().decode()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    log.handle.close()
    structlog.reset_defaults()


def fail(error: Exception) -> NoReturn:
    raise error


def test_a_line_has_time_level_event_and_fields(log: Log) -> None:
    get_logger(part="desk").warning("device.refused", serial="S1", tries=3, raw=b"abc")
    assert log.lines() == [
        {
            "time": 1700000000.0,
            "level": "warning",
            "event": "device.refused",
            "part": "desk",
            "serial": "S1",
            "tries": 3,
            "raw": "[3 bytes]",
        }
    ]


def test_fields_never_replace_what_every_line_has(log: Log) -> None:
    get_logger().info("session.opened", time=1, level="x")
    (line,) = log.lines()
    assert (line["time"], line["level"]) == (1700000000.0, "info")
    assert (line["time_"], line["level_"]) == (1, "x")


def test_what_is_less_important_than_the_level_is_left_out(log: Log) -> None:
    structlog.get_logger().debug("session.opened")
    logging.getLogger("lib").debug("no")
    assert log.lines() == []


def test_later_changes_of_a_value_do_not_show(log: Log) -> None:
    held = [1, 2]
    get_logger().info("session.opened", held=held)
    held.append(3)
    assert log.lines()[0]["held"] == [1, 2]


def test_personal_data_is_redacted_in_every_way_in(log: Log) -> None:
    number = "990000199001010017"
    get_logger().info("session.opened", claim=number)
    logging.getLogger("lib").warning("saw %s", number)
    try:
        fail(ValueError(number))
    except ValueError:
        structlog.get_logger().exception("gateway.task_failed")
        logging.getLogger("lib").exception("failed")
    text = log.text()
    assert number not in text
    assert text.count("[identity number]") == 4


def test_an_exception_brings_its_traceback(log: Log) -> None:
    try:
        fail(KeyError("x"))
    except KeyError as error:
        structlog.get_logger().error("gateway.task_failed", exc_info=error)
    (line,) = log.lines()
    assert line["traceback"].startswith("Traceback (most recent call last):")
    assert line["traceback"].endswith("KeyError: 'x'")


def test_libraries_and_warnings_come_out_of_the_same_stream(log: Log) -> None:
    logging.getLogger("asyncpg").error("broken %d", 7)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old ways", UserWarning, stacklevel=1)
    lines = log.lines()
    assert lines[0] == {
        "time": 1700000000.0,
        "level": "error",
        "event": "library.message",
        "logger": "asyncpg",
        "message": "broken 7",
    }
    assert lines[1]["logger"] == "py.warnings"
    assert "old ways" in lines[1]["message"]


def test_twisted_comes_out_of_the_same_stream(log: Log) -> None:
    unroute = route_twisted()
    try:
        twisted = Logger("site")
        twisted.info("factory {name} starts", name="x")
        twisted.warn("port {port}", port=7)
        try:
            fail(OSError("gone"))
        except OSError as error:
            twisted.failure("while reading", Failure(error))  # type: ignore[no-untyped-call]
    finally:
        unroute()
    warned, failed = log.lines()  # what Twisted tells at level info is debug for us
    assert (warned["logger"], warned["level"], warned["message"]) == ("site", "warning", "port 7")
    assert (failed["level"], failed["message"]) == ("critical", "while reading")
    assert failed["traceback"].endswith("OSError: gone")


class Evil:
    def __str__(self) -> str:
        raise RuntimeError


def test_a_value_that_cannot_be_printed_hurts_nobody(log: Log) -> None:
    get_logger().info("session.opened", evil=Evil(), more=[Evil(), 1], nothing=float("nan"))
    (line,) = log.lines()
    assert line["evil"] == "[unprintable Evil]"
    assert line["more"] == ["[unprintable Evil]", 1]
    assert line["nothing"] == "nan"


def test_chinese_and_broken_text_are_written_as_valid_json(log: Log) -> None:
    get_logger().info("session.opened", name="设备", broken="\udc80", lines="a\nb")
    text = log.text()
    assert text.count("\n") == 1
    assert '"设备"' in text
    assert json.loads(text)["lines"] == "a\nb"


def test_text_for_people_stays_on_one_line() -> None:
    log = Log(LogSection(format="text"))
    get_logger().warning("device.refused", serial="S 1", forged="x\nerror forged.event")
    assert log.text() == (
        '2023-11-14T22:13:20Z warning device.refused serial="S 1" forged="x\\nerror forged.event"\n'
    )
    structlog.reset_defaults()


def test_a_file_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.log"
    path.write_text("before\n")
    log = Log(LogSection(file=path))
    get_logger().info("session.opened")
    log.handle.close()
    assert [line[:8] for line in path.read_text().splitlines()] == ["before", '{"time":']
    structlog.reset_defaults()


def test_closing_puts_standard_logging_back() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    log = Log(LogSection(level="debug"))
    assert (root.handlers, root.level) != before
    log.handle.close()
    assert (root.handlers, root.level) == before
    get_logger().info("session.closed")
    assert log.stream.getvalue() == b""
    structlog.reset_defaults()


class StuckStream(io.BytesIO):
    """A reader that does not read until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.reached = threading.Event()

    def write(self, data: Any) -> int:
        self.reached.set()
        assert self.go_on.wait(10)
        return super().write(data)


def test_a_stuck_stream_costs_lines_but_no_time() -> None:
    stream = StuckStream()
    writer = LogWriter(stream, as_json, limit=10)
    line: dict[str, object] = {"time": 1.0, "level": "info", "event": "session.opened"}
    writer.put(line)
    assert stream.reached.wait(10)  # the thread holds the first line and is stuck with it
    for _ in range(15):
        writer.put(line)
    assert writer.dropped == 5
    stream.go_on.set()
    writer.close()
    events = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["session.opened"] * 11 + ["log.lines_dropped"]
    assert events[-1]["lines"] == 5


class FullDisk(io.BytesIO):
    """Refuses its first write."""

    refused = False

    def write(self, data: Any) -> int:
        if not self.refused:
            self.refused = True
            raise OSError(28, "No space left on device")
        return super().write(data)


def test_a_full_disk_is_survived_and_told() -> None:
    stream = FullDisk()
    writer = LogWriter(stream, as_json, limit=10)
    line: dict[str, object] = {"time": 1.0, "level": "info", "event": "session.opened"}
    writer.put(line)
    writer.close()
    assert writer.dropped == 1
    assert stream.getvalue() == b""
