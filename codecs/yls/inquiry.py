"""VERIFY_REQ and its answer: both bodies, written and read (YLS/1 11).

Owns what may stand in them and which deadline they may name. Keeps no state: what is open is in
`gateway.codecs.yls.verification` on the gateway's side.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from gateway.codecs.jpeg import judge
from gateway.codecs.yls.body import RESULT_OK, BadTemplate, Body, Refused, put, put_number
from gateway.codecs.yls.limits import (
    DEFAULT_DEADLINE_MS,
    LONGEST_DEADLINE_MS,
    LONGEST_PICTURE_DEADLINE_MS,
    MOST_LANE_PICTURE,
    SHORTEST_DEADLINE_MS,
)
from gateway.codecs.yls.registers import BIOMETRIC, Result, Tlv
from gateway.codecs.yls.templates import read_face, read_irises, write_face, write_iris
from gateway.codecs.yls.texts import MOST_PROMPT, fit_text

from gateway.domain.ids import Receipt
from gateway.domain.templates import FaceTemplate, IrisTemplate, TemplateFault
from gateway.domain.verification import (
    CardRef,
    Denied,
    Granted,
    IdCardRef,
    VerifyRequested,
)
from gateway.domain.vocabulary import Decision, Direction, Means

MULTI = frozenset({Tlv.IRIS_CODE, Tlv.CARD})
SCALE = 10_000
_REF = Struct(">BI32s")
_JPEG = 1
_DIRECTIONS = (Direction.UNKNOWN, Direction.IN, Direction.OUT)
_CREDENTIALS = frozenset({Tlv.FACE_EMB, Tlv.IRIS_CODE, Tlv.CARD, Tlv.IDCARD_REF, Tlv.QR})
_PICTURES = frozenset({Tlv.SNAPSHOT_INLINE, Tlv.SNAPSHOT_REF})


class AwaitedPicture(NamedTuple):
    """A picture that follows in the verification lane."""

    digest: bytes
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What a terminal asks; what it writes and what the gateway reads."""

    means: int
    deadline_ms: int = DEFAULT_DEADLINE_MS
    face: FaceTemplate | None = None
    irises: tuple[IrisTemplate, ...] = ()
    picture: bytes | None = None
    reference: AwaitedPicture | None = None
    cards: tuple[CardRef, ...] = ()
    id_card: IdCardRef | None = None
    qr: bytes | None = None
    candidate: int = 0
    liveness: int | None = None
    """0…10000."""
    door: int = 0
    direction: int = 0

    @property
    def biometric(self) -> bool:
        """Something in it needs TLS or ENC."""
        found = (self.face, self.irises, self.picture, self.id_card, self.qr)
        return any(found)

    def encode(self) -> bytes:
        """Return the body of VERIFY_REQ."""
        said = put_number(Tlv.DEADLINE, self.deadline_ms, 2, critical=True)
        said += put_number(Tlv.METHOD, self.means, 2, critical=True)
        if self.face is not None:
            said += put(Tlv.FACE_EMB, write_face(self.face), critical=True)
        said += b"".join(put(Tlv.IRIS_CODE, write_iris(iris)) for iris in self.irises)
        if self.picture is not None:
            said += put(Tlv.SNAPSHOT_INLINE, self.picture, critical=True)
        if self.reference is not None:
            value = _REF.pack(_JPEG, self.reference.size, self.reference.digest)
            said += put(Tlv.SNAPSHOT_REF, value, critical=True)
        said += b"".join(put(Tlv.CARD, bytes((c.kind,)) + c.number) for c in self.cards)
        if self.id_card is not None:
            said += put(Tlv.IDCARD_REF, self.id_card.digest + bytes((self.id_card.kind,)))
        if self.qr is not None:
            said += put(Tlv.QR, self.qr)
        if self.candidate:
            said += put_number(Tlv.PERSON_NO, self.candidate, 4, critical=True)
        if self.liveness is not None:
            said += put_number(Tlv.LIVENESS, self.liveness, 2)
        if self.door:
            said += put_number(Tlv.DOOR, self.door, 1)
        if self.direction:
            said += put_number(Tlv.DIRECTION, self.direction, 1)
        return said

    def event(self, receipt: Receipt, budget_ms: int, picture: bytes | None) -> VerifyRequested:
        """Return the question in the gateway's vocabulary."""
        return VerifyRequested(
            receipt=receipt,
            budget_ms=budget_ms,
            means=Means(self.means & 0x1FF),
            faces=(self.face,) if self.face else (),
            irises=self.irises,
            picture=picture,
            cards=self.cards,
            id_card=self.id_card,
            qr=self.qr,
            candidate=str(self.candidate) if self.candidate else None,
            liveness=None if self.liveness is None else self.liveness / SCALE,
            door=self.door or None,
            direction=_DIRECTIONS[self.direction],
        )


