"""Settings the demo shortens to show in a minute what takes longer on a site.

A production configuration refuses such values; the demo prints each beside its default.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.settings import sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortened:
    """One setting."""

    section: str
    key: str
    value: int
    name: str

    @property
    def default(self) -> object:
        """What it is without the demo."""
        return sections()[self.section].model_fields[self.key].default

    def as_toml(self) -> str:
        """Write it into a configuration."""
        return f"\n[{self.section}]\n{self.key} = {self.value}  # default: {self.default}\n"

    def __str__(self) -> str:
        return f"{self.name} {self.value} s (default {self.default} s)"


SHORTENED = (
    Shortened(section="sessions", key="heartbeat_seconds", value=5, name="heartbeat every"),
)
