"""Programs that some tests need: in CI they must be there, elsewhere their tests are left out."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program and why it is wanted."""

    proves: str
    package: str
    """Debian's package."""


TOOLS = {
    "chromium": Tool(proves="the status page in a browser", package="chromium"),
    "promtool": Tool(proves="the format of /metrics by Prometheus", package="prometheus"),
}


def required() -> bool:
    """In CI a missing tool is a failure; elsewhere its tests are listed as not run."""
    return os.environ.get("GATEPOST_CI") == "1"


def missing() -> dict[str, Tool]:
    return {name: tool for name, tool in TOOLS.items() if shutil.which(name) is None}


def find(name: str) -> Path:
    found = shutil.which(name)
    assert found is not None, f"{name} is not installed (Debian: {TOOLS[name].package})"
    return Path(found)
