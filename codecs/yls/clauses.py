"""The clauses a terminal is examined by, each a short course of steps (YLS/1 21).

None opens a door unless somebody allowed it. What needs hands, two terminals or a serial line is
listed as not exercised, with the reason.
"""

from __future__ import annotations

from gateway.codecs.yls import clock
from gateway.codecs.yls.body import Body, put, put_number
from gateway.codecs.yls.crowd import Crowd
from gateway.codecs.yls.examiner import (
    ANSWER_S,
    HEARTBEAT_S,
    RETURN_S,
    Clause,
    Course,
    Failed,
    Heard,
    NotExercised,
    Step,
    YlsExaminer,
    result_of,
)
from gateway.codecs.yls.frame import as_duplicate, close, pack, parse
from gateway.codecs.yls.persons import write_person
from gateway.codecs.yls.registers import (
    DIR,
    ENC,
    MAC,
    RSP,
    Blob,
    Command,
    Result,
    Tlv,
    result_name,
)
from gateway.codecs.yls.transfer import Transfer, owner_of_person

from gateway.domain.ids import Ticket
from gateway.domain.people import ALL_DOORS, PersonPut
from gateway.domain.times import Instant

_NOW = Instant(0.0, 0)
TESTER = 0xFFFFFF01
"""Number of the person that comes and goes in an examination; no site has so many."""
_PHOTO = bytes(range(256)) * 4


def _to(seq: int) -> Step:
    return Step(until=lambda heard: bool(heard.frame.flags & RSP) and heard.frame.seq == seq)


def _asked(exam: YlsExaminer, command: int, body: bytes = b"", flags: int | None = None) -> Step:
    raw = exam.sealed(command, body, flags=flags)
    return Step(send=(raw,), until=_to(exam.seq).until)


def _expect(got: int, wanted: Result, what: str) -> None:
    if got != wanted:
        raise Failed(f"{what}: expected {wanted.name}, got {result_name(got).upper()}")


def _login(exam: YlsExaminer) -> Course:
    # Without a good proof no clause runs at all.
    if exam.login is None:
        yield Step(seconds=0)


def _answer_time(exam: YlsExaminer) -> Course:
    asked = yield _asked(exam, Command.TIME_SYNC, clock.ask(_NOW))
    _expect(result_of(asked, "TIME_SYNC"), Result.OK, "TIME_SYNC")
    assert isinstance(asked, Heard)
    first, second, third = (
        int.from_bytes(Body(asked.body).bytes(Tlv.TIMES4, 24)[at : at + 8], "big")
        for at in (0, 8, 16)
    )
    if first != _NOW.wall or not second <= third:
        raise Failed(f"T1 {first} was sent as {_NOW.wall}; T2 {second} and T3 {third} must ascend")


def _beat(exam: YlsExaminer) -> Course:
    if not exam.beats:
        seconds = 1.5 * HEARTBEAT_S + 10
        heard = yield Step(
            until=lambda heard: heard.frame.command == Command.HEARTBEAT, seconds=seconds
        )
        if not isinstance(heard, Heard):
            raise Failed(f"no HEARTBEAT within {seconds:g} s at HB {HEARTBEAT_S}")


def _split(exam: YlsExaminer) -> Course:
    raw = exam.sealed(Command.TIME_SYNC, clock.ask(_NOW))
    one = tuple(raw[at : at + 1] for at in range(len(raw)))
    outcome = yield Step(send=one, until=_to(exam.seq).until)
    _expect(result_of(outcome, "a request byte by byte"), Result.OK, "a request byte by byte")


def _joined(exam: YlsExaminer) -> Course:
    first = exam.sealed(Command.TIME_SYNC, clock.ask(_NOW))
    earlier = exam.seq
    both = first + exam.sealed(Command.TIME_SYNC, clock.ask(_NOW))
    outcome = yield Step(send=(both,), until=_to(earlier).until)
    _expect(result_of(outcome, "the first of two"), Result.OK, "the first of two")
    outcome = yield _to(exam.seq)
    _expect(result_of(outcome, "the second of two"), Result.OK, "the second of two")


def _repeated(exam: YlsExaminer) -> Course:
    raw = exam.sealed(Command.TIME_SYNC, clock.ask(_NOW))
    first = yield Step(send=(raw,), until=_to(exam.seq).until)
    result_of(first, "TIME_SYNC")
    for again in (raw, as_duplicate(raw)):
        answer = yield Step(send=(again,), until=_to(exam.seq).until)
        result_of(answer, "the same request again")
        assert isinstance(first, Heard)
        assert isinstance(answer, Heard)
        if answer.frame.body != first.frame.body:
            raise Failed("the answer to a repetition differs from the first one")


