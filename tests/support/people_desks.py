"""Operations on people over a real store, with a matcher that answers as it is told."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.storage.opening import Storage

from gateway.domain.enrolments import CheckedIris, EnrolmentResult
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.quality import Finding, PictureReport
from gateway.people_enrolment import PeopleRuntime
from gateway.people_operations import PeopleOperations
from tests.support.people import GIVEN, id_number
from tests.support.sessions import SilentLog

DAY = 86_400_000
PHOTO = b"\xff\xd8somebody"
CONSENT = {
    "subject": "bio_network",
    "text_version": "v1",
    "text_digest": hashlib.sha256(b"text").hexdigest(),
    "how": "signature",
    "taken_by": "clerk",
}
ACCEPTED = EnrolmentResult(
    accepted=True, waived=("iris_radius",), card_score=0.6, card_threshold=0.4
)
REFUSED = EnrolmentResult(
    accepted=False,
    report=PictureReport(
        format="jpeg",
        width=480,
        height=640,
        faces=1,
        findings=(
            Finding(code="eyes", rule="R-062", measured=50.0, limit=">= 64 px", met=False),
            Finding(code="faces", rule="R-068", measured=1, limit="1", met=True),
        ),
    ),
    refused=("eyes",),
)


class Desk:
    """The operations over a real store, with a matcher that answers as it is told."""

    def __init__(self, storage: Storage, *, running: bool = True, matcher: bool = True) -> None:
        self.storage = storage
        self.log = SilentLog()
        self.iris = CheckedIris(report=REFUSED.report, picture=b"BMkept")
        self.answer: EnrolmentResult | GatepostError = ACCEPTED
        self.asked: list[tuple[object, ...]] = []
        self.told: list[tuple[object, ...]] = []
        self.now = GIVEN + DAY
        runtime = PeopleRuntime(enrolments=self if matcher else None, watch=self, log=self.log)
        self.calls = PeopleOperations(
            storage, runtime if running else None, lambda: self.now
        ).calls()

    async def enrol_photo(
        self,
        person: PersonId,
        project: ProjectId,
        picture: bytes,
        *,
        source: str,
        card: bytes | None = None,
        infrared: bytes | None = None,
        overrides: frozenset[str] = frozenset(),
    ) -> EnrolmentResult:
        more = () if infrared is None else (infrared,)
        self.asked.append((person, project, picture, source, card, *more, *sorted(overrides)))
        if isinstance(self.answer, GatepostError):
            raise self.answer
        return self.answer

    async def check_iris(
        self,
        person: PersonId,
        project: ProjectId,
        picture: bytes,
        overrides: frozenset[str] = frozenset(),
    ) -> CheckedIris:
        self.asked.append((person, project, picture, *sorted(overrides)))
        return self.iris

    async def people_changed(self, project: ProjectId) -> None:
        self.told.append(("changed", project))

    async def templates_destroyed(self, project: ProjectId, person: PersonId) -> None:
        self.told.append(("destroyed", project, person))

    async def city_left(self, person: PersonId) -> None:
        self.told.append(("left the city", person))

    async def add(self, sequence: int = 1, **changes: Any) -> dict[str, Any]:
        given = {
            "id_number": id_number(sequence),
            "name": "样本甲",
            "project": "P1",
            "by": "op",
            **changes,
        }
        return dict(await self.calls["person.add"](**given))

    async def count(self) -> int:
        async with self.storage.database.use() as connection:
            return int(await connection.fetchval("select count(*) from person"))


Test = Callable[[Storage], Awaitable[None]]
OnStorage = Callable[[Test], None]
