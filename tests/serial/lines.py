"""Cables that damage what they carry, and terminals at their far ends."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

from gateway.protocols.serial_device import PortUnavailable, open_device
from gateway.protocols.serial_port import PortCounts, SerialPort
from twisted.internet.interfaces import IReactorFDSet

from gateway.simulator.cable import FAR, NEAR, Cable
from tests.support.recorders import REDIAL_S, Recorder
from tests.support.serials import settings


class Weather:
    """What happens to bytes under way: some vanish, some are changed, some come from nowhere."""

    def __init__(self, rng: random.Random, chance: float) -> None:
        self.damaged = 0
        self._rng = rng
        self._chance = chance

    def clear_up(self) -> None:
        self._chance = 0.0

    def __call__(self, data: bytes) -> bytes:
        rng = self._rng
        if rng.random() >= self._chance:
            return data
        self.damaged += 1
        at = rng.randrange(len(data) + 1)
        match rng.randrange(3):
            case 0:
                return data[:at] + data[at + rng.randint(1, 20) :]
            case 1:
                return data[:at] + rng.randbytes(rng.randint(1, 300)) + data[at:]
            case _:
                changed = bytearray(data)
                if changed:
                    changed[at - 1] ^= 1 << rng.randrange(8)
                return bytes(changed)


class Line:
    """A cable whose near end has a path that stays the same, whatever is plugged in."""

    def __init__(self, path: Path, seed: str) -> None:
        self.path = path
        rng = random.Random(seed)
        self.weather = Weather(rng, 0.15), Weather(rng, 0.15)
        self._cable = Cable(*self.weather)
        self._link()

    @property
    def far(self) -> str:
        return self._cable.far.path

    @property
    def damaged(self) -> int:
        return sum(one.damaged for one in self.weather)

    def unplug_gateway(self) -> None:
        """The gateway's adapter is pulled; the terminal notices nothing."""
        self._cable.pull(NEAR)
        self._link()

    def unplug_terminal(self) -> None:
        self._cable.pull(FAR)

    def close(self) -> None:
        self._cable.close()

    def _link(self) -> None:
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(self._cable.near.path)


class Adapter:
    """Between a Twisted transport and a recorder, which is an asyncio protocol."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def makeConnection(self, transport: Any) -> None:
        self._port = transport
        self._recorder.connection_made(self)

    def dataReceived(self, data: bytes) -> None:
        self._recorder.data_received(data)

    def connectionLost(self, reason: object) -> None:
        self._recorder.connection_lost(None)

    def write(self, data: bytes) -> None:
        self._port.write(data)

    def abort(self) -> None:
        self._port.abortConnection()


class LineRecorder(Recorder):
    """A terminal on a serial line."""

    resync = True
    speed = 5.0

    def __init__(
        self, serial: str, line: Line, reactor: IReactorFDSet, seed: str, epoch: int
    ) -> None:
        super().__init__(serial, 0, "", seed, epoch)
        self._line = line
        self._reactor = reactor

    async def _keep_dialling(self) -> None:
        while True:
            self._lost.clear()
            try:
                wanted = settings(self._line.far)
                device = open_device(wanted)
            except PortUnavailable:
                await asyncio.sleep(REDIAL_S)
                continue
            SerialPort(Adapter(self), device, self._reactor, PortCounts(), wanted.write_bytes)
            self.told.logins += 1
            await self._lost.wait()
            await asyncio.sleep(REDIAL_S)
