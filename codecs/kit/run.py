"""All properties of one dialect, in order.

Owns the list of checks and the promise that a check that breaks is itself a finding. Reads no files
and draws no random numbers: transcripts and dice are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gateway.codecs.api import Dialect
from gateway.codecs.kit.budget import budgets, leaks
from gateway.codecs.kit.case import Bench, Case, StillRunning, Tally, make_case
from gateway.codecs.kit.coverage import boundaries, messages, unknown
from gateway.codecs.kit.declared import first_bytes, time_basis
from gateway.codecs.kit.double import day, device_side
from gateway.codecs.kit.firmware import firmware
from gateway.codecs.kit.flips import flips
from gateway.codecs.kit.fuzz import fuzz
from gateway.codecs.kit.hooks import Dice, Hooks
from gateway.codecs.kit.hostile import hostile
from gateway.codecs.kit.messages import longer_bodies, round_trips, twins
from gateway.codecs.kit.orders import commands, people, upgrade, verification
from gateway.codecs.kit.purity import purity
from gateway.codecs.kit.records import identities, receipts
from gateway.codecs.kit.report import Finding, Report
from gateway.codecs.kit.secrecy import secrecy
from gateway.codecs.kit.streams import goldens, neighbours, noise, splits
from gateway.codecs.replay import raised
from gateway.codecs.transcript import Transcript

_NO_HOOKS = Hooks()
_NO_BENCH = Bench()

CHECKS: Mapping[str, Callable[[Case], Finding]] = {
    "P0": goldens,
    "P1": splits,
    "P2": neighbours,
    "P3": noise,
    "P4": hostile,
    "P5": round_trips,
    "P6": flips,
    "P7": receipts,
    "P8": identities,
    "P9": twins,
    "P10": longer_bodies,
    "P11": firmware,
    "P12": purity,
    "P13": messages,
    "P14": boundaries,
    "P15": budgets,
    "P16": leaks,
    "P17": fuzz,
    "P18": time_basis,
    "P19": first_bytes,
    "P20": unknown,
    "P21": secrecy,
    "G1": device_side,
    "G2": day,
    "G3": verification,
    "G4": people,
    "G5": commands,
    "G6": upgrade,
}
"""Every property by its code; `gateway.codecs.kit.tiers` says which tier wants it."""


def run(
    dialect: Dialect,
    transcripts: Sequence[Transcript],
    dice: Dice,
    hooks: Hooks = _NO_HOOKS,
    *,
    effort: int = 1,
    bench: Bench = _NO_BENCH,
) -> Report:
    """Check every property; the same dice give the same report.

    ``effort`` multiplies the generated cases. A codec that raises where it must not shows as a
    failed finding, never as an exception; one that does not return ends the run, where a watchdog
    raises StillRunning.
    """
    findings: list[Finding] = []
    bench.announce("P0")
    try:
        case = make_case(dialect, transcripts, dice, hooks, effort, bench)
        for code, check in CHECKS.items():
            bench.announce(code)
            findings.append(guarded(check, code, case))
    except StillRunning as stuck:
        code = list(CHECKS)[len(findings)]
        findings.append(_title(code).failed(f"{stuck}\nThe rest was not run."))
    return Report(dialect=f"{dialect.name}/{dialect.version}", findings=tuple(findings))


def _title(code: str) -> Tally:
    """Return a tally named by the first sentence of the check, without its code."""
    check = CHECKS[code]
    return Tally(code, (check.__doc__ or code).partition("\n")[0].rpartition(": ")[2].rstrip("."))


def guarded(check: Callable[[Case], Finding], code: str, case: Case) -> Finding:
    """Check one property; a codec that raises has failed it."""
    try:
        return check(case)
    except Exception as error:
        return _title(code).failed(f"the codec raised {raised(error)}")
