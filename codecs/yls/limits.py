"""Bounds that YLS/1 sets (docs/protocols/yls.md, section 16.6), each with its unit."""

from __future__ import annotations

from gateway.codecs.yls.registers import Blob

MOST_FRAME = 4092
"""Bytes of the largest whole frame: the CRC keeps Hamming distance 4 up to this size."""
LEAST_MAX_FRAME = 256
"""Bytes; the smallest MAX_FRAME a peer may announce."""
FRAME_BEFORE_LOGIN = 512
"""Bytes of the largest frame a peer that proved nothing may make us hold (YLS/1 16.6)."""
AUTH_ALLOWANCE = 64
"""Bytes an AUTH may have: 40, and room for what a later minor version adds. Beside the largest
HELLO it is all that anybody needs to send before it is known."""
LOGIN_SECONDS = 10.0
"""From the connection, or a HELLO on a live session, to AUTH."""
MOST_WINDOW = 16
"""Unanswered requests; bounds what one peer can keep waiting."""
DEFAULT_WINDOW = 4
REPLAY_BITS = 32
"""Sequence numbers below the highest that may still arrive (YLS/1 5)."""
CACHED_ANSWERS = 32
"""Answers kept for repetition (YLS/1 16.6)."""
MOST_BAD_MACS = 16
"""Forged or damaged frames in one session before it is closed (YLS/1 16.6)."""
ANSWER_SECONDS = 10.0
"""How long an answer may take before the request is repeated once (YLS/1 5)."""
MOST_RECORDS = 32
"""Records in one back-fill frame."""
MOST_TLVS = 64
"""Elements in one body."""
MOST_SNAPSHOT = 300 * 1024
"""Bytes of one picture (YLS/1 12)."""
BLOB_LIMITS = {
    Blob.SNAPSHOT: MOST_SNAPSHOT,
    Blob.FACE_PHOTO: 200 * 1024,
    Blob.FACE_TEMPLATE: 32 * 1024,
    Blob.IRIS_TEMPLATE: 32 * 1024,
    Blob.FIRMWARE: 64 * 1024 * 1024,
    Blob.LOG: 4 * 1024 * 1024,
    Blob.ID_CARD_PHOTO: 200 * 1024,
    Blob.FINGER_TEMPLATE: 32 * 1024,
}
"""Bytes of one object of each kind (YLS/1 12)."""
MOST_OPEN_BLOBS = 2
"""Transfers open at a time in one direction."""
CHUNK_OVERHEAD = 60
"""Bytes of a BLOB_DATA frame that are not data, rounded up (YLS/1 12)."""
MOST_BITMAP = 64
"""Bytes of bits in one ACK_BITMAP."""
HELLO_AGAIN_SECONDS = 30.0
"""Least time between two HELLOs said because of NOT_LOGGED_IN (YLS/1 7.6)."""
BLOB_RETRIES = 1
"""How often a picture is sent again after BLOB_DIGEST (YLS/1 12)."""
LONGEST_PAUSE_SECONDS = 300
"""Longest back-off of a device; a refusal, which nobody sealed, cannot ask for more (YLS/1 7.5)."""
UNTRUSTED_SECONDS = 300
"""Back-off after a server could not prove itself (YLS/1 7.5)."""
SERIAL_GAP_MS = 50
"""Longest silence inside a frame behind a serial server (YLS/1 4.3)."""
DEFAULT_DEADLINE_MS = 250
SHORTEST_DEADLINE_MS, LONGEST_DEADLINE_MS = 100, 300
"""DEADLINE of a verification by template or card (YLS/1 11)."""
LONGEST_PICTURE_DEADLINE_MS = 5000
"""DEADLINE of a verification by picture, from its last byte (YLS/1 11.3)."""
MOST_LANE_PICTURE = 100 * 1024
"""Bytes of a picture that somebody waits for at the gate."""
MOST_VERIFICATIONS = 8
"""Verifications open at a time on one connection; more are answered BUSY."""
MOST_LANES = 2
"""Pictures awaited at a time on one connection: what they may hold in memory is 200 KiB."""
LANE_PICTURE_SECONDS = 10.0
"""How long a verification waits for the picture it named."""
