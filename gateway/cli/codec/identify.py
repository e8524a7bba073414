"""``gatepost codec identify``."""

from __future__ import annotations

from typing import BinaryIO

import click

from gateway.cli.codec.group import codec
from gateway.codecs.kit.hextext import read_pieces
from gateway.codecs.kit.identify import identify as identify_pieces
from gateway.codecs.registry import load_dialects

MOST_BYTES = 1 << 20
"""Bytes of input that are looked at; a megabyte of hexadecimal shows what there is to see."""


@codec.command()
@click.argument("capture", type=click.File("rb"), default="-")
def identify(capture: BinaryIO) -> None:
    """Say what the bytes in CAPTURE (default: standard input) may be, and why.

    Takes a binary file, a hexdump, xxd, tcpdump or Wireshark dump, a transcript, or hexadecimal
    anywhere in prose. A line for each message helps most; one that is cut off does no harm.
    """
    pieces = read_pieces(capture.read(MOST_BYTES))
    click.echo(identify_pieces(pieces, load_dialects().dialects.values()).text(), nl=False)
