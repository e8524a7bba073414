"""A desk with verification over in-memory stores and a fake matcher, on a clock that jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.decisions import Because, DecisionRecord
from gateway.domain.directory import Channel, Directory, Mounting, Project
from gateway.domain.enrolments import Enrolled
from gateway.domain.events import LoginProved
from gateway.domain.ids import ChannelId, DeviceId, MountingId, PersonId, ProjectId, Receipt, Serial
from gateway.domain.matching import Trait
from gateway.domain.templates import FaceTemplate
from gateway.domain.verification import Granted, VerifyAnswer, VerifyCancelled, VerifyRequested
from gateway.domain.vocabulary import Direction, Means
from gateway.domain.workers import Consent, Engagement, Subject, VerificationMode
from gateway.services.assembly import Services, assemble
from gateway.services.command.service import CommandLimits
from gateway.services.common import DeskLimits
from gateway.services.verify.limits import Threshold, VerifyLimits
from gateway.services.verify.ports import VerifyPorts
from gateway.services.verify.service import Verification
from tests.support.cities import MemoryCity
from tests.support.desks import CountingPresence
from tests.support.matchers import FACES, IRISES, FakeMatcher, turned
from tests.support.orders import MemoryCommands
from tests.support.reports import device, directory
from tests.support.rosters import MemoryRoster
from tests.support.sessions import RecordingSession, SilentLog
from tests.support.stores import MemoryStore
from tests.support.virtual_time import clock, run_virtually

P1, P2 = ProjectId(1), ProjectId(2)
LI, WANG, ZHAO = PersonId(11), PersonId(12), PersonId(13)
LIMITS = VerifyLimits(
    thresholds={
        (Trait.FACE, FACES): Threshold(one_to_one=0.5, one_to_many=0.52, margin=0.05),
        (Trait.IRIS, IRISES): Threshold(one_to_one=0.68, one_to_many=0.68, margin=0.05),
    }
)


def sites(
    one: VerificationMode = VerificationMode.CENTRAL_GALLERY,
    other: VerificationMode = VerificationMode.CENTRAL_GALLERY,
) -> Directory:
    """Devices 1 and 3 hang on project 1, device 2 on project 2, device 4 on a shelf."""
    known = directory(*(device(number) for number in (1, 2, 3, 4)))
    first = known.projects[P1]
    mountings: dict[DeviceId, tuple[Mounting, ...]] = {
        DeviceId(number): (
            Mounting(
                id=MountingId(number),
                device=DeviceId(number),
                channel=ChannelId(channel),
                direction=Direction.UNKNOWN,
                valid_from_ms=0,
            ),
        )
        for number, channel in ((1, 1), (2, 2), (3, 1))
    }
    return replace(
        known,
        projects={
            P1: replace(first, verification_mode=one),
            P2: Project(id=P2, code="P2", name="Other", area="990000", verification_mode=other),
        },
        channels={
            ChannelId(1): Channel(id=ChannelId(1), project=P1, name="Gate 1"),
            ChannelId(2): Channel(id=ChannelId(2), project=P2, name="Gate 2"),
        },
        mountings=mountings,
    )


def consent(person: PersonId, subject: Subject = Subject.BIO_NETWORK) -> Consent:
    return Consent(
        person=person,
        subject=subject,
        given_ms=0,
        text_version="1",
        text_digest=bytes(32),
        how="signature",
        taken_by="clerk",
    )


@dataclass
class VerifyBench:
    """What a test of verification needs at hand."""

    services: Services
    verification: Verification
    matcher: FakeMatcher
    roster: MemoryRoster
    log: SilentLog
    receipts: int = 0

    async def login(self, number: int = 1) -> RecordingSession:
        """Log a terminal in and wait until its gallery is there."""
        session = RecordingSession()
        proof = LoginProved(serial=Serial(f"YLS-{number:08d}"), model="FACE-IRIS-A")
        self.services.desk.login(session, proof, "192.0.2.1", clock())
        await self.settle()
        session.submitted.clear()
        return session

    def ask(self, session: RecordingSession, **changes: Any) -> Receipt:
        """Ask who stands there, by a face unless the test says otherwise."""
        self.receipts += 1
        values: dict[str, Any] = {
            "receipt": Receipt(self.receipts),
            "budget_ms": 250,
            "means": Means.FACE,
        }
        if not changes.keys() & {"faces", "irises", "picture"}:
            values["faces"] = (turned(0),)
        event = VerifyRequested(**{**values, **changes})
        self.services.desk.verify(session, event, clock())
        return event.receipt

    async def answer(self, session: RecordingSession, **changes: Any) -> VerifyAnswer:
        """Ask, wait, and return the one answer."""
        before = len(session.submitted)
        self.ask(session, **changes)
        await self.settle()
        (answer,) = session.submitted[before:]
        return answer  # type: ignore[return-value]

    async def because(self, session: RecordingSession, **changes: Any) -> Because:
        """Ask, and return the reason that was written down."""
        await self.answer(session, **changes)
        return (await self.decided())[-1].because

    async def decided(self) -> list[DecisionRecord]:
        await self.verification.last_flush()
        return self.roster.decisions

    def cancel(self, session: RecordingSession, receipt: Receipt) -> None:
        self.services.desk.verification_ended(session, VerifyCancelled(about=receipt))

    def put(
        self,
        person: PersonId,
        *templates: FaceTemplate,
        project: ProjectId = P1,
        agreed: bool = True,
        from_ms: int = 0,
        to_ms: int | None = None,
    ) -> None:
        """Have somebody in the store from the start."""
        roster = self.roster
        engagement = Engagement(person=person, project=project, from_ms=from_ms, to_ms=to_ms)
        roster.engagements.append(engagement)
        if agreed:
            roster.agreed.add((person, Subject.BIO_NETWORK))
        entries = [self.entry(person, one, project) for one in templates]
        roster.templates.setdefault(project, []).extend(entries)

    def entry(
        self,
        person: PersonId,
        template: FaceTemplate,
        project: ProjectId = P1,
        source: str = "photo",
    ) -> Enrolled:
        reference = self.roster.references.setdefault(
            (project, person),
            7_000 + 10 * person + project,  # type: ignore[arg-type]
        )
        return Enrolled(
            person=person,
            reference=reference,
            template=self.matcher.sealed(template),
            source=source,
        )

    async def settle(self) -> None:
        """Let background work finish, a second of it at most."""
        await asyncio.sleep(1.0)

    def restart(self, known: Directory) -> None:
        """Use another directory."""
        self.services.desk.accept_directory(known)


def let_through(answer: VerifyAnswer, person: PersonId) -> bool:
    return isinstance(answer, Granted) and answer.claim == str(person)


def verify_run(
    test: Callable[[VerifyBench], Awaitable[None]],
    known: Directory | None = None,
    limits: VerifyLimits = LIMITS,
    city: MemoryCity | None = None,
    **matcher: Any,
) -> VerifyBench:
    """Run a test against freshly assembled services, with galleries and decisions kept up."""

    async def main() -> VerifyBench:
        fake, roster, log = FakeMatcher(**matcher), MemoryRoster(), SilentLog()
        services = assemble(
            directory=known or sites(),
            store=MemoryStore(),
            presence=CountingPresence(),
            log=log,
            clock=clock,
            limits=DeskLimits(spacing_s=0.0),
            commands=MemoryCommands(),
            command_limits=CommandLimits(),
            verify_ports=VerifyPorts(
                matcher=fake,
                workers=roster,
                galleries=roster,
                decisions=roster,
                local=roster.local,
                city=city,
            ),
            verify_limits=limits,
        )
        assert services.verification is not None
        bench = VerifyBench(services, services.verification, fake, roster, log)
        upkeep = asyncio.create_task(services.verification.run())
        try:
            await test(bench)
        finally:
            upkeep.cancel()
            with suppress(asyncio.CancelledError):
                await upkeep
        assert services.verification.verifier.open == 0, "a question was never answered"
        return bench

    return run_virtually(main())
