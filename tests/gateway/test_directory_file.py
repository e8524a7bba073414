from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.directory_file import read_document, to_document
from gateway.domain.directory import DeviceState, Listing
from gateway.domain.errors import GatepostError
from gateway.domain.vocabulary import Direction
from gateway.domain.workers import VerificationMode

SECRET = "00" * 31 + "ff"
SITE = {"code": "P1", "name": "Site", "area": "990000"}
DEVICE = {"serial": "YLS-1", "supplier": "S01", "model": "M"}


def refusal(parsed: dict[str, Any]) -> GatepostError:
    with pytest.raises(GatepostError) as caught:
        to_document(parsed, "site.toml")
    return caught.value


def test_every_field_arrives() -> None:
    document = to_document(
        {
            "areas": [{"code": "990000", "name": "County"}],
            "corps": [{"code": "91990000MA00000000", "name": "Builder"}],
            "suppliers": [{"code": "S01", "name": "Maker", "listing": "grace"}],
            "models": [{"supplier": "S01", "name": "M", "interface_test": "report-1"}],
            "projects": [
                {**SITE, "channels": ["Gate 1"], "verification": "verify_and_forget"},
                {**SITE, "code": "P2"},
            ],
            "devices": [
                {
                    **DEVICE,
                    "secret": SECRET,
                    "state": "test_run",
                    "heartbeat_seconds": 60,
                    "project": "P1",
                    "channel": "Gate 1",
                    "direction": "in",
                }
            ],
        },
        "site.toml",
    )
    assert document.suppliers[0].listing is Listing.GRACE
    assert document.projects[0].channels == ("Gate 1",)
    assert document.projects[0].verification is VerificationMode.VERIFY_AND_FORGET
    assert document.projects[1].verification is None
    (device,) = document.devices
    assert (device.state, device.cadence_s) == (DeviceState.TEST_RUN, 60)
    assert device.secret == bytes.fromhex(SECRET)
    assert device.mounting is not None
    assert (device.mounting.channel, device.mounting.direction) == ("Gate 1", Direction.IN)


def test_since_is_an_instant_with_an_offset() -> None:
    path_free = {**DEVICE, "project": "P1", "channel": "G"}
    good = to_document({"devices": [{**path_free, "since": "2026-09-01T07:00:00+08:00"}]}, "f")
    assert good.devices[0].mounting is not None
    assert good.devices[0].mounting.valid_from_ms == 1_788_217_200_000
    for naive in ("2026-09-01", "2026-09-01T07:00:00", "2026/9/1", 5):
        assert "offset" in refusal({"devices": [{**path_free, "since": naive}]}).message


@pytest.mark.parametrize(
    ("parsed", "place", "says"),
    [
        ({"device": []}, "site.toml: device", 'unknown key "device". Did you mean devices?'),
        ({"devices": {"serial": "x"}}, "site.toml: devices", "Begin each entry with [[devices]]."),
        ({"areas": [{"code": "99", "name": "x"}]}, "areas.0.code", '"99": expected six digits'),
        ({"areas": [{"code": 990000, "name": "x"}]}, "areas.0.code", "expected a text in quotes"),
        ({"devices": [{**DEVICE, "serial": "with space"}]}, "devices.0.serial", "without a space"),
        ({"devices": [{**DEVICE, "serial": "x" * 33}]}, "devices.0.serial", "1 to 32 characters"),
        ({"devices": [{**DEVICE, "secret": "abc"}]}, "devices.0.secret of YLS-1", "64 hexa"),
        ({"devices": [{**DEVICE, "directon": 1}]}, "of YLS-1", "Did you mean direction?"),
        ({"devices": [{**DEVICE, "colour": "red"}]}, "of YLS-1", "There are: serial, supplier,"),
        ({"devices": [{**DEVICE, "direction": "up"}]}, "of YLS-1", "expected in, out or two-way"),
        ({"devices": [{**DEVICE, "state": "on"}]}, "devices.0.state", "expected 'planned'"),
        ({"projects": [{**SITE, "verification": "on"}]}, "of P1", "expected 'device_only', 'ver"),
        ({"projects": [{**SITE, "verifcation": "on"}]}, "of P1", "Did you mean verification?"),
        ({"devices": [{**DEVICE, "project": "P1"}]}, "devices.0 of YLS-1", "belong together"),
        ({"devices": [{**DEVICE, "heartbeat_seconds": 0}]}, "heartbeat_seconds", "greater"),
        ({"devices": [{"serial": "YLS-1", "model": "M"}]}, "devices.0.supplier", "is missing"),
    ],
)
def test_a_mistake_is_named_with_its_place(parsed: dict[str, Any], place: str, says: str) -> None:
    error = refusal(parsed)
    assert error.code == "directory.refused"
    assert place in error.place
    assert says in str(error)


