"""How terminals are reached, at rest: passwords sealed, changes audited, the last one counts."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.storage.opening import Storage

from gateway.directory_file import to_document
from gateway.domain.access import Access
from gateway.domain.errors import StoreRefused
from gateway.domain.ids import DeviceId, Serial
from tests.storage.test_secrecy import dump
from tests.support.directories import document

PLAIN = Access(host="192.0.2.7", port=80, user="admin", password="Gate-2026!-密码")
SECURE = Access(
    host="gate.example", port=443, secure=True, user="op", password="x", fingerprint=b"f" * 32
)


async def device(storage: Storage) -> DeviceId:
    await storage.directory.import_directory(to_document(document("K51234567"), "test"))
    return (await storage.directory.load()).devices[Serial("K51234567")].id


def test_the_directory_knows_how_a_terminal_is_reached(storage: Storage, run: Any) -> None:
    async def main() -> None:
        gate = await device(storage)
        assert (await storage.directory.load()).accesses == {}
        for access in (PLAIN, SECURE, PLAIN):
            await storage.accesses.keep(gate, access, "guard")
            assert (await storage.directory.load()).accesses == {gate: access}
        assert await storage.accesses.forget(gate, "guard")
        assert not await storage.accesses.forget(gate, "guard")
        assert (await storage.directory.load()).accesses == {}
        lines = [line.entry for line in await storage.audit.latest(10)]
        assert [(one.actor, one.action) for one in lines[-1::-1]] == [
            *[("guard", "ACCESS")] * 3,
            ("guard", "ACCESS_FORGOTTEN"),
        ]
        assert lines[-1].detail == "http://192.0.2.7:80 as admin"

    run(main())


def test_no_password_is_in_a_dump(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await storage.accesses.keep(await device(storage), PLAIN, "guard")
        text = await dump(storage)
        assert "192.0.2.7" in text
        for form in (PLAIN.password, PLAIN.password.encode().hex()):
            assert form not in text

    run(main())


def test_a_device_there_is_not_cannot_be_reached(storage: Storage, run: Any) -> None:
    async def main() -> None:
        with pytest.raises(StoreRefused):
            await storage.accesses.keep(DeviceId(99), PLAIN, "guard")

    run(main())