def read_inquiry(data: bytes, *, protected: bool, by_picture: bool) -> Inquiry:
    """Read VERIFY_REQ; raises Refused.

    ``protected`` says that link or frame guards biometric data; ``by_picture`` that version 1.1
    was agreed and the link is no bus.
    """
    fields = Body(data, MULTI)
    kinds = {kind for kind, _ in fields.items}
    if kinds & BIOMETRIC and not protected:
        raise Refused(Result.FORBIDDEN)
    pictured = bool(kinds & _PICTURES)
    if pictured and not by_picture:
        raise Refused(Result.FORBIDDEN)
    if not pictured and not kinds & _CREDENTIALS:
        raise Refused(Result.MISSING_TLV)
    if kinds >= _PICTURES or (pictured and Tlv.FACE_EMB in kinds):
        raise Refused(Result.BAD_TLV)
    direction = fields.number(Tlv.DIRECTION, 1, 0)
    liveness = fields.number(Tlv.LIVENESS, 2, 0xFFFF)
    return Inquiry(
        means=fields.number(Tlv.METHOD, 2),
        deadline_ms=_deadline(fields, pictured=pictured),
        face=read_face(fields.bytes(Tlv.FACE_EMB)) if Tlv.FACE_EMB in fields else None,
        irises=read_irises([v for kind, v in fields.items if kind == Tlv.IRIS_CODE]),
        picture=_inline(fields),
        reference=_reference(fields),
        cards=tuple(_card(v) for kind, v in fields.items if kind == Tlv.CARD),
        id_card=_id_card(fields),
        qr=_sized(fields, Tlv.QR, 1, 512),
        candidate=fields.number(Tlv.PERSON_NO, 4, 0),
        liveness=liveness if liveness <= SCALE else None,
        door=fields.number(Tlv.DOOR, 1, 0),
        direction=direction if direction < len(_DIRECTIONS) else 0,
    )


def _deadline(fields: Body, *, pictured: bool) -> int:
    asked = fields.number(Tlv.DEADLINE, 2, DEFAULT_DEADLINE_MS)
    least, most = SHORTEST_DEADLINE_MS, LONGEST_DEADLINE_MS
    if pictured:
        least, most = LONGEST_DEADLINE_MS, LONGEST_PICTURE_DEADLINE_MS
    if not least <= asked <= most:
        raise Refused(Result.OUT_OF_RANGE)
    return asked


def _inline(fields: Body) -> bytes | None:
    if Tlv.SNAPSHOT_INLINE not in fields:
        return None
    picture = fields.bytes(Tlv.SNAPSHOT_INLINE)
    if judge(picture) is not None:
        raise BadTemplate(TemplateFault.PICTURE)
    return picture


def _reference(fields: Body) -> AwaitedPicture | None:
    if Tlv.SNAPSHOT_REF not in fields:
        return None
    kind, size, digest = _REF.unpack(fields.bytes(Tlv.SNAPSHOT_REF, _REF.size))
    if kind != _JPEG or not size:
        raise Refused(Result.OUT_OF_RANGE)
    if size > MOST_LANE_PICTURE:
        raise Refused(Result.TOO_LARGE)
    return AwaitedPicture(digest, size)


def _card(value: bytes) -> CardRef:
    if not 2 <= len(value) <= 17:
        raise Refused(Result.BAD_LENGTH)
    return CardRef(kind=value[0], number=value[1:])


def _id_card(fields: Body) -> IdCardRef | None:
    if Tlv.IDCARD_REF not in fields:
        return None
    value = fields.bytes(Tlv.IDCARD_REF, 33)
    return IdCardRef(digest=value[:32], kind=value[32])


def _sized(fields: Body, kind: int, least: int, most: int) -> bytes | None:
    if kind not in fields:
        return None
    value = fields.bytes(kind)
    if not least <= len(value) <= most:
        raise Refused(Result.BAD_LENGTH)
    return value


def write_decision(answer: Granted | Denied) -> bytes:
    """Return the body that says what was decided."""
    decision = Decision.GRANTED if isinstance(answer, Granted) else answer.decision
    if decision is Decision.UNKNOWN:
        decision = Decision.DENIED
    said = RESULT_OK + put_number(Tlv.DECISION, decision, 1, critical=True)
    if answer.claim is not None:
        said += put_number(Tlv.PERSON_NO, int(answer.claim), 4)
    if answer.score is not None:
        said += put_number(Tlv.SCORE, round(max(0.0, min(answer.score, 1.0)) * SCALE), 2)
    if answer.prompt:
        said += put(Tlv.PROMPT, fit_text(answer.prompt, MOST_PROMPT))
    if isinstance(answer, Granted) and answer.open_ms is not None:
        said += put_number(Tlv.DURATION, min(round(answer.open_ms / 100), 0xFFFF), 2)
    return said
