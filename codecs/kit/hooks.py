"""What a dialect may give the conformance kit beyond its transcripts.

Owns the shapes only. Every hook is optional; a check that needs a missing one reports that it does
not apply. Hooks are found under the dialect's name in the entry-point group
``gateway.codecs.hooks``, so that nothing of them is loaded where the gateway runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from gateway.codecs.kit.exam import Candidate, Examiner
from gateway.codecs.replay import Make

GROUP = "gateway.codecs.hooks"
"""Entry-point group of conformance hooks; the entry's name is the dialect's name."""


class Dice(Protocol):
    """A seeded source of choices; `random.Random` is one. Codecs may not import ``random``."""

    def randrange(self, start: int, stop: int, /) -> int:
        """Return a number ≥ ``start`` and < ``stop``."""

    def randbytes(self, n: int, /) -> bytes:
        """Return that many bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """One kind of message that can be written as well as read (property P5)."""

    name: str
    generate: Callable[[Dice], Any]
    """Makes a message, boundary values (0, empty, maximum) included."""
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    goldens: tuple[bytes, ...] = ()
    """Recorded encodings, which must survive decoding and encoding to the byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A fast decoder and the declared layout it must equal (property P9).

    Both return comparable values or raise ``refusals``; one may not refuse what the other takes.
    """

    name: str
    fast: Callable[[bytes], Any]
    layout: Callable[[bytes], Any]
    samples: tuple[bytes, ...]
    refusals: tuple[type[Exception], ...] = (ValueError,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Everything a dialect offers to be checked with."""

    device: Make | None = None
    """Makes the terminal's side, for transcripts with ``role = "device"``."""
    requests: tuple[type[Any], ...] = ()
    """Classes that ``!`` lines may name besides those of `gateway.domain.requests`."""
    reseal: Callable[[bytes], bytes] | None = None
    """Returns a frame whose bytes were changed with its checksums made right again (P14)."""
    messages: tuple[Messages, ...] = ()
    twins: tuple[Twin, ...] = ()
    examine: Callable[[Candidate], Examiner] | None = None
    """Makes an examiner of real terminals, see `gateway.codecs.kit.exam`."""
    lengthen: Callable[[bytes], bytes | None] | None = None
    """Returns a frame with bytes or fields of a later version appended, or None where that
    frame cannot grow (property P10)."""
    grows: bool = True
    """False where the protocol's messages have fixed layouts that leave no room: then what
    ``lengthen`` returns may also be refused, if it is refused whole and the session goes on."""


def load_hooks(name: str, found: Iterable[EntryPoint] | None = None) -> Hooks:
    """Return a dialect's hooks, empty ones when it has none; ``found`` defaults to the installed.

    Raises what the plug-in raises: hooks are loaded for its author only.
    """
    for entry in entry_points(group=GROUP) if found is None else found:
        if entry.name == name:
            hooks = entry.load()
            if not isinstance(hooks, Hooks):
                raise TypeError(f"{entry.value} is {type(hooks).__name__}, not Hooks")
            return hooks
    return Hooks()
