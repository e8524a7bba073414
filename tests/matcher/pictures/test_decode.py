"""What is taken for a picture and what is not: decided by content, within bounds, with a reason."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from gateway.matcher.pictures.decode import Bounds, decode
from gateway.matcher.pictures.header import read_header
from PIL import Image

from gateway.domain.matching import PictureRefused
from tests.support.faces import encoded

BOUNDS = Bounds(most_bytes=4_000_000, most_pixels=2_000_000)
NOISE = np.random.default_rng(3).integers(0, 255, (60, 80, 3), dtype=np.uint8)
PICTURE = Image.fromarray(NOISE).resize((640, 480), Image.Resampling.BICUBIC)
JPEG = encoded(PICTURE)
PNG = encoded(PICTURE, "PNG")


def refused(data: bytes, code: str, bounds: Bounds = BOUNDS) -> PictureRefused:
    with pytest.raises(PictureRefused) as caught:
        decode(data, bounds)
    assert caught.value.code == code
    assert caught.value.remedy
    assert caught.value.report is None
    return caught.value


def claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims a size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + crc + b"\0" * 20


@pytest.mark.parametrize(("data", "kind"), [(JPEG, "jpeg"), (PNG, "png")])
def test_jpeg_and_png_are_taken_as_what_they_are(data: bytes, kind: str) -> None:
    picture = decode(data, BOUNDS)
    assert (picture.format, picture.width, picture.height) == (kind, 640, 480)
    assert (picture.image.mode, picture.image.size) == ("RGB", (640, 480))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("BMP", "BMP"), ("GIF", "GIF"), ("TIFF", "TIFF"), ("WEBP", "WebP"), ("JPEG2000", "JPEG 2000")],
)
def test_other_pictures_are_named(kind: str, name: str) -> None:
    assert name in refused(encoded(PICTURE, kind), "picture.format").message


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"GIF", b"<html>", bytes(1000), b"\xff" * 99])
def test_what_is_no_picture_is_told(data: bytes) -> None:
    refused(data, "picture.not_an_image")


@pytest.mark.parametrize("whole", [JPEG, PNG], ids=["jpeg", "png"])
def test_every_truncation_is_refused_with_a_reason(whole: bytes) -> None:
    codes = set()
    for length in (*range(3, 700, 7), *range(700, len(whole) - 12, len(whole) // 40)):
        with pytest.raises(PictureRefused) as caught:
            decode(whole[:length], BOUNDS)
        codes.add(caught.value.code)
    assert codes <= {"picture.truncated", "picture.damaged", "picture.not_an_image"}
    refused(whole[: len(whole) // 2], "picture.truncated")


def test_bytes_beyond_the_bound_are_not_looked_at() -> None:
    refused(JPEG, "picture.too_large", Bounds(most_bytes=len(JPEG) - 1))
    decode(JPEG, Bounds(most_bytes=len(JPEG)))


def test_pixels_beyond_the_bound_are_never_decoded() -> None:
    told = refused(claims(10_000, 5_000), "picture.too_many_pixels")
    assert "10000x5000" in told.message
    refused(claims(2**31 - 1, 2**31 - 1), "picture.too_many_pixels")
    decode(JPEG, Bounds(most_pixels=640 * 480))
    refused(JPEG, "picture.too_many_pixels", Bounds(most_pixels=640 * 480 - 1))


def test_fifty_megapixels_are_refused_by_default_and_cheap_where_allowed() -> None:
    data = encoded(Image.new("RGB", (8_660, 5_774), (90, 120, 150)), quality=50)
    refused(data, "picture.too_many_pixels", Bounds())
    picture = decode(data, Bounds(most_pixels=60_000_000))
    assert (picture.width, picture.height) == (8_660, 5_774)
    assert picture.image.size == (640, 427)


def test_a_size_of_zero_is_damage() -> None:
    refused(claims(0, 5), "picture.damaged")
    at = JPEG.index(b"\xff\xc0") + 5
    refused(JPEG[:at] + b"\0\0" + JPEG[at + 2 :], "picture.damaged")


def test_a_header_that_lies_is_damage() -> None:
    data = claims(64, 64)
    refused(data[:16] + struct.pack(">II", 65, 64) + data[24:], "picture.damaged")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int) -> None:
    upright = Image.new("RGB", (64, 48), (0, 0, 0))
    upright.paste((255, 0, 0), (0, 0, 32, 24))
    upright.paste((0, 255, 0), (32, 0, 64, 24))
    # How a camera that is held this way stores it: the inverse of what the tag asks for.
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    image = upright if stored is None else upright.transpose(stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(encoded(image, exif=exif, subsampling=0), BOUNDS)
    assert (picture.width, picture.height) == picture.image.size == (64, 48)
    for at, wanted in (((10, 10), (255, 0, 0)), ((50, 10), (0, 255, 0)), ((10, 40), (0, 0, 0))):
        found = picture.image.getpixel(at)
        assert isinstance(found, tuple)
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 30


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_broken_orientation_costs_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    assert decode(encoded(PICTURE, exif=exif), BOUNDS).image.size == (640, 480)
    broken = encoded(PICTURE, exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert decode(broken, BOUNDS).image.size == (640, 480)


def colour_of(data: bytes) -> tuple[int, ...]:
    found = decode(data, BOUNDS).image.getpixel((20, 20))
    assert isinstance(found, tuple)
    return found


def test_cmyk_becomes_rgb() -> None:
    data = encoded(Image.new("RGB", (64, 64), (200, 40, 90)).convert("CMYK"), quality=100)
    assert max(abs(a - b) for a, b in zip(colour_of(data), (200, 40, 90), strict=True)) < 6


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGBA", "LA"])
def test_every_mode_of_png_becomes_rgb(mode: str) -> None:
    assert colour_of(encoded(Image.new("RGB", (64, 64), (255, 255, 255)).convert(mode), "PNG")) == (
        255,
        255,
        255,
    )


def test_sixteen_bits_become_eight() -> None:
    levels = np.full((64, 64), 0x4000, np.uint16)
    assert colour_of(encoded(Image.fromarray(levels), "PNG")) == (64, 64, 64)


def test_an_animated_png_is_refused() -> None:
    other = Image.new("RGB", (640, 480), (1, 2, 3))
    data = encoded(PICTURE, "PNG", save_all=True, append_images=[other])
    refused(data, "picture.animated")


def test_of_several_pictures_in_a_jpeg_the_first_is_taken() -> None:
    first, second = Image.new("RGB", (64, 48), (250, 0, 0)), Image.new("RGB", (64, 48), (0, 0, 250))
    data = encoded(first, "MPO", save_all=True, append_images=[second])
    assert colour_of(data)[0] > 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "worked_on"),
    [
        ((704, 528), (704, 528)),
        ((706, 528), (640, 479)),
        ((1280, 960), (640, 480)),
        ((480, 640), (480, 640)),
        ((900, 1200), (480, 640)),
        ((320, 240), (320, 240)),
        ((1, 1), (1, 1)),
        ((2000, 3), (640, 1)),
    ],
)
def test_large_pictures_are_reduced_and_small_ones_are_not(
    kind: str, size: tuple[int, int], worked_on: tuple[int, int]
) -> None:
    picture = decode(encoded(PICTURE.resize(size), kind), BOUNDS)
    assert (picture.width, picture.height) == size
    assert picture.image.size == worked_on


def test_the_header_reads_progressive_and_padded_files() -> None:
    progressive = encoded(PICTURE, progressive=True)
    assert read_header(progressive).width == 640
    padded = JPEG[:2] + b"\xff\xff\xff" + JPEG[2:]
    assert read_header(padded).height == 480


def test_a_picture_of_endless_scans_is_not_decoded() -> None:
    progressive = encoded(PICTURE, progressive=True)
    decode(progressive, BOUNDS)
    last = progressive.rindex(b"\xff\xda")
    again = progressive[last:-2]
    decode(progressive[:-2] + again * 40 + progressive[-2:], BOUNDS)
    told = refused(
        progressive[:-2] + again * 5_000 + progressive[-2:],
        "picture.too_many_scans",
        Bounds(most_bytes=200_000_000),
    )
    assert "scans" in told.message


def test_no_damage_of_a_byte_escapes_as_another_error() -> None:
    random = np.random.default_rng(11)
    for whole in (JPEG, PNG):
        for _ in range(150):
            data = bytearray(whole)
            for at in random.integers(0, len(whole), 3):
                data[at] = random.integers(0, 256)
            with suppress(PictureRefused):
                decode(bytes(data), BOUNDS)