@pytest.mark.parametrize(
    ("serial", "says"),
    [
        ("ＹＬＳ－１", 'it has full-width signs, write "YLS-1"'),
        ("YLS-１２", 'it has full-width signs, write "YLS-12"'),
        ("YLS-1\u3000", 'it has full-width signs, write "YLS-1"'),
        ("YLS-1 ", "it has a space at an end"),
    ],
)
def test_what_an_input_method_leaves_is_named(serial: str, says: str) -> None:
    assert says in refusal({"devices": [{**DEVICE, "serial": serial}]}).message


def test_every_mistake_is_told_at_once() -> None:
    error = refusal({"devices": [{**DEVICE, "serial": f"YLS {n}"} for n in range(12)]})
    assert error.place == "site.toml: devices.0.serial"
    assert error.remedy.count("Also at devices.") == 9
    assert error.remedy.endswith("… and 2 more.")


@pytest.mark.parametrize(
    ("name", "entry", "other", "place"),
    [
        ("devices", DEVICE, {**DEVICE, "secret": SECRET}, "devices.2.serial"),
        ("areas", {"code": "990000", "name": "A"}, {"code": "990000", "name": "B"}, "areas.2.code"),
        ("models", {"supplier": "S", "name": "M"}, {"supplier": "S", "name": "M"}, "models.2.name"),
    ],
)
def test_the_same_thing_twice_is_refused(
    name: str, entry: dict[str, Any], other: dict[str, Any], place: str
) -> None:
    another = {**entry, **({"serial": "YLS-2"} if "serial" in entry else {"name": "Else"})}
    if name == "areas":
        another["code"] = "990001"
    error = refusal({name: [entry, another, other]})
    assert error.place == f"site.toml: {place}"
    assert f"in {name}.0 already" in error.message
    to_document({name: [entry, another]}, "site.toml")


def test_a_secret_is_never_shown_in_an_error() -> None:
    wrong = "ab" * 31
    assert wrong not in str(refusal({"devices": [{**DEVICE, "secret": wrong}]}))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.toml", b"[[devices]\n", "at line 1"),
        ("a.json", b"{", "line 1 column 2"),
        ("a.json", b"[]", "a table of lists is expected"),
        ("a.toml", "a = 1\nname = 'caf\u00e9'".encode("latin-1"), "line 2 is no UTF-8 text."),
        (
            "a.toml",
            "a = 1\nname = '北塔工地'".encode("gbk"),
            "line 2 is no UTF-8 text; it may be GBK",
        ),
        ("a.toml", "[[areas]]\ncode = “990000”\n".encode(), 'write " instead of “'),
        ("a.toml", "[[areas]]\ncode ＝ '990000'\n".encode(), "write = instead of ＝"),
        ("a.csv", "序列号".encode(), "a spreadsheet"),
        ("a.XLSX", b"PK", "a spreadsheet"),
    ],
)
def test_an_unreadable_file_is_refused(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(GatepostError) as caught:
        read_document(file)
    assert caught.value.place == str(file)
    assert says in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GatepostError, match="No such file"):
        read_document(tmp_path / "none.toml")


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[areas]]\ncode = "990000"\nname = "County"\n')
    (tmp_path / "a.json").write_text('{"areas": [{"code": "990000", "name": "County"}]}')
    assert read_document(tmp_path / "a.toml") == read_document(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["a.toml", "a.json"])
def test_a_byte_order_mark_is_no_mistake(tmp_path: Path, name: str) -> None:
    text = "areas = []" if name == "a.toml" else '{"areas": []}'
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert read_document(tmp_path / name) == {"areas": []}


def test_a_time_of_toml_is_as_good_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("since = 2026-09-01T07:00:00+08:00")
    assert read_document(tmp_path / "a.toml") == {"since": "2026-09-01T07:00:00+08:00"}
