"""Which of several dialects a connection speaks, judged by its first bytes alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.codecs.api import Dialect

HEAD = 8
"""Bytes after which a dialect that still cannot decide is taken as "not ours"."""


class Unrecognised(Exception):
    """No dialect served here begins like this."""


Blame = Callable[[Dialect, Exception], None]
"""Told of a dialect whose ``opening`` raised."""


def recognise(dialects: Sequence[Dialect], head: bytes, blame: Blame) -> Dialect | None:
    """Return the first dialect that claims ``head``, or None to wait for more bytes.

    An earlier dialect that is still undecided is waited for: the order is the precedence. One
    whose ``opening`` raises is passed over, so that a broken plug-in hurts no other's terminals.
    Raises Unrecognised when none can claim it any more.
    """
    for dialect in dialects:
        try:
            verdict = dialect.opening(head[:HEAD])
        except Exception as error:
            blame(dialect, error)
            continue
        if verdict is True:
            return dialect
        if verdict is None and len(head) < HEAD:
            return None
    raise Unrecognised
