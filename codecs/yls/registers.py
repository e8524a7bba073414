"""Every number of YLS/1 that has a name: commands, TLV types, results, flags, enumerations.

Owns the register of the protocol (docs/protocols/yls.md, section 16). Knows no layout and no
behaviour. Flags are plain integers because they are tested for every frame.
"""

from __future__ import annotations

from enum import IntEnum

RSP = 0x01
OW = 0x02
DUP = 0x04
MAC = 0x08
ENC = 0x10
DIR = 0x20
MORE = 0x40
GRANT = 0x80
MUTABLE = DUP | MORE | GRANT
"""Flags a retransmission may change; cleared before MAC, AAD and transcript (YLS/1 3.3)."""
PROTECTION = MAC | ENC

CRITICAL = 0x8000
"""Bit of a TLV type: whoever does not know the type must refuse the whole request (YLS/1 6)."""

VERSION = (1, 0)
"""The only version spoken, as (major, minor)."""


class Command(IntEnum):
    """What a frame asks for (YLS/1 16.1); reserved ones are answered UNKNOWN_CMD."""

    POLL = 0x0000
    HELLO = 0x0001
    AUTH = 0x0002
    BYE = 0x0003
    HEARTBEAT = 0x0004
    TIME_SYNC = 0x0005
    ERROR = 0x0009
    REC_REALTIME = 0x0101
    REC_BACKFILL = 0x0102
    REC_RANGE_REQ = 0x0103
    BLOB_OPEN = 0x0401
    BLOB_DATA = 0x0402
    BLOB_CLOSE = 0x0403
    BLOB_STATUS = 0x0404
    BLOB_ABORT = 0x0405
    STATUS_REPORT = 0x0601


class Tlv(IntEnum):
    """Types this implementation understands, without the critical bit (YLS/1 16.2)."""

    RESULT = 0x0001
    TEXT = 0x0002
    PROTO_VER = 0x0003
    SN = 0x0004
    MODEL = 0x0005
    FW_VER = 0x0006
    CAPS = 0x0007
    MAX_FRAME = 0x0008
    WINDOW = 0x0009
    NONCE_D = 0x000A
    NONCE_S = 0x000B
    KEY_ID = 0x000C
    AUTH_TAG = 0x000D
    SESSION = 0x000E
    HB = 0x000F
    TIME = 0x0010
    CHANNEL = 0x0013
    REC_STORE = 0x0015
    ACK_UPTO = 0x0016
    ACK_BITMAP = 0x0017
    TIMES4 = 0x001A
    REC_CORE = 0x0020
    REC_LOST = 0x0021
    PERSON_NO = 0x0022
    DIRECTION = 0x0023
    METHOD = 0x0025
    SCORE = 0x0026
    LIVENESS = 0x0027
    DECISION = 0x0028
    CARD = 0x0029
    TEMP = 0x002A
    HELMET = 0x002B
    SNAPSHOT_INLINE = 0x002C
    SNAPSHOT_REF = 0x002D
    FACE_EMB = 0x0030
    IRIS_CODE = 0x0031
    FINGER_TPL = 0x0032
    TEMPLATE_REF = 0x0033
    IDCARD_TEXT = 0x0034
    IDCARD_PHOTO = 0x0035
    IDCARD_REF = 0x0036
    QR = 0x0037
    BLOB_ID = 0x0050
    BLOB_TYPE = 0x0051
    BLOB_SIZE = 0x0052
    SHA256 = 0x0053
    OFFSET = 0x0054
    DATA = 0x0055
    CHUNK = 0x0056
    OWNER = 0x0057
    DOOR = 0x0060
    STATUS = 0x0070
    FAULT = 0x0071
    BYE_REASON = 0x00A0
    QR_DIGEST = 0x00A3
    REC_GAP = 0x00A5


class Result(IntEnum):
    """Outcome of a request (YLS/1 16.5)."""

    OK = 0x0000
    BAD_FRAME = 0x0001
    BAD_VERSION = 0x0002
    BAD_LENGTH = 0x0003
    UNKNOWN_CMD = 0x0004
    BAD_TLV = 0x0005
    UNSUPPORTED_CRITICAL = 0x0006
    MISSING_TLV = 0x0007
    OUT_OF_RANGE = 0x0008
    NOT_LOGGED_IN = 0x0010
    AUTH_FAILED = 0x0011
    LOCKED_OUT = 0x0012
    BAD_MAC = 0x0013
    REPLAY = 0x0014
    SESSION_EXPIRED = 0x0015
    FORBIDDEN = 0x0016
    BUSY = 0x0020
    RETRY_LATER = 0x0021
    DEADLINE = 0x0022
    WINDOW = 0x0023
    TOO_LARGE = 0x0024
    REC_CONFLICT = 0x0040
    REC_GAP = 0x0041
    BLOB_UNKNOWN = 0x0050
    BLOB_OFFSET = 0x0051
    BLOB_DIGEST = 0x0052
    BLOB_QUOTA = 0x0053
    INTERNAL = 0x00FF


class Bye(IntEnum):
    """Why a session ends (YLS/1 16.4)."""

    NORMAL = 0
    REBOOT = 1
    UPGRADE = 2
    SESSION_TAKEN = 3
    IDLE = 4
    SERVER_DRAIN = 5
    PROTOCOL_ERROR = 6


CAPABILITIES = (
    "local_face",
    "local_iris",
    "finger",
    "card",
    "snapshot",
    "server_verify",
    "blob_resume",
    "encryption",
    "id_card_reader",
    "qr",
    "helmet_check",
    "firmware_banks",
    "second_relay",
    "temperature",
)
"""CAPS bits, lowest first (YLS/1 16.4)."""
CAP_ENC = 0x80

FAULT_BITS = (
    "camera",
    "iris_module",
    "id_reader",
    "relay_1",
    "relay_2",
    "relay_3",
    "relay_4",
    "door_sensor",
    "tamper",
    "store",
    "rtc",
    "network",
    "fan",
)
"""Bits of the fault word in STATUS, lowest first (YLS/1 16.3)."""

NOT_AN_ACCESS = 0x20
"""DECISION of a record that is no access event, such as a fault (YLS/1 14)."""

SNAPSHOT = 1
"""The BLOB_TYPE of a picture that belongs to a record."""

OWNER_RECORD = 1
"""Kind of OWNER: epoch and number of a record follow."""


def result_name(code: int) -> str:
    """Return the lower-case name of a result, or its number for one we do not know."""
    try:
        return Result(code).name.lower()
    except ValueError:
        return f"result_{code:04x}"


def bye_name(code: int) -> str:
    """Return the lower-case name of a BYE reason, or its number for one we do not know."""
    try:
        return Bye(code).name.lower()
    except ValueError:
        return f"reason_{code}"


def bit_names(bits: int, names: tuple[str, ...]) -> frozenset[str]:
    """Name the set bits of a word; bits without a name become ``bit_<n>``."""
    return frozenset(
        names[at] if at < len(names) else f"bit_{at}"
        for at in range(bits.bit_length())
        if bits >> at & 1
    )
