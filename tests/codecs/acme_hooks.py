"""What the example dialect offers the conformance kit beyond its transcripts."""

from __future__ import annotations

import struct
from typing import NamedTuple

import construct
from gateway.codecs.kit.hooks import Dice, Hooks, Messages, Twin
from gateway.codecs.values import padded_text, put_padded_text

from tests.codecs.acme import PASSAGE, RECORD, seal

LAYOUT = construct.Struct(
    "number" / construct.Int32ub,
    "person" / construct.Bytes(8),
    "seconds" / construct.Int32ub,
    "direction" / construct.Int8ub,
)
SAMPLE = PASSAGE.pack(1205, put_padded_text("张三", 8), 1788325456, 1)


class Passage(NamedTuple):
    number: int
    person: str
    seconds: int
    direction: int


def generate(dice: Dice) -> Passage:
    number = (0, 0xFFFFFFFF, dice.randrange(0, 2**32))[dice.randrange(0, 3)]
    return Passage(number, ("", "张三", "A000123")[dice.randrange(0, 3)], number, number % 256)


def encode(message: Passage) -> bytes:
    person = put_padded_text(message.person, 8)
    return PASSAGE.pack(message.number, person, message.seconds, message.direction)


def decode(data: bytes) -> Passage:
    number, person, seconds, direction = PASSAGE.unpack(data)
    return Passage(number, padded_text(person), seconds, direction)


def by_layout(data: bytes) -> tuple[object, ...]:
    read = LAYOUT.parse(data)
    return read.number, read.person, read.seconds, read.direction


def lengthen(frame: bytes) -> bytes | None:
    if frame[2] != RECORD:
        return None
    return seal(RECORD, int.from_bytes(frame[3:5], "big"), frame[7:-2] + b"\x01\x02")


HOOKS = Hooks(
    messages=(
        Messages(
            name="passage", generate=generate, encode=encode, decode=decode, goldens=(SAMPLE,)
        ),
    ),
    twins=(
        Twin(
            name="passage",
            fast=PASSAGE.unpack_from,
            layout=by_layout,
            samples=(SAMPLE,),
            refusals=(struct.error, construct.StreamError),
        ),
    ),
    lengthen=lengthen,
)
