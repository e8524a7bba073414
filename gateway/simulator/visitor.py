"""Somebody before a gate whose terminal asks the gateway who it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.codecs.double import Decided, Happening, Question, Unanswered
from gateway.codecs.drawn import drawn_face
from gateway.domain.vocabulary import Decision, Means
from gateway.simulator.album import Face
from gateway.simulator.counts import Counts
from gateway.simulator.day import Arrival
from gateway.simulator.gate import means_of

MUTE = "mute"
"""The dialect has no such question: nobody was asked, and the terminal decides as always."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """One arrival and what the terminal would write down by itself."""

    arrival: Arrival
    passage: Happening
    online: bool
    since: float
    """Monotonic seconds of the question."""
    face: Face | None = None
    """Who it really is, where that is known."""
    written: bool = False
    """The question itself is the record of this visit."""

    def question(self, by_picture: bool) -> Question:
        """Ask with the picture where there is one, else with a template."""
        if self.face is not None:
            return Question(
                means=Means.FACE,
                direction=self.passage.direction,
                time_ms=self.passage.time_ms,
                picture=self.face.picture,
            )
        picture = self.passage.picture if by_picture else None
        return Question(
            means=means_of(self.arrival),
            direction=self.passage.direction,
            time_ms=self.passage.time_ms,
            face=drawn_face(str(self.arrival.person)) if picture is None else None,
            picture=picture,
        )

    def by_itself(self) -> Happening:
        """Return what the terminal decided without asking."""
        return replace(self.passage, offline=not self.online)

    def after(self, word: Decided | Unanswered) -> Happening:
        """Return what is written down once the gateway spoke, or did not."""
        if isinstance(word, Unanswered):
            asked = word.reason != MUTE
            return replace(self.passage, offline=not self.online, fell_back=asked)
        return replace(
            self.passage,
            decision=Decision.GRANTED if word.granted else Decision.DENIED,
            person=word.person,
            by_gateway=True,
        )

    def count(self, word: Decided | Unanswered, counts: Counts, mono: float) -> None:
        """Count what came of the question."""
        if isinstance(word, Decided):
            counts.asked += 1
            counts.granted += word.granted
            counts.denied += not word.granted
            counts.answers.add(mono - self.since)
            self._hold_against_truth(word, counts)
        elif word.reason != MUTE:
            counts.asked += 1
            counts.fallbacks[word.reason] = counts.fallbacks.get(word.reason, 0) + 1

    def _hold_against_truth(self, word: Decided, counts: Counts) -> None:
        if self.face is None:
            return
        if word.granted and word.person == self.face.person:
            counts.recognised += 1
        elif word.granted:
            counts.mistaken += 1
        elif self.face.person:
            counts.missed += 1
        else:
            counts.turned_away += 1
