"""Iris pictures go from any format to any other without losing a grey value (R-071)."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from gateway.matcher.iris.formats import IrisFormat, Pixels, read, write
from PIL import Image

from gateway.domain.matching import PictureRefused

BMP, RAW, JP2 = IrisFormat.BMP, IrisFormat.RAW, IrisFormat.JP2


def noise(width: int = 640, height: int = 480) -> Pixels:
    """The hardest to keep: every pixel by itself."""
    return np.random.default_rng(1).integers(0, 256, (height, width), dtype=np.uint8)


def saved(image: Image.Image, form: str) -> bytes:
    out = BytesIO()
    image.save(out, format=form)
    return out.getvalue()


@pytest.mark.parametrize("first", IrisFormat)
@pytest.mark.parametrize("second", IrisFormat)
def test_a_picture_survives_every_way(first: IrisFormat, second: IrisFormat) -> None:
    pixels = noise()
    there = write(pixels, first)
    picture = read(there)
    assert (picture.format, picture.converted) == (first, "")
    over = read(write(picture.pixels, second))
    assert over.format is second
    assert np.array_equal(over.pixels, pixels)
    assert write(over.pixels, first) == there


def test_raw_is_the_grey_values_and_nothing_else() -> None:
    pixels = noise()
    raw = write(pixels, RAW)
    assert len(raw) == 307_200
    assert raw == pixels.tobytes()


@pytest.mark.parametrize("head", [b"BM", b"BM" + (307_199).to_bytes(4, "little")])
def test_raw_that_begins_like_a_bmp_is_raw(head: bytes) -> None:
    picture = read(head + bytes(307_200 - len(head)))
    assert picture.format is RAW


@pytest.mark.parametrize("form", ["BMP", "JPEG2000"])
def test_a_file_with_a_head_is_not_raw_whatever_its_length(form: str) -> None:
    data = saved(Image.new("L", (100, 100)), form).ljust(307_200, b"\0")
    if form == "BMP":
        data = data[:2] + (307_200).to_bytes(4, "little") + data[6:]
    assert read(data).format is not RAW


def test_a_bmp_has_one_channel_of_8_bits() -> None:
    with Image.open(BytesIO(write(noise(), BMP))) as image:
        assert (image.mode, image.size) == ("L", (640, 480))


def test_a_jpeg_2000_is_reversible_and_has_a_head() -> None:
    data = write(noise(), JP2)
    assert data[4:8] == b"jP  "
    cod = data.index(b"\xff\x52")
    assert data[cod + 13] == 1, "the 5/3 wavelet, not the 9/7"


def test_a_colour_bmp_is_converted_and_says_so() -> None:
    pixels = noise()
    picture = read(saved(Image.merge("RGB", [Image.fromarray(pixels)] * 3), "BMP"))
    assert picture.converted == "RGB"
    assert np.array_equal(picture.pixels, pixels)


def test_a_grey_palette_is_no_conversion() -> None:
    assert read(saved(Image.fromarray(noise()), "BMP")).converted == ""


def test_any_size_is_read_for_its_report() -> None:
    assert read(write(noise(480, 640), BMP)).pixels.shape == (640, 480)
    with pytest.raises(PictureRefused) as caught:
        write(noise(480, 640), RAW)
    assert caught.value.code == "picture.size"


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("picture.format", b""),
        ("picture.format", bytes(307_199)),
        ("picture.format", saved(Image.fromarray(noise()), "PNG")),
        ("picture.format", saved(Image.fromarray(noise()), "JPEG")),
        ("picture.damaged", write(noise(), BMP)[:-1000]),
        ("picture.damaged", write(noise(), JP2)[:5000]),
        ("picture.too_large", saved(Image.new("L", (4001, 1000)), "BMP")),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(code: str, data: bytes) -> None:
    with pytest.raises(PictureRefused) as caught:
        read(data)
    assert caught.value.code == code
