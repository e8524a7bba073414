"""Verification over a real database, changed by operators; the matcher alone is played."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from gateway.protocols.clock import read_clock
from gateway.storage.opening import Storage

from gateway.app import build
from gateway.domain.decisions import Because
from gateway.domain.digests import GalleryDigest
from gateway.domain.directory import Directory
from gateway.domain.events import LoginProved
from gateway.domain.ids import PersonId, ProjectId, Receipt, Serial
from gateway.domain.matching import Scope
from gateway.domain.ports import no_probe
from gateway.domain.templates import FaceTemplate
from gateway.domain.verification import Granted, VerifyAnswer, VerifyRequested
from gateway.domain.vocabulary import Means
from gateway.people_enrolment import PeopleRuntime
from gateway.people_operations import PeopleOperations
from gateway.services.assembly import assemble
from gateway.services.command.service import CommandLimits
from gateway.services.common import DeskLimits
from gateway.services.verify.ports import VerifyPorts
from gateway.services.verify.service import Verification
from gateway.settings import Settings
from tests.support.desks import CountingPresence
from tests.support.matchers import FakeMatcher, picture, turned
from tests.support.orders import MemoryCommands
from tests.support.people import id_number
from tests.support.people_desks import CONSENT, OnStorage
from tests.support.reports import directory
from tests.support.sessions import RecordingSession, SilentLog
from tests.support.stores import MemoryStore
from tests.support.verifying import LIMITS
from tests.support.waiting import until


@dataclass
class Site:
    """A gateway's services at one gate of project P1, and its operators."""

    storage: Storage
    verification: Verification
    matcher: FakeMatcher
    project: ProjectId
    session: RecordingSession
    verify: Callable[..., None]
    calls: dict[str, Callable[..., Awaitable[Any]]]
    receipts: int = 0

    async def add(self, sequence: int, photo: FaceTemplate, **changes: Any) -> dict[str, Any]:
        return dict(
            await self.calls["person.add"](
                id_number=id_number(sequence),
                name="样本甲",
                project="P1",
                by="op",
                consents=[CONSENT],
                photo=b64encode(picture(photo)).decode(),
                **changes,
            )
        )

    async def answer(self, face: FaceTemplate) -> VerifyAnswer:
        self.receipts += 1
        event = VerifyRequested(
            receipt=Receipt(self.receipts), budget_ms=5_000, means=Means.FACE, faces=(face,)
        )
        before = len(self.session.submitted)
        self.verify(self.session, event, read_clock())
        await until(lambda: len(self.session.submitted) > before, "an answer")
        return self.session.submitted[-1]  # type: ignore[return-value]

    async def lets_through(self, face: FaceTemplate) -> PersonId | None:
        answer = await self.answer(face)
        return PersonId(int(answer.claim)) if isinstance(answer, Granted) else None

    async def in_step(self) -> None:
        """What is in memory is what the database holds."""
        digest, count = GalleryDigest(), 0
        async for batch in self.storage.galleries.members(self.project):
            for one in batch:
                digest.add(one.reference, one.template)
                count += 1
        state = self.matcher.state(Scope(self.project))
        assert state is not None
        assert (state.faces, state.digest) == (count, digest.value)


async def mounted(storage: Storage) -> tuple[Directory, ProjectId]:
    """The stored projects, and the device of the sample directory at a gate of P1."""
    known, sample = await storage.directory.load(), directory()
    (project,) = [one.id for one in known.projects.values() if one.code == "P1"]
    channels = {id_: replace(one, project=project) for id_, one in sample.channels.items()}
    return replace(sample, projects=known.projects, channels=channels), project


def at_the_gate(test: Callable[[Site], Awaitable[None]]) -> Callable[[Storage], Awaitable[None]]:
    async def main(storage: Storage) -> None:
        known, project = await mounted(storage)
        matcher, log = FakeMatcher(), SilentLog()
        services = assemble(
            directory=known,
            store=MemoryStore(),
            presence=CountingPresence(),
            log=log,
            clock=read_clock,
            limits=DeskLimits(),
            commands=MemoryCommands(),
            command_limits=CommandLimits(),
            verify_ports=VerifyPorts(
                matcher=matcher,
                workers=storage.workers,
                galleries=storage.galleries,
                decisions=storage.decisions,
                local=storage.local_enrolments,
            ),
            verify_limits=LIMITS,
        )
        verification = services.verification
        assert verification is not None
        runtime = PeopleRuntime(
            enrolments=verification.enrolments, watch=None, log=log, workers=verification.workers
        )
        upkeep = asyncio.create_task(verification.run())
        session = RecordingSession()
        proof = LoginProved(serial=Serial("YLS-00000001"), model="FACE-IRIS-A")
        services.desk.login(session, proof, "192.0.2.1", read_clock())
        await until(lambda: verification.galleries.crowd(project) is not None, "a gallery")
        calls = dict(PeopleOperations(storage, runtime).calls())
        try:
            await test(
                Site(storage, verification, matcher, project, session, services.desk.verify, calls)
            )
        finally:
            upkeep.cancel()
            with suppress(asyncio.CancelledError):
                await upkeep
        assert log.named("gallery.out_of_step") == []
        assert log.named("gateway.task_failed") == []

    return main


