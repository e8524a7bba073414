"""Receipts (P7) and identities (P8): what the promise "stored once" hangs on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from gateway.codecs.kit.case import Case, Golden, Tally
from gateway.codecs.kit.report import Finding
from gateway.codecs.replay import Stage, spell, whole
from gateway.codecs.transcript import Call

from gateway.domain.events import Event, FaultReported, PassageReported
from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, Conflict, Defer

DAY_MS = 86_400_000
LONGEST_IDENTITY = 64
UNKNOWN_RECEIPT = Receipt(2**31 - 1)

_ANSWERS = {
    "Accept",
    "Defer",
    "Conflict",
    "TakeBlob",
    "DeclineBlob",
    "Granted",
    "Denied",
    "Undecided",
}


def receipts(case: Case) -> Finding:
    """P7: a receipt is unique and answered at most once, an unknown one not at all."""
    tally = Tally("P7", "each receipt is answered at most once")
    for golden in case.goldens:
        stage = Stage(golden.transcript.header, golden.make, golden.requests)
        handed: Counter[int] = Counter()
        for index, step in enumerate(golden.plan):
            stage.perform(step.act, whole)
            events, sent = stage.take()
            handed.update(_receipts(events))
            if handed and max(handed.values()) > 1:
                return tally.failed(f"{golden.place(index)}: a receipt was handed out twice")
            dishonest = _dishonest(case, golden, index, events, sent)
            if dishonest:
                return tally.failed(f"{golden.place(index)}: {dishonest}")
            for receipt in _to_repeat(step.act.what if step.act else None):
                tally.cases += 1
                noise = _answered_again(stage, receipt)
                if noise:
                    return tally.failed(f"{golden.place(index)}: receipt {receipt} again: {noise}")
    return tally.passed()


def identities(case: Case) -> Finding:
    """P8: the same record has the same identity tomorrow, and no other record has it."""
    tally = Tally("P8", "a record's identity is stable and its own")
    for golden in case.goldens:
        if golden.transcript.header.role == "device":
            continue
        today, tomorrow = _records(golden, 0), _records(golden, DAY_MS)
        if [record.identity for record in today] != [record.identity for record in tomorrow]:
            return tally.failed(f"{golden.transcript.name}: played a day later, identities differ")
        for record in today:
            tally.cases += 1
            if not 0 < len(record.identity) <= LONGEST_IDENTITY:
                size = len(record.identity)
                return tally.failed(
                    f"{golden.transcript.name}: an identity of {size} bytes, 1…64 are allowed"
                )
        found = _shared(today)
        if found:
            return tally.failed(f"{golden.transcript.name}: {found}")
    return tally.passed()


def _shared(records: list[PassageReported | FaultReported]) -> str | None:
    """Return why numbers and identities do not go one to one; a conflicting resend is allowed."""
    numbers: dict[bytes, str] = {}
    identities: dict[str, bytes] = {}
    for record in records:
        number = f"{record.series}/{record.number}"
        known = numbers.setdefault(record.identity, number)
        if known != number:
            return f"records {known} and {number} share the identity {record.identity.hex()}"
        if identities.setdefault(number, record.identity) != record.identity:
            return f"record {number} came under two identities"
    return None


def _receipts(events: list[Event]) -> Iterator[int]:
    for event in events:
        receipt = getattr(event, "receipt", None)
        if receipt is not None:
            yield receipt


def _dishonest(
    case: Case, golden: Golden, index: int, events: list[Event], sent: bytes
) -> str | None:
    """Say why a terminal would forget a record that is not stored.

    That Accept sends nothing is no mistake by itself: a batch may be answered at its end.
    """
    records = [e.receipt for e in events if isinstance(e, PassageReported | FaultReported)]
    if not records or not case.dialect.retains_until_ack:
        return None
    if golden.transcript.header.role == "device":
        return None
    told = {kind: _answered(golden, index, records, kind) for kind in (Accept, Defer)}
    if sent and (not told[Accept] or told[Accept] in sent):
        return (
            f"{sent.hex(' ')} is sent at once, not when Accept comes: the terminal forgets a record"
            " that is not stored. Send the answer in submit(), when Accept comes."
        )
    if told[Accept] and told[Accept] == told[Defer]:
        return (
            f"Accept and Defer both send {told[Accept].hex(' ')}: the terminal would forget a"
            " record that was not stored. For Defer send its word for later, or nothing."
        )
    return None


def _answered(
    golden: Golden, index: int, receipts: list[Receipt], kind: type[Accept | Defer]
) -> bytes:
    stage = golden.stage_before(index + 1)
    for receipt in receipts:
        stage.submit(kind(receipt=receipt))
    return stage.take()[1]


def _to_repeat(what: object) -> Iterator[int]:
    if isinstance(what, Call) and what.name in _ANSWERS:
        receipt = what.fields["receipt"]
        assert isinstance(receipt, int)
        yield receipt
        yield UNKNOWN_RECEIPT


def _answered_again(stage: Stage, receipt: int) -> str:
    for kind in (Accept, Defer, Conflict):
        request: object = kind(receipt=Receipt(receipt))
        stage.submit(request)
        events, sent = stage.take()
        if events or sent:
            shown = [spell(type(event).__name__, {}) for event in events]
            return f"{kind.__name__} sent {sent.hex(' ') or 'nothing'} and made {shown}"
    return ""


def _records(golden: Golden, later_ms: int) -> list[PassageReported | FaultReported]:
    header = golden.transcript.header
    header = replace(header, clock=header.clock + later_ms)
    stage = Stage(header, golden.make, golden.requests)
    for step in golden.plan:
        stage.perform(step.act, whole)
    return [e for e in stage.events if isinstance(e, PassageReported | FaultReported)]
