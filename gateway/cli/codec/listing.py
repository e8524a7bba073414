"""``gatepost codec list``."""

from __future__ import annotations

import click

from gateway.cli.codec.group import codec
from gateway.codecs.api import Dialect
from gateway.codecs.registry import load_dialects


@codec.command("list")
def list_() -> None:
    """List the usable dialects, and plug-ins that could not be used with the reason.

    The order is the one in which they are asked whether the first bytes of a connection are theirs.
    """
    found = load_dialects()
    for name, dialect in found.dialects.items():
        click.echo(
            f"{name:<12}{dialect.version:<8}{dialect.reach.value:<12}"
            f"{dialect.summary} ({found.packages[name]}){_experimental(dialect)}"
        )
    for failure in found.failures:
        click.echo(f"{failure.name:<12}unusable ({failure.fault.value}): {failure}")


def _experimental(dialect: Dialect) -> str:
    return f"; experimental: {dialect.experimental}" if dialect.experimental else ""
