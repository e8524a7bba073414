"""Make this terminal talk to us: what it can is read, what is changed is read back and tried."""

from __future__ import annotations

import re
from typing import Any

import pytest
from gateway.codecs.hikvision.isapi_device.habits import Habits, drawn
from gateway.codecs.hikvision.keys import password, token
from gateway.codecs.hikvision.route import read_route

from gateway.domain.commands import Outcome
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import Describe, DescriptionOutcome, Provision, Questions, Topic
from tests.codecs.hikvision.isapi.bench import Bench
from tests.codecs.hikvision.isapi.works import SECRET, Works, none, says

HOSTS = "/ISAPI/Event/notification/httpHosts"
OK = '<ResponseStatus xmlns="x"><statusCode>1</statusCode></ResponseStatus>'


def order(**more: Any) -> Provision:
    return Provision(
        **{"ticket": Ticket(3), "host": "192.0.2.5", "port": 7790, "secure": False, **more}
    )


def ended(works: Works, given: Provision, **settings: int) -> tuple[Outcome, str]:
    outcome = works.do(given, **settings)
    return outcome.outcome, outcome.code


@pytest.mark.parametrize("variant", range(8))
@pytest.mark.parametrize("questions", [None, *Questions])
def test_a_terminal_reports_to_us_whatever_its_firmware(
    variant: int, questions: Questions | None
) -> None:
    works = Works(Bench(drawn(str(variant))))
    outcome = works.do(order(questions=questions))
    assert isinstance(outcome, DescriptionOutcome)
    assert (outcome.outcome, outcome.code) == (Outcome.DONE, "ok"), outcome
    assert dict(outcome.facts)["trial"] == "ok"
    terminal = works.bench.terminal
    host = terminal.hosts.host
    assert (host["ipAddress"], host["portNo"], host["protocolType"]) == (
        "192.0.2.5",
        "7790",
        "HTTP",
    )
    assert (host["httpBroken"], host["checkResponseEnabled"]) == ("true", "true")
    assert terminal.hosts.tests == 1
    route = read_route(host["url"])
    assert route is not None
    assert (route.serial, route.token) == ("K51234567", token(SECRET))
    assert route.calls_back is (questions is Questions.CALLED_BACK)
    asks = terminal.setup.values["remoteCheckDoorEnabled"]
    assert asks is (questions in (Questions.ANSWERED, Questions.CALLED_BACK))
    assert all(call.repeatable for call in works.calls)


def test_questions_are_set_as_wanted_and_the_rest_is_left() -> None:
    works = Works()
    works.bench.terminal.setup.values |= {"remoteCheckVerifyMode": 2, "own": "kept"}
    works.do(order(questions=Questions.ANSWERED, patience_s=3))
    values = works.bench.terminal.setup.values
    assert values["checkChannelType"] == "ISAPIListen"
    assert values["remoteCheckWithISAPIListen"] == "sync"
    assert (values["remoteCheckTimeout"], values["remoteCheckVerifyMode"]) == (3, 2)
    assert values["own"] == "kept"
    route = read_route(works.bench.terminal.hosts.host["url"])
    assert route is not None
    assert route.patience_s == 3


def test_a_password_is_set_where_listening_asks_for_one() -> None:
    works = Works()
    works.do(order(), digest=1)
    (put,) = [call for call in works.calls if call.method == "PUT"]
    assert f"<password>{password(SECRET)}</password>".encode() in put.body
    assert works.bench.terminal.hosts.host["userName"] == "K51234567"
    assert works.bench.terminal.hosts.host["httpAuthenticationMethod"] == "MD5digest"
    works = Works()
    works.do(order())
    assert b"password" not in works.calls[3].body


def test_a_name_is_told_as_one() -> None:
    works = Works()
    works.do(order(host="gw.example", secure=True))
    host = works.bench.terminal.hosts.host
    assert (host["addressingFormatType"], host["hostName"]) == ("hostname", "gw.example")
    assert host["protocolType"] == "HTTPS"
    assert "ipAddress" not in host


def test_setting_up_twice_changes_nothing_and_takes_the_same_place() -> None:
    works = Works()
    works.do(order())
    first = dict(works.bench.terminal.hosts.host)
    works.do(order())
    assert works.bench.terminal.hosts.host == first


def test_another_terminal_behind_the_address_is_not_made_ours() -> None:
    works = Works()
    plate = (
        "<DeviceInfo><serialNumber>DS-K1T671M20240101V030230ENK59999999</serialNumber></DeviceInfo>"
    )
    works.own["GET /ISAPI/System/deviceInfo"] = says(plate)
    assert ended(works, order()) == (Outcome.REFUSED, "other_device")
    assert len(works.calls) == 1
    assert ended(works, order(whoever=True)) == (Outcome.DONE, "ok")


def test_a_host_of_somebody_else_is_replaced_only_if_that_is_meant() -> None:
    works = Works()
    works.bench.terminal.hosts.host |= {"url": "/other", "ipAddress": "192.0.2.99"}
    outcome = works.do(order())
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "host_taken")
    assert "192.0.2.99" in outcome.said
    assert works.bench.terminal.hosts.host["url"] == "/other"
    assert ended(works, order(replace=True)) == (Outcome.DONE, "ok")
    assert works.bench.terminal.hosts.host["ipAddress"] == "192.0.2.5"


