"""What of frames of the interface may be kept for looking at: all but pictures and the unknown.

Owns which parts of which contents are zeroed; lengths stay, and the XOR byte of a good content is
made to fit again. A frame is believed by its constant bytes only, as nothing else tells one.
"""

from __future__ import annotations

from gateway.codecs.checksum import xor8
from gateway.codecs.cti.attendance import FIXED, PLACED
from gateway.codecs.cti.frame import HEAD, MARK, OVERHEAD, TAIL, VERSION
from gateway.codecs.cti.limits import MOST_CONTENT
from gateway.codecs.cti.registers import ATTENDANCES, LOGINS, Command

_MARK = bytes((MARK,))
PLAIN = LOGINS | {Command.TIME_SYNC, Command.HEARTBEAT}
"""Commands whose documented content holds nothing personal."""


def redact(stream: bytes, cut: bool, head: int) -> bytes:
    """Return the stream of one direction fit to be stored; see `gateway.codecs.api.Redact`."""
    clean = bytearray(stream)
    at = 0
    while at < len(stream):
        size = _content_at(stream, at)
        if size is None:
            end = _next_frame(stream, at + 1)
            start = min(end, at if cut else at + head)
            clean[start:end] = bytes(end - start)
        else:
            cut = False
            begin = at + HEAD.size
            end = min(begin + size + TAIL, len(stream))
            last = min(begin + size, len(stream))
            command = HEAD.unpack_from(stream, at)[5]
            clean[begin:last] = _content(command, stream[begin:last], size, head)
        at = end
    return bytes(clean)


def _content_at(stream: bytes, at: int) -> int | None:
    """Return the size of the content of the frame that begins here; None if none does."""
    if not stream.startswith(_MARK, at) or len(stream) - at < HEAD.size:
        return None
    _, size, part, parts, version, _, _ = HEAD.unpack_from(stream, at)
    if version != VERSION or part or parts or size > MOST_CONTENT:
        return None
    last = at + size + OVERHEAD - 1
    return size if last >= len(stream) or stream[last] == MARK else None


def _next_frame(stream: bytes, at: int) -> int:
    while (at := stream.find(_MARK, at)) >= 0:
        if _content_at(stream, at) is not None:
            return at
        at += 1
    return len(stream)


def _content(command: int, content: bytes, size: int, head: int) -> bytes:
    """Return a content, or the beginning of one, without what is personal."""
    if command in PLAIN:
        kept = content[: 2 * max(head, HEAD.size) + 1]
        return kept + bytes(len(content) - len(kept))
    if command not in ATTENDANCES:
        return content[:head] + bytes(max(0, len(content) - head))
    good = 0 < len(content) == size and not xor8(content)
    clean = _records(content, PLACED.size if command == Command.ATTENDANCE_PLACED else 0)
    return clean[:-1] + bytes((xor8(clean[:-1]),)) if good else clean


def _records(content: bytes, extra: int) -> bytes:
    """Zero the pictures as far as the records go, and all that follows a record that does not."""
    clean = bytearray(content)
    at = 0
    while len(content) - at > FIXED.size:
        *_, size = FIXED.unpack_from(content, at)
        at += FIXED.size
        end = min(at + size, len(content))
        clean[at:end] = bytes(end - at)
        at = end + extra
        if end == len(content):
            break
    return bytes(clean)
