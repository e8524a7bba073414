"""People whom a terminal was told of by order and who must not be there any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.domain.ids import DeviceId, PersonId
from gateway.domain.values import value


@value
class Leaver:
    """Somebody a terminal may know still."""

    device: DeviceId
    person: PersonId


class LeaverReader(Protocol):
    """Where it is known who was sent where."""

    async def leavers(self, now_ms: int, tried_ms: int, most: int) -> Sequence[Leaver]:
        """Return who was sent to a terminal, was not removed since, and lost what that rested on.

        That is the engagement on the project where the terminal hangs, the identity, or, of whom a
        face was sent, a consent to it. Left out are those for whom a removal is open, or failed and
        was ordered after ``tried_ms``, and terminals for which ``most`` orders wait; no more than
        ``most`` are returned. Raises StoreUnavailable.
        """
