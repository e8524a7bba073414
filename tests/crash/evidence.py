"""Reads what the database holds, with SQL of its own: nothing of the gateway stands in between."""

from __future__ import annotations

from collections import defaultdict

from tests.crash.verdict import Found
from tests.support.gateways import Site

PASSAGES = """
select d.serial, p.number, p.device_ms, p.claim::bigint as person, o.record is not null as queued
from passage p join device d on d.id = p.device left join outbox o on o.record = p.id
"""
IDENTITIES = """
select d.serial, ('x' || encode(substr(i.identity, 5), 'hex'))::bit(32)::bigint as number
from record_identity i join device d on d.id = i.device
"""
PICTURES = """
select d.serial, encode(i.digest, 'hex') as digest
from picture p join device d on d.id = p.device
left join picture_identity i on i.picture = p.id and i.received_ms = p.received_ms
"""
ASIDE = """
select d.serial from (
    select device from quarantined_record union all select device from rejected_record
) a join device d on d.id = a.device
"""


async def collect(site: Site) -> dict[str, Found]:
    """Return everything stored, by serial number."""
    found: dict[str, Found] = defaultdict(Found)
    for row in await site.fetch(PASSAGES):
        one = found[row["serial"]]
        one.passages.append((row["number"], row["device_ms"], row["person"]))
        one.forwarded += row["queued"]
    for row in await site.fetch(IDENTITIES):
        found[row["serial"]].identities.append(row["number"])
    for row in await site.fetch(PICTURES):
        found[row["serial"]].pictures.append(row["digest"] or "a picture nobody can find")
    for row in await site.fetch(ASIDE):
        found[row["serial"]].aside += 1
    return found
