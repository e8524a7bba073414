"""Who must not be known to a terminal any more, by the orders that were given and what is true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.storage.opening import Storage

from gateway.directory_file import to_document
from gateway.domain.command_queue import CommandId, CommandState, NewCommand
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.leavers import Leaver
from gateway.domain.workers import Subject
from tests.support.directories import document
from tests.support.people import GIVEN, consent, make_member

NOW = GIVEN + 10_000
SERIALS = ("T-1", "T-2", "T-3")


class Yard:
    """T-1 hangs on P1, T-2 on P2, T-3 nowhere; one person of P1 who agreed to both."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.devices: list[DeviceId] = []
        self.projects: list[ProjectId] = []
        self.person = PersonId(0)

    async def build(self) -> None:
        listed = document(*SERIALS)
        listed["areas"] = [{"code": "990000", "name": "Nowhere"}]
        listed["projects"] = [
            {"code": code, "name": code, "area": "990000", "channels": ["gate"]}
            for code in ("P1", "P2")
        ]
        for one, code in zip(listed["devices"], ("P1", "P2"), strict=False):
            since = "2019-01-01T00:00:00+08:00"
            one.update(project=code, channel="gate", direction="in", since=since)
        await self.storage.directory.import_directory(to_document(listed, "test"))
        known = await self.storage.directory.load()
        self.devices = [known.devices[serial].id for serial in SERIALS]  # type: ignore[index]
        projects = sorted(known.projects.values(), key=lambda one: one.code)
        self.projects = [one.id for one in projects]
        self.person = await make_member(self.storage, self.projects[0])
        await self.storage.workers.consent(consent(self.person, Subject.FACE_LOCAL))

    async def order(
        self,
        kind: str = "person_put",
        state: CommandState | None = CommandState.DONE,
        *,
        at: int = 0,
        code: str = "",
        face: bool = True,
    ) -> CommandId:
        """Give an order; None leaves it waiting, SENT under way."""
        args = {"person": int(self.person), "face": face}
        new = NewCommand(
            device=self.devices[at],
            kind=kind,
            args=args,
            subject="",
            repeatable=True,
            audited=True,
            issued_ms=NOW,
            issued_by="clerk",
            reason="x",
            not_after_ms=NOW + 60_000,
        )
        given = await self.storage.commands.enqueue(new, 500)
        if state is not None:
            await self.storage.commands.take(self.devices[at], NOW)
        if state is not None and state.over:
            await self.storage.commands.finish(given.id, state, code, None, NOW)
        return given.id

    async def leavers(self, *, tried_ms: int = NOW, most: int = 20) -> list[int]:
        """Return the places of the terminals somebody has to leave."""
        found = await self.storage.leavers.leavers(NOW, tried_ms, most)
        assert all(one == Leaver(device=one.device, person=self.person) for one in found)
        return [self.devices.index(one.device) for one in found]

    async def dismiss(self) -> None:
        await self.storage.workers.dismiss(self.person, self.projects[0], NOW)

    async def withdraw(self, subject: Subject) -> None:
        await self.storage.workers.withdraw(self.person, subject, NOW)


def play(storage: Storage, run: Any, test: Callable[[Yard], Awaitable[None]]) -> None:
    async def main() -> None:
        yard = Yard(storage)
        await yard.build()
        await test(yard)

    run(main())


def test_who_is_engaged_and_agrees_stays_and_who_was_dismissed_leaves(
    storage: Storage, run: Any
) -> None:
    async def main(yard: Yard) -> None:
        await yard.order()
        assert await yard.leavers() == []
        await yard.dismiss()
        assert await yard.leavers() == [0]

    play(storage, run, main)


def test_a_consent_that_a_face_rested_on_takes_the_person_along(storage: Storage, run: Any) -> None:
    async def main(yard: Yard) -> None:
        await yard.order()
        await yard.withdraw(Subject.FACE_LOCAL)
        assert await yard.leavers() == [0]
        await yard.order("person_remove")
        await yard.order(face=False)
        await yard.withdraw(Subject.BIO_NETWORK)
        assert await yard.leavers() == []

    play(storage, run, main)


def test_sending_without_the_face_does_not_take_one_back(storage: Storage, run: Any) -> None:
    async def main(yard: Yard) -> None:
        await yard.order()
        await yard.order(face=False)
        await yard.withdraw(Subject.BIO_NETWORK)
        assert await yard.leavers() == [0]

    play(storage, run, main)


def test_whatever_may_have_arrived_counts_and_what_never_left_does_not(
    storage: Storage, run: Any
) -> None:
    async def main(yard: Yard) -> None:
        await yard.dismiss()
        await yard.order(state=CommandState.REFUSED, code="command.not_engaged")
        assert await yard.leavers() == []
        await yard.order(state=CommandState.REFUSED, code="bad_picture")
        assert await yard.leavers() == [0]
        await yard.order("person_remove")
        assert await yard.leavers() == []
        await yard.order(state=CommandState.UNKNOWN, code="cut")
        assert await yard.leavers() == [0]
        await yard.order("person_remove", CommandState.REFUSED, code="password")
        assert await yard.leavers() == [0]
        await yard.order("person_remove")
        waiting = await yard.order(state=None)
        assert await yard.leavers() == []
        await yard.storage.commands.take(yard.devices[0], NOW)
        assert await yard.leavers() == [0]
        await yard.storage.commands.put_back(waiting)
        await yard.storage.commands.take(yard.devices[0], NOW)
        refused = CommandState.REFUSED
        await yard.storage.commands.finish(waiting, refused, "command.no_consent", None, NOW)
        assert await yard.leavers() == [0]

    play(storage, run, main)


def test_a_removal_is_not_ordered_twice_nor_at_once_after_one_that_failed(
    storage: Storage, run: Any
) -> None:
    async def main(yard: Yard) -> None:
        await yard.order()
        await yard.dismiss()
        removal = await yard.order("person_remove", None)
        assert await yard.leavers() == []
        await yard.storage.commands.cancel(removal, "clerk", NOW)
        assert await yard.leavers(tried_ms=NOW - 1) == []
        assert await yard.leavers(tried_ms=NOW) == [0]
        await yard.order("person_remove")
        await yard.order()
        assert await yard.leavers(tried_ms=NOW - 1) == [0]

    play(storage, run, main)


def test_each_terminal_is_judged_by_the_project_it_hangs_on(storage: Storage, run: Any) -> None:
    async def main(yard: Yard) -> None:
        for at in range(3):
            await yard.order(at=at)
        assert await yard.leavers() == [1]
        await yard.dismiss()
        assert await yard.leavers() == [0, 1]
        assert await yard.leavers(most=1) == [0]
        await yard.order("config_read", None)
        assert await yard.leavers(most=1) == [1]

    play(storage, run, main)


def test_an_erased_identity_leaves(storage: Storage, run: Any) -> None:
    async def main(yard: Yard) -> None:
        await yard.order(face=False)
        async with storage.database.use() as connection:
            await connection.execute("delete from person_key where class = 'identity'")
        assert await yard.leavers() == [0]

    play(storage, run, main)
