"""Redaction (P21): nothing personal of a recording stays in what operators may keep.

Owns what counts as personal: the values of those fields of events and requests that hold pictures,
templates, keys, cards and names, and a login's secret as it is, in hexadecimal, or as the password
whose SHA-256 it is. Knows no protocol: it looks for the values in the bytes.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from gateway.codecs.api import Redact
from gateway.codecs.kit.case import Case, Golden, Tally
from gateway.codecs.kit.meter import lines
from gateway.codecs.kit.report import Finding
from gateway.codecs.plain import build
from gateway.codecs.replay import Stage, raised, whole
from gateway.codecs.stage import into_codec
from gateway.codecs.transcript import Call

HEAD = 16
"""Bytes of what nobody understands that may stay, as in a gateway with default settings."""
PIECE, SHORTEST = 6, 4
"""A value is found by so many bytes of it in a row, a short one by all of it."""
FEWEST_VALUES = 3
"""A piece with fewer distinct bytes, such as padding, proves nothing."""
PERSONAL = frozenset({"data", "picture", "code", "mask", "key", "qr", "image", "name", "values"})
"""Fields whose bytes, or texts, are a person's or a secret."""
CODES = frozenset({"code"})
"""Of these only the bytes are: the text of a code names a fault."""
SECRET = "secret"  # noqa: S105 - the name of a field
PASSWORDS = range(4, 65)
"""Bytes of a password that may stand behind a secret."""
MOST_LOGIN_BYTES, MOST_LOGIN_FRAMES = 512, 8
"""How much of a recording is searched for a password."""
NOTHING = "no transcript holds anything personal in the clear"
NOISE_BYTES = 2_048
COST = 3.0
"""Twice the bytes may cost so many times the lines."""
MORE = (
    "\nGive Dialect(redact=…), which puts zeros there and changes no length:"
    " docs/vendors/writing-a-codec.md, rule 6."
)


class Needle(NamedTuple):
    """A piece of a personal value that travels as it is."""

    what: str
    """Such as ``PassageReported.picture.data``."""
    piece: bytes
    secret: bool = False
    """Of a login: the gateway's own rule is enough for it, if nothing of it is in the head."""


def secrecy(case: Case) -> Finding:
    """P21: what is personal or secret is taken out of a capture, and nothing else breaks."""
    tally = Tally("P21", "nothing personal stays in a redacted capture")
    redact = case.dialect.redact
    for golden in case.goldens:
        if golden.transcript.header.role != "server":
            continue
        needles = list(_needles(golden))
        for index, data in _frames(golden):
            inside = [one for one in needles if one.piece in data]
            personal = next((one for one in inside if not one.secret), None)
            if personal and redact is None:
                place = golden.place(index)
                return tally.failed(f"{place}: holds {personal.what} in the clear{MORE}")
            if redact is None and not inside:
                continue
            tally.cases += 1
            by = redact or _heads
            broken = _kept(by, data, inside) or _cut(by, data, inside, case)
            if broken:
                return tally.failed(f"{golden.place(index)}: {broken}")
    if redact is None:
        return tally.passed() if tally.cases else tally.skipped(NOTHING)
    broken = _noise(redact, case)
    return tally.failed(broken) if broken else tally.passed()


def _heads(stream: bytes, cut: bool, head: int) -> bytes:
    """Redact as a gateway does where the dialect says nothing: only the first bytes stay."""
    kept = stream[: 0 if cut else head]
    return kept + bytes(len(stream) - len(kept))


def _frames(golden: Golden) -> Iterator[tuple[int, bytes]]:
    for index, step in enumerate(golden.plan):
        for data in (step.data, step.output):
            if data:
                yield index, data


def _kept(redact: Redact, data: bytes, inside: list[Needle]) -> str | None:
    """Return what is wrong with the redacted form of whole frames."""
    try:
        clean = into_codec(redact, data, False, HEAD)
    except Exception as error:
        return f"redact raised {raised(error)}"
    if not isinstance(clean, bytes) or len(clean) != len(data):
        return f"redact made {len(data)} bytes {clean!r:.40}: lengths must stay"
    leak = next((one for one in inside if one.piece in clean), None)
    return None if leak is None else f"redact leaves {leak.what} as it is{MORE}"


