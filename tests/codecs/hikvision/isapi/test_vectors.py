"""The worked vectors of what the gateway asks a terminal: our calls say them to the byte.

Heads are the carrier's own: it adds an Accept and a User-Agent and leaves out Connection.
"""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.commands import DoorAction, DoorCommand
from gateway.domain.ids import Receipt, Ticket
from gateway.domain.maintenance import SearchRecords
from gateway.domain.verification import VerdictDue
from tests.codecs.hikvision.isapi.bench import Bench
from tests.codecs.hikvision.isapi.carrier import Carrier
from tests.codecs.hikvision.vectors import VECTORS

ORDERS: dict[str, Any] = {
    "C15": DoorCommand(ticket=Ticket(1), door=1, action=DoorAction.PULSE),
    "C4b": VerdictDue(about=Receipt(1), number=1867, passes=True, prompt="Welcome", due=1e9),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_call_has_the_line_the_type_and_the_body_of_the_vector(name: str) -> None:
    carrier = Carrier(Bench())
    carrier.run(ORDERS[name])
    call = carrier.calls[-1]
    head, _, body = VECTORS[name].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert f"{call.method} {call.target} HTTP/1.1" == line
    assert f"Content-Type: {call.content_type}" in headers
    assert call.body == body


def test_every_vector_of_these_rows_is_used() -> None:
    """C4a, C4c, C6 and C12b are the simulated terminal's, see test_device_server."""
    search = SearchRecords(ticket=Ticket(1), series=0, first=1860, last=1866)
    carrier = Carrier(Bench())
    carrier.run(search)
    named = b'"searchID":"gw-0000000000000001"'
    assert carrier.calls[0].body == VECTORS["C12a"].partition(b"\r\n\r\n")[2].replace(
        b'"searchID":"gw-0001"', named
    )
