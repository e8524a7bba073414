"""What a terminal is beside its records: everything of it that outlives a connection."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.codecs.yls.objects import ObjectStore
from gateway.codecs.yls.panel import Panel
from gateway.codecs.yls.people import PeopleStore


@dataclass(slots=True)
class Station:
    """The mechanics and memories of one terminal."""

    panel: Panel = field(default_factory=Panel)
    objects: ObjectStore = field(default_factory=ObjectStore)
    people: PeopleStore | None = None
    """None for a terminal that keeps no people."""
