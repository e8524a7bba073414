"""Who is waited for: at the start, and when the directory changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gateway.monitoring.presence import Presence, PresenceTable

from gateway.app import follow, register
from gateway.domain.directory import DeviceState, Directory
from gateway.domain.ids import DeviceId
from tests.support.reports import NOW, device, directory

DAY_MS = 86_400_000


def table() -> PresenceTable:
    return PresenceTable(started=NOW.mono, default_cadence_s=30)


def count(presence: PresenceTable) -> dict[Presence, int]:
    (states,) = presence.counts().values()
    return {state: number for state, number in states.items() if number}


def three(*states: DeviceState) -> Directory:
    return directory(*(device(at + 1, state=state) for at, state in enumerate(states)))


def test_who_was_silent_when_we_stopped_stays_offline() -> None:
    presence = table()
    seen = {DeviceId(1): NOW.wall - DAY_MS, DeviceId(2): NOW.wall - 2 * DAY_MS}
    register(presence, three(*[DeviceState.ACCEPTED] * 3), seen, NOW.wall)
    assert count(presence) == {
        Presence.ONLINE: 1,
        Presence.OFFLINE: 1,
        Presence.NEVER_SEEN: 1,
    }


def test_a_contact_ahead_of_us_makes_nobody_else_silent() -> None:
    """Our clock was a day ahead for a while: that is news about no terminal."""
    presence = table()
    seen = {DeviceId(1): NOW.wall + DAY_MS, DeviceId(2): NOW.wall - 1_000}
    register(presence, three(*[DeviceState.ACCEPTED] * 2), seen, NOW.wall)
    assert count(presence) == {Presence.ONLINE: 2}


@pytest.mark.parametrize("state", [DeviceState.BLOCKED, DeviceState.REMOVED])
def test_nobody_waits_for_a_device_that_may_not_come(state: DeviceState) -> None:
    presence = table()
    known = three(DeviceState.ACCEPTED, state)
    register(presence, known, {DeviceId(2): NOW.wall - DAY_MS}, NOW.wall)
    assert count(presence) == {Presence.NEVER_SEEN: 1}
    follow(presence, three(DeviceState.ACCEPTED, DeviceState.ACCEPTED))
    assert count(presence) == {Presence.NEVER_SEEN: 2}
    follow(presence, replace(known, devices={}))
    assert count(presence) == {}
