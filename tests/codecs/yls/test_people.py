"""People at a terminal: changes in order, nobody resurrected, drift found, templates protected."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace

import pytest
from gateway.codecs.yls import layout
from gateway.codecs.yls.body import RESULT_OK, Refused, put, put_number, put_result
from gateway.codecs.yls.chores import ReportEnrolment, WantObject
from gateway.codecs.yls.crowd import BUCKETS, Crowd, differing
from gateway.codecs.yls.device_events import ChoreAnswered, ObjectReceived, PeopleChanged
from gateway.codecs.yls.frame import parse
from gateway.codecs.yls.people import ERASE_AFTER_MS, PeopleStore
from gateway.codecs.yls.persons import read_person, write_person
from gateway.codecs.yls.registers import DIR, ENC, Blob, Command, Result, Tlv
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.station import Station
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.commands import CommandOutcome, Outcome
from gateway.domain.events import Event
from gateway.domain.ids import Receipt, Ticket
from gateway.domain.objects import ObjectKind, ObjectOutcome, ObjectWanted, SendObject
from gateway.domain.people import (
    ALL_DOORS,
    AskBuckets,
    BucketsOutcome,
    Enrol,
    PeopleStated,
    PersonDelete,
    PersonEnrolled,
    PersonOutcome,
    PersonPut,
)
from gateway.domain.requests import Accept, DeclineBlob, Defer, Request
from gateway.domain.templates import TemplateKind, TemplateRef
from gateway.domain.verification import CardRef
from gateway.domain.vocabulary import Decision, Means
from tests.codecs.yls import vectors
from tests.codecs.yls.pair import CONFIG, Pair

TEMPLATE = bytes(range(256)) * 8
DIGEST = hashlib.sha256(TEMPLATE).digest()
FACE = TemplateRef(kind=TemplateKind.FACE, algorithm=0x101, digest=DIGEST)
ENCRYPTS = replace(CONFIG, encrypts=True)


def person(number: int = 10086, revision: int = 77, **changes: object) -> PersonPut:
    values: dict[str, object] = {
        "ticket": Ticket(revision),
        "person": number,
        "revision": revision,
        "name": "张三",
        "doors": ALL_DOORS,
    }
    return PersonPut(**{**values, **changes})  # type: ignore[arg-type]


def gone(number: int, revision: int) -> bytes:
    return put_number(Tlv.PERSON_NO, number, 4) + put_number(Tlv.PERSON_REV, revision, 4)


def took(store: PeopleStore, change: PersonPut) -> bytes:
    return store.put(write_person(change), lambda _: True, protected=True)


def test_the_vector_decrypts_and_is_written_up_to_the_doors_it_lacks() -> None:
    seal = Seal(vectors.KMAC, vectors.KENC, sid=vectors.SESSION, direction=DIR, bare=False)
    assert seal.open(parse(vectors.V14)) == vectors.V14_PLAIN
    assert seal.pack(ENC, Command.PERSON_PUT, 43, vectors.V14_PLAIN) == vectors.V14
    doors = put_number(Tlv.DOORS, ALL_DOORS, 4)
    assert write_person(person()) == vectors.V14_PLAIN + doors
    with pytest.raises(Refused, match="MISSING_TLV"):
        read_person(vectors.V14_PLAIN, protected=True)


def test_limits_are_critical_and_their_absence_is_not() -> None:
    limited = write_person(person(doors=1, valid_to_ms=5, schedule=2))
    for kind in (Tlv.DOORS, Tlv.VALIDITY, Tlv.SCHEDULE):
        assert (kind | 0x8000).to_bytes(2, "big") in limited
    assert put_number(Tlv.DOORS, ALL_DOORS, 4) in write_person(person())


@given(
    st.integers(1, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, ALL_DOORS),
    st.text(max_size=70),
    st.lists(st.binary(min_size=1, max_size=16), max_size=4),
)
def test_a_person_survives_the_way(
    number: int, revision: int, doors: int, name: str, cards: list[bytes]
) -> None:
    refs = tuple(CardRef(kind=1, number=card) for card in cards)
    sent = person(number, revision, doors=doors, name=name, cards=refs, templates=(FACE,), group=7)
    read, _ = read_person(write_person(sent), protected=True)
    assert (read.number, read.revision, read.doors) == (number, revision, doors)
    assert (read.cards, read.templates, read.group) == (refs, (FACE,), 7)
    assert len(read.name.encode()) <= 64


@given(st.binary(max_size=120))
def test_no_body_raises_anything_but_refused(tail: bytes) -> None:
    store = PeopleStore()
    for body in (tail, write_person(person()) + tail, write_person(person())[:-9] + tail):
        with suppress(Refused):
            store.put(body, lambda _: False, protected=True)
        with suppress(Refused):
            store.delete(body)
        with suppress(Refused):
            store.buckets(body, 600)


@given(
    st.permutations(range(1, 13)),
    st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=12, max_size=12),
)
def test_in_whatever_order_the_highest_revision_of_everybody_wins(
    order: list[int], changes: list[tuple[int, bool]]
) -> None:
    store, highest = PeopleStore(), {}
    for revision, (number, _) in enumerate(changes, 1):
        highest[number] = revision
    for revision in (*order, *order):
        number, removed = changes[revision - 1]
        if removed:
            store.delete(gone(number, revision))
        else:
            took(store, person(number, revision))
    expected = [(n, r) for n, r in highest.items() if not changes[r - 1][1]]
    assert sorted((n, store.find(n).revision) for n, _ in expected) == sorted(expected)  # type: ignore[union-attr]
    assert len(store) == len(expected)
    assert store.digest == Crowd(expected).digest


class TestStore:
    def test_a_deleted_worker_is_not_resurrected(self) -> None:
        store = PeopleStore()
        took(store, person(revision=5))
        assert store.delete(gone(10086, 9)).startswith(RESULT_OK)
        assert took(store, person(revision=7)) == put_result(Result.STALE_REV)
        assert 10086 not in store
        assert took(store, person(revision=10)) == RESULT_OK

    def test_somebody_who_never_came_leaves_a_tombstone_too(self) -> None:
        store = PeopleStore()
        assert store.delete(gone(5, 9)) == RESULT_OK + put_number(Tlv.ERASED, 0, 2)
        assert took(store, person(5, 8)) == put_result(Result.STALE_REV)

    def test_tombstones_are_bounded_and_the_oldest_go_first(self) -> None:
        store = PeopleStore(capacity=2)
        for number in (1, 2, 3):
            store.delete(gone(number, 10 + number))
        assert took(store, person(1, 5)) == RESULT_OK
        assert took(store, person(2, 5)) == put_result(Result.STALE_REV)
        took(store, person(2, 20))
        store.delete(gone(4, 21))
        assert took(store, person(3, 5)) == put_result(Result.STALE_REV)

    def test_a_change_replaces_everything(self) -> None:
        store = PeopleStore()
        took(store, person(revision=1, group=4, templates=(FACE,)))
        took(store, person(revision=2))
        kept = store.find(10086)
        assert kept is not None
        assert (kept.group, kept.templates) == (None, ())
        assert store.used() == set()

    def test_what_does_not_fit_changes_nothing(self) -> None:
        store = PeopleStore(capacity=1, template_capacity=1, algorithms={0x101})
        took(store, person(1, 1, templates=(FACE,)))
        other = TemplateRef(kind=TemplateKind.IRIS, algorithm=0x201, digest=DIGEST)
        for change, result in (
            (person(2, 2), "PERSON_FULL"),
            (person(1, 3, templates=(FACE, replace_kind(FACE))), "TEMPLATE_FULL"),
            (person(1, 4, templates=(other,)), "ALGO_MISMATCH"),
        ):
            with pytest.raises(Refused, match=result):
                took(store, change)
        assert store.digest == Crowd([(1, 1)]).digest
        assert took(store, person(1, 5, templates=(FACE,))) == RESULT_OK

    def test_the_cursor_moves_at_the_end_of_a_batch_only(self) -> None:
        store = PeopleStore()
        took(store, person(1, 5))
        assert store.revision == 0
        lacks = store.put(
            write_person(person(2, 6, templates=(FACE,), batch_end=9)),
            lambda _: False,
            protected=True,
        )
        assert lacks == put_result(Result.NEED_BLOB) + put(Tlv.SHA256, DIGEST)
        assert store.revision == 0
        took(store, person(2, 6, templates=(FACE,), batch_end=9))
        assert store.revision == 9

    def test_validity_shuts_the_gate_and_erases_templates_a_day_later(self) -> None:
        store = PeopleStore()
        took(store, person(valid_from_ms=100, valid_to_ms=200, doors=0b10, templates=(FACE,)))
        assert store.judge(10086, 2, 150) is Decision.GRANTED
        assert store.judge(10086, 1, 150) is Decision.DENIED
        assert store.judge(10086, 2, 99) is Decision.NOT_ON_ROSTER
        assert store.judge(10086, 2, 201) is Decision.NOT_ON_ROSTER
        assert store.judge(1, 2, 150) is Decision.NOT_ON_ROSTER
        assert store.expire(200 + ERASE_AFTER_MS - 1) == []
        assert store.expire(200 + ERASE_AFTER_MS) == [10086]
        assert store.used() == set()
        assert store.expire(200 + ERASE_AFTER_MS) == []

    def test_templates_need_protection(self) -> None:
        with pytest.raises(Refused, match="FORBIDDEN"):
            read_person(write_person(person(templates=(FACE,))), protected=False)
        read_person(write_person(person()), protected=False)


def replace_kind(reference: TemplateRef) -> TemplateRef:
    return TemplateRef(kind=TemplateKind.FINGER, algorithm=0x101, digest=reference.digest)


class TestPair:
    def pair(self, station: Station | None = None, seed: str = "a", frame: int = 600) -> Pair:
        station = station or Station(people=PeopleStore())
        config = replace(ENCRYPTS, max_frame=frame)
        return Pair(config=config, station=station, seed=seed).login()

    def ask(self, pair: Pair, request: Request) -> Event:
        pair.act(pair.server.submit(request, pair.now))
        pair.pump()
        return pair.events[-1]

    def test_a_push_with_a_template_and_the_state_after_it(self) -> None:
        station = Station(people=PeopleStore())
        pair = self.pair(station)
        assert PeopleStated(revision=0, count=0, digest=bytes(16)) in pair.events
        change = person(templates=(FACE,), batch_end=77)
        lacking = self.ask(pair, change)
        assert isinstance(lacking, PersonOutcome)
        assert (lacking.code, lacking.lacks) == ("need_blob", DIGEST)
        sent = self.ask(
            pair, SendObject(ticket=Ticket(1), kind=ObjectKind.FACE_TEMPLATE, data=TEMPLATE)
        )
        assert isinstance(sent, ObjectOutcome)
        assert (sent.outcome, sent.digest) == (Outcome.DONE, DIGEST)
        assert ObjectReceived(kind=Blob.FACE_TEMPLATE, digest=DIGEST) in pair.told
        assert self.ask(pair, change) == PersonOutcome(
            ticket=Ticket(77), outcome=Outcome.DONE, code="ok", person=10086, revision=77
        )
        assert PeopleChanged(count=1, revision=77) in pair.told
        again = self.pair(station, "b")
        state = PeopleStated(revision=77, count=1, digest=Crowd([(10086, 77)]).digest)
        assert state in again.events
        removed = self.ask(again, PersonDelete(ticket=Ticket(2), person=10086, revision=78))
        assert isinstance(removed, PersonOutcome)
        assert removed.erased == 1
        assert station.objects.whole == {}

    def test_an_object_goes_on_where_it_was_cut_off(self) -> None:
        data = TEMPLATE * 4
        wish = SendObject(ticket=Ticket(1), kind=ObjectKind.FACE_PHOTO, data=data)
        station = Station(people=PeopleStore())
        for cut in range(1, 40):
            pair = self.pair(station, str(cut), frame=256)
            pair.act(pair.server.submit(wish, pair.now))
            for _ in range(3):
                pair.collect()
                pair.to_device()
                pair.to_server()
            if station.objects.whole:
                break
            pair.drop()
            (lost,) = [one for one in pair.events if isinstance(one, ObjectOutcome)]
            assert lost.outcome is Outcome.UNANSWERED
        assert 10 < cut < 39
        assert list(station.objects.whole.values()) == [(Blob.FACE_PHOTO, data)]

    def test_a_damaged_object_is_thrown_away_and_sent_again(self) -> None:
        station = Station(people=PeopleStore())
        station.objects.begin(DIGEST).extend(b"not the beginning of it")
        pair = self.pair(station)
        wish = SendObject(ticket=Ticket(1), kind=ObjectKind.FACE_TEMPLATE, data=TEMPLATE)
        sent = self.ask(pair, wish)
        assert isinstance(sent, ObjectOutcome)
        assert sent.outcome is Outcome.DONE
        assert station.objects.whole[DIGEST] == (Blob.FACE_TEMPLATE, TEMPLATE)

    def test_drift_is_found_bucket_by_bucket(self) -> None:
        station = Station(people=PeopleStore())
        assert station.people is not None
        for number in range(1, 600):
            took(station.people, person(number, number))
        pair = self.pair(station)
        found = self.ask(pair, AskBuckets(ticket=Ticket(9)))
        assert isinstance(found, BucketsOutcome)
        assert len(found.buckets) == BUCKETS
        ours = Crowd((number, number) for number in range(1, 600) if number != 300)
        assert differing(ours.buckets(), b"".join(found.buckets)) == [300 % BUCKETS]

    def test_an_enrolment_is_kept_until_the_gateway_has_it(self) -> None:
        pair = self.pair()
        begun = self.ask(pair, Enrol(ticket=Ticket(1), person=5, means=Means.FACE, seconds=30))
        assert isinstance(begun, CommandOutcome)
        assert begun.outcome is Outcome.DONE
        pair.device.chore(ReportEnrolment(person=5, templates=(FACE,)), pair.now)
        pair.pump()
        report = pair.events[-1]
        assert isinstance(report, PersonEnrolled)
        assert (report.person, report.code, report.templates) == (5, "ok", (FACE,))
        pair.act(pair.server.submit(Defer(receipt=report.receipt, retry_after_s=9), pair.now))
        pair.pump()
        assert not [one for one in pair.told if isinstance(one, ChoreAnswered)][1:]
        pair.wait(9)
        again = pair.events[-1]
        assert isinstance(again, PersonEnrolled)
        pair.act(pair.server.submit(Accept(receipt=again.receipt), pair.now))
        pair.pump()
        assert ChoreAnswered(command=Command.PERSON_REPORT, result="ok") in pair.told

    def test_a_terminal_asks_for_what_it_lacks(self) -> None:
        pair = self.pair()
        pair.device.chore(WantObject(digest=DIGEST, kind=Blob.FACE_TEMPLATE), pair.now)
        pair.pump()
        wanted = pair.events[-1]
        assert isinstance(wanted, ObjectWanted)
        pair.act(pair.server.submit(DeclineBlob(receipt=wanted.receipt, code="unknown"), pair.now))
        pair.pump()
        assert ChoreAnswered(command=Command.BLOB_PULL, result="blob_unknown") in pair.told

    def test_a_terminal_without_people_says_so(self) -> None:
        found = self.ask(self.pair(Station()), person())
        assert isinstance(found, PersonOutcome)
        assert (found.outcome, found.code) == (Outcome.REFUSED, "unknown_cmd")

    def test_a_receipt_of_another_kind_settles_nothing(self) -> None:
        pair = self.pair()
        pair.act(pair.server.submit(Accept(receipt=Receipt(99)), pair.now))
        pair.collect()
        assert pair.down == b""


@given(st.integers(1, 255), st.integers(0, 0xFFFF), st.binary(min_size=32, max_size=32))
def test_references_are_as_declared(kind: int, algorithm: int, digest: bytes) -> None:
    value = layout.TEMPLATE_REF.build({"kind": kind, "algorithm": algorithm, "digest": digest})
    body = put(Tlv.TEMPLATE_REF, value) + write_person(person(templates=()))
    if kind > 4:
        with pytest.raises(Refused, match="OUT_OF_RANGE"):
            read_person(body, protected=True)
    else:
        read, _ = read_person(body, protected=True)
        assert (read.templates[0].algorithm, read.templates[0].digest) == (algorithm, digest)


def test_the_state_is_as_declared() -> None:
    store = PeopleStore()
    took(store, person(batch_end=80))
    declared = layout.SYNC_STATE.parse(store.state()[4:])
    assert (declared.revision, declared.count, declared.digest) == (80, 1, store.digest)
