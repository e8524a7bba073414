"""The worked vectors of docs/protocols/cti.md, and what they stand for."""

from __future__ import annotations

from gateway.codecs.cti.attendance import Attendance
from gateway.codecs.cti.login import Login

from gateway.domain.ids import Serial

SESSION = bytes(range(16))
HEARTBEAT = bytes.fromhex("0100000000000000000000000001ffff000102030405060708090a0b0c0d0e0f0001")
ATTENDANCE = bytes.fromhex(
    "01150000000000000000000000015003000102030405060708090a0b0c0d0e0f"
    "40e20100201907120702040604000000ffd8ffd98d0001"
)
RECORD = Attendance(123456, bytes.fromhex("20190712070204"), 6, bytes.fromhex("ffd8ffd9"))
RECORD_MS = 1562886124000
"""2019-07-12 07:02:04 in Beijing."""
LOGIN = Login("0" * 31 + "1", Serial("0" * 31 + "A"))
LOGIN_XOR = 0x70
PLACED = b"111.70000029.040000 36.5\x00"
