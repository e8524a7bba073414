"""The people a terminal knows: changes in order, tombstones, digests, who may pass (YLS/1 13).

The terminal's side; outlives every connection. Knows no frames beyond the bodies about people.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from gateway.codecs.yls.body import RESULT_OK, Body, Refused, put, put_number, put_result
from gateway.codecs.yls.crowd import SIZE, Crowd
from gateway.codecs.yls.persons import SYNC_STATE, Person, read_batch_end, read_person
from gateway.codecs.yls.registers import Result, Tlv

from gateway.domain.vocabulary import Decision

ERASE_AFTER_MS = 24 * 3600 * 1000
"""Templates go this long after the validity of their person ended."""
_ELEMENT = 4


class PeopleStore:
    """What a terminal remembers of people."""

    def __init__(
        self,
        capacity: int = 50_000,
        template_capacity: int = 100_000,
        algorithms: Collection[int] | None = None,
    ) -> None:
        """``algorithms`` are those whose templates it can compare; None takes any."""
        self._capacity = capacity
        self._template_capacity = template_capacity
        self._algorithms = algorithms
        self._people: dict[int, Person] = {}
        self._tombs: dict[int, int] = {}
        self._templates = 0
        self._crowd = Crowd()
        self.revision = 0
        """Everything up to here was applied; said in PERSON_SYNC."""

    def __len__(self) -> int:
        return len(self._people)

    def __contains__(self, number: int) -> bool:
        return number in self._people

    def find(self, number: int) -> Person | None:
        """Return a person."""
        return self._people.get(number)

    @property
    def digest(self) -> bytes:
        """The digest of everybody."""
        return self._crowd.digest

    def state(self) -> bytes:
        """Return the body of PERSON_SYNC."""
        value = SYNC_STATE.pack(self.revision, len(self._people), self.digest)
        return put(Tlv.SYNC_STATE, value, critical=True)

    def put(self, body: bytes, has: Callable[[bytes], bool], *, protected: bool) -> bytes:
        """Carry out PERSON_PUT; ``has`` says whether an object is here. Raises Refused.

        Nothing is changed unless everything of the person can be kept.
        """
        person, batch_end = read_person(body, protected=protected)
        if person.revision <= self._known(person.number):
            self._advance(batch_end)
            return put_result(Result.STALE_REV)
        if self._algorithms is not None and not person.algorithms <= set(self._algorithms):
            raise Refused(Result.ALGO_MISMATCH)
        for reference in person.templates:
            if not has(reference.digest):
                return put_result(Result.NEED_BLOB) + put(Tlv.SHA256, reference.digest)
        before = self._people.get(person.number)
        if before is None and len(self._people) >= self._capacity:
            raise Refused(Result.PERSON_FULL)
        more = person.template_count - (before.template_count if before else 0)
        if self._templates + more > self._template_capacity:
            raise Refused(Result.TEMPLATE_FULL)
        self._forget(person.number)
        self._tombs.pop(person.number, None)
        self._people[person.number] = person
        self._templates += person.template_count
        self._crowd.add(person.number, person.revision)
        self._advance(batch_end)
        return RESULT_OK

    def delete(self, body: bytes) -> bytes:
        """Carry out PERSON_DEL; what is erased stays erased, whatever older change comes later."""
        fields = Body(body)
        number = fields.number(Tlv.PERSON_NO, 4)
        revision = fields.number(Tlv.PERSON_REV, 4)
        if revision <= self._known(number):
            self._advance(read_batch_end(fields))
            return put_result(Result.STALE_REV)
        erased = self._forget(number)
        self._tombs[number] = revision
        if len(self._tombs) > self._capacity:
            del self._tombs[next(iter(self._tombs))]
        self._advance(read_batch_end(fields))
        return RESULT_OK + put_number(Tlv.ERASED, erased, 2)

    def buckets(self, body: bytes, room: int) -> bytes:
        """Answer PERSON_DIGEST with as many digests as ``room`` bytes hold; raises Refused."""
        offset = Body(body).number(Tlv.OFFSET, 4, 0)
        row = self._crowd.buckets()
        if offset >= len(row) or offset % SIZE:
            raise Refused(Result.OUT_OF_RANGE)
        at = put_number(Tlv.OFFSET, offset, 4, critical=True)
        most = (room - len(RESULT_OK) - len(at) - _ELEMENT) // SIZE * SIZE
        return RESULT_OK + at + put(Tlv.BUCKETS, row[offset : offset + most], critical=True)

    def judge(self, number: int, door: int, now_ms: int) -> Decision:
        """Say whether somebody who was recognised may pass, offline too."""
        person = self._people.get(number)
        if person is None:
            return Decision.NOT_ON_ROSTER
        if now_ms < person.valid_from_ms or (person.valid_to_ms and now_ms > person.valid_to_ms):
            return Decision.NOT_ON_ROSTER
        return Decision.GRANTED if person.doors >> max(door - 1, 0) & 1 else Decision.DENIED

    def expire(self, now_ms: int) -> list[int]:
        """Erase the templates of people whose time ended a day ago; return whose."""
        erased = []
        for number, person in self._people.items():
            over = person.valid_to_ms and person.valid_to_ms + ERASE_AFTER_MS <= now_ms
            if over and person.template_count:
                self._templates -= person.template_count
                self._people[number] = replace(person, templates=(), faces=(), irises=())
                erased.append(number)
        return erased

    def used(self) -> set[bytes]:
        """Return the digests of all objects that people refer to."""
        return {one.digest for person in self._people.values() for one in person.templates}

    def _known(self, number: int) -> int:
        person = self._people.get(number)
        return person.revision if person is not None else self._tombs.get(number, 0)

    def _forget(self, number: int) -> int:
        person = self._people.pop(number, None)
        if person is None:
            return 0
        self._crowd.remove(number, person.revision)
        self._templates -= person.template_count
        return person.template_count

    def _advance(self, batch_end: int | None) -> None:
        if batch_end is not None and batch_end > self.revision:
            self.revision = batch_end
