"""Captures without people in them: identities replaced, lengths and checksums kept valid.

Owns which values identify somebody, how they may be spelt in bytes, and the proof that none is
left. A value becomes another of the same shape and width, the same one everywhere in a transcript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product

from gateway.codecs.kit.bless import bless
from gateway.codecs.kit.hooks import Dice, Hooks
from gateway.codecs.kit.sums import find_seals
from gateway.codecs.marked import Escaped
from gateway.codecs.plain import Json
from gateway.codecs.replay import REQUESTS, Make, Stage, steps, whole
from gateway.codecs.transcript import Call, Line, Transcript

from gateway.domain.errors import GatepostError

IDENTIFYING = ("serial", "claim", "text")
"""Fields of events that name a terminal or a person."""
SHORTEST = 3
"""Characters below which a value is too common among other bytes to be replaced safely."""
MOST_PASSWORD = 64
"""Bytes of a password that is looked for by its SHA-256."""
MOST_SEARCHED = 512
"""Bytes of a frame in which it is looked for: every place and size is hashed."""
ENCODINGS = ("ascii", "gb18030", "utf-8", "utf-16-le", "utf-16-be")
_NAMES = "某甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_START, _END = b"\xff\xd8\xff", b"\xff\xd9"

Reseal = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymous:
    """A transcript that names nobody."""

    transcript: Transcript
    replaced: int
    """Values that were replaced."""
    pictures: int
    """Pictures that were blanked."""


def anonymise(
    transcript: Transcript, make: Make, dice: Dice, hooks: Hooks, also: Iterable[str] = ()
) -> Anonymous:
    """Replace what identifies a terminal or a person; ``also`` names values no event shows.

    Raises GatepostError ``codec.anonymise`` when frames cannot be sealed again, when the codec does
    not play what came out of it, or when an identity is left over.
    """
    values = sorted({*_identities(transcript, make, hooks), *also}, key=len, reverse=True)
    swaps = [pair for value in values for pair in _spellings(value, _pseudonym(value, dice))]
    swaps += (pair for secret in _bare_secrets(transcript) for pair in _rekeyed(secret, dice))
    swaps += (pair for word in {*_passwords(transcript)} for pair in _renamed(word, dice))
    reseal = hooks.reseal or _guessed(transcript, make)
    lines, pictures = [], 0
    for line in transcript.lines:
        if not isinstance(line.what, bytes):
            lines.append(_called(line, swaps))
            continue
        blank, found = _without_pictures(line.what)
        pictures += found
        changed = _swapped(blank, swaps, make)
        if changed != line.what:
            changed = reseal(changed) if reseal else changed
        lines.append(replace(line, what=changed, note="" if changed != line.what else line.note))
    origin = _plain(transcript.header.origin, swaps)
    assert isinstance(origin, str)
    header = replace(transcript.header, origin=origin)
    after = replace(transcript, header=header, lines=tuple(lines))
    after = bless(after, make, hooks.requests)
    _prove(transcript, after, [old for old, _ in swaps])
    return Anonymous(transcript=after, replaced=len(values), pictures=pictures)


def _identities(transcript: Transcript, make: Make, hooks: Hooks) -> Iterator[str]:
    stage = Stage(transcript.header, make, (*REQUESTS, *hooks.requests))
    for step in steps(transcript):
        stage.perform(step.act, whole)
    for event in stage.events:
        for name in IDENTIFYING:
            value = getattr(event, name, None)
            if isinstance(value, str) and len(value.encode()) >= SHORTEST:
                yield value


def _bare_secrets(transcript: Transcript) -> Iterator[bytes]:
    """Yield the keys that travel as they are; one that only proves is never in a frame."""
    for secret, frames in _given(transcript):
        if any(one in frame for one in _written(secret) for frame in frames):
            yield secret


def _passwords(transcript: Transcript) -> Iterator[bytes]:
    """Yield the words of which the SHA-256 is registered, wherever they stand in a frame."""
    for secret, frames in _given(transcript):
        for frame in frames:
            short = frame[:MOST_SEARCHED]
            for start, size in product(range(len(short)), range(1, MOST_PASSWORD + 1)):
                word = short[start : start + size]
                if len(word) == size and sha256(word).digest() == secret:
                    yield word


def _given(transcript: Transcript) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield each secret that was given, with the frames in which it may stand."""
    frames = [line.what for line in transcript.lines if isinstance(line.what, bytes)]
    for line in transcript.lines:
        given = line.what.fields.get("secret") if isinstance(line.what, Call) else None
        if isinstance(given, str) and given:
            yield bytes.fromhex(given), frames


def _written(secret: bytes) -> tuple[bytes, ...]:
    """Return how a key may stand in a frame: as it is, or in hexadecimal digits."""
    return secret, secret.hex().encode(), secret.hex().upper().encode()


def _rekeyed(secret: bytes, dice: Dice) -> Iterator[tuple[bytes, bytes]]:
    """Yield every way a key is written, with a new one."""
    yield from zip(_written(secret), _written(_other(secret, dice)), strict=True)


