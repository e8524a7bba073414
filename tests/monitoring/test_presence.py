"""The table against a naive model that keeps one small object for each device."""

from __future__ import annotations

from gateway.monitoring.deafness import Deafness
from gateway.monitoring.presence import Presence, PresenceTable, Transition

from gateway.domain.directory import Device
from gateway.domain.ids import DeviceId, Serial


def device(number: int, cadence: int = 30, supplier: str = "acme", dialect: str = "yls") -> Device:
    return Device(
        id=DeviceId(number),
        serial=Serial(f"S{number}"),
        supplier=supplier,
        model="M1",
        dialect=dialect,
        cadence_s=cadence,
    )


def table(started: float = 0.0) -> PresenceTable:
    return PresenceTable(
        started=started, default_cadence_s=30, missed=3, grace_s=5.0, unpaced={"pushed"}
    )


def change(number: int, before: Presence, after: Presence, at: float) -> Transition:
    return Transition(device=DeviceId(number), before=before, after=after, at=at)


def test_a_terminal_is_late_then_offline_at_its_deadlines() -> None:
    presence = table()
    slot = presence.attach(device(1))
    assert [presence.sweep(now) for now in (990.0, 995.0, 999.5)] == [[], [], []]
    presence.touch(slot, 1000.0)
    heard = presence.sweep(1000.5)
    assert heard == [change(1, Presence.NEVER_SEEN, Presence.ONLINE, 1000.0)]
    found = [
        (now, each) for now in [1000.5 + n for n in range(1, 120)] for each in presence.sweep(now)
    ]
    assert found == [
        (1050.5, change(1, Presence.ONLINE, Presence.LATE, 1050.0)),
        (1095.5, change(1, Presence.LATE, Presence.OFFLINE, 1095.0)),
    ]
    presence.touch(slot, 1119.8)
    assert presence.sweep(1120.5) == [change(1, Presence.OFFLINE, Presence.ONLINE, 1119.8)]


def test_a_terminal_never_heard_has_no_deadline() -> None:
    presence = table()
    slot = presence.attach(device(1))
    assert [presence.sweep(float(now)) for now in range(0, 10_000, 4)] == [[]] * 2500
    assert presence.state(slot) is Presence.NEVER_SEEN


def test_after_our_start_everybody_has_time_to_come_back() -> None:
    presence = table(started=500.0)
    online = presence.register(device(1), Presence.ONLINE)
    presence.register(device(2), Presence.OFFLINE)
    fresh = presence.register(device(3))
    presence.touch(fresh, 501.0)
    found = [each for now in range(500, 700) for each in presence.sweep(float(now))]
    assert found == [
        change(3, Presence.NEVER_SEEN, Presence.ONLINE, 501.0),
        change(1, Presence.ONLINE, Presence.LATE, 500.0 + 45 + 60),
        change(3, Presence.ONLINE, Presence.LATE, 500.0 + 45 + 60),
        change(1, Presence.LATE, Presence.OFFLINE, 500.0 + 90 + 60),
        change(3, Presence.LATE, Presence.OFFLINE, 500.0 + 90 + 60),
    ]
    assert presence.state(online) is Presence.OFFLINE


def sweeps(presence: PresenceTable, first: int, last: int) -> list[Transition]:
    return [each for now in range(first, last) for each in presence.sweep(float(now))]


def test_a_sweep_that_did_not_run_is_our_silence() -> None:
    presence = table()
    slot = presence.attach(device(1))
    sweeps(presence, 0, 1000)
    presence.touch(slot, 999.5)
    sweeps(presence, 1000, 1010)
    assert presence.sweep(1100.0) == []  # 91 s in which nobody looked
    assert presence.deaf_total == 91.0
    after = sweeps(presence, 1101, 1300)
    assert after == [
        change(1, Presence.ONLINE, Presence.LATE, 999.5 + 50 + 91),
        change(1, Presence.LATE, Presence.OFFLINE, 999.5 + 95 + 91),
    ]


def test_deafness_of_one_excuses_nobody_else() -> None:
    presence = table()
    paused, other = presence.attach(device(1)), presence.attach(device(2))
    sweeps(presence, 0, 1000)
    presence.touch(paused, 999.5)
    presence.touch(other, 999.5)
    sweeps(presence, 1000, 1010)
    presence.deaf(7.0, 1010.0, paused)
    offline = [each for each in sweeps(presence, 1010, 1200) if each.after is Presence.OFFLINE]
    assert offline == [
        change(2, Presence.LATE, Presence.OFFLINE, 999.5 + 95),
        change(1, Presence.LATE, Presence.OFFLINE, 999.5 + 95 + 7),
    ]
    assert presence.deaf_total == 0.0


