"""Bodies read strictly: tiling, duplicates, critical types, lengths (YLS/1 6).

Owns the rules for every body except records, whose groups `gateway.codecs.yls.records` scans.
Knows no command.
"""

from __future__ import annotations

from struct import Struct

from gateway.codecs.tlv import TlvError, split_tlvs
from gateway.codecs.yls.registers import CRITICAL, Result, Tlv

from gateway.domain.templates import TemplateFault

KNOWN = frozenset(int(kind) for kind in Tlv)
_RESULT = Struct(">HHH")
_RESULT_KIND = Tlv.RESULT | CRITICAL


class Refused(Exception):
    """A request that is answered with a result instead of being carried out."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.name)
        self.result = result


class BadTemplate(Refused):
    """A template, or a picture in its place, that nobody could compare."""

    def __init__(self, fault: TemplateFault) -> None:
        super().__init__(Result.BAD_TEMPLATE)
        self.fault = fault


class Body:
    """The elements of one body by type, the critical bit removed; raises Refused."""

    __slots__ = ("_by_kind", "items")

    def __init__(self, data: bytes, multi: frozenset[int] = frozenset()) -> None:
        try:
            found = split_tlvs(data)
        except TlvError:
            raise Refused(Result.BAD_TLV) from None
        self.items: list[tuple[int, bytes]] = []
        """Known elements in the order sent."""
        self._by_kind: dict[int, bytes] = {}
        for marked, value in found:
            kind = marked & ~CRITICAL
            if kind not in KNOWN:
                if marked & CRITICAL:
                    raise Refused(Result.UNSUPPORTED_CRITICAL)
                continue
            if kind in self._by_kind and kind not in multi:
                raise Refused(Result.BAD_TLV)
            self._by_kind[kind] = value
            self.items.append((kind, value))

    def __contains__(self, kind: int) -> bool:
        return kind in self._by_kind

    def bytes(self, kind: int, size: int | None = None) -> bytes:
        """Return a value that must be there, and have ``size`` bytes if given."""
        value = self._by_kind.get(kind)
        if value is None:
            raise Refused(Result.MISSING_TLV)
        if size is not None and len(value) != size:
            raise Refused(Result.BAD_LENGTH)
        return value

    def number(self, kind: int, size: int, default: int | None = None) -> int:
        """Return an unsigned number of ``size`` bytes; required unless it has a default."""
        if default is not None and kind not in self._by_kind:
            return default
        return int.from_bytes(self.bytes(kind, size), "big")

    def name(self, kind: int, default: str | None = None) -> str:
        """Return printable ASCII of 1…32 characters; may be empty only where it has a default."""
        if default is not None and kind not in self._by_kind:
            return default
        value = self.bytes(kind)
        if len(value) > 32:
            raise Refused(Result.BAD_LENGTH)
        text = value.decode("ascii", "replace")
        if (not value and default is None) or not text.isascii() or not text.isprintable():
            raise Refused(Result.BAD_TLV)
        return text


def put(kind: int, value: bytes, *, critical: bool = False) -> bytes:
    """Return one element as bytes."""
    return (kind | CRITICAL * critical).to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


def put_number(kind: int, number: int, size: int, *, critical: bool = False) -> bytes:
    """Return one element that holds an unsigned number of ``size`` bytes."""
    return put(kind, number.to_bytes(size, "big"), critical=critical)


def put_result(result: int) -> bytes:
    """Return the RESULT element, critical as in every answer."""
    return _RESULT.pack(_RESULT_KIND, 2, result)


RESULT_OK = put_result(Result.OK)
