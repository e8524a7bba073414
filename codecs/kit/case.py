"""A dialect on the bench: its transcripts, its hooks, and the helpers every check needs.

Owns the selection of what can be played and the bookkeeping of one property. Checks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.codecs.api import Dialect
from gateway.codecs.kit.hooks import Dice, Hooks
from gateway.codecs.kit.report import Finding, Verdict
from gateway.codecs.replay import REQUESTS, Deviation, Make, Stage, Step, play, steps, whole
from gateway.codecs.transcript import Transcript

from gateway.domain.events import FrameDamaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A transcript that plays as written, with the maker of the side under test."""

    transcript: Transcript
    make: Make
    plan: tuple[Step, ...]
    requests: tuple[type, ...] = REQUESTS

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Yield the index in the plan and the bytes of every act that delivers some."""
        for index, step in enumerate(self.plan):
            if step.data:
                yield index, step.data

    def stage_before(self, index: int) -> Stage:
        """Return a conversation to which everything before step ``index`` has happened."""
        stage = Stage(self.transcript.header, self.make, self.requests)
        for step in self.plan[:index]:
            stage.perform(step.act, whole)
        stage.take()
        return stage

    def place(self, index: int) -> str:
        """Return file and line of a step."""
        act = self.plan[index].act
        return f"{self.transcript.name}:{act.number if act else 1}"


class StillRunning(BaseException):
    """A call into the codec does not return; raised by the watchdog, past every ``except``."""


def unannounced(code: str) -> None:
    """Tell nobody which property comes next."""
    del code


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the kit may use beside the dialect; nothing of it is needed for most properties."""

    sources: Mapping[str, str] = field(default_factory=dict)
    """Text of the dialect's own modules by file."""
    others: tuple[Dialect, ...] = ()
    """The other dialects it will share a port with."""
    clock: Callable[[], float] | None = None
    """Returns seconds, for P15 and P17; codecs never see it."""
    fuzz_seconds: float = 0.0
    """How long P17 goes on; counts only with ``clock``."""
    announce: Callable[[str], None] = unannounced
    """Told the code of each property before it is checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything a check gets."""

    dialect: Dialect
    hooks: Hooks
    dice: Dice
    goldens: tuple[Golden, ...]
    deviations: tuple[Deviation, ...] = ()
    """What the transcripts that do not play as written did instead."""
    unplayed: tuple[str, ...] = ()
    """Transcripts of the terminal's side, when there is no hook to make one."""
    effort: int = 1
    """Multiplies the number of generated cases."""
    bench: Bench = field(default_factory=Bench)


@dataclass(slots=True)
class Tally:
    """Counts the cases of one property and turns the outcome into a finding."""

    code: str
    title: str
    cases: int = field(default=0)

    def passed(self, detail: str = "") -> Finding:
        """Return a pass, or "not applicable" when there was nothing to try."""
        if not self.cases:
            return self.skipped("no transcript gives it a case")
        return self._finding(Verdict.PASSED, detail)

    def failed(self, detail: str) -> Finding:
        """Return a failure with its counterexample."""
        return self._finding(Verdict.FAILED, detail)

    def skipped(self, reason: str) -> Finding:
        """Return "not applicable" with its reason."""
        return self._finding(Verdict.NOT_APPLICABLE, reason)

    def _finding(self, verdict: Verdict, detail: str) -> Finding:
        return Finding(
            code=self.code, title=self.title, verdict=verdict, detail=detail, cases=self.cases
        )


def make_case(
    dialect: Dialect,
    transcripts: Sequence[Transcript],
    dice: Dice,
    hooks: Hooks,
    effort: int,
    bench: Bench,
) -> Case:
    """Sort the transcripts into those that play as written and those that do not."""
    goldens: list[Golden] = []
    deviations: list[Deviation] = []
    unplayed: list[str] = []
    requests = (*REQUESTS, *hooks.requests)
    for transcript in transcripts:
        server = transcript.header.role == "server"
        make = dialect.conversation if server else hooks.device
        if make is None:
            unplayed.append(transcript.name)
            continue
        plan = tuple(steps(transcript))
        deviation = play(transcript, make, plan, whole, "whole", requests=requests)
        if deviation is not None:
            deviations.append(deviation)
        else:
            goldens.append(Golden(transcript=transcript, make=make, plan=plan, requests=requests))
    return Case(
        dialect=dialect,
        hooks=hooks,
        dice=dice,
        goldens=tuple(goldens),
        deviations=tuple(deviations),
        unplayed=tuple(unplayed),
        effort=effort,
        bench=bench,
    )


def without_damage(step: Step) -> Step:
    """Return a step that expects everything but damage."""
    kept = tuple(call for call in step.events if call.name != FrameDamaged.__name__)
    return Step(act=step.act, events=kept, output=step.output)


def shown(data: bytes, most: int = 96) -> str:
    """Return bytes as hexadecimal, cut to ``most``."""
    return data[:most].hex(" ") + (f" … ({len(data)} bytes)" if len(data) > most else "")
