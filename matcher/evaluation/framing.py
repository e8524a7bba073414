"""Brings pictures of data sets into a form that the matcher takes: JPEG or PNG, large enough.

The gateway itself takes JPEG and PNG only; data sets also come as PGM and BMP, and as crops too
tight and small for a detector. Everything is done without loss, and JPEG and PNG that need nothing
are passed on byte for byte.
"""

from __future__ import annotations

import io

from PIL import Image

from gateway.domain.matching import PictureRefused
from gateway.domain.values import value

DATA_SET_FORMATS = ("PPM", "BMP")
"""Beside JPEG and PNG, by Pillow's names; PGM is one of PPM's."""
MOST_PIXELS = 16_000_000
GREY = 128


@value
class Framing:
    """Enlarges a crop and lays it into the middle of a grey picture."""

    times: int
    width: int
    height: int


def framed(data: bytes, framing: Framing | None = None) -> bytes:
    """Return JPEG or PNG; raises PictureRefused for what cannot be read."""
    if framing is None and data.startswith((b"\xff\xd8\xff", b"\x89PNG")):
        return data
    image = _read(data)
    if framing is not None:
        image = _framed(image, framing)
    written = io.BytesIO()
    image.save(written, "PNG", compress_level=1)
    return written.getvalue()


def _read(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", *DATA_SET_FORMATS))
        if image.width * image.height <= MOST_PIXELS:
            image.load()
    except Exception as error:  # Pillow raises whatever its decoders do
        raise PictureRefused("picture.unreadable", "no JPEG, PNG, BMP or PGM.") from error
    if image.width * image.height > MOST_PIXELS:
        raise PictureRefused(
            "picture.too_many_pixels",
            f"the picture has {image.width}x{image.height} pixels, {MOST_PIXELS} are allowed.",
        )
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _framed(image: Image.Image, framing: Framing) -> Image.Image:
    size = (image.width * framing.times, image.height * framing.times)
    if size[0] > framing.width or size[1] > framing.height:
        return image
    large = image.resize(size, Image.Resampling.BICUBIC)
    canvas = Image.new(image.mode, (framing.width, framing.height), (GREY,) * len(image.getbands()))
    canvas.paste(large, ((framing.width - size[0]) // 2, (framing.height - size[1]) // 2))
    return canvas
