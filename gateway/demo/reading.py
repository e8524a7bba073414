"""What the gateway says of itself: asked again and again while it lives, remembered while not."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gateway.domain.errors import GatepostError
from gateway.simulator.proofs import Call

POLL_S = 0.25
LIMIT_S = 2.0
HEARD_S = 1.0
"""Terminals report four times a second; later than this a comparison is left out."""
LOOK_S = 0.02
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""A proxy that the environment names knows nothing of our loopback."""
RESENDS = "gatepost_records_duplicate_total"
CONNECTED = "gatepost_devices_connected"
PORTS = "gatepost_serial_port_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the terminals knew at one moment."""

    recorded: int = 0
    acknowledged: int = 0
    pictures: int = 0
    delivered: int = 0
    as_of: float = 0.0
    """No process of terminals has reported since, by the monotonic clock; 0: none ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The gateway's own figures as of the last answer, between two looks at the terminals.

    What was acknowledged before the question must be among what is stored, and what is stored
    among what had been sent after the answer: on the screen the figures never contradict a promise
    that is kept.
    """

    up: bool = False
    before: Sent = field(default_factory=Sent)
    """What the terminals knew before the question."""
    after: Sent = field(default_factory=Sent)
    """What they had done when the answer was there."""
    stored: int = 0
    """Rows of passages and faults in the database."""
    pictures: int = 0
    connected: int = 0
    """Terminals with a session."""
    ports: int = 0
    """Serial ports that are open."""
    resends: int = 0
    """Records that came again and were recognised, over all processes of the demo."""

    @property
    def lost(self) -> int:
        """Records acknowledged before the database was asked that it did not hold."""
        return max(0, self.before.acknowledged - self.stored)

    @property
    def doubled(self) -> int:
        """Records it held beyond those that had been sent when it had answered."""
        return max(0, self.stored - self.after.recorded)


class Poller:
    """Reads the gateway beside what the terminals know."""

    def __init__(self, call: Call, web_port: int, sent: Callable[[], Sent]) -> None:
        self.reading = Reading()
        self._call = call
        self._metrics = f"http://127.0.0.1:{web_port}/metrics"
        self._sent = sent
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
            self.reading = replace(self.reading, up=False, connected=0, ports=0)
            return
        after = await self._heard_since(_now())
        if after is not None:
            self.reading = Reading(
                before=before,
                after=after,
                stored=totals["passages"] + totals["faults"],
                pictures=totals["pictures"],
            )
        self.reading = replace(
            self.reading,
            up=True,
            connected=sample(text, CONNECTED),
            ports=sample(text, PORTS),
            resends=self._resends_before + sample(text, RESENDS),
        )

    async def _heard_since(self, moment: float) -> Sent | None:
        """Return what the terminals say once all have reported after ``moment``."""
        while (sent := self._sent()).as_of < moment:
            if _now() > moment + HEARD_S:
                return None
            await asyncio.sleep(LOOK_S)
        return sent


def sample(text: str, name: str) -> int:
    """Add up the samples of one metric over its labels; ``text`` is Prometheus' format."""
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith(name))
    return round(sum(float(value) for key, value in rows if key.split("{")[0] == name))


def _now() -> float:
    """Return the monotonic time; asyncio's own loops go by it, and so do the terminals."""
    return asyncio.get_running_loop().time()


def _fetch(url: str) -> str:
    with DIRECT.open(url, timeout=LIMIT_S) as answer:
        text: str = answer.read().decode()
    return text
