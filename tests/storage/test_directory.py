from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from gateway.storage.document import (
    DeviceEntry,
    DirectoryDocument,
    ModelEntry,
    MountingEntry,
    ProjectEntry,
    SupplierEntry,
)
from gateway.storage.importing import CLOSE, HANG
from gateway.storage.opening import Storage

from gateway.domain.directory import (
    Area,
    Corp,
    DeviceModel,
    DeviceState,
    Directory,
    Listing,
    Supplier,
)
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Serial
from gateway.domain.vocabulary import Direction

CORP = "91990000MA00000000"
TERMINAL = DeviceEntry(
    serial="YLS-00000001",
    supplier="S01",
    model="FACE-IRIS-A",
    dialect="yls",
    secret=b"s" * 32,
    mounting=MountingEntry(project="P1", channel="Gate 1", direction=Direction.IN),
)
DOCUMENT = DirectoryDocument(
    areas=(
        Area(code="990000", name="Sample province"),
        Area(code="990100", name="Sample city", parent="990000"),
    ),
    corps=(Corp(code=CORP, name="Sample builders"),),
    suppliers=(SupplierEntry(code="S01", name="Sample maker", batch="1"),),
    models=(ModelEntry(supplier="S01", name="FACE-IRIS-A", interface_test="T-1"),),
    projects=(
        ProjectEntry(
            code="P1",
            name="Sample site",
            area="990100",
            corp=CORP,
            administrator="A. Nonymous",
            channels=("Gate 1", "Gate 2"),
        ),
    ),
    devices=(TERMINAL,),
)


def test_an_empty_directory(storage: Storage, run: Any) -> None:
    assert run(storage.directory.load()) == Directory()


