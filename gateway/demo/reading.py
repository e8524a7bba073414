"""What the gateway says of itself: asked again and again while it lives, remembered while not."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.domain.errors import GatepostError
from gateway.simulator.proofs import Call

POLL_S = 0.5
LIMIT_S = 2.0
SETTLE_S = 0.3
"""A report that comes so much later was written after the moment in question."""
RESENDS = "gatepost_records_duplicate_total"
CONNECTED = "gatepost_devices_connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The gateway's own figures as of the last answer."""

    up: bool = False
    stored: int = 0
    """Rows of passages and faults in the database."""
    pictures: int = 0
    connected: int = 0
    """Terminals with a session."""
    resends: int = 0
    """Records that came again and were recognised, over all processes of the demo."""
    lost: int = 0
    """Records acknowledged before the database was asked that it did not hold."""
    doubled: int = 0
    """Records it held beyond those that had been sent when it had answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the terminals knew at one moment."""

    recorded: int
    acknowledged: int
    as_of: float
    """Since when every process of terminals has been heard, by the clock of the event loop."""


class Poller:
    """Reads the gateway beside what the terminals know."""

    def __init__(self, call: Call, web_port: int, sent: Callable[[], Sent]) -> None:
        self.reading = Reading()
        self._call = call
        self._metrics = f"http://127.0.0.1:{web_port}/metrics"
        self._sent = sent
        self._held: tuple[float, int] | None = None
        """Rows that were stored at a moment, to be compared once the terminals were heard again."""
        self._resends_before = 0

    def restarted(self) -> None:
        """Note that a fresh process counts from zero."""
        self._resends_before = self.reading.resends

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.ask()
            await asyncio.sleep(POLL_S)

    async def ask(self) -> None:
        """Ask once."""
        before = self._sent()
        try:
            totals = await asyncio.wait_for(self._call("proof.totals"), LIMIT_S)
            text = await asyncio.to_thread(_fetch, self._metrics)
        except (GatepostError, TimeoutError, OSError):
            self.reading = replace(self.reading, up=False, connected=0)
            return
        stored = totals["passages"] + totals["faults"]
        self.reading = Reading(
            up=True,
            stored=stored,
            pictures=totals["pictures"],
            connected=sample(text, CONNECTED),
            resends=self._resends_before + sample(text, RESENDS),
            lost=max(0, before.acknowledged - stored),
            doubled=self._doubled(stored),
        )

    def _doubled(self, stored: int) -> int:
        """Compare what was stored earlier with what the terminals have reported since."""
        now, sent = asyncio.get_running_loop().time(), self._sent()
        if self._held is None:
            self._held = now, stored
            return self.reading.doubled
        at, held = self._held
        if sent.as_of < at + SETTLE_S:
            return self.reading.doubled
        self._held = now, stored
        return max(0, held - sent.recorded)


def sample(text: str, name: str) -> int:
    """Add up the samples of one metric over its labels; ``text`` is Prometheus' format."""
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith(name))
    return round(sum(float(value) for key, value in rows if key.split("{")[0] == name))


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:  # noqa: S310 - our own gateway
        text: str = answer.read().decode()
    return text
