"""Orders at rest: `gateway.domain.command_queue.CommandStore` on PostgreSQL."""

from __future__ import annotations

import builtins
import json
from collections.abc import Mapping, Sequence

import asyncpg
from gateway.storage.audit import append
from gateway.storage.failures import row_refused
from gateway.storage.pool import Connection, Database

from gateway.domain.audit import AuditEntry
from gateway.domain.command_queue import Command, CommandId, CommandState, NewCommand
from gateway.domain.errors import GatepostError
from gateway.domain.ids import DeviceId

LOCK = "select from device where id = $1 for update"
SUPERSEDE = """
update command set state = 'superseded', ended_ms = $3
where device = $1 and subject = $2 and subject <> '' and state = 'queued' returning *
"""
INSERT = """
insert into command (device, kind, args, subject, repeatable, audited, issued_ms, issued_by, reason,
    not_after_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning *
"""
TAKE = """
update command set state = 'sent', sent_ms = $2, attempts = attempts + 1
where id = (
    select id from command where device = $1 and state = 'queued' and not_after_ms >= $2
    order by id limit 1 for update
) and not exists (select from command where device = $1 and state = 'sent')
returning *
"""
PUT_BACK = """
update command set state = 'queued', sent_ms = null, attempts = attempts - $2::smallint
where id = $1 and state = 'sent'
"""
WAITING = """
select device from command where state in ('queued', 'sent')
group by device having bool_and(state = 'queued')
"""
FINISH = """
update command set state = $2, code = $3, result = $4, ended_ms = $5
where id = $1 and state = 'sent' returning *
"""
RECOVER = """
update command set state = case when repeatable then 'queued' else 'unknown' end,
    code = case when repeatable then '' else 'restart' end,
    ended_ms = case when repeatable then null else $1::bigint end
where state = 'sent' returning *
"""
LIST = """
select * from command where ($1::integer is null or device = $1)
    and (not $2 or state in ('queued', 'sent')) order by id desc limit $3
"""


