"""Firmware as data: how a terminal's behaviour follows from the firmware it says it runs.

Owns the order of version texts, the table of deviations and the choice of a profile. Knows no
protocol: what a value such as ``"zone"`` means is the dialect's business. A mistake in a table is
an exception when its module is imported, so it shows in `gatepost codec list`, not on a gate.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Value = bool | int | float | str
"""What a profile may hold under a name."""

_Key = tuple[tuple[int, int, str], ...]
_TOKEN = re.compile(r"\d+|[a-z]+")
_BEFORE_RELEASE = {"dev": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "pre": 3, "preview": 3, "rc": 4}
_END = (1, 0, "")
"""Where a text ends: after every pre-release of it, before whatever continues it."""


class QuirkError(ValueError):
    """A firmware table that contradicts itself; the message names the quirks."""


def version_key(text: str) -> _Key | None:
    """Return what version texts are ordered by, or None for a text without any digit.

    Numbers count as numbers (``2.10`` is after ``2.9``), a leading ``V`` and zeros at the end count
    nothing, ``rc`` and its like come before the release, any other word (``build``, ``sp``) after.
    """
    tokens = _TOKEN.findall(text.lower())
    while tokens and tokens[0] in ("v", "ver", "version"):
        del tokens[0]
    if not any(token.isdigit() for token in tokens):
        return None
    key = [_rank(token) for token in tokens]
    while key and key[-1] == (3, 0, ""):
        del key[-1]
    return (*key, _END)


def _rank(token: str) -> tuple[int, int, str]:
    if token.isdigit():
        return 3, int(token), ""
    if token in _BEFORE_RELEASE:
        return 0, _BEFORE_RELEASE[token], ""
    return 2, 0, token


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of firmware of one model: ``since`` belongs to it, ``before`` does not."""

    since: str
    before: str | None = None
    model: str = ""

    def __contains__(self, firmware: str) -> bool:
        key = version_key(firmware)
        first, last = version_key(self.since), version_key(self.before or "")
        return key is not None and first is not None and first <= key and not (last and key >= last)

    def __str__(self) -> str:
        until = f" before {self.before}" if self.before else " on"
        return f"{self.model or 'any model'}: from {self.since}{until}"


