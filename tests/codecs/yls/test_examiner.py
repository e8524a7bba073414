"""The examination of a terminal: an honest one passes, and each fault is found where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from gateway.codecs.api import Context
from gateway.codecs.kit.exam import Candidate
from gateway.codecs.kit.report import Report, Verdict
from gateway.codecs.yls import panel, people
from gateway.codecs.yls.clauses import CLAUSES
from gateway.codecs.yls.crowd import Crowd
from gateway.codecs.yls.device import YlsDevice
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.examiner import YlsExaminer
from gateway.codecs.yls.order import Received
from gateway.codecs.yls.people import PeopleStore
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.store import RecordStore

from gateway.domain.times import Instant
from tests.codecs.yls.pair import CONFIG, entropy
from tests.codecs.yls.vectors import BASE, EPOCH, KEY

HANDS = {
    "nothing acknowledged is lost in a power cut",
    "a formatted store begins a new epoch",
    "without an answer in time the fallback decides",
    "a serial line is found again after noise",
    "turns on a bus are kept",
}


class Site:
    """A terminal that dials again whenever its connection ends, and a clock that the test moves."""

    def __init__(self, *, key: bytes = KEY, doors: bool = True, keeps_people: bool = True) -> None:
        self.config = replace(CONFIG, key=key, encrypts=True)
        self.store = RecordStore(EPOCH)
        self.station = Station(people=PeopleStore() if keeps_people else None)
        candidate = Candidate(secret=KEY, entropy=entropy("examiner"), move_doors=doors)
        self.examiner = YlsExaminer(candidate, CLAUSES)
        self.draw = entropy("device")
        self.now = Instant(100.0, BASE)

    def run(self, connections: int = 12) -> Report:
        for _ in range(connections):
            if self.examiner.done:
                break
            self.connection()
        return self.examiner.report()

    def connection(self) -> None:
        device = YlsDevice(self.config, Context(entropy=self.draw), self.store, self.station)
        self.examiner.connected(self.now)
        device.start(self.now)
        while True:
            up = device.output()
            if up:
                self.examiner.feed(up, self.now)
            down = self.examiner.pieces()
            for piece in down:
                device.feed(piece, self.now)
            if self.examiner.hang_up or device.closing is not None:
                break
            if not up and not down:
                self.wait(device)
        self.examiner.lost(self.now)

    def wait(self, device: YlsDevice) -> None:
        self.now = Instant(self.now.mono + 0.5, self.now.wall + 500)
        due = device.deadline()
        if due is not None and due <= self.now.mono:
            device.tick(self.now)
        if self.examiner.withhold and not self.examiner.records:
            device.record(Draft(time_ms=self.now.wall), self.now)  # somebody passes
        self.examiner.tick(self.now)


def verdicts(report: Report) -> dict[str, Verdict]:
    return {one.title: one.verdict for one in report.findings}


def failed(report: Report) -> set[str]:
    return {one.title for one in report.findings if one.verdict is Verdict.FAILED}


def test_the_reference_passes_everything_that_needs_no_hands() -> None:
    site = Site()
    report = site.run()
    assert failed(report) == set(), report.text()
    missing = {t for t, verdict in verdicts(report).items() if verdict is Verdict.NOT_EXERCISED}
    assert missing == HANDS
    assert len(report.findings) == len(CLAUSES)
    assert site.station.panel.doors[1].pulses == 1
    assert "passed" in report.text()


def test_it_can_be_examined_twice() -> None:
    site = Site()
    site.run()
    candidate = Candidate(secret=KEY, entropy=entropy("again"))
    site.examiner = YlsExaminer(candidate, CLAUSES)
    report = site.run()
    assert failed(report) == set(), report.text()
    assert site.station.panel.doors[1].pulses == 1  # doors were not allowed this time


def test_what_a_terminal_cannot_is_not_exercised() -> None:
    report = Site(keeps_people=False).run()
    assert failed(report) == set()
    found = verdicts(report)
    title = "people come, go and are not resurrected"
    assert found[title] is Verdict.NOT_EXERCISED


def test_a_wrong_key_ends_it_before_anything_is_tried() -> None:
    site = Site(key=bytes(32))
    report = site.run(2)
    assert failed(report) == {"the terminal proves that it has its key"}
    assert not report.passed


def broken(
    monkeypatch: pytest.MonkeyPatch, where: object, name: str, new: Callable[..., object]
) -> set[str]:
    monkeypatch.setattr(where, name, new)
    return failed(Site().run())


def test_a_door_that_opens_too_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = broken(monkeypatch, panel, "check_expiry", lambda fields, now_ms: None)
    assert found == {"a door order is refused when it is too late or too long"}


def test_a_replay_that_is_carried_out_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Received.judge

    def forgetful(self: Received, seq: int) -> int:
        judge(self, seq)
        return 0

    found = broken(monkeypatch, Received, "judge", forgetful)
    assert "a number far below the last is a replay" in found


def test_a_terminal_that_believes_every_frame_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Seal.open

    def gullible(self: Seal, frame: object) -> bytes | None:
        body = opened(self, frame)  # type: ignore[arg-type]
        return body if body is not None else frame.body[: -8 * bool(frame.flags & 8) or None]  # type: ignore[attr-defined]

    found = broken(monkeypatch, Seal, "open", gullible)
    assert {
        "a frame with a broken MAC is not carried out",
        "a frame without a seal is not carried out",
    } <= found


def test_somebody_who_comes_back_after_leaving_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = broken(monkeypatch, people.PeopleStore, "_known", lambda self, number: 0)
    assert "people come, go and are not resurrected" in found


def test_a_digest_that_does_not_follow_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = broken(monkeypatch, Crowd, "buckets", lambda self: bytes(4096))
    assert "the bucket of a person changes by that person's mark" in found


def test_a_record_that_comes_again_changed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = RecordStore.waiting

    def changing(self: RecordStore) -> object:
        for key, kept in waiting(self):
            yield key, kept._replace(body=kept.body.replace(b"\x7f\xff", b"\x7f\xfe"))

    found = broken(monkeypatch, RecordStore, "waiting", changing)
    assert found == {"a record that was put off comes again, unchanged"}
