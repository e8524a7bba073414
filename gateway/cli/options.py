"""Options that several commands share, and who gives them."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from gateway.config import load
from gateway.settings import Settings

DEFAULT_FILE = Path("gatepost.toml")

Command = TypeVar("Command", bound=Callable[..., Any])


def config_option(command: Command) -> Command:
    """Add ``--config``; without it ``gatepost.toml`` in the working directory is read, if any."""
    return click.option(
        "--config",
        "config",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="GATEPOST_CONFIG",
        show_envvar=True,
        help=f"Configuration file. Default: {DEFAULT_FILE} in the working directory, if it exists.",
    )(command)


def settings_from(config: Path | None) -> Settings:
    """Load the settings; raises GatepostError naming every mistake."""
    if config is None and DEFAULT_FILE.exists():
        config = DEFAULT_FILE
    environ = {key: value for key, value in os.environ.items() if key != "GATEPOST_CONFIG"}
    return load(config, environ)


def operator() -> str:
    """Return who gives the command, for the log and the audit trail."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def moment(ms: float) -> str:
    """Write milliseconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
