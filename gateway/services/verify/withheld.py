"""People whose consent is being withdrawn: from that moment on nobody of them is compared."""

from __future__ import annotations

from collections import Counter

from gateway.domain.ids import PersonId


class Withheld:
    """Spans all projects, also those whose people are only being read from the store."""

    def __init__(self) -> None:
        self._leaving: Counter[PersonId] = Counter()
        self._doubtful: set[PersonId] = set()

    def __contains__(self, person: PersonId) -> bool:
        return person in self._leaving or person in self._doubtful

    def begin(self, person: PersonId) -> None:
        """Withhold somebody while the store is told."""
        self._leaving[person] += 1

    def done(self, person: PersonId) -> None:
        """Take the withdrawal for stored, and known to every project that is in memory."""
        self._doubtful.discard(person)
        self._end(person)

    def refused(self, person: PersonId) -> None:
        """Take note that the store knows nothing to withdraw; an older doubt stays."""
        self._end(person)

    def failed(self, person: PersonId) -> None:
        """Go on withholding: nobody knows whether the store took the withdrawal.

        It holds until the person consents anew or the withdrawal is repeated.
        """
        self._doubtful.add(person)
        self._end(person)

    def agreed(self, person: PersonId) -> None:
        """Take note of a new consent, which settles a doubt but no withdrawal under way."""
        self._doubtful.discard(person)

    def _end(self, person: PersonId) -> None:
        self._leaving[person] -= 1
        if not self._leaving[person]:
            del self._leaving[person]
