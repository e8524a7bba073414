"""``gatepost serve``: run the gateway."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.options import config_option, settings_from


@click.command()
@config_option
def serve(config: Path | None) -> None:
    """Run the gateway until SIGTERM or Ctrl-C, then drain and stop.

    Without a configuration it listens on loopback and starts its own PostgreSQL in the data
    directory. Logs are JSON lines on standard error.
    """
    settings = settings_from(config)
    # Imported late: it installs the reactor's modules, which no other command needs.
    from gateway.runtime import run

    run(settings)
