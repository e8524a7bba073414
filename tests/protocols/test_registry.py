"""Connections come and go in any order; the newest one always wins."""

from __future__ import annotations

from gateway.protocols.registry import Registry
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from gateway.domain.ids import DeviceId, Generation
from tests.support.sessions import RecordingSession

devices = st.integers(min_value=1, max_value=3).map(DeviceId)


class Reconnects(RuleBasedStateMachine):
    """Terminals log in, take over, and their connections die late, early or twice.

    The model keeps every login ever made; the live one of a device is its latest, unless that very
    one was released.
    """

    logins = Bundle("logins")

    def __init__(self) -> None:
        super().__init__()
        self.registry: Registry[RecordingSession] = Registry()
        self.latest: dict[DeviceId, tuple[Generation, RecordingSession]] = {}
        self.last = Generation(0)

    @rule(target=logins, device=devices)
    def log_in(self, device: DeviceId) -> tuple[DeviceId, Generation]:
        session = RecordingSession(device)
        generation, older = self.registry.claim(device, session)
        before = self.latest.get(device)
        assert older is (before[1] if before is not None else None)
        assert generation > self.last
        self.last = generation
        self.latest[device] = generation, session
        return device, generation

    @rule(login=logins)
    def lose(self, login: tuple[DeviceId, Generation]) -> None:
        device, generation = login
        live = device in self.latest and self.latest[device][0] == generation
        assert self.registry.release(device, generation) is live
        if live:
            del self.latest[device]

    @rule(login=consumes(logins))
    def lose_and_never_again(self, login: tuple[DeviceId, Generation]) -> None:
        self.lose(login)

    @rule(device=devices)
    def lose_what_never_was(self, device: DeviceId) -> None:
        assert not self.registry.release(device, Generation(0))

    @invariant()
    def the_latest_are_live(self) -> None:
        live = [session for _, session in self.latest.values()]
        assert sorted(map(id, self.registry)) == sorted(map(id, live))
        assert len(self.registry) == len(live)
        for device in map(DeviceId, range(1, 5)):
            kept = self.latest.get(device)
            assert self.registry.session(device) is (kept[1] if kept is not None else None)


TestReconnects = Reconnects.TestCase
TestReconnects.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
