"""Behaviour chosen by firmware, and tables that contradict themselves."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.codecs.quirks import FirmwareTable, Profile, Quirk, QuirkError, Span, version_key

ZONE = Quirk("zone", since="2.0", before="2.4", changes={"zone": "site"}, why="no offset sent")
WIDE = Quirk("wide", since="2.3", changes={"width": 4}, why="numbers grew")
TABLE = FirmwareTable(
    base={"zone": "utc", "width": 2}, quirks=(ZONE, WIDE), oldest="1.0", newest="2.6"
)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("2.9", "2.10"),
        ("V2.3.1", "2.4"),
        ("2.4rc1", "2.4"),
        ("2.4-beta2", "2.4rc1"),
        ("2.4", "2.4.0.1"),
        ("4.1.0", "V4.1.0 build 220101"),
        ("V4.1.0 build 210512", "V4.1.0 build 220101"),
        ("1", "1.0.3"),
    ],
)
def test_versions_are_ordered_as_people_order_them(lower: str, higher: str) -> None:
    one, other = version_key(lower), version_key(higher)
    assert one is not None
    assert other is not None
    assert one < other


def test_equal_versions_may_be_spelt_differently() -> None:
    assert version_key("V2.4") == version_key("2.4.0") == version_key("ver 2.4")
    assert version_key("unknown") is None
    assert version_key("") is None


@pytest.mark.parametrize(
    ("firmware", "values", "quirks", "unproven"),
    [
        ("1.0", ("utc", 2), (), False),
        ("1.9.9", ("utc", 2), (), False),
        ("2.0", ("site", 2), ("zone",), False),
        ("V2.3.1", ("site", 4), ("wide", "zone"), False),
        ("2.4", ("utc", 4), ("wide",), False),
        ("2.6", ("utc", 4), ("wide",), False),
        ("2.6.1", ("utc", 4), ("wide",), True),
        ("9.0", ("utc", 4), ("wide",), True),
        ("0.9", ("utc", 2), (), True),
        ("factory", ("utc", 2), (), True),
        ("", ("utc", 2), (), True),
    ],
)
def test_the_profile_follows_from_the_firmware(
    firmware: str, values: tuple[str, int], quirks: tuple[str, ...], unproven: bool
) -> None:
    profile = TABLE.choose(firmware)
    assert (profile["zone"], profile["width"]) == values
    assert (profile.quirks, profile.unproven) == (quirks, unproven)


def test_a_newer_firmware_takes_the_range_below_it_even_where_a_quirk_is_open() -> None:
    closed = FirmwareTable(base={"zone": "utc"}, quirks=(ZONE,), oldest="1.0", newest="2.5")
    assert closed.choose("7.0") == Profile(values={"zone": "utc"}, unproven=True)


def test_a_table_that_names_no_firmware_flags_nothing() -> None:
    assert FirmwareTable(base={"zone": "utc"}).choose("9.9") == Profile(values={"zone": "utc"})
    assert FirmwareTable().ranges() == []


def test_a_quirk_of_one_model_leaves_the_others_alone() -> None:
    only = Quirk("zone", since="2.0", changes={"zone": "site"}, why="seen", model="K1")
    table = FirmwareTable(base={"zone": "utc"}, quirks=(only,), oldest="1.0", newest="3.0")
    assert table.choose("2.1", "K1")["zone"] == "site"
    assert table.choose("2.1", "K2")["zone"] == "utc"
    assert list(map(str, table.ranges())) == [
        "any model: from 1.0 on",
        "K1: from 1.0 before 2.0",
        "K1: from 2.0 on",
    ]


def test_the_ranges_that_need_a_transcript_are_cut_at_every_change() -> None:
    assert table_edges(TABLE) == [("1.0", "2.0"), ("2.0", "2.3"), ("2.3", "2.4"), ("2.4", None)]
    assert "2.3.9" in Span(since="2.3", before="2.4")
    assert "2.4" not in Span(since="2.3", before="2.4")
    assert "none" not in Span(since="2.3")


def table_edges(table: FirmwareTable) -> list[tuple[str, str | None]]:
    return [(span.since, span.before) for span in table.ranges()]


def quirk(**changed: Any) -> Quirk:
    given: dict[str, Any] = {
        "key": "zone",
        "since": "2.0",
        "before": "2.4",
        "changes": {"zone": "site"},
        "why": "seen",
    }
    return Quirk(**{**given, **changed})


@pytest.mark.parametrize(
    ("quirks", "said"),
    [
        ((quirk(), quirk(since="2.3", before=None)), "'zone' has two ranges that overlap"),
        ((quirk(), quirk(model="K1")), "'zone' has two ranges that overlap"),
        ((quirk(), quirk(key="other", since="2.2")), "'zone' and 'other' both change zone"),
        ((quirk(changes={"zoen": "site"}),), "changes zoen, which the base does not have"),
        ((quirk(before="2.0"),), "before 2.0 is not after since 2.0"),
        ((quirk(since="first"),), "must hold a number"),
        ((quirk(before="next"),), "must hold a number"),
        ((quirk(why=""),), "does not say why"),
        ((quirk(since="0.5"),), "outside the firmware seen, 1.0 to 3.0"),
        ((quirk(before="3.1"),), "outside the firmware seen, 1.0 to 3.0"),
    ],
)
def test_a_table_that_contradicts_itself_does_not_load(
    quirks: tuple[Quirk, ...], said: str
) -> None:
    with pytest.raises(QuirkError, match=said):
        FirmwareTable(base={"zone": "utc"}, quirks=quirks, oldest="1.0", newest="3.0")


def test_quirks_need_the_firmware_that_was_seen() -> None:
    with pytest.raises(QuirkError, match="oldest and newest must name"):
        FirmwareTable(base={"zone": "utc"}, quirks=(quirk(),))


def test_ranges_that_touch_do_not_overlap() -> None:
    later = quirk(since="2.4", before=None, changes={"zone": "local"})
    table = FirmwareTable(base={"zone": "utc"}, quirks=(quirk(), later), oldest="1.0", newest="3.0")
    assert [table.choose(v)["zone"] for v in ("2.3", "2.4")] == ["site", "local"]
