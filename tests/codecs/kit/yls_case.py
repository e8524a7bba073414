"""YLS/1 on the bench, with parts of it exchanged: what a check is tried on that needs all of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from gateway.codecs.api import Dialect
from gateway.codecs.kit.case import Bench, Case, make_case
from gateway.codecs.kit.report import Finding
from gateway.codecs.kit.run import CHECKS, guarded
from gateway.codecs.transcript import Transcript, read_transcript
from gateway.codecs.yls import DIALECT
from gateway.codecs.yls.hooks import HOOKS

FIXTURES = Path(__file__).parents[3] / "fixtures" / "yls"


@cache
def recorded(*names: str) -> tuple[Transcript, ...]:
    """Read transcripts by name; all of them without one."""
    files = [FIXTURES / f"{name}.wire" for name in names] or sorted(FIXTURES.glob("*.wire"))
    return tuple(read_transcript(file.read_text(encoding="utf-8"), file.name) for file in files)


def case(dialect: Dialect = DIALECT, given: Sequence[Transcript] = ()) -> Case:
    return make_case(dialect, given or recorded(), random.Random(3), HOOKS, 1, Bench())


def verdict(code: str, given: Sequence[Transcript] = (), **changed: object) -> Finding:
    """Check one property of YLS/1 with some of its declaration changed."""
    dialect = replace(DIALECT, **changed)  # type: ignore[arg-type]
    return guarded(CHECKS[code], code, case(dialect, given))
