from __future__ import annotations

from collections.abc import Iterator

import pytest
from gateway.codecs.api import Context
from gateway.codecs.replay import (
    MOST_TICKS,
    REQUESTS,
    Make,
    ScriptError,
    Stage,
    joined,
    replay,
    steps,
)
from gateway.codecs.transcript import Header, Transcript, read_transcript

from gateway.domain.events import BlobInterrupted, Event, Heartbeat
from gateway.domain.requests import Request
from gateway.domain.times import Instant
from tests.codecs.acme import AcmeConversation
from tests.codecs.fixtures import NAMES, Flagged, subclass, transcript


def written(body: str, header: str = "") -> Transcript:
    return read_transcript(f'dialect = "echo"\n{header}\n---\n{body}', "echo.wire")


class Echo:
    """Frames of two bytes; answers each with itself, and a timer with 00."""

    def __init__(self, context: Context) -> None:
        self.closing: str | None = None
        self.context = context
        self.held = b""
        self.out = b""
        self.due: float | None = None

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        self.held += data
        events: list[Event] = []
        while len(self.held) >= 2:
            frame, self.held = self.held[:2], self.held[2:]
            self.out += frame
            self.due = now.mono + 10
            events.append(Heartbeat())
        return events

    def submit(self, request: Request, now: Instant) -> list[Event]:
        self.out += type(request).__name__.encode()
        return []

    def output(self) -> bytes:
        out, self.out = self.out, b""
        return out

    def deadline(self) -> float | None:
        return self.due

    def tick(self, now: Instant) -> list[Event]:
        self.out += b"\0"
        self.due = None
        return []

    def lost(self, now: Instant) -> list[Event]:
        return [BlobInterrupted(digest=b"d", data=self.held)]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_plays_in_all_ways(name: str) -> None:
    assert replay(transcript(name), AcmeConversation) == []


def test_acts_and_consequences() -> None:
    body = """\
> 6162
= Heartbeat
< 6162
> 6364
= Heartbeat {"status": null}
< 6364
@ 9s
@ 1s
< 00
! MeasureClock
< 4d656173757265436c6f636b
> 65
! Lost
= BlobInterrupted {"data": "65"}
"""
    assert replay(written(body), Echo) == []
    assert len(steps(written(body))) == 8
    merged = joined(steps(written(body)))
    assert [step.data for step in merged if step.data] == [b"abcd", b"e"]
    assert merged[1].output == b"abcd"
    assert len(merged[1].events) == 2


def test_the_other_role() -> None:
    turned = written("< 6162\n= Heartbeat\n> 6162\n", 'role = "device"')
    assert replay(turned, Echo) == []


def test_what_is_said_before_anything_happens() -> None:
    class Eager(Echo):
        """Speaks first, as a terminal does."""

        def __init__(self, context: Context) -> None:
            super().__init__(context)
            self.out = context.entropy(2)

    spoken = written("> c0c1\n", 'role = "device"\nentropy = "c0c1"')
    assert replay(spoken, Eager) == []
    silent = replay(written("", 'role = "device"\nentropy = "c0c1"'), Eager)[0]
    assert (silent.place, silent.actual) == ("echo.wire:1", "c0 c1")
    short = replay(written("> c0c1\n", 'role = "device"\nentropy = "c0"'), Eager)
    assert "entropy runs out: the header gives 1 bytes too few" in short[0].actual


@pytest.mark.parametrize(
    ("body", "line", "expected", "actual"),
    [
        ("> 6162\n= Heartbeat\n", 4, "output nothing", "61 62"),
        ("> 6162\n< 6162\n", 4, "no event", "Heartbeat"),
        ("> 61\n= Heartbeat\n< 61\n", 4, "Heartbeat {}", "no event"),
        ("> 6162\n= Misbehaved\n< 6162\n", 4, "Misbehaved {}", "Heartbeat"),
        ('> 6162\n= Heartbeat {"status": 0}\n< 6162\n', 4, '{"status": 0}', '{"status": null}'),
        ("> 6162\n= Heartbeat\n< 6163\n", 4, "61 63", "61 62"),
        ("@ 1s\n< 00\n", 4, "output 00", "nothing"),
        ("! Marry\n", 4, "no exception", "no request is called 'Marry'"),
        ('! Accept {"receipt": null}\n', 4, "no exception", "None is no int"),
        ("! Accept {}\n", 4, "no exception", "missing"),
    ],
)
def test_a_deviation_says_where_and_what(body: str, line: int, expected: str, actual: str) -> None:
    found = replay(written(body), Echo)[0]
    assert found.place == f"echo.wire:{line}"
    assert expected in found.expected
    assert actual in found.actual
    assert str(found).startswith(f"echo.wire:{line} (whole): expected ")


