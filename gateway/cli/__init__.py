"""The gatepost command."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from gateway.cli.commands import gatepost
from gateway.domain.errors import GatepostError


def main() -> None:
    """Run the command line; an error a person can put right is printed, not traced."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 shows what it can
    try:
        gatepost(standalone_mode=True)
    except GatepostError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except OSError as error:  # a file that is not there, a full disk
        if error.filename is None:
            raise
        told = GatepostError("system.refused", f"{error.strerror}.", place=str(error.filename))
        print(told, file=sys.stderr)  # noqa: T201
        sys.exit(1)
