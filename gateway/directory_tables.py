"""What a directory document may hold: its lists, the keys of their entries, the shape of each.

None is "not named": what exists stays as it is, and what is new gets the usual value.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.domain.directory import DeviceState, Listing
from gateway.domain.workers import VerificationMode


class Table(BaseModel):
    """One entry of the document; unknown keys are mistakes, because a misspelt one is lost."""

    model_config = ConfigDict(extra="forbid")


def _shaped(pattern: str, expected: str) -> AfterValidator:
    known = re.compile(pattern)

    def check(value: str) -> str:
        if known.fullmatch(value) is None:
            raise PydanticCustomError("shape", "expected {shape}", {"shape": expected})
        return value

    return AfterValidator(check)


def _instant(value: object) -> object:
    """Take a time of TOML or of JSON; without its offset nobody knows when it was."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.tzinfo is None:
        example = "2026-09-01T07:00:00+08:00"
        raise PydanticCustomError(
            "instant", "expected a time with its offset, such as {example}", {"example": example}
        )
    return value


AreaCode = Annotated[str, _shaped("[0-9]{6}", "six digits")]
CorpCode = Annotated[str, _shaped("[0-9A-Z]{18}", "18 digits and capital letters")]
SerialText = Annotated[str, _shaped("[!-~]{1,32}", "1 to 32 characters of ASCII without a space")]
SecretText = Annotated[str, _shaped("[0-9a-fA-F]{64}", "64 hexadecimal digits")]
DirectionText = Annotated[str, _shaped("in|out|two-way", "in, out or two-way")]
Since = Annotated[datetime, BeforeValidator(_instant)]


class AreaTable(Table):
    """An administrative division."""

    code: AreaCode
    name: str = Field(min_length=1)
    parent: str | None = None


class CorpTable(Table):
    """A company."""

    code: CorpCode
    name: str = Field(min_length=1)


class SupplierTable(Table):
    """A maker of terminals."""

    code: str = Field(min_length=1)
    name: str = Field(min_length=1)
    listing: Listing | None = None
    batch: str | None = None


class ModelTable(Table):
    """A model of terminal."""

    supplier: str
    name: str = Field(min_length=1, max_length=32)
    listing: Listing | None = None
    interface_test: str | None = None


class ProjectTable(Table):
    """A site and its channels."""

    code: str = Field(min_length=1)
    name: str = Field(min_length=1)
    area: str
    corp: str | None = None
    administrator: str | None = None
    verification: VerificationMode | None = None
    channels: tuple[str, ...] = ()


DEFAULT_DIALECT = "yls"


class DeviceTable(Table):
    """A terminal, its secret as 64 hexadecimal digits."""

    serial: SerialText
    supplier: str
    model: str
    dialect: str = DEFAULT_DIALECT
    state: DeviceState | None = None
    heartbeat_seconds: int | None = Field(default=None, ge=1, le=300)
    secret: SecretText | None = Field(default=None, repr=False)
    project: str | None = None
    channel: str | None = None
    direction: DirectionText = "two-way"
    since: Since | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.project is None) != (self.channel is None):
            raise PydanticCustomError("half", "project and channel belong together")
        return self


class Document(Table):
    """The whole file."""

    areas: tuple[AreaTable, ...] = ()
    corps: tuple[CorpTable, ...] = ()
    suppliers: tuple[SupplierTable, ...] = ()
    models: tuple[ModelTable, ...] = ()
    projects: tuple[ProjectTable, ...] = ()
    devices: tuple[DeviceTable, ...] = ()


ENTRIES: dict[str, type[Table]] = {
    "areas": AreaTable,
    "corps": CorpTable,
    "suppliers": SupplierTable,
    "models": ModelTable,
    "projects": ProjectTable,
    "devices": DeviceTable,
}
NAMED_BY: dict[str, tuple[str, ...]] = {
    "areas": ("code",),
    "corps": ("code",),
    "suppliers": ("code",),
    "models": ("supplier", "name"),
    "projects": ("code",),
    "devices": ("serial",),
}
"""What tells the entries of each list apart; no two may share it."""
