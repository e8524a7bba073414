"""Identifiers, each its own type so that mypy tells a device from a passage."""

from __future__ import annotations

from typing import NewType

DeviceId = NewType("DeviceId", int)
"""Row number of a device in our directory; small, dense and never shown to a terminal."""

PassageId = NewType("PassageId", int)
"""Number of a stored record, unique over passages and fault reports; drawn from one sequence."""

PersonId = NewType("PersonId", int)
"""Row number of a person. No identity number is ever used as an identifier."""

ProjectId = NewType("ProjectId", int)
ChannelId = NewType("ChannelId", int)
MountingId = NewType("MountingId", int)

Serial = NewType("Serial", str)
"""What a terminal calls itself: printable ASCII, at most 32 characters."""

Generation = NewType("Generation", int)
"""Counts logins over the whole process; of two sessions of one device the larger one is live."""

Receipt = NewType("Receipt", int)
"""Handle of something a terminal waits to have answered; unique inside one conversation."""

Ticket = NewType("Ticket", int)
"""Handle that the gateway gives a wish of its own, so that it knows the outcome when it comes."""
