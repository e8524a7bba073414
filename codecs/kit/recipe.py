"""What to write into a codec for a shape that was found: the framing and its check, as code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gateway.codecs.kit.framings import Guess
from gateway.codecs.kit.sums import Seal

SMALLEST_BOUND = 1024
ROOM = 4
"""A bound is so many times what was seen: a capture rarely holds the largest message."""

_SUMS: Mapping[str, str] = {
    "XOR of all bytes": "xor8({})",
    "sum of all bytes, low 8 bits": "sum8({})",
    "two's complement of the 8-bit sum": "-sum({}) & 0xFF",
    "one's complement of the 8-bit sum": "~sum({}) & 0xFF",
    "sum of all bytes, low 16 bits": "sum({}) & 0xFFFF",
    "one's complement 16-bit sum (ZKTeco)": "ones_complement16({})",
    "CRC-16/MODBUS": "crc16_modbus({})",
    "CRC-16/ARC": "crc16_arc({})",
    "CRC-16/MCRF4XX": "crc16_mcrf4xx({})",
    "CRC-16/SPI-FUJITSU": "crc16_osdp({})",
    "CRC-32/ISO-HDLC": "crc32({})",
}
"""How `gateway.codecs.checksum` and Python spell a family; the others are functions of fastcrc."""


def recipe(guess: Guess, seal: Seal | None, head_seal: Seal | None) -> Iterator[str]:
    """Yield the lines of code; none for HTTP, and for a header with a checksum of its own."""
    if head_seal is not None or guess.kind == "http":
        return
    yield f"framing = {_CALLS[guess.kind](guess)}"
    if seal is not None:
        yield f"sealed: {_check(seal)}"


def _length(guess: Guess) -> str:
    magic = _common(guess)[: guess.length_at]
    order = "" if guess.order == "big" or guess.length_size == 1 else ', byteorder="little"'
    return (
        f"LengthPrefixed(magic={_bytes(magic)}, length_at={guess.length_at},"
        f" length_size={guess.length_size}, overhead={guess.overhead}{order}, {_rest(guess)})"
    )


def _escaped(guess: Guess) -> str:
    flag = guess.frames[0][0] if guess.frames else 0
    escape, codes = guess.escapes or (flag, {})
    spelled = ", ".join(f"0x{code:02X}: 0x{meant:02X}" for code, meant in codes.items())
    return f"Escaped(flag=0x{flag:02X}, escape=0x{escape:02X}, codes={{{spelled}}}, {_rest(guess)})"


def _delimited(guess: Guess) -> str:
    mark = bytes.fromhex(guess.says.rpartition("with ")[2])
    return f"Delimited(terminator={_bytes(mark)}, {_rest(guess)})"


def _fixed(guess: Guess) -> str:
    size = len(guess.frames[0])
    return f"Fixed({_magic(_common(guess))}max_frame={size}, body=sealed)"


_CALLS: Mapping[str, Callable[[Guess], str]] = {
    "length": _length,
    "escaped": _escaped,
    "delimited": _delimited,
    "fixed": _fixed,
}


def _rest(guess: Guess) -> str:
    bound = SMALLEST_BOUND
    while bound < ROOM * max(map(len, guess.frames), default=0):
        bound *= 2
    return f"max_frame={bound}, body=sealed"


def _common(guess: Guess) -> bytes:
    """Return the bytes with which every frame begins, where there are frames to tell from."""
    first, *others = guess.frames or (b"",)
    size = 0
    while others and size < min(4, *map(len, guess.frames)):
        if any(frame[size] != first[size] for frame in others):
            break
        size += 1
    return first[:size]


def _magic(magic: bytes) -> str:
    return f"magic={_bytes(magic)}, " if magic else ""


def _bytes(data: bytes) -> str:
    return 'b"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def _check(seal: Seal) -> str:
    """Return the comparison that holds for a good frame."""
    covered, value = _slices(seal)
    spelled = _SUMS.get(seal.family.name)
    if spelled is None:
        library, _, name = seal.family.name.partition("/")
        module = f"crc{library.rpartition('-')[2]}"
        spelled = f"fastcrc.{module}.{name.lower().replace('-', '_')}({{}})"
    total = spelled.format(covered)
    if seal.spelling:
        return f'b"%0{seal.size}{seal.spelling}" % ({total}) == {value}'
    check = f'{total} == int.from_bytes({value}, "{seal.order}")'
    if seal.content:
        return f"len(frame) <= {seal.start + seal.size + seal.tail} or {check}"
    return check


def _slices(seal: Seal) -> tuple[str, str]:
    """Return what is covered and the value, as code."""
    start = str(seal.start) if seal.start else ""
    if seal.inside:
        end = seal.head + seal.size
        before = f"frame[{start}:{seal.head}] + " if seal.head > seal.start else ""
        return f"{before}frame[{end}:]", f"frame[{seal.head}:{end}]"
    at = -(seal.size + seal.tail)
    return f"frame[{start}:{at - seal.mark}]", f"frame[{at}:{-seal.tail if seal.tail else ''}]"
