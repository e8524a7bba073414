"""``gatepost codec bless``: expected lines made by the codec, to be reviewed as a diff."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import click

from gateway.cli.codec.group import codec
from gateway.cli.codec.sources import Found, find
from gateway.cli.codec.watchdog import Watchdog
from gateway.codecs.kit.bless import Answer, unread
from gateway.codecs.kit.bless import bless as blessed
from gateway.codecs.kit.case import StillRunning
from gateway.codecs.kit.desk import Desk
from gateway.codecs.stage import Stage
from gateway.codecs.transcript import read_transcript, write_transcript
from gateway.domain.errors import GatepostError

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@codec.command()
@click.argument("name")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.option(
    "--answer",
    is_flag=True,
    help="Write the ! lines of a capture too, as a gateway that takes everything would.",
)
@click.option(
    "--secret-file", type=FILE, help="With --answer: the terminal's secret, in hexadecimal."
)
def bless(
    name: str, files: tuple[Path, ...], dry_run: bool, answer: bool, secret_file: Path | None
) -> None:
    """Play the transcripts of NAME and write the = and < lines that come out.

    People write the header and the >, ! and @ lines. Without FILES all of fixtures/NAME are played.
    The change is shown as a diff: what stands there afterwards is what you vouch for. A transcript
    on which the codec raises is left as it is. --answer leaves transcripts alone that have ! lines.
    With --dry-run the exit status is 1 if anything would change.
    """
    Watchdog().start()
    Stage.inside = True  # importing is the codec's own doing as well
    found = find(name, Path.cwd())
    Stage.inside = False
    paths = files or tuple(sorted((Path("fixtures") / name).glob("*.wire")))
    if not paths:
        raise GatepostError(
            "codec.no_transcripts",
            "there is no transcript (*.wire) to bless.",
            place=f"fixtures/{name}",
            remedy="Write the > lines of a capture into one: docs/vendors/transcripts.md.",
        )
    secret = bytes.fromhex(secret_file.read_text()) if secret_file else None
    changed = 0
    for path in paths:
        desk = Desk(secret) if answer else None
        changed += _bless_file(path, found, dry_run, desk.answer if desk else None)
    click.echo(f"{len(paths)} transcripts, {changed} changed.")
    sys.exit(1 if dry_run and changed else 0)


def _bless_file(path: Path, found: Found, dry_run: bool, answer: Answer | None) -> bool:
    text = path.read_text(encoding="utf-8")
    transcript = read_transcript(text, str(path))
    server = transcript.header.role == "server"
    make = found.dialect.conversation if server else found.hooks.device
    if make is None:
        click.echo(f"{path}: skipped, no hook makes the terminal's side")
        return False
    try:
        played = blessed(transcript, make, found.hooks.requests, answer)
    except StillRunning as stuck:
        raise GatepostError(
            "codec.bless", f"{stuck}.", place=str(path), remedy="Nothing was written."
        ) from None
    if unread(played):
        click.echo(
            f"{path}: the codec ended the conversation ({played.header.closes!r}), so the last"
            f" {unread(played)} messages were not read. If the capture is sound, mend what ended"
            " it: a framing or check that refuses a good message, or a login without its secret"
            " (--secret-file).",
            err=True,
        )
    after = write_transcript(played)
    if read_transcript(after, str(path)) == transcript or after == text:
        return False
    lines = difflib.unified_diff(
        text.splitlines(), after.splitlines(), f"{path}", f"{path} (blessed)", lineterm="", n=1
    )
    click.echo("\n".join(lines))
    if not dry_run:
        path.write_text(after, encoding="utf-8")
    return True
