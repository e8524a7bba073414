"""``gatepost person filing``: how many people's faces are stored, and what the law wants then."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gateway.cli.options import config_option, moment, operator, settings_from
from gateway.cli.remote import call


@click.command()
@config_option
@click.option("--filed", "filed_as", help="Note that it was filed, under this number or date.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def filing(config: Path | None, filed_as: str | None, as_json: bool) -> None:
    """Show how many people's faces are stored, and whether that must be filed."""
    settings = settings_from(config)
    if filed_as is None:
        found = call(settings, "filing.show")
    else:
        found = call(settings, "filing.filed", filed_as=filed_as, by=operator())
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    click.echo(
        f"{found['people']} people; a filing is due from {found['duty_from']} on"
        f" (warning from {found['warning_from']})."
    )
    if found["filed_ms"] is not None:
        click.echo(f"Filed {moment(found['filed_ms'])}: {found['filed_as']}.")
    elif found["due_ms"] is not None:
        late = " That is over." if found["state"] == "overdue" else ""
        click.echo(
            f"Reached {moment(found['reached_ms'])}; file before {moment(found['due_ms'])}.{late}"
        )
