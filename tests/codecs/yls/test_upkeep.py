"""Status, logs, firmware and keys: what the gateway asks for and terminals take."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from gateway.codecs.yls import layout
from gateway.codecs.yls.bench import MAKER
from gateway.codecs.yls.body import Refused, put
from gateway.codecs.yls.chores import TellFault, TellStatus
from gateway.codecs.yls.device_events import Closed, KeyReceived, ObjectReceived
from gateway.codecs.yls.firmware import FirmwareBank
from gateway.codecs.yls.keys import read_key, read_qr_keys, write_key, write_qr_keys
from gateway.codecs.yls.manifest import Manifest, order, read_manifest
from gateway.codecs.yls.registers import Blob, Tlv
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.status import StatusReport
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.commands import CommandOutcome, Outcome
from gateway.domain.events import BlobCompleted, BlobOffered, Event, Heartbeat
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import (
    ApplyFirmware,
    AskStatus,
    ChangeKey,
    FaultNoticed,
    FirmwareInstalled,
    FirmwareOffer,
    KeyKind,
    PutQrKeys,
    QrKey,
    StatusOutcome,
)
from gateway.domain.objects import ObjectKind, ObjectOutcome, PullLog, SendObject
from gateway.domain.requests import Accept, Request
from tests.codecs.yls.pair import CONFIG, Pair
from tests.codecs.yls.vectors import BASE, EPOCH

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
IMAGE = b"an image " * 300
DIGEST = hashlib.sha256(IMAGE).digest()
KEY = bytes(range(64, 96))
AT_ONCE = put(Tlv.SHA256, DIGEST) + put(Tlv.NOT_BEFORE, bytes(8))
AT_ONCE += put(Tlv.NOT_AFTER, b"\xff" * 8)


def manifest(**changes: object) -> Manifest:
    values: dict[str, object] = {
        "version": "1.1.0",
        "size": len(IMAGE),
        "digest": DIGEST,
        "hardware_mask": 1,
        "least_version": "1.0.0",
        "signature": bytes(64),
    }
    made = Manifest(**{**values, **changes})  # type: ignore[arg-type]
    return replace(made, signature=SECRET.sign(made.signed()))


def offer(made: Manifest) -> FirmwareOffer:
    return FirmwareOffer(
        ticket=Ticket(1),
        version=made.version,
        size=made.size,
        digest=made.digest,
        hardware_mask=made.hardware_mask,
        least_version=made.least_version,
        signature=made.signature,
    )


def bank() -> FirmwareBank:
    return FirmwareBank(version="1.0.3", maker=MAKER)


def ask(pair: Pair, request: Request) -> Event:
    pair.act(pair.server.submit(request, pair.now))
    pair.pump()
    return pair.events[-1]


def code(pair: Pair, request: Request) -> str:
    found = ask(pair, request)
    assert isinstance(found, CommandOutcome | ObjectOutcome)
    return found.code


class TestFirmware:
    def test_the_makers_public_key_is_that_of_the_transcripts(self) -> None:
        assert SECRET.public_key().public_bytes_raw() == MAKER

    @pytest.mark.parametrize(
        ("made", "result"),
        [
            (replace(manifest(), signature=bytes(64)), "FW_SIG"),
            (replace(manifest(), least_version="0.1"), "FW_SIG"),
            (replace(manifest(), size=1), "FW_SIG"),
            (manifest(hardware_mask=2), "FW_HW"),
            (manifest(version="1.0.3"), "FW_SAME"),
            (manifest(version="1.0.3.0"), "FW_SAME"),
            (manifest(version="0.8", least_version="0.1"), "FW_VERSION"),
            (manifest(version="1.1", least_version="1.2"), "FW_VERSION"),
            (manifest(version="newest"), "FW_VERSION"),
        ],
    )
    def test_an_offer_that_is_refused(self, made: Manifest, result: str) -> None:
        with pytest.raises(Refused, match=result):
            replace(bank(), floor="0.9").offer(made.encode())

    def test_a_bit_anywhere_in_the_manifest_breaks_the_signature(self) -> None:
        good = manifest()
        for field in ("version", "size", "digest", "hardware_mask", "least_version"):
            other = {"version": "1.1.1", "size": 3, "digest": bytes(32), "hardware_mask": 3}
            changed = replace(good, **{field: other.get(field, "1.0.1")})  # type: ignore[arg-type]
            assert not changed.genuine(MAKER)
        assert good.genuine(MAKER)
        assert not good.genuine(bytes(32))

    def test_the_signed_bytes_are_as_declared(self) -> None:
        declared = layout.FW_SIGNED.parse(manifest().signed())
        assert (declared.version, declared.least_version) == (b"1.1.0", b"1.0.0")
        assert (declared.size, declared.digest) == (len(IMAGE), DIGEST)

    def test_versions_cannot_be_shifted_into_each_other(self) -> None:
        one = manifest(version="1.1", least_version="1")
        two = manifest(version="1.11", least_version="")
        assert one.signed() != two.signed()

    def test_from_the_offer_to_the_login_with_the_new_version(self) -> None:
        station = Station(firmware=bank())
        assert station.firmware is not None
        pair = Pair(config=replace(CONFIG, max_frame=600), station=station).login()
        assert (
            code(
                pair,
                ApplyFirmware(
                    ticket=Ticket(2), digest=DIGEST, not_before_ms=0, not_after_ms=BASE + 9
                ),
            )
            == "blob_unknown"
        )
        image = SendObject(ticket=Ticket(3), kind=ObjectKind.FIRMWARE, data=IMAGE)
        assert code(pair, image) == "forbidden"
        assert code(pair, offer(manifest())) == "ok"
        assert code(pair, image) == "ok"
        assert ObjectReceived(kind=Blob.FIRMWARE, digest=DIGEST) in pair.told
        late = ApplyFirmware(
            ticket=Ticket(2), digest=DIGEST, not_before_ms=0, not_after_ms=BASE - 1
        )
        assert code(pair, late) == "expired"
        apply = ApplyFirmware(
            ticket=Ticket(4), digest=DIGEST, not_before_ms=BASE + 5000, not_after_ms=BASE + 9000
        )
        assert code(pair, apply) == "ok"
        assert pair.device.closing is None
        pair.wait(5)
        assert Closed(reason="upgrade") in pair.told
        station.firmware.restart()
        assert station.firmware.version == "1.1.0"
        again = Pair(station=station, seed="after").login()
        installed = again.events[-1]
        assert isinstance(installed, FirmwareInstalled)
        assert (installed.version, installed.applied) == ("1.1.0", True)
        assert station.firmware.floor == "1.0.0"
        again.act(again.server.submit(Accept(receipt=installed.receipt), again.now))
        again.pump()
        assert station.firmware.result is None

    def test_nobody_lets_it_in_so_it_goes_back(self) -> None:
        station = Station(firmware=bank())
        assert station.firmware is not None
        one = station.firmware
        one.offer(manifest().encode())
        one.apply(AT_ONCE, {DIGEST: (Blob.FIRMWARE, IMAGE)}, BASE)
        one.restart()
        one.watch(599.0)
        assert one.version == "1.1.0"
        one.watch(600.0)
        assert (one.version, one.floor) == ("1.0.3", "0")
        pair = Pair(station=station).login()
        installed = pair.events[-1]
        assert isinstance(installed, FirmwareInstalled)
        assert (installed.applied, installed.reason) == (False, "no login within 600 s")

    def test_an_image_that_changed_in_flash_is_not_started(self) -> None:
        one = bank()
        one.offer(manifest().encode())
        with pytest.raises(Refused, match="BLOB_DIGEST"):
            one.apply(AT_ONCE, {DIGEST: (Blob.FIRMWARE, IMAGE[:-1] + b"x")}, BASE)

    def test_the_signature_is_checked_again_before_it_starts(self) -> None:
        one = bank()
        one.offer(manifest().encode())
        assert one.offered is not None
        one.offered = replace(one.offered, signature=bytes(64))
        with pytest.raises(Refused, match="FW_SIG"):
            one.apply(AT_ONCE, {DIGEST: (Blob.FIRMWARE, IMAGE)}, BASE)

    def test_what_was_installed_once_is_the_floor(self) -> None:
        one = replace(bank(), version="1.2", floor="1.1")
        with pytest.raises(Refused, match="FW_VERSION"):
            one.offer(manifest(version="1.0.9", least_version="0.1").encode())

    @given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.data())
    def test_versions_are_ordered_as_numbers(self, parts: list[int], data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(parts) - 1))
        higher = [*parts[:at], parts[at] + 1]
        assert order(".".join(map(str, parts))) < order(".".join(map(str, higher)))

    @given(st.binary(max_size=200))
    def test_no_body_raises_anything_but_refused(self, tail: bytes) -> None:
        for body in (tail, manifest().encode() + tail):
            with suppress(Refused):
                read_manifest(body)
            with suppress(Refused):
                bank().offer(body)
            with suppress(Refused):
                bank().apply(body, {}, BASE)


class TestKeys:
    def test_a_key_needs_a_link_that_keeps_it(self) -> None:
        change = ChangeKey(ticket=Ticket(1), kind=KeyKind.DEVICE, key_id=2, key=KEY)
        plain = ask(Pair().login(), change)
        assert isinstance(plain, CommandOutcome)
        assert (plain.outcome, plain.code) == (Outcome.NOT_SENT, "forbidden")
        for pair in (Pair(secure=True), Pair(config=replace(CONFIG, encrypts=True))):
            assert code(pair.login(), change) == "ok"
            assert KeyReceived(kind=1, key_id=2, key=KEY) in pair.told

    def test_a_key_is_not_shown(self) -> None:
        change = ChangeKey(ticket=Ticket(1), kind=KeyKind.DEVICE, key_id=2, key=KEY)
        assert str(KEY) not in repr(change)
        assert str(KEY) not in repr(KeyReceived(kind=1, key_id=2, key=KEY))

    def test_keys_for_codes_replace_those_before(self) -> None:
        station = Station()
        pair = Pair(secure=True, station=station).login()
        keys = tuple(QrKey(key_id=n, from_ms=n, to_ms=n + 9, key=KEY) for n in (1, 2))
        assert code(pair, PutQrKeys(ticket=Ticket(1), keys=keys)) == "ok"
        assert station.qr_keys == keys
        assert code(pair, PutQrKeys(ticket=Ticket(1), keys=keys[:1])) == "ok"
        assert station.qr_keys == keys[:1]

    @given(st.sampled_from(KeyKind), st.integers(0, 255), st.binary(min_size=32, max_size=32))
    def test_a_key_is_as_declared(self, kind: KeyKind, number: int, key: bytes) -> None:
        body = write_key(kind, number, key)
        declared = layout.KEY_BLOB.parse(body[4:])
        assert (declared.kind, declared.id, declared.key) == (kind.value, number, key)
        assert read_key(body, protected=True) == (kind, number, key)
        with pytest.raises(Refused, match="FORBIDDEN"):
            read_key(body, protected=False)

    @given(st.integers(0, 255), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
    def test_a_key_for_codes_is_as_declared(self, number: int, first: int, last: int) -> None:
        one = QrKey(key_id=number, from_ms=first, to_ms=last, key=KEY)
        body = write_qr_keys((one,))
        declared = layout.QR_KEY.parse(body[4:])
        assert (declared.id, declared["from"], declared.to) == (number, first, last)
        assert read_qr_keys(body, protected=True) == (one,)

    @given(st.binary(max_size=80))
    def test_no_body_raises_anything_but_refused(self, body: bytes) -> None:
        with suppress(Refused):
            read_key(body, protected=True)
        with suppress(Refused):
            read_qr_keys(body, protected=True)


class TestHealth:
    def test_status_and_stores_on_request(self) -> None:
        pair = Pair().login()
        pair.device.status = StatusReport(persons=7)
        outcome = ask(pair, AskStatus(ticket=Ticket(1)))
        assert outcome == StatusOutcome(
            ticket=Ticket(1), outcome=Outcome.DONE, code="ok", stores=((EPOCH, 1, 0),)
        )
        beat = pair.events[-2]
        assert isinstance(beat, Heartbeat)
        assert beat.status is not None
        assert beat.status.persons == 7

    def test_a_log_is_named_and_then_fetched(self) -> None:
        station = Station(log=[(BASE + n, f"line {n}".encode()) for n in range(200)])
        pair = Pair(config=replace(CONFIG, max_frame=600), station=station).login()
        wish = PullLog(ticket=Ticket(1), from_ms=BASE + 10, to_ms=BASE + 99)
        pair.act(pair.server.submit(wish, pair.now))
        pair.pump()
        named = next(one for one in pair.events if isinstance(one, ObjectOutcome))
        (done,) = [one for one in pair.events if isinstance(one, BlobCompleted)]
        assert done.data == b"".join(b"line %d\n" % n for n in range(10, 100))
        assert (named.digest, named.size) == (done.digest, len(done.data))
        assert [one.kind for one in pair.events if isinstance(one, BlobOffered)] == ["log"]
        nothing = PullLog(ticket=Ticket(2), from_ms=0, to_ms=1)
        assert code(pair, nothing) == "blob_unknown"

    def test_a_fault_and_a_change_of_health_at_once(self) -> None:
        pair = Pair().login()
        pair.device.chore(TellFault(code=7, time_ms=BASE, text="camera"), pair.now)
        pair.device.chore(TellStatus(report=StatusReport(faults=1)), pair.now)
        pair.pump()
        fault, beat = pair.events[-2:]
        assert isinstance(fault, FaultNoticed)
        assert (fault.code, fault.text, fault.first_ms) == (7, "camera", BASE)
        assert isinstance(beat, Heartbeat)
        assert beat.status is not None
        assert beat.status.faults == {"camera"}
