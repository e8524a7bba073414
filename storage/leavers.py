"""Who was sent to a terminal and must not be there any more; the orders themselves tell."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.storage.pool import Database, Turn

from gateway.domain.ids import DeviceId, PersonId
from gateway.domain.leavers import Leaver

# An order that left may have been carried out whatever is known of its end, so only a removal that
# the terminal called done counts as one. What was refused here at its first attempt never left.
# A terminal that hangs nowhere is judged when it hangs.
LEAVERS = """
with told as (
    select id, device, kind, state, issued_ms, (args ->> 'person')::bigint as person,
        coalesce((args ->> 'face')::boolean, true) as face,
        sent_ms is not null
            and not (state = 'refused' and code like 'command.%' and attempts <= 1) as left_us
    from command where kind in ('person_put', 'person_remove')
), gone as (
    select device, person, max(id) as upto from told
    where kind = 'person_remove' and state = 'done' group by device, person
), there as (
    select t.device, t.person, bool_or(t.face) as face, max(t.id) as newest
    from told t left join gone g using (device, person)
    where t.kind = 'person_put' and t.left_us and t.id > coalesce(g.upto, 0)
    group by t.device, t.person
)
select w.device, w.person from there w
join mounting m on m.device = w.device and m.valid_from_ms <= $1
    and (m.valid_to_ms is null or m.valid_to_ms > $1)
join channel c on c.id = m.channel
where (
    not exists (
        select from engagement e where e.person = w.person and e.project = c.project
        and e.from_ms <= $1 and (e.to_ms is null or e.to_ms > $1)
    )
    or not exists (select from person_key k where k.person = w.person and k.class = 'identity')
    or w.face and 2 > (
        select count(distinct subject) from consent a where a.person = w.person
        and a.subject in ('face_local', 'bio_network')
        and a.given_ms <= $1 and (a.withdrawn_ms is null or a.withdrawn_ms > $1)
    )
) and not exists (
    select from told r where r.device = w.device and r.person = w.person and r.id > w.newest
    and r.kind = 'person_remove' and (r.state in ('queued', 'sent') or r.issued_ms > $2)
) and $3 > (select count(*) from command q where q.device = w.device and q.state = 'queued')
order by w.device, w.person limit $3
"""


class Leavers:
    """`gateway.domain.leavers.LeaverReader` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def leavers(self, now_ms: int, tried_ms: int, most: int) -> Sequence[Leaver]:
        """See `LeaverReader.leavers`."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            rows = await connection.fetch(LEAVERS, now_ms, tried_ms, most)
        return [
            Leaver(device=DeviceId(row["device"]), person=PersonId(row["person"])) for row in rows
        ]
