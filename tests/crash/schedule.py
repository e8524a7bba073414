"""What goes wrong in one run, drawn from a seed: which part dies when, and how often."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum

from gateway.crashpoints import POINTS


class Storm(Enum):
    """What happens to PostgreSQL while the gateway goes on."""

    KILLED = "killed"
    """SIGKILL of the postmaster: recovery, and orphans that hold the shared memory."""
    STOPPED = "stopped at once"
    """SIGQUIT: recovery without orphans."""
    FROZEN = "frozen"
    """Every process of the server is stopped for a while and then goes on."""


class End(Enum):
    """How a gateway dies."""

    POINT = "at a named point"
    """By its own hand, in the middle of a step."""
    KILLED = "killed"
    KILLED_WITH_DATABASE = "killed together with its database"
    KILLED_STARTING = "killed while starting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One gateway process from start to death."""

    end: End
    point: str = ""
    count: int = 0
    """When the point is passed for this time, the process ends."""
    storms: tuple[Storm, ...] = ()
    frozen_s: float = 0.0
    patience: int = 0
    """Acknowledgements that must come before anything else happens."""
    delay_s: float = 0.0
    """Seconds more, so that a kill does not fall on an acknowledgement."""

    @property
    def crashes(self) -> int:
        """How many processes die: the gateway, and PostgreSQL each time it is ended."""
        both = self.end is End.KILLED_WITH_DATABASE
        return 1 + both + sum(storm is not Storm.FROZEN for storm in self.storms)

    @property
    def crash_at(self) -> str | None:
        """What `gateway.crashpoints` is told."""
        return f"{self.point}:{self.count}" if self.point else None


def schedule(seed: int, crashes: int) -> list[Life]:
    """Draw lives until so many processes have died; every named point comes up in turn."""
    rng = random.Random(seed)
    lives: list[Life] = []
    points: list[str] = []
    total = 0
    while total < crashes:
        if len(lives) % 2 == 0:
            points = points or rng.sample(POINTS, len(POINTS))
            point = points.pop()
            most = 60 if point == "ingest.received" else 15
            life = Life(end=End.POINT, point=point, count=rng.randint(1, most))
        else:
            life = _life(rng)
        lives.append(life)
        total += life.crashes
    return lives


def _life(rng: random.Random) -> Life:
    end = rng.choices(
        (End.KILLED, End.KILLED_WITH_DATABASE, End.KILLED_STARTING), weights=(6, 2, 1)
    )[0]
    if end is End.KILLED_STARTING:
        return Life(end=end, delay_s=rng.uniform(0.1, 1.2))
    storms: list[Storm] = []
    if rng.random() < 0.6:
        storms = rng.choices(tuple(Storm), weights=(4, 3, 2), k=1)
    return Life(
        end=end,
        storms=tuple(storms),
        frozen_s=rng.uniform(0.5, 2.5),
        patience=rng.randint(1, 60),
        delay_s=rng.uniform(0.0, 0.1),
    )