def _too_old(exam: YlsExaminer) -> Course:
    old = exam.sealed(Command.TIME_SYNC, clock.ask(_NOW))
    number = exam.seq
    exam.skip_to(number + 40)
    outcome = yield _asked(exam, Command.TIME_SYNC, clock.ask(_NOW))
    result_of(outcome, "TIME_SYNC")
    outcome = yield Step(send=(old,), until=_to(number).until)
    _expect(result_of(outcome, "a number 41 below"), Result.REPLAY, "a number 41 below the last")


def _unknown_command(exam: YlsExaminer) -> Course:
    outcome = yield _asked(exam, 0x0EEE)
    _expect(result_of(outcome, "command 0x0EEE"), Result.UNKNOWN_CMD, "command 0x0EEE")


def _unknown_elements(exam: YlsExaminer) -> Course:
    body = clock.ask(_NOW)
    outcome = yield _asked(exam, Command.TIME_SYNC, body + put(0x7A01, b"later"))
    _expect(result_of(outcome, "an unknown element"), Result.OK, "an unknown element")
    outcome = yield _asked(exam, Command.TIME_SYNC, body + put(0x7A01, b"later", critical=True))
    result = result_of(outcome, "an unknown critical element")
    _expect(result, Result.UNSUPPORTED_CRITICAL, "an unknown critical element")


def _overrun(exam: YlsExaminer) -> Course:
    outcome = yield _asked(exam, Command.TIME_SYNC, bytes.fromhex("801affff"))
    _expect(result_of(outcome, "a length beyond the body"), Result.BAD_TLV, "a length beyond")


def _forged(exam: YlsExaminer) -> Course:
    raw = exam.sealed(Command.TIME_SYNC, clock.ask(_NOW))
    body = raw[18:-3] + bytes((raw[-3] ^ 1,))
    outcome = yield Step(send=(close(raw[:16], body),), until=_to(exam.seq).until)
    if isinstance(outcome, Heard):
        _expect(result_of(outcome, "a broken MAC"), Result.BAD_MAC, "a frame with a broken MAC")


def _unprotected(exam: YlsExaminer) -> Course:
    exam.sealed(Command.TIME_SYNC)
    raw = pack(DIR, 0, Command.TIME_SYNC, exam.seq, exam.seal.sid, clock.ask(_NOW))
    outcome = yield Step(send=(raw,), until=_to(exam.seq).until)
    if isinstance(outcome, Heard) and result_of(outcome, "") == Result.OK:
        raise Failed("a frame without a seal was carried out")


def _expired(exam: YlsExaminer) -> Course:
    for ahead, wanted in ((-60_000, Result.EXPIRED), (86_400_000, Result.OUT_OF_RANGE)):
        seen = yield _asked(exam, Command.TIME_SYNC, clock.ask(_NOW))
        result_of(seen, "TIME_SYNC")
        assert isinstance(seen, Heard)
        device_ms = int.from_bytes(Body(seen.body).bytes(Tlv.TIMES4, 24)[16:], "big")
        outcome = yield _asked(exam, Command.DOOR_CTRL, _pulse(device_ms + ahead))
        result = result_of(outcome, "DOOR_CTRL")
        if result == Result.UNKNOWN_CMD:
            raise NotExercised("the terminal has no doors")
        _expect(result, wanted, f"a door order whose end is {ahead} ms from now")


def _once(exam: YlsExaminer) -> Course:
    if not exam.candidate.move_doors:
        raise NotExercised("opens door 1; allow it with --move-doors and watch")
    seen = yield _asked(exam, Command.TIME_SYNC, clock.ask(_NOW))
    result_of(seen, "TIME_SYNC")
    assert isinstance(seen, Heard)
    device_ms = int.from_bytes(Body(seen.body).bytes(Tlv.TIMES4, 24)[16:], "big")
    raw = exam.sealed(Command.DOOR_CTRL, _pulse(device_ms + 9_000))
    first = yield Step(send=(raw,), until=_to(exam.seq).until)
    _expect(result_of(first, "DOOR_CTRL"), Result.OK, "DOOR_CTRL")
    for again in (raw, as_duplicate(raw)):
        answer = yield Step(send=(again,), until=_to(exam.seq).until)
        result_of(answer, "the same order again")
        assert isinstance(first, Heard)
        assert isinstance(answer, Heard)
        if answer.frame.body != first.frame.body:
            raise Failed("the repetition was answered anew: did the door move twice?")


