"""Sends what Twisted logs to the standard library's logging, which the gateway's log reads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

from twisted.logger import (
    LogEvent,
    LogLevel,
    formatEvent,
    globalLogBeginner,
    globalLogPublisher,
)
from twisted.python.failure import Failure

LEVELS = {
    LogLevel.debug: logging.DEBUG,
    LogLevel.info: logging.INFO,
    LogLevel.warn: logging.WARNING,
    LogLevel.error: logging.ERROR,
    LogLevel.critical: logging.CRITICAL,
}

QUIETER = {logging.INFO: logging.DEBUG}
"""Twisted tells at level info of every factory that starts and stops."""


def route_twisted() -> Callable[[], None]:
    """Start the routing and return what ends it."""
    observer = cast(Any, _observe)  # a function is one, but mypy does not know the interface
    globalLogBeginner.beginLoggingTo([observer], discardBuffer=True, redirectStandardIO=False)
    return lambda: globalLogPublisher.removeObserver(observer)


def _observe(event: LogEvent) -> None:
    level = LEVELS.get(event.get("log_level", LogLevel.info), logging.INFO)
    logger = logging.getLogger(str(event.get("log_namespace", "twisted")))
    failure = event.get("log_failure")
    error = failure.value if isinstance(failure, Failure) else None
    logger.log(QUIETER.get(level, level), "%s", formatEvent(event), exc_info=error)
