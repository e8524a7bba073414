"""``gatepost device``: add, list and show terminals, and say how they are reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gateway.cli.command import give, giving
from gateway.cli.options import config_option, operator, settings_from
from gateway.cli.remote import call


@click.group()
def device() -> None:
    """Add, list and show terminals, and say how they are reached."""


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


@device.command()
@config_option
@click.argument("serial")
@click.option("--url", required=True, help="Such as http://192.0.2.17 or https://192.0.2.17:443.")
@click.option("--user", required=True, help="An account of the terminal that may manage it.")
@click.option(
    "--password-file",
    type=click.File(),
    help="File with the password in its first line, - for standard input; else it is asked for.",
)
@click.option("--certificate", default="", help="SHA-256 of an https terminal's certificate.")
def reach(
    config: Path | None, serial: str, url: str, user: str, password_file: Any, certificate: str
) -> None:
    """Say where the terminal SERIAL is reached and as whom, so that orders can be carried there.

    For terminals that are servers themselves. The password is stored encrypted and never shown.
    """
    if password_file is None:
        password = click.prompt("Password", hide_input=True)
    else:
        password = password_file.readline().rstrip("\r\n")
    kept = call(
        settings_from(config),
        "device.reach",
        serial=serial,
        url=url,
        user=user,
        password=password,
        by=operator(),
        fingerprint=certificate,
    )
    click.echo(f"{kept['serial']} is reached at {kept['url']} as {kept['user']}.")


@device.command()
@config_option
@click.argument("serial")
def unreach(config: Path | None, serial: str) -> None:
    """Forget where the terminal SERIAL is reached."""
    told = call(settings_from(config), "device.unreach", serial=serial, by=operator())
    click.echo("Forgotten." if told["forgotten"] else "Nothing was known.")


@device.command()
@giving
@click.option("--to", required=True, help="Where it reaches this gateway, host:port.")
@click.option("--https", "secure", is_flag=True, help="That port is listen.tls.")
@click.option(
    "--questions",
    type=click.Choice(["off", "answered", "called_back"]),
    help="Whom it asks who may pass; without it that stays as it is.",
)
@click.option("--patience", default=5, show_default=True, help="Seconds it waits for a verdict.")
@click.option("--anyway", is_flag=True, help="Also if it calls itself by another serial number.")
@click.option("--replace", is_flag=True, help="Also if it reports to somebody else now.")
def provision(
    to: str,
    secure: bool,
    questions: str | None,
    patience: int,
    anyway: bool,
    replace: bool,
    **said: Any,
) -> None:
    """Make the terminal SERIAL report to this gateway: set it up, read it back, try it."""
    host, _, port = to.rpartition(":")
    args = {
        "host": host.strip("[]"),
        "port": int(port) if port.isdecimal() else 0,
        "secure": secure,
        "questions": questions,
        "patience_s": patience,
        "whoever": anyway,
        "replace": replace,
    }
    give("provision", args, **said)
