"""Watches the process itself: readiness, the log's losses, and the event loop."""

from __future__ import annotations

from collections.abc import Callable

from gateway.monitoring import metrics as m
from gateway.monitoring.health import Health
from gateway.monitoring.logs import LogHandle
from gateway.monitoring.metrics import Metrics
from gateway.monitoring.watchdog import LagMeter, Loop, Watchdog

from gateway.domain.ports import Log


def fold_process(metrics: Metrics, health: Health, log: LogHandle) -> None:
    """Have readiness and the log's losses exported."""

    def fold() -> None:
        metrics[m.READY].at().value = int(health.readiness().ok)
        metrics[m.LOG_DROPPED].at().value = log.dropped

    metrics.before_scrape(fold)


def watch_loop(loop: Loop, metrics: Metrics, log: Log) -> Callable[[], None]:
    """Measure the loop's lag and report what blocks it; return what ends that.

    Call it in the loop's own thread.
    """
    blocked = metrics[m.LOOP_BLOCKED].at()

    def report(seconds: float, stack: str) -> None:  # in the watchdog's thread, its only writer
        blocked.inc()
        log.warning("gateway.loop_blocked", seconds=round(seconds, 3), stack=stack)

    meter = LagMeter(loop, metrics[m.LOOP_LAG].at().observe)
    watchdog = Watchdog(meter, report)

    def stop() -> None:
        meter.stop()
        watchdog.stop()

    return stop
