"""Writes a directory document into the tables, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.storage.audit import append
from gateway.storage.city_templates import erase_city_forbidden
from gateway.storage.consents import FORGET_CAPTURED
from gateway.storage.crypto import Place, Sealer
from gateway.storage.document import (
    DeviceEntry,
    DirectoryDocument,
    MountingEntry,
    ProjectEntry,
)
from gateway.storage.pool import Connection

from gateway.domain.audit import AuditEntry
from gateway.domain.directory import DeviceState, Listing
from gateway.domain.errors import GatepostError
from gateway.domain.vocabulary import Direction
from gateway.domain.workers import VerificationMode

# What a document does not name is null here, and stays as it is.
AREA = """
insert into area (code, name, parent) values ($1, $2, $3)
on conflict (code) do update
set name = excluded.name, parent = coalesce(excluded.parent, area.parent)
"""
CORP = """
insert into corp (code, name) values ($1, $2) on conflict (code) do update set name = excluded.name
"""
SUPPLIER = """
insert into supplier (code, name, listing, batch)
values ($1, $2, coalesce($3, 'listed'), coalesce($4, ''))
on conflict (code) do update set name = excluded.name,
    listing = coalesce($3, supplier.listing), batch = coalesce($4, supplier.batch)
"""
MODEL = """
insert into device_model (supplier, name, listing, interface_test)
values ($1, $2, coalesce($3, 'listed'), coalesce($4, ''))
on conflict (supplier, name) do update set listing = coalesce($3, device_model.listing),
    interface_test = coalesce($4, device_model.interface_test)
"""
# A new row takes a number only when it is new: `on conflict` would use one up each time.
NEW_PROJECT = """
insert into project (code, name, area) select $1, $2, $3
where not exists (select from project where code = $1)
"""
PROJECT = """
update project set name = $2, area = $3, corp = coalesce($4, corp),
    administrator = coalesce($5, administrator),
    verification_mode = coalesce($6, verification_mode)
where code = $1
"""
# What a project may not keep goes with the permission.
FORGET = """
delete from template t using project p
where p.id = t.project and p.code = any($1::text[]) and p.verification_mode = 'device_only'
"""
FORBIDDEN = """
project in (select id from project where code = any($1::text[])
    and verification_mode = 'device_only')
"""
CHANNEL = """
insert into channel (project, name) select p.id, $2 from project p
where p.code = $1 and not exists (select from channel where project = p.id and name = $2)
"""
NEW_DEVICE = """
insert into device (serial, supplier, model, dialect) select $1, $2, $3, $4
where not exists (select from device where serial = $1)
"""
DEVICE = """
update device set supplier = $2, model = $3, dialect = $4, state = coalesce($5, state),
    cadence_s = coalesce($6, cadence_s)
where serial = $1
"""
SECRET = "update device set secret = $2, secret_key = $3 where id = $1"  # noqa: S105 - a statement
# The range is what the index of `one_place_at_a_time` knows a device by; without it every device
# would be looked for in the whole table.
CLOSE = """
update mounting set valid_to_ms = $2
where int4range(device, device, '[]') && int4range($1, $1, '[]') and valid_to_ms is null
and (channel, direction) is distinct from ($3, $4)
"""
BEFORE_IT_HUNG = """
select d.serial from unnest($1::integer[], $2::bigint[], $3::integer[], $4::integer[])
    as t (device, since, channel, direction)
