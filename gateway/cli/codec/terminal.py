"""``gatepost codec check NAME --device …``: examine a maker's terminal instead of a codec."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gateway.cli.examine import dialling, examine, listening
from gateway.codecs.kit.exam import Candidate
from gateway.codecs.kit.hooks import load_hooks
from gateway.domain.errors import GatepostError

DEFAULT_PORT = "7790"
KEY_BYTES = 32
NAMES = ("device", "key_file", "move_doors", "seconds", "patience")
"""Names of the options that `terminal_options` adds."""

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--device",
        metavar="listen[:PORT]|HOST:PORT",
        help="Examine a real terminal instead: wait for it to dial (default port 7790), or dial.",
    ),
    click.option(
        "--key-file",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="With --device: a file with the terminal's key, 64 hexadecimal digits.",
    ),
    click.option(
        "--move-doors", is_flag=True, help="With --device: doors may open; somebody watches."
    ),
    click.option(
        "--seconds",
        type=float,
        default=900.0,
        show_default=True,
        help="With --device: when to end at the latest.",
    ),
    click.option(
        "--patience",
        type=float,
        default=10.0,
        show_default=True,
        help="With --device: seconds to wait for somebody to pass.",
    ),
)


def terminal_options(command: Command) -> Command:
    """Add the options that examine a terminal."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def examine_terminal(
    name: str,
    *,
    device: str,
    key_file: Path | None,
    move_doors: bool,
    seconds: float,
    patience: float,
) -> None:
    """Examine, print the report and exit: with 0 only when every clause that was tried passed."""
    make = load_hooks(name).examine
    if make is None:
        raise GatepostError(
            "codec.no_examiner",
            "this dialect brings no examination of terminals.",
            place=f"codec {name}",
            remedy="Run the check without --device.",
        )
    examiner = make(
        Candidate(
            secret=_key(key_file),
            entropy=os.urandom,
            move_doors=move_doors,
            patience_s=patience,
        )
    )
    host, _, port = device.rpartition(":") if ":" in device else (device, "", DEFAULT_PORT)
    if host == "listen":
        server, connect = listening("", int(port))
        with server:
            click.echo(f"Waiting for the terminal on port {server.getsockname()[1]}.", err=True)
            examine(examiner, connect, seconds)
    else:
        examine(examiner, dialling(host, int(port)), seconds)
    report = examiner.report()
    click.echo(report.text(), nl=False)
    sys.exit(0 if report.passed and examiner.done else 1)


def _key(key_file: Path | None) -> bytes:
    try:
        secret = bytes.fromhex(key_file.read_text().strip()) if key_file is not None else b""
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise GatepostError(
            "codec.key",
            "the terminal's key is needed, 64 hexadecimal digits.",
            place=str(key_file or "--key-file"),
            remedy="Write it into a file that only you can read, and name the file.",
        )
    return secret
