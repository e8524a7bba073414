"""A well-formed record is stored whatever it claims: one that is refused costs its neighbours time.

Each refused row makes its batch be halved until the row stands alone, so a terminal whose clock
shows nonsense would slow down everybody.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from gateway.codecs.yls.body import put
from gateway.codecs.yls.groups import CORE_SIZE, Group, scan
from gateway.codecs.yls.records import CORE, FAULT, report
from gateway.codecs.yls.registers import Tlv
from gateway.storage.opening import Storage

from gateway.domain.ids import PassageId, Receipt
from gateway.domain.passages import Record
from gateway.domain.ports import Outcome
from gateway.domain.times import LATEST_MS, correct
from gateway.domain.vocabulary import Lane
from gateway.services.normalise import normalise
from tests.support.reports import NOW
from tests.support.stored import placement

NOT_AN_ACCESS = 0x20
EXTRAS = (
    b"",
    put(Tlv.SNAPSHOT_REF, b"\xff" * 37),
    put(Tlv.FAULT, b"\xff" * (FAULT.size + 128)),
    put(Tlv.FAULT, bytes(FAULT.size)),
    put(Tlv.TEXT, b"\0\xff"),
)


def groups() -> list[Group]:
    """Every field at its least and at its most, with every kind of follower that is kept apart."""
    found: list[Group] = []
    for fill, decision, extra in product((b"\0", b"\xff"), (0, NOT_AN_ACCESS, 0xFF), EXTRAS):
        fields = list(CORE.unpack(fill * CORE_SIZE))
        fields[0], fields[5] = len(found) + 1, decision
        body = put(Tlv.REC_CORE, CORE.pack(*fields), critical=True) + extra
        (group,) = scan(body, live=True, biometric=True)
        assert isinstance(group, Group)
        found.append(group)
    return found


def records() -> list[Record]:
    made: list[Record] = []
    for group, offset in product(groups(), (None, LATEST_MS, -LATEST_MS)):
        id_ = PassageId(len(made) + 1)
        event = report(group, Receipt(id_), Lane.LIVE)
        place = placement(device=1 + len(made) % 3)
        time = correct(event.device_ms, offset, NOW)
        made.append(normalise(event, id_=id_, place=place, time=time, now=NOW, adapter="yls/1.0"))
    return made


def test_no_record_a_terminal_can_send_is_refused(storage: Storage, run: Any) -> None:
    batch = records()
    assert len(batch) == 90

    async def main() -> None:
        assert await storage.records.save(batch) == [Outcome.STORED] * len(batch)

    run(main())
