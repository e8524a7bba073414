"""Captures at rest: sealed, bound to consent, and gone with whatever they rest on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from gateway.storage.document import DirectoryDocument, ProjectEntry
from gateway.storage.months import wall_ms
from gateway.storage.opening import Storage

from gateway.domain.enrolments import Enrolled
from gateway.domain.errors import StoreRefused
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.local_enrolments import Captured, LocalState
from gateway.domain.templates import ElementType, FaceTemplate
from gateway.domain.workers import Subject, VerificationMode
from tests.storage.test_commands import ORDER, devices
from tests.storage.test_secrecy import dump
from tests.support.people import GIVEN, make_member, make_projects, template

MARK = b"TEMPLATE-FROM-A-TERMINAL"
CAPTURED = Captured(
    faces=(
        FaceTemplate(
            algorithm=1,
            dimensions=6,
            elements=ElementType.FLOAT32,
            normalised=True,
            scale=1.0,
            data=MARK,
        ),
    )
)
DAY_MS = 86_400_000
Kept = tuple[int, PersonId, ProjectId, DeviceId]


async def put(storage: Storage) -> Kept:
    (device,) = await devices(storage, 1)
    project, _ = await make_projects(storage)
    person = await make_member(storage, project)
    number = await storage.local_enrolments.keep(person, project, device, CAPTURED)
    return number, person, project, device


def test_a_capture_waits_until_it_is_decided_and_is_gone_then(storage: Storage, run: Any) -> None:
    async def main() -> None:
        local = storage.local_enrolments
        number, person, project, device = await put(storage)
        (found,) = await local.waiting()
        assert (found.number, found.person, found.project, found.device) == (
            *(number, person, project, device),
        )
        assert (found.faces, found.irises, found.ordered_by) == (1, 0, "")
        assert await local.show(number) == (found, CAPTURED)
        assert await local.settle(number, LocalState.APPROVED, by="wang", reason="card seen")
        assert not await local.settle(number, LocalState.REJECTED, by="li", reason="late")
        assert await local.waiting() == []
        shown = await local.show(number)
        assert shown is not None
        assert (shown[0].state, shown[0].decided_by, shown[1]) == (
            *(LocalState.APPROVED, "wang", None),
        )
        (line, *_) = await storage.audit.latest(1)
        assert (line.entry.action, line.entry.actor) == ("ENROLMENT_APPROVED", "wang")
        assert "card seen" in line.entry.detail
        assert await local.show(number + 1) is None

    run(main())


def test_who_gave_the_order_is_noted(storage: Storage, run: Any) -> None:
    async def main() -> None:
        _, person, project, device = await put(storage)
        order: dict[str, Any] = {
            "device": device,
            "kind": "enrol",
            "issued_ms": wall_ms(),
            "not_after_ms": wall_ms() + 60_000,
        }
        for who, about in (("li", person), ("wang", person + 1)):
            given: dict[str, Any] = {"args": {"person": about}, "issued_by": who, "subject": who}
            await storage.commands.enqueue(replace(ORDER, **order, **given), 10)
        await storage.commands.take(device, wall_ms())
        number = await storage.local_enrolments.keep(person, project, device, CAPTURED)
        (found,) = await storage.local_enrolments.waiting()
        assert (found.number, found.ordered_by) == (number, "li"), "it took the other's place"

    run(main())


def test_an_order_that_waited_for_its_terminal_is_dated_by_when_it_was_sent(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        _, person, project, device = await put(storage)
        order = replace(
            ORDER,
            device=device,
            kind="enrol",
            args={"person": person},
            issued_by="li",
            issued_ms=wall_ms() - 2 * DAY_MS,
            not_after_ms=wall_ms() + 60_000,
        )
        await storage.commands.enqueue(order, 10)
        await storage.commands.take(device, wall_ms())
        await storage.local_enrolments.keep(person, project, device, CAPTURED)
        (found,) = await storage.local_enrolments.waiting()
        assert found.ordered_by == "li"

    run(main())


async def entry(storage: Storage, kept: Kept) -> Enrolled:
    _, person, project, _ = kept
    reference = await storage.galleries.reference(project, person)
    return template(person, reference, b"from a terminal", source="YLS-00000001")


def test_an_approval_stores_and_settles_at_once(storage: Storage, run: Any) -> None:
    async def main() -> None:
        kept = await put(storage)
        number, _, project, _ = kept
        local, new = storage.local_enrolments, await entry(storage, kept)
        held = await local.approve(number, project, [new], by="wang", reason="card seen")
        assert (
            held
            == [new]
            == [one async for some in storage.galleries.members(project) for one in some]
        )
        shown = await local.show(number)
        assert shown is not None
        assert (shown[0].state, shown[1]) == (LocalState.APPROVED, None)
        (line, *_) = await storage.audit.latest(1)
        assert (line.entry.action, line.entry.actor) == ("ENROLMENT_APPROVED", "wang")

    run(main())


def test_nothing_is_stored_of_a_capture_that_does_not_wait(storage: Storage, run: Any) -> None:
    async def main() -> None:
        kept = await put(storage)
        number, _, project, _ = kept
        local, new = storage.local_enrolments, await entry(storage, kept)
        await local.settle(number, LocalState.REJECTED, by="li", reason="no card")
        with pytest.raises(StoreRefused, match="wait any more"):
            await local.approve(number, project, [new], by="wang", reason="card seen")
        assert [some async for some in storage.galleries.members(project)] == []

    run(main())


async def withdrawn(storage: Storage, kept: Kept) -> None:
    await storage.workers.withdraw(kept[1], Subject.BIO_NETWORK, GIVEN + 1)


async def dismissed(storage: Storage, kept: Kept) -> None:
    await storage.workers.dismiss(kept[1], kept[2], GIVEN + 1)


async def forbidden(storage: Storage, kept: Kept) -> None:
    del kept
    strict = VerificationMode.DEVICE_ONLY
    entry = ProjectEntry(code="P1", name="P1", area="990000", verification=strict)
    await storage.directory.import_directory(DirectoryDocument(projects=(entry,)))


async def expired(storage: Storage, kept: Kept) -> None:
    del kept
    await storage.photos.erase_before(wall_ms() + 1)


@pytest.mark.parametrize("happens", [withdrawn, dismissed, forbidden, expired])
def test_what_nobody_decided_on_goes_with_what_it_rests_on(
    storage: Storage, run: Any, happens: Callable[[Storage, Kept], Awaitable[None]]
) -> None:
    async def main() -> None:
        kept = await put(storage)
        await happens(storage, kept)
        assert await storage.local_enrolments.waiting() == []
        shown = await storage.local_enrolments.show(kept[0])
        assert shown is not None
        assert (shown[0].state, shown[1]) == (LocalState.DESTROYED, None)

    run(main())


def test_without_consent_nothing_is_kept(storage: Storage, run: Any) -> None:
    async def main() -> None:
        (device,) = await devices(storage, 1)
        project, _ = await make_projects(storage)
        person = await make_member(storage, project, agrees=False)
        with pytest.raises(StoreRefused, match="consent"):
            await storage.local_enrolments.keep(person, project, device, CAPTURED)

    run(main())


@pytest.mark.parametrize("happens", [dismissed, forbidden])
def test_nothing_is_kept_where_there_is_no_place_for_it(
    storage: Storage, run: Any, happens: Callable[[Storage, Kept], Awaitable[None]]
) -> None:
    async def main() -> None:
        kept = await put(storage)
        await happens(storage, kept)
        with pytest.raises(StoreRefused):
            await storage.local_enrolments.keep(*kept[1:], CAPTURED)
        assert await storage.local_enrolments.waiting() == []

    run(main())


def test_a_dump_shows_no_capture(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await put(storage)
        text = await dump(storage)
        assert "\nlocal_enrolment " in f"\n{text}"
        assert MARK.hex() not in text
        assert MARK.decode() not in text

    run(main())
