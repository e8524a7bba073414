"""What an operator may change of the Hikvision dialect, read from `Context.settings`."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.codecs.hikvision.limits import LEAST_PATIENCE_S, MOST_PATIENCE_S

from gateway.domain.errors import GatepostError

ALGORITHMS = ((), ("MD5",), ("SHA-256",), ("SHA-256", "MD5"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Keys of `Context.settings` are the field names."""

    digest: int = 0
    """Ask for a password beside the secret path: 0 no, 1 MD5, 2 SHA-256, 3 either."""
    patience_s: int = 5
    """Seconds a terminal waits for a verdict (its remoteCheckTimeout), 1…10; a path that says
    otherwise (``/hik/3s/…``) counts for its terminal."""
    skew_s: int = 300
    """Seconds a question's clock may differ from ours before it counts as a replay, 1…86400."""
    utc_offset_minutes: int = 480
    """Zone of a date without one, minutes east of UTC, -720…840."""
    poll_s: int = 2
    """Seconds between two requests for orders by PUSH, 1…30; a session is over after three."""

    calls_back: int = 0
    """1: verdicts are calls to the terminal (asynchronous); 0: answers, unless a path says
    ``/hik/async/…``."""

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What a Digest may be made with; empty where none is asked for."""
        return ALGORITHMS[self.digest]


DEFAULTS = Settings()
_BOUNDS = {
    "digest": (0, 3),
    "patience_s": (LEAST_PATIENCE_S, MOST_PATIENCE_S),
    "skew_s": (1, 86_400),
    "utc_offset_minutes": (-720, 840),
    "calls_back": (0, 1),
    "poll_s": (1, 30),
}


def read_settings(given: dict[str, int | bool]) -> Settings:
    """Check the settings of a context; raises GatepostError ``hikvision.setting``."""
    for name, value in given.items():
        low, high = _BOUNDS.get(name, (1, 0))
        if not low <= value <= high:
            raise GatepostError(
                "hikvision.setting",
                f"{name} = {value} is no setting of this dialect, or out of range.",
                place=f"dialect hikvision, setting {name}",
                remedy=f"Known: {', '.join(sorted(_BOUNDS))}.",
            )
    return Settings(**given) if given else DEFAULTS