def _cut(redact: Redact, data: bytes, inside: list[Needle], case: Case) -> str | None:
    """The same for a stream that begins or ends anywhere."""
    at = case.dice.randrange(1, len(data)) if len(data) > 1 else 0
    front = into_codec(redact, data[:at], False, HEAD)
    back = into_codec(redact, data[at:], True, HEAD)
    for part, clean in ((data[:at], front), (data[at:], back)):
        if len(part) != len(clean):
            return f"redact changes the length of a stream that is cut after {at} bytes"
        leak = next((one for one in inside if one.piece in part and one.piece in clean), None)
        if leak is not None:
            return f"redact leaves {leak.what} when the stream is cut after {at} bytes{MORE}"
    return None


def _noise(redact: Redact, case: Case) -> str | None:
    noise = case.dice.randbytes(2 * NOISE_BYTES)
    for data in (b"", noise[:1], noise):
        broken = _kept(redact, data, [])
        if broken:
            return f"noise: {broken}"
    once = lines(lambda part: into_codec(redact, part, False, HEAD), [noise[:NOISE_BYTES]])
    twice = lines(lambda part: into_codec(redact, part, False, HEAD), [noise])
    if twice > COST * max(once, 100):
        return f"redact: {twice} lines for {2 * NOISE_BYTES} bytes, {once} for half: not linear"
    return None


def _needles(golden: Golden) -> Iterator[Needle]:
    """Yield pieces of everything personal that passes through a conversation."""
    stage = Stage(golden.transcript.header, golden.make, golden.requests)
    kinds = {kind.__name__: kind for kind in golden.requests}
    for step in golden.plan:
        stage.perform(step.act, whole)
        what = step.act.what if step.act else None
        values: list[object] = list(stage.take()[0])
        if isinstance(what, Call) and what.name in kinds:
            values.append(build(kinds[what.name], what.fields))
        for value in values:
            for where, personal in _personal(value, type(value).__name__):
                if where.endswith(f".{SECRET}"):
                    yield from _secrets(golden, where, personal)
                else:
                    yield from (Needle(where, piece) for piece in _pieces(personal))


def _secrets(golden: Golden, where: str, secret: bytes) -> Iterator[Needle]:
    """Yield a login's secret in the forms in which protocols send it."""
    for form in (secret, secret.hex().encode(), secret.hex().upper().encode()):
        yield from (Needle(where, piece, secret=True) for piece in (form, *_pieces(form)))
    for _, data in itertools.islice(golden.frames(), MOST_LOGIN_FRAMES):
        for at, size in itertools.product(range(min(len(data), MOST_LOGIN_BYTES)), PASSWORDS):
            if at + size <= len(data) and sha256(data[at : at + size]).digest() == secret:
                what = f"the password whose SHA-256 is {where}"
                yield Needle(what, data[at : at + size], secret=True)


def _personal(value: object, where: str) -> Iterator[tuple[str, bytes]]:
    """Yield personal values and where they stand."""
    if isinstance(value, bytes | str):
        last = where.rpartition(".")[2]
        if last in PERSONAL | {SECRET} and not (last in CODES and isinstance(value, str)):
            yield where, value if isinstance(value, bytes) else value.encode()
    elif isinstance(value, tuple):
        for inner in value:
            yield from _personal(inner, where)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _personal(getattr(value, field.name), f"{where}.{field.name}")


def _pieces(value: bytes) -> Iterator[bytes]:
    for at in range(0, len(value), PIECE):
        piece = value[at : at + PIECE]
        if len(piece) >= SHORTEST and len(set(piece)) >= FEWEST_VALUES and not _counts(piece):
            yield piece


def _counts(piece: bytes) -> bool:
    """Say whether the bytes only count up or down, as those of made-up examples do."""
    return len({(b - a) % 256 for a, b in itertools.pairwise(piece)}) == 1
