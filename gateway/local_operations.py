"""What operators do with captures of terminals: review, approve, reject."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gateway.domain.errors import GatepostError
from gateway.domain.redaction import redact
from gateway.services.verify.from_terminals import TerminalEnrolments
from gateway.storage.opening import Storage


class LocalOperations:
    """The calls of ``gatepost person review``, ``approve`` and ``reject``.

    ``captures`` is None where no gateway with a matcher runs: then they can be looked at only.
    """

    def __init__(self, storage: Storage, captures: TerminalEnrolments | None = None) -> None:
        self._storage = storage
        self._captures = captures

    def calls(self) -> Mapping[str, Callable[..., Awaitable[Any]]]:
        """Return the table of calls by name."""
        return {
            "person.review": self.review,
            "person.approve": self.approve,
            "person.reject": self.reject,
        }

    async def review(self) -> list[dict[str, Any]]:
        """List what waits for a decision, the oldest first."""
        directory = await self._storage.directory.load()
        serials = {one.id: one.serial for one in directory.devices.values()}
        return [
            {
                "number": one.number,
                "person": one.person,
                "project": directory.projects[one.project].code,
                "serial": serials.get(one.device),
                "received_ms": one.received_ms,
                "ordered_by": one.ordered_by,
                "faces": one.faces,
                "irises": one.irises,
            }
            for one in await self._storage.local_enrolments.waiting()
        ]

    async def approve(
        self, number: int, by: str, reason: str, overrides: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Have a capture compared from now on."""
        result = await self._running(reason).approve(
            number, by=by, reason=redact(reason.strip()), overrides=frozenset(overrides)
        )
        return {
            "accepted": result.accepted,
            "refused": list(result.refused),
            "waived": list(result.waived),
            "same_face_as": result.same_face_as,
            "same_face_score": result.same_face_score,
        }

    async def reject(self, number: int, by: str, reason: str) -> dict[str, Any]:
        """Destroy a capture."""
        captures = self._running(reason)
        await captures.reject(number, by=by, reason=redact(reason.strip()))
        return {"number": number}

    def _running(self, reason: str) -> TerminalEnrolments:
        if not reason.strip():
            raise GatepostError(
                "enrolment.reason", "this is audited and needs a reason.", place="enrolment"
            )
        if self._captures is None:
            raise GatepostError(
                "enrolment.not_running",
                "no gateway with a matcher is running.",
                place="enrolment",
                remedy="Start it with `gatepost serve`.",
            )
        return self._captures
