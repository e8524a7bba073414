from __future__ import annotations

from gateway.simulator.day import Script, arrivals

SCRIPT = Script(duration_s=600, passages_per_terminal=40, speed=10)
ROSTER = range(10_001, 10_101)


def test_the_same_seed_gives_the_same_day_and_another_terminal_another() -> None:
    assert arrivals(SCRIPT, 7, 1, ROSTER) == arrivals(SCRIPT, 7, 1, ROSTER)
    assert arrivals(SCRIPT, 7, 1, ROSTER) != arrivals(SCRIPT, 7, 2, ROSTER)
    assert arrivals(SCRIPT, 7, 1, ROSTER) != arrivals(SCRIPT, 8, 1, ROSTER)


def test_times_ascend_and_are_compressed_by_the_speed() -> None:
    times = [entry.at_s for entry in arrivals(SCRIPT, 7, 1, ROSTER)]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] < 60


def test_the_peak_is_in_the_middle_and_the_mean_is_as_asked() -> None:
    everything = [a for n in range(200) for a in arrivals(SCRIPT, 7, n, ROSTER)]
    assert 38 < len(everything) / 200 < 42
    middle = sum(20 <= a.at_s < 40 for a in everything)
    assert middle > 0.6 * len(everything)


def test_a_busy_script_does_not_underflow() -> None:
    busy = Script(duration_s=600, passages_per_terminal=2_000)
    assert 1_800 < len(arrivals(busy, 7, 1, ROSTER)) < 2_200


def test_strangers_are_nobody_and_never_granted() -> None:
    everything = [a for n in range(200) for a in arrivals(SCRIPT, 7, n, ROSTER)]
    strangers = [a for a in everything if a.person == 0]
    assert strangers
    assert not any(a.granted for a in strangers)
    assert all(a.person in ROSTER for a in everything if a.person)
    assert all(a.by_face or a.by_iris for a in everything)
