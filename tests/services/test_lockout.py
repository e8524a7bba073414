from __future__ import annotations

from gateway.services.lockout import FailureWindow, Lockout


def test_the_fifth_failure_shuts_until_the_window_has_passed() -> None:
    window = FailureWindow(limit=5, window_s=600)
    for second in range(5):
        assert not window.shut("k", second)
        window.failed("k", second)
    assert window.shut("k", 599.9)
    assert not window.shut("k", 600)


def test_knowing_a_serial_number_does_not_lock_out_its_owner() -> None:
    lockout = Lockout(per_serial=2, per_source=20, window_s=600)
    lockout.failed("A", "mallory", 0)
    lockout.failed("A", "mallory", 1)
    assert lockout.shut("A", "mallory", 2)
    assert not lockout.shut("A", "owner", 2)


def test_a_source_that_tries_many_serials_is_shunned_from_its_last_failure_on() -> None:
    lockout = Lockout(per_serial=5, per_source=3, window_s=600)
    last_straw = [lockout.failed(serial, "mallory", 0) for serial in "ABCD"]
    assert last_straw == [False, False, True, False]
    assert lockout.shuns("mallory", 1)
    assert not lockout.shut("A", "mallory", 1)
    assert not lockout.shuns("mallory", 600)


def test_another_address_of_the_same_ipv6_block_is_no_way_around() -> None:
    lockout = Lockout(per_serial=2, per_source=3, window_s=600)
    for host in range(2):
        lockout.failed("A", f"2001:db8::{host}", 0)
    assert lockout.shut("A", "2001:db8::9", 1)
    assert not lockout.shut("A", "2001:db8:0:1::9", 1)
    lockout.failed("B", "2001:db8::7", 0)
    assert lockout.shuns("2001:db8::8", 1)


def test_a_proof_forgives_the_pair_but_not_the_source() -> None:
    lockout = Lockout(per_serial=1, per_source=2, window_s=600)
    lockout.failed("A", "site", 0)
    lockout.proved("A", "site")
    assert not lockout.shut("A", "site", 1)
    lockout.failed("B", "site", 1)
    assert lockout.shuns("site", 2)


def test_memory_is_bounded() -> None:
    window = FailureWindow(limit=1, window_s=600, keys=3)
    for key in range(5):
        window.failed(key, 0)
    assert [window.shut(key, 1) for key in range(5)] == [False, False, True, True, True]
