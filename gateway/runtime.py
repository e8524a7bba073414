"""Runs a gateway from start to drain: reactor, signals, listeners, background work."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Any, TypeAlias, cast

from twisted.internet.interfaces import IReactorTCP

from gateway import crashpoints
from gateway.access_operations import AccessOperations
from gateway.admin import AdminServer, Call
from gateway.app import Parts, build, follow
from gateway.capture_operations import CaptureOperations, Recorder
from gateway.city_operations import CityOperations
from gateway.command_operations import CommandOperations
from gateway.database import admin_socket, opened
from gateway.decision_operations import DecisionOperations
from gateway.domain.directory import Directory
from gateway.domain.ports import Log
from gateway.domain.requests import Parting
from gateway.filing_operations import FilingOperations
from gateway.garbage import settle_down
from gateway.limits import filing_rules, raise_open_files
from gateway.local_operations import LocalOperations
from gateway.monitoring.logs import LogHandle, configure, get_logger
from gateway.monitoring.presence import Presence
from gateway.monitoring.process import fold_process, watch_loop
from gateway.operations import Operations
from gateway.people_operations import PeopleOperations
from gateway.protocols.clock import read_clock
from gateway.protocols.reactor import install_reactor
from gateway.protocols.tls import ServerContext
from gateway.serial_lines import serve_lines
from gateway.settings import Settings
from gateway.storage.opening import Storage
from gateway.twisted_logs import route_twisted
from gateway.unproved import serve_unproved
from gateway.verifying import verify_ports
from gateway.web.site import listen as listen_web
from gateway.web.status import Status

Work: TypeAlias = Coroutine[Any, Any, None]

DRAIN_S = 10.0
"""Seconds that accepted work may take to finish on SIGTERM; service managers kill after 90."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain; raises GatepostError when it cannot start."""
    raise_open_files()
    loop = install_reactor()
    from twisted.internet import reactor

    handle = configure(settings.log)
    unroute = route_twisted()
    try:
        loop.run_until_complete(serve(settings, cast(IReactorTCP, reactor), handle))
    finally:
        unroute()
        handle.close()


async def serve(settings: Settings, reactor: IReactorTCP, logs: LogHandle) -> None:
    """Serve on the running loop until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log = get_logger()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            opened(settings, probe=crashpoints.from_environment())
        )
        ports = await stack.enter_async_context(verify_ports(settings, database.storage))
        parts = await build(settings, database.storage, log, crashpoints.from_environment(), ports)
        await parts.housekeeping.begin()
        await parts.services.commands.begin()
        if database.server is not None:
            _in_background(stack, database.server.watch(log), "database", log)
        _in_background(stack, parts.housekeeping.run(), "housekeeping", log)
        if parts.services.verification is not None:
            _in_background(stack, parts.services.verification.run(), "verification", log)
        stack.callback(watch_loop(loop, parts.metrics, log))
        committer = _start(parts.services.committer.run(), "committer", log)
        stack.push_async_callback(_end_committer, parts, committer)
        fold_process(parts.metrics, parts.health, logs)
        await _listen(stack, parts, reactor)
        await serve_lines(parts, reactor)
        await serve_unproved(parts)
        admin = AdminServer(
            admin_socket(settings),
            _calls(parts, database.storage),
            log,
        )
        await admin.start()
        stack.push_async_callback(admin.stop)
        settle_down()
        log.info("gateway.started", version=version("gatepost"), mode=settings.gateway.mode)
        await stop.wait()
        log.info("gateway.draining")
        await _drain(parts)
    log.info("gateway.stopped")


async def _listen(stack: AsyncExitStack, parts: Parts, reactor: IReactorTCP) -> None:
    listen = parts.settings.listen
    if listen.tcp is not None:
        await parts.server.listen("tcp", listen.tcp.host, listen.tcp.port)
    if listen.tls is not None:
        assert listen.tls_certificate is not None
        assert listen.tls_key is not None
        context = ServerContext(listen.tls_certificate, listen.tls_key)
        await parts.server.listen("tls", listen.tls.host, listen.tls.port, tls=context)
    if parts.settings.web.listen is not None:
        port = listen_web(
            reactor,
            parts.settings.web.listen,
            health=parts.health,
            scrape=parts.metrics.scrape,
            status=lambda: _status(parts),
        )
        stack.callback(port.stopListening)


def _status(parts: Parts) -> Status:
    counts = parts.presence.counts().values()
    return Status(
        version=version("gatepost"),
        mode=parts.settings.gateway.mode,
        devices={
            state.name.lower(): sum(supplier[state] for supplier in counts) for state in Presence
        },
        at_ms=read_clock().wall,
    )


async def _drain(parts: Parts) -> None:
    """Answer what is in flight, say farewell, persist the hints."""
    parts.health.ready_while("drain", lambda: "the gateway is stopping")
    await parts.server.drain(DRAIN_S)
    await parts.courier.close()
    await parts.services.common.tasks.settle(DRAIN_S)
    await parts.housekeeping.last_flush()
    if parts.services.verification is not None:
        await parts.services.verification.last_flush()


async def _end_committer(parts: Parts, committer: asyncio.Task[None]) -> None:
    """Commit the rest; also when the gateway could not finish starting."""
    parts.services.committer.stop()
    await committer


def _calls(parts: Parts, storage: Storage) -> Mapping[str, Call]:
    """Return everything operators may ask for."""
    recorder = Recorder(
        taps=parts.taps,
        settings=parts.settings.capture,
        production=parts.settings.gateway.mode == "production",
        clock=read_clock,
        log=parts.log,
    )
    operations = Operations(storage, _directory_user(parts))
    verification = parts.services.verification
    captures = None if verification is None else verification.from_terminals
    return {
        **operations.calls(),
        **AccessOperations(storage, operations).calls(),
        **CaptureOperations(storage, recorder).calls(),
        **CommandOperations(
            storage,
            parts.services.commands,
            parts.dialects,
            parts.reaches,
            None if captures is None else captures.may_order,
        ).calls(),
        **LocalOperations(storage, captures).calls(),
        **PeopleOperations(storage, parts.people).calls(),
        **CityOperations(storage, parts.people).calls(),
        **FilingOperations(storage, filing_rules(parts.settings)).calls(),
        **DecisionOperations(storage).calls(),
    }


def _directory_user(parts: Parts) -> Callable[[Directory], Awaitable[None]]:
    async def use(directory: Directory) -> None:
        for session in parts.services.desk.accept_directory(directory):
            session.close(Parting.REVOKED)
        parts.courier.follow(directory)
        follow(parts.presence, directory)

    return use


def _in_background(stack: AsyncExitStack, work: Work, name: str, log: Log) -> None:
    task = _start(work, name, log)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


def _start(work: Work, name: str, log: Log) -> asyncio.Task[None]:
    """Start what runs as long as the gateway; nobody awaits it, so its end must be told."""
    task = asyncio.create_task(work, name=name)

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("gateway.task_failed", task=name, error=repr(error))

    task.add_done_callback(ended)
    return task
