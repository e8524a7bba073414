"""People captured by a terminal, in infrared light and by pictures of irises, at a real gateway."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gateway.codecs.yls.chores import ReportEnrolment
from gateway.codecs.yls.device_events import ChoreAnswered, DeviceEvent, EnrolmentAsked
from PIL import Image

from gateway.domain.errors import GatepostError
from gateway.domain.templates import FaceTemplate
from tests.support.faces import portrait
from tests.support.gateways import Gateway, Site, running
from tests.support.waiting import wait_for
from tests.verification import askers
from tests.verification.askers import Asker, asking
from tests.verification.gates import (
    SERIAL,
    enrol,
    gatepost,
    granted,
    id_number,
    pipeline_of,
    place,
    prepared_site,
    ready,
    told_number,
)

PERSON = 9


class Capturer(Asker):
    """Captures whoever it is told to, with a template it has at hand."""

    template: FaceTemplate
    asked: EnrolmentAsked | None = None
    answered: str = ""

    def _note(self, event: DeviceEvent) -> None:
        if isinstance(event, EnrolmentAsked):
            self.asked = event
            self.loop.call_soon(self.report, event.person)
        if isinstance(event, ChoreAnswered):
            self.answered = event.result
        super()._note(event)

    def report(self, person: int) -> None:
        """Tell what was captured; only from the loop's thread."""
        assert self._device is not None
        chore = ReportEnrolment(person=person, faces=(self.template,))
        assert self._device.chore(chore, self._now())
        self._act([])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with prepared_site() as site:
        yield site


@pytest.fixture(scope="module")
def gateway(site: Site) -> Iterator[Gateway]:
    with running(site) as gateway:
        place(gateway)
        yield gateway


@pytest.fixture
def terminal(gateway: Gateway, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Capturer]:
    del gateway
    monkeypatch.setattr(askers, "Asker", Capturer)
    with asking(SERIAL, site.port) as asker:
        assert isinstance(asker, Capturer)
        asker.template = pipeline_of(site).analyse(portrait(PERSON, 1)).template
        ready(asker)
        yield asker


def known(site: Site, folder: Path, person: int, *more: str) -> int:
    """Register somebody without a picture, who agreed; return the gateway's number."""
    (folder / "consent.txt").write_text("I agree.")
    code, said = gatepost(
        site, "person", "add", "--id-number", id_number(person), "--name", "样本", "--project",
        "P1", "--consent", "bio_network", "--consent-text", str(folder / "consent.txt"),
        "--how", "signature", *more,
    )  # fmt: skip
    assert code == 0, said
    return told_number(said)


def waiting(gateway: Gateway) -> list[dict[str, Any]]:
    return list(gateway.ask("person.review"))


def test_a_terminal_captures_and_a_second_person_lets_it_count(
    terminal: Capturer, gateway: Gateway, site: Site, tmp_path: Path
) -> None:
    number = known(site, tmp_path, PERSON)
    code, said = gatepost(
        site, "command", "enrol", SERIAL, "--person", str(number), "--reason", "new on site",
        "--wait", "60",
    )  # fmt: skip
    assert code == 0, said
    wait_for(lambda: terminal.answered == "ok", "the report is acknowledged")
    assert terminal.asked == EnrolmentAsked(person=number, method=1, seconds=60)
    (capture,) = waiting(gateway)
    assert (capture["person"], capture["serial"], capture["faces"]) == (number, SERIAL, 1)
    assert capture["ordered_by"]
    assert not granted(terminal.by_picture(portrait(PERSON, 5)), number), "nobody approved it"
    approve = ("person", "approve", str(capture["number"]), "--reason", "card compared")
    code, said = gatepost(site, *approve)
    assert code != 0
    assert "enrolment.second_person" in said
    gateway.ask("person.approve", number=capture["number"], by="another", reason="card compared")
    assert granted(terminal.by_picture(portrait(PERSON, 5)), number)
    assert waiting(gateway) == []
    code, said = gatepost(site, "audit", "list")
    assert "ENROLMENT_APPROVED" in said


def test_nothing_captured_without_consent_is_ordered_taken_or_kept(
    terminal: Capturer, gateway: Gateway, site: Site, tmp_path: Path
) -> None:
    number = known(site, tmp_path, PERSON + 1)
    gatepost(site, "person", "withdraw", str(number), "bio_network")
    code, said = gatepost(
        site, "command", "enrol", SERIAL, "--person", str(number), "--reason", "new on site"
    )
    assert code != 0
    assert "enrolment.no_consent" in said
    terminal.loop.call_soon_threadsafe(terminal.report, number)
    wait_for(lambda: terminal.answered == "forbidden", "the report is refused")
    assert waiting(gateway) == []


def test_a_capture_goes_with_the_consent(
    terminal: Capturer, gateway: Gateway, site: Site, tmp_path: Path
) -> None:
    number = known(site, tmp_path, PERSON + 2)
    terminal.loop.call_soon_threadsafe(terminal.report, number)
    wait_for(lambda: terminal.answered == "ok", "the report is acknowledged")
    (capture,) = waiting(gateway)
    assert capture["ordered_by"] == "", "the terminal did that by itself"
    gatepost(site, "person", "withdraw", str(number), "bio_network")
    assert waiting(gateway) == []
    with pytest.raises(GatepostError, match="no capture"):
        gateway.ask("person.approve", number=capture["number"], by="another", reason="late")


def test_infrared_and_iris_pictures_are_checked_and_kept(
    gateway: Gateway, site: Site, tmp_path: Path
) -> None:
    del gateway
    code, said = enrol(site, tmp_path, 4)
    assert code == 0, said
    assert "the policy let pass" in said
    assert "infrared" in said
    out = BytesIO()
    Image.fromarray(portrait_grey(4)).save(out, "PNG")
    (tmp_path / "ir.png").write_bytes(out.getvalue())
    (tmp_path / "left.raw").write_bytes(bytes(640 * 480))
    Image.new("L", (480, 640)).save(tmp_path / "right.bmp")
    code, said = gatepost(
        site, "person", "add", "--id-number", id_number(4), "--name", "样本", "--project", "P1",
        "--photo", str(tmp_path / "4.jpg"), "--infrared", str(tmp_path / "ir.png"),
        "--iris-left", str(tmp_path / "left.raw"), "--iris-right", str(tmp_path / "right.bmp"),
        "--nation", "汉", "--valid-to", "长期",
    )  # fmt: skip
    assert code == 1, said
    assert "iris_left was kept; no code is made of it" in said
    assert "iris_right" in said
    assert "iris_size is 480 x 640 px, wanted 640 x 480 px (R-070)" in said
    assert "infrared" not in said.replace("ir.png", "")
    number = told_number(said)
    shown = gateway_show(site, number)
    assert shown["pictures"] == ["infrared", "iris_left", "photo"]
    assert shown["card"] == {"nation": "**", "valid_to": "长期"}


def portrait_grey(person: int) -> np.ndarray[Any, Any]:
    with Image.open(BytesIO(portrait(person, 2))) as image:
        return np.asarray(image.convert("L"))


def gateway_show(site: Site, number: int) -> dict[str, Any]:
    code, said = gatepost(site, "person", "show", str(number))
    assert code == 0, said
    lines = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    pictures = lines["templates"].partition("(")[2].rstrip(")").split(", ")
    card = dict(pair.split(" ", 1) for pair in lines["card"].split(", "))
    return {"pictures": pictures, "card": card}
