"""``gatepost audit``: read the audit trail and prove that nobody changed it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gateway.cli.options import config_option, moment, settings_from
from gateway.cli.remote import call


@click.group()
def audit() -> None:
    """Read the audit trail and prove that nobody changed it."""


@audit.command("list")
@config_option
@click.option("--limit", default=50, show_default=True, help="So many lines, the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(config: Path | None, limit: int, as_json: bool) -> None:
    """List the newest lines, newest first."""
    found = call(settings_from(config), "audit.list", limit=limit)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for line in found:
        click.echo(
            f"{line['seq']:<8}{moment(line['at_ms']):<22}{line['actor']:<16}{line['action']:<16}"
            f"{line['subject']}: {line['detail']}"
        )


@audit.command()
@config_option
def verify(config: Path | None) -> None:
    """Check every line against the one before; exits with 1 where the chain is broken.

    Keep the head that is printed somewhere else: whoever can rewrite the database could rewrite the
    whole chain, but not what you wrote down.
    """
    found = call(settings_from(config), "audit.verify")
    if found["broken"] is not None:
        click.echo(f"Broken at line {found['broken']}: it was changed, or one before was removed.")
        raise SystemExit(1)
    click.echo(f"{found['lines']} lines, each follows from the one before. Head: {found['head']}")
