"""Pictures of data sets become what the matcher takes, without loss."""

from __future__ import annotations

import io

import numpy as np
import pytest
from gateway.matcher.evaluation.framing import Framing, framed
from PIL import Image

from gateway.domain.matching import PictureRefused

SMALL = np.arange(12 * 10, dtype=np.uint8).reshape(12, 10)


def written(format_: str, image: Image.Image | None = None) -> bytes:
    out = io.BytesIO()
    (image or Image.fromarray(SMALL)).save(out, format_)
    return out.getvalue()


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_what_the_matcher_takes_is_passed_on_as_it_is(format_: str) -> None:
    data = written(format_)
    assert framed(data) is data


@pytest.mark.parametrize("format_", ["PPM", "BMP"])
def test_pgm_and_bmp_become_png_without_loss(format_: str) -> None:
    made = Image.open(io.BytesIO(framed(written(format_))))
    assert made.format == "PNG"
    assert (np.asarray(made.convert("L")) == SMALL).all()


def test_plain_pgm_from_a_text_file_is_read() -> None:
    made = Image.open(io.BytesIO(framed(b"P2\n2 1\n255\n7 200\n")))
    assert np.asarray(made.convert("L")).tolist() == [[7, 200]]


def test_a_crop_is_enlarged_into_the_middle_of_grey() -> None:
    white = written("PPM", Image.new("L", (10, 12), 255))
    made = np.asarray(Image.open(io.BytesIO(framed(white, Framing(times=3, width=64, height=48)))))
    assert made.shape == (48, 64)
    assert (made == 255).sum() == 30 * 36
    assert made[6, 17] == made[41, 46] == 255
    assert made[5, 17] == made[6, 16] == made[42, 46] == made[0, 0] == 128


def test_colour_stays_colour_in_a_frame() -> None:
    red = written("BMP", Image.new("RGB", (4, 4), (200, 10, 10)))
    made = Image.open(io.BytesIO(framed(red, Framing(times=2, width=20, height=20))))
    assert made.getpixel((10, 10)) == (200, 10, 10)
    assert made.getpixel((0, 0)) == (128, 128, 128)


def test_what_does_not_fit_into_the_frame_stays_as_it_is() -> None:
    made = Image.open(io.BytesIO(framed(written("BMP"), Framing(times=3, width=29, height=99))))
    assert made.size == (10, 12)


@pytest.mark.parametrize(
    "data", [b"", b"P5\n10 12\n255\nshort", b"GIF89a", written("BMP")[:60], written("GIF")]
)
def test_what_cannot_be_read_is_refused_with_a_code(data: bytes) -> None:
    with pytest.raises(PictureRefused) as told:
        framed(data)
    assert told.value.code == "picture.unreadable"


def test_a_header_that_claims_a_billion_pixels_is_not_decoded() -> None:
    with pytest.raises(PictureRefused) as told:
        framed(b"P5\n5000 5000\n255\n")
    assert told.value.code == "picture.too_many_pixels"
    with pytest.raises(PictureRefused):
        framed(b"P5\n99999 99999\n255\n")
