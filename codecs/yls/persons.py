"""Bodies about people: PERSON_PUT and its parts, written and read (YLS/1 13).

What restricts is sent critical, so a terminal that does not know it refuses the person instead of
letting somebody through; what restricts nothing is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from gateway.codecs.yls.body import Body, Refused, put, put_number
from gateway.codecs.yls.registers import Result, Tlv
from gateway.codecs.yls.templates import read_face, read_irises, write_face, write_iris
from gateway.codecs.yls.texts import MOST_PROMPT, fit_text, read_text

from gateway.domain.people import ALL_DOORS, PersonPut
from gateway.domain.templates import FaceTemplate, IrisTemplate, TemplateKind, TemplateRef
from gateway.domain.verification import CardRef

VALIDITY = Struct(">QQ")
REFERENCE = Struct(">BH32s")
SYNC_STATE = Struct(">II16s")
MOST_CARDS, MOST_TEMPLATES = 4, 12
MULTI = frozenset({Tlv.CARD, Tlv.TEMPLATE_REF, Tlv.FACE_EMB, Tlv.IRIS_CODE})
_KINDS = {
    1: TemplateKind.FACE,
    2: TemplateKind.IRIS,
    3: TemplateKind.FINGER,
    4: TemplateKind.FACE_PHOTO,
}
_CODES = {kind: code for code, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a terminal knows of somebody."""

    number: int
    revision: int
    name: str = ""
    doors: int = ALL_DOORS
    valid_from_ms: int = 0
    valid_to_ms: int = 0
    group: int | None = None
    schedule: int | None = None
    cards: tuple[CardRef, ...] = ()
    templates: tuple[TemplateRef, ...] = ()
    faces: tuple[FaceTemplate, ...] = ()
    irises: tuple[IrisTemplate, ...] = ()

    @property
    def algorithms(self) -> set[int]:
        """Those of all templates; a photo has none."""
        named = {t.algorithm for t in self.templates if t.kind is not TemplateKind.FACE_PHOTO}
        return named | {f.algorithm for f in self.faces} | {i.algorithm for i in self.irises}

    @property
    def template_count(self) -> int:
        """Templates of all kinds."""
        return len(self.templates) + len(self.faces) + len(self.irises)


def write_person(put_person: PersonPut) -> bytes:
    """Return the body of PERSON_PUT."""
    one = put_person
    said = put_number(Tlv.PERSON_NO, one.person, 4, critical=True)
    said += put_number(Tlv.PERSON_REV, one.revision, 4, critical=True)
    said += put(Tlv.NAME, fit_text(one.name, MOST_PROMPT), critical=True)
    limits = VALIDITY.pack(one.valid_from_ms, one.valid_to_ms)
    said += put(Tlv.VALIDITY, limits, critical=limits != bytes(VALIDITY.size))
    said += put_number(Tlv.DOORS, one.doors, 4, critical=one.doors != ALL_DOORS)
    if one.group is not None:
        said += put_number(Tlv.GROUP, one.group, 4)
    if one.schedule is not None:
        said += put_number(Tlv.SCHEDULE, one.schedule, 2, critical=True)
    said += b"".join(put(Tlv.CARD, bytes((c.kind,)) + c.number) for c in one.cards)
    said += write_templates(one.templates, one.faces, one.irises)
    if one.batch_end is not None:
        said += put_number(Tlv.BATCH_END, one.batch_end, 4)
    return said


def write_templates(
    templates: tuple[TemplateRef, ...],
    faces: tuple[FaceTemplate, ...],
    irises: tuple[IrisTemplate, ...],
) -> bytes:
    """Return the elements of templates, named and inside."""
    named = [
        put(Tlv.TEMPLATE_REF, REFERENCE.pack(_CODES[one.kind], one.algorithm, one.digest))
        for one in templates
    ]
    inside = [put(Tlv.FACE_EMB, write_face(one)) for one in faces]
    inside += [put(Tlv.IRIS_CODE, write_iris(one)) for one in irises]
    return b"".join((*named, *inside))


def read_person(body: bytes, *, protected: bool) -> tuple[Person, int | None]:
    """Read PERSON_PUT; return the person and the revision its batch ends with. Raises Refused."""
    fields = Body(body, MULTI)
    templates, faces, irises = read_templates(fields, protected=protected)
    cards = [value for kind, value in fields.items if kind == Tlv.CARD]
    if len(cards) > MOST_CARDS:
        raise Refused(Result.OUT_OF_RANGE)
    if not all(2 <= len(card) <= 17 for card in cards):
        raise Refused(Result.BAD_LENGTH)
    number = fields.number(Tlv.PERSON_NO, 4)
    if not number:
        raise Refused(Result.OUT_OF_RANGE)
    valid_from, valid_to = VALIDITY.unpack(fields.bytes(Tlv.VALIDITY, VALIDITY.size))
    person = Person(
        number=number,
        revision=fields.number(Tlv.PERSON_REV, 4),
        name=read_text(fields, Tlv.NAME, MOST_PROMPT),
        doors=fields.number(Tlv.DOORS, 4),
        valid_from_ms=valid_from,
        valid_to_ms=valid_to,
        group=fields.number(Tlv.GROUP, 4) if Tlv.GROUP in fields else None,
        schedule=fields.number(Tlv.SCHEDULE, 2) if Tlv.SCHEDULE in fields else None,
        cards=tuple(CardRef(kind=card[0], number=card[1:]) for card in cards),
        templates=templates,
        faces=faces,
        irises=irises,
    )
    return person, read_batch_end(fields)


def read_batch_end(fields: Body) -> int | None:
    """Return the revision that a batch ends with, where this message ends one."""
    return fields.number(Tlv.BATCH_END, 4) if Tlv.BATCH_END in fields else None


def read_templates(
    fields: Body, *, protected: bool
) -> tuple[tuple[TemplateRef, ...], tuple[FaceTemplate, ...], tuple[IrisTemplate, ...]]:
    """Read templates, named and inside; raises Refused."""
    values = {kind: [v for k, v in fields.items if k == kind] for kind in MULTI - {Tlv.CARD}}
    if any(values.values()) and not protected:
        raise Refused(Result.FORBIDDEN)
    if sum(map(len, values.values())) > MOST_TEMPLATES:
        raise Refused(Result.OUT_OF_RANGE)
    return (
        tuple(map(_reference, values[Tlv.TEMPLATE_REF])),
        tuple(map(read_face, values[Tlv.FACE_EMB])),
        read_irises(values[Tlv.IRIS_CODE]),
    )


def _reference(value: bytes) -> TemplateRef:
    if len(value) != REFERENCE.size:
        raise Refused(Result.BAD_LENGTH)
    code, algorithm, digest = REFERENCE.unpack(value)
    if code not in _KINDS:
        raise Refused(Result.OUT_OF_RANGE)
    return TemplateRef(kind=_KINDS[code], algorithm=algorithm, digest=digest)
