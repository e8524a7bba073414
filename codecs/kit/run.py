"""All properties of one dialect, in order.

Owns the list of checks and the promise that a check that breaks is itself a finding. Reads no files
and draws no random numbers: transcripts and dice are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.codecs.api import Dialect
from gateway.codecs.kit.case import Case, Tally, make_case
from gateway.codecs.kit.firmware import firmware
from gateway.codecs.kit.flips import flips
from gateway.codecs.kit.hooks import Dice, Hooks
from gateway.codecs.kit.hostile import hostile
from gateway.codecs.kit.messages import longer_bodies, round_trips, twins
from gateway.codecs.kit.records import identities, receipts
from gateway.codecs.kit.report import Finding, Report
from gateway.codecs.kit.streams import goldens, neighbours, noise, splits
from gateway.codecs.transcript import Transcript

_NO_HOOKS = Hooks()

CHECKS: tuple[Callable[[Case], Finding], ...] = (
    goldens,
    splits,
    neighbours,
    noise,
    hostile,
    round_trips,
    flips,
    receipts,
    identities,
    twins,
    longer_bodies,
    firmware,
)
"""P0…P11, in order."""


def run(
    dialect: Dialect,
    transcripts: Sequence[Transcript],
    dice: Dice,
    hooks: Hooks = _NO_HOOKS,
    *,
    effort: int = 1,
) -> Report:
    """Check every property; the same dice give the same report.

    ``effort`` multiplies the generated cases. A codec that raises where it must not shows as a
    failed finding, never as an exception.
    """
    case = make_case(dialect, transcripts, dice, hooks, effort)
    findings = tuple(_guarded(check, number, case) for number, check in enumerate(CHECKS))
    return Report(dialect=f"{dialect.name}/{dialect.version}", findings=findings)


def _guarded(check: Callable[[Case], Finding], number: int, case: Case) -> Finding:
    try:
        return check(case)
    except Exception as error:
        tally = Tally(f"P{number}", (check.__doc__ or check.__name__).partition("\n")[0])
        return tally.failed(f"the codec raised {type(error).__name__}: {error}")
