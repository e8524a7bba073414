"""V6 and V8: how well the shipped networks tell the people of the ORL set apart, by one command.

No round differs from another, networks and drawings are the same each time; so there is one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from gateway.matcher.evaluation.limits import upper_limit

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result

COMMAND = "gatepost matcher evaluate --orl"
SHOWN = "fmr 0.0001 shown"
IN_USE = "1:1 in use"
ASKED = "asked for"
ROUNDED = 0.005
MILLION = 1e6

REFERENCE = {
    "0.36": 0.00,
    "0.4": 0.06,
    "0.45": 0.61,
    "0.48": 1.22,
    "0.52": 1.89,
    "fmr 0.001": 0.11,
    "fmr 0.0001": 0.72,
}
"""Percent of genuine comparisons missed in a first study of these networks on these pictures, with
other code for cutting faces out: at fixed thresholds, and at those of a rate of false matches."""
DERIVED = ("fmr 0.001", "fmr 0.0001")
REFERENCE_EQUAL, REFERENCE_DECIDABILITY = 0.110, 7.11

REPRODUCED = Goal(
    name="reference figures outside our interval of 95 %, of 7", better="less", must=0
)
EQUAL = Goal(name="equal error rate", better="less", must=None, unit="%")
FAILED = Goal(name="pictures without a template", better="less", must=0)

FALSE_MATCHES = Goal(
    name="FMR at the shipped 1:1 threshold, upper limit", better="less", must=100, unit="in 10⁶"
)
"""R-083: below 0.01 %."""
MISSES = Goal(
    name="FNMR where FMR < 10⁻⁴ is shown, upper limit",
    better="less",
    must=1.0,
    stretch=0.5,
    unit="%",
)
"""R-083: accuracy over 99 %."""


def measure(bench: Bench) -> list[Result]:
    """Evaluate 400 pictures of 40 persons."""
    del bench
    asked = [word for name in REFERENCE if name not in DERIVED for word in ("--threshold", name)]
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        _run(folder, "prepare")
        report = json.loads(_run(folder, "evaluate", "--orl", "--json", *asked))
    return [reproduced(report), required(report)]


def reproduced(report: dict[str, Any]) -> Result:
    """Hold the misses against those measured before, each within its own uncertainty."""
    figures = report["figures"]
    points = _points(report)
    missed = {name: points[name]["fnmr"] for name in REFERENCE}
    outside = [name for name, rate in missed.items() if not _holds(rate, REFERENCE[name])]
    return Result(
        row="V6",
        what="accuracy on the ORL set, 1:1, 1,800 genuine and 78,000 impostor comparisons, against "
        "a first measurement",
        ours=f"FNMR {missed[DERIVED[1]]['rate']:.2%} where FMR is 10⁻⁴, d' "
        f"{figures['decidability']:.2f}",
        limit=f"FNMR {REFERENCE[DERIVED[1]]:.2f}%, d' {REFERENCE_DECIDABILITY:.2f}: the same "
        "networks, other code",
        checks=[
            _check(REPRODUCED, len(outside)),
            _check(EQUAL, figures["equal_error"]["rate"] * 100),
            _check(FAILED, report["acquisition"]["errors"]),
        ],
        bound="Where faces are cut out, and by how much small pictures are enlarged first, decides "
        "some of the misses; each figure here rests on 0 to 35 of them.",
        notes=[
            f"by `{COMMAND}`; converted SHA-256 of the embedder {_embedder(report)}",
            *(
                f"FNMR at {name}: {_in_interval(rate)}; reference {REFERENCE[name]:.2f}%"
                for name, rate in missed.items()
            ),
            f"equal error rate of the reference: {REFERENCE_EQUAL:.3f}%",
        ],
    )


def required(report: dict[str, Any]) -> Result:
    """Say how much of what R-083 asks of a terminal this set shows for the gateway."""
    points = _points(report)
    in_use, shown = points[IN_USE], points[SHOWN]
    return Result(
        row="V8",
        what="what R-083 asks, accuracy over 99 % with a false acceptance below 0.01 %, as far as "
        "the ORL set shows it",
        ours=f"{in_use['fmr']['errors']} false matches and {in_use['fnmr']['errors']} misses at "
        f"{in_use['threshold']}",
        limit=f"FMR {upper_limit(0, report['figures']['impostor']) * MILLION:.0f} in 10⁶ and FNMR "
        f"{upper_limit(0, report['figures']['genuine']):.2%}: the least that so many comparisons "
        "can show",
        checks=[
            _check(FALSE_MATCHES, in_use["fmr"]["upper"] * MILLION),
            _check(MISSES, shown["fnmr"]["upper"] * 100),
        ],
        bound="The network: it is small and permissively licensed. The set is 40 persons, so the "
        "misses of one or two of them make most of the FNMR. The first measurement shows no more.",
        notes=[
            f"FNMR where FMR < 10⁻⁴ is shown: {_limited(shown['fnmr'])}",
            f"FNMR at the shipped threshold: {_limited(in_use['fnmr'])}",
            "not measured: larger galleries, irises, a site; see docs/operators/calibration.md",
        ],
    )


def _points(report: dict[str, Any]) -> dict[str, Any]:
    """Return the points by name, those that were asked for by their threshold."""
    points = report["figures"]["points"]
    return {
        f"{point['threshold']:g}" if point["name"] == ASKED else point["name"]: point
        for point in points
    }


def _holds(rate: dict[str, Any], percent: float) -> bool:
    """Say whether a figure printed with two decimals lies in the exact interval."""
    low, high = rate["exact"]
    return bool(low * 100 - ROUNDED <= percent <= high * 100 + ROUNDED)


def _in_interval(rate: dict[str, Any]) -> str:
    low, high = rate["exact"]
    return f"{rate['rate']:.2%} ({low:.2%} … {high:.2%}, exact)"


def _embedder(report: dict[str, Any]) -> str:
    return str(next(model["converted"] for model in report["models"] if model["algorithm"]))


def _limited(rate: dict[str, Any]) -> str:
    return f"{rate['rate']:.2%}, with 95 % confidence at most {rate['upper']:.2%}"


def _check(goal: Goal, value: float) -> Check:
    return Check(goal=goal, rounds=[value])


def _run(folder: str, *words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "matcher", *words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "GATEPOST_GATEWAY__DATA_DIR": folder},
    )
    return ran.stdout


MEASUREMENTS = (Measurement(rows=("V6", "V8"), work=measure),)
