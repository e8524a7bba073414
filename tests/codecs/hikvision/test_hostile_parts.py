"""Malformed and hostile multipart, and the pictures in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gateway.codecs.hikvision.device_texts import Style, put_parts
from gateway.codecs.hikvision.limits import MOST_PICTURE
from gateway.codecs.hikvision.notice import read_notice

from gateway.domain.events import Event, Misbehaved, PassageReported
from gateway.domain.requests import Accept
from tests.codecs.hikvision.vectors import VECTORS, Talk, body_of, event, post

KIND = "multipart/form-data; boundary=b"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
MADE = event(employeeNoString="10027")


def part(data: bytes, kind: str = "application/json", head: str = "") -> bytes:
    return f"--b\r\nContent-Type: {kind}\r\n{head}\r\n".encode() + data + b"\r\n"


END = b"--b--\r\n"
EVENT, PICTURE = part(MADE), part(JPEG, "image/jpeg")

NESTED = (EVENT + END).replace(b"--b", b"--c")


def passage(events: list[Event]) -> PassageReported:
    return next(one for one in events if isinstance(one, PassageReported))


def codes(events: list[Event]) -> list[str]:
    return [one.code for one in events if isinstance(one, Misbehaved)]


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("multipart/form-data", EVENT + END, 400, "multipart_boundary"),
        ("multipart/form-data; boundary=", EVENT + END, 400, "multipart_boundary"),
        (f"multipart/form-data; boundary={'b' * 71}", EVENT + END, 400, "multipart_boundary"),
        (KIND, MADE, 400, "multipart_no_delimiter"),
        (KIND, b"preamble only\r\n", 400, "multipart_no_delimiter"),
        (KIND, END, 400, "no_event"),
        (KIND, PICTURE + END, 400, "no_event"),
        (KIND, part(NESTED, "multipart/mixed; boundary=c") + END, 400, "no_event"),
        (KIND, b"--b\r\n\r\n\r\n" * 10_000 + END, 413, "multipart_too_many_parts"),
        (KIND, EVENT + PICTURE * 1_000 + END, 413, "multipart_too_many_parts"),
        (KIND, part(MADE, head=f"X: {'a' * 9000}\r\n") + END, 413, "multipart_part_head_too_large"),
    ],
)
def test_a_body_without_an_event_is_refused(kind: str, body: bytes, status: int, code: str) -> None:
    talk = Talk()
    assert codes(talk.say(post(body, kind=kind))) == [code]
    assert talk.status() == status
    assert (talk.conversation.closing is not None) == (status == 413)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(EVENT + PICTURE + END, id="as documented"),
        pytest.param(PICTURE + EVENT + END, id="picture first"),
        pytest.param(b"preamble\r\n" + EVENT + PICTURE + END, id="preamble"),
        pytest.param((EVENT + PICTURE + END).replace(b"--b\r\n", b"--b \t\r\n"), id="blanks"),
        pytest.param(EVENT + PICTURE + END[:-2], id="no last line end"),
        pytest.param(
            part(MADE, head='content-disposition: form-data; name="../../etc/x"\r\n')
            + part(JPEG, "image/jpeg", 'Content-Disposition: x; filename="../../etc/x";\r\n')
            + END,
            id="names that are paths",
        ),
        pytest.param(
            EVENT.replace(b"\r\n\r\n", b"\n\n", 1) + PICTURE.replace(b"\r\n\r\n", b"\n\n", 1) + END,
            id="LF in part heads",
        ),
        pytest.param(
            part(MADE, head='Content-Disposition: form-data; name="x\\"; filename="y\r\nX: z"\r\n')
            + PICTURE
            + END,
            id="a name that breaks out of its header",
        ),
        pytest.param(part(MADE, "") + part(JPEG, "image/pjpeg") + END, id="no type"),
    ],
)
def test_event_and_picture_are_found_whatever_they_are_called(body: bytes) -> None:
    talk = Talk()
    events = talk.say(post(body, kind=KIND))
    assert codes(events) == []
    picture = passage(events).picture
    assert picture is not None
    assert (picture.data, passage(events).claim) == (JPEG, "10027")


@pytest.mark.parametrize(
    ("kind", "boundary"),
    [('multipart/form-data; boundary="a;b c"', "a;b c"), ("multipart/mixed;boundary=b;", "b")],
)
def test_boundaries_are_read_as_they_come(kind: str, boundary: str) -> None:
    body = put_parts(MADE, JPEG, Style(boundary=boundary))
    assert passage(Talk().say(post(body, kind=kind))).picture is not None


def test_a_body_without_a_type_is_read_by_its_first_byte() -> None:
    for body in (MADE, EVENT + PICTURE + END, b" " + MADE):
        assert passage(Talk().say(post(body, kind=""))).claim == "10027"


def cuts(raw: bytes) -> Iterator[int]:
    at = raw.index(b"\r\n--b--")
    return iter(range(at - 1, at + 8))


def test_a_delimiter_may_be_cut_anywhere() -> None:
    raw = post(EVENT + PICTURE + END, kind=KIND)
    for at in cuts(raw):
        picture = passage(Talk().say(raw[:at], raw[at:])).picture
        assert picture is not None
        assert picture.data == JPEG


def test_the_look_alike_of_m1_stays_in_the_picture() -> None:
    picture = passage(Talk().say(VECTORS["M1"])).picture
    assert picture is not None
    assert picture.data == bytes.fromhex("ffd8fffe00160d0a2d2d4d494d455f626f756e64617279580d0affd9")


@pytest.mark.parametrize("inside", [b"xx--b\r\n", b"\n--b\r\n", b"\r\n--bb\r\n", b"\r\n--b--x"])
def test_what_only_looks_like_a_delimiter_stays_in_the_picture(inside: bytes) -> None:
    data = b"\xff\xd8" + inside + b"\xff\xd9"
    picture = passage(Talk().say(post(EVENT + part(data, "image/jpeg") + END, kind=KIND))).picture
    assert picture is not None
    assert picture.data == data


@pytest.mark.parametrize(
    ("length", "fault"), [(len(JPEG), []), (0, ["part_length"]), (10**9, ["part_length"])]
)
def test_the_length_of_a_part_is_a_hint(length: int, fault: list[str]) -> None:
    body = EVENT + part(JPEG, "image/jpeg", f"Content-Length: {length}\r\n") + END
    events = Talk().say(post(body, kind=KIND))
    picture = passage(events).picture
    assert picture is not None
    assert (picture.data, codes(events)) == (JPEG, fault)


@pytest.mark.parametrize("length", ["-5", "five"])
def test_a_length_that_is_none_is_a_wrong_one(length: str) -> None:
    body = EVENT + part(JPEG, "image/jpeg", f"Content-Length: {length}\r\n") + END
    assert codes(Talk().say(post(body, kind=KIND))) == ["part_length"]


def test_what_follows_the_closing_delimiter_is_noted() -> None:
    assert codes(Talk().say(post(EVENT + END + b" \t", kind=KIND))) == []
    assert codes(Talk().say(post(EVENT + END + b"more", kind=KIND))) == ["epilogue"]


def test_of_two_events_the_first_counts() -> None:
    body = EVENT + part(event(serial=9)) + END
    events = Talk().say(post(body, kind=KIND))
    assert (passage(events).number, codes(events)) == (1866, ["second_event"])


def test_the_announced_length_of_the_makers_sample_costs_no_event() -> None:
    """It counts the parts' contents only, so the last bytes come as if they were a new request."""
    body = EVENT + PICTURE + END
    counted = post(body, kind=KIND).replace(
        b"Content-Length: %d" % len(body), b"Content-Length: %d" % (len(body) - 40)
    )
    talk = Talk()
    events = talk.say(counted)
    assert codes(events) == ["truncated_multipart"]
    talk.tell(Accept(receipt=passage(events).receipt))
    assert talk.conversation.closing is None
    assert passage(talk.say(post(event(serial=1867)))).number == 1867


