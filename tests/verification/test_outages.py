"""What verification does without its parts: a killed gateway, a hung database, damaged networks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.codecs.yls.device_events import FellBack
from gateway.matcher.models.shipped import SFACE
from gateway.storage.layout import Layout

from tests.support.faces import portrait
from tests.support.gateways import Gateway, Site, running
from tests.support.postgres import frozen
from tests.support.waiting import wait_for
from tests.verification.askers import Asker, asking
from tests.verification.gates import (
    SERIAL,
    SETTINGS,
    STRANGER,
    enrol_all,
    gatepost,
    granted,
    pipeline_of,
    place,
    prepared_site,
    ready,
)

MEMBERS = range(1, 4)
DECISIONS = 100
"""Records of decisions that may wait, the least that can be set."""


@pytest.fixture
def site() -> Iterator[Site]:
    with prepared_site(f"{SETTINGS}\ndecisions_waiting = {DECISIONS}\n") as site:
        yield site


def knows_everybody(asker: Asker, numbers: dict[int, int]) -> bool:
    return all(granted(asker.by_picture(portrait(one, 5)), numbers[one]) for one in numbers)


def test_a_killed_gateway_knows_the_same_people_when_it_is_back(site: Site, tmp_path: Path) -> None:
    killed = Gateway(site)
    try:
        killed.await_started()
        place(killed)
        with asking(SERIAL, site.port) as asker:
            ready(asker)
            numbers = enrol_all(site, tmp_path, MEMBERS)
            code, said = gatepost(site, "person", "withdraw", str(numbers[3]), "bio_network")
            assert code == 0, said
            withdrawn = numbers.pop(3)
            assert knows_everybody(asker, numbers)
            killed.kill()
    finally:
        killed.kill()
    with running(site) as gateway, asking(SERIAL, site.port) as asker:
        ready(asker)
        assert knows_everybody(asker, numbers)
        assert not granted(asker.by_picture(portrait(3, 5)), withdrawn)
        # It is opened only where count and digest are those of the store.
        opened = gateway.await_logged("gallery.opened")
        assert opened["people"] == len(numbers)
        assert gateway.logged("gallery.unavailable") is None


def test_while_the_database_hangs_faces_are_matched_and_decisions_are_bounded(
    site: Site, tmp_path: Path
) -> None:
    with running(site) as gateway:
        place(gateway)
        numbers = enrol_all(site, tmp_path, MEMBERS)
        with asking(SERIAL, site.port) as asker:
            ready(asker)
            template = pipeline_of(site).analyse(portrait(STRANGER, 1)).template
            with frozen(Layout(root=site.data).data):
                assert knows_everybody(asker, numbers)
                for _ in range(2 * DECISIONS):
                    asker.by_template(template)
                assert knows_everybody(asker, numbers)
                wait_for(lambda: dropped(gateway) > 0, "decisions are dropped")
                assert gateway.figure("gatepost_decisions_waiting") <= DECISIONS
                gateway.await_logged("store.unavailable")
                assert knows_everybody(asker, numbers)
            wait_for(lambda: gateway.figure("gatepost_decisions_waiting") == 0, "all are written")
            assert asker.told.logins == 1
            asked = sum(
                value
                for sample, value in gateway.figures().items()
                if sample.startswith("gatepost_verifications_total")
            )
            (stored,) = site.query("select count(*) from decision")
            assert stored["count"] + dropped(gateway) == asked


def dropped(gateway: Gateway) -> float:
    return gateway.figure('gatepost_decisions_total{result="dropped"}')


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_without_its_networks_a_gateway_does_not_start_and_says_what_to_do(
    site: Site, damage: str
) -> None:
    (network,) = (site.data / "models").glob(f"{SFACE.title}*.onnx")
    if damage == "altered":
        data = bytearray(network.read_bytes())
        data[len(data) // 2] ^= 1
        network.write_bytes(data)
    else:
        network.unlink()
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "serve", "--config", str(site.config)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode not in (0, -11)
    assert f"[model.{damage}]" in ran.stderr
    assert "gatepost matcher prepare" in ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    assert site.postmaster is None
    code, said = gatepost(site, "matcher", "prepare")
    assert code == 0, said
    with running(site):
        pass


def test_until_its_gallery_can_be_read_a_gate_decides_by_itself(site: Site, tmp_path: Path) -> None:
    """A terminal that logs in while nothing can be read is told so, and served when it can."""
    with running(site) as gateway:
        place(gateway)
        numbers = enrol_all(site, tmp_path, [1])
        site.query("update template set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)")
    with running(site) as gateway, asking(SERIAL, site.port) as asker:
        gateway.await_logged("gallery.unavailable")
        word = asker.by_picture(portrait(1, 5))
        assert isinstance(word, FellBack)
        assert word.reason == "busy"
        site.query("update template set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)")
        ready(asker)
        assert knows_everybody(asker, numbers)
