"""What terminals run, at rest: kept across restarts, and each change in the audit trail."""

from __future__ import annotations

from typing import Any

from gateway.storage.opening import Storage

from gateway.domain.firmware import Running
from gateway.domain.ids import DeviceId
from tests.storage.test_commands import NOW, devices

OLD = Running(version="1.0", quirks=("zone",))
NEW = Running(version="2.0", unproven=True)


def test_the_first_word_is_kept_and_a_change_is_audited(storage: Storage, run: Any) -> None:
    async def main() -> None:
        gate, other = await devices(storage)
        store = storage.firmwares
        assert await store.show(gate) is None
        await store.keep([(gate, OLD), (other, OLD)], NOW)
        await store.keep([(gate, OLD)], NOW + 1)
        assert await storage.audit.latest(9) == []
        await store.keep([(gate, NEW)], NOW + 2)
        assert await store.all() == {gate: NEW, other: OLD}
        assert await store.show(gate) == {
            "version": "2.0",
            "unproven": True,
            "quirks": [],
            "since_ms": NOW + 2,
        }
        (line,) = await storage.audit.latest(9)
        assert (line.entry.action, line.entry.subject) == ("FIRMWARE_CHANGED", f"device {gate}")
        assert line.entry.detail == "1.0 -> 2.0 unproven"

    run(main())


def test_that_a_version_is_proven_now_is_no_change_of_it(storage: Storage, run: Any) -> None:
    async def main() -> None:
        gate, _ = await devices(storage)
        store = storage.firmwares
        await store.keep([(gate, NEW)], NOW)
        await store.keep([(gate, Running(version="2.0"))], NOW + 1)
        shown = await store.show(gate)
        assert shown is not None
        assert (shown["unproven"], shown["since_ms"]) == (False, NOW)
        assert await storage.audit.latest(9) == []

    run(main())


def test_a_device_that_is_gone_keeps_nobody_from_being_kept(storage: Storage, run: Any) -> None:
    async def main() -> None:
        gate, _ = await devices(storage)
        await storage.firmwares.keep([(DeviceId(10**6), OLD), (gate, OLD)], NOW)
        assert await storage.firmwares.all() == {gate: OLD}

    run(main())
