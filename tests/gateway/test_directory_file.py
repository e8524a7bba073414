from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.directory_file import read_document, to_document
from gateway.domain.directory import DeviceState, Listing
from gateway.domain.errors import GatepostError
from gateway.domain.vocabulary import Direction

SECRET = "00" * 31 + "ff"
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
            "projects": [{"code": "P1", "name": "Site", "area": "990000", "channels": ["Gate 1"]}],
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
    for naive in ("2026-09-01", "2026-09-01T07:00:00"):
        assert "offset" in refusal({"devices": [{**path_free, "since": naive}]}).message


@pytest.mark.parametrize(
    ("parsed", "place", "says"),
    [
        ({"device": []}, "site.toml: device", "Extra inputs"),
        ({"areas": [{"code": "99", "name": "x"}]}, "site.toml: areas.0.code", "match"),
        ({"devices": [{**DEVICE, "serial": "with space"}]}, "devices.0.serial", "match"),
        ({"devices": [{**DEVICE, "serial": "x" * 33}]}, "devices.0.serial", "match"),
        ({"devices": [{**DEVICE, "secret": "abc"}]}, "devices.0.secret", "match"),
        ({"devices": [{**DEVICE, "seriel": 1}]}, "devices.0.seriel", "Extra inputs"),
        ({"devices": [{**DEVICE, "project": "P1"}]}, "device YLS-1", "belong together"),
        ({"devices": [{**DEVICE, "heartbeat_seconds": 0}]}, "heartbeat_seconds", "greater"),
    ],
)
def test_a_mistake_is_named_with_its_place(parsed: dict[str, Any], place: str, says: str) -> None:
    error = refusal(parsed)
    assert error.code == "directory.refused"
    assert place in error.place
    assert says in error.message


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
    ("name", "content"),
    [
        ("a.toml", b"[[devices]\n"),
        ("a.json", b"{"),
        ("a.json", b"[]"),
        ("a.toml", "name = 'caf\u00e9'".encode("latin-1")),
    ],
)
def test_an_unreadable_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(GatepostError) as caught:
        read_document(file)
    assert caught.value.place == str(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GatepostError, match="No such file"):
        read_document(tmp_path / "none.toml")


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[areas]]\ncode = "990000"\nname = "County"\n')
    (tmp_path / "a.json").write_text('{"areas": [{"code": "990000", "name": "County"}]}')
    assert read_document(tmp_path / "a.toml") == read_document(tmp_path / "a.json")
