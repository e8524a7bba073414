"""ACK_UPTO and ACK_BITMAP: which numbers the gateway holds, written and read (YLS/1 10.3).

Owns the ledger of one session and the encoding. Knows nothing of storage: the ledger is seeded at
login and advances only when it is told that something became durable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple

from gateway.codecs.yls.body import Refused
from gateway.codecs.yls.limits import MOST_BITMAP, MOST_FRAME
from gateway.codecs.yls.registers import CRITICAL, Result, Tlv

from gateway.domain.events import StoredSeries
from gateway.domain.numbers import HeldNumbers
from gateway.domain.requests import HeldSeries

_UPTO = Struct(">HHII")
_BITMAP = Struct(">HHI")
_PAIR = Struct(">II")
_CRITICAL_UPTO = Tlv.ACK_UPTO | CRITICAL
_REACH = 8 * MOST_BITMAP

Span = tuple[int, int, int]
"""Series, first and last number."""


class Ack(NamedTuple):
    """What a device is told about one series."""

    series: int
    upto: int
    islands: tuple[tuple[int, int], ...]
    """Base and bits; bit i stands for base + i."""


class Ledger:
    """The numbers held of each series of one device.

    A series nobody seeded starts below the first number the device still has (YLS/1 10.3).
    ``room`` is how many bytes of acknowledgements fit into an answer to records.
    """

    __slots__ = ("_room", "_series")

    def __init__(
        self,
        held: Iterable[HeldSeries] = (),
        stores: Iterable[StoredSeries] = (),
        room: int = MOST_FRAME,
    ) -> None:
        self._room = room
        self._series = {
            store.series: HeldNumbers(store.series, max(0, store.first - 1)) for store in stores
        }
        for one in held:
            self._series[one.series] = HeldNumbers(one.series, one.upto, one.ranges)

    def hold(self, series: int, first: int, last: int) -> None:
        """Note that ``first``…``last`` are durable."""
        numbers = self._series.get(series)
        if numbers is None:
            numbers = self._series[series] = HeldNumbers(series)
        numbers.add(first, last)

    def tell(self, spans: list[Span]) -> bytes:
        """Return the elements that acknowledge the held ones among ``spans``.

        What does not fit is left out: the device sends those records again, fewer each time.
        """
        if len(spans) == 1:  # the everyday case: one live record, next in line
            series, _, last = spans[0]
            held = self._series.get(series)
            if held is not None and last <= held.upto:
                return _UPTO.pack(_CRITICAL_UPTO, 8, series, held.upto)
        wanted: dict[int, list[int]] = {}
        for series, first, last in spans:
            wanted.setdefault(series, []).extend((first, last))
        said = b""
        for series, numbers in wanted.items():
            for element in self._tell(series, numbers):
                if len(said) + len(element) > self._room:
                    return said
                said += element
        return said

    def greet(self, room: int) -> bytes:
        """Return what is held of every series, as far as ``room`` bytes allow."""
        said = b""
        for series, numbers in self._series.items():
            upto = _UPTO.pack(Tlv.ACK_UPTO, 8, series, numbers.upto)
            islands = _bitmap(numbers, numbers.upto + 1)
            if len(said) + len(upto) > room:
                break
            said += upto + (islands if len(said) + len(upto + islands) <= room else b"")
        return said

    def _tell(self, series: int, numbers: list[int]) -> Iterator[bytes]:
        held = self._series.get(series)
        if held is None:
            return
        yield _UPTO.pack(_CRITICAL_UPTO, 8, series, held.upto)
        reached = held.upto
        for number in sorted(number for number in numbers if number in held):
            if number > reached:
                base = reached + 1 if number - reached <= _REACH else number
                yield _bitmap(held, base)
                reached = base + _REACH - 1


def _bitmap(held: HeldNumbers, base: int) -> bytes:
    """Return ACK_BITMAP for what is held of the 512 numbers from ``base`` on, or nothing."""
    bits = 0
    for low, high in held.within(base, base + _REACH - 1):
        bits |= (1 << high - low + 1) - 1 << low - base
    if not bits:
        return b""
    data = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return _BITMAP.pack(Tlv.ACK_BITMAP, 4 + len(data), base) + data


def read_acks(items: Iterable[tuple[int, bytes]]) -> list[Ack]:
    """Collect the acknowledgements in a body; a bitmap counts for the ACK_UPTO before it.

    Raises Refused for a wrong length or a bitmap without its ACK_UPTO.
    """
    acks: list[Ack] = []
    for kind, value in items:
        if kind == Tlv.ACK_UPTO:
            if len(value) != _PAIR.size:
                raise Refused(Result.BAD_LENGTH)
            series, upto = _PAIR.unpack(value)
            acks.append(Ack(series, upto, ()))
        elif kind == Tlv.ACK_BITMAP:
            if not acks or not 5 <= len(value) <= 4 + MOST_BITMAP:
                raise Refused(Result.BAD_TLV)
            base, bits = int.from_bytes(value[:4], "big"), int.from_bytes(value[4:], "little")
            acks[-1] = acks[-1]._replace(islands=(*acks[-1].islands, (base, bits)))
    return acks
