"""Images of firmware: read when the order leaves, and only what was ordered is brought."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path

from gateway.domain.maintenance import SendFirmware
from gateway.domain.objects import ObjectKind, SendObject

MOST_IMAGE = 256 * 1024 * 1024
"""Bytes read into memory; images of face terminals have some dozens of MiB."""


async def load_image(order: SendFirmware) -> SendObject | str:
    """Return the order with its image, or the code of why there is none."""
    data = await asyncio.to_thread(_read, Path(order.file))
    if data is None:
        return "command.no_file"
    if await asyncio.to_thread(lambda: sha256(data).digest()) != order.digest:
        return "command.other_file"
    return SendObject(ticket=order.ticket, kind=ObjectKind.FIRMWARE, data=data)


def _read(file: Path) -> bytes | None:
    try:
        if not file.is_file() or file.stat().st_size > MOST_IMAGE:
            return None
        return file.read_bytes()
    except OSError:
        return None