def _renamed(word: bytes, dice: Dice) -> Iterator[tuple[bytes, bytes]]:
    """Yield a password and what is registered for it, each with a new one."""
    new = _other(word, dice)
    yield word, new
    yield sha256(word).digest(), sha256(new).digest()


def _other(secret: bytes, dice: Dice) -> bytes:
    """Return another secret of the same size: a password stays a password."""
    text = secret.decode("latin-1")
    worded = text.isascii() and text.isprintable()
    return _pseudonym(text, dice).encode() if worded else dice.randbytes(len(secret))


def _pseudonym(value: str, dice: Dice) -> str:
    """Return a value of the same shape: digits, letters and characters of the same width."""
    out = ""
    for character in value:
        if character.isascii() and character.isdigit():
            out += "0123456789"[dice.randrange(0, 10)]
        elif character.isascii() and character.isalpha():
            letter = "ABCDEFGHJKLMNPQRSTUVWXYZ"[dice.randrange(0, 24)]
            out += letter if character.isupper() else letter.lower()
        else:
            out += character if character.isascii() else _NAMES[dice.randrange(0, len(_NAMES))]
    return out if out != value else _pseudonym(value, dice)


def _spellings(old: str, new: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield every way in which a value may stand in a frame, with its replacement."""
    seen = set()
    for encoding in ENCODINGS:
        try:
            pair = old.encode(encoding), new.encode(encoding)
        except UnicodeEncodeError:
            continue
        if pair[0] not in seen and len(pair[0]) == len(pair[1]):
            seen.add(pair[0])
            yield pair
    if old.isascii() and old.isdigit() and len(old) >= 6:
        if len(old) % 2 == 0:
            yield bytes.fromhex(old), bytes.fromhex(new)
        width = 4 if int(old) < 1 << 32 else 8
        if int(old) >= 1 << 16 and int(new) < 1 << 8 * width and int(old) < 1 << 64:
            yield int(old).to_bytes(width, "big"), int(new).to_bytes(width, "big")
            yield int(old).to_bytes(width, "little"), int(new).to_bytes(width, "little")


def _swapped(data: bytes, swaps: Sequence[tuple[bytes, bytes]], make: Make) -> bytes:
    framing = getattr(make, "framing", None)
    inner = framing.unwrap(data) if isinstance(framing, Escaped) else data
    for old, new in swaps:
        inner = inner.replace(old, new)
    return framing.wrap(inner) if isinstance(framing, Escaped) else inner


def _without_pictures(data: bytes) -> tuple[bytes, int]:
    """Blank what lies between the marks of a JPEG; its size stays."""
    start = data.find(_START)
    end = data.rfind(_END)
    if start < 0 or end <= start:
        return data, 0
    return data[: start + 3] + bytes(end - start - 3) + data[end:], 1


def _guessed(transcript: Transcript, make: Make) -> Reseal | None:
    """Return how frames are sealed, found in the transcript itself; None without a checksum."""
    framing = getattr(make, "framing", None)
    escaped = framing if isinstance(framing, Escaped) else None
    frames = [line.what for line in transcript.lines if isinstance(line.what, bytes) and line.what]
    inner = [escaped.unwrap(frame) for frame in frames] if escaped else frames
    seal = next(iter(find_seals(inner)), None)
    if seal is None:
        return None
    if escaped is None:
        return seal.renewed
    return lambda frame: escaped.wrap(seal.renewed(escaped.unwrap(frame)))


def _called(line: Line, swaps: Sequence[tuple[bytes, bytes]]) -> Line:
    """Replace identities in what the application says, secrets written as hexadecimal included."""
    assert isinstance(line.what, Call | float)
    if not isinstance(line.what, Call):
        return line
    named = {key: _plain(value, swaps) for key, value in line.what.fields.items()}
    return replace(line, what=Call(name=line.what.name, fields=named), note="")


def _plain(value: Json, swaps: Sequence[tuple[bytes, bytes]]) -> Json:
    if isinstance(value, str):
        for old, new in swaps:
            value = value.replace(old.hex(), new.hex())
            try:
                value = value.replace(old.decode(), new.decode())
            except UnicodeDecodeError:
                continue
    return value


def _prove(before: Transcript, after: Transcript, old: Sequence[bytes]) -> None:
    """Raise unless the same things happen as before and nothing identifying is left."""

    def refuse(why: str, remedy: str) -> GatepostError:
        return GatepostError("codec.anonymise", why, place=before.name, remedy=remedy)

    def shape(one: Transcript) -> list[str]:
        return [line.what.name for line in one.lines if isinstance(line.what, Call)]

    if shape(before) != shape(after) or before.header.closes != after.header.closes:
        raise refuse(
            "with other identities the codec does not do the same any more.",
            "A proof or a checksum covers them: give the hook reseal.",
        )
    if any(value in after.header.origin.encode() for value in old):
        raise refuse("an identity is left in the origin of the header.", "Take it out by hand.")
    texts = [line.what for line in after.lines if isinstance(line.what, bytes)]
    if any(value in text for value in old for text in texts):
        raise refuse("an identity is left in a frame.", "Its new value may contain it: run again.")
