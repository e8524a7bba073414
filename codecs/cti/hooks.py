"""What the conformance kit may know of the interface beyond its transcripts.

Nothing of it is loaded where the gateway runs.
"""

from __future__ import annotations

import construct
from gateway.codecs.checksum import xor8
from gateway.codecs.cti import layout
from gateway.codecs.cti.attendance import FIXED, PLACED, Attendance, read_attendances
from gateway.codecs.cti.attendance import put_attendances as put
from gateway.codecs.cti.content import Refused, seal
from gateway.codecs.cti.frame import OVERHEAD, Frame, judge, pack, parse
from gateway.codecs.cti.login import put_login, read_login
from gateway.codecs.cti.registers import SPOKEN, Command, State
from gateway.codecs.kit.hooks import Dice, Hooks, Messages, Twin

SEALED = SPOKEN - {Command.HEARTBEAT}
"""Commands whose content ends with an XOR byte."""
_RECORD = Attendance(123456, bytes.fromhex("20190712070204"), 6, bytes.fromhex("ffd8ffd9"))
_PLACED = b"111.70000029.040000 36.5\x00"
_SAMPLE = put((_RECORD,))[:-1]
_SAMPLE_PLACED = put((_RECORD._replace(placed=_PLACED), _RECORD._replace(placed=_PLACED)))[:-1]


def _frame(dice: Dice) -> Frame:
    content = dice.randbytes((0, 1, dice.randrange(2, 600))[dice.randrange(0, 3)])
    command, state = dice.randrange(0, 1 << 16), dice.randrange(0, 2)
    part, parts = (0, dice.randrange(0, 1 << 32))[dice.randrange(0, 2)], dice.randrange(0, 9)
    return Frame(command, dice.randbytes(16), content, state, part, parts)


def _fast_frame(raw: bytes) -> Frame:
    size = int.from_bytes(raw[1:5], "little") + OVERHEAD
    if size != len(raw) or raw[0] != 1 or judge(raw) is not None:
        raise ValueError("no frame")
    return parse(raw)


def _declared_frame(raw: bytes) -> Frame:
    read = layout.FRAME.parse(raw)
    return Frame(read.command, read.session, read.content, read.state, read.part, read.parts)


def _fast(command: Command, data: bytes) -> list[Attendance]:
    return read_attendances(command, seal(data))


def _declared(shape: construct.Construct, data: bytes) -> list[Attendance]:
    found = [
        Attendance(one.worker, one.time, one.means, one.picture, one.get("placed", b""))
        for one in shape.parse(data).records
    ]
    if not found:
        raise ValueError("no record")
    return found


def _attendances(dice: Dice) -> list[Attendance]:
    return [
        Attendance(
            (0, 0xFFFF_FFFF, dice.randrange(0, 1 << 32))[dice.randrange(0, 3)],
            dice.randbytes(7),
            dice.randrange(0, 256),
            dice.randbytes((0, dice.randrange(1, 400))[dice.randrange(0, 2)]),
            dice.randbytes(PLACED.size),
        )
        for _ in range(dice.randrange(1, 4))
    ]


_REFUSALS = (ValueError, Refused, construct.ConstructError)


def reseal(raw: bytes) -> bytes:
    """Return a frame with the XOR byte at the end of its content made right, where it has one."""
    if len(raw) <= OVERHEAD:
        return raw
    frame = parse(raw)
    if frame.command not in SEALED or frame.state != State.OK:
        return raw
    return pack(frame._replace(content=seal(frame.content[:-1])))


def lengthen(raw: bytes) -> bytes | None:
    """Return a frame with a byte more before the XOR byte of its content, where that is sound."""
    if len(raw) <= OVERHEAD:
        return None
    frame = parse(raw)
    if frame.command not in SEALED or frame.state != State.OK or xor8(frame.content):
        return None
    return pack(frame._replace(content=seal(frame.content[:-1] + b"\0")))


HOOKS = Hooks(
    reseal=reseal,
    lengthen=lengthen,
    grows=False,  # records follow each other without lengths of their own
    messages=(
        Messages(name="frame", generate=_frame, encode=pack, decode=_fast_frame),
        Messages(
            name="844",
            generate=_attendances,
            encode=put,
            decode=lambda data: read_attendances(Command.ATTENDANCE_PLACED, data),
            goldens=(seal(_SAMPLE_PLACED),),
        ),
        Messages(
            name="login",
            generate=lambda dice: read_login(seal(f"{dice.randrange(0, 16**8):064X}".encode())),
            encode=put_login,
            decode=read_login,
        ),
    ),
    twins=(
        Twin(
            name="frame",
            fast=_fast_frame,
            layout=_declared_frame,
            samples=(pack(Frame(Command.HEARTBEAT, bytes(16), b"")),),
            refusals=_REFUSALS,
        ),
        Twin(
            name="848",
            fast=lambda data: _fast(Command.ATTENDANCE, data),
            layout=lambda data: _declared(layout.ATTENDANCE, data),
            samples=(_SAMPLE, bytes(FIXED.size)),
            refusals=_REFUSALS,
        ),
        Twin(
            name="844",
            fast=lambda data: _fast(Command.ATTENDANCE_PLACED, data),
            layout=lambda data: _declared(layout.ATTENDANCE_PLACED, data),
            samples=(_SAMPLE_PLACED,),
            refusals=_REFUSALS,
        ),
    ),
)