def test_deafness_before_the_last_frame_excuses_nothing() -> None:
    presence = table()
    slot = presence.attach(device(1))
    sweeps(presence, 0, 1000)
    presence.deaf(30.0, 999.0, slot)
    presence.touch(slot, 999.5)
    presence.deaf(30.0, 1000.0, slot)  # of which half a second lies after the frame
    offline = [each for each in sweeps(presence, 1000, 1200) if each.after is Presence.OFFLINE]
    assert offline == [change(1, Presence.LATE, Presence.OFFLINE, 999.5 + 95 + 0.5)]


def test_late_excuses_do_not_undo_a_fault() -> None:
    presence = table()
    slot = presence.attach(device(1))
    presence.touch(slot, 1.0)
    sweeps(presence, 0, 1000)
    assert presence.state(slot) is Presence.OFFLINE
    presence.deaf(2000.0, 1000.0)
    assert presence.sweep(1001.0) == []


def test_a_slot_is_used_again_without_its_history() -> None:
    presence = table()
    old = presence.attach(device(1, supplier="acme"))
    presence.touch(old, 1.0)
    presence.sweep(2.0)
    presence.detach(old)
    assert presence.sweep(3.0) == []
    assert presence.connected() == 0
    slots = {presence.register(device(number, supplier="new")) for number in range(2, 1200)}
    assert old in slots
    assert len(slots) == 1198
    assert presence.sweep(4.0) == []
    counts = presence.counts()
    assert counts["new"][Presence.NEVER_SEEN] == 1198
    assert set(counts["acme"].values()) == {0}


def test_a_connected_device_is_judged_by_the_interval_it_was_told() -> None:
    """A shorter one in the directory holds from its next login on, not before it can know."""
    presence = table()
    slot = presence.attach(device(1, cadence=30))
    presence.touch(slot, 100.0)
    presence.sweep(100.5)
    quicker = device(1, cadence=1)
    presence.register(quicker)
    presence.sweep(104.0)
    presence.sweep(108.0)
    presence.sweep(112.0)
    assert presence.state(slot) is Presence.ONLINE
    presence.attach(quicker)
    presence.sweep(112.5)
    assert presence.state(slot) is Presence.OFFLINE


def test_only_who_is_kept_is_waited_for() -> None:
    presence = table()
    for number in (1, 2, 3):
        presence.attach(device(number))
    presence.keep({device(2).id, device(9).id})
    assert presence.connected() == 1
    assert sum(presence.counts()[device(2).supplier].values()) == 1


def test_growing_keeps_the_array_and_what_is_in_it() -> None:
    presence = table()
    cached = presence.last
    first = presence.attach(device(0))
    presence.sweep(1.0)
    cached[first] = 2.0
    for number in range(1, 3000):
        presence.attach(device(number))
    assert presence.last is cached
    assert presence.sweep(3.0) == [change(0, Presence.NEVER_SEEN, Presence.ONLINE, 2.0)]
    assert presence.attach(device(0)) == first
    assert presence.connected() == 3000
    presence.disconnected(first, 4.0)
    assert presence.connected() == 2999


def test_who_was_heard_lately() -> None:
    presence = table(started=5.0)
    first, second = presence.attach(device(1)), presence.attach(device(2))
    presence.register(device(3))
    presence.register(device(4), Presence.ONLINE)  # as known from before, but not heard since
    presence.touch(first, 10.0)
    presence.touch(second, 11.5)
    assert len(presence.heard_since(0.0)) == 2
    assert presence.heard_since(11.0) == [(2, 11.5)]
    assert presence.heard_since(10.0) == [(1, 10.0), (2, 11.5)]


def test_counts_are_by_supplier_and_state() -> None:
    presence = table()
    acme = [presence.attach(device(number, supplier="acme")) for number in range(3)]
    presence.attach(device(3, supplier="zeta"))
    presence.register(device(4, supplier="zeta"), Presence.OFFLINE)
    presence.touch(acme[0], 1.0)
    presence.touch(acme[1], 1.0)
    presence.sweep(1.0)
    assert presence.counts() == {
        "acme": {
            Presence.NEVER_SEEN: 1,
            Presence.ONLINE: 2,
            Presence.LATE: 0,
            Presence.OFFLINE: 0,
            Presence.QUIET: 0,
        },
        "zeta": {
            Presence.NEVER_SEEN: 1,
            Presence.ONLINE: 0,
            Presence.LATE: 0,
            Presence.OFFLINE: 1,
            Presence.QUIET: 0,
        },
    }


