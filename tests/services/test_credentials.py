"""Who may prove its identity at all: failed proofs, lock-outs and sources that are shunned."""

from __future__ import annotations

from gateway.domain.events import (
    LoginFailed,
    LoginProved,
)
from gateway.domain.ids import Serial
from gateway.domain.requests import (
    Admit,
    CredentialGiven,
    Refusal,
    Refuse,
)
from gateway.domain.times import Instant
from tests.support.desks import Bench, run
from tests.support.reports import NOW
from tests.support.sessions import RecordingSession

SERIAL = Serial("YLS-00000001")


def fail(bench: Bench, peer: str, *serials: Serial) -> None:
    for serial in serials:
        bench.services.desk.login_failed(LoginFailed(serial=serial, reason="tag"), peer, NOW)


def test_failed_proofs_lock_the_source_out_of_that_serial() -> None:
    async def body(bench: Bench) -> None:
        desk = bench.services.desk
        secret, none = CredentialGiven(secret=bytes([1]) * 32), CredentialGiven(secret=None)
        assert desk.credential(SERIAL, "192.0.2.9", NOW) == secret
        fail(bench, "192.0.2.9", *[SERIAL] * 5)
        told = [line["locked_out"] for line in bench.log.named("device.login_failed")]
        assert told == [False] * 4 + [True]
        assert desk.credential(SERIAL, "192.0.2.9", NOW) == Refuse(reason=Refusal.LOCKED_OUT)
        assert desk.credential(SERIAL, "192.0.2.1", NOW) == secret
        assert desk.credential(Serial("nobody"), "192.0.2.9", NOW) == none
        logins = bench.services.common.tally.logins
        assert (logins["bad_credential"], logins["locked_out"]) == (5, 1)

    run(body)


def test_an_unknown_terminal_is_locked_out_as_a_known_one_is() -> None:
    async def body(bench: Bench) -> None:
        fail(bench, "192.0.2.9", *[Serial("nobody")] * 5)
        answer = bench.services.desk.credential(Serial("nobody"), "192.0.2.9", NOW)
        assert answer == Refuse(reason=Refusal.LOCKED_OUT)
        assert not bench.log.named("device.login_failed")[4]["known"]

    run(body)


def test_a_source_that_failed_too_often_is_shunned_and_named_once() -> None:
    async def body(bench: Bench) -> None:
        desk = bench.services.desk
        fail(bench, "192.0.2.9", *(Serial(f"S-{n // 5}") for n in range(19)))
        assert not desk.shuns("192.0.2.9", NOW)
        fail(bench, "192.0.2.9", Serial("S-4"), Serial("S-5"))
        assert desk.shuns("192.0.2.9", NOW)
        assert not desk.shuns("192.0.2.1", NOW)
        assert desk.credential(SERIAL, "192.0.2.9", NOW) is None
        assert bench.log.named("source.locked_out") == [{"source": "192.0.2.9", "window_s": 600.0}]
        assert not desk.shuns("192.0.2.9", Instant(NOW.mono + 601, NOW.wall))

    run(body)


def test_a_proof_that_needed_no_secret_does_not_get_past_a_lock_out() -> None:
    async def body(bench: Bench) -> None:
        fail(bench, "192.0.2.9", *[SERIAL] * 5)
        proof = LoginProved(serial=SERIAL, model="FACE-IRIS-A")
        locked, free = RecordingSession(), RecordingSession()
        bench.services.desk.login(locked, proof, "192.0.2.9", NOW)
        bench.services.desk.login(free, proof, "192.0.2.1", NOW)
        assert locked.submitted == [Refuse(reason=Refusal.LOCKED_OUT)]
        assert isinstance(free.submitted[0], Admit)

    run(body)
