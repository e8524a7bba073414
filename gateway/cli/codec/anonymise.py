"""``gatepost codec anonymise``."""

from __future__ import annotations

import random
from pathlib import Path

import click

from gateway.cli.codec.group import codec
from gateway.cli.codec.sources import find
from gateway.codecs.kit.anonymise import anonymise as anonymous
from gateway.codecs.transcript import read_transcript, write_transcript


@codec.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout.")
@click.option("--also", multiple=True, metavar="VALUE", help="A value that no event shows.")
def anonymise(name: str, file: Path, out: Path | None, also: tuple[str, ...]) -> None:
    """Replace what identifies a terminal or a person in the transcript FILE of NAME.

    Serial numbers and claims become others of the same shape and width, in every spelling in which
    they stand in frames (text in five encodings, BCD, integers); pictures are blanked. Checksums
    are renewed, and the codec plays the result to prove that it does what it did. Which value
    became which is written nowhere. Comments at changed lines are dropped: read the others.
    """
    found = find(name, Path.cwd())
    transcript = read_transcript(file.read_text(encoding="utf-8"), str(file))
    done = anonymous(
        transcript, found.dialect.conversation, random.SystemRandom(), found.hooks, also
    )
    text = write_transcript(done.transcript)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
    click.echo(f"{done.replaced} values replaced, {done.pictures} pictures blanked.", err=True)
