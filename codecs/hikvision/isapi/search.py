"""Records a terminal has in its memory and we do not: searched for by their numbers.

What is found is the same record as the one it would have reported: same name, same content. So
what came meanwhile, or comes again later, is here once.
"""

from __future__ import annotations

import json

from gateway.codecs.errand import Terms, report
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.identity import SERIES, serial_no
from gateway.codecs.hikvision.isapi.paging import PAGE, Listing, Page, pages
from gateway.codecs.hikvision.isapi.talk import Ended, Work, refuse
from gateway.codecs.hikvision.limits import MOST_SERIAL_NO
from gateway.codecs.hikvision.notice import Notice
from gateway.codecs.hikvision.report import Facts
from gateway.codecs.hikvision.report import report as record_of

from gateway.domain.commands import Outcome
from gateway.domain.ids import Receipt
from gateway.domain.maintenance import SearchRecords

EVENTS = Listing(
    "/ISAPI/AccessControl/AcsEvent?format=json", "AcsEventCond", "AcsEvent", "InfoList"
)
KIND = "AccessControllerEvent"
"""What a search finds are events of this kind; it does not say so."""
ALL = {"major": 0, "minor": 0}
"""0 is every code (inferred); some firmware refuses a search without them."""
MOST_RECORDS = 100_000
"""A terminal's whole memory (the maker's example)."""


def search(order: SearchRecords, terms: Terms) -> Work[int]:
    """Have every record of the range stored that the terminal has, and return how many."""
    if order.series != SERIES[KIND]:
        raise refuse("unsupported", f"only events of kind {KIND} can be searched for")
    if not 1 <= order.first <= order.last <= MOST_SERIAL_NO:
        raise refuse("bad_value", f"{order.first} … {order.last} is no range of numbers")
    bounds = {"beginSerialNo": order.first, "endSerialNo": order.last, "picEnable": False}
    # Twice, for numbers begin anew in time, and the terminal may have both.
    most = min(MOST_RECORDS, 2 * (order.last - order.first + 1) + PAGE)
    kept = _Kept(order, terms)
    yield from pages(EVENTS, {**ALL, **bounds}, terms, kept.take, most)
    return kept.count


class _Kept:
    """What was found so far."""

    def __init__(self, order: SearchRecords, terms: Terms) -> None:
        self._order = order
        self._terms = terms
        self.count = 0

    def take(self, page: Page) -> Work[None]:
        """Have a page stored before the next one is asked for."""
        found = [notice for notice in map(notice_of, page.rows) if self._wanted(notice)]
        if page.rows and not found:
            raise refuse("unsupported", "the terminal does not search by numbers")
        offset = int(self._terms.settings.get("utc_offset_minutes", 480))
        wall = self._terms.now.wall
        records = tuple(
            record_of(notice, Facts(Receipt(at), wall, offset))
            for at, notice in enumerate(found, 1)
        )
        if records and not (yield from report(records)):
            raise Ended(Outcome.NOT_SENT, "deferred", f"{self.count} were stored before")
        self.count += len(records)

    def _wanted(self, notice: Notice) -> bool:
        """Leave out what was not asked for: some firmware may not know the condition (unknown)."""
        number = serial_no(notice)
        return number is not None and self._order.first <= number <= self._order.last


def notice_of(row: Values) -> Notice:
    """Return a search result as the event it was, told afterwards."""
    raw = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Notice(
        kind=KIND,
        envelope={"eventType": KIND, "dateTime": row.get("time")},
        inner={**row, "currentEvent": False},
        raw=raw,
        picture=None,
        oddities=(),
    )
