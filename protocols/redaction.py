"""Taking personal and secret bytes out of a capture before anybody stores it; lengths stay.

What is secret only the dialect knows (`gateway.codecs.api.Dialect.redact`). Without its word, or
when its word cannot be used, little more than the heads of frames is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from gateway.codecs.api import Redact

from gateway.domain.captures import Piece, Redaction

Cut = Sequence[bool]
"""For bytes sent (0) and received (1): whether they need not begin with a frame."""


def redacted(
    pieces: Sequence[Piece], cut: Cut, head: int, by: Redact | None
) -> tuple[tuple[Piece, ...], Redaction]:
    """Return the pieces without what nobody may store, and who decided what that is."""
    if by is not None:
        done = _by_dialect(pieces, cut, head, by)
        if done is not None:
            return done, Redaction.DIALECT
    return _by_head(pieces, cut, head), Redaction.HEAD


def _by_dialect(
    pieces: Sequence[Piece], cut: Cut, head: int, by: Redact
) -> tuple[Piece, ...] | None:
    """Return None when the dialect raises or changes a length: a codec is not to be trusted."""
    clean: dict[bool, bytes] = {}
    for inward in (False, True):
        stream = b"".join(piece.data for piece in pieces if piece.inward is inward)
        try:
            clean[inward] = by(stream, cut[inward], head)
        except Exception:
            return None
        if len(clean[inward]) != len(stream):
            return None
    return _dealt_out(pieces, clean)


def _by_head(pieces: Sequence[Piece], cut: Cut, head: int) -> tuple[Piece, ...]:
    """Keep the first bytes of every run in one direction, none of a run that begins anywhere.

    A frame may come in many reads, so each read having a head of its own would keep a picture's.
    """
    done: list[Piece] = []
    fresh = [not begins_anywhere for begins_anywhere in cut]
    for inward, run in groupby(pieces, key=lambda piece: piece.inward):
        left = head if fresh[inward] else 0
        fresh[inward] = True
        for piece in run:
            kept = piece.data[:left]
            left -= len(kept)
            done.append(piece._replace(data=kept + bytes(len(piece.data) - len(kept))))
    return tuple(done)


def _dealt_out(pieces: Sequence[Piece], clean: dict[bool, bytes]) -> tuple[Piece, ...]:
    """Cut the two clean streams where the pieces were cut."""
    at = {False: 0, True: 0}
    done = []
    for piece in pieces:
        start = at[piece.inward]
        at[piece.inward] = end = start + len(piece.data)
        done.append(piece._replace(data=clean[piece.inward][start:end]))
    return tuple(done)
