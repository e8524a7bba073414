"""Arbitrary bytes (P4): no exception, bounded memory, linear cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from gateway.codecs.kit.case import Case, Golden, Tally, shown
from gateway.codecs.kit.meter import allocated, kept, lines
from gateway.codecs.kit.report import Finding
from gateway.codecs.replay import Stage, raised

READ_BYTES = 1460
"""What one TCP segment delivers."""
MOST_READS = 2048
"""A flood of megabytes comes in larger reads, as from a peer that sends faster than we read."""
SLACK_BYTES = 32_768
"""Memory a conversation may keep beside two frames: its tables, keys and caches."""
HEAD_BYTES = 24
"""How far from the start of a frame a length field is looked for."""
MOST_FRAMES = 4
RANDOM_STREAMS = 4
_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
MOST_METERED = 4
"""Attacks whose cost is measured: those that made the conversation hold most."""
LINES_METERED = 2048
"""Bytes fed one by one while lines are counted, which is slow."""
ALLOCATION_METERED = 16_384
"""Bytes fed one by one while allocations are summed; fewer would drown in what a read costs."""
STEEPEST = 8.0
"""Four times the bytes may cost this much more: linear is 4, quadratic 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """Bytes thrown at a conversation in a given state."""

    golden: Golden
    before: int
    """The step before which it happens."""
    head: bytes
    what: str
    resync: bool

    def stage(self) -> Stage:
        """Return the conversation under attack."""
        header = replace(self.golden.transcript.header, resync=self.resync)
        changed = replace(self.golden, transcript=replace(self.golden.transcript, header=header))
        return changed.stage_before(self.before)

    def __str__(self) -> str:
        link = "a serial link" if self.resync else "TCP"
        return f"{self.golden.place(self.before)} on {link}: {self.what}, {shown(self.head)}"


def hostile(case: Case) -> Finding:
    """P4: whatever comes, the conversation neither raises, nor hoards, nor slows down.

    Cost comes before quantity: the attack that makes the conversation hold most is metered first,
    or a codec with quadratic cost would take hours over the rest.
    """
    tally = Tally("P4", "arbitrary bytes: no exception, bounded memory, linear cost")
    most = case.dialect.limits.max_frame
    bound = 2 * most + SLACK_BYTES
    attacks = list(_attacks(case))
    held: list[tuple[int, Attack]] = []
    for total in (most // 2, 2 * bound):
        for attack in attacks:
            tally.cases += 1
            try:
                memory = kept(partial(_flood, attack.stage(), attack.head, total))
            except Exception as error:
                return tally.failed(f"{attack}\nraised {raised(error)}")
            if memory > bound:
                return tally.failed(f"{attack}\nkept {memory} bytes of {total}, limit {bound}")
            held.append((memory, attack))
        for _, attack in sorted(held, key=lambda pair: -pair[0])[:MOST_METERED]:
            steep = _too_steep(attack, most // 2)
            if steep is not None:
                return tally.failed(f"{attack}\n{steep}")
        held.clear()
    return tally.passed()


def _flood(stage: Stage, head: bytes, total: int) -> None:
    # The harness must not keep what the conversation gave away.
    for data in _reads(head, total, max(READ_BYTES, total // MOST_READS)):
        over = stage.conversation.closing is not None
        stage.feed(data)
        stage.take()
        if over:  # nobody feeds a conversation that is over; once more is to see that it holds
            break
    stage.wait(1.0)
    stage.take()


def _reads(head: bytes, total: int, size: int) -> Iterator[bytes]:
    """Deliver ``head`` and then zeros, so many bytes altogether."""
    zeros = bytes(size)
    for at in range(0, total, size):
        data = head[at : at + size] or zeros
        yield (data + zeros[len(data) :])[: total - at]


def _attacks(case: Case) -> Iterator[Attack]:
    dice = case.dice
    frames = [(golden, index, data) for golden in case.goldens for index, data in golden.frames()]
    while len(frames) > MOST_FRAMES * case.effort:
        frames.pop(dice.randrange(0, len(frames)))
    for golden, index, data in frames:
        for resync in (False, True):
            for what, head in _heads(data, case.dialect.limits.max_frame):
                yield Attack(golden=golden, before=index, head=head, what=what, resync=resync)
            for _ in range(RANDOM_STREAMS * case.effort):
                damaged = bytearray(data * 3)
                for _ in range(dice.randrange(1, 8)):
                    damaged[dice.randrange(0, len(damaged))] = dice.randrange(0, 256)
                head, what = bytes(damaged), "damaged frames"
                yield Attack(golden=golden, before=index, head=head, what=what, resync=resync)
            head = dice.randbytes(4096)
            yield Attack(golden=golden, before=index, head=head, what="random bytes", resync=resync)


def _heads(frame: bytes, max_frame: int) -> Iterator[tuple[str, bytes]]:
    """Yield beginnings of a frame that promise more than the frame has."""
    yield "half a frame", frame[: len(frame) // 2]
    plausible = max_frame * 3 // 4
    promises = {b"\xff", b"\xff\xff"}
    for width in (2, 4):
        promise = min(plausible, 256**width - 1)
        promises |= {promise.to_bytes(width, order) for order in _ORDERS}
    for at in range(min(HEAD_BYTES, len(frame))):
        for forged in sorted(promises):
            head = bytearray(frame[: max(at + len(forged), HEAD_BYTES)])
            head[at : at + len(forged)] = forged
            yield f"{forged.hex()} forged at byte {at}", bytes(head)


def _too_steep(attack: Attack, most: int) -> str | None:
    """Return why the cost grows faster than the bytes, or None."""
    for what, measure, usual, size in (
        ("lines executed", lines, 16, min(most, LINES_METERED)),
        ("bytes allocated", allocated, 64, min(most, ALLOCATION_METERED)),
    ):
        less, more = (
            measure(attack.stage().feed, _reads(attack.head, total, 1))
            for total in (size // 4, size)
        )
        if more > STEEPEST * max(less, usual * size // 4):
            return f"{what}: {less} for {size // 4} bytes one by one, {more} for {size}"
    return None
