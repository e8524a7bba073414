"""What may be set for each serial line: ports of this machine, and listeners for serial servers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from gateway.protocols.stripping import LEAST_FIXED, parse_pattern
from gateway.setting_kinds import Address, Section, parse_address, setting


def _device_path(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError('expected the path of a device, such as "/dev/serial/by-id/usb-…"')
    return path


def _listening_address(value: object) -> object:
    return parse_address(value) if isinstance(value, str) else value


def _packet(text: str) -> str:
    if text:
        parse_pattern(text)
    return text


def _heartbeat(text: str) -> str:
    if text and not parse_pattern(text).conspicuous:
        raise ValueError(f"expected a fixed first byte and at least {LEAST_FIXED} fixed bytes")
    return text


class SerialTable(Section):
    """One serial port of this machine with one terminal on it; see serial.md."""

    path: Annotated[str, AfterValidator(_device_path)] = setting(
        ...,
        "Path of the device; /dev/serial/by-id/… stays the same when an adapter is plugged anew.",
        why="There is none: a port is named.",
    )
    dialect: str = setting(
        "yls", "Protocol spoken on the line.", why="The only one with rules for serial lines."
    )
    speed: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600] = (
        setting(115_200, "Bits a second.", why="What YLS/1 terminals are delivered with.")
    )
    parity: Literal["none", "even", "odd"] = setting(
        "none", "Parity bit of a character.", why="Frames carry checksums that find more."
    )
    stop_bits: int = setting(
        1, "Stop bits of a character.", why="Two only help very old converters.", ge=1, le=2
    )
    hardware_flow: bool = setting(
        False,
        "Send only while the other side raises CTS; both wires must be there.",
        why="Terminals are wired with three lines. XON/XOFF does not exist: frames are binary.",
    )
    low_latency: bool = setting(
        True,
        "Ask the driver to hand over characters at once.",
        why="The commonest USB adapters otherwise collect them for 16 ms.",
    )
    gap_ms: int = setting(
        50,
        "Milliseconds of silence after which half a frame is given up.",
        why="USB adapters and a busy kernel deliver in clumps; characters follow each other in "
        "less than 10 ms at any speed.",
        ge=5,
        le=1_000,
    )
    bus_address: int = setting(
        0,
        "Address of the terminal where the line is a bus with one terminal on it; 0 for no bus.",
        why="A line with one terminal needs none. A bus with several is not served yet.",
        ge=0,
        le=247,
    )
    write_buffer_bytes: int = setting(
        16_384,
        "Bytes that may wait to be sent before the line is not read any more.",
        why="Two seconds of a line at full speed; answers are some dozens of bytes.",
        ge=4_096,
        le=1_048_576,
    )
    reopen_seconds: int = setting(
        60,
        "Longest pause between two attempts to open a port that is gone; the first lasts 1 s.",
        why="An adapter that is plugged in again is found within a minute.",
        ge=1,
        le=3_600,
    )


class SerialServerTable(Section):
    """A listener for transparent serial servers: raw TCP that carries a serial line each."""

    listen: Annotated[Address, BeforeValidator(_listening_address)] = setting(
        ...,
        'Where the boxes connect, "host:port"; usually one port for each kind of box.',
        why="There is none: a listener is named.",
    )
    dialect: str = setting(
        "yls", "Protocol spoken on the lines.", why="The only one with rules for serial lines."
    )
    gap_ms: int = setting(
        50,
        "Milliseconds of silence after which half a frame is given up.",
        why="Boxes cut at 4 character times or 400 bytes; networks spread that to tens of ms.",
        ge=5,
        le=1_000,
    )
    bus_address: int = setting(
        0,
        "Address of the terminal where the line is a bus with one terminal on it; 0 for no bus.",
        why="A line with one terminal needs none. A bus with several is not served yet.",
        ge=0,
        le=247,
    )
    registration: Annotated[str, AfterValidator(_packet)] = setting(
        "",
        'Packet the box sends first, as pairs of hexadecimal digits, "??" for any byte; at most '
        '40 bytes; "" for none.',
        why="Boxes are delivered with it switched off. It is stripped, and never a login.",
    )
    registration_every_packet: bool = setting(
        False,
        "The box puts its registration, with the bytes it had first, before every packet.",
        why="Most boxes send it once.",
    )
    heartbeat: Annotated[str, AfterValidator(_heartbeat)] = setting(
        "",
        'Packet the box may send at any moment, also inside a frame; "" for none.',
        why="Boxes are delivered with it switched off. Fewer than 4 fixed bytes would be found "
        "in pictures.",
    )
    noise_bytes: int = setting(
        65_536,
        "Bytes that may come before a login beyond what the protocol allows.",
        why="A line may babble before its terminal speaks; a flood must still end.",
        ge=0,
        le=16_777_216,
    )


def line_contradictions(
    ports: Sequence[SerialTable], servers: Sequence[SerialServerTable]
) -> Iterator[tuple[str, str, str]]:
    """Yield what cannot be meant: the mistake, its place in the file, and what to do."""
    seen: set[str] = set()
    for at, port in enumerate(ports):
        if port.path in seen:
            yield (
                "this port is named twice.",
                f"serial.{at}.path",
                "One terminal hangs on one port; remove one of the tables.",
            )
        seen.add(port.path)
    for at, server in enumerate(servers):
        text = server.registration
        if server.registration_every_packet and len(parse_pattern(text or "??")) < LEAST_FIXED:
            yield (
                f"a registration before every packet must have at least {LEAST_FIXED} bytes.",
                f"serial_server.{at}.registration",
                "Give the box a longer one, or have it send it once.",
            )