def test_one_that_shows_no_heartbeats_is_quiet_and_no_fault() -> None:
    presence = table()
    slot = presence.attach(device(1, dialect="pushed"))
    sweeps(presence, 0, 1000)
    presence.touch(slot, 1000.0)
    presence.beat(device(1, dialect="pushed"), slot, 1000.0)  # one alone is no pace
    assert sweeps(presence, 1001, 9_000) == [
        change(1, Presence.NEVER_SEEN, Presence.ONLINE, 1000.0),
        change(1, Presence.ONLINE, Presence.QUIET, 1095.0),
    ]
    presence.touch(slot, 9_000.5)
    assert sweeps(presence, 9_001, 9_002) == [change(1, Presence.QUIET, Presence.ONLINE, 9_000.5)]


def test_heartbeats_hours_apart_are_no_pace() -> None:
    presence = table()
    slot = presence.attach(device(1, dialect="pushed"))
    for at in (1000.0, 9_000.0):
        presence.beat(device(1, dialect="pushed"), slot, at)
        presence.touch(slot, at)
    assert sweeps(presence, 9_001, 20_000)[-1].after is Presence.QUIET


def test_one_that_shows_heartbeats_is_judged_by_their_pace_also_on_its_next_connection() -> None:
    presence = table()
    slot = presence.attach(device(1, dialect="pushed"))
    for at in (1000.0, 1060.0):
        presence.beat(device(1, dialect="pushed"), slot, at)
    sweeps(presence, 0, 1060)
    presence.touch(slot, 1060.0)
    presence.disconnected(slot, 1060.0)
    assert presence.attach(device(1, dialect="pushed")) == slot
    assert sweeps(presence, 1061, 9_000)[1:] == [
        change(1, Presence.ONLINE, Presence.LATE, 1060.0 + 5 + 90),
        change(1, Presence.LATE, Presence.OFFLINE, 1060.0 + 5 + 180),
    ]


def test_what_was_silent_before_our_start_is_judged_by_what_its_protocol_promises() -> None:
    presence = table()
    found = [presence.after(device(1, dialect=name), 3_600.0) for name in ("yls", "pushed")]
    assert found == [Presence.OFFLINE, Presence.QUIET]
    assert presence.after(device(1, dialect="pushed"), 90.0) is Presence.ONLINE


def test_a_paused_socket_is_excused_while_it_is_paused() -> None:
    presence = table()
    deafness = Deafness(presence)
    slot = presence.attach(device(1))
    sweeps(presence, 0, 1000)
    presence.touch(slot, 999.5)
    assert len(sweeps(presence, 1000, 1010)) == 1
    deafness.told(slot, True, 1010.0)
    for now in range(1010, 1300):
        deafness.accrue(float(now))
        assert presence.sweep(float(now)) == []
    deafness.told(slot, True, 1299.0)  # said twice, begun once
    deafness.told(slot, False, 1299.5)
    deafness.told(slot, False, 1600.0)  # nothing is paused
    assert sweeps(presence, 1300, 1500) == [
        change(1, Presence.ONLINE, Presence.LATE, 999.5 + 50 + 289.5),
        change(1, Presence.LATE, Presence.OFFLINE, 999.5 + 95 + 289.5),
    ]


def test_excuses_from_before_a_frame_never_shorten_a_deadline() -> None:
    presence = table()
    slot = presence.attach(device(1))
    sweeps(presence, 0, 1000)
    presence.touch(slot, 1000.0)
    presence.deaf(3.0, 999.0)
    offline = [each for each in sweeps(presence, 1001, 1200) if each.after is Presence.OFFLINE]
    assert offline == [change(1, Presence.LATE, Presence.OFFLINE, 1095.0)]


def test_a_frame_for_a_removed_device_is_nobodys() -> None:
    presence = table()
    slot = presence.attach(device(1))
    presence.detach(slot)
    presence.touch(slot, 1.0)
    assert presence.sweep(2.0) == []
    assert presence.heard_since(0.0) == []
    for number in range(2, 1100):
        presence.register(device(number))
    assert presence.sweep(3.0) == []
