"""What may be set about dialects: which are served, and where those without proof are."""

from __future__ import annotations

from typing import Annotated, Literal

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


class HikvisionSection(Section):
    """How Hikvision terminals are spoken to; read docs/protocols/hikvision.md first."""

    digest: Literal["off", "md5", "sha-256", "either"] = setting(
        "off",
        "Password asked for beside the secret path; all terminals must be set up alike.",
        why="Some terminals offer none, and it costs a round trip of the time for a verdict.",
    )
    patience_seconds: int = setting(
        5,
        'Seconds a terminal waits for a verdict, as set in it (remoteCheckTimeout); "/hik/3s/…" in '
        "its path says otherwise for one terminal.",
        why="What the maker's examples have.",
        ge=1,
        le=10,
    )
    skew_seconds: int = setting(
        300,
        "Seconds the time of a question may differ from ours; one further off opens nothing.",
        why="A clock is seldom set worse; a replay is mostly older.",
        ge=1,
        le=86_400,
    )
    verdicts: Literal["answered", "called_back"] = setting(
        "answered",
        "How terminals take verdicts (remoteCheckWithISAPIListen): answered is sync, called_back "
        'is async and needs `gatepost device reach`; "/hik/async/…" in its path says so for one.',
        why="An answer needs no way to the terminal.",
    )
    utc_offset_minutes: int = setting(
        480,
        "Zone of a date that a terminal sends without one, in minutes east of UTC.",
        why="China has one zone.",
        ge=-720,
        le=840,
    )
    poll_seconds: int = setting(
        2,
        "Seconds between two requests for orders of a terminal that speaks PUSH; three without one "
        "end its session.",
        why="A door order waits so long at the most; twice the seconds are half the work.",
        ge=1,
        le=30,
    )

    def for_dialect(self) -> dict[str, int | bool]:
        """Return them as `gateway.codecs.hikvision.settings` names them."""
        return {
            "digest": ("off", "md5", "sha-256", "either").index(self.digest),
            "patience_s": self.patience_seconds,
            "skew_s": self.skew_seconds,
            "calls_back": int(self.verdicts == "called_back"),
            "utc_offset_minutes": self.utc_offset_minutes,
            "poll_s": self.poll_seconds,
        }


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
