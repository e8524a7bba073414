"""What names a record: two tellings of one are one, and two events are two."""

from __future__ import annotations

from gateway.codecs.hikvision.identity import UNNUMBERED_SERIES, Identity, identify
from gateway.codecs.hikvision.notice import Notice

KIND = "AccessControllerEvent"


def named(**inner: object) -> Identity:
    told = {"majorEventType": 5, "subEventType": 76, "doorNo": 1, **inner}
    envelope = {"eventType": KIND, "dateTime": "2025-06-18T08:00:00+08:00"}
    notice = Notice(kind=KIND, envelope=envelope, inner=told, raw=b"", picture=None, oddities=())
    return identify(notice, 480)


def test_a_number_names_a_record_however_much_is_told_of_it() -> None:
    assert named(serialNo=7, mask="yes") == named(serialNo=7)


def test_two_strangers_in_a_second_without_numbers_are_two_records() -> None:
    one, other = named(faceRect="1"), named(faceRect="2")
    assert one.series == other.series == UNNUMBERED_SERIES
    assert one.name != other.name
    assert one.number != other.number


def test_an_event_without_a_number_that_is_sent_again_is_the_same() -> None:
    assert named(mask="yes", currentEvent=True) == named(mask="yes", currentEvent=False)
