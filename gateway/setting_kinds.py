"""What settings are made of: a field with its reason, addresses, and bounds of production.

It knows nothing of any single setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    Strict,
    ValidationInfo,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

MIB = 1_048_576


class Section(BaseModel):
    """A table of the configuration file; unknown keys are refused and nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int
    """0 lets the system choose."""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read ``host:port``, an IPv6 host in brackets; raises ValueError with what was expected."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError('expected "host:port" with a port from 0 to 65535')
    if host.startswith("[") and host.endswith("]"):
        return Address(str(IPv6Address(host[1:-1])), int(port))
    if ":" in host:
        raise ValueError('expected an IPv6 address in brackets, such as "[::1]:7790"')
    return Address(host, int(port))


def _address(value: object) -> object:
    if isinstance(value, str):
        return parse_address(value)
    if value is None or isinstance(value, Address):
        return value
    raise ValueError('expected "host:port" in quotes')


def _address_or_none(value: object) -> object:
    return None if value == "" else _address(value)


OptionalAddress = Annotated[Address | None, BeforeValidator(_address_or_none)]
"""An address, or None for the empty text."""


PathSetting = Annotated[Path, Strict(strict=False)]


def _path_or_none(value: object) -> object:
    return None if value == "" else value


OptionalPath = Annotated[PathSetting | None, BeforeValidator(_path_or_none)]
"""A path, or None for the empty text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InProduction:
    """Bounds that hold in production mode on top of the field's own.

    They are checked when a configuration is loaded: the mode is then the validation's context.
    Settings built in code without a context are not judged.
    """

    ge: float | None = None
    le: float | None = None

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Append the check to the schema of the annotated type."""
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def _check(self, value: float, info: ValidationInfo) -> float:
        if (info.context or {}).get("mode") != "production":
            return value
        if self.ge is not None and value < self.ge:
            raise PydanticCustomError(
                "production", "production mode wants at least {bound}", {"bound": self.ge}
            )
        if self.le is not None and value > self.le:
            raise PydanticCustomError(
                "production", "production mode wants at most {bound}", {"bound": self.le}
            )
        return value


def setting(
    default: object,
    what: str,
    *,
    why: str,
    ge: float | None = None,
    le: float | None = None,
    secret: bool = False,
) -> Any:
    """Declare a setting: what it is (with its unit), its default and the reason for that.

    A secret is left out of every printed form of the settings.
    """
    return Field(
        default=default,
        description=what,
        ge=ge,
        le=le,
        repr=not secret,
        json_schema_extra={"why": why},
    )
