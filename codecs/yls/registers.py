"""Every number of YLS/1 that has a name: commands, TLV types, results, flags, enumerations.

Owns the register of the protocol (docs/protocols/yls.md, section 16). Knows no layout and no
behaviour. Flags are plain integers because they are tested for every frame.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

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

LOWEST, HIGHEST = (1, 0), (1, 1)
"""The versions spoken, as (major, minor); 1.1 adds verification by picture."""


class Command(IntEnum):
    """What a frame asks for (YLS/1 16.1); reserved ones are answered UNKNOWN_CMD."""

    POLL = 0x0000
    HELLO = 0x0001
    AUTH = 0x0002
    BYE = 0x0003
    HEARTBEAT = 0x0004
    TIME_SYNC = 0x0005
    ENUM = 0x0006
    SET_ADDR = 0x0007
    KEY_UPDATE = 0x0008
    ERROR = 0x0009
    REC_REALTIME = 0x0101
    REC_BACKFILL = 0x0102
    REC_RANGE_REQ = 0x0103
    REC_STATUS = 0x0104
    VERIFY_REQ = 0x0201
    VERIFY_CANCEL = 0x0202
    PERSON_SYNC = 0x0301
    PERSON_PUT = 0x0302
    PERSON_DEL = 0x0303
    PERSON_DIGEST = 0x0304
    ENROLL = 0x0305
    PERSON_REPORT = 0x0306
    BLOB_OPEN = 0x0401
    BLOB_DATA = 0x0402
    BLOB_CLOSE = 0x0403
    BLOB_STATUS = 0x0404
    BLOB_ABORT = 0x0405
    BLOB_PULL = 0x0406
    DOOR_CTRL = 0x0501
    RELAY = 0x0502
    REBOOT = 0x0503
    CONFIG_GET = 0x0504
    CONFIG_SET = 0x0505
    PROMPT = 0x0506
    STATUS_REPORT = 0x0601
    FAULT = 0x0602
    LOG_PULL = 0x0603
    FW_OFFER = 0x0701
    FW_APPLY = 0x0702
    FW_RESULT = 0x0703
    QR_KEYS = 0x0801


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
    TZ = 0x0011
    TIME_QUALITY = 0x0012
    CHANNEL = 0x0013
    BUS_BURST = 0x0014
    REC_STORE = 0x0015
    ACK_UPTO = 0x0016
    ACK_BITMAP = 0x0017
    GROUP_TAG = 0x0018
    PENDING = 0x0019
    TIMES4 = 0x001A
    KEY_BLOB = 0x001B
    REC_CORE = 0x0020
    REC_LOST = 0x0021
    PERSON_NO = 0x0022
    DIRECTION = 0x0023
    SCHEDULE = 0x0024
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
    NAME = 0x0040
    VALIDITY = 0x0041
    GROUP = 0x0042
    DOORS = 0x0043
    SYNC_STATE = 0x0044
    PERSON_REV = 0x0045
    BUCKETS = 0x0046
    BLOB_ID = 0x0050
    BLOB_TYPE = 0x0051
    BLOB_SIZE = 0x0052
    SHA256 = 0x0053
    OFFSET = 0x0054
    DATA = 0x0055
    CHUNK = 0x0056
    OWNER = 0x0057
    DOOR = 0x0060
    ACTION = 0x0061
    DURATION = 0x0062
    DOOR_STATE = 0x0063
    DEADLINE = 0x0064
    PROMPT = 0x0065
    VOICE = 0x0066
    CMD_EXPIRE = 0x0067
    STATUS = 0x0070
    FAULT = 0x0071
    CONFIG = 0x0072
    FW_VERSION = 0x0080
    HW_MASK = 0x0081
    MIN_VERSION = 0x0082
    SIGNATURE = 0x0083
    NOT_BEFORE = 0x0084
    NOT_AFTER = 0x0085
    QR_KEY = 0x0090
    BYE_REASON = 0x00A0
    BUS_ADDR = 0x00A1
    ENUM_MASK = 0x00A2
    QR_DIGEST = 0x00A3
    ERASED = 0x00A4
    REC_GAP = 0x00A5
    CANCEL_SEQ = 0x00A6
    BATCH_END = 0x00A7
    LOG_RANGE = 0x00A8
    FW_OUTCOME = 0x00A9
    RELAY = 0x00AA


BIOMETRIC = frozenset({Tlv.SNAPSHOT_INLINE, *range(Tlv.FACE_EMB, Tlv.QR + 1)})
"""Types that need TLS or ENC (YLS/1 7.4)."""


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
    NO_PERSON = 0x0030
    PERSON_FULL = 0x0031
    STALE_REV = 0x0032
    TEMPLATE_FULL = 0x0033
    BAD_TEMPLATE = 0x0034
    ALGO_MISMATCH = 0x0035
    NEED_BLOB = 0x0036
    REC_CONFLICT = 0x0040
    REC_GAP = 0x0041
    REC_OVERRUN = 0x0042
    BLOB_UNKNOWN = 0x0050
    BLOB_OFFSET = 0x0051
    BLOB_DIGEST = 0x0052
    BLOB_QUOTA = 0x0053
    FW_VERSION = 0x0060
    FW_SIG = 0x0061
    FW_HW = 0x0062
    FW_POWER = 0x0063
    FW_SAME = 0x0064
    DOOR_FAULT = 0x0070
    INTERLOCK = 0x0071
    EXPIRED = 0x0072
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
    "verify_by_picture",
)
"""CAPS bits, lowest first (YLS/1 16.4)."""
CAP_ENC = 0x80
CAP_BY_PICTURE = 0x4000

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


class Fault(IntEnum):
    """FAULT codes that are the same for every maker (YLS/1 14.5)."""

    STORE_FULL = 1
    STORE_NEAR_FULL = 2
    TIME_STEP = 3
    SERVER_UNTRUSTED = 4


MAKERS_FAULTS = 0x8000
"""From here on fault codes are the maker's own."""


class Blob(IntEnum):
    """BLOB_TYPE: what an object is (YLS/1 16.4)."""

    SNAPSHOT = 1
    FACE_PHOTO = 2
    FACE_TEMPLATE = 3
    IRIS_TEMPLATE = 4
    FIRMWARE = 5
    LOG = 6
    ID_CARD_PHOTO = 7
    FINGER_TEMPLATE = 8


SNAPSHOT = Blob.SNAPSHOT
"""The BLOB_TYPE of a picture that belongs to a record."""

OWNER_RECORD, OWNER_PERSON, OWNER_NONE = 1, 2, 3
"""Kinds of OWNER: epoch and number of a record follow, or the number of a person, or nothing."""


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


@lru_cache(256)
def bit_names(bits: int, names: tuple[str, ...]) -> frozenset[str]:
    """Name the set bits of a word; bits without a name become ``bit_<n>``.

    Terminals of one model share what they are able to do: the set, 700 bytes of it, as well.
    """
    return frozenset(
        names[at] if at < len(names) else f"bit_{at}"
        for at in range(bits.bit_length())
        if bits >> at & 1
    )
