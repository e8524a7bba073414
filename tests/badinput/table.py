"""The table of docs/operators/bad-input.md, taken apart so that tests can be held against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.codecs.yls.registers import Bye, Result

from gateway.domain.vocabulary import Decision

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operators" / "bad-input.md"
WORD = re.compile(r"`([^`]+)`")
METRIC = re.compile(r"(gatepost_\w+)(?:\{(.*)\})?")
LABEL = re.compile(r'(\w+)="([^"]*)"')
EVENT_OR_CODE = re.compile(r"[a-z]+\.[a-z_]+")
TOLD = frozenset({**Result.__members__, **Bye.__members__, **Decision.__members__})


@dataclass(frozen=True, slots=True)
class Promise:
    """One row: what a peer is told and what an operator sees, by the names the page uses."""

    told: frozenset[str]
    """Result codes, reasons of BYE, and decisions at a gate."""
    seen: frozenset[str]
    """Metrics (as `metric` writes them), log events, error codes and pages."""


def metric(name: str, labels: Mapping[str, str]) -> str:
    """Write a metric the one way in which it is compared."""
    inside = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def promises() -> dict[str, Promise]:
    """Every row by its first column."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "Input":
            found[cells[0]] = Promise(
                told=frozenset(word for word in WORD.findall(cells[1]) if word in TOLD),
                seen=frozenset(filter(None, map(_seen, WORD.findall(cells[2])))),
            )
    return found


def _seen(word: str) -> str | None:
    sample = METRIC.fullmatch(word)
    if sample is not None:
        return metric(sample[1], dict(LABEL.findall(sample[2] or "")))
    return word if word.startswith("/") or EVENT_OR_CODE.fullmatch(word) else None
