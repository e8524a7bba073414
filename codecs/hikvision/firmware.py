"""The firmwares a simulated terminal may run: each is a mixture of habits that units are known for.

Which habits go together on one unit is not published; that all of them occur is (see `Style`). The
first one is the plainest, so whoever plays a single terminal meets no habit by chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.codecs.hikvision.device_events import PushStyle
from gateway.codecs.hikvision.device_texts import Style

SAMPLE_BOUNDARY = "boundary"
"""Of the maker's printed sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """How a terminal writes, counts, asks and waits."""

    style: Style = field(default_factory=Style)
    first_serial: int = 1
    patience_s: int = 5
    """remoteCheckTimeout; another than the gateway's setting is told in the path."""
    tells_result: bool = False
    """Since about 2024: an event with the result follows a question."""
    pauses: tuple[float, ...] = (5.0,)
    """Before it sends again, see `DeviceConfig`; no schedule is published."""
    silence_s: float = 30.0


FIRMWARES = (
    Firmware(),
    Firmware(
        style=Style(
            part="AccessControllerEvent",
            part_lengths=False,
            content_ids=False,
            boundary=SAMPLE_BOUNDARY,
            last_line_end=False,
        ),
        pauses=(1.0, 2.0, 4.0, 8.0),
    ),
    Firmware(style=Style(xml=True), tells_result=True, silence_s=10.0),
    Firmware(style=Style(closes=True, tight=True), pauses=(2.0,)),
    Firmware(style=Style(texts=True, lower=True, last_delimiter=False), first_serial=99_990),
    Firmware(style=Style(part_type="text/plain", boundary=SAMPLE_BOUNDARY), patience_s=3),
    Firmware(style=Style(closes=True, xml=True, lower=True), tells_result=True, patience_s=3),
)
PUSH_FIRMWARES = {
    "push": PushStyle(),
    "push-aes128": PushStyle(security=3),
    "push-aes256": PushStyle(security=4, seals_login=True),
    "push-sha1": PushStyle(by="sha1"),
}
"""What a persona's ``firmware`` may say to have a terminal speak PUSH."""
DEFAULT_PATIENCE_S = 5
MOST_SERIAL = 100_000
"""After which the numbers begin anew: the maker's example."""
