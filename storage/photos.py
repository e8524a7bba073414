"""Enrolment photos: kept sealed for some days, so that a new enrolment needs no new picture."""

from __future__ import annotations

from collections.abc import Callable

from gateway.storage.audit import append
from gateway.storage.consents import FORGET_CAPTURED
from gateway.storage.crypto import Place
from gateway.storage.failures import row_refused
from gateway.storage.keyring import Keyring
from gateway.storage.months import wall_ms
from gateway.storage.person_keys import BIOMETRIC, lock_people, person_sealers
from gateway.storage.pool import Database

from gateway.domain.audit import AuditEntry
from gateway.domain.enrolments import GATEWAY
from gateway.domain.errors import StoreRefused
from gateway.domain.ids import PersonId

AGREED = """
select exists (
    select from consent where person = $1 and subject = 'bio_network'
    and given_ms <= $2 and (withdrawn_ms is null or withdrawn_ms > $2)
)
"""


class PhotoStore:
    """Keeps photos that were accepted; one of each source, the newest."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        wall: Callable[[], int] = wall_ms,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._wall = wall

    async def keep(self, person: PersonId, photo: bytes, *, source: str, now_ms: int) -> None:
        """Store a photo; raises StoreRefused without the person's consent."""
        with row_refused():
            async with self._database.transaction() as connection:
                await lock_people(connection, [person])
                if not await connection.fetchval(AGREED, person, now_ms):
                    raise StoreRefused(
                        "without consent to it no photo is kept.", place=f"person {person}"
                    )
                sealers = await person_sealers(connection, self._keyring, BIOMETRIC, [person])
                number = await connection.fetchval("select nextval('enrolment_photo_number')")
                await connection.execute(
                    "delete from enrolment_photo where person = $1 and source = $2", person, source
                )
                await connection.execute(
                    "insert into enrolment_photo (id, person, source, kept_ms, key, sealed)"
                    " values ($1, $2, $3, $4, $5, $6)",
                    number,
                    person,
                    source,
                    now_ms,
                    sealers[person].name,
                    sealers[person].seal(photo_place(number), photo),
                )

    async def erase_before(self, kept_ms: int) -> int:
        """Erase what was kept before this instant; return how many that were."""
        async with self._database.transaction() as connection:
            done = await connection.execute(
                "delete from enrolment_photo where kept_ms < $1", kept_ms
            )
            await connection.execute(f"{FORGET_CAPTURED} received_ms < $1", kept_ms)
            count = int(done.split()[-1])
            if count:
                entry = AuditEntry(
                    at_ms=self._wall(),
                    actor=GATEWAY,
                    action="PHOTOS_ERASE",
                    subject="photos kept long enough",
                    detail=f"{count} photos destroyed",
                )
                await append(connection, entry)
        return count


def photo_place(number: int) -> Place:
    """Where a photo lies."""
    return Place(table="enrolment_photo", row=number, column="sealed")
