"""A capture as a transcript: read back, and played against the codec it came from."""

from __future__ import annotations

from gateway.codecs.replay import Stage, steps, whole
from gateway.codecs.transcript import read_transcript, write_transcript
from hypothesis import given
from hypothesis import strategies as st

from gateway.capture_transcript import transcript
from gateway.domain.captures import Capture, CaptureSummary, Piece
from gateway.domain.events import FrameDamaged
from tests.support.captures import capture
from tests.support.lines import line_dialect


def summary(one: Capture) -> CaptureSummary:
    return CaptureSummary(
        id=12,
        kept_ms=one.pieces[-1].at_ms,
        serial=one.serial,
        peer=one.peer,
        dialect=one.dialect,
        firmware=one.firmware,
        code=one.code,
        whole=one.whole,
        redaction=one.redaction,
        first_ms=one.pieces[0].at_ms,
        last_ms=one.pieces[-1].at_ms,
        size=one.size,
    )


def test_a_transcript_says_where_it_comes_from_and_what_was_said_when() -> None:
    text = transcript(summary(capture()), capture(whole=False))
    assert text == (
        'dialect = "yls/1.0"\n'
        'firmware = "2.3.1"\n'
        'origin = "capture 12 of YLS-00000001: damaged.magic; personal and secret values are '
        "zeros, by the dialect's own rules\"\n"
        "clock = 1788325456000\n"
        "---\n"
        "# What the connection said before this was forgotten.\n"
        "> 00 ff 69 6e\n"
        "@ 0.25s\n"
        "< 6f 75 74\n"
        "@ 90s\n"
        "> 61 67 61 69 6e\n"
    )


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-5, 10**7), st.binary(min_size=1, max_size=200)),
        min_size=1,
    ),
    st.text(),
)
def test_every_capture_is_read_back_to_the_byte_and_the_millisecond(
    said: list[tuple[bool, int, bytes]], firmware: str
) -> None:
    at_ms = 1_788_325_456_000
    pieces, latest, expected = [], at_ms, []
    for inward, wait, data in said:
        at_ms += wait
        pieces.append(Piece(inward, at_ms, data))
        latest = max(latest if pieces[:-1] else at_ms, at_ms)
        expected.append((">" if inward else "<", latest, data))
    one = capture(firmware=firmware, pieces=tuple(pieces))
    text = transcript(summary(one), one)
    read = read_transcript(text, "x.wire")
    assert read.header.firmware == firmware
    assert write_transcript(read) == text
    clock, found = float(read.header.clock), []
    for line in read.lines:
        if isinstance(line.what, bytes):
            found.append((line.sigil, round(clock), line.what))
        else:
            assert isinstance(line.what, float)
            clock += line.what * 1000
    assert found == expected


def test_a_transcript_plays_against_its_codec_and_shows_the_fault_again() -> None:
    dialect = line_dialect()
    pieces = (
        Piece(True, 1_788_325_456_000, b"BEAT\n"),
        Piece(False, 1_788_325_456_000, b"BEAT\n"),
        Piece(True, 1_788_325_457_000, b"NOISE\n"),
    )
    one = capture(dialect="lines/1", pieces=pieces)
    read = read_transcript(transcript(summary(one), one), "x.wire")
    stage = Stage(read.header, dialect.conversation)
    happened = []
    for step in steps(read):
        stage.perform(step.act, whole)
        events, output = stage.take()
        assert output == step.output
        happened += events
    assert any(isinstance(event, FrameDamaged) for event in happened)
