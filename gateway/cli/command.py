"""``gatepost command``: give orders to terminals and see what came of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gateway.cli.options import config_option, moment, operator, settings_from
from gateway.cli.remote import call

ACTIONS = ("close", "pulse", "hold_open", "hold_locked", "schedule", "evacuate")
TOPICS = ("identity", "abilities", "clock", "reporting", "questions")
Give = Callable[..., None]


@click.group()
def command() -> None:
    """Give orders to terminals and see what came of them.

    An order is stored, sent once the terminal is there and has no other, and never sent twice if it
    moves something: where no answer came, its state is `unknown` and somebody has to look.
    """


def giving(command: Give) -> Give:
    """Add what every order can be told."""
    for option in (
        click.option("--reason", default="", help="Why; orders that move something need one."),
        click.option(
            "--within",
            default=60.0,
            show_default=True,
            help="Seconds it may wait for the terminal to be there.",
        ),
        click.option(
            "--wait", default=15.0, show_default=True, help="Seconds to wait for the outcome."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.argument("serial"),
        config_option,
    ):
        command = option(command)
    return command


action_option = click.option(
    "--action", type=click.Choice(ACTIONS), default="pulse", show_default=True
)
seconds_option = click.option(
    "--seconds", type=float, help="How long; without it the terminal's own setting."
)


@command.command()
@giving
@click.option("--door", default=1, show_default=True, help="Number of the door.")
@action_option
@seconds_option
def door(door: int, action: str, seconds: float | None, **said: Any) -> None:
    """Move a door of the terminal SERIAL."""
    give("door", {"door": door, "action": action, **_duration(seconds)}, **said)


@command.command()
@giving
@click.option("--relay", default=1, show_default=True, help="Number of the relay.")
@action_option
@seconds_option
def relay(relay: int, action: str, seconds: float | None, **said: Any) -> None:
    """Switch a relay of the terminal SERIAL that is no door."""
    give("relay", {"relay": relay, "action": action, **_duration(seconds)}, **said)


@command.command()
@giving
def reboot(**said: Any) -> None:
    """Start the terminal SERIAL anew."""
    give("reboot", {}, **said)


@command.command()
@giving
@click.option("--text", required=True, help="At most 64 bytes.")
@click.option("--voice", type=int, help="Number of an announcement of the terminal's.")
@seconds_option
def prompt(text: str, voice: int | None, seconds: float | None, **said: Any) -> None:
    """Show a text on the screen of the terminal SERIAL."""
    give("prompt", {"text": text, "voice": voice, **_duration(seconds)}, **said)


@command.command()
@giving
@click.option("--person", type=int, required=True, help="Number of the person.")
@click.option(
    "--means",
    type=click.Choice(("face", "iris")),
    multiple=True,
    default=("face",),
    show_default=True,
    help="What to capture; may be repeated.",
)
@click.option("--seconds", default=60, show_default=True, help="How long the person has.")
def enrol(person: int, means: tuple[str, ...], seconds: int, **said: Any) -> None:
    """Have the terminal SERIAL capture a person.

    Done means that it begins. What it captures waits for somebody else's approval: see
    `gatepost person review`.
    """
    give("enrol", {"person": person, "means": list(means), "seconds": seconds}, **said)


@command.command()
@giving
def status(**said: Any) -> None:
    """Ask the terminal SERIAL what its record store holds."""
    give("status", {}, **said)


@command.command()
@giving
@click.option("--topic", type=click.Choice(TOPICS), default="identity", show_default=True)
def describe(topic: str, **said: Any) -> None:
    """Ask the terminal SERIAL what it is, what it can, or how it is set."""
    give("describe", {"topic": topic}, **said)


@command.command()
@giving
def clock(**said: Any) -> None:
    """Set the clock of the terminal SERIAL to ours."""
    give("clock", {}, **said)


@command.command()
@giving
@click.option("--first", type=int, required=True, help="Number of the first record.")
@click.option("--last", type=int, required=True, help="Number of the last record.")
def search(first: int, last: int, **said: Any) -> None:
    """Search the memory of the terminal SERIAL for records; those found are stored."""
    give("search", {"first": first, "last": last}, **said)


@command.command()
@giving
def people(**said: Any) -> None:
    """List whom the terminal SERIAL knows, by number."""
    give("people", {}, **said)


@command.command("person-put")
@giving
@click.option("--person", type=int, required=True, help="Number of the person.")
@click.option("--without-face", is_flag=True, help="Send no photo: number, name and days only.")
def person_put(person: int, without_face: bool, **said: Any) -> None:
    """Have the terminal SERIAL know a person, with the enrolment photo.

    Name, days and photo are looked up when the order leaves, and so is whether they may.
    """
    give("person_put", {"person": person, "face": not without_face}, **said)


@command.command("person-remove")
@giving
@click.option("--person", type=int, required=True, help="Number of the person.")
def person_remove(person: int, **said: Any) -> None:
    """Have the terminal SERIAL forget a person, with face and cards."""
    give("person_remove", {"person": person}, **said)


@command.command()
@giving
@click.option(
    "--file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="The image; the gateway reads it when the order leaves.",
)
def firmware(file: Path, **said: Any) -> None:
    """Have the terminal SERIAL install an image, restart, and say what it runs.

    That takes minutes: see `gatepost command show` for what came of it.
    """
    with file.open("rb") as image:
        digest = hashlib.file_digest(image, "sha256").hexdigest()
    give("firmware", {"file": str(file), "digest": digest}, **said)


@command.command("config-read")
@giving
@click.option("--key", "keys", multiple=True, help="Hexadecimal; without it all.")
def config_read(keys: tuple[str, ...], **said: Any) -> None:
    """Read settings of the terminal SERIAL."""
    give("config_read", {"keys": list(keys)}, **said)


@command.command("config-write")
@giving
@click.option("--set", "values", multiple=True, required=True, help="KEY=VALUE, both hexadecimal.")
def config_write(values: tuple[str, ...], **said: Any) -> None:
    """Change settings of the terminal SERIAL, all of them or none."""
    pairs = [value.partition("=") for value in values]
    give("config_write", {"values": {key: data for key, _, data in pairs}}, **said)


@command.command("list")
@config_option
@click.option("--serial", help="Only of this terminal.")
@click.option("--open", "open_only", is_flag=True, help="Only what is not over.")
@click.option("--limit", default=50, show_default=True, help="So many, the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(
    config: Path | None, serial: str | None, open_only: bool, limit: int, as_json: bool
) -> None:
    """List orders, the newest first."""
    found = call(
        settings_from(config), "command.list", serial=serial, open_only=open_only, limit=limit
    )
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        click.echo(
            f"{one['number']:<8}{moment(one['issued_ms']):<22}{one['serial']:<34}"
            f"{one['kind']:<14}{one['state']:<12}{one['code']}"
        )
    click.echo(f"{len(found)} orders.")


@command.command()
@config_option
@click.argument("number", type=int)
def show(config: Path | None, number: int) -> None:
    """Show everything about the order NUMBER."""
    found = call(settings_from(config), "command.show", number=number)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@command.command()
@config_option
@click.argument("number", type=int)
def cancel(config: Path | None, number: int) -> None:
    """Cancel the order NUMBER if it still waits."""
    found = call(settings_from(config), "command.cancel", number=number, by=operator())
    _tell(found, as_json=False)
    if found["state"] != "cancelled":
        raise SystemExit(1)


def _duration(seconds: float | None) -> dict[str, int]:
    return {} if seconds is None else {"duration_ms": round(seconds * 1000)}


def give(
    kind: str,
    args: dict[str, Any],
    *,
    config: Path | None,
    serial: str,
    reason: str,
    within: float,
    wait: float,
    as_json: bool,
) -> None:
    """Give an order, wait for its outcome and tell it; exits with 1 unless it was done."""
    settings = settings_from(config)
    given = call(
        settings,
        "command.give",
        serial=serial,
        kind=kind,
        args={name: value for name, value in args.items() if value is not None},
        by=operator(),
        reason=reason,
        within_s=within,
    )
    if wait > 0:
        given = call(settings, "command.wait", number=given["number"], seconds=wait)
    _tell(given, as_json=as_json)
    if wait > 0 and given["state"] != "done":
        raise SystemExit(1)


def _tell(one: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(one, indent=2, ensure_ascii=False))
        return
    code = f" ({one['code']})" if one["code"] not in ("", "ok") else ""
    click.echo(f"Order {one['number']} to {one['serial']}: {one['state']}{code}.")
    for name, value in (one["result"] or {}).items():
        click.echo(f"{name}: {value}")
