"""What a dialect declares: its time basis (P18) and its first bytes (P19)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.codecs.api import Dialect
from gateway.codecs.kit.case import Case, Tally
from gateway.codecs.kit.report import Finding

STRANGERS = 256


def time_basis(case: Case) -> Finding:
    """P18: the dialect says what its event times are counted in."""
    tally = Tally("P18", "the time basis is declared")
    tally.cases = 1
    if case.dialect.time_basis is None:
        return tally.failed("Dialect(time_basis=…) is missing: TimeBasis.UTC, LOCAL, …")
    return tally.passed(case.dialect.time_basis.value)


def first_bytes(case: Case) -> Finding:
    """P19: no other dialect claims its connections, and it does not claim everything."""
    tally = Tally("P19", "its first bytes are its own among all installed dialects")
    strangers = [case.dice.randbytes(8) for _ in range(STRANGERS)]
    # One that claims everything is told so by its own check; here it would hide all others.
    polite = [other for other in case.bench.others if not _greedy(other, strangers)]
    for golden in case.goldens:
        header = golden.transcript.header
        first = next((data for _, data in golden.frames()), None)
        if header.role == "device" or header.closes or header.resync or first is None:
            continue
        tally.cases += 1
        name = golden.transcript.name
        if case.dialect.opening(first[:8]) is not True:
            return tally.failed(f"{name}: opening() does not claim its first 8 bytes")
        for other in polite:
            if other.opening(first[:8]) is True:
                return tally.failed(
                    f"{name}: {other.name} claims {first[:8].hex(' ')} too;"
                    " look at more of the first eight bytes"
                )
    if _greedy(case.dialect, strangers):
        return tally.failed(
            f"opening() claims more than an eighth of {STRANGERS} random beginnings: on a shared"
            " port it would take other dialects' terminals"
        )
    return tally.passed()


def _greedy(dialect: Dialect, strangers: Sequence[bytes]) -> bool:
    return sum(dialect.opening(one) is True for one in strangers) > len(strangers) // 8
