"""`gatepost simulate --dialect`: a day of several protocols against a whole gateway."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.domain.vocabulary import Decision
from tests.support.gateways import Site, free_port, running
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for

PLAYED = ("--duration", "60", "--passages", "12", "--seed", "5", "--json")


def gatepost(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-m", "gateway", *words, "--config", str(site.config)]
    return subprocess.run(start, capture_output=True, text=True, timeout=180)


def simulate(site: Site, *options: str) -> subprocess.CompletedProcess[str]:
    return gatepost(site, "simulate", *options)


def result(site: Site, *options: str) -> dict[str, Any]:
    done = simulate(site, *options, *PLAYED)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    bound = ", ".join(f'"SIM-CTI-{n:04d}=127.78.0.{n}"' for n in range(1, 5))
    table = f'listen = "127.0.0.1:{free_port()}"\ndialect = "cti"\ndevices = [{bound}]\n'
    with open_folder() as folder:
        served = Site(folder, f"[[unproved]]\n{table}")
        with running(served):
            yield served


def test_two_protocols_with_an_outage_and_each_keeps_what_it_can_promise(site: Site) -> None:
    mixed = ("--dialect", "yls:4,cti:4", "--outage", "SIM-B:1:2", "--sites", "2")
    told = result(site, *mixed)
    assert told["kept"] is True
    assert told["terminals"] == 8
    assert told["sent"] == told["acknowledged"] == told["stored"] > 50
    assert told["pictures"]["sent"] == told["pictures"]["stored"] > 0
    assert told["backfilled"] > 0
    rows = site.query("select adapter, count(*) as n from passage group by adapter")
    assert {row["adapter"] for row in rows} == {"cti/1", "yls/1.0"}
    wait_for(lambda: firmware(site) == {"1.0"}, "what the terminals run is kept", 30)


def firmware(site: Site) -> set[str]:
    """Ask as an operator would; CTI does not tell."""
    done = [gatepost(site, "device", "show", serial) for serial in ("SIM-000001", "SIM-CTI-0001")]
    shown = [json.loads(one.stdout)["firmware"] for one in done]
    return {one["version"] for one in shown if one is not None}


def test_a_second_run_of_named_records_is_not_confused_by_the_first(site: Site) -> None:
    for _ in range(2):
        told = result(site, "--dialect", "cti:2")
        assert told["kept"] is True
        assert told["sent"] == told["stored"] > 0


def test_terminals_ask_who_it_is_and_every_question_ends(site: Site) -> None:
    told = result(site, "--dialect", "yls:4,cti:1", "--verify", "1")
    asked = told["verifications"]
    assert told["kept"] is True
    ended = asked["granted"] + asked["denied"] + sum(asked["fallbacks"].values())
    assert asked["asked"] == ended > 20
    by = site.query("select verified_by, count(*) as n from passage group by verified_by")
    assert len(by) > 1


@pytest.mark.parametrize("digest", ["off", "either"])
def test_every_firmware_of_hikvision_asks_by_a_record_and_loses_none(digest: str) -> None:
    settings = f'[dialects]\nenabled = ["yls", "hikvision"]\n[hikvision]\ndigest = "{digest}"\n'
    with open_folder() as folder, running(Site(folder, settings)) as gateway:
        played = ("--dialect", "hikvision:7", "--verify", "0.4", "--outage", "SIM-B:1:1")
        told = result(gateway.site, *played, "--sites", "2")
        seen = gateway.site.query("select decision, count(*) as n from passage group by decision")
    assert told["kept"] is True
    assert told["sent"] == told["acknowledged"] == told["stored"] > 50
    assert told["pictures"]["sent"] == told["pictures"]["stored"] > 0
    assert told["backfilled"] > 0
    asked = told["verifications"]
    assert asked["asked"] > asked["denied"] > 5
    assert asked["granted"] == asked["late"] == 0
    assert {Decision.GRANTED, Decision.DENIED} <= {row["decision"] for row in seen}


def test_what_cannot_be_played_is_said_with_what_to_do(site: Site) -> None:
    for options, code, words in (
        (("--dialect", "hikvision:1"), "simulate.not_served", "dialects.enabled"),
        (("--dialect", "cti:9"), "simulate.unbound", '"SIM-CTI-0005=127.78.0.5"'),
        (("--dialect", "nobody:1"), "simulate.no_double", "There are: cti, hikvision, yls"),
        (("--dialect", "yls:many"), "simulate.dialect", "--dialect yls:200,cti:10"),
        (("--dialect", "yls:1", "--terminals", "3"), "simulate.dialect", "Name one of them"),
    ):
        done = simulate(site, *options)
        assert done.returncode != 0
        assert f"[{code}]" in done.stderr
        assert words in done.stderr


def test_terminals_of_a_firmware_that_speaks_push_keep_what_they_promise() -> None:
    with open_folder() as folder:
        site = Site(folder, '[dialects]\nenabled = ["yls", "hikvision"]\n')
        with running(site):
            played = "hikvision/push:2,hikvision/push-aes256:1,hikvision/push-sha1:1"
            told = result(site, "--dialect", played, "--outage", "SIM-B:1:2", "--sites", "2")
    assert told["kept"] is True
    assert told["terminals"] == 4
    assert told["sent"] == told["acknowledged"] == told["stored"] > 20
    assert told["pictures"]["sent"] == told["pictures"]["stored"] > 0
    assert told["backfilled"] > 0