def test_what_a_terminal_does_not_list_is_not_sent_to_it() -> None:
    bare = "<HttpHostNotificationCap><hostNumber>1</hostNumber></HttpHostNotificationCap>"
    works = Works(own={f"GET {HOSTS}/capabilities": says(bare)})
    del works.bench.terminal.hosts.host["httpBroken"]
    works.do(order())
    (put,) = [call for call in works.calls if call.method == "PUT"]
    assert b"<url>" in put.body
    for name in (b"httpBroken", b"checkResponseEnabled", b"SubscribeEvent", b"uploadImages"):
        assert name not in put.body


def test_heartbeats_are_asked_for_where_they_are_listed() -> None:
    listed = '<Cap><SubscribeEvent><heartbeat min="0" max="180"/></SubscribeEvent></Cap>'
    works = Works(own={f"GET {HOSTS}/capabilities": says(listed)})
    works.do(order())
    (put,) = [call for call in works.calls if call.method == "PUT"]
    assert b"<SubscribeEvent><heartbeat>30</heartbeat><eventMode>all</eventMode>" in put.body


def test_members_go_in_the_makers_order() -> None:
    works = Works()
    works.do(order(), digest=1)
    (put,) = [call for call in works.calls if call.method == "PUT"]
    names = re.findall(rb"<([A-Za-z]+)>", put.body)
    assert names[:4] == [b"id", b"url", b"protocolType", b"parameterFormatType"]
    assert names.index(b"password") == names.index(b"userName") + 1
    assert names.index(b"httpBroken") < names.index(b"checkResponseEnabled")


@pytest.mark.parametrize(
    ("habits", "given", "code"),
    [
        (Habits(hosts=False), {}, "unsupported"),
        (Habits(sync=False), {"questions": Questions.ANSWERED}, "unsupported"),
    ],
)
def test_what_the_model_cannot_do_is_told(habits: Habits, given: dict[str, Any], code: str) -> None:
    outcome = Works(Bench(habits)).do(order(**given))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, code)
    assert outcome.said


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({f"GET {HOSTS}/capabilities": '<C><protocolType opt="EHome"/></C>'}, "unsupported"),
        ({f"PUT {HOSTS}": OK}, "not_applied"),
    ],
)
def test_a_yes_is_not_believed(own: dict[str, str], code: str) -> None:
    works = Works(own={line: says(body) for line, body in own.items()})
    assert ended(works, order()) == (Outcome.REFUSED, code)


def test_settings_that_do_not_stick_are_told() -> None:
    works = Works(own={"PUT /ISAPI/AccessControl/AcsCfg": says('{"statusCode":1}')})
    outcome = works.do(order(questions=Questions.ANSWERED))
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "not_applied")
    assert "checkChannelType" in outcome.said


def trial(said: str) -> str:
    return f"<HttpHostTestResult><errorDescription>{said}</errorDescription></HttpHostTestResult>"


def status(number: int, sub: str = "") -> str:
    inner = f"<statusCode>{number}</statusCode><subStatusCode>{sub}</subStatusCode>"
    return f"<ResponseStatus>{inner}</ResponseStatus>"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (trial("ok"), "ok"),
        (OK, "ok"),
        (status(4, "notSupport"), "ok"),
        (trial("connection refused"), "trial_failed"),
        (status(3), "trial_failed"),
    ],
)
def test_whether_it_reaches_us_is_tried(said: str, code: str) -> None:
    works = Works(own={f"POST {HOSTS}/1/test": says(said)})
    assert works.do(order()).code == code


def test_a_trial_without_an_answer_is_no_success() -> None:
    works = Works(own={f"POST {HOSTS}/1/test": none("slow", arrived=True)})
    outcome = works.do(order())
    assert (outcome.outcome, outcome.code) == (Outcome.REFUSED, "trial_failed")
    assert "it is set" in outcome.said


def test_without_a_key_there_is_no_path() -> None:
    works = Works()
    errand = works.errand(order(), {}, secret=None)
    with pytest.raises(StopIteration) as stopped:
        next(errand)
    assert stopped.value.value.code == "no_key"


@pytest.mark.parametrize("topic", list(Topic))
def test_what_a_terminal_tells_of_itself_has_no_secrets(topic: Topic) -> None:
    works = Works()
    works.do(order(questions=Questions.ANSWERED), digest=1)
    outcome = works.do(Describe(ticket=Ticket(1), topic=topic))
    assert isinstance(outcome, DescriptionOutcome)
    assert outcome.outcome is Outcome.DONE
    assert outcome.facts
    said = repr(outcome)
    assert token(SECRET) not in said
    assert password(SECRET) not in said


def test_a_terminal_that_tells_very_much_is_cut_short() -> None:
    many = "".join(f"<a{at}>x</a{at}>" for at in range(500))
    works = Works(own={"GET /ISAPI/System/deviceInfo": says(f"<DeviceInfo>{many}</DeviceInfo>")})
    outcome = works.do(Describe(ticket=Ticket(1), topic=Topic.IDENTITY))
    assert isinstance(outcome, DescriptionOutcome)
    assert len(outcome.facts) == 100
