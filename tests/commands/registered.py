"""The Hikvision terminal that orders are given to, as the gateway has to know it."""

from __future__ import annotations

from tests.support.directories import MODEL, SUPPLIER, document
from tests.support.gateways import Gateway

SERIAL, SILENT = "K51234567", "K51234568"
KEY = bytes(range(32))


def register(gateway: Gateway) -> None:
    """Have the gateway know the terminal by its key, and a second one that never comes."""
    listed = document(SILENT, dialect="hikvision")
    gateway.ask("directory.import", document=listed, place="test")
    gateway.ask(
        "device.add",
        serial=SERIAL,
        supplier=SUPPLIER,
        model=MODEL,
        dialect="hikvision",
        secret=KEY.hex(),
    )
