"""Frames as bytes: pack, check and take apart. Knows no content.

Certain: start 01, a header of little-endian integers, the content, a state byte, end 01. The
content may hold 01 as it likes, so only the length tells where a frame ends. The readable
declaration of the same header is `gateway.codecs.cti.layout`.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from gateway.codecs.cti.registers import State

MARK = 0x01
"""First and last byte."""
VERSION = 0x01
HEAD = Struct("<BIIIBH16s")
"""Start, content length, part index, part count, version, command, session id."""
TAIL = 2
"""State and end."""
OVERHEAD = HEAD.size + TAIL
"""34 bytes of a frame with an empty content."""

LENGTH_AT, LENGTH_SIZE, VERSION_AT = 1, 4, 13


class Frame(NamedTuple):
    """A whole frame."""

    command: int
    session: bytes
    """16 bytes chosen by the terminal; an answer carries them back (certain)."""
    content: bytes
    state: int = State.OK
    part: int = 0
    parts: int = 0
    """Part index and count; both 0 in everything seen (certain). Other values: unknown."""

    @property
    def whole(self) -> bool:
        """Whether it is known to be complete in itself."""
        return self.part == 0 and self.parts == 0


def pack(frame: Frame) -> bytes:
    """Return the frame as it travels."""
    head = HEAD.pack(
        MARK,
        len(frame.content),
        frame.part,
        frame.parts,
        VERSION,
        frame.command,
        frame.session,
    )
    return head + frame.content + bytes((frame.state, MARK))


def parse(raw: bytes) -> Frame:
    """Take apart a frame that the framing found whole and `judge` found good."""
    _, _, part, parts, _, command, session = HEAD.unpack_from(raw)
    return Frame(command, session, raw[HEAD.size : -TAIL], raw[-TAIL], part, parts)


def answer(asked: Frame, content: bytes = b"", state: State = State.OK) -> bytes:
    """Return the answer to a frame: its own header around another content (certain)."""
    return pack(asked._replace(content=content, state=state))


def judge(raw: bytes) -> str | None:
    """Return why bytes of the right length are no frame, else None.

    Only constant bytes are looked at: no checksum covers the header.
    """
    if raw[VERSION_AT] != VERSION:
        return "version"
    return None if raw[-1] == MARK else "syntax"
