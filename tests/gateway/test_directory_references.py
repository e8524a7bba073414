from __future__ import annotations

from typing import Any

import pytest

from gateway.directory_file import to_document
from gateway.directory_mistakes import Mistake
from gateway.directory_references import dangling
from gateway.domain.directory import (
    Area,
    Channel,
    Corp,
    DeviceModel,
    Directory,
    Project,
    Supplier,
)
from gateway.domain.ids import ChannelId, ProjectId

KNOWN = Directory(
    areas={"990000": Area(code="990000", name="County")},
    corps={"91990000MA00000000": Corp(code="91990000MA00000000", name="Builder")},
    suppliers={"S01": Supplier(code="S01", name="Maker")},
    models={("S01", "M"): DeviceModel(supplier="S01", name="M")},
    projects={ProjectId(1): Project(id=ProjectId(1), code="P1", name="Site", area="990000")},
    channels={ChannelId(1): Channel(id=ChannelId(1), project=ProjectId(1), name="Gate 1")},
)
DEVICE = {"serial": "YLS-1", "supplier": "S01", "model": "M", "project": "P1", "channel": "Gate 1"}


def found(document: dict[str, Any], known: Directory = KNOWN) -> list[Mistake]:
    return list(dangling(to_document(document, "site.toml"), known, ("yls",)))


def test_what_is_known_already_need_not_be_named_again() -> None:
    assert found({"devices": [DEVICE]}) == []


def test_what_the_document_itself_brings_may_be_named() -> None:
    document = {
        "areas": [{"code": "990001", "name": "Town", "parent": "990000"}],
        "corps": [{"code": "91990000MA00000001", "name": "Other"}],
        "suppliers": [{"code": "S02", "name": "Other maker"}],
        "models": [{"supplier": "S02", "name": "N"}],
        "projects": [
            {
                "code": "P2",
                "name": "Bridge",
                "area": "990001",
                "corp": "91990000MA00000001",
                "channels": ["South"],
            },
            {"code": "P1", "name": "Site", "area": "990000", "channels": ["Gate 2"]},
        ],
        "devices": [
            {**DEVICE, "supplier": "S02", "model": "N", "project": "P2", "channel": "South"},
            {**DEVICE, "serial": "YLS-2", "channel": "Gate 2"},
        ],
    }
    assert found(document) == []


@pytest.mark.parametrize(
    ("document", "path", "cause", "remedy"),
    [
        (
            {"areas": [{"code": "990001", "name": "x", "parent": "99"}]},
            ("areas", 0, "parent"),
            'there is no area "99".',
            "There are: 990000, 990001.",
        ),
        (
            {"projects": [{"code": "P", "name": "x", "area": "880000"}]},
            ("projects", 0, "area"),
            'there is no area "880000".',
            "There are: 990000.",
        ),
        (
            {"projects": [{"code": "P", "name": "x", "area": "990000", "corp": "C"}]},
            ("projects", 0, "corp"),
            'there is no company "C".',
            "There are: 91990000MA00000000.",
        ),
        (
            {"models": [{"supplier": "S1", "name": "M"}]},
            ("models", 0, "supplier"),
            'there is no supplier "S1".',
            "There are: S01.",
        ),
        (
            {"devices": [{**DEVICE, "supplier": "SO1"}]},
            ("devices", 0, "supplier"),
            'there is no supplier "SO1".',
            "There are: S01.",
        ),
        (
            {"devices": [{**DEVICE, "model": "m"}]},
            ("devices", 0, "model"),
            'there is no model of supplier S01 named "m".',
            "There are: M.",
        ),
        (
            {"devices": [{**DEVICE, "project": "P9"}]},
            ("devices", 0, "project"),
            'there is no project "P9".',
            "There are: P1.",
        ),
        (
            {"devices": [{**DEVICE, "channel": "Gate 9"}]},
            ("devices", 0, "channel"),
            'there is no channel of project P1 named "Gate 9".',
            "There are: Gate 1.",
        ),
        (
            {"devices": [{**DEVICE, "dialect": "ysl"}]},
            ("devices", 0, "dialect"),
            'there is no usable dialect "ysl".',
            "There are: yls.",
        ),
    ],
)
def test_a_name_that_stands_for_nothing_is_found(
    document: dict[str, Any], path: tuple[str | int, ...], cause: str, remedy: str
) -> None:
    assert found(document) == [Mistake(path=path, cause=cause, remedy=remedy)]


def test_among_many_names_the_near_ones_are_told() -> None:
    suppliers = {f"MAKER-{n:02}": Supplier(code=f"MAKER-{n:02}", name="x") for n in range(20)}
    (near,) = found(
        {"models": [{"supplier": "MAKER-1", "name": "M"}]}, Directory(suppliers=suppliers)
    )
    assert near.remedy.startswith("There are: MAKER-")
    (far,) = found({"models": [{"supplier": "?", "name": "M"}]}, Directory(suppliers=suppliers))
    assert far.remedy == "There are 20 others."
