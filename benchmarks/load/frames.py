"""Frames made ahead, so that sending one while the clock runs costs a list index.

Owns what the terminals of the benchmark say. A live record is a frame of 200 bytes: REC_CORE and
what a terminal with a camera and a code reader adds to it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from hashlib import sha256

from gateway.codecs.yls.body import put, put_number
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.inquiry import Inquiry
from gateway.codecs.yls.limits import CHUNK_OVERHEAD, MOST_FRAME, MOST_RECORDS
from gateway.codecs.yls.registers import ENC, OWNER_RECORD, SNAPSHOT, Command, Tlv
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.status import StatusReport

from benchmarks.portraits import portrait

LIVE_FRAME = 200
"""Bytes of a frame with one live record."""
PICTURE = 50 * 1024
SHOWN = (2, 3, 4, 6, 7, 8)
"""Pictures of a person who was enrolled with the first."""
QUALITY = 15
"""Of the JPEG: the whole picture of 640x480 pixels then fits into one frame."""
FACE = 1
CHUNK = MOST_FRAME - CHUNK_OVERHEAD
_BEAT = StatusReport(uptime_s=86_400, persons=1200).encode(0)
_HEAD = bytes.fromhex("ffd8ffc0000b080140 00f0010111 00".replace(" ", ""))
_SCAN = bytes.fromhex("ffda0008010100003f00")
_END = b"\xff\xd9"

Group = list[bytes]
"""Frames that may be on their way together; the next group waits for all of their answers."""


def beats(seal: Seal, first_seq: int, count: int) -> Group:
    """Make heartbeats with STATUS."""
    return [
        seal.pack(seal.default, Command.HEARTBEAT, seq, _BEAT)
        for seq in range(first_seq, first_seq + count)
    ]


def live(seal: Seal, first_seq: int, count: int, epoch: int, first_number: int) -> Group:
    """Make frames with one live record each."""
    return [
        seal.pack(
            seal.default, Command.REC_REALTIME, first_seq + at, _record(epoch, first_number + at)
        )
        for at in range(count)
    ]


def questions(seal: Seal, first_seq: int, count: int, deadline_ms: int) -> Group:
    """Make encrypted questions who stands there, each with another picture of the same face."""
    pictures = [portrait(number, QUALITY) for number in SHOWN]
    frames = []
    for at in range(count):
        seq = first_seq + at
        asked = Inquiry(means=FACE, deadline_ms=deadline_ms, picture=pictures[seq % len(pictures)])
        frames.append(seal.pack(ENC, Command.VERIFY_REQ, seq, asked.encode()))
    return frames


def backfill(seal: Seal, first_seq: int, count: int, epoch: int, first_number: int) -> Group:
    """Make frames with 32 records each: REC_CORE and SNAPSHOT_REF, as 64 elements allow."""
    frames = []
    for at in range(count):
        first = first_number + at * MOST_RECORDS
        body = b"".join(
            _core(epoch, number) + _reference(epoch, number)
            for number in range(first, first + MOST_RECORDS)
        )
        frames.append(seal.pack(seal.default, Command.REC_BACKFILL, first_seq + at, body))
    return frames


def pictures(
    seal: Seal, first_seq: int, count: int, epoch: int, first_blob: int, device: int
) -> Iterator[Group]:
    """Make encrypted transfers of 50 KB each: one group opens, the next sends and closes."""
    seq = first_seq
    for at in range(count):
        blob = first_blob + at
        data = picture(device, blob)
        opening = (
            put_number(Tlv.BLOB_TYPE, SNAPSHOT, 1, critical=True)
            + put_number(Tlv.BLOB_SIZE, len(data), 4, critical=True)
            + put(Tlv.SHA256, sha256(data).digest(), critical=True)
            + put(Tlv.OWNER, bytes((OWNER_RECORD,)) + _pair(epoch, blob))
            + put_number(Tlv.CHUNK, CHUNK, 2)
        )
        yield [seal.pack(ENC, Command.BLOB_OPEN, seq, opening)]
        named = put_number(Tlv.BLOB_ID, blob, 4, critical=True)
        group = []
        for offset in range(0, len(data), CHUNK):
            seq += 1
            place = put_number(Tlv.OFFSET, offset, 4, critical=True)
            chunk = put(Tlv.DATA, data[offset : offset + CHUNK], critical=True)
            group.append(seal.pack(ENC, Command.BLOB_DATA, seq, named + place + chunk))
        seq += 1
        group.append(seal.pack(ENC, Command.BLOB_CLOSE, seq, named))
        seq += 1
        yield group


def picture(device: int, number: int) -> bytes:
    """Return 50 KB that cannot be compressed and have the structure of a JPEG."""
    noise = random.Random(device << 20 | number).randbytes(PICTURE - 64)
    scan = noise.replace(b"\xff", b"\xfe")
    head = _HEAD + _SCAN + scan
    return head + bytes(PICTURE - len(head) - len(_END)) + _END


def _record(epoch: int, number: int) -> bytes:
    body = (
        _core(epoch, number)
        + put(Tlv.HELMET, b"\1")
        + _reference(epoch, number)
        + put(Tlv.QR_DIGEST, sha256(b"code" + _pair(epoch, number)).digest())
        + put(Tlv.CARD, b"\1" + _pair(epoch, number))
    )
    room = LIVE_FRAME - 28 - len(body)
    return body + put(
        Tlv.TEXT, b"gate 3, turnstile B, camera upper left".ljust(room - 4)[: room - 4]
    )


def _core(epoch: int, number: int) -> bytes:
    draft = Draft(
        time_ms=int(time.time() * 1000),
        person=10_000 + number % 5000,
        direction=1,
        method=1,
        score=9_512,
        liveness=9_876,
        temperature=3_652,
    )
    return draft.encode(epoch, number)[0]


def _reference(epoch: int, number: int) -> bytes:
    digest = sha256(_pair(epoch, number)).digest()
    return put(Tlv.SNAPSHOT_REF, b"\1" + PICTURE.to_bytes(4, "big") + digest)


def _pair(epoch: int, number: int) -> bytes:
    return epoch.to_bytes(4, "big") + number.to_bytes(4, "big")
