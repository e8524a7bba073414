"""Bronze, silver, gold: which properties make a tier, and which one a codec has reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from gateway.codecs.kit.report import Finding, Report, Verdict


class Tier(IntEnum):
    """How far a codec is to be trusted; each tier includes those below."""

    NONE = 0
    BRONZE = 1
    SILVER = 2
    GOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a tier wants."""

    means: str
    codes: tuple[str, ...]
    proven: frozenset[str] = frozenset()
    """Codes for which "not applicable" is not enough."""


DEMANDS: Mapping[Tier, Demand] = {
    Tier.BRONZE: Demand(
        means="it reads what was recorded, acknowledges nothing early, and hurts no gateway",
        codes=(
            *("P0", "P1", "P2", "P3", "P4", "P6", "P7", "P12", "P13", "P14", "P16", "P19", "P21"),
        ),
        proven=frozenset({"P0", "P12", "P13", "P16"}),
    ),
    Tier.SILVER: Demand(
        means="no record is counted twice or mistaken, and later firmware does not stop it",
        codes=("P5", "P8", "P9", "P10", "P11", "P15", "P17", "P18", "P20"),
        proven=frozenset({"P8", "P10", "P15", "P17", "P18", "P20"}),
    ),
    Tier.GOLD: Demand(
        means="it is simulated, and does everything the gateway asks of a terminal",
        codes=("G1", "G2", "G3", "G4", "G5", "G6"),
        proven=frozenset({"G1", "G2", "G3", "G4", "G5", "G6"}),
    ),
}


def obstacles(tier: Tier, findings: Sequence[Finding]) -> list[Finding]:
    """Return what keeps a codec from a tier, apart from the tiers below it."""
    demand = DEMANDS[tier]
    wanted = [found for found in findings if found.code in demand.codes]
    return [
        found
        for found in wanted
        if found.verdict is Verdict.FAILED
        or (found.verdict is Verdict.NOT_APPLICABLE and found.code in demand.proven)
    ]


def reached(findings: Sequence[Finding]) -> Tier:
    """Return the highest tier of which nothing is missing, in it or below."""
    best = Tier.NONE
    present = {found.code for found in findings}
    for tier, demand in DEMANDS.items():
        if obstacles(tier, findings) or not present.issuperset(demand.codes):
            break
        best = tier
    return best


def tiered(report: Report) -> str:
    """Return the report tier by tier, with what is missing at each and the one reached."""
    out = [f"{report.dialect}: {_name(reached(report.findings))}"]
    for tier, demand in DEMANDS.items():
        missing = [found.code for found in obstacles(tier, report.findings)]
        untried = not {found.code for found in report.findings}.issuperset(demand.codes)
        state = f"missing {', '.join(missing)}" if missing else "complete"
        state = "not tried" if untried and not missing else state
        out += ["", f"{tier.name.lower()} - {demand.means}: {state}"]
        out += [f"  {found.line(4)}" for found in report.findings if found.code in demand.codes]
    return "\n".join(out) + "\n"


def _name(tier: Tier) -> str:
    return "no tier reached yet" if tier is Tier.NONE else f"{tier.name.lower()} reached"
