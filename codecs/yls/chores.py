"""Requests of a terminal's own: what each says and what its answer means.

Values, so that whoever runs a terminal can make and compare them; `Upload` alone has state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gateway.codecs.yls.body import Body, put, put_number, put_result
from gateway.codecs.yls.device_events import ChoreAnswered, DeviceEvent
from gateway.codecs.yls.drafts import fault_draft
from gateway.codecs.yls.persons import write_templates
from gateway.codecs.yls.registers import Blob, Command, Tlv, result_name
from gateway.codecs.yls.status import StatusReport
from gateway.codecs.yls.texts import MOST_TEXT, fit_text
from gateway.codecs.yls.transfer import PASSING, Progress, Transfer

from gateway.domain.templates import FaceTemplate, IrisTemplate, TemplateRef
from gateway.domain.times import Instant


class Chore(Protocol):
    """A request of the terminal's own and what its answer means."""

    @property
    def command(self) -> Command:
        """What the request is."""

    @property
    def secret(self) -> bool:
        """Holds biometric data: on a link that does not encrypt by itself it goes out encrypted."""

    def body(self, now: Instant) -> bytes:
        """Write the request; called when it leaves."""

    def answered(self, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
        """Read the answer; return also when it must be asked again, None for never.

        Raises Refused.
        """


def told(command: Command, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
    """Read the answer to a report: it was taken, or must be repeated after a pause."""
    result = fields.number(Tlv.RESULT, 2)
    if result in PASSING:
        return [], now.mono + fields.number(Tlv.HB, 2, 1)
    return [ChoreAnswered(command=command, result=result_name(result))], None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePeople:
    """PERSON_SYNC: how far we came with our people."""

    state: bytes
    command = Command.PERSON_SYNC
    secret = False

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Chore.body`."""
        return self.state

    def answered(self, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
        """See `Chore.answered`."""
        return told(self.command, fields, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEnrolment:
    """PERSON_REPORT: what came of capturing somebody."""

    person: int
    result: int = 0
    templates: tuple[TemplateRef, ...] = ()
    faces: tuple[FaceTemplate, ...] = ()
    irises: tuple[IrisTemplate, ...] = ()
    command = Command.PERSON_REPORT

    @property
    def secret(self) -> bool:
        """See `Chore.secret`."""
        return bool(self.templates or self.faces or self.irises)

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Chore.body`."""
        number = put_number(Tlv.PERSON_NO, self.person, 4, critical=True)
        templates = write_templates(self.templates, self.faces, self.irises)
        return put_result(self.result) + number + templates

    def answered(self, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
        """See `Chore.answered`."""
        return told(self.command, fields, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantObject:
    """BLOB_PULL: ask the gateway to send an object by name."""

    digest: bytes
    kind: Blob
    command = Command.BLOB_PULL
    secret = False

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Chore.body`."""
        kind = put_number(Tlv.BLOB_TYPE, self.kind, 1, critical=True)
        return kind + put(Tlv.SHA256, self.digest, critical=True)

    def answered(self, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
        """See `Chore.answered`."""
        return told(self.command, fields, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class TellStatus:
    """STATUS_REPORT: our health, because it changed."""

    report: StatusReport
    unacknowledged: int = 0
    command = Command.STATUS_REPORT
    secret = False

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Chore.body`."""
        return self.report.encode(self.unacknowledged)

    def answered(self, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
        """See `Chore.answered`."""
        return told(self.command, fields, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class TellFault:
    """FAULT: a fault at once; what must arrive goes as a record (`drafts.fault_draft`) as well."""

    code: int
    time_ms: int
    severity: int = 1
    raised: bool = True
    count: int = 1
    text: str = ""
    command = Command.FAULT
    secret = False

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Chore.body`."""
        draft = fault_draft(
            self.time_ms,
            self.code,
            severity=self.severity,
            raised=self.raised,
            count=self.count,
            text=self.text,
        )
        return put(Tlv.FAULT, draft.fault, critical=True)

    def answered(self, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
        """See `Chore.answered`."""
        return told(self.command, fields, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class TellFirmware:
    """FW_RESULT: how an upgrade ended."""

    version: str
    applied: bool
    reason: str = ""
    command = Command.FW_RESULT
    secret = False

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Chore.body`."""
        said = put(Tlv.FW_VERSION, self.version.encode(), critical=True)
        said += put_number(Tlv.FW_OUTCOME, 0 if self.applied else 1, 1, critical=True)
        return said + (put(Tlv.TEXT, fit_text(self.reason, MOST_TEXT)) if self.reason else b"")

    def answered(self, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
        """See `Chore.answered`."""
        return told(self.command, fields, now)


class Upload:
    """An object of ours on its way to the gateway, step after step."""

    __slots__ = ("_transfer", "command", "secret")

    def __init__(self, kind: Blob, data: bytes, owner: bytes, chunk: int) -> None:
        self._transfer = Transfer(kind, data, owner, chunk)
        self.secret = kind not in (Blob.LOG, Blob.FIRMWARE)
        self.command = Command.BLOB_OPEN

    @property
    def digest(self) -> bytes:
        """SHA-256 of the object."""
        return self._transfer.digest

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Chore.body`."""
        return self._transfer.next()[1]

    def answered(self, fields: Body, now: Instant) -> tuple[list[DeviceEvent], float | None]:
        """See `Chore.answered`."""
        progress = self._transfer.answered(fields)
        if progress in (Progress.GOING, Progress.WAITING):
            self.command = self._transfer.next()[0]
            return [], now.mono + (self._transfer.pause_s if progress is Progress.WAITING else 0)
        result = result_name(self._transfer.result)
        return [ChoreAnswered(command=Command.BLOB_CLOSE, result=result)], None
