"""What an order cannot be stored with, looked up when it leaves.

Names and pictures are in no order at rest, so neither in its audit line nor in a log; and whether
they may leave is decided by what is true at that moment, not when the order was given. An image of
firmware is too large to be stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.domain.directory import Directory
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.maintenance import SendFirmware
from gateway.domain.people import ALL_DOORS, PersonPut, SendPerson
from gateway.domain.requests import Request
from gateway.domain.times import Instant
from gateway.domain.workers import PersonSheet, SheetReader, Subject, VerificationMode
from gateway.services.command.images import load_image
from gateway.services.command.wording import Order

NEEDED = frozenset({Subject.FACE_LOCAL, Subject.BIO_NETWORK})
"""A photo makes a template in the terminal, and leaves here to get there."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """An order that must not leave, and why: a code of commands.md."""

    code: str


Fill = Callable[[DeviceId, Order], Awaitable[Request | Unfit]]
"""Returns the order as it is to travel. Raises GatepostError, such as StoreUnavailable."""


async def unfilled(device: DeviceId, order: Order) -> Request | Unfit:
    """Fill what needs no store: where nobody knows people, none can be sent."""
    del device
    if isinstance(order, SendFirmware):
        found = await load_image(order)
        return Unfit(found) if isinstance(found, str) else found
    return Unfit("command.no_person") if isinstance(order, SendPerson) else order


class Filling:
    """Fills orders about people, and the others as `unfilled`; an implementation of `Fill`."""

    def __init__(
        self,
        sheets: SheetReader,
        directory: Callable[[], Directory],
        clock: Callable[[], Instant],
    ) -> None:
        self._sheets = sheets
        self._directory = directory
        self._clock = clock

    async def __call__(self, device: DeviceId, order: Order) -> Request | Unfit:
        """See `Fill`."""
        if not isinstance(order, SendPerson):
            return await unfilled(device, order)
        now = self._clock().wall
        project = self._project(device, now)
        if project is None:
            return Unfit("command.not_placed")
        sheet = await self._sheets.sheet(PersonId(order.person), project, now)
        if sheet is None:
            return Unfit("command.no_person")
        if sheet.engagement is None:
            return Unfit("command.not_engaged")
        if order.face and (why := self._why_no_face(sheet, project)):
            return Unfit(why)
        return PersonPut(
            ticket=order.ticket,
            person=order.person,
            revision=int(order.ticket),  # numbers of orders rise as revisions do
            name=sheet.name,
            doors=ALL_DOORS,
            valid_from_ms=sheet.engagement.from_ms,
            valid_to_ms=0 if sheet.engagement.to_ms is None else sheet.engagement.to_ms - 1,
            photo=(sheet.photo or b"") if order.face else b"",
        )

    def _why_no_face(self, sheet: PersonSheet, project: ProjectId) -> str:
        """Return why this face must not go to a terminal of the project; empty where it may."""
        if self._directory().mode(project) is VerificationMode.DEVICE_ONLY:
            return "command.device_only"
        if not sheet.agreed >= NEEDED:
            return "command.no_consent"
        return "" if sheet.photo else "command.no_photo"

    def _project(self, device: DeviceId, now_ms: int) -> ProjectId | None:
        directory = self._directory()
        found = next((one for one in directory.devices.values() if one.id == device), None)
        return None if found is None else directory.placement(found, now_ms).project
