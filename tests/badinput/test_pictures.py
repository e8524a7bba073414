"""Pictures that are too large or not whole."""

from __future__ import annotations

from hashlib import sha256

import pytest
from gateway.codecs.yls.body import put
from gateway.codecs.yls.limits import MOST_SNAPSHOT
from gateway.codecs.yls.registers import ENC, Result, Tlv
from gateway.storage.opening import Storage

from tests.badinput.bench import Bench
from tests.badinput.peers import Unit
from tests.support.jpegs import jpeg


def test_oversized_picture(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("oversized picture") as row:
        terminal = unit.login()
        assert terminal.record(unit.group(1)).holds(1)
        row.told(terminal.offer(1, bytes(MOST_SNAPSHOT + 1)).result, Result.TOO_LARGE)
        row.counted("gatepost_protocol_errors_total")
        row.logged("session.protocol_error", serial=unit.serial, code="too_large")
        assert terminal.deliver(1, jpeg(4_000, unit.serial)).result == Result.OK
        bench.assert_stored(unit)


@pytest.mark.parametrize("inside", [True, False], ids=["inside its record", "sent apart"])
def test_truncated_jpeg(bench: Bench, inside: bool) -> None:
    unit = bench.unit()
    picture = jpeg(1_000, unit.serial)[:-9]
    with bench.row("truncated JPEG") as row:
        terminal = unit.login()
        if inside:
            group = unit.group(1) + put(Tlv.SNAPSHOT_INLINE, picture)
            assert terminal.record(group, flags=ENC).holds(1)
        else:
            assert terminal.record(unit.group(1)).holds(1)
            assert terminal.deliver(1, picture).result == Result.OK
        row.counted("gatepost_pictures_total", result="damaged")
        row.logged("picture.damaged", device=bench.device(unit), reason="truncated")
        assert kept(bench, unit, picture) == picture
        (damaged,) = bench.site.query(
            "select damaged from picture where device = $1", bench.device(unit)
        )
        assert damaged["damaged"]
        bench.assert_stored(unit)


def kept(bench: Bench, unit: Unit, picture: bytes) -> bytes | None:
    device = bench.device(unit)

    async def look(storage: Storage) -> bytes | None:
        return await storage.pictures.picture(device, sha256(picture).digest())

    return bench.unsealed(look)
