"""Checksums under the names the protocol documents use, each computed at C speed.

Owns the mapping from a documented checksum to a library call. Knows no frame: which bytes are
covered and in which order the result is sent is the dialect's business. Every name here is needed
by a documented dialect; its check value is the result over ``b"123456789"``.
"""

from __future__ import annotations

import struct
import zlib

from fastcrc import crc16

Readable = bytes | bytearray | memoryview


def crc16_mcrf4xx(data: Readable, initial: int = 0xFFFF) -> int:
    """CRC-16/MCRF4XX: poly 0x1021 reflected, check 0x6F91 (YLS/1 3.2, Anviz TC-B).

    Pass the result for the bytes before as ``initial`` to go on where another call stopped.
    """
    return crc16.mcrf4xx(data, initial)


def crc16_modbus(data: Readable) -> int:
    """CRC-16/MODBUS: poly 0x8005 reflected, preset 0xFFFF, check 0x4B37 (FCARD envelope)."""
    return crc16.modbus(data)


def crc16_arc(data: Readable) -> int:
    """CRC-16/ARC: poly 0x8005 reflected, preset 0, check 0xBB3D (ZKTeco C3 controllers)."""
    return crc16.arc(data)


def crc16_osdp(data: Readable) -> int:
    """CRC-16/SPI-FUJITSU: poly 0x1021, preset 0x1D0F, not reflected, check 0xE5CC (SIA OSDP)."""
    return crc16.spi_fujitsu(data)


def crc32(data: Readable) -> int:
    """CRC-32 as in ISO-HDLC and zip, check 0xCBF43926 (FCARD file transfer)."""
    return zlib.crc32(data)


def sum8(data: Readable) -> int:
    """Low byte of the sum of all bytes, check 0xDD (FCARD)."""
    return sum(data) & 0xFF


def xor8(data: Readable) -> int:
    """Exclusive or of all bytes, check 0x31 (id-card readers, UART face modules).

    The data is folded in half as one large number, so that no byte is touched by a Python loop.
    """
    value, size = int.from_bytes(data, "big"), len(data)
    while size > 1:
        size = (size + 1) // 2
        value = (value >> (8 * size)) ^ (value & ((1 << (8 * size)) - 1))
    return value


def ones_complement16(data: Readable) -> int:
    """One's complement of the end-around-carry sum of 16-bit little-endian words (ZKTeco).

    An odd last byte counts as the low byte of a word. Check 0x2AF6.
    """
    padded = bytes(data) + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"<{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
