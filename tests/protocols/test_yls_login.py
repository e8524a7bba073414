"""The bounds of a stranger, met by the terminals of our own protocol."""

from __future__ import annotations

import pytest
from gateway.codecs.yls.body import put
from gateway.codecs.yls.dialect import DIALECT
from gateway.codecs.yls.frame import HEADER, pack
from gateway.codecs.yls.handshake import agree, transcript
from gateway.codecs.yls.limits import FRAME_BEFORE_LOGIN
from gateway.codecs.yls.registers import Command, Tlv

from gateway.domain.events import LoginProved
from gateway.domain.ids import DeviceId
from gateway.domain.ports import SessionHandle
from gateway.domain.requests import Admit, CredentialGiven
from tests.codecs.yls import vectors
from tests.support.network import FakeDesk, bench, run, soon

LATER = 0x7001
"""An element that nobody knows."""


class Desk(FakeDesk):
    """Knows the device of the worked vectors."""

    def credential(self, *_: object) -> CredentialGiven:
        return CredentialGiven(secret=vectors.KEY)

    def admit(self, session: SessionHandle, event: LoginProved, heartbeat_s: int = 30) -> None:
        session.device = DeviceId(7)
        session.submit(Admit(session=7, heartbeat_s=heartbeat_s))


@pytest.mark.parametrize(("size", "admitted"), [(FRAME_BEFORE_LOGIN, True), (513, False)])
def test_the_largest_hello_and_its_auth_are_let_in(size: int, admitted: bool) -> None:
    async def main() -> None:
        async with bench(DIALECT, desk=Desk()) as b:
            caller = await b.call()
            filler = put(LATER, bytes(size - len(vectors.V1) - 4))
            hello = pack(0, 0, Command.HELLO, 1, 0, vectors.V1[HEADER:-2] + filler)
            assert len(hello) == size
            caller.writer.write(hello)
            if not admitted:
                assert await caller.ended() == b""
                return
            reply = await soon(caller.reader.readexactly(len(vectors.V2)))
            proof = agree(vectors.KEY, transcript(hello, reply, b"")).device_tag
            auth = put(Tlv.AUTH_TAG, proof, critical=True)
            caller.writer.write(pack(0, 0, Command.AUTH, 2, 0, auth))
            welcome = await soon(caller.reader.readexactly(HEADER))
            assert welcome[12:14] == b"\x00\x07"

    run(main)
