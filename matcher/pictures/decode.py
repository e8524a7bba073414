"""Decodes a picture within bounds, turns it upright and brings it to the size that is worked on."""

from __future__ import annotations

import io
from dataclasses import field

from gateway.matcher.pictures.header import Header, damaged, read_header, truncated
from PIL import Image

from gateway.domain.matching import PictureRefused
from gateway.domain.values import value

MIB = 1_048_576
WORKING_SIDE = 640
"""Pixels of the longer side of a picture that was reduced: the size the rules speak of (R-060)."""
LARGEST_AS_IS = 704
"""Up to ten percent more are worked on as they are."""
ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes each orientation upright; 1 and unknown values need nothing."""


@value
class Bounds:
    """What a picture may be before it is decoded."""

    most_bytes: int = 8 * MIB
    most_pixels: int = 16_000_000


@value
class Picture:
    """A decoded picture."""

    format: str
    width: int
    height: int
    """Pixels of the picture as it came, upright."""
    image: Image.Image = field(repr=False)
    """RGB, upright, reduced to `WORKING_SIDE` if it was larger than `LARGEST_AS_IS`."""


def decode(data: bytes, bounds: Bounds) -> Picture:
    """Return the picture; raises PictureRefused.

    Transparency is dropped, sixteen bits become eight, CMYK becomes RGB, and of several pictures in
    one JPEG file (as telephones write them) the first is taken.
    """
    if len(data) > bounds.most_bytes:
        raise PictureRefused(
            "picture.too_large",
            f"the picture has {len(data)} bytes, {bounds.most_bytes} are allowed.",
            place="picture",
            remedy="Send a smaller one, or raise matcher.picture_bytes.",
        )
    header = read_header(data)
    if header.width * header.height > bounds.most_pixels:
        raise PictureRefused(
            "picture.too_many_pixels",
            f"the picture has {header.width}x{header.height} pixels, "
            f"{bounds.most_pixels} are allowed.",
            place="picture",
            remedy="Send a smaller one, or raise matcher.picture_pixels.",
        )
    image, turn = _load(data, header)
    width, height = header.width, header.height
    if turn >= 5:
        width, height = height, width
    upright = image.transpose(TURNS[turn]) if turn in TURNS else image
    return Picture(format=header.format, width=width, height=height, image=upright)


def _load(data: bytes, header: Header) -> tuple[Image.Image, int]:
    """Decode to RGB of working size, as stored; return it with its orientation."""
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
        _check(image, header)
        size = _working_size(header)
        if size is not None and header.format == "jpeg":
            image.draft("RGB", size)  # decodes at a half, a quarter or an eighth: no smaller
        image.load()
        turn = _orientation(image)
        return _to_rgb(image, size), turn
    except PictureRefused:
        raise
    except Exception as error:  # Pillow raises whatever its decoders do
        raise _explain(error) from error


def _check(image: Image.Image, header: Header) -> None:
    """Refuse what is not what its header said, and what moves."""
    if image.size != (header.width, header.height):
        raise damaged()
    if header.format == "png" and getattr(image, "is_animated", False):
        raise PictureRefused(
            "picture.animated", "the picture moves.", place="picture", remedy="Send a still one."
        )


def _working_size(header: Header) -> tuple[int, int] | None:
    longer = max(header.width, header.height)
    if longer <= LARGEST_AS_IS:
        return None
    scale = WORKING_SIDE / longer
    return max(1, round(header.width * scale)), max(1, round(header.height * scale))


def _to_rgb(image: Image.Image, size: tuple[int, int] | None) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits: Pillow would clip them all to white
        image = image.convert("I").point(lambda level: level / 256).convert("L")
    if image.mode != "RGB":
        image = image.convert("RGB")
    if size is not None and image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return image


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1…8; a broken tag is none."""
    if "exif" not in image.info:
        return 1
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a broken tag must not cost a good picture
        return 1
    return found if isinstance(found, int) and found in TURNS else 1


def _explain(error: Exception) -> PictureRefused:
    told = str(error).lower()
    return truncated() if "truncated" in told or isinstance(error, EOFError) else damaged()
