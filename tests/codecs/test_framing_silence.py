"""What a silence on the line does to a frame that never came whole."""

from __future__ import annotations

from gateway.codecs.framing import (
    FrameReader,
)

from gateway.domain.events import FrameDamaged
from tests.codecs.wire_shapes import (
    CHECKED,
    PREFIXED,
    drain,
    prefixed,
)


def test_a_silence_ends_a_false_start() -> None:
    reader = FrameReader(PREFIXED, resync=True)
    reader.feed(b"AC\x00\xff" + prefixed(b"real"))
    assert reader.take() is None
    reader.gap()
    assert reader.take() == FrameDamaged(code="gap", size=4, sample=b"AC\x00\xff")
    assert reader.take() == prefixed(b"real")
    assert reader.buffered == 0


def test_a_silence_gives_a_second_false_start_its_own_time() -> None:
    reader = FrameReader(PREFIXED, resync=True)
    reader.feed(b"AC\x00\xffAC\x00\xfe")
    reader.gap()
    assert reader.take() == FrameDamaged(code="gap", size=4, sample=b"AC\x00\xff")
    assert reader.buffered == 4
    reader.gap()
    assert reader.take() == FrameDamaged(code="gap", size=4, sample=b"AC\x00\xfe")
    assert reader.buffered == 0


def test_a_silence_reports_a_hunt_under_way() -> None:
    reader = FrameReader(CHECKED, resync=True)
    reader.feed(b"noise")
    assert reader.take() is None
    reader.gap()
    assert reader.take() == FrameDamaged(code="magic", size=5, sample=b"noise")
    reader.gap()
    assert reader.take() is None


def test_a_silence_breaks_a_link_that_cannot_lose_bytes() -> None:
    reader = FrameReader(CHECKED, resync=False)
    reader.feed(b"YL")
    reader.gap()
    assert reader.take() == FrameDamaged(code="gap", size=2, sample=b"YL")
    assert reader.broken


def test_a_silence_in_a_long_frame_looks_at_all_that_came() -> None:
    inner = prefixed(b"inner")
    reader = FrameReader(PREFIXED, resync=True)
    reader.feed(prefixed(bytes(280))[:20])
    assert reader.take() is None
    reader.feed(inner)
    reader.gap()
    assert inner in drain(reader)
