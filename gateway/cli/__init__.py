"""The gatepost command."""

from __future__ import annotations

import sys

from gateway.cli.commands import gatepost
from gateway.domain.errors import GatepostError


def main() -> None:
    """Run the command line; an error a person can put right is printed, not traced."""
    try:
        gatepost(standalone_mode=True)
    except GatepostError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(1)
