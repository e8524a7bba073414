"""Makes the matcher for as long as a gateway runs, where the settings want one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.services.verify.ports import VerifyPorts
from gateway.settings import Settings
from gateway.storage.opening import Storage


@asynccontextmanager
async def verify_ports(settings: Settings, storage: Storage) -> AsyncIterator[VerifyPorts | None]:
    """Load and warm the networks; None where nothing is compared on this server.

    Raises ModelRefused for a network that is missing, altered or not prepared.
    """
    if not settings.matcher.enabled:
        yield None
        return
    # Imported late: ONNX and FAISS take half a second, and memory, of a gateway without a matcher.
    from gateway.matcher_parts import matcher, pool

    threads = pool(settings)
    try:
        made = matcher(settings, threads)
        await made.warm()
        yield VerifyPorts(
            matcher=made,
            workers=storage.workers,
            galleries=storage.galleries,
            decisions=storage.decisions,
            city=storage.city if settings.city_gallery.enabled else None,
            local=storage.local_enrolments,
        )
    finally:
        threads.close()
