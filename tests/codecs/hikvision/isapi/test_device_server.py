"""The web server of a simulated terminal: who may use it, and what it says like a real one."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from gateway.codecs.hikvision.device_events import Occurrence
from gateway.codecs.hikvision.isapi_device.access import Access, Account
from gateway.codecs.hikvision.isapi_device.habits import NAMESPACES, Habits, drawn
from gateway.codecs.hikvision.isapi_device.stream import HEAD
from gateway.codecs.http.digest import authorise

from gateway.domain.times import Instant
from tests.codecs.hikvision.isapi.bench import ADMIN, Bench, login, request
from tests.codecs.hikvision.vectors import VECTORS, body_of

INFO = "/ISAPI/System/deviceInfo"
STREAM = "/ISAPI/Event/notification/alertStream"
SEARCH = "/ISAPI/AccessControl/AcsEvent?format=json"


def conditions(**more: object) -> dict[str, object]:
    basic = {"searchID": "gw-1", "searchResultPosition": 0, "maxResults": 30}
    return {"AcsEventCond": {**basic, "major": 0, "minor": 0, **more}}


def test_the_challenge_is_the_vectors_to_the_byte() -> None:
    bench = Bench()
    nonce = bytes.fromhex("4d6a49354f5459344e7a51365a6a6b354e6a5a6c")
    bench.server.access = Access(Account(), Habits(), lambda _: b64decode(nonce))
    connection = bench.connect()
    connection.feed(request("PUT", "/ISAPI/AccessControl/remoteCheck", b""), bench.now)
    assert connection.output() == VECTORS["C4a"]


def test_a_verdict_by_request_is_taken_and_answered_as_in_the_vectors() -> None:
    bench = Bench(asynchronous=True, first_serial=1867)
    nonce = bytes.fromhex("4d6a49354f5459344e7a51365a6a6b354e6a5a6c")
    bench.server.access = Access(Account(), Habits(), lambda _: b64decode(nonce))
    bench.device.connected(bench.now)
    bench.passes(remoteCheck=True)
    bench.device.feed(VECTORS["C1r"], bench.now)
    connection = bench.connect()
    assert bench.talk(connection, "PUT", "/ISAPI/AccessControl/remoteCheck").status == 401
    connection.feed(VECTORS["C4b"], bench.now)
    assert connection.output() == VECTORS["C4c"]
    minors = [one.values["AccessControllerEvent"]["subEventType"] for one in bench.device.memory]
    assert minors == [75, 0x15, 0x16]


@pytest.mark.parametrize(("serial", "after"), [(1866, 1.0), (1867, 6.0)])
def test_nobody_waits_for_another_verdict_or_a_late_one(serial: int, after: float) -> None:
    bench = Bench(asynchronous=True, first_serial=1867)
    bench.device.connected(bench.now)
    bench.passes(remoteCheck=True)
    bench.device.feed(VECTORS["C1r"], bench.now)
    bench.later(after)
    said = {"RemoteCheck": {"serialNo": serial, "checkResult": "success"}}
    answer = bench.ask("PUT", "/ISAPI/AccessControl/remoteCheck?format=json", said)
    assert (answer.status, answer.sub) == (403, "invalidOperation")


def test_the_right_password_opens_and_wrong_ones_lock_the_account_for_half_an_hour() -> None:
    bench = Bench()
    assert b"K51234567" in bench.ask("GET", INFO).body
    connection = bench.connect()
    challenge = bench.talk(connection, "GET", INFO).headers["www-authenticate"]
    for left in (4, 3, 2, 1, 0):
        wrong = authorise(challenge, login(password="no"), ("GET", INFO), "c", 1)
        answer = bench.talk(connection, "GET", INFO, proof=wrong)
        assert answer.status == 401
        assert f"<retryLoginTime>{left}<".encode() in answer.body
    assert b"<lockStatus>lock<" in answer.body
    bench.later(1799)
    right = authorise(challenge, ADMIN, ("GET", INFO), "c", 1)
    assert bench.talk(bench.connect(), "GET", INFO, proof=right).status == 401
    bench.later(2)
    assert bench.talk(bench.connect(), "GET", INFO, proof=right).status == 200


def test_a_nonce_that_is_used_up_is_stale_and_costs_no_try() -> None:
    bench = Bench(Habits(nonce_uses=1))
    connection = bench.connect()
    challenge = bench.talk(connection, "GET", INFO).headers["www-authenticate"]
    proofs = [authorise(challenge, ADMIN, ("GET", INFO), "c", count) for count in (1, 2)]
    assert bench.talk(connection, "GET", INFO, proof=proofs[0]).status == 200
    stale = bench.talk(connection, "GET", INFO, proof=proofs[1])
    assert stale.status == 401
    assert 'stale="TRUE"' in stale.headers["www-authenticate"]
    assert bench.server.access.tries_left == 5


def test_a_proof_for_another_target_or_used_twice_opens_nothing() -> None:
    bench = Bench()
    connection = bench.connect()
    challenge = bench.talk(connection, "GET", INFO).headers["www-authenticate"]
    proof = authorise(challenge, ADMIN, ("GET", INFO), "c", 1)
    assert bench.talk(connection, "GET", "/ISAPI/System/time", proof=proof).status == 401
    assert bench.talk(connection, "GET", INFO, proof=proof).status == 200
    assert bench.talk(connection, "GET", INFO, proof=proof).status == 401


def test_sha_256_is_offered_first_where_the_firmware_has_it() -> None:
    bench = Bench(Habits(algorithms=("SHA-256", "MD5")))
    challenge = bench.talk(bench.connect(), "GET", INFO).headers["www-authenticate"]
    assert "algorithm=SHA-256" in challenge
    assert bench.ask("GET", INFO).status == 200


def test_a_search_finds_what_was_reported_and_gives_it_in_the_vectors_form() -> None:
    bench = Bench(first_serial=1864)
    known = json.loads(body_of(VECTORS["C12b"]))["AcsEvent"]["InfoList"]
    for one in known:
        inner = {"majorEventType": one["major"], "subEventType": one["minor"]}
        kept = {key: value for key, value in one.items() if key not in ("major", "minor", "time")}
        text = json.dumps({**inner, **kept, "serialNo": None, "currentEvent": None})
        bench.happen(Occurrence(time=one["time"], inner=text))
    connection = bench.connect()
    target, body = SEARCH, body_of(VECTORS["C12a"])
    challenge = bench.talk(connection, "POST", target).headers["www-authenticate"]
    proof = authorise(challenge, ADMIN, ("POST", target), "c", 1)
    connection.feed(request("POST", target, body, "application/json", proof), bench.now)
    assert connection.output() == VECTORS["C12b"]


def test_a_search_goes_in_pages_of_the_terminals_size_whatever_was_asked_for() -> None:
    bench = Bench(Habits(page=10))
    for _ in range(24):
        bench.passes()
    start, sizes, states = 0, list[int](), list[str]()
    while not states or states[-1] == "MORE":
        wanted = conditions(searchResultPosition=start, maxResults=500)
        told = bench.ask("POST", SEARCH, wanted).json["AcsEvent"]
        sizes.append(told["numOfMatches"])
        states.append(told["responseStatusStrg"])
        start += told["numOfMatches"]
    assert (sizes, states) == ([10, 10, 4], ["MORE", "MORE", "OK"])
    assert told["totalMatches"] == 24


@pytest.mark.parametrize("nothing", ["NO MATCH", "NO_MATCHES"])
def test_a_search_without_a_find_says_so_in_the_firmwares_words(nothing: str) -> None:
    bench = Bench(Habits(nothing=nothing))
    told = bench.ask("POST", SEARCH, conditions(beginSerialNo=7, endSerialNo=9)).json["AcsEvent"]
    assert told["responseStatusStrg"] == nothing
    assert "InfoList" not in told


@pytest.mark.parametrize("name", ["searchID", "maxResults", "major", "minor"])
def test_a_search_without_a_condition_it_needs_is_refused(name: str) -> None:
    wanted = conditions()
    del wanted["AcsEventCond"][name]  # type: ignore[attr-defined]
    answer = Bench().ask("POST", SEARCH, wanted)
    assert (answer.status, answer.sub) == (400, "MessageParametersLack")


def test_an_order_to_the_door_is_obeyed_and_reported() -> None:
    bench = Bench()
    body = body_of(VECTORS["C15"])
    target = "/ISAPI/AccessControl/RemoteControl/door/1"
    assert bench.ask("PUT", target, body, "application/xml").status == 200
    codes = [
        (one.values["AccessControllerEvent"]["majorEventType"], one.serial)
        for one in bench.device.memory
    ]
    assert codes == [(3, 1), (5, 2)]
    wrong = body.replace(b"open", b"burn")
    answer = bench.ask("PUT", target, wrong, "application/xml")
    assert answer.status == 400
    assert b"badParameters" in answer.body


def test_settings_are_read_changed_and_checked() -> None:
    bench = Bench()
    target = "/ISAPI/AccessControl/AcsCfg?format=json"
    wanted = {"checkChannelType": "ISAPIListen", "remoteCheckWithISAPIListen": "sync"}
    assert bench.ask("PUT", target, {"AcsCfg": wanted}).json["subStatusCode"] == "ok"
    shown = bench.ask("GET", target).json["AcsCfg"]
    assert {**shown, **wanted} == shown
    answer = bench.ask("PUT", target, {"AcsCfg": {"remoteCheckTimeout": 11}})
    assert answer.sub == "badParameters"
    old = Bench(Habits(sync=False))
    assert old.ask("PUT", target, {"AcsCfg": wanted}).sub == "notSupport"


def test_a_host_is_set_shown_and_tried_and_the_password_never_told() -> None:
    bench = Bench()
    target = "/ISAPI/Event/notification/httpHosts/1"
    told = (
        b'<HttpHostNotification xmlns="urn:x"><id>1</id><url>/hik/ev/x</url>'
        b"<protocolType>HTTP</protocolType><parameterFormatType>JSON</parameterFormatType>"
        b"<addressingFormatType>ipaddress</addressingFormatType><ipAddress>192.0.2.5</ipAddress>"
        b"<portNo>8088</portNo><userName>hikdev</userName><password>Listen-77</password>"
        b"<httpAuthenticationMethod>MD5digest</httpAuthenticationMethod></HttpHostNotification>"
    )
    assert bench.ask("POST", f"{target}/test").status == 403
    assert bench.ask("PUT", target, told, "application/xml").status == 200
    shown = bench.ask("GET", target).body
    assert b"/hik/ev/x" in shown
    assert b"Listen-77" not in shown
    assert bench.ask("POST", f"{target}/test").status == 200
    lacking = told.replace(b"<portNo>8088</portNo>", b"")
    assert b"MessageParametersLack" in bench.ask("PUT", target, lacking, "application/xml").body
    without = Bench(Habits(hosts=False))
    assert b"notSupport" in without.ask("GET", target).body


def test_an_upgrade_tells_how_far_it_is_and_runs_after_the_restart() -> None:
    bench = Bench()
    progress, reboot = "/ISAPI/System/upgradeStatus", "/ISAPI/System/reboot"
    image = "/ISAPI/System/updateFirmware"
    assert bench.ask("POST", image, b"no firmware").status == 400
    assert bench.ask("POST", image, b"HIKFW V4.0.1\n" + bytes(2_000_000)).status == 200
    assert bench.ask("PUT", reboot).status == 503
    bench.later(10)
    assert b"<upgrading>true</upgrading><percent>50<" in bench.ask("GET", progress).body
    bench.later(10)
    assert b"<upgrading>false</upgrading><percent>100<" in bench.ask("GET", progress).body
    assert bench.ask("PUT", reboot).status == 200
    assert bench.connect().closing == "restarting"
    bench.later(6)
    assert b"V4.0.1" in bench.ask("GET", INFO).body


def test_the_clock_is_told_and_set_with_an_offset_or_without() -> None:
    bench = Bench()
    target = "/ISAPI/System/time"
    shown = bench.ask("GET", target).body
    assert b"<localTime>2026-03-09T08:15:42+08:00<" in shown
    assert b"<timeZone>CST-8:00:00<" in shown
    for text in ("2026-03-09T09:15:42", "2026-03-09T03:15:42+02:00"):
        told = f"<Time><timeMode>manual</timeMode><localTime>{text}</localTime></Time>"
        assert bench.ask("PUT", target, told.encode(), "application/xml").status == 200
        assert bench.terminal.system.clock_ms == 3_600_000


def test_the_stream_of_events_is_the_vectors_to_the_byte() -> None:
    bench = Bench(first_serial=1866)
    connection = bench.connect()
    challenge = bench.talk(connection, "GET", STREAM).headers["www-authenticate"]
    proof = authorise(challenge, ADMIN, ("GET", STREAM), "c", 1)
    connection.feed(request("GET", STREAM, b"", proof=proof), bench.now)
    assert connection.output() == HEAD
    wall = 1_773_015_370_000  # 08:16:10 there
    bench.now = Instant(110.0, wall)
    connection.tick(bench.now)
    event = json.loads(body_of(VECTORS["C1"]))
    inner = {**event["AccessControllerEvent"], **dict.fromkeys(("serialNo", "frontSerialNo"))}
    bench.happen(Occurrence(time=event["dateTime"], inner=json.dumps(inner)))
    connection.tick(bench.now)
    assert HEAD + connection.output() == VECTORS["C6"]


def test_a_backlog_is_streamed_where_it_is_asked_for() -> None:
    bench = Bench()
    bench.passes()
    for target, count in ((STREAM, 0), (f"{STREAM}?deployID=1", 1)):
        connection = bench.connect()
        challenge = bench.talk(connection, "GET", target).headers["www-authenticate"]
        proof = authorise(challenge, ADMIN, ("GET", target), "c", 1)
        connection.feed(request("GET", target, b"", proof=proof), bench.now)
        assert connection.output().count(b"AccessControllerEvent") == count * 2


@pytest.mark.parametrize("seed", range(12))
def test_every_sloppy_firmware_serves_the_same(seed: int) -> None:
    habits = drawn(str(seed))
    bench = Bench(habits)
    bench.passes()
    told = bench.ask("POST", SEARCH, conditions(maxResults=5)).json["AcsEvent"]
    assert int(told["numOfMatches"]) == 1
    assert habits.namespace in NAMESPACES
    assert habits.namespace.encode() in bench.ask("GET", INFO).body


@pytest.mark.parametrize(
    ("method", "target", "sub"),
    [("DELETE", INFO, "methodNotAllowed"), ("GET", "/ISAPI/PTZCtrl/channels", "notSupport")],
)
def test_what_is_not_there_is_not_supported(method: str, target: str, sub: str) -> None:
    answer = Bench().ask(method, f"{target}?format=json")
    assert (answer.status, answer.sub) == (403, sub)


def test_what_is_no_json_is_said_to_be_none() -> None:
    answer = Bench().ask("POST", SEARCH, b"<AcsEventCond/>"[1:], "application/json")
    assert (answer.status, answer.sub) == (400, "badJsonFormat")
