from __future__ import annotations

import asyncio
from typing import Any, cast

from gateway.storage.document import DirectoryDocument
from gateway.storage.opening import Storage

from gateway.domain.directory import Area, Directory
from gateway.operations import Operations


class SlowToRead:
    """A directory store whose first reading takes until a test lets it end."""

    def __init__(self) -> None:
        self.areas: dict[str, Area] = {}
        self.reading = asyncio.Event()
        self.go_on = asyncio.Event()
        self.readings = 0

    async def import_directory(self, document: DirectoryDocument) -> None:
        self.areas |= {area.code: area for area in document.areas}

    async def load(self) -> Directory:
        self.readings += 1
        read = Directory(areas=dict(self.areas))
        if self.readings == 1:
            self.reading.set()
            await self.go_on.wait()
        return read


class Shelf:
    """As much of a Storage as the directory's changes need."""

    def __init__(self) -> None:
        self.directory = SlowToRead()


def test_of_two_changes_at_once_none_is_forgotten() -> None:
    """The first one reads, the second one writes and reads, and then the first reading is used."""

    async def main() -> None:
        shelf, used = Shelf(), [Directory()]

        async def use(directory: Directory) -> None:
            used.append(directory)

        operations = Operations(cast(Storage, shelf), use)

        def change(code: str) -> Any:
            document = {"areas": [{"code": code, "name": "Sample"}]}
            return asyncio.create_task(operations.import_directory(document, "test"))

        first = change("990001")
        await shelf.directory.reading.wait()
        second = change("990002")
        await asyncio.sleep(0)
        shelf.directory.go_on.set()
        counts = {"areas": 1, "corps": 0, "suppliers": 0, "models": 0, "projects": 0, "devices": 0}
        done = {"imported": counts, "keyless": []}
        assert list(await asyncio.gather(first, second)) == [done, done]
        assert set(used[-1].areas) == {"990001", "990002"}

    asyncio.run(main())
