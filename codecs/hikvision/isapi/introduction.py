"""A person and the face in one order: first the person, for a face needs somebody to belong to."""

from __future__ import annotations

from gateway.codecs.errand import Terms
from gateway.codecs.hikvision.isapi.faces import check_face, put_face
from gateway.codecs.hikvision.isapi.people import put_person
from gateway.codecs.hikvision.isapi.talk import Ended, Work

from gateway.domain.commands import Outcome
from gateway.domain.objects import ObjectKind, SendObject
from gateway.domain.people import PersonPut

HIDDEN = "…"
FACE_MISSING = "face_missing"
"""Code of a person who arrived while the face could not be sent."""


def introduce(order: PersonPut, terms: Terms) -> Work[str]:
    """Have a terminal know a person, with the face where a photo came along.

    What is said of it has no name in it, for it is stored: terminals may repeat what they refuse.
    """
    try:
        return _nameless(order, (yield from _introduce(order, terms)))
    except Ended as ended:
        raise Ended(ended.outcome, ended.code, _nameless(order, ended.said)) from None


def _introduce(order: PersonPut, terms: Terms) -> Work[str]:
    if not order.photo:
        return (yield from put_person(order, terms))
    kind = ObjectKind.FACE_PHOTO
    face = SendObject(ticket=order.ticket, kind=kind, data=order.photo, person=order.person)
    check_face(face)  # a picture that cannot be leaves nobody behind without a face
    yield from put_person(order, terms)
    try:
        return (yield from put_face(face, terms))
    except Ended as ended:
        if ended.code == "unsupported":
            return f"the person without a face: {ended.said}"
        if ended.outcome is Outcome.NOT_SENT:  # but the person is there already
            raise Ended(Outcome.UNANSWERED, FACE_MISSING, ended.code) from None
        raise


def _nameless(order: PersonPut, said: str) -> str:
    return said.replace(order.name, HIDDEN) if order.name else said
