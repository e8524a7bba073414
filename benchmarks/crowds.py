"""People with consent and an engagement, in numbers: galleries of templates need somebody to be of.

Everybody has a key of their own, as in life; nobody's identity is read here.
"""

from __future__ import annotations

from collections.abc import Callable

import asyncpg
from gateway.storage.opening import Storage

from gateway.domain.enrolments import Enrolled
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import ProtectedTemplate, Reference

CHUNK = 1_000
CROWD = (
    """insert into person (id, lookup, id_type, id_number, name, registered_ms)
    select n, sha256(n::text::bytea), '01', '', '', 0 from generate_series({first}, {last}) n""",
    """insert into consent (person, subject, given_ms, text_version, text_digest, how, taken_by)
    select n, 'bio_network', 0, '', sha256(''), '', '' from generate_series({first}, {last}) n""",
    """insert into engagement (person, project, from_ms)
    select n, {project}, 0 from generate_series({first}, {last}) n""",
    """insert into gallery_reference (reference, project, person)
    select n, {project}, n from generate_series({first}, {last}) n""",
)


async def enrol_crowd(
    storage: Storage,
    connection: asyncpg.Connection,
    project: ProjectId,
    people: range,
    template: Callable[[int], ProtectedTemplate],
) -> None:
    """Engage people under these numbers, which are their references too, and enrol each."""
    first, last = people[0], people[-1]
    for statement in CROWD:
        await connection.execute(statement.format(project=project, first=first, last=last))
    await connection.execute("analyze")
    for start in range(first, last + 1, CHUNK):
        numbers = range(start, min(start + CHUNK, last + 1))
        await storage.galleries.enrol(
            project,
            [
                Enrolled(
                    person=PersonId(number),
                    reference=Reference(number),
                    template=template(number),
                    source="photo",
                )
                for number in numbers
            ],
        )
    await connection.execute("vacuum analyze")
