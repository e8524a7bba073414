"""The table of commands, each imported only when it is wanted: start-up time is felt."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version

import click

COMMANDS = {
    "serve": "Run the gateway until SIGTERM or Ctrl-C.",
    "init": "Write a commented configuration.",
    "device": "Add, list and show terminals.",
    "directory": "Import suppliers, models, projects, channels and devices.",
    "person": "Add people, note what they agree to, and enrol their photos.",
    "city": "Decide on a city-wide gallery of faces, for disputes and double enrolment.",
    "decisions": "See what was decided at the gates, and why.",
    "simulate": "Play a scripted day of simulated terminals and verify what was stored.",
    "capture": "Look at input that did not decode, and record what a terminal says.",
    "command": "Give orders to terminals and see what came of them.",
    "audit": "Read the audit trail and prove that nobody changed it.",
    "matcher": "Prepare the networks that recognise faces.",
    "codec": "Identify captures, write codecs and check them.",
    "demo": "Show a morning at the gates: 200 terminals, an outage, a kill -9.",
}


class Commands(click.Group):
    """A group whose members are modules of this package by the same name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"gateway.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("gatepost"), prog_name="gatepost")
def gatepost() -> None:
    """Gatepost: a device-protocol gateway for construction-site attendance terminals.

    Start with `gatepost demo` to see it work, or `gatepost init` and `gatepost serve` to run it.
    """
