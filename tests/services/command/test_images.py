"""Images of firmware: what was ordered is brought, or nothing."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.domain.command_queue import CommandId, CommandState
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import SendFirmware
from gateway.domain.objects import ObjectKind, SendObject
from gateway.domain.requests import Request
from gateway.services.command import images
from gateway.services.command.images import load_image
from tests.services.command.bench import GATE, Bench, play

IMAGE = b"HIKFW V4.0.1\n" + bytes(3000)


def load(file: Path, data: bytes = IMAGE) -> SendObject | str:
    order = SendFirmware(ticket=Ticket(7), file=str(file), digest=sha256(data).digest())
    return asyncio.run(load_image(order))


def test_the_image_is_read_as_it_leaves_and_never_stored(tmp_path: Path) -> None:
    file = tmp_path / "image.dav"
    file.write_bytes(IMAGE)
    args = {"file": str(file), "digest": sha256(IMAGE).hexdigest()}

    async def main(bench: Bench) -> None:
        session, left = bench.connect(), asyncio.Event()

        def submit(*orders: Request) -> None:
            session.submitted.extend(orders)
            left.set()

        session.submit = submit  # type: ignore[method-assign]
        given = await bench.commands.give(
            GATE, "firmware", args, by="clerk", reason="newer", within_s=60
        )
        await asyncio.wait_for(left.wait(), 10)
        (order,) = session.submitted
        kind = ObjectKind.FIRMWARE
        assert order == SendObject(ticket=Ticket(given.id), kind=kind, data=IMAGE)
        assert bench.store.known[CommandId(1)].order.args == args
        assert bench.state(given.id) is CommandState.SENT

    play(main)


def test_another_image_than_the_one_ordered_stays_here(tmp_path: Path) -> None:
    file = tmp_path / "image.dav"
    file.write_bytes(IMAGE)
    assert load(file, IMAGE + b"x") == "command.other_file"


def test_what_cannot_be_read_is_not_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(tmp_path / "gone") == "command.no_file"
    assert load(tmp_path) == "command.no_file"
    file = tmp_path / "image.dav"
    file.write_bytes(IMAGE)
    monkeypatch.setattr(images, "MOST_IMAGE", len(IMAGE) - 1)
    assert load(file) == "command.no_file"
