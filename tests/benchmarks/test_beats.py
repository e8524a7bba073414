"""What answers heartbeats by hand keeps to YLS/1; else the figure beside G1 would mean nothing."""

from __future__ import annotations

import pytest
from gateway.codecs.yls.frame import whole
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.registers import DIR, MAC, RSP, Command
from gateway.codecs.yls.seal import Seal

from benchmarks.baselines import beats
from benchmarks.load import frames
from benchmarks.load.link import RESULT_OK


def test_a_heartbeat_is_answered_by_hand_as_the_protocol_wants_it() -> None:
    terminal = Seal(beats.KEY, beats.KEY[:16], sid=beats.SID, direction=0, bare=False)
    (sent,) = frames.beats(terminal, 7, 1)
    answered = whole(beats.answer(sent), MOST_FRAME)
    assert answered is not None
    assert (answered.command, answered.seq) == (Command.HEARTBEAT, 7)
    assert answered.flags == DIR | RSP | MAC
    server = Seal(beats.KEY, beats.KEY[:16], sid=beats.SID, direction=DIR, bare=False)
    body = server.open(answered)
    assert body is not None
    assert body.startswith(RESULT_OK)


@pytest.mark.parametrize("at", range(58))
def test_a_damaged_heartbeat_is_not_answered_by_hand(at: int) -> None:
    terminal = Seal(beats.KEY, beats.KEY[:16], sid=beats.SID, direction=0, bare=False)
    damaged = bytearray(frames.beats(terminal, 7, 1)[0])
    damaged[at] ^= 0x80
    with pytest.raises(ValueError, match=r"header|checksum|mac|status"):
        beats.answer(bytes(damaged))
