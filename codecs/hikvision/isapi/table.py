"""Which orders can be carried out by calls, and how each work becomes an errand."""

from __future__ import annotations

from gateway.codecs.errand import Errands, Terms
from gateway.codecs.hikvision.isapi.clock import set_clock
from gateway.codecs.hikvision.isapi.describe import Facts, describe
from gateway.codecs.hikvision.isapi.doors import move_door, restart
from gateway.codecs.hikvision.isapi.faces import put_face
from gateway.codecs.hikvision.isapi.firmware import install
from gateway.codecs.hikvision.isapi.introduction import introduce
from gateway.codecs.hikvision.isapi.outcomes import (
    bringing,
    changing,
    doing,
    listing,
    searching,
    telling,
)
from gateway.codecs.hikvision.isapi.people import delete_person, list_people
from gateway.codecs.hikvision.isapi.provision import provision
from gateway.codecs.hikvision.isapi.recognition import recognise
from gateway.codecs.hikvision.isapi.search import search
from gateway.codecs.hikvision.isapi.status import lockout
from gateway.codecs.hikvision.isapi.talk import Work
from gateway.codecs.hikvision.isapi.verdicts import tell

from gateway.domain.commands import DoorCommand, Reboot
from gateway.domain.maintenance import Describe, Provision, SearchRecords, SetClock
from gateway.domain.objects import ObjectKind, SendObject
from gateway.domain.people import AskPeople, PersonDelete, PersonPut
from gateway.domain.verification import VerdictDue


def _set_clock(order: SetClock, terms: Terms) -> Work[Facts]:
    del order
    offset = int(terms.settings.get("utc_offset_minutes", 480))
    before, after = yield from set_clock(offset)
    return (("was_ahead_seconds", f"{before / 1000:.1f}"), ("ahead_seconds", f"{after / 1000:.1f}"))


def _bring(order: SendObject, terms: Terms) -> Work[str]:
    work = install if order.kind is ObjectKind.FIRMWARE else put_face
    return (yield from work(order, terms))


ERRANDS = Errands(
    makers={
        DoorCommand: doing(move_door),
        Reboot: doing(restart),
        Describe: telling(describe),
        SetClock: telling(_set_clock),
        Provision: telling(provision),
        SearchRecords: searching(search),
        PersonPut: changing(introduce),
        PersonDelete: changing(delete_person),
        AskPeople: listing(list_people),
        SendObject: bringing(_bring),
        VerdictDue: doing(tell),
    },
    lockout=lockout,
    recognise=recognise,
    unmet=frozenset({Provision}),
)
