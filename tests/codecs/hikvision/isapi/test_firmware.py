"""An image is brought once, watched, and asked for afterwards."""

from __future__ import annotations

import pytest
from gateway.codecs.errand import Answer, Call, NoAnswer

from gateway.domain.commands import Outcome
from gateway.domain.ids import Ticket
from gateway.domain.objects import ObjectKind, SendObject
from tests.codecs.hikvision.isapi.bench import Bench
from tests.codecs.hikvision.isapi.carrier import Carrier

NEWER = b"HIKFW V4.0.1\n" + bytes(3000)


def image(data: bytes = NEWER) -> SendObject:
    return SendObject(ticket=Ticket(7), kind=ObjectKind.FIRMWARE, data=data)


def test_an_image_is_installed_and_the_terminal_says_what_it_runs() -> None:
    bench = Bench()
    carrier = Carrier(bench)
    outcome = carrier.run(image())
    assert (outcome.outcome, outcome.said) == (Outcome.DONE, "V3.2.30, now V4.0.1")
    assert bench.terminal.system.version == "V4.0.1"
    assert carrier.targets().count("POST /ISAPI/System/updateFirmware") == 1
    assert carrier.targets().count("PUT /ISAPI/System/reboot") == 1
    assert carrier.targets().count("GET /ISAPI/System/upgradeStatus") == 5


def test_what_the_terminal_takes_for_no_image_is_refused_and_nothing_restarts() -> None:
    carrier = Carrier(Bench())
    outcome = carrier.run(image(b"no image"))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "bad_value")
    assert "PUT /ISAPI/System/reboot" not in carrier.targets()


def test_an_image_of_what_runs_already_changes_nothing_and_says_so() -> None:
    outcome = Carrier(Bench()).run(image(b"HIKFW V3.2.30\n"))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "not_applied")


@pytest.mark.parametrize(
    ("where", "code"), [("upgradeStatus", "cut"), ("deviceInfo", "unreachable")]
)
def test_once_the_image_is_there_a_lost_answer_leaves_the_outcome_open(
    where: str, code: str
) -> None:
    sent: list[str] = []

    def twist(call: Call) -> Answer | NoAnswer | None:
        sent.append(call.target)
        begun = any("updateFirmware" in one for one in sent)
        lost = begun and where in call.target
        return NoAnswer(reason=code, arrived=False) if lost else None

    outcome = Carrier(Bench(), twist).run(image())
    assert (outcome.outcome, outcome.code) == (Outcome.UNANSWERED, code)


def test_an_image_that_may_have_arrived_is_not_brought_again() -> None:
    def twist(call: Call) -> NoAnswer | None:
        return NoAnswer(reason="cut", arrived=True) if call.method == "POST" else None

    carrier = Carrier(Bench(), twist)
    outcome = carrier.run(image())
    assert outcome.outcome is Outcome.UNANSWERED
    assert not next(call for call in carrier.calls if call.method == "POST").repeatable
