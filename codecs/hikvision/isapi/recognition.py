"""Who answers at an address: the terminal that is registered, or another that has moved there."""

from __future__ import annotations

from gateway.codecs.errand import REASONS, NoAnswer, Recognition, Terms
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi.describe import identity
from gateway.codecs.hikvision.isapi.talk import Ended
from gateway.codecs.hikvision.values import text

from gateway.domain.ids import Serial


def stranger(told: Values, serial: Serial) -> str | None:
    """Return who it says it is, None where it is the one that is meant.

    What it calls itself begins with its model and may be longer than what is printed on it.
    """
    named = text(told.get("serialNumber"))
    return None if named.upper().endswith(serial.upper()) else f"it calls itself {named}"


def recognise(terms: Terms) -> Recognition:
    """Return None where the terminal has the serial number that is registered."""
    try:
        told = yield from identity()
    except Ended as ended:
        if ended.code in REASONS:
            return NoAnswer(reason=ended.code, arrived=False, said=ended.said)
        said = f"{ended.code}: {ended.said}"
        return NoAnswer(reason="anonymous", arrived=False, said=said)
    found = stranger(told, terms.serial)
    return None if found is None else NoAnswer(reason="other_device", arrived=False, said=found)
