"""Who is dialled: every terminal that is a server, has an address here, and may be served."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from gateway.codecs.api import Dialect
from gateway.protocols.dialled import Dialled, Office, Post, count
from gateway.protocols.reader import Readers

from gateway.domain.directory import Directory
from gateway.domain.ids import DeviceId
from gateway.domain.ports import ErrandDesk
from gateway.domain.verification import VerdictDue


class Courier:
    """Finds the way to a device; the command service asks it as one of its routes."""

    def __init__(self, dialects: Mapping[str, Dialect], office: Office) -> None:
        self._dialects = dialects
        self._office = office
        self._dialled: dict[DeviceId, Dialled] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._desk: ErrandDesk | None = None
        self._readers = Readers(office)
        self.tally = office.tally

    def begin(self, desk: ErrandDesk, directory: Directory) -> None:
        """Know from now on whom to tell what came of things, and whom to dial."""
        self._desk = desk
        self.follow(directory)

    def follow(self, directory: Directory) -> None:
        """Use a directory: new addresses from now on, and none of those that are gone."""
        assert self._desk is not None
        posts = {post.device.id: post for post in self._posts(directory)}
        for device, dialled in list(self._dialled.items()):
            if posts.get(device) != dialled.post:
                del self._dialled[device]
                self._retire(dialled)
        for device, post in posts.items():
            if device not in self._dialled:
                self._dialled[device] = Dialled(post, self._office, self._desk)
        self._readers.follow(posts, self._desk)

    def reaches(self, device: DeviceId) -> bool:
        """Say whether there is an address to be dialled."""
        return device in self._dialled

    def route(self, device: DeviceId) -> Dialled | None:
        """Return the way to a device, None where there is none at the moment."""
        found = self._dialled.get(device)
        return None if found is None or found.away else found

    def tell(self, device: DeviceId, due: VerdictDue) -> None:
        """Carry a verdict, now or not at all."""
        found = self._dialled.get(device)
        if found is None:
            count(self.tally.verdicts, "no_way")
        else:
            found.tell(due)

    async def close(self) -> None:
        """Give up what is under way; its outcomes are told before this returns."""
        await self._readers.close()
        dialled, self._dialled = list(self._dialled.values()), {}
        await asyncio.gather(*(one.retire() for one in dialled), *self._retiring)

    def _posts(self, directory: Directory) -> list[Post]:
        posts = []
        for device in directory.devices.values():
            access = directory.accesses.get(device.id)
            dialect = self._dialects.get(device.dialect)
            if access is None or dialect is None or dialect.errands is None:
                continue
            if directory.admission(device.serial, "") is device:
                posts.append(
                    Post(
                        device=device,
                        access=access,
                        secret=directory.secrets.get(device.id),
                        dialect=dialect,
                        errands=dialect.errands,
                    )
                )
        return posts

    def _retire(self, dialled: Dialled) -> None:
        task = asyncio.get_running_loop().create_task(dialled.retire())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
