"""``gatepost matcher``: the networks that recognise faces."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.matcher_evaluate import evaluate
from gateway.cli.options import config_option, settings_from

HEAD = ("ROLE", "MODEL", "VERSION", "LICENCE", "ALGORITHM", "SHA-256", "STATE")
SHOWN = 16
"""Digits of a digest in the table; the records beside the files have all of them."""


@click.group()
def matcher() -> None:
    """Networks that recognise faces; see docs/operators/matcher.md."""


@matcher.command()
@config_option
def prepare(config: Path | None) -> None:
    """Convert the networks once, or check that those converted are unchanged.

    Their files come from the installed packages, or from the folder matcher.files. A converted file
    that was altered is made anew and reported.
    """
    # Imported late: ONNX takes half a second, which no other command should.
    from gateway.database import make_data_root
    from gateway.matcher_parts import registry

    settings = settings_from(config)
    named = registry(settings)
    if settings.matcher.models is None:
        make_data_root(settings)
    rows = [HEAD]
    for one in named.prepare():
        model = one.model
        rows.append(
            (
                model.role.value,
                model.name,
                model.version,
                model.licence,
                str(model.algorithm or "-"),
                one.digest[:SHOWN],
                one.outcome.value,
            )
        )
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    click.echo(f"In {named.folder}.")


matcher.add_command(evaluate)