def _pulse(expires_ms: int) -> bytes:
    return (
        put_number(Tlv.DOOR, 1, 1, critical=True)
        + put_number(Tlv.ACTION, 1, 1, critical=True)
        + put_number(Tlv.DURATION, 10, 2, critical=True)
        + put_number(Tlv.CMD_EXPIRE, max(0, expires_ms), 8, critical=True)
    )


def _people(exam: YlsExaminer) -> Course:
    flags = ENC if exam.can("encryption") else MAC
    base = exam.now.wall // 1000  # above whatever an earlier examination left
    for change, wanted, what in (
        (_tester(base + 5), Result.OK, "a new person"),
        (_tester(base + 5), Result.STALE_REV, "the same change again"),
        (_gone(base + 9), Result.OK, "a deletion"),
        (_tester(base + 7), Result.STALE_REV, "an older change after a deletion"),
        (_gone(base + 9), Result.STALE_REV, "the same deletion again"),
    ):
        outcome = yield _asked(exam, *change, flags)
        result = result_of(outcome, what)
        if result == Result.UNKNOWN_CMD:
            raise NotExercised("the terminal keeps no people")
        _expect(result, wanted, what)


def _digests(exam: YlsExaminer) -> Course:
    before = yield _asked(exam, Command.PERSON_DIGEST, put_number(Tlv.OFFSET, 0, 4))
    if result_of(before, "PERSON_DIGEST") == Result.UNKNOWN_CMD:
        raise NotExercised("the terminal keeps no people")
    flags = ENC if exam.can("encryption") else MAC
    base = exam.now.wall // 1000
    outcome = yield _asked(exam, *_tester(base + 11), flags)
    _expect(result_of(outcome, "a new person"), Result.OK, "a new person")
    bucket = TESTER % 256 * 16
    after = yield _asked(exam, Command.PERSON_DIGEST, put_number(Tlv.OFFSET, 0, 4))
    changed = int.from_bytes(_bucket(before, bucket)) ^ int.from_bytes(_bucket(after, bucket))
    outcome = yield _asked(exam, *_gone(base + 12), flags)
    _expect(result_of(outcome, "a deletion"), Result.OK, "a deletion")
    if changed != int.from_bytes(Crowd([(TESTER, base + 11)]).digest):
        raise Failed("the bucket of a new person did not change by that person's mark")


def _bucket(outcome: Heard | str, at: int) -> bytes:
    if not isinstance(outcome, Heard):
        raise Failed(f"PERSON_DIGEST: no answer ({outcome})")
    return Body(outcome.body).bytes(Tlv.BUCKETS)[at : at + 16]


def _tester(revision: int) -> tuple[Command, bytes]:
    person = PersonPut(
        ticket=Ticket(0), person=TESTER, revision=revision, name="check", doors=ALL_DOORS
    )
    return Command.PERSON_PUT, write_person(person)


def _gone(revision: int) -> tuple[Command, bytes]:
    body = put_number(Tlv.PERSON_NO, TESTER, 4, critical=True)
    return Command.PERSON_DEL, body + put_number(Tlv.PERSON_REV, revision, 4, critical=True)


def _withheld(exam: YlsExaminer) -> Course:
    exam.withhold = True
    exam.records.clear()
    for _ in range(2):
        outcome = yield Step(until=_is_record, seconds=exam.candidate.patience_s)
        if not isinstance(outcome, Heard):
            break
    if not exam.records:
        raise NotExercised("nobody passed; have somebody pass while the check runs")
    number, core = exam.records[0]
    same = [other for at, other in exam.records[1:] if at == number]
    if not same:
        raise Failed(f"record {number} was put off for 1 s and did not come again")
    if same[0] != core:
        raise Failed(f"record {number} came again with other bytes")


def _is_record(heard: Heard) -> bool:
    return heard.frame.command in (Command.REC_REALTIME, Command.REC_BACKFILL)


def _fresh_nonce(exam: YlsExaminer) -> Course:
    outcome = yield Step(hang_up=True, seconds=RETURN_S)
    if outcome != "online":
        raise Failed(f"the terminal did not log in again within {RETURN_S:g} s")
    first, second = (Body(parse(one.hello.raw).body, _STORES) for one in exam.logins[-2:])
    if first.bytes(Tlv.NONCE_D) == second.bytes(Tlv.NONCE_D):
        raise Failed("NONCE_D of two logins is the same")


