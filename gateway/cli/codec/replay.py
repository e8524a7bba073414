"""``gatepost codec replay``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.codec.group import codec
from gateway.cli.options import config_option, settings_from
from gateway.cli.remote import call


@codec.command()
@config_option
@click.argument("name")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    required=True,
    help="Records received since then, UTC.",
)
@click.option("--apply", "apply_", is_flag=True, help="Store what differs as new versions.")
def replay(config: Path | None, name: str, since: datetime, apply_: bool) -> None:
    """Read stored raw records of the dialect NAME again, after its codec was mended.

    Without --apply this is a dry run that shows what would change. With it every difference becomes
    a new version of the passage in the table passage_version; the passage itself is never edited. A
    running gateway reads with the codec it has loaded: restart it first.
    """
    since_ms = int(since.replace(tzinfo=UTC).timestamp() * 1000)
    asked = {"dialect": name, "since_ms": since_ms, "apply": apply_}
    done = call(settings_from(config), "codec.replay", **asked)
    verb = "stored as new versions" if apply_ else "would change"
    click.echo(f"{done['read']} records read, {done['changed']} {verb}.")
    for field, count in done["fields"].items():
        click.echo(f"  {field}: {count}")
    for example in done["examples"]:
        changes = ", ".join(f"{k}: {old} → {new}" for k, (old, new) in example["changes"].items())
        click.echo(f"  passage {example['passage']}: {changes}")
    if done["erased"] or done["unreadable"]:
        click.echo(f"{done['erased']} erased, {done['unreadable']} unreadable: left as they are.")
