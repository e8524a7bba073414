"""Iris pictures in and out: BMP, RAW and JPEG 2000, all without loss (R-071).

What a picture is, its content says. RAW has no head: it is 307,200 bytes, the grey values of
640 x 480 pixels row by row from the top left.
"""

from __future__ import annotations

from enum import Enum
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from gateway.domain.matching import PictureRefused
from gateway.domain.values import value

Pixels = NDArray[np.uint8]
"""Grey values, ``(height, width)``."""
WIDTH, HEIGHT = 640, 480
RAW_BYTES = WIDTH * HEIGHT
MOST_PIXELS = 4_000_000
"""Refused before it is decoded; a VGA picture has 0.3 million."""


class IrisFormat(Enum):
    """How an iris picture is written."""

    BMP = "bmp"
    """8-bit grey; what is kept."""
    RAW = "raw"
    JP2 = "jp2"


_JPEG_2000 = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
"""How a file and a bare code stream begin."""
_PILLOW = {"BMP": IrisFormat.BMP, "JPEG2000": IrisFormat.JP2}


@value
class IrisPicture:
    """One eye, as grey values."""

    format: IrisFormat
    """What it came as."""
    pixels: Pixels
    converted: str = ""
    """What it had to be converted from, such as ``RGB``; empty for 8-bit grey."""


def read(data: bytes) -> IrisPicture:
    """Read a picture; raises PictureRefused ``picture.format``, ``.too_large`` or ``.damaged``."""
    if len(data) == RAW_BYTES and not _has_a_head(data):
        pixels = np.frombuffer(data, dtype=np.uint8).reshape(HEIGHT, WIDTH)
        return IrisPicture(format=IrisFormat.RAW, pixels=pixels)
    try:
        with Image.open(BytesIO(data), formats=tuple(_PILLOW)) as image:
            return _grey(image)
    except UnidentifiedImageError as error:
        raise PictureRefused(
            "picture.format",
            "This is neither BMP nor JPEG 2000, nor 307,200 bytes of RAW.",
            remedy="Send the iris picture in one of these formats.",
        ) from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureRefused(
            "picture.damaged", f"The iris picture cannot be decoded: {error}."
        ) from error


def write(pixels: Pixels, form: IrisFormat) -> bytes:
    """Write grey values; raises PictureRefused ``picture.size`` where RAW could not tell it."""
    if form is IrisFormat.RAW:
        if pixels.shape != (HEIGHT, WIDTH):
            raise PictureRefused("picture.size", f"RAW is {WIDTH} x {HEIGHT} pixels and no other.")
        return pixels.tobytes()
    out = BytesIO()
    image = Image.fromarray(pixels)
    if form is IrisFormat.BMP:
        image.save(out, format="BMP")
    else:
        # The reversible wavelet and every bit plane of it: lossless.
        image.save(out, format="JPEG2000", irreversible=False)
    return out.getvalue()


def _has_a_head(data: bytes) -> bool:
    """Two grey values may look like a BMP's first letters; its own length they do not hit."""
    bmp = data.startswith(b"BM") and int.from_bytes(data[2:6], "little") == len(data)
    return bmp or data.startswith(_JPEG_2000)


def _grey(image: Image.Image) -> IrisPicture:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise PictureRefused(
            "picture.too_large", f"{width} x {height} pixels are more than {MOST_PIXELS:,}."
        )
    form = _PILLOW[image.format or ""]
    if image.mode == "L":
        return IrisPicture(format=form, pixels=np.asarray(image))
    return IrisPicture(format=form, pixels=np.asarray(image.convert("L")), converted=image.mode)