def _resumed(exam: YlsExaminer) -> Course:
    if not exam.can("encryption"):
        raise NotExercised("photos need ENC, which the terminal does not announce")
    chunk = 200
    photo = _PHOTO + exam.candidate.entropy(16)  # one that no terminal has yet
    transfer = Transfer(Blob.FACE_PHOTO, photo, owner_of_person(TESTER), chunk)
    for _ in range(3):
        outcome = yield _asked(exam, *transfer.next(), ENC)
        result = result_of(outcome, "a photo")
        if result in (Result.UNKNOWN_CMD, Result.FORBIDDEN):
            raise NotExercised(f"the terminal takes no photos ({result_name(result)})")
        _expect(result, Result.OK, "a photo")
        assert isinstance(outcome, Heard)
        transfer.answered(Body(outcome.body))
    outcome = yield Step(hang_up=True, seconds=RETURN_S)
    if outcome != "online":
        raise Failed(f"the terminal did not log in again within {RETURN_S:g} s")
    again = Transfer(Blob.FACE_PHOTO, photo, owner_of_person(TESTER), chunk)
    outcome = yield _asked(exam, *again.next(), ENC)
    _expect(result_of(outcome, "the photo again"), Result.OK, "the photo again")
    assert isinstance(outcome, Heard)
    offset = Body(outcome.body).number(Tlv.OFFSET, 4)
    if offset != 2 * chunk:
        raise Failed(f"it goes on at byte {offset}; {2 * chunk} were acknowledged")
    again.answered(Body(outcome.body))
    while not again.all_sent:
        outcome = yield _asked(exam, *again.next(), ENC)
        _expect(result_of(outcome, "the rest"), Result.OK, "the rest of the photo")
        assert isinstance(outcome, Heard)
        again.answered(Body(outcome.body))
    outcome = yield _asked(exam, *again.next(), ENC)
    _expect(result_of(outcome, "BLOB_CLOSE"), Result.OK, "BLOB_CLOSE")


def _damaged(exam: YlsExaminer) -> Course:
    raw = exam.sealed(Command.TIME_SYNC, clock.ask(_NOW))
    broken = raw[:15] + bytes((raw[15] ^ 1,)) + raw[16:]
    outcome = yield Step(send=(broken,), until=lambda _: False, seconds=ANSWER_S)
    if outcome != "closed":
        raise Failed("a header that fails its check does not end a TCP connection")
    outcome = yield Step(seconds=RETURN_S)
    if outcome != "online":
        raise Failed(f"the terminal did not log in again within {RETURN_S:g} s")


def _never(reason: str) -> Course:
    yield Step(seconds=0)
    raise NotExercised(reason)


_STORES = frozenset({Tlv.REC_STORE})

CLAUSES: tuple[Clause, ...] = (
    Clause("7.2", "the terminal proves that it has its key", _login),
    Clause("9", "TIME_SYNC is answered with ascending instants", _answer_time),
    Clause("8", "a heartbeat comes in time", _beat),
    Clause("3.4", "a frame that arrives byte by byte is read", _split),
    Clause("3.4", "two frames in one read are both answered", _joined),
    Clause("5", "a repeated request is answered byte for byte", _repeated),
    Clause("5", "a number far below the last is a replay", _too_old),
    Clause("6", "unknown elements are skipped, critical ones refused", _unknown_elements),
    Clause("6", "a length beyond the body is refused", _overrun),
    Clause("16.1", "an unknown command is answered", _unknown_command),
    Clause("7.4", "a frame with a broken MAC is not carried out", _forged),
    Clause("7.4", "a frame without a seal is not carried out", _unprotected),
    Clause("14.2", "a door order is refused when it is too late or too long", _expired),
    Clause("14.3", "a repeated door order does not move the door again", _once),
    Clause("13.1", "people come, go and are not resurrected", _people),
    Clause("13.3", "the bucket of a person changes by that person's mark", _digests),
    Clause("10.3", "a record that was put off comes again, unchanged", _withheld),
    Clause("7.2", "the terminal logs in again, with a fresh nonce", _fresh_nonce),
    Clause("12", "an interrupted object goes on where it ended", _resumed),
    Clause("3.4", "a damaged header ends the connection", _damaged),
    Clause(
        "10.1",
        "nothing acknowledged is lost in a power cut",
        lambda _: _never("pull the plug between a record and its acknowledgement"),
    ),
    Clause(
        "10.1",
        "a formatted store begins a new epoch",
        lambda _: _never("format the record store, then compare REC_EPOCH"),
    ),
    Clause(
        "11.2",
        "without an answer in time the fallback decides",
        lambda _: _never("needs a face before the camera"),
    ),
    Clause(
        "3.4", "a serial line is found again after noise", lambda _: _never("needs a serial line")
    ),
    Clause("4.4", "turns on a bus are kept", lambda _: _never("needs a bus")),
)
