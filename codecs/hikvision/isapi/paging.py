"""Lists that come in pages: as many at a time as the terminal likes, whatever was asked for.

The terminal gives fewer than asked for and no error (certain), so the next page begins behind what
came, and only ``MORE`` says that there is one. Terminals that never come to an end are left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gateway.codecs.errand import Call, Terms
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi.talk import Work, look, members, refuse
from gateway.codecs.hikvision.isapi.texts import JSON
from gateway.codecs.hikvision.values import number, text

PAGE = 30
"""What terminals give at most (inferred: about 30)."""
_NAME_BYTES = 8


class Listing(NamedTuple):
    """What is listed, and how it is called."""

    target: str
    condition: str
    root: str
    rows: str
    """Member of ``root`` that has the page's rows."""


class Page(NamedTuple):
    """One page."""

    rows: list[Values]
    total: int
    """How many the terminal says that match."""


Take = Callable[[Page], Work[None]]


def pages(
    listing: Listing, wanted: Mapping[str, object], terms: Terms, take: Take, most: int
) -> Work[int]:
    """Hand every page to ``take``, and return how many rows there were.

    Raises Ended: ``endless`` where there are more than ``most`` rows.
    """
    name, position = f"gw-{terms.entropy(_NAME_BYTES).hex()}", 0
    while True:
        values = yield from _ask(listing, name, position, wanted)
        found = values.get(listing.rows)
        rows = found if isinstance(found, list) else [found] if isinstance(found, dict) else []
        total = number(values.get("totalMatches")) or 0
        yield from take(Page([row for row in rows if isinstance(row, dict)], total))
        position += len(rows)
        if not rows or text(values.get("responseStatusStrg")).upper() != "MORE":
            return position
        if position > most:
            raise refuse("endless", f"more than {most} of {listing.rows}")


def _ask(listing: Listing, name: str, position: int, wanted: Mapping[str, object]) -> Work[Values]:
    condition = {
        "searchID": name,
        "searchResultPosition": position,
        "maxResults": PAGE,
        **wanted,
    }
    body = json.dumps({listing.condition: condition}, separators=(",", ":")).encode()
    call = Call(method="POST", target=listing.target, content_type=JSON, body=body, repeatable=True)
    return members((yield from look(call)), listing.root)
