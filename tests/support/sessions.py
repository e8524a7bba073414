"""A session that only remembers what it was told."""

from __future__ import annotations

from gateway.domain.ids import DeviceId, Generation
from gateway.domain.requests import Parting, Request


class RecordingSession:
    """Implements SessionHandle without a connection."""

    def __init__(self, device: int = 0, dialect: str = "yls/1.0") -> None:
        self.device = DeviceId(device)
        self.generation = Generation(0)
        self.slot = -1
        self.takes_orders = True
        self.fetches = False
        self.dialect = dialect
        self.submitted: list[Request] = []
        self.writes = 0
        self.closed: Parting | None = None
        self.over = False

    def submit(self, *requests: Request) -> None:
        self.writes += 1
        self.submitted.extend(requests)

    def last(self) -> Request:
        return self.submitted[-1]

    def close(self, reason: Parting) -> None:
        self.closed = reason
        self.over = True


class SilentLog:
    """Keeps what was logged, for assertions."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    def error(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    def named(self, event: str) -> list[dict[str, object]]:
        return [fields for name, fields in self.lines if name == event]