join mounting m on m.device = t.device and m.valid_to_ms is null
join device d on d.id = t.device
where (m.channel, m.direction) is distinct from (t.channel, t.direction)
and m.valid_from_ms >= t.since
order by d.serial limit 1
"""
HANG = """
insert into mounting (device, channel, direction, valid_from_ms) select $1, $3, $4, $2
where not exists (
    select from mounting
    where int4range(device, device, '[]') && int4range($1, $1, '[]') and valid_to_ms is null
)
"""


async def import_document(
    connection: Connection, sealer: Sealer, document: DirectoryDocument
) -> None:
    """Add and update everything the document names, in the order things refer to one another."""
    await connection.executemany(AREA, [(a.code, a.name, a.parent) for a in document.areas])
    await connection.executemany(CORP, [(c.code, c.name) for c in document.corps])
    await connection.executemany(
        SUPPLIER,
        [(s.code, s.name, _word(s.listing), s.batch) for s in document.suppliers],
    )
    await connection.executemany(
        MODEL,
        [(m.supplier, m.name, _word(m.listing), m.interface_test) for m in document.models],
    )
    await _projects(connection, document.projects)
    await _devices(connection, sealer, document.devices)


async def forget_templates(
    connection: Connection, document: DirectoryDocument, now_ms: int
) -> None:
    """Destroy the templates of projects that may keep none any more, those of the city-wide gallery
    of people who work nowhere else, and note it.
    """
    codes = [project.code for project in document.projects]
    gone = int((await connection.execute(FORGET, codes)).split()[-1])
    await connection.execute(f"{FORGET_CAPTURED} {FORBIDDEN}", codes)
    gone += len(await erase_city_forbidden(connection, codes, now_ms))
    if gone:
        entry = AuditEntry(
            at_ms=now_ms,
            actor="gateway",
            action="TEMPLATES_ERASE",
            subject="projects that are device_only now",
            detail=f"{gone} templates destroyed",
        )
        await append(connection, entry)


async def _projects(connection: Connection, projects: Iterable[ProjectEntry]) -> None:
    projects = list(projects)
    await connection.executemany(NEW_PROJECT, [(p.code, p.name, p.area) for p in projects])
    await connection.executemany(
        PROJECT,
        [
            (p.code, p.name, p.area, p.corp, p.administrator, _word(p.verification))
            for p in projects
        ],
    )
    await connection.executemany(
        CHANNEL, [(p.code, channel) for p in projects for channel in p.channels]
    )


async def _devices(connection: Connection, sealer: Sealer, devices: Iterable[DeviceEntry]) -> None:
    devices = list(devices)
    await connection.executemany(
        NEW_DEVICE, [(d.serial, d.supplier, d.model, d.dialect) for d in devices]
    )
    await connection.executemany(
        DEVICE,
        [(d.serial, d.supplier, d.model, d.dialect, _word(d.state), d.cadence_s) for d in devices],
    )
    found = await connection.fetch(
        "select id, serial from device where serial = any($1::text[])",
        [entry.serial for entry in devices],
    )
    ids = {row["serial"]: row["id"] for row in found}
    await connection.executemany(
        SECRET,
        [
            (
                ids[entry.serial],
                sealer.seal(secret_place(ids[entry.serial]), entry.secret),
                sealer.name,
            )
            for entry in devices
            if entry.secret is not None
        ],
    )
    await _mountings(
        connection,
        [(ids[entry.serial], entry.mounting) for entry in devices if entry.mounting is not None],
    )


async def _mountings(connection: Connection, hung: list[tuple[int, MountingEntry]]) -> None:
    found = await connection.fetch(
        "select c.id, p.code, c.name from channel c join project p on p.id = c.project"
    )
    channels = {(row["code"], row["name"]): row["id"] for row in found}
    moves: list[tuple[int, int, int, Direction]] = []
    for device, place in hung:
        channel = channels.get((place.project, place.channel))
        if channel is None:
            raise GatepostError(
                "directory.channel",
                f"project {place.project!r} has no channel {place.channel!r}.",
                place="directory document",
                remedy="Name the channel among the project's channels.",
            )
        moves.append((device, place.valid_from_ms, channel, place.direction))
    if moves:
        await _refuse_moves_into_the_past(connection, moves)
    await connection.executemany(CLOSE, moves)
    await connection.executemany(HANG, moves)


async def _refuse_moves_into_the_past(
    connection: Connection, moves: list[tuple[int, int, int, Direction]]
) -> None:
    """A device that hangs somewhere else already needs a moment at which it was moved."""
    found = await connection.fetchrow(
        BEFORE_IT_HUNG, *(list(column) for column in zip(*moves, strict=True))
    )
    if found is not None:
        raise GatepostError(
            "directory.moved_when",
            "this device hangs somewhere else since a later moment than the new place names.",
            place=f"device {found['serial']}",
            remedy="Say with `since` when it was moved.",
        )


def _word(named: Listing | DeviceState | VerificationMode | None) -> str | None:
    return None if named is None else named.value


def secret_place(device: int) -> Place:
    """Where a device's secret lies."""
    return Place(table="device", row=device, column="secret")
