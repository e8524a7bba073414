"""A scripted gateway: the answers of the worked vectors, for tests of the terminal's side."""

from __future__ import annotations

from gateway.codecs.api import Context
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import Frame, whole
from gateway.codecs.yls.login_device import DeviceConfig
from gateway.codecs.yls.registers import DIR
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.store import RecordStore

from gateway.domain.times import Instant
from tests.codecs.yls import vectors

NOW = Instant(500.0, vectors.BASE)
V1_CONFIG = DeviceConfig(
    serial=vectors.SERIAL, key=vectors.KEY, model="FACE-IRIS-A", firmware="1.0.3"
)


def v1_store() -> RecordStore:
    """A store with 1204 records, all there."""
    store = RecordStore(vectors.EPOCH)
    for _ in range(1204):
        store.record(Draft(time_ms=vectors.BASE))
    return store


def context(**settings: int | bool) -> Context:
    return Context(entropy=lambda size: vectors.NONCE_D[:size], settings=settings)


class Server:
    """A scripted gateway that logs the device of the vectors in."""

    def __init__(self, *, online: bool = True) -> None:
        self.now = NOW
        self.store = v1_store()
        self.device = YlsDevice(V1_CONFIG, context(), self.store)
        self.seal = Seal(vectors.KMAC, vectors.KENC, sid=vectors.SESSION, direction=DIR, bare=False)
        self.device.start(NOW)
        self.hello = self.device.output()
        if online:
            self.device.feed(vectors.V2, NOW)
            self.auth = self.device.output()
            self.told = self.device.feed(vectors.V4, NOW)

    def sent(self) -> list[Frame]:
        data, found = self.device.output(), []
        while data:
            size = int.from_bytes(data[14:16], "big") + 20
            frame = whole(data[:size], 4092)
            assert frame is not None
            found.append(frame)
            data = data[size:]
        return found

    def say(self, flags: int, command: int, seq: int, body: bytes) -> list[object]:
        return list(self.device.feed(self.seal.pack(flags, command, seq, body), self.now))
