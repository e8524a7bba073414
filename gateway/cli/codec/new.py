"""``gatepost codec new``."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from gateway.cli.codec.group import codec
from gateway.domain.errors import GatepostError

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""What is a dialect's name and a Python module's name at once."""

FILES = {
    "pyproject.toml": "pyproject.toml.tmpl",
    "README.md": "README.md.tmpl",
    "{module}.py": "codec.py.tmpl",
    "fixtures/{name}/first.wire": "first.wire.tmpl",
    "fixtures/{name}/refused.wire": "refused.wire.tmpl",
    "tests/test_codec.py": "test_codec.py.tmpl",
}


@codec.command()
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to make. Default: NAME-gateway.",
)
def new(name: str, into: Path | None) -> None:
    """Write a package for the dialect NAME: codec, transcript, entry point and tests that pass.

    The codec speaks a made-up protocol and reaches bronze as it is. Change it message by message
    into yours, with `gatepost codec check NAME` after each.
    """
    folder = into or Path(f"{name.replace('_', '-')}-gateway")
    write_skeleton(name, folder)
    click.echo(f"Wrote {folder}/. Next:")
    click.echo(f"  cd {folder}")
    click.echo(f"  gatepost codec check {name}      # bronze as it stands")
    click.echo("  gatepost codec identify < capture.hex")
    click.echo(f"  gatepost codec bless {name}      # after you changed the codec or a transcript")


def write_skeleton(name: str, folder: Path) -> None:
    """Write the package; raises GatepostError ``codec.name`` and ``codec.folder``."""
    if not NAME.fullmatch(name):
        raise GatepostError(
            "codec.name",
            f"{name!r} cannot be a dialect's name.",
            place="codec new",
            remedy="Use 1 to 32 of a-z, 0-9 and _, a letter first.",
        )
    if folder.exists() and any(folder.iterdir()):
        raise GatepostError(
            "codec.folder",
            "this folder exists and is not empty.",
            place=str(folder),
            remedy="Name another with --into.",
        )
    words = {"name": name, "module": f"{name}_gateway", "dist": f"{name.replace('_', '-')}-gateway"}
    texts = files("gateway.cli.codec") / "skeleton"
    for place, source in FILES.items():
        target = folder / place.format(**words)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = Template((texts / source).read_text(encoding="utf-8")).substitute(words)
        target.write_text(text, encoding="utf-8")