def test_closing_is_part_of_the_script() -> None:
    class Curt(Echo):
        """Hangs up after one frame."""

        def feed(self, data: bytes, now: Instant) -> list[Event]:
            events = super().feed(data, now)
            self.closing = "enough" if events else None
            return events

    body = "> 6162\n= Heartbeat\n< 6162\n"
    assert replay(written(body, 'closes = "enough"'), Curt) == []
    found = replay(written(body), Curt)[0]
    assert (found.expected, found.actual) == ("closing None", "'enough'")


def test_the_world_is_scripted() -> None:
    seen: list[object] = []

    class Curious(Echo):
        """Looks at everything it is given."""

        def feed(self, data: bytes, now: Instant) -> list[Event]:
            seen.append((self.context.entropy(2), self.context.entropy(1), now))
            return []

    header = Header(
        dialect="echo",
        entropy=b"abc",
        clock=1000,
        secure=True,
        resync=True,
        channel_binding=b"tls",
        settings={"x": 1},
    )
    stage = Stage(header, Curious)
    stage.wait(2.5)
    stage.feed(b"?")
    assert seen == [(b"ab", b"c", Instant(2.5, 3500))]
    made = stage.conversation
    assert isinstance(made, Curious)
    assert (made.context.secure, made.context.resync) == (True, True)
    assert (made.context.channel_binding, made.context.settings) == (b"tls", {"x": 1})


def test_a_timer_that_never_moves_on_is_named() -> None:
    class Stuck(Echo):
        """Is always due."""

        def deadline(self) -> float | None:
            return 0.0

    with pytest.raises(ScriptError, match=f"fired {MOST_TICKS} times within 1 s"):
        Stage(Header(dialect="echo"), Stuck).wait(1)


def test_a_timer_is_called_when_it_is_due_and_not_later() -> None:
    at: list[float] = []

    class Timed(Echo):
        """Notes when it is called."""

        def tick(self, now: Instant) -> list[Event]:
            at.append(now.mono)
            self.due = now.mono + 10 if now.mono < 30 else None
            return []

    stage = Stage(Header(dialect="echo"), Timed)
    stage.feed(b"ab")
    stage.wait(95)
    assert at == [10, 20, 30]
    assert stage.now == Instant(95, 95_000)


def early(how: object) -> Make:
    return subclass(Echo, feed=how)


def test_nothing_may_come_out_early() -> None:
    def feed(self: Echo, data: bytes, now: Instant) -> list[Event]:
        self.held += data
        if len(self.held) == 1:
            self.out += b"x"
        return [Heartbeat()] if self.held == b"ab" else []

    found = replay(written("> 6162\n= Heartbeat\n< 78\n"), early(feed))
    assert [(d.way, d.expected) for d in found] == [
        ("whole", "output 78"),
        ("byte by byte", "nothing before the last byte"),
        ("with neighbours", "output 78"),
    ]
    assert found[1].actual == "no event, output 78"


def test_requests_of_a_dialects_own() -> None:
    call = written('! Flagged {"means": "FACE"}\n< 466c6167676564\n')
    assert replay(call, Echo, (*REQUESTS, Flagged)) == []
    assert "no request is called 'Flagged'" in replay(call, Echo)[0].actual


def test_an_exception_is_a_deviation() -> None:
    def feed(self: Echo, data: bytes, now: Instant) -> Iterator[Event]:
        raise KeyError("oops")

    assert replay(written("> 61\n"), early(feed))[0].actual.startswith("KeyError: 'oops' at test_")


def test_a_step_names_its_bytes_only_when_it_has_some() -> None:
    grouped = steps(written("> 61\n! Lost\n"))
    assert [step.data for step in grouped] == [None, b"a", None]
