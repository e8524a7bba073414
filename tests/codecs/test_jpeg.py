from __future__ import annotations

import io

import pytest
from gateway.codecs.jpeg import MOST_SEGMENTS, judge
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image


def picture(*, progressive: bool = False, restart: int = 0) -> bytes:
    image = Image.new("RGB", (64, 48))
    image.putdata([(x * 37 % 256, x * 11 % 256, x % 256) for x in range(64 * 48)])
    out = io.BytesIO()
    image.save(out, "JPEG", progressive=progressive, restart_marker_blocks=restart)
    return out.getvalue()


PLAIN = picture()


@pytest.mark.parametrize("data", [PLAIN, picture(progressive=True), picture(restart=2)])
def test_real_pictures_are_complete(data: bytes) -> None:
    assert judge(data) is None
    assert judge(data + bytes(512)) is None


def test_every_cut_is_noticed() -> None:
    assert {judge(PLAIN[:size]) for size in range(len(PLAIN))} == {"truncated"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "truncated"),
        (b"GIF89a", "not_jpeg"),
        (b"\x89PNG\r\n", "not_jpeg"),
        (b"\xff\xd8\xff\xd9", "no_picture"),
        (b"\xff\xd8plain", "not_jpeg"),
        (b"\xff\xd8\xff\x00\x00\x04ab", "not_jpeg"),
        (b"\xff\xd8\xff\xe0\x00\x01", "not_jpeg"),
        (b"\xff\xd8\xff\xe0\x00", "truncated"),
        (b"\xff\xd8" + b"\xff" * 100, "truncated"),
        (b"\xff\xd8\xff\xd8\x00\x02", "not_jpeg"),
        (PLAIN + b"<script>", "trailing"),
        (PLAIN + PLAIN, "trailing"),
        (b"\xff\xd8" + b"\xff\xfe\x00\x02" * MOST_SEGMENTS + b"\xff\xd9", "segments"),
    ],
)
def test_what_is_no_complete_jpeg(data: bytes, reason: str) -> None:
    assert judge(data) == reason


def test_a_picture_without_width_is_none() -> None:
    at = PLAIN.index(b"\xff\xc0")
    assert judge(PLAIN[: at + 7] + b"\0\0" + PLAIN[at + 9 :]) == "no_picture"


@given(st.binary(max_size=400), st.integers(0, len(PLAIN)))
def test_arbitrary_bytes_never_raise(data: bytes, at: int) -> None:
    known = {None, "not_jpeg", "truncated", "no_picture", "segments", "trailing"}
    assert judge(data) in known
    assert judge(b"\xff\xd8" + data) in known
    assert judge(PLAIN[:at] + data + PLAIN[at:]) in known
