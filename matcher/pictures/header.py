"""Tells what a picture is and how large, from its first bytes and before anything is decoded.

A picture of a few kilobytes can claim to be a billion pixels: the claim is read here, with nothing
but a walk over the segments, so that no decoder ever begins on it.
"""

from __future__ import annotations

from gateway.domain.matching import PictureRefused
from gateway.domain.values import value

JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n"
OTHERS = (
    (b"BM", "BMP"),
    (b"GIF8", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"%PDF", "PDF"),
)
"""Pictures that are none of ours, by how they begin."""
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that begin a frame and tell its size: SOF0…SOF15 without DHT, JPG and DAC."""
SCAN = b"\xff\xda"
"""Begins a scan; never part of a scan's data, which is stuffed."""
MOST_SCANS = 64
"""Progressive JPEGs have about ten; some more are those of thumbnails and second pictures."""
BARE = frozenset((0x01, *range(0xD0, 0xD9)))
"""JPEG markers without a length."""


@value
class Header:
    """What a picture says of itself."""

    format: str
    """``jpeg`` or ``png``, by content."""
    width: int
    height: int
    """Pixels as stored, before the orientation tag is obeyed."""


def read_header(data: bytes) -> Header:
    """Return format and size; raises PictureRefused for anything but JPEG and PNG."""
    if data.startswith(JPEG):
        _check_scans(data)
        width, height = _jpeg_size(data)
        return Header(format="jpeg", width=width, height=height)
    if data.startswith(PNG):
        if len(data) < 33:
            raise truncated()
        width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
        if data[12:16] != b"IHDR" or not width or not height:
            raise damaged()
        return Header(format="png", width=width, height=height)
    raise _no_picture_of_ours(data)


def _check_scans(data: bytes) -> None:
    """Refuse a JPEG that goes over its pixels again and again: each time costs a whole decoding."""
    found = data.count(SCAN)
    if found > MOST_SCANS:
        raise PictureRefused(
            "picture.too_many_scans",
            f"the picture is made of {found} scans, {MOST_SCANS} are allowed.",
            place="picture",
            remedy="Save it as a baseline JPEG.",
        )


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise damaged()
        marker = data[at + 1]
        if marker == 0xFF:  # padding before a marker
            at += 1
        elif marker in BARE:
            at += 2
        elif marker in FRAMES:
            return _frame_size(data[at + 4 : at + 10])
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    raise truncated()


def _frame_size(segment: bytes) -> tuple[int, int]:
    if len(segment) < 5:
        raise truncated()
    height, width = (int.from_bytes(segment[at : at + 2], "big") for at in (1, 3))
    if not width or not height:
        raise damaged()
    return width, height


def truncated() -> PictureRefused:
    """Return the error for a picture that ends too early."""
    return PictureRefused(
        "picture.truncated",
        "the picture ends before it is complete.",
        place="picture",
        remedy="Send it again.",
    )


def damaged() -> PictureRefused:
    """Return the error for a picture that contradicts itself."""
    return PictureRefused(
        "picture.damaged",
        "the picture cannot be decoded.",
        place="picture",
        remedy="Send it again, or take it again.",
    )


def _no_picture_of_ours(data: bytes) -> PictureRefused:
    name = next((name for start, name in OTHERS if data.startswith(start)), "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        name = "WebP"
    if data[4:8] == b"ftyp":
        name = "HEIF or AVIF"
    if name:
        return PictureRefused(
            "picture.format",
            f"the picture is {name}, whatever its name says.",
            place="picture",
            remedy="Send JPEG or PNG.",
        )
    return PictureRefused(
        "picture.not_an_image", "this is no picture.", place="picture", remedy="Send JPEG or PNG."
    )
