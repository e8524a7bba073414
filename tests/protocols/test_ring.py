"""Whatever is read and written, a ring keeps the newest of it and holds no more than it may."""

from __future__ import annotations

import random

from gateway.protocols.ring import PIECE_BYTES, Budget, Noted, Ring
from hypothesis import given
from hypothesis import strategies as st

SECONDS = 10.0
steps = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.booleans(),
        st.integers(1, 700),
        st.sampled_from([0.0, 0.5, 3.0, 11.0]),
    ),
    min_size=10,
    max_size=60,
)


def note(ring: Ring, inward: bool, data: bytes, mono: float) -> None:
    if ring.note(inward, data, mono):
        ring.trim(mono)


def stream(pieces: list[Noted], inward: bool) -> bytes:
    return b"".join(data for _, way, data in pieces if way is inward)


@given(steps)
def test_rings_stay_within_every_bound_and_keep_the_newest(
    acts: list[tuple[int, bool, int, float]],
) -> None:
    budget = Budget(each=1024, total=2600)
    rings = [Ring(budget, SECONDS) for _ in range(4)]
    said: list[dict[bool, bytes]] = [{True: b"", False: b""} for _ in rings]
    mono = 100.0
    dice = random.Random(1)
    for which, inward, size, wait in acts:
        mono += wait
        data = dice.randbytes(size)
        note(rings[which], inward, data, mono)
        said[which][inward] += data
        assert rings[which].size <= min(1024, 2600 // 4)
        assert budget.held == sum(ring.size for ring in rings) <= budget.total
    for ring, spoken in zip(rings, said, strict=True):
        ring.trim(mono)
        cut = ring.cut
        pieces = ring.take()
        assert all(at >= mono - SECONDS for at, _, _ in pieces)
        for inward in (True, False):
            kept = stream(pieces, inward)
            assert spoken[inward].endswith(kept)
            assert cut[inward] == (kept != spoken[inward])
        ring.close()
    assert budget.held == 0
    assert budget.share == 1024


@given(st.lists(st.integers(1, 300).map(bytes), min_size=1, max_size=40))
def test_a_ring_that_forgets_keeps_at_least_half_of_what_it_may(reads: list[bytes]) -> None:
    ring = Ring(Budget(each=2048, total=1 << 20), SECONDS)
    for data in reads:
        note(ring, True, data, 0.0)
    everything = sum(len(data) + PIECE_BYTES for data in reads)
    assert ring.size == everything or ring.size >= 1024


def test_of_a_read_larger_than_the_ring_the_end_is_kept() -> None:
    ring = Ring(Budget(each=512, total=1 << 20), SECONDS)
    data = bytes(range(256)) * 10
    note(ring, True, data, 0.0)
    assert stream(ring.take(), True) == data[-(512 - PIECE_BYTES) :]
    assert ring.cut == (False, True)


def test_many_rings_share_what_there_is() -> None:
    budget = Budget(each=1024, total=4096)
    rings = [Ring(budget, SECONDS) for _ in range(8)]
    assert budget.share == 512
    rings.pop().close()
    assert budget.share == 4096 // 7


def test_a_ring_gives_way_when_others_join() -> None:
    budget = Budget(each=4096, total=8192)
    first = Ring(budget, SECONDS)
    for number in range(12):
        note(first, True, bytes((number,)) * 100, 0.0)
    assert first.size == 12 * (100 + PIECE_BYTES)
    others = [Ring(budget, SECONDS) for _ in range(7)]
    note(first, True, b"x" * 100, 11.0)
    for number, ring in enumerate(others):
        note(ring, False, bytes((number,)) * 800, 11.0)
    note(first, True, b"y" * 100, 11.0)
    assert first.size <= 1024
    assert stream(first.take(), True) == b"x" * 100 + b"y" * 100


def test_who_joins_while_others_are_full_waits_for_them_to_give_way() -> None:
    budget = Budget(each=4096, total=4096)
    first, second = Ring(budget, SECONDS), Ring(budget, SECONDS)
    first.bound = 4096  # as of a time when it was alone
    for _ in range(17):
        note(first, True, b"x" * 100, 0.0)
    for _ in range(10):
        note(second, True, b"y" * 100, 0.0)
        assert budget.held <= budget.total
    note(first, True, b"x", 11.0)
    for _ in range(5):
        note(second, True, b"z" * 100, 11.0)
    assert second.size >= 5 * (100 + PIECE_BYTES)