def test_stray_bytes_without_end_are_not_waited_through() -> None:
    talk = Talk()
    body = EVENT + PICTURE + END
    told, counted = (b"Content-Length: %d" % one for one in (len(body), len(body) - 40))
    receipt = passage(talk.say(post(body, kind=KIND).replace(told, counted))).receipt
    talk.tell(Accept(receipt=receipt))
    assert codes(talk.say(b"x" * 5000)) == ["stray_bytes"]
    assert talk.conversation.closing == "stray_bytes"


@pytest.mark.parametrize(
    ("data", "damage"),
    [
        (b"<html>no picture</html>", "not_jpeg"),
        (JPEG[:-2], "truncated"),
        (b"\xff\xd8\xff\xd9", "no_picture"),
    ],
)
def test_a_picture_that_is_none_is_kept_and_flagged(data: bytes, damage: str) -> None:
    picture = passage(Talk().say(post(EVENT + part(data, "image/jpeg") + END, kind=KIND))).picture
    assert picture is not None
    assert (picture.data, picture.damage) == (data, damage)


def test_a_picture_that_claims_to_be_huge_is_not_decoded() -> None:
    size = b"\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00"
    huge = JPEG[:2] + size + JPEG[2:]
    picture = passage(Talk().say(post(EVENT + part(huge, "image/jpeg") + END, kind=KIND))).picture
    assert picture is not None
    assert picture.data == huge


def test_without_a_closing_delimiter_a_length_that_fits_tells_where_the_picture_ends() -> None:
    cut = EVENT + part(JPEG, "image/jpeg", f"Content-Length: {len(JPEG)}\r\n")
    events = Talk().say(post(cut, kind=KIND))
    picture = passage(events).picture
    assert picture is not None
    assert picture.data == JPEG
    assert codes(events) == ["truncated_multipart"]


def test_an_empty_picture_is_none() -> None:
    body = EVENT + part(b"", "image/jpeg") + END
    assert passage(Talk().say(post(body, kind=KIND))).picture is None


def test_a_picture_that_is_too_large_does_not_cost_the_event() -> None:
    body = EVENT + part(b"\xff" * (MOST_PICTURE + 1), "image/jpeg") + END
    events = Talk().say(post(body, kind=KIND))
    assert (passage(events).picture, codes(events)) == (None, ["picture_too_large"])


def test_the_picture_of_the_person_is_chosen() -> None:
    thermal = part(b"\xff\xd8thermal", "image/jpeg", "Content-ID: thermal_image\r\n")
    person = part(JPEG, "image/jpeg", "Content-ID: pictureImage\r\n")
    picture = passage(Talk().say(post(EVENT + thermal + person + END, kind=KIND))).picture
    assert picture is not None
    assert picture.data == JPEG


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("C2", Style()),
        (
            "C11",
            Style(
                part="AccessControllerEvent",
                part_type="application/json",
                content_ids=False,
                boundary="hik-b-001",
                last_line_end=False,
            ),
        ),
        (
            "M1",
            Style(part_type="application/json", content_ids=False, part_lengths=False, tight=True),
        ),
    ],
)
def test_the_vectors_with_parts_are_written_again_to_the_byte(name: str, style: Style) -> None:
    body = body_of(VECTORS[name])
    kind = f"multipart/form-data; boundary={style.boundary}"
    found = read_notice(kind, body)
    assert found.picture is not None
    assert put_parts(found.raw, found.picture, style) == body
