"""Reports of a terminal that wait until the gateway has them for good (YLS/1 13.5, 15).

Owns which request waits for which word. Records and objects have machines of their own.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.yls.asked import Asked, Reply, Verdict
from gateway.codecs.yls.body import RESULT_OK, put_number, put_result
from gateway.codecs.yls.registers import Result, Tlv

from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, Defer

_LONGEST_PAUSE_S = 0xFFFF
_DECLINED = {"unknown": Result.BLOB_UNKNOWN, "unsupported": Result.FORBIDDEN}


class Reports:
    """The reports of one session."""

    __slots__ = ("_receipt", "_waiting")

    def __init__(self, receipt: Callable[[], Receipt]) -> None:
        self._receipt = receipt
        self._waiting: dict[int, Asked] = {}

    def enter(self, asked: Asked) -> Receipt:
        """Let a request wait; return the receipt under which it is settled."""
        receipt = self._receipt()
        self._waiting[receipt] = asked
        return receipt

    def settle(self, verdict: Verdict) -> Reply | None:
        """Take the gateway's word; None where nobody waits for it."""
        asked = self._waiting.pop(verdict.receipt, None)
        if asked is None:
            return None
        if isinstance(verdict, Accept):
            return Reply(asked, RESULT_OK)
        code = getattr(verdict, "code", "")
        if code in _DECLINED:
            return Reply(asked, put_result(_DECLINED[code]))
        seconds = verdict.retry_after_s if isinstance(verdict, Defer) else 1
        pause = put_number(Tlv.HB, max(1, min(seconds, _LONGEST_PAUSE_S)), 2)
        return Reply(asked, put_result(Result.RETRY_LATER) + pause)
