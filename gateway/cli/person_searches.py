"""``gatepost person dispute`` and its like: searches of the city, each with a reason."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import click

from gateway.cli.options import config_option, moment, operator, settings_from
from gateway.cli.remote import call
from gateway.domain.city_cases import CaseVerdict
from gateway.people_file import read_photo

FILE = click.Path(path_type=Path, dir_okay=False)
REASON = click.option("--reason", required=True, help="For the audit trail.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@config_option
@click.argument("photo", type=FILE, metavar="FILE")
@REASON
@AS_JSON
def dispute(config: Path | None, photo: Path, reason: str, as_json: bool) -> None:
    """Say whom of the city the face in FILE resembles; it opens no gate and enrols nobody."""
    given = b64encode(read_photo(photo, "FILE")).decode()
    settings = settings_from(config)
    found = call(settings, "person.dispute", photo=given, reason=reason, by=operator())
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(f"person {one['person']}: {one['score']:.3f}")
    click.echo(f"{len(found)} candidates. A score is no proof: look at both.")


@click.command()
@config_option
@click.option("--reason", help="For the audit trail; needed to compare.")
@click.option("--known", is_flag=True, help="Compare nothing; list what was found before.")
@AS_JSON
def duplicates(config: Path | None, reason: str | None, known: bool, as_json: bool) -> None:
    """Find people of the city who have one face under two numbers.

    Pairs settled as different people are left out, unless --known asks for all.
    """
    settings = settings_from(config)
    if known:
        found = call(settings, "person.cases")
    elif reason is None:
        raise click.UsageError("give --reason, or --known")
    else:
        found = call(settings, "person.duplicates", reason=reason, by=operator())
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(case_line(one))
    click.echo(f"{len(found)} pairs.")


@click.command()
@config_option
@click.argument("case", type=int)
@click.option(
    "--as",
    "verdict",
    type=click.Choice([one.value for one in CaseVerdict]),
    required=True,
    help="One person under two numbers, or two who look alike.",
)
@REASON
def settle(config: Path | None, case: int, verdict: str, reason: str) -> None:
    """Note what came of CASE; nothing is merged, dismissed or enrolled by it."""
    settings = settings_from(config)
    one = call(settings, "person.settle", case=case, verdict=verdict, reason=reason, by=operator())
    click.echo(f"Noted: {case_line(one)}")


def case_line(one: dict[str, Any]) -> str:
    """Write a pair as one line."""
    person, other = one["people"]
    verdict = one["verdict"] or "open"
    return (
        f"case {one['reference']}: person {person} and person {other}, {one['score']:.3f}, "
        f"{moment(one['found_ms'])}, {verdict}"
    )
