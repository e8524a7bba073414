"""What may be set about dialects: which are served, and where those without proof are."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from gateway.bindings import parse_binding
from gateway.setting_kinds import Address, Section, parse_address, setting

Texts = Annotated[tuple[str, ...], Strict(strict=False)]


def _listening_address(value: object) -> object:
    return parse_address(value) if isinstance(value, str) else value


def _bindings(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        parse_binding(text)
    return texts


class DialectsSection(Section):
    """Which protocols are spoken on listen.tcp, listen.tls and serial lines."""

    enabled: Texts = setting(
        ("yls",),
        "Names of the protocols, as `gatepost codec list` shows them; with several, the first "
        "bytes of a connection choose, in this order.",
        why="A protocol nobody here uses is only something more to attack.",
    )


class UnprovedTable(Section):
    """A listener for a protocol whose logins prove nothing; read docs/protocols/cti.md first."""

    listen: Annotated[Address, BeforeValidator(_listening_address)] = setting(
        ...,
        'Where its terminals connect, "host:port"; an address of a private network or a tunnel.',
        why="There is none: a listener is named.",
    )
    dialect: str = setting(
        ...,
        'The protocol, such as "cti".',
        why="There is none: nobody gets such a protocol without asking for it.",
    )
    devices: Annotated[Texts, Field(min_length=1), AfterValidator(_bindings)] = setting(
        ...,
        'Which device may log in from where, each "device code=network"; several networks are '
        "several entries.",
        why="The address is all that tells a device from an impostor, so nobody is let in by "
        "default.",
    )
