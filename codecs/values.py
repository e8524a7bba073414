"""Field values as small terminals write them: BCD, packed local times, padded text, bit flags.

Owns the strict reading of single values: a digit that is no digit or a month 13 is refused, never
guessed around. Knows no layouts. Times here are what the terminal's wall clock showed, without a
zone; the dialect knows the zone and `utc_ms` applies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

_ZK_SECONDS = 86_400
_ZK_DAYS = 31


class BadValue(ValueError):
    """A field holds no value of its kind.

    ``code`` is ``digit``, ``time``, ``text`` or ``length``; the message names the bytes.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def bcd_digits(data: bytes, *, pad: str = "") -> str:
    """Return the decimal digits of packed BCD, high nibble first.

    ``pad`` is a hexadecimal digit that may fill the end (``"f"`` for FCARD PINs) and is removed.
    An empty field is an empty string. Raises BadValue(``digit``).
    """
    text = data.hex()
    digits = text.rstrip(pad) if pad else text
    if not (digits.isdigit() or digits == ""):
        raise BadValue("digit", f"{text} holds a nibble that is no decimal digit")
    return digits


def bcd(data: bytes) -> int:
    """Return the number in packed BCD, high nibble first; raises BadValue(``digit``)."""
    return int(bcd_digits(data) or "0")


def put_bcd(value: int, size: int) -> bytes:
    """Return ``value`` as ``size`` bytes of packed BCD; raises BadValue(``length``)."""
    text = f"{value:0{2 * size}d}"
    if value < 0 or len(text) > 2 * size:
        raise BadValue("length", f"{value} does not fit {size} bytes of BCD")
    return bytes.fromhex(text)


def local_time(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    """Return a wall-clock time without zone; raises BadValue(``time``) for a month 13."""
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        shown = f"{year}-{month}-{day} {hour}:{minute}:{second}"
        raise BadValue("time", f"{shown} is no time: {error}") from None


def binary_time(data: bytes) -> datetime:
    """Read six bytes YY MM DD hh mm ss, binary, years since 2000 (Anviz TC-B 2.3, ZKTeco 4.1)."""
    _need(data, 6)
    year, *rest = data
    return local_time(2000 + year, *rest)


def put_binary_time(local: datetime) -> bytes:
    """Return ``local`` as YY MM DD hh mm ss; raises BadValue(``time``) outside 2000…2255."""
    if not 2000 <= local.year <= 2255:
        raise BadValue("time", f"year {local.year} does not fit one byte from 2000")
    return bytes(
        (local.year - 2000, local.month, local.day, local.hour, local.minute, local.second)
    )


def bcd_time(data: bytes) -> datetime:
    """Read six bytes ss mm HH dd MM yy, BCD, years since 2000 (FCARD 3.2)."""
    _need(data, 6)
    second, minute, hour, day, month, year = (bcd(data[i : i + 1]) for i in range(6))
    return local_time(2000 + year, month, day, hour, minute, second)


def packed_time(value: int) -> datetime:
    """Read ZKTeco's 32-bit time, in which every month has 31 days (ZKTeco 4.1).

    Not a Unix time, and some values name no day (31 February): those raise BadValue(``time``).
    """
    days, seconds = divmod(value, _ZK_SECONDS)
    months, day = divmod(days, _ZK_DAYS)
    years, month = divmod(months, 12)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return local_time(2000 + years, month + 1, day + 1, hour, minute, second)


def put_packed_time(local: datetime) -> int:
    """Return ``local`` as ZKTeco's 32-bit time; inverse of `packed_time`."""
    days = ((local.year - 2000) * 12 + local.month - 1) * _ZK_DAYS + local.day - 1
    return days * _ZK_SECONDS + local.hour * 3600 + local.minute * 60 + local.second


def utc_ms(local: datetime, offset_minutes: int) -> int:
    """Return milliseconds since 1970 UTC of a wall clock that runs ``offset_minutes`` east."""
    moment = local.replace(tzinfo=UTC) - timedelta(minutes=offset_minutes)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def padded_text(data: bytes, encoding: str = "gb18030") -> str:
    """Return the text of a field of fixed width, up to its first NUL, without padding blanks.

    GB 18030 reads GBK and GB 2312 too. A character cut off by the end of the field, or one that
    does not exist, becomes U+FFFD: a name must arrive, and must show that it is damaged.
    """
    text = data.decode(encoding, errors="replace")
    return text.partition("\0")[0].rstrip(" ")


def put_padded_text(
    text: str, size: int, encoding: str = "gb18030", *, pad: bytes = b"\0"
) -> bytes:
    """Return ``text`` padded to ``size`` bytes, cut between characters where it is too long.

    Raises BadValue(``text``) for a character the encoding does not have.
    """
    try:
        encoded = [character.encode(encoding) for character in text]
    except UnicodeEncodeError as error:
        raise BadValue("text", f"{error.object[error.start]!r} has no form in {encoding}") from None
    out = bytearray()
    for character in encoded:
        if len(out) + len(character) > size:
            break
        out += character
    return bytes(out) + pad * ((size - len(out)) // len(pad))


def flag_names(value: int, names: Sequence[str]) -> frozenset[str]:
    """Return the names of the bits set, bit 0 first; a bit without a name is ``bit_7``."""
    return frozenset(
        names[bit] if bit < len(names) else f"bit_{bit}"
        for bit in range(value.bit_length())
        if value >> bit & 1
    )


def set_bits(data: bytes, base: int = 0) -> list[int]:
    """Return ``base`` + i for every bit i set, the lowest bit of the first byte being bit 0."""
    value = int.from_bytes(data, "little")
    return [base + bit for bit in range(value.bit_length()) if value >> bit & 1]


def repeated(data: bytes, size: int, count: int) -> Iterator[bytes]:
    """Split ``data`` into exactly ``count`` items of ``size`` bytes.

    Raises BadValue(``length``) before the first item is returned when a byte is missing or left
    over: a truncated list must never look like a short one.
    """
    if len(data) != size * count:
        raise BadValue("length", f"{len(data)} bytes are not {count} items of {size}")
    return (data[at : at + size] for at in range(0, len(data), size))


def _need(data: bytes, size: int) -> None:
    if len(data) != size:
        raise BadValue("length", f"{len(data)} bytes where {size} are needed")