def test_whom_an_operator_enrols_is_let_through_until_they_withdraw(on_storage: OnStorage) -> None:
    async def test(site: Site) -> None:
        assert await site.lets_through(turned(0)) is None
        added = await site.add(1, turned(0))
        assert added["photo"]["accepted"], added
        li = PersonId(added["person"])
        assert await site.lets_through(turned(0)) == li
        await site.in_step()
        await site.calls["person.withdraw"](person=li, subject="bio_network", by="op")
        assert await site.lets_through(turned(0)) is None
        await site.in_step()
        again = await site.add(1, turned(0))
        assert (again["person"], again["photo"]["accepted"]) == (li, True)
        assert await site.lets_through(turned(0)) == li
        await site.in_step()

    on_storage(at_the_gate(test))


def test_a_face_has_one_name_and_a_dismissed_one_opens_nothing(on_storage: OnStorage) -> None:
    async def test(site: Site) -> None:
        li = PersonId((await site.add(1, turned(0)))["person"])
        double = await site.add(2, turned(5))
        assert double["photo"]["refused"] == ["same_face"]
        assert double["photo"]["same_face_as"] == li
        better = await site.add(1, turned(3))
        assert better["photo"]["accepted"], "a better photo replaces the old one"
        await site.in_step()
        wang = PersonId((await site.add(3, turned(90)))["person"])
        await site.calls["person.dismiss"](person=li, project="P1", by="op")
        assert await site.lets_through(turned(0)) is None
        assert await site.lets_through(turned(90)) == wang
        await site.in_step()

    on_storage(at_the_gate(test))


def test_templates_whose_time_is_up_leave_the_memory_too(on_storage: OnStorage) -> None:
    async def test(site: Site) -> None:
        li = PersonId((await site.add(1, turned(0)))["person"])
        assert await site.storage.galleries.remove(site.project, li) == 1
        await site.verification.templates_destroyed(site.project, li)
        assert await site.lets_through(turned(0)) is None
        await site.in_step()

    on_storage(at_the_gate(test))


def test_a_gallery_read_from_the_database_lets_the_same_people_through(
    on_storage: OnStorage,
) -> None:
    async def test(site: Site) -> None:
        people = [PersonId((await site.add(n, turned(60 * n)))["person"]) for n in range(1, 5)]
        site.verification.galleries.distrust(site.project, None)
        await until(lambda: len(site.matcher.opened) > 1, "another reading")
        await site.in_step()
        for number, person in enumerate(people, 1):
            assert await site.lets_through(turned(60 * number)) == person

    on_storage(at_the_gate(test))


def test_decisions_are_in_the_database(on_storage: OnStorage) -> None:
    async def test(site: Site) -> None:
        li = PersonId((await site.add(1, turned(0)))["person"])
        await site.lets_through(turned(10))
        await site.lets_through(turned(90))
        await site.verification.last_flush()
        async with site.storage.database.use() as connection:
            rows = await connection.fetch(
                "select because, person, score, threshold, margin from decision order by id"
            )
        assert [row["because"] for row in rows] == [
            Because.RECOGNISED.value,
            Because.UNKNOWN_FACE.value,
        ]
        assert [row["person"] for row in rows] == [li, None]
        assert rows[0]["score"] > rows[0]["threshold"] > rows[1]["score"]

    on_storage(at_the_gate(test))


def test_a_gateway_is_built_with_a_matcher_or_without(on_storage: OnStorage) -> None:
    async def test(storage: Storage) -> None:
        bare = await build(Settings(), storage, SilentLog(), no_probe)
        assert bare.services.verification is None
        assert (bare.people.enrolments, bare.people.workers) == (None, None)
        assert b'gatepost_verifications_total{verdict="undecided",reason="busy"} 0' in (
            bare.metrics.scrape()
        )
        ports = VerifyPorts(
            matcher=FakeMatcher(),
            workers=storage.workers,
            galleries=storage.galleries,
            decisions=storage.decisions,
            local=storage.local_enrolments,
        )
        full = await build(Settings(), storage, SilentLog(), no_probe, ports)
        verification = full.services.verification
        assert verification is not None
        assert full.people.enrolments is verification.enrolments
        assert full.people.workers is verification.workers
        verification.tally.decided[Because.BUSY] += 3
        assert b'gatepost_verifications_total{verdict="undecided",reason="busy"} 3' in (
            full.metrics.scrape()
        )

    on_storage(test)
