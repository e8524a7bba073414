"""What a message costs (P15), and whether anything stays behind (P16)."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from functools import partial

from gateway.codecs.kit.case import Case, Golden, Tally
from gateway.codecs.kit.meter import Traced, allocated, growing, kept, lines
from gateway.codecs.kit.report import Finding
from gateway.codecs.replay import Stage, whole

from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept

MOST_MS = 10.0
"""Milliseconds a message may take: a hundred a second then fill one core. The best of five is
judged, so that a busy machine is not blamed on a codec."""
MOST_LINES = 4000
LINES_PER_BYTE = 40
"""Lines of Python a message may execute, plus so many for each of its bytes."""
MOST_MEMORY = 65_536
MEMORY_PER_BYTE = 16
"""Bytes a message may allocate at its height, plus so many for each of its bytes."""
NOISE_BYTES = 4096
"""What two measurements of the same thing differ by: tables that grow in steps, caches."""
ROUNDS = 5
MOST_MESSAGES = 80
LOOKED_AT = 8
"""So many times more are played to see where a leak grows: a list takes room by the eighth."""
MOST_KINDS = 6
"""Kinds of message repeated in one run, drawn where there are more: each is sent so often."""
MOST_TRANSCRIPTS = 8
"""Metered in one run, drawn where there are more."""
CONVERSATIONS = 48
WARM_UP = 96
"""Conversations before the first that counts: as many as it takes to fill what fills up."""
REPEATS = 256
LEAK_BYTES = 24
"""Bytes that may stay behind for each repeated message or conversation: less is a counter."""


def budgets(case: Case) -> Finding:
    """P15: no message costs more time or memory than the gateway can spend on it."""
    tally = Tally("P15", "time and memory for each message stay within the budget")
    spent: list[float] = []
    height = most_lines = 0
    for golden, index, data in _drawn(case):
        tally.cases += 1
        count = lines(golden.stage_before(index).feed, [data])
        memory = allocated(golden.stage_before(index).feed, [data])
        took = _ms(case, golden, index, data)
        height, most_lines = max(height, memory), max(most_lines, count)
        spent += [] if took is None else [took]
        over = _over(count, memory, took, len(data))
        if over:
            return tally.failed(f"{golden.place(index)}: {over}")
    time = f"; median {statistics.median(spent):.3f} ms, most {max(spent):.3f} ms" if spent else ""
    return tally.passed(f"most {most_lines} lines and {height} bytes of memory a message{time}")


def leaks(case: Case) -> Finding:
    """P16: neither messages nor conversations leave memory behind."""
    tally = Tally("P16", "nothing stays behind, however many messages and connections come")
    served = _served(case)
    while len(served) > MOST_TRANSCRIPTS * case.effort:
        served.pop(case.dice.randrange(0, len(served)))
    for golden in served:
        tally.cases += 1
        over = _grown(partial(_many, golden), CONVERSATIONS, WARM_UP)
        if over > LEAK_BYTES:
            return tally.failed(
                f"{golden.transcript.name}: {over:.0f} bytes stay behind for each conversation:"
                " something outside it (a module, a class) keeps growing"
                + _where(case, partial(_many, golden, LOOKED_AT * CONVERSATIONS))
                + "\nKeep in the conversation what it needs, and nothing of it elsewhere."
            )
    for golden, index in _kinds(case):
        tally.cases += 1
        found = _repeated(case, golden, index)
        if found:
            return tally.failed(found)
    return tally.passed()


def _grown(repeat: Callable[[int], object], times: int, warm_up: int) -> float:
    """Return the bytes that stay for each time.

    What is made once, whatever the number, is no leak: only the difference counts. Nor is what
    comes and goes, of which the interpreter has its own: a leak grows with the number, so whatever
    looks like one is looked at again with more.
    """
    over = float("inf")
    with Traced():
        repeat(warm_up)
        for count in (times, 3 * times, 8 * times):
            many, more = (kept(partial(repeat, k * count)) for k in (1, 2))
            over = (more - many - NOISE_BYTES) / count
            if over <= LEAK_BYTES:
                break
    return over


def _served(case: Case) -> list[Golden]:
    """Return the transcripts of the gateway's side: a terminal's side may cost what it likes."""
    return [golden for golden in case.goldens if golden.transcript.header.role == "server"]


def _drawn(case: Case) -> list[tuple[Golden, int, bytes]]:
    """Return messages that mean something, a draw of them where there are many."""
    messages = [
        (golden, index, data)
        for golden in _served(case)
        for index, data in golden.frames()
        if golden.plan[index].events
    ]
    while len(messages) > MOST_MESSAGES * case.effort:
        messages.pop(case.dice.randrange(0, len(messages)))
    return messages


def _ms(case: Case, golden: Golden, index: int, data: bytes) -> float | None:
    clock = case.bench.clock
    if clock is None:
        return None
    best = float("inf")
    for _ in range(ROUNDS):
        stage = golden.stage_before(index)
        begun = clock()
        stage.feed(data)
        best = min(best, clock() - begun)
    return best * 1000


def _over(count: int, memory: int, took: float | None, size: int) -> str | None:
    if count > MOST_LINES + LINES_PER_BYTE * size:
        allowed = f"{MOST_LINES} + {LINES_PER_BYTE} a byte"
        return f"{count} lines of Python for {size} bytes, {allowed} are allowed"
    if memory > MOST_MEMORY + MEMORY_PER_BYTE * size:
        allowed = f"{MOST_MEMORY} + {MEMORY_PER_BYTE} a byte"
        return f"{memory} bytes of memory for {size}, {allowed} are allowed"
    if took is not None and took > MOST_MS:
        return f"{took:.1f} ms for {size} bytes, {MOST_MS:g} ms are allowed"
    return None


def _many(golden: Golden, times: int) -> None:
    """Play the transcript so often, and leave no garbage that only waits to be collected."""
    for _ in range(times):
        _once(golden)
    gc.collect()


def _once(golden: Golden) -> None:
    stage = Stage(golden.transcript.header, golden.make, golden.requests)
    for step in golden.plan:
        stage.perform(step.act, whole)


def _where(case: Case, repeat: Callable[[], object]) -> str:
    line = growing(repeat, case.bench.sources)
    return f", at {line}" if line else ""


def _kinds(case: Case) -> list[tuple[Golden, int]]:
    """Return a message of each kind, told apart by what is made of it; a draw where many are."""
    found: dict[tuple[str, ...], tuple[Golden, int]] = {}
    for golden in _served(case):
        for index, _ in golden.frames() if not golden.transcript.header.closes else ():
            kind = tuple(call.name for call in golden.plan[index].events)
            if kind:
                found[kind] = golden, index
    kinds = list(found.values())
    while len(kinds) > MOST_KINDS * case.effort:
        kinds.pop(case.dice.randrange(0, len(kinds)))
    return kinds


def _repeated(case: Case, golden: Golden, index: int) -> str | None:
    """Send a message again and again, and answer it each time."""
    stage = golden.stage_before(index)
    data = golden.plan[index].data or b""
    over = _grown(partial(_send, stage, data), REPEATS, warm_up=REPEATS)
    if over <= LEAK_BYTES:
        return None
    where = _where(case, partial(_send, stage, data, LOOKED_AT * REPEATS))
    return (
        f"{golden.place(index)}: {over:.0f} bytes stay behind for each message sent again"
        f"{where}\nForget what was answered, and bound what must be remembered."
    )


def _send(stage: Stage, data: bytes, times: int) -> None:
    for _ in range(times):
        if stage.conversation.closing is not None:
            return
        stage.feed(data)
        for event in stage.take()[0]:
            receipt = getattr(event, "receipt", None)
            if receipt is not None:
                stage.submit(Accept(receipt=Receipt(receipt)))
        stage.take()
    gc.collect()
