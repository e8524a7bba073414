"""A site with real faces: its people, its projects, and the commands that change them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gateway.codecs.yls.device_events import Decided
from gateway.matcher.models.registry import Registry
from gateway.matcher.pictures.decode import Bounds
from gateway.matcher.pictures.pipeline import Pipeline, load
from gateway.matcher.pictures.rules import FaceRules

from gateway.domain.vocabulary import Decision
from tests.support.directories import document
from tests.support.faces import portrait
from tests.support.gateways import Gateway, Site
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for
from tests.verification.askers import Asker, Word

SERIAL, ELSEWHERE = "ASK-00000001", "ASK-00000002"
MEMBERS = range(1, 6)
STRANGER = 30
SETTINGS = """
[matcher]
enabled = true
[verification]
# The pictures are smaller than the notice asks, and turned at will.
waived = [
    "eye_distance", "face_box", "yaw", "pitch", "roll", "distortion", "light_evenness",
    "face_margin",
]
"""


def directory(
    modes: Mapping[str, str] | None = None,
    places: Mapping[str, str] | None = None,
    others: Sequence[str] = (),
) -> dict[str, object]:
    """Two projects with a terminal each, and ``others`` on the first.

    ``modes`` of projects and ``places`` of terminals may be others than usual.
    """
    modes, places = modes or {}, {ELSEWHERE: "P2", **(places or {})}
    found = document(SERIAL, ELSEWHERE, *others)
    found["areas"] = [{"code": "990000", "name": "Nowhere"}]
    found["projects"] = [
        {
            "code": code,
            "name": code,
            "area": "990000",
            "verification": modes.get(code, "central_gallery"),
            "channels": ["gate"],
        }
        for code in ("P1", "P2")
    ]
    for device in found["devices"]:
        project = places.get(device["serial"], "P1")
        # Milliseconds of now: a device that was moved hangs there since then.
        since = datetime.now(UTC).isoformat()
        device.update(project=project, channel="gate", direction="in", since=since)
    return found


def gatepost(site: Site, *words: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", *words, "--config", str(site.config)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def id_number(person: int) -> str:
    """A constructed number: no district has the code 990000."""
    digits = f"99000019900101{person:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return digits + "10X98765432"[total % 11]


def enrol(
    site: Site, folder: Path, person: int, project: str = "P1", picture: int = 1
) -> tuple[int, str]:
    """Add a person of the ORL set, with consent and a picture of theirs."""
    photo, text = folder / f"{person}.jpg", folder / "consent.txt"
    photo.write_bytes(portrait(person, picture))
    text.write_text("I agree.")
    return gatepost(
        site, "person", "add", "--id-number", id_number(person), "--name", f"样本{person}",
        "--project", project, "--consent", "bio_network", "--consent-text", str(text),
        "--how", "signature", "--photo", str(photo),
    )  # fmt: skip


def pipeline_of(site: Site) -> Pipeline:
    """What the gateway itself looks at pictures with."""
    return load(Registry(folder=site.data / "models"), rules=FaceRules(), bounds=Bounds())


@contextmanager
def prepared_site(settings: str = SETTINGS) -> Iterator[Site]:
    """A site whose networks are converted; its database is ended with the block."""
    with open_folder() as folder:
        site = Site(folder, settings)
        code, said = gatepost(site, "matcher", "prepare")
        assert code == 0, said
        try:
            yield site
        finally:
            site.end_database()


def place(gateway: Gateway, listed: Mapping[str, object] | None = None) -> None:
    """Have the gateway know projects and terminals, the usual ones unless others are given."""
    gateway.ask("directory.import", document=listed or directory(), place="test")


def enrol_all(
    site: Site, folder: Path, members: Iterable[int], project: str = "P1"
) -> dict[int, int]:
    """Enrol people; return the gateway's number of each."""
    numbers = {}
    for person in members:
        code, said = enrol(site, folder, person, project)
        assert code == 0, said
        numbers[person] = told_number(said)
    return numbers


def told_number(said: str) -> int:
    """Read the number a command gave somebody."""
    found = re.search(r"person (\d+),", said)
    assert found is not None, said
    return int(found[1])


def granted(word: Word, number: int) -> bool:
    """Say whether a gate was opened for that person; for anybody else it must not be."""
    opened = isinstance(word, Decided) and word.decision == Decision.GRANTED
    assert not opened or (isinstance(word, Decided) and word.person == number), word
    return opened


def ready(asker: Asker) -> None:
    """Wait until it is logged in and the gallery of its project is in memory."""

    def decided() -> bool:
        said = asker.by_picture(portrait(STRANGER, 1))
        return isinstance(said, Decided) and not said.refusal

    wait_for(decided, "the gallery is open")
