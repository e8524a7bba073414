"""``gatepost codec check``: whether a codec keeps its promises, tried in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from gateway.cli.codec.group import codec
from gateway.cli.codec.terminal import NAMES, examine_terminal, terminal_options
from gateway.codecs.kit.fuzz import FEWEST_SECONDS
from gateway.codecs.kit.report import Finding, Report, Verdict
from gateway.codecs.kit.tiers import Tier, reached, tiered
from gateway.domain.errors import GatepostError

CPU_SECONDS = 55
"""Processor time of a check without fuzzing."""
FUZZ_SECONDS = 3.0
"""Of a check that does not ask for silver."""
WALL_FACTOR = 6
"""A busy machine may take so many times the processor time; then a codec counts as asleep."""


@codec.command()
@click.argument("name")
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with the dialect's transcripts. Default: fixtures/NAME.",
)
@click.option(
    "--tier",
    type=click.Choice(["bronze", "silver", "gold"]),
    default="bronze",
    show_default=True,
    help="The tier that must be reached for exit status 0.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of generated cases.")
@click.option("--effort", type=int, default=1, show_default=True, help="Multiplies the cases.")
@click.option("--fuzz", type=float, help="Seconds of fuzzing. Default: 3, for silver 60.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@terminal_options
def check(name: str, tier: str, as_json: bool, **options: Any) -> None:
    """Check the dialect NAME and say which tier it has reached.

    Bronze: it reads what was recorded, acknowledges nothing early, and hurts no gateway. Silver: no
    record is counted twice or mistaken, and later firmware does not stop it. Gold: it is simulated,
    and does everything the gateway asks of a terminal. Each failure comes with the bytes that show
    it and with what to mend. Needs no network; without --tier silver it takes less than a minute.

    With --device a maker's terminal is examined against the protocol's clauses, over plain TCP:
    each passes, fails, or is listed as not exercised with the reason.
    """
    examination = {given: options.pop(given) for given in NAMES}
    if examination["device"] is not None:
        examine_terminal(name, **examination)
    wanted = Tier[tier.upper()]
    fuzz = options.pop("fuzz")
    if fuzz is None:
        fuzz = FEWEST_SECONDS if wanted >= Tier.SILVER else FUZZ_SECONDS
    report = tried(name, fuzz=fuzz, **options)
    best = reached(report.findings)
    if as_json:
        each = [
            {"code": f.code, "verdict": f.verdict.value, "detail": f.detail}
            for f in report.findings
        ]
        answer = {"dialect": report.dialect, "tier": best.name.lower(), "findings": each}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        click.echo(tiered(report), nl=False)
    sys.exit(0 if best >= wanted else 1)


def tried(
    name: str, *, fuzz: float, fixtures: Path | None = None, seed: int = 1, effort: int = 1
) -> Report:
    """Check in a process of its own; raises GatepostError when there is nothing to check.

    Whatever the codec does to that process, the answer is a report.
    """
    seconds = effort * CPU_SECONDS + int(fuzz)
    order = {
        "name": name,
        "fixtures": str(fixtures) if fixtures else "",
        "seed": seed,
        "effort": effort,
        "fuzz": fuzz,
        "seconds": seconds,
    }
    command = [sys.executable, "-m", "gateway.cli.codec.bench", json.dumps(order)]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=WALL_FACTOR * seconds)
            ending = _ending(process.returncode, seconds)
        except subprocess.TimeoutExpired as late:
            process.kill()
            said, _ = process.communicate()
            ending = f"did not end within {late.timeout:.0f} s: it waits for something"
    return _report(name, said, ending)


def _ending(code: int, seconds: int) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"used more than {seconds} s of processor time and was stopped"
    if code < 0:
        return f"ended the process by {signal.Signals(-code).name}"
    return f"ended the process with exit status {code}: it has no say in that (sys.exit, os._exit)"


def _report(name: str, said: str, ending: str) -> Report:
    begun = "import"
    for line in said.splitlines():
        told = json.loads(line)
        begun = told.get("begins", begun)
        if "error" in told:
            code, message, place, remedy = told["error"]
            raise GatepostError(code, message, place=place, remedy=remedy)
        if "findings" in told:
            findings = (
                Finding(**{**f, "verdict": Verdict(f["verdict"])}) for f in told["findings"]
            )
            return Report(dialect=told["dialect"], findings=tuple(findings))
        ending = told.get("stuck", ending)
    where = "while it was imported" if begun == "import" else f"during {begun}"
    finding = Finding(
        code="P0" if begun == "import" else begun,
        title="the codec lets the check come to an end",
        verdict=Verdict.FAILED,
        detail=f"{ending} ({where})",
    )
    return Report(dialect=name, findings=(finding,))
