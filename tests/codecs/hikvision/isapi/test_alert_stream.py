"""A terminal that is read: its stream becomes the records it would have reported."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from gateway.codecs.arming import BadStream
from gateway.codecs.errand import Terms
from gateway.codecs.hikvision.identity import identify
from gateway.codecs.hikvision.isapi.alert_stream import AlertStream
from gateway.codecs.hikvision.isapi_device.habits import Habits, drawn
from gateway.codecs.hikvision.isapi_device.stream import HEAD, Stream
from gateway.codecs.hikvision.notice import read_notice
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import (
    ClockMeasured,
    Event,
    Heartbeat,
    Misbehaved,
    PassageReported,
    UnknownMessage,
)
from gateway.domain.ids import Serial
from gateway.domain.vocabulary import Decision, Lane
from tests.codecs.hikvision.isapi.bench import Bench
from tests.codecs.hikvision.vectors import NOW, VECTORS, event
from tests.support.jpegs import jpeg

KIND = "multipart/mixed; boundary=MIME_boundary"
C6 = VECTORS["C6"].partition(b"\r\n\r\n")[2]


def reader() -> AlertStream:
    stream = AlertStream(Terms(serial=Serial("K1"), now=NOW, entropy=bytes))
    stream.begin(KIND)
    return stream


def read(*pieces: bytes) -> list[Event]:
    stream = reader()
    return [one for piece in pieces for one in stream.feed(piece, NOW)]


def parts(*contents: tuple[str, bytes]) -> bytes:
    mark = b"--MIME_boundary\r\n"
    return mark + b"".join(
        f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        + data
        + b"\r\n"
        + mark
        for kind, data in contents
    )


def passages(events: list[Event]) -> list[PassageReported]:
    return [one for one in events if isinstance(one, PassageReported)]


def test_the_vector_is_a_heartbeat_and_the_passage_that_listening_would_have_told() -> None:
    beat, clock, passage = read(C6)
    assert isinstance(beat, Heartbeat)
    assert isinstance(clock, ClockMeasured)
    assert isinstance(passage, PassageReported)
    told = read_notice("application/json", VECTORS["C1"].partition(b"\r\n\r\n")[2])
    assert passage.identity == identify(told, 480).name
    assert (passage.number, passage.follows, passage.lane) == (1866, 1865, Lane.LIVE)


@given(st.lists(st.integers(0, len(C6)), max_size=10))
def test_the_vector_reads_alike_in_any_pieces(cuts: list[int]) -> None:
    edges = sorted({0, len(C6), *cuts})
    assert read(*(C6[at:until] for at, until in pairwise(edges))) == read(C6)


@pytest.mark.parametrize("seed", range(8))
def test_the_stream_of_every_sloppy_firmware_is_understood(seed: int) -> None:
    habits = drawn(str(seed))
    bench = Bench(habits)
    told = Stream(bench.device.memory, bench.terminal.system, habits, bench.now, all_=False)
    bench.passes()
    bench.passes(minor=76)
    bench.later(10)
    raw = told.take(bench.now)
    assert [one.decision for one in passages(read(raw))] == [Decision.GRANTED, Decision.STRANGER]
    assert any(isinstance(one, Heartbeat) for one in read(raw))


def test_a_part_without_a_length_is_read_with_the_next_one() -> None:
    habits = Habits(part_lengths=False)
    bench = Bench(habits)
    told = Stream(bench.device.memory, bench.terminal.system, habits, bench.now, all_=False)
    bench.passes()
    assert len(passages(read(told.take(bench.now)))) == 1


def test_a_picture_goes_with_the_event_before_it() -> None:
    picture = jpeg(3000)
    raw = parts(("application/json", event(picturesNumber=1)), ("image/jpeg", picture))
    [passage] = passages(read(raw))
    assert passage.picture is not None
    assert passage.picture.data == picture


@pytest.mark.parametrize("after", [b'{"eventType":"heartBeat"}', event(serial=1867)])
def test_a_picture_that_does_not_come_is_not_waited_for(after: bytes) -> None:
    stream = reader()
    raw = parts(("application/json", event(picturesNumber=1)))
    assert stream.feed(raw, NOW) == []
    found = passages(stream.feed(parts(("application/json", after)), NOW))
    assert (found[0].number, found[0].picture) == (1866, None)


def test_a_question_by_the_stream_opens_nothing() -> None:
    [passage] = passages(read(parts(("application/json", event(remoteCheck=True)))))
    assert passage.decision is Decision.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("application/json", b"{", "json"),
        ("application/xml", b"<!DOCTYPE x><x/>", "xml"),
        ("image/jpeg", jpeg(), "picture_alone"),
        ("application/json", json.dumps({"a": 1}).encode(), "event_type"),
    ],
)
def test_a_part_that_is_nothing_costs_only_itself(kind: str, data: bytes, code: str) -> None:
    raw = parts((kind, data), ("application/json", event()))
    fault, *rest = read(raw)
    assert isinstance(fault, Misbehaved)
    assert fault.code == code
    assert len(passages(rest)) == 1


def test_an_event_nobody_knows_is_said_and_stored() -> None:
    found = read(parts(("application/json", event(minor=4000))))
    assert isinstance(found[0], UnknownMessage)
    assert len(passages(found)) == 1


@pytest.mark.parametrize(
    "kind", ["text/html", "multipart/mixed", f"multipart/mixed; boundary={'b' * 71}", ""]
)
def test_what_is_no_multipart_is_no_stream(kind: str) -> None:
    with pytest.raises(BadStream):
        AlertStream(Terms(serial=Serial("K1"), now=NOW, entropy=bytes)).begin(kind)


def test_a_stream_that_ends_or_has_no_bounds_is_left() -> None:
    large = b"--MIME_boundary\r\nContent-Length: 9999999\r\n\r\n"
    for raw, why in ((b"--MIME_boundary--\r\n", "ended"), (large, "part_too_large")):
        stream = reader()
        assert len(passages(stream.feed(C6.removesuffix(b"--MIME_boundary\r\n") + raw, NOW))) == 1
        assert stream.over == why


def test_the_head_of_the_simulated_stream_is_the_vectors() -> None:
    assert VECTORS["C6"].startswith(HEAD)
