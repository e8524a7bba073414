"""`python -m benchmarks.parse_work`: the work that G11 counts, marked so that callgrind can cut it.

Every section ends with a call of ``getppid``, which does nothing here but tell callgrind to write
down what was executed since the last one. Without callgrind the processor time is printed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

from gateway.codecs.yls.frame import leading
from gateway.codecs.yls.groups import Group, scan
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.records import report
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.status import read_status

from benchmarks.baselines import parser
from benchmarks.load import frames
from gateway.domain.ids import Receipt
from gateway.domain.vocabulary import Lane

KEY = bytes(range(32))
SID = 7
SECTIONS = ("ours heartbeat", "hand heartbeat", "ours record", "hand record")
_SEAL = Seal(KEY, KEY[:16], sid=SID, direction=0, bare=False)


def ours_heartbeat(data: bytes) -> object:
    """Parse and authenticate as a session does."""
    (frame,), _ = leading(data, MOST_FRAME)
    body = _SEAL.open(frame)
    assert body is not None
    return read_status(body)


def ours_record(data: bytes) -> object:
    """Parse and authenticate as a session does."""
    (frame,), _ = leading(data, MOST_FRAME)
    body = _SEAL.open(frame)
    assert body is not None
    (group,) = scan(body, live=True, biometric=False)
    assert isinstance(group, Group)
    return report(group, Receipt(1), Lane.LIVE)


def hand_heartbeat(data: bytes) -> object:
    """Parse and authenticate by hand."""
    return parser.heartbeat(data, KEY, SID, MOST_FRAME)


def hand_record(data: bytes) -> object:
    """Parse and authenticate by hand."""
    return parser.record(data, KEY, SID, MOST_FRAME)


def sections(count: int) -> dict[str, tuple[Callable[[bytes], object], list[bytes]]]:
    """Return what each section runs over which frames."""
    beats = frames.beats(_SEAL, 3, count)
    records = frames.live(_SEAL, 3, count, 9, 1)
    work = (ours_heartbeat, hand_heartbeat, ours_record, hand_record)
    data = (beats, beats, records, records)
    return dict(zip(SECTIONS, zip(work, data, strict=True), strict=True))


def main(rounds: int, count: int) -> None:
    """Run every section in turn and print nanoseconds per frame."""
    prepared = sections(count)
    for work, data in prepared.values():
        work(data[0])
    seen: list[tuple[str, float]] = []
    os.getppid()
    for _ in range(rounds):
        for name, (work, data) in prepared.items():
            began = time.process_time_ns()
            for one in data:
                work(one)
            spent = time.process_time_ns() - began
            os.getppid()
            seen.append((name, spent / count))
    print(json.dumps(seen))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