def test_a_document_comes_back_as_a_directory(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await storage.directory.import_directory(DOCUMENT)
        directory = await storage.directory.load()
        assert directory.areas == {area.code: area for area in DOCUMENT.areas}
        assert directory.corps == {CORP: DOCUMENT.corps[0]}
        assert directory.suppliers == {"S01": Supplier(code="S01", name="Sample maker", batch="1")}
        model = DeviceModel(supplier="S01", name="FACE-IRIS-A", interface_test="T-1")
        assert directory.models == {("S01", "FACE-IRIS-A"): model}
        (project,) = directory.projects.values()
        assert (project.code, project.area, project.corp) == ("P1", "990100", CORP)
        assert [channel.name for channel in directory.channels.values()] == ["Gate 1", "Gate 2"]
        device = directory.devices[Serial("YLS-00000001")]
        assert directory.secrets == {device.id: b"s" * 32}
        place = directory.placement(device, 1)
        assert place.direction is Direction.IN
        assert place.project == project.id
        assert directory.admission(device.serial, "FACE-IRIS-A") == device

    run(main())


def test_importing_twice_changes_nothing(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await storage.directory.import_directory(DOCUMENT)
        first = await storage.directory.load()
        await storage.directory.import_directory(DOCUMENT)
        assert await storage.directory.load() == first

    run(main())


def test_a_later_document_updates_and_keeps_what_it_does_not_name(
    storage: Storage, run: Any
) -> None:
    async def main() -> None:
        await storage.directory.import_directory(DOCUMENT)
        grace = replace(DOCUMENT.suppliers[0], listing=Listing.GRACE)
        silent = replace(TERMINAL, secret=None, mounting=None, state=DeviceState.BLOCKED)
        await storage.directory.import_directory(
            DirectoryDocument(suppliers=(grace,), devices=(silent,))
        )
        directory = await storage.directory.load()
        device = directory.devices[Serial("YLS-00000001")]
        assert device.state is DeviceState.BLOCKED
        assert directory.suppliers["S01"].listing is Listing.GRACE
        assert directory.secrets[device.id] == b"s" * 32
        assert len(directory.mountings[device.id]) == 1

    run(main())


def test_importing_the_first_file_again_brings_back_nobody_who_was_shut_out(
    storage: Storage, run: Any
) -> None:
    """It names no state and no listing, so it decides about none."""
    delisted = SupplierEntry(code="S01", name="Sample maker", listing=Listing.DELISTED)
    model = ModelEntry(supplier="S01", name="FACE-IRIS-A", listing=Listing.GRACE)
    blocked = replace(TERMINAL, state=DeviceState.BLOCKED, cadence_s=60)

    async def main() -> None:
        await storage.directory.import_directory(DOCUMENT)
        await storage.directory.import_directory(
            DirectoryDocument(suppliers=(delisted,), models=(model,), devices=(blocked,))
        )
        shut = await storage.directory.load()
        bare = replace(
            DOCUMENT,
            areas=(Area(code="990100", name="Sample city"),),
            projects=(ProjectEntry(code="P1", name="Sample site", area="990100"),),
        )
        await storage.directory.import_directory(bare)
        assert await storage.directory.load() == shut
        assert shut.devices[Serial(TERMINAL.serial)].state is DeviceState.BLOCKED
        assert shut.suppliers["S01"].listing is Listing.DELISTED
        assert shut.models["S01", "FACE-IRIS-A"].listing is Listing.GRACE

    run(main())


def test_moving_a_device_ends_its_old_mounting(storage: Storage, run: Any) -> None:
    moved = replace(
        TERMINAL,
        mounting=MountingEntry(
            project="P1", channel="Gate 2", direction=Direction.IN, valid_from_ms=1_000
        ),
    )

    async def main() -> None:
        await storage.directory.import_directory(DOCUMENT)
        device = await storage.directory.add_device(moved)
        directory = await storage.directory.load()
        spans = [
            (directory.channels[hung.channel].name, hung.valid_from_ms, hung.valid_to_ms)
            for hung in directory.mountings[device.id]
        ]
        assert spans == [("Gate 1", 0, 1_000), ("Gate 2", 1_000, None)]

    run(main())


def test_a_device_hangs_in_one_place_at_a_time(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await storage.directory.import_directory(DOCUMENT)
        insert = (
            "insert into mounting (device, channel, valid_from_ms, valid_to_ms)"
            " select d.id, c.id, $1, $2 from device d, channel c where c.name = 'Gate 2'"
        )
        async with storage.database.use() as connection:
            with pytest.raises(Exception, match="one_place_at_a_time"):
                await connection.execute(insert, 500, 600)
            await connection.execute(insert, -600, 0)  # touching is not overlapping
            with pytest.raises(Exception, match="check"):
                await connection.execute(insert, -900, -900)

    run(main())


@pytest.mark.parametrize("statement", [CLOSE, HANG])
def test_a_mounting_is_found_by_an_index(storage: Storage, run: Any, statement: str) -> None:
    """Or importing a city's 20,000 devices takes longer than a call may."""

    async def main() -> None:
        async with storage.database.transaction() as connection:
            await connection.execute("set local enable_seqscan = off")
            plan = await connection.fetch(f"explain {statement}", 1, 2, 3, 0)
        assert any("one_place_at_a_time" in row[0] for row in plan)

    run(main())


def test_add_device_returns_the_device(storage: Storage, run: Any) -> None:
    second = replace(TERMINAL, serial="YLS-00000002", secret=b"2" * 32, mounting=None)

    async def main() -> None:
        await storage.directory.import_directory(DOCUMENT)
        device = await storage.directory.add_device(second)
        assert device.serial == "YLS-00000002"
        directory = await storage.directory.load()
        assert directory.secrets[device.id] == b"2" * 32
        assert device.id not in directory.mountings

    run(main())


def test_a_move_that_names_no_moment_is_refused_by_name_and_changes_nothing(
    storage: Storage, run: Any
) -> None:
    elsewhere = MountingEntry(project="P1", channel="Gate 2", direction=Direction.IN)

    async def main() -> None:
        await storage.directory.import_directory(DOCUMENT)
        before = await storage.directory.load()
        moved = replace(DOCUMENT, devices=(replace(TERMINAL, mounting=elsewhere),))
        with pytest.raises(GatepostError) as caught:
            await storage.directory.import_directory(moved)
        assert caught.value.code == "directory.moved_when"
        assert caught.value.place == f"device {TERMINAL.serial}"
        assert "since" in caught.value.remedy
        assert await storage.directory.load() == before

    run(main())


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (replace(DOCUMENT, suppliers=()), "directory.refused"),
        (replace(DOCUMENT, areas=(Area(code="12", name="x"),)), "directory.refused"),
        (
            replace(DOCUMENT, devices=(replace(TERMINAL, serial="x" * 33),)),
            "directory.refused",
        ),
        (
            replace(
                DOCUMENT,
                devices=(replace(TERMINAL, mounting=MountingEntry(project="P1", channel="No")),),
            ),
            "directory.channel",
        ),
    ],
)
def test_a_document_that_contradicts_itself_changes_nothing(
    storage: Storage, run: Any, document: DirectoryDocument, code: str
) -> None:
    async def main() -> None:
        with pytest.raises(GatepostError) as caught:
            await storage.directory.import_directory(document)
        assert caught.value.code == code
        assert await storage.directory.load() == Directory()
        assert storage.database.available

    run(main())
