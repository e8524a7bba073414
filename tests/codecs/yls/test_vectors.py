"""All worked vectors, written by the code that runs and read by the other side, to the byte."""

from __future__ import annotations

import pytest
from gateway.codecs.yls.acks import Ledger
from gateway.codecs.yls.body import RESULT_OK, Body, put, put_number
from gateway.codecs.yls.device_events import Closed
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import as_duplicate, close, marked, pack, parse, whole
from gateway.codecs.yls.inquiry import read_inquiry, write_decision
from gateway.codecs.yls.orders import Order
from gateway.codecs.yls.registers import (
    DIR,
    DUP,
    ENC,
    GRANT,
    MAC,
    OW,
    RSP,
    Command,
    Tlv,
)
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.status import StatusReport

from gateway.domain.commands import DoorAction, DoorCommand
from gateway.domain.events import StoredSeries
from gateway.domain.ids import Receipt, Ticket
from gateway.domain.requests import HeldSeries
from gateway.domain.times import Instant
from gateway.domain.verification import Granted
from tests.codecs.yls import vectors as v
from tests.codecs.yls.scripted import V1_CONFIG, Server
from tests.codecs.yls.terminal import Terminal

ALL = [getattr(v, f"V{number}") for number in range(1, 15)]
NOW = Instant(0.0, v.BASE)


def seal(direction: int, *, bare: bool = False, address: int = 0) -> Seal:
    made = Seal(v.KMAC, v.KENC, sid=v.SESSION, direction=direction, bare=bare)
    made.address = address
    return made


@pytest.mark.parametrize("raw", ALL, ids=[f"V{n}" for n in range(1, 15)])
def test_a_vector_is_a_frame_and_the_frame_is_the_vector(raw: bytes) -> None:
    frame = whole(raw, 4092)
    assert frame is not None
    assert frame == parse(raw)
    assert pack(*frame[:6]) == raw


def test_the_login() -> None:
    store = StoredSeries(series=v.EPOCH, first=1, last=1204)
    assert V1_CONFIG.hello(v.NONCE_D, [store]) == v.V1
    terminal = Terminal()  # V2 and V3 are compared inside
    assert terminal.welcome == v.V4
    assert Server().auth == v.V3


def test_a_record_and_its_acknowledgement() -> None:
    draft = Draft(
        time_ms=v.BASE + 1234,
        person=10086,
        direction=1,
        method=3,
        score=9632,
        liveness=9871,
        temperature=3650,
        helmet=1,
    )
    reference = v.V5[v.V5.index(bytes.fromhex("002d0025")) : -10]
    body = b"".join(draft.encode(v.EPOCH, 1205)) + reference
    assert seal(0).pack(MAC, Command.REC_REALTIME, 7, body) == v.V5
    ledger = Ledger((HeldSeries(series=v.EPOCH, upto=1201),))
    ledger.hold(v.EPOCH, 1205, 1205)
    said = RESULT_OK + ledger.tell([(v.EPOCH, 1205, 1205)])
    assert seal(DIR).pack(RSP | MAC, Command.REC_REALTIME, 7, said) == v.V6


def test_a_verification_on_a_bus() -> None:
    inquiry = read_inquiry(v.V7[18:-10], protected=True, by_picture=False)
    device, server = seal(0, address=v.BUS_ADDRESS), seal(DIR, address=v.BUS_ADDRESS)
    asked = device.pack(MAC, Command.VERIFY_REQ, 9, inquiry.encode())
    assert marked(asked, GRANT) == v.V7
    granted = Granted(
        receipt=Receipt(1), claim="10086", score=0.941, prompt="张三 请通行", open_ms=3000
    )
    answer = server.pack(RSP | MAC, Command.VERIFY_REQ, 9, write_decision(granted))
    assert answer == v.V8
    assert server.open(parse(v.V7)) == inquiry.encode()
    assert device.open(parse(v.V8)) == write_decision(granted)


def test_an_order_a_poll_and_an_idle_answer() -> None:
    pulse = DoorCommand(ticket=Ticket(1), door=1, action=DoorAction.PULSE, duration_ms=3000)
    server = seal(DIR, address=v.BUS_ADDRESS)
    raw = server.pack(MAC, Command.DOOR_CTRL, 41, Order(pulse, NOW).body(NOW))
    assert marked(raw, GRANT) == v.V9
    assert marked(server.pack(OW, Command.POLL, 42, b""), GRANT) == v.V10
    device = seal(0, address=v.BUS_ADDRESS)
    assert marked(device.pack(OW, Command.POLL, 10, b""), GRANT) == v.V11


def test_frames_inside_tls() -> None:
    status = StatusReport(
        uptime_s=86400,
        persons=5210,
        cpu_permille=37,
        free_ram_kib=812,
        free_store_permille=455,
        temperature_decidegrees=412,
        time_quality=1,
    )
    device = seal(0, bare=True)
    assert device.pack(0, Command.HEARTBEAT, 8, status.encode(3)) == v.V12
    chunk = (
        put_number(Tlv.BLOB_ID, 7, 4, critical=True)
        + put_number(Tlv.OFFSET, 1024, 4, critical=True)
        + put(Tlv.DATA, bytes.fromhex("ffd8ffe000104a46"), critical=True)
    )
    assert device.pack(0, Command.BLOB_DATA, 12, chunk) == v.V13


def test_an_encrypted_frame() -> None:
    assert seal(DIR).pack(ENC, Command.PERSON_PUT, 43, v.V14_PLAIN) == v.V14
    assert seal(0).open(parse(v.V14)) == v.V14_PLAIN
    assert Body(v.V14_PLAIN).number(Tlv.PERSON_REV, 4) == 77


class TestNegative:
    def test_n1_a_changed_header(self) -> None:
        raw = v.V11[:15] + b"\1" + v.V11[16:]
        assert whole(raw, 4092) is None
        assert raw[16:18] == bytes.fromhex("8e75")
        fresh = close(raw[:16], b"")
        assert fresh[16:18] == bytes.fromhex("0764")

    def test_n2_a_body_behind_another_header(self) -> None:
        assert whole(v.V10[:18] + v.V11[-2:], 4092) is None

    @pytest.mark.parametrize(
        "raw",
        [v.V10[:15] + b"\1" + v.V10[16:], v.V10[:18] + v.V11[-2:]],
        ids=["N1", "N2"],
    )
    def test_a_terminal_on_tcp_gives_up_a_stream_out_of_step(self, raw: bytes) -> None:
        server = Server()
        server.sent()
        (closed,) = server.device.feed(raw, server.now)
        assert closed == Closed(reason="header" if raw[15] else "checksum")
        assert server.device.feed(v.V4, server.now) == []

    def test_n4_a_duplicate_keeps_its_mac(self) -> None:
        again = as_duplicate(v.V9)
        assert again[3] == v.V9[3] | DUP == 0xAC
        assert seal(0, address=v.BUS_ADDRESS).open(parse(again)) == v.V9[18:-10]

    def test_n5_another_person(self) -> None:
        body = v.V5[18:-2].replace(bytes.fromhex("00002766"), bytes.fromhex("00002767"))
        assert seal(DIR).open(parse(close(v.V5[:16], body))) is None

    @pytest.mark.parametrize("raw", [v.V1, v.V5, v.V7, v.V9, v.V10, v.V14])
    def test_every_flipped_bit_is_refused(self, raw: bytes) -> None:
        for bit in range(len(raw) * 8):
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            assert whole(bytes(changed), 4092) is None
