"""The operators' HTTP listener: /metrics, /healthz, /readyz and the status page.

It shows nothing personal, counts and reasons only, and has no login. How requests are read and
bounded is the business of `gateway.web.server`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, cast

from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IReactorTCP
from twisted.web import http

from gateway.domain.errors import GatepostError
from gateway.monitoring.health import Health, Report
from gateway.monitoring.metrics import CONTENT_TYPE
from gateway.web.server import Answer, PageFactory
from gateway.web.status import Status, status_page

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


class ListenAddress(Protocol):
    """Where to listen; `gateway.setting_kinds.Address` has this shape."""

    @property
    def host(self) -> str:
        """A name or an address."""

    @property
    def port(self) -> int:
        """0 lets the system choose."""


class Port(Protocol):
    """What listens; Twisted's ports have this shape."""

    def getHost(self) -> Any:  # noqa: N802
        """Return the address, with ``host`` and ``port``."""

    def stopListening(self) -> Any:  # noqa: N802
        """Stop; returns a Deferred or None."""


def listen(
    reactor: IReactorTCP,
    address: ListenAddress,
    *,
    health: Health,
    scrape: Callable[[], bytes],
    status: Callable[[], Status],
) -> Port:
    """Serve the operators' pages; raises GatepostError ``web.cannot_listen``.

    ``scrape`` makes the text of /metrics, ``status`` the figures of the status page; both run in
    the reactor's thread, so they must be quick.
    """
    pages: dict[bytes, Callable[[], Answer]] = {
        b"/": lambda: _status(status(), health.readiness()),
        b"/metrics": lambda: Answer(content_type=CONTENT_TYPE, body=scrape()),
        b"/healthz": lambda: _report(health.liveness()),
        b"/readyz": lambda: _report(health.readiness()),
    }
    # mypy takes the methods of Twisted's interfaces for functions without self.
    twisted = cast(Any, reactor)
    try:
        port: Port = twisted.listenTCP(
            address.port, PageFactory(pages, reactor), interface=address.host
        )
    except CannotListenError as error:
        raise GatepostError(
            "web.cannot_listen",
            f"{error.socketError}.",
            place=f"web.listen = {address}",
            remedy="Choose another address in [web], or stop what listens there.",
        ) from error
    return port


def _report(report: Report) -> Answer:
    checks = [{"name": each.name, "ok": each.ok, "reason": each.reason} for each in report.findings]
    page: dict[str, object] = {"ok": report.ok, "checks": checks}
    if report.notes:
        page["notes"] = [{"name": each.name, "reason": each.reason} for each in report.notes]
    body = json.dumps(page, ensure_ascii=False, indent=1)
    code = http.OK if report.ok else http.SERVICE_UNAVAILABLE
    return Answer(content_type=JSON, body=body.encode() + b"\n", code=code)


def _status(status: Status, report: Report) -> Answer:
    return Answer(content_type=HTML, body=status_page(status, report).encode())
