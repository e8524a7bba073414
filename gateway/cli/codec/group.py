"""The group to which the commands add themselves."""

from __future__ import annotations

import click


@click.group()
def codec() -> None:
    """Write a codec and check it.

    A dialect NAME is one that is installed, or one that the pyproject.toml in the working directory
    declares, so that nothing need be installed while it is being written.
    """
