"""Snapshots that are real JPEG files and show nobody: drawn, seeded, each with its own digest."""

from __future__ import annotations

import io
import random
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 240, 320
DRAWN = 12
"""Distinct drawings per process: encoding is dear, and a comment makes every file unique."""

COMMENT = b"\xff\xfe"


@cache
def _drawing(number: int) -> bytes:
    rng = random.Random(number)
    ground = tuple(rng.randrange(90, 200) for _ in range(3))
    image = Image.new("RGB", (WIDTH, HEIGHT), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(14):  # a site behind the worker: scaffolding, sky, sheet piles
        x = rng.randrange(WIDTH)
        tone = rng.randrange(60, 220)
        draw.line((x, 0, x + rng.randrange(-60, 60), HEIGHT), (tone, tone, tone - 20), 4)
    skin = (rng.randrange(150, 225), rng.randrange(110, 170), rng.randrange(90, 140))
    draw.ellipse((30, 250, 210, 420), (rng.randrange(40, 90), 90, 130))
    draw.ellipse((75, 90, 165, 230), skin)
    draw.pieslice((62, 50, 178, 190), 180, 360, (235, 190, 30))  # the helmet
    for eye in (98, 132):
        draw.ellipse((eye, 148, eye + 12, 158), (30, 25, 25))
    noise = Image.effect_noise((WIDTH, HEIGHT), rng.uniform(14, 26)).convert("RGB")
    blended = Image.blend(image.filter(ImageFilter.GaussianBlur(1)), noise, 0.14)
    out = io.BytesIO()
    blended.save(out, "JPEG", quality=86)
    return out.getvalue()


def snapshot(serial: str, number: int) -> bytes:
    """Return a JPEG of about 12 KB that no other (serial, number) has."""
    base = _drawing((hash_of(serial) + number) % DRAWN)
    return unique(base, f"simulated {serial} {number}")


def unique(picture: bytes, comment: str) -> bytes:
    """Return a JPEG with a comment in it, which makes it a file of its own."""
    text = comment.encode()
    segment = COMMENT + (len(text) + 2).to_bytes(2, "big") + text
    return picture[:2] + segment + picture[2:]


def hash_of(text: str) -> int:
    """A hash that, unlike the built-in one, is the same in every process."""
    return int.from_bytes(text.encode()[-6:], "big")
