"""The questions of the load generator are ones that a gateway answers."""

from __future__ import annotations

from gateway.codecs.yls.frame import whole
from gateway.codecs.yls.inquiry import read_inquiry
from gateway.codecs.yls.limits import LONGEST_DEADLINE_MS, MOST_FRAME
from gateway.codecs.yls.registers import Command
from gateway.codecs.yls.seal import Seal
from gateway.matcher.pictures.header import read_header

from benchmarks.load.frames import SHOWN, questions


def seal() -> Seal:
    return Seal(bytes(32), bytes(16), sid=1, direction=0, bare=False)


def test_each_fits_into_one_frame_and_shows_another_picture_of_full_size() -> None:
    seen = set()
    for raw in questions(seal(), 3, len(SHOWN), LONGEST_DEADLINE_MS):
        frame = whole(raw, MOST_FRAME)
        assert frame is not None
        assert frame.command == Command.VERIFY_REQ
        body = seal().open(frame)
        assert body is not None
        asked = read_inquiry(body, protected=True, by_picture=True)
        assert asked.picture is not None
        assert asked.deadline_ms == LONGEST_DEADLINE_MS
        header = read_header(asked.picture)
        assert (header.width, header.height) == (640, 480)
        seen.add(asked.picture)
    assert len(seen) == len(SHOWN)
