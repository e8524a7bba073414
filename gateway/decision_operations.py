"""What operators ask about decisions at gates, as calls: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.admin import Call
from gateway.domain.decisions import DecisionRecord
from gateway.domain.directory import Directory
from gateway.storage.opening import Storage

MOST = 10_000
"""Decisions in one answer; more are a matter for SQL."""


class DecisionOperations:
    """The calls behind ``gatepost decisions``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def calls(self) -> Mapping[str, Call]:
        """Return the table of calls by name."""
        return {"decision.list": self.decisions}

    async def decisions(self, serial: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """Return the newest decisions, newest first; raises GatepostError ``device.unknown``."""
        directory = await self._storage.directory.load()
        device = None if serial is None else directory.registered(serial).id
        found = await self._storage.decisions.latest(min(limit, MOST), device)
        return [_told(one, directory) for one in found]


def _told(one: DecisionRecord, directory: Directory) -> dict[str, Any]:
    serials = (each.serial for each in directory.devices.values() if each.id == one.device)
    project = None if one.project is None else directory.projects.get(one.project)
    return {
        "at_ms": one.at_ms,
        "serial": next(serials, None),
        "project": None if project is None else project.code,
        "verdict": one.verdict.value,
        "because": one.because.value,
        "detail": one.detail,
        "claim": one.claim,
        "person": one.person,
        "score": one.score,
        "runner_up": one.runner_up,
        "threshold": one.threshold,
        "margin": one.margin,
        "algorithm": one.algorithm,
        "liveness": one.liveness,
        "waived": list(one.waived),
        "latency_ms": one.latency_ms,
        "budget_ms": one.budget_ms,
    }
