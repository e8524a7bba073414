"""The table agrees with a model that is slow and plain."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.monitoring.presence import Presence
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.monitoring.test_presence import change, device, table

CADENCES = (1, 10, 30, 300)


KNOWN = (Presence.NEVER_SEEN, Presence.ONLINE, Presence.LATE, Presence.OFFLINE)


@dataclass
class Naive:
    """One device, judged exactly as monitoring 2.2 words it."""

    cadence: float
    started: float
    state: Presence
    last: float | None = None
    deaf: float = 0.0
    heard_again: bool = False

    def heard(self, now: float) -> None:
        self.last, self.deaf, self.heard_again = now, 0.0, True

    def excuse(self, seconds: float, now: float) -> None:
        if self.last is not None:
            self.deaf = min(self.deaf + seconds, now - self.last)

    def deadline(self, cadences: float) -> float:
        assert self.last is not None
        silence = cadences * self.cadence
        return max(self.last + silence + 5.0 + self.deaf, self.started + silence + 60.0)

    def judge(self, now: float) -> tuple[Presence, float] | None:
        if self.last is None:
            return None
        late, offline = self.deadline(1.5), self.deadline(3)
        if now > offline:
            after, at = Presence.OFFLINE, offline
        elif now > late:
            after, at = Presence.LATE, late
        else:
            after, at = Presence.ONLINE, self.last
        if not self.heard_again and after < self.state:
            after = self.state
        self.heard_again = False
        if after is self.state:
            return None
        self.state = after
        return after, at


# Quarters of a second are exact in binary, so both sides compute the very same floats.
quarters = st.integers(min_value=0, max_value=600).map(lambda n: n / 4)
steps = st.one_of(
    st.tuples(st.just("touch"), quarters, st.integers(0, 5)),
    st.tuples(st.just("sweep"), quarters, st.just(0)),
    st.tuples(st.just("pass"), st.integers(1, 400).map(float), st.just(0)),
    st.tuples(st.just("deaf"), quarters, st.integers(-1, 5)),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(CADENCES), st.sampled_from(KNOWN)), min_size=1, max_size=6),
    st.lists(steps, max_size=40),
)
def test_the_table_agrees_with_the_naive_model(
    devices: list[tuple[int, Presence]], script: list[tuple[str, float, int]]
) -> None:
    now = started = 100.0
    swept = started
    presence = table(started)
    slots, models = [], []
    for number, (cadence, known) in enumerate(devices):
        slots.append(presence.register(device(number, cadence), known))
        waited_for = known in (Presence.ONLINE, Presence.LATE)
        models.append(Naive(float(cadence), started, known, started if waited_for else None))

    for kind, amount, which in script:
        if kind == "pass":  # time goes by while the sweep runs once a second
            ticks = [now + n for n in range(1, int(amount) + 1)]
        elif kind == "sweep":
            ticks = [now + amount]
        else:
            ticks = []
            now += 0.25
        if kind == "touch":
            presence.touch(slots[which % len(slots)], now)
            models[which % len(slots)].heard(now)
        elif kind == "deaf":
            one = which >= 0
            presence.deaf(amount, now, slots[which % len(slots)] if one else None)
            for model in [models[which % len(slots)]] if one else models:
                model.excuse(amount, now)
        for tick in ticks:
            now = tick
            if now - swept > 5.0:
                for model in models:
                    model.excuse(now - swept, now)
            swept = now
            expected = []
            for number, model in enumerate(models):
                before = model.state
                judged = model.judge(now)
                if judged is not None:
                    expected.append(change(number, before, judged[0], judged[1]))
            assert presence.sweep(now) == expected
    assert [presence.state(slot) for slot in slots] == [model.state for model in models]
