"""``gatepost device``: add, list and show terminals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gateway.cli.options import config_option, settings_from
from gateway.cli.remote import call


@click.group()
def device() -> None:
    """Add, list and show terminals."""


@device.command()
@config_option
@click.argument("serial")
@click.option("--supplier", required=True, help="Code of a listed supplier.")
@click.option("--model", required=True, help="Name of one of its listed models.")
@click.option("--dialect", default="yls", show_default=True, help="Protocol it speaks.")
@click.option("--project", help="Code of the project it hangs in; needs --channel.")
@click.option("--channel", help="Name of the channel it hangs on.")
@click.option(
    "--direction", type=click.Choice(["in", "out", "two-way"]), default="two-way", show_default=True
)
@click.option("--secret", help="Its key, 64 hexadecimal digits; without it one is drawn.")
def add(config: Path | None, **fields: Any) -> None:
    """Register the terminal SERIAL and print its key, this once.

    The key is what the terminal proves its identity with. It is stored encrypted and can never be
    printed again: put it into the terminal now. Some makers' terminals take a path and a password
    made from it instead; those are printed then.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    added = call(settings_from(config), "device.add", **given)
    click.echo(f"Registered {added['serial']} ({added['model']}, {added['state']}).")
    for field, content in added.get("typed_in", ()):
        click.echo(f"{field}: {content}")
    if "secret" in added:
        click.echo(f"Key: {added['secret']}")


@device.command("list")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(config: Path | None, as_json: bool) -> None:
    """List every registered terminal."""
    devices = call(settings_from(config), "device.list")
    if as_json:
        click.echo(json.dumps(devices, indent=2))
        return
    for entry in devices:
        click.echo(
            f"{entry['serial']:<34}{entry['supplier']:<12}{entry['model']:<24}{entry['state']}"
        )
    click.echo(f"{len(devices)} devices.")


@device.command()
@config_option
@click.argument("serial")
def show(config: Path | None, serial: str) -> None:
    """Show where the terminal SERIAL hangs and what is stored of it."""
    click.echo(json.dumps(call(settings_from(config), "device.show", serial=serial), indent=2))
