"""What the gateway asks of a terminal: verification (G3), people (G4), commands (G5), upgrade (G6).

Owns what a transcript must have shown for each: what a dialect can do is what its transcripts do,
and what it declares that it carries (`Dialect.carries`) must be among it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.codecs.kit.case import Case, Golden, Tally
from gateway.codecs.kit.report import Finding
from gateway.codecs.replay import Stage, whole
from gateway.codecs.transcript import Call

from gateway.domain.ids import Receipt
from gateway.domain.verification import Granted, VerifyLate

ANSWERS = ("Granted", "Denied", "Undecided")
COMMANDS = frozenset(
    {"DoorCommand", "RelayCommand", "Reboot", "ShowPrompt", "ReadConfig", "WriteConfig"}
)
DONE, REFUSED = "DONE", "REFUSED"
UNKNOWN_END = frozenset({"UNANSWERED", "NOT_SENT"})
"""How an order may end whose connection ended."""
LATE_S = 0.001


def verification(case: Case) -> Finding:
    """G3: a question is answered with each of three words, and never when it is too late."""
    tally = Tally("G3", "verification is answered in time, or not at all")
    said = {name for golden in _served(case) for name, _, step in _acts(golden) if step}
    missing = [f"! {name} after = VerifyRequested" for name in ANSWERS if name not in said]
    if missing:
        return tally.skipped(_unshown(missing))
    for golden in _served(case):
        for index, step in enumerate(golden.plan):
            for asked in (call for call in step.events if call.name == "VerifyRequested"):
                tally.cases += 1
                broken = _answered_late(golden, index, asked)
                if broken:
                    return tally.failed(f"{golden.place(index)}: {broken}")
    return tally.passed()


def people(case: Case) -> Finding:
    """G4: people reach the terminal, leave it, and are captured at it."""
    tally = Tally("G4", "people are put, removed and enrolled, each with its outcome")
    wanted = {name: (f"! {name} and = … DONE") for name in ("PersonPut", "PersonDelete", "Enrol")}
    return _shown(case, tally, wanted, {"PersonEnrolled": "= PersonEnrolled"})


def commands(case: Case) -> Finding:
    """G5: a command is done, one is refused, and one whose connection ends has an outcome, too."""
    tally = Tally("G5", "every command has one outcome, also when the connection ends")
    ends = list(_ends(case))
    missing = []
    if not any(name in COMMANDS and how == DONE for name, how in ends):
        missing.append(f"! one of {', '.join(sorted(COMMANDS))} and = … DONE")
    if not any(name in COMMANDS and how == REFUSED for name, how in ends):
        missing.append("! a command and = … REFUSED")
    done = {name for name, how in ends if how == DONE}
    declared = sorted(kind.__name__ for kind in case.dialect.carries)
    missing += [f"! {name} and = … DONE (Dialect.carries)" for name in declared if name not in done]
    if missing:
        return tally.skipped(_unshown(missing))
    for golden in _served(case):
        for index, step in enumerate(golden.plan):
            ticket = _ticket(step.act.what if step.act else None)
            if ticket is not None:
                tally.cases += 1
                broken = _cut_off(golden, index, ticket)
                if broken:
                    return tally.failed(f"{golden.place(index)}: {broken}")
    return tally.passed()


def upgrade(case: Case) -> Finding:
    """G6: firmware is offered, sent, installed, and the terminal says how it ended."""
    tally = Tally("G6", "firmware is offered, sent, installed, and its end is told")
    wanted = {
        "FirmwareOffer": "! FirmwareOffer and = … DONE",
        "SendObject": "! SendObject of the image and = … DONE",
        "ApplyFirmware": "! ApplyFirmware and = … DONE",
    }
    return _shown(case, tally, wanted, {"FirmwareInstalled": "= FirmwareInstalled"})


def _shown(case: Case, tally: Tally, wanted: dict[str, str], told: dict[str, str]) -> Finding:
    """Pass when each request was done somewhere and each event came somewhere."""
    done = {name for name, how in _ends(case) if how == DONE}
    came = {call.name for golden in _served(case) for step in golden.plan for call in step.events}
    missing = [line for name, line in wanted.items() if name not in done]
    missing += [line for name, line in told.items() if name not in came]
    if missing:
        return tally.skipped(_unshown(missing))
    tally.cases = len(wanted) + len(told)
    return tally.passed()


def _unshown(lines: Iterable[str]) -> str:
    return "no transcript shows: " + "; ".join(lines)


def _served(case: Case) -> Iterator[Golden]:
    return (golden for golden in case.goldens if golden.transcript.header.role == "server")


def _acts(golden: Golden) -> Iterator[tuple[str, Call, bytes]]:
    """Yield the name of each request, the request, and the bytes it led to at once."""
    for step in golden.plan:
        if step.act is not None and isinstance(step.act.what, Call):
            yield step.act.what.name, step.act.what, step.output


def _ends(case: Case) -> Iterator[tuple[str, str]]:
    """Yield the name of each order and how it ended."""
    for golden in _served(case):
        orders: dict[int, str] = {}
        for step in golden.plan:
            what = step.act.what if step.act else None
            ticket = _ticket(what)
            if ticket is not None and isinstance(what, Call):
                orders[ticket] = what.name
            for call in step.events:
                ended = call.fields.get("ticket")
                if isinstance(ended, int) and ended in orders:
                    yield orders.pop(ended), str(call.fields.get("outcome"))


def _ticket(what: object) -> int | None:
    ticket = what.fields.get("ticket") if isinstance(what, Call) else None
    return ticket if isinstance(ticket, int) else None


def _answered_late(golden: Golden, index: int, asked: Call) -> str | None:
    """Let the time for an answer pass, and answer then."""
    stage = golden.stage_before(index + 1)
    receipt, budget = asked.fields.get("receipt"), asked.fields.get("budget_ms")
    if not isinstance(receipt, int) or not isinstance(budget, int):
        return "the = line of VerifyRequested names no receipt and budget_ms"
    stage.wait(budget / 1000 + LATE_S)
    stage.take()
    stage.submit(Granted(receipt=Receipt(receipt), claim="1"))
    events, sent = stage.take()
    if stage.conversation.closing is None and not any(isinstance(e, VerifyLate) for e in events):
        return f"answered {budget} ms and more after it was asked, and no VerifyLate came"
    return "an answer that is too late was sent all the same" if sent else None


def _cut_off(golden: Golden, index: int, ticket: int) -> str | None:
    """End the connection right after an order was given."""
    stage = golden.stage_before(index)
    stage.perform(golden.plan[index].act, whole)
    ended = _outcomes(stage, ticket)
    stage.call(Call(name="Lost", fields={}))
    ended += _outcomes(stage, ticket)
    if len(ended) != 1:
        return f"order {ticket} has {len(ended)} outcomes when its connection ends: {ended}"
    return None


def _outcomes(stage: Stage, ticket: int) -> list[str]:
    events, _ = stage.take()
    mine = (event for event in events if getattr(event, "ticket", None) == ticket)
    return [event.outcome.name for event in mine if hasattr(event, "outcome")]
