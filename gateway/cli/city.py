"""``gatepost city``: the decision on a city-wide gallery, and its end."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import click

from gateway.cli.options import config_option, moment, operator, settings_from
from gateway.cli.remote import call

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group()
def city() -> None:
    """Decide on a city-wide gallery of faces, for disputes and double enrolment."""


@city.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(config: Path | None, as_json: bool) -> None:
    """Show whether there is such a gallery, and on what it rests."""
    found = call(settings_from(config), "city.show")
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    decision = found["decision"]
    if decision is None:
        click.echo("No decision is in force: there is no city-wide gallery.")
        return
    click.echo(
        f"area {decision['area']}: decided by {decision['decided_by']}, {decision['text_version']},"
        f" noted {moment(decision['noted_ms'])}"
    )
    click.echo(f"{found['people']} people have templates in it.")
    if found["running"] and not found["enabled"]:
        click.echo("The setting city_gallery.enabled is off: nothing is compared or added.")


@city.command()
@config_option
@click.option("--area", required=True, help="Code of the city in the directory.")
@click.option("--text", type=FILE, required=True, help="The paper of the decision.")
@click.option("--decided-by", required=True, help="The office that decided.")
def decide(config: Path | None, area: str, text: Path, decided_by: str) -> None:
    """Note that a city decided on such a gallery; it needs city_gallery.enabled as well."""
    digest = hashlib.sha256(text.read_bytes()).hexdigest()
    call(
        settings_from(config), "city.decide", area=area, text_version=text.stem,
        text_digest=digest, decided_by=decided_by, by=operator(),
    )  # fmt: skip
    click.echo(f"Noted: {decided_by} decided on it by {text.stem}. Nobody is in it yet.")


@city.command()
@config_option
@click.option("--reason", required=True, help="For the audit trail.")
def renew(config: Path | None, reason: str) -> None:
    """Give the gallery another secret; what was copied of it before is worthless then."""
    done = call(settings_from(config), "city.renew", reason=reason, by=operator())
    click.echo(f"Renewed: {done['templates']} templates went through another secret.")


@city.command()
@config_option
@click.option("--reason", required=True, help="For the audit trail.")
def end(config: Path | None, reason: str) -> None:
    """End the decision, and destroy every template, key and case of the gallery."""
    call(settings_from(config), "city.end", reason=reason, by=operator())
    click.echo("Ended: nothing of the city-wide gallery is left.")
