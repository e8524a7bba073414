from __future__ import annotations

from gateway.monitoring.health import Finding, Health


def test_nothing_registered_is_well() -> None:
    assert Health().readiness().ok
    assert Health().liveness().ok


def test_readiness_includes_liveness_but_not_the_reverse() -> None:
    health = Health()
    health.live_while("loop", lambda: None)
    health.ready_while("store", lambda: "no answer for 3 s")
    assert health.liveness().ok
    report = health.readiness()
    assert not report.ok
    assert report.findings == (
        Finding(name="loop"),
        Finding(name="store", reason="no answer for 3 s"),
    )
    assert report.reasons == (Finding(name="store", reason="no answer for 3 s"),)


def test_answers_are_asked_anew_each_time() -> None:
    reasons: list[str | None] = ["starting", None]
    health = Health()
    health.ready_while("store", lambda: reasons.pop(0))
    assert [health.readiness().ok, health.readiness().ok] == [False, True]


def test_a_check_that_fails_is_a_reason() -> None:
    health = Health()
    health.ready_while("store", lambda: str(1 / 0))
    assert health.readiness().reasons == (
        Finding(name="store", reason="the check itself failed: ZeroDivisionError"),
    )


def test_a_note_changes_no_verdict() -> None:
    health = Health()
    health.ready_while("store", lambda: None)
    health.note("codecs", lambda: "acme cannot be imported")
    health.note("quiet", lambda: None)
    report = health.readiness()
    assert report.ok
    assert report.notes == (Finding(name="codecs", reason="acme cannot be imported"),)
    assert health.liveness().notes == ()
