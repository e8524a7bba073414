"""Captures whose framing and checksum are known: the repository's transcripts, and documented ones.

The documented ones are built from the published layouts of widely used terminal and reader
protocols; their own codecs are not needed to read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import pack

from gateway.codecs.checksum import (
    crc16_mcrf4xx,
    crc16_modbus,
    crc16_osdp,
    ones_complement16,
    sum8,
    xor8,
)
from gateway.codecs.marked import Escaped
from gateway.codecs.transcript import Call, Line, read_transcript

DAMAGED = "FrameDamaged"
ROOT = Path(__file__).resolve().parents[3]
ZKTECO = "one's complement 16-bit sum (ZKTeco)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is right for a protocol."""

    kind: str
    length_lsb: int = -1
    overhead: int = -1
    family: str = ""
    """Empty where there is no checksum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    name: str
    frames: tuple[bytes, ...]
    truth: Truth
    damaged: int = 0
    """How many of the frames its transcript calls damaged."""


TRANSCRIPTS = {
    "yls": Truth(kind="length", length_lsb=15, overhead=20, family="CRC-16/MCRF4XX"),
    "acme": Truth(kind="length", length_lsb=6, overhead=9, family="CRC-16/MODBUS"),
    "careless": Truth(kind="delimited"),
    "cti": Truth(kind="length", length_lsb=1, overhead=34, family="XOR of all bytes"),
    "hikvision": Truth(kind="http"),
    "turnstile": Truth(kind="delimited", family="XOR of all bytes"),
}

BODIES = (
    b"\x00",
    bytes.fromhex("000004b541303030313233006a97ae5001"),
    b"ACME-0000177\x00\x00",
    bytes.fromhex("202608270855010000017e7d7fffff00"),
    b"",
)


def recorded() -> Iterator[Capture]:
    """What terminals send in the repository's transcripts, one piece for each line."""
    folders = ("fixtures", "tests/codecs", "tests/plugins")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.wire")]
    for path in sorted(files):
        script = read_transcript(path.read_text(encoding="utf-8"), path.name)
        truth = TRANSCRIPTS[script.header.dialect]
        frames = tuple(b for n in script.lines if n.sigil == ">" and isinstance(b := n.what, bytes))
        if frames:
            damaged = sum(map(_damaged, script.lines))
            name = f"{path.parent.name}/{path.name}"
            yield Capture(name=name, frames=frames, truth=truth, damaged=damaged)


def _damaged(line: Line) -> bool:
    """Say whether a line says that a checksum did not hold, of the frame or within it."""
    if not isinstance(line.what, Call):
        return False
    return line.what.name == DAMAGED or line.what.fields.get("code") == "checksum"


def _jtt808(number: int, body: bytes) -> bytes:
    inner = pack(">HH6sH", 0x0200 + number, len(body), bytes.fromhex("013800138000"), number) + body
    framing = Escaped(flag=0x7E, escape=0x7D, codes={1: 0x7D, 2: 0x7E}, max_frame=4096)
    return framing.wrap(inner + bytes((xor8(inner),)))


def _fcard(number: int, body: bytes) -> bytes:
    head = pack(">I16sI", 0x1000 + number, b"MC-58240A1234567", 0xFFFFFFFF)
    inner = head + bytes((0x31, number, 0)) + pack(">I", len(body)) + body
    framing = Escaped(flag=0x7E, escape=0x7F, codes={1: 0x7E, 2: 0x7F}, max_frame=4096)
    return framing.wrap(inner + bytes((sum8(inner),)))


def _anviz(number: int, body: bytes) -> bytes:
    head = b"\xa5" + pack(">IBH", 1, 0x30 + number, len(body))
    return head + body + crc16_mcrf4xx(head + body).to_bytes(2, "little")


def _zkteco(number: int, body: bytes) -> bytes:
    rest = pack("<HH", 0x1234, number) + body
    inner = pack("<HH", 1000 + number, ones_complement16(pack("<H", 1000 + number) + rest)) + rest
    return bytes.fromhex("5050827d") + pack("<I", len(inner)) + inner


def _osdp(number: int, body: bytes) -> bytes:
    frame = b"\x53\x80" + pack("<HBB", len(body) + 8, 4 + number % 4, 0x40 + number) + body
    return frame + crc16_osdp(frame).to_bytes(2, "little")


def _site(number: int, body: bytes) -> bytes:
    content = body + bytes((xor8(body),)) if body else b""
    head = b"\x01" + pack("<III", len(content), 0, 0) + b"\x01" + pack("<H", 823 + number)
    return head + bytes(range(number, number + 16)) + content + b"\x00\x01"


def _reader(number: int, body: bytes) -> bytes:
    inner = pack(">HBB", len(body) + 3, 0x20, number) + body
    return bytes.fromhex("aaaaaa9669") + inner + bytes((xor8(inner),))


def _rtu(number: int, body: bytes) -> bytes:
    frame = bytes((1, 0x10 + number, len(body))) + body
    return frame + crc16_modbus(frame).to_bytes(2, "little")


def _nmea(number: int, body: bytes) -> bytes:
    text = f"ATT,{number},{body.hex().upper()}"
    return f"${text}*{xor8(text.encode()):02X}\r\n".encode()


def _push(number: int, body: bytes) -> bytes:
    text = f'{{"log": {number}, "card": "{body.hex()}"}}'.encode()
    head = f"POST /push HTTP/1.1\r\nHost: gate\r\nContent-Length: {len(text)}\r\n\r\n"
    return head.encode() + text


DOCUMENTED: dict[str, tuple[Callable[[int, bytes], bytes], Truth]] = {
    "jtt808": (_jtt808, Truth(kind="escaped", family="XOR of all bytes")),
    "fcard": (_fcard, Truth(kind="escaped", family="sum of all bytes, low 8 bits")),
    "anviz": (_anviz, Truth(kind="length", length_lsb=7, overhead=10, family="CRC-16/MCRF4XX")),
    "zkteco": (_zkteco, Truth(kind="length", length_lsb=4, overhead=8, family=ZKTECO)),
    "osdp": (_osdp, Truth(kind="length", length_lsb=2, overhead=0, family="CRC-16/SPI-FUJITSU")),
    "site": (_site, Truth(kind="length", length_lsb=1, overhead=34, family="XOR of all bytes")),
    "reader": (_reader, Truth(kind="length", length_lsb=6, overhead=7, family="XOR of all bytes")),
    "rtu": (_rtu, Truth(kind="length", length_lsb=2, overhead=5, family="CRC-16/MODBUS")),
    "nmea": (_nmea, Truth(kind="delimited", family="XOR of all bytes")),
    "push": (_push, Truth(kind="http")),
}
"""``site`` seals its content only, and ``zkteco`` from within what is sealed."""


def documented() -> Iterator[Capture]:
    for name, (build, truth) in DOCUMENTED.items():
        frames = tuple(build(number, body) for number, body in enumerate(BODIES, 1))
        yield Capture(name=name, frames=frames, truth=truth)