@dataclass(frozen=True, slots=True)
class Quirk:
    """Something a range of firmware does otherwise than the base profile says."""

    key: str
    """Names the behaviour; of one key at most one quirk applies to a firmware."""
    since: str
    """The first firmware that behaves so."""
    before: str | None = None
    """The first firmware that no longer does; None while none is known."""
    changes: Mapping[str, Value] = field(default_factory=dict)
    """Values that replace those of the base profile."""
    why: str = ""
    """What was observed, for whoever has to decide whether the quirk can go."""
    model: str = ""
    """The only model it applies to; empty for every model."""

    @property
    def span(self) -> Span:
        """The range it applies to."""
        return Span(since=self.since, before=self.before, model=self.model)

    def applies(self, firmware: str, model: str) -> bool:
        """Say whether a terminal behaves so."""
        return self.model in ("", model) and firmware in self.span

    def meets(self, other: Quirk) -> bool:
        """Say whether some terminal would have both."""
        if self.model and other.model and self.model != other.model:
            return False
        return self.since in other.span or other.since in self.span


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one terminal behaves."""

    values: Mapping[str, Value] = field(default_factory=dict)
    quirks: tuple[str, ...] = ()
    """Keys of the quirks that apply, sorted."""
    unproven: bool = False
    """No transcript covers this firmware: the nearest lower range is assumed."""

    def __getitem__(self, name: str) -> Value:
        return self.values[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareTable:
    """What is known of a dialect's firmware; raises QuirkError when it contradicts itself.

    `gatepost codec check` wants a transcript for every one of `ranges`: a range nobody has a
    recording of is a guess.
    """

    base: Mapping[str, Value] = field(default_factory=dict)
    """The behaviour without any quirk; every name a quirk changes is here."""
    quirks: tuple[Quirk, ...] = ()
    oldest: str = ""
    """The oldest firmware that was seen."""
    newest: str = ""
    """The newest firmware that was seen; later ones are taken for it, and flagged."""

    def __post_init__(self) -> None:
        problem = next(self._problems(), None)
        if problem is not None:
            raise QuirkError(problem)

    def choose(self, firmware: str, model: str = "") -> Profile:
        """Return the profile of a terminal by what it says of itself.

        A firmware outside ``oldest`` … ``newest`` takes the profile of the nearer end, one without
        any number the base profile; both are unproven. A table that names no firmware proves
        nothing and flags nothing.
        """
        if not self.newest:
            return Profile(values=self.base)
        key, newest, oldest = map(version_key, (firmware, self.newest, self.oldest))
        assert newest is not None
        assert oldest is not None
        if key is None:
            return Profile(values=self.base, unproven=True)
        known = firmware if oldest <= key <= newest else self.newest if key > newest else ""
        taken = self._taken(known or self.oldest, model)
        values = dict(self.base)
        for quirk in taken:
            values.update(quirk.changes)
        keys = tuple(sorted(quirk.key for quirk in taken))
        return Profile(values=values, quirks=keys, unproven=known != firmware)

    def ranges(self) -> list[Span]:
        """Return the ranges within which behaviour does not change, for each model with quirks."""
        if not self.newest:
            return []
        models = sorted({quirk.model for quirk in self.quirks} | {""})
        return [span for model in models for span in self._ranges(model)]

    def _ranges(self, model: str) -> Iterator[Span]:
        cuts = {version_key(self.oldest): self.oldest}
        for quirk in self.quirks:
            if quirk.model in ("", model):
                cuts.update({version_key(c): c for c in (quirk.since, quirk.before) if c})
        edges = [cuts[key] for key in sorted(key for key in cuts if key is not None)]
        for since, before in itertools.zip_longest(edges, edges[1:]):
            yield Span(since=since, before=before, model=model)

    def _taken(self, firmware: str, model: str) -> list[Quirk]:
        return [quirk for quirk in self.quirks if quirk.applies(firmware, model)]

    def _problems(self) -> Iterator[str]:
        ends = version_key(self.oldest), version_key(self.newest)
        if (self.quirks or self.oldest or self.newest) and None in ends:
            yield "oldest and newest must name the firmware that was seen, such as '1.0' and '2.6'"
        for quirk in self.quirks:
            yield from self._faults(quirk, *ends)
        for one, other in itertools.combinations(self.quirks, 2):
            if one.meets(other):
                yield from _contradiction(one, other)

    def _faults(self, quirk: Quirk, oldest: _Key | None, newest: _Key | None) -> Iterator[str]:
        since, before = version_key(quirk.since), version_key(quirk.before or "")
        if since is None or (quirk.before and before is None):
            yield f"quirk {quirk.key!r}: since and before must hold a number"
        elif before is not None and before <= since:
            yield f"quirk {quirk.key!r}: before {quirk.before} is not after since {quirk.since}"
        elif oldest and newest and not (oldest <= since and max(since, before or ()) <= newest):
            yield (
                f"quirk {quirk.key!r}: its range begins or ends outside the firmware seen,"
                f" {self.oldest} to {self.newest}"
            )
        unknown = sorted(set(quirk.changes) - set(self.base))
        if unknown:
            yield f"quirk {quirk.key!r} changes {', '.join(unknown)}, which the base does not have"
        if not quirk.why:
            yield f"quirk {quirk.key!r} does not say why"


def _contradiction(one: Quirk, other: Quirk) -> Iterator[str]:
    if one.key == other.key:
        yield (
            f"quirk {one.key!r} has two ranges that overlap: {one.span} and {other.span};"
            " end the older one with before="
        )
    shared = sorted(set(one.changes) & set(other.changes))
    if shared:
        yield (
            f"quirks {one.key!r} and {other.key!r} both change {', '.join(shared)}"
            f" where {one.span} and {other.span} overlap"
        )
