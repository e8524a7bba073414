"""Sites that lose their network for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.domain.errors import GatepostError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One site, cut off for a while; seconds count from the start of the script as it is played."""

    site: str
    from_s: float
    length_s: float


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Switch:
    """A moment at which a site's network changes."""

    at_s: float
    site: str
    on: bool


def parse(text: str, sites: Iterable[str]) -> Outage:
    """Read ``SITE:FROM:LENGTH``; raises GatepostError ``simulate.outage``."""
    known = sorted(sites)
    try:
        site, begin, length = text.split(":")
        outage = Outage(site=site, from_s=float(begin), length_s=float(length))
    except ValueError:
        raise _refused(text, "expected SITE:FROM:LENGTH, both in seconds.", known) from None
    if site not in known:
        raise _refused(text, f"there is no site {site!r}.", known)
    if not (outage.from_s >= 0 and outage.length_s > 0):
        raise _refused(text, "FROM must be 0 or more and LENGTH more than 0.", known)
    return outage


def switches(outages: Iterable[Outage]) -> list[Switch]:
    """Return what has to be done, in order."""
    found = []
    for outage in outages:
        found.append(Switch(at_s=outage.from_s, site=outage.site, on=False))
        found.append(Switch(at_s=outage.from_s + outage.length_s, site=outage.site, on=True))
    return sorted(found)


def _refused(text: str, message: str, known: list[str]) -> GatepostError:
    return GatepostError(
        "simulate.outage",
        message,
        place=f"--outage {text}",
        remedy=f"Sites of this run: {', '.join(known)}; for example {known[0]}:10:5.",
    )