class PostgresCommandStore:
    """Keeps orders; each change of an audited one is in the audit trail by the same transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(self, order: NewCommand, most: int) -> Command:
        """See `CommandStore.enqueue`."""
        with row_refused():
            async with self._database.transaction() as connection:
                # Two orders for one device must not both find the last free place.
                await connection.execute(
                    "select from device where id = $1 for update", order.device
                )
                replaced = await connection.fetch(
                    SUPERSEDE, order.device, order.subject, order.issued_ms
                )
                await self._check_room(connection, order.device, most)
                row = await connection.fetchrow(
                    INSERT, order.device, order.kind, json.dumps(order.args), order.subject,
                    order.repeatable, order.audited, order.issued_ms, order.issued_by,
                    order.reason, order.not_after_ms,
                )  # fmt: skip
                assert row is not None
                command = _command(row)
                for one in [*map(_command, replaced), command]:
                    await _audit(connection, one, order.issued_by, order.issued_ms)
        return command

    async def take(self, device: DeviceId, now_ms: int) -> Command | None:
        """See `CommandStore.take`."""
        async with self._database.use() as connection:
            row = await connection.fetchrow(TAKE, device, now_ms)
        return None if row is None else _command(row)

    async def put_back(self, command: CommandId, *, uncounted: bool = False) -> None:
        """See `CommandStore.put_back`."""
        async with self._database.use() as connection:
            await connection.execute(PUT_BACK, command, int(uncounted))

    async def waiting(self) -> Sequence[DeviceId]:
        """See `CommandStore.waiting`."""
        async with self._database.use() as connection:
            rows = await connection.fetch(WAITING)
        return [DeviceId(row["device"]) for row in rows]

    async def finish(
        self,
        command: CommandId,
        state: CommandState,
        code: str,
        result: Mapping[str, object] | None,
        now_ms: int,
    ) -> bool:
        """See `CommandStore.finish`."""
        said = None if result is None else json.dumps(result)
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(FINISH, command, state.value, code, said, now_ms)
            if row is not None:
                await _audit(connection, _command(row), "terminal", now_ms)
        return row is not None

    async def cancel(self, command: CommandId, by: str, now_ms: int) -> Command | None:
        """See `CommandStore.cancel`."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                "update command set state = 'cancelled', ended_ms = $2"
                " where id = $1 and state = 'queued' returning *",
                command,
                now_ms,
            )
            if row is not None:
                await _audit(connection, _command(row), by, now_ms)
                return _command(row)
            row = await connection.fetchrow("select * from command where id = $1", command)
        return None if row is None else _command(row)

    async def expire(self, now_ms: int) -> Sequence[Command]:
        """See `CommandStore.expire`."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                "update command set state = 'expired', ended_ms = $1"
                " where state = 'queued' and not_after_ms < $1 returning *",
                now_ms,
            )
            expired = [_command(row) for row in rows]
            for command in expired:
                await _audit(connection, command, "gateway", now_ms)
        return expired

    async def recover(self, now_ms: int) -> int:
        """See `CommandStore.recover`."""
        async with self._database.transaction() as connection:
            ended = [_command(row) for row in await connection.fetch(RECOVER, now_ms)]
            unknown = [one for one in ended if one.state is CommandState.UNKNOWN]
            for command in unknown:
                await _audit(connection, command, "gateway", now_ms)
        return len(unknown)

    async def show(self, command: CommandId) -> Command | None:
        """See `CommandStore.show`."""
        async with self._database.use() as connection:
            row = await connection.fetchrow("select * from command where id = $1", command)
        return None if row is None else _command(row)

    async def list(
        self, device: DeviceId | None, *, open_only: bool, limit: int
    ) -> Sequence[Command]:
        """See `CommandStore.list`."""
        async with self._database.use() as connection:
            rows = await connection.fetch(LIST, device, open_only, limit)
        return [_command(row) for row in rows]

    @staticmethod
    async def _check_room(connection: Connection, device: DeviceId, most: int) -> None:
        waiting = await connection.fetchval(
            "select count(*) from command where device = $1 and state = 'queued'", device
        )
        if waiting >= most:
            raise GatepostError(
                "command.queue_full",
                f"{waiting} orders wait for this device already.",
                place=f"device {device}",
                remedy="Cancel some, or find out why it does not connect.",
            )


async def _audit(connection: Connection, command: Command, actor: str, now_ms: int) -> None:
    """Write an audited order down, as its transaction's last statement."""
    order = command.order
    if not order.audited:
        return
    waits = command.state is CommandState.QUEUED
    detail = f"{order.kind} {json.dumps(order.args, sort_keys=True)}: "
    detail += order.reason if waits else f"{command.state.value} {command.code}".strip()
    entry = AuditEntry(
        at_ms=now_ms,
        actor=actor,
        action="COMMAND" if waits else "COMMAND_ENDED",
        subject=f"device {order.device} command {command.id}",
        detail=detail,
    )
    await append(connection, entry)


def _command(row: asyncpg.Record) -> Command:
    return Command(
        id=CommandId(row["id"]),
        order=NewCommand(
            device=DeviceId(row["device"]),
            kind=row["kind"],
            args=json.loads(row["args"]),
            subject=row["subject"],
            repeatable=row["repeatable"],
            audited=row["audited"],
            issued_ms=row["issued_ms"],
            issued_by=row["issued_by"],
            reason=row["reason"],
            not_after_ms=row["not_after_ms"],
        ),
        state=CommandState(row["state"]),
        attempts=row["attempts"],
        sent_ms=row["sent_ms"],
        ended_ms=row["ended_ms"],
        code=row["code"],
        result=_object(row["result"]),
    )


def _object(text: str | None) -> builtins.dict[str, object] | None:
    return None if text is None else json.loads(text)
