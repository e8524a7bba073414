"""The terminal itself: who it is, its clock, its firmware, its restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.reading import document
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, done, lack, members, shown
from gateway.codecs.hikvision.values import text, time_ms

from gateway.domain.times import Instant

UPGRADE_SECONDS = 20.0
"""A simulated upgrade takes so long from the last byte of the image; real ones take minutes."""
RESTART_SECONDS = 5.0
"""So long a simulated terminal is away; real ones a minute."""
MOST_IMAGE = 64 * 1024 * 1024
SIGNED = b"HIKFW"
"""An image of simulated firmware begins so, then a blank and its version in one line."""
MODES = ("NTP", "manual", "satellite", "platform", "NONE", "GB28181")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameplate:
    """What is printed on it."""

    serial: str = "K51234567"
    name: str = "Lobby-1"
    model: str = "DS-K1T671M"
    mac: str = "44:19:b6:00:5a:17"
    firmware: str = "V3.2.30"
    utc_offset_minutes: int = 480


class System:
    """What does not concern people or doors."""

    def __init__(self, plate: Nameplate, habits: Habits) -> None:
        self.plate = plate
        self._habits = habits
        self.version = plate.firmware
        self.clock_ms = 0
        """Its clock minus ours, milliseconds."""
        self._mode = "manual"
        self._upgrade: tuple[float, str] | None = None
        """When the image was there whole, and the version it holds."""
        self.away_until = 0.0
        """Monotonic seconds until which it answers nothing: it restarts."""

    def device_info(self, request: Asked, now: Instant) -> Reply:
        """Say who it is."""
        del request, now
        plate = self.plate
        told: dict[str, object] = {
            "deviceName": plate.name,
            "deviceID": f"0c5a1700-0001-4419-b600-{plate.mac.replace(':', '')}",
            "model": plate.model,
            "serialNumber": f"{plate.model}20240101V030230EN{plate.serial}",
            "macAddress": plate.mac,
            "firmwareVersion": self.version,
            "firmwareReleasedDate": "build 210722",
            "deviceType": "ACS",
        }
        return shown("DeviceInfo", members(told), self._habits)

    def show_time(self, request: Asked, now: Instant) -> Reply:
        """Tell the time."""
        del request
        told: dict[str, object] = {
            "timeMode": self._mode,
            "localTime": self.time(now),
            "timeZone": _posix(self.plate.utc_offset_minutes),
        }
        return shown("Time", members(told), self._habits)

    def time(self, now: Instant) -> str:
        """Return the time on its clock, with its offset."""
        zone = timezone(timedelta(minutes=self.plate.utc_offset_minutes))
        at = datetime.fromtimestamp((now.wall + self.clock_ms) // 1000, UTC)
        return at.astimezone(zone).isoformat(timespec="seconds")

    def set_time(self, request: Asked, now: Instant) -> Reply:
        """Set the clock; a time without an offset is the terminal's own."""
        told = document(request)
        mode = text(told.get("timeMode"))
        if mode not in MODES:
            raise Unwilling("badParameters", "timeMode") if mode else lack("timeMode")
        at = time_ms(told.get("localTime"), self.plate.utc_offset_minutes)
        if mode == "manual":
            if at is None:
                raise Unwilling("badParameters", "localTime")
            self.clock_ms = at - now.wall
        self._mode = mode
        return done(self._habits, json_=False)

    def take_image(self, request: Asked, now: Instant) -> Reply:
        """Take an image and begin to install it."""
        if self._upgrade is not None:
            raise Unwilling("deviceBusy")
        first, _, _ = request.body[:256].partition(b"\n")
        mark, _, version = first.partition(b" ")
        if mark != SIGNED or not version:
            raise Unwilling("badParameters", "digicap")
        self._upgrade = now.mono, version.decode("ascii", "replace").strip()
        return done(self._habits, json_=False)

    def progress(self, request: Asked, now: Instant) -> Reply:
        """Say how far the installation is."""
        del request
        percent = 0
        if self._upgrade is not None:
            percent = min(100, int((now.mono - self._upgrade[0]) / UPGRADE_SECONDS * 100))
        runs = self._upgrade is not None and percent < 100
        told = {"upgrading": runs, "percent": percent}
        return shown("upgradeStatus", members(dict(told)), self._habits)

    def reboot(self, request: Asked, now: Instant) -> Reply:
        """Restart; what was installed runs afterwards."""
        del request
        if self._upgrade is not None:
            begun, version = self._upgrade
            if now.mono - begun < UPGRADE_SECONDS:
                raise Unwilling("deviceBusy")
            self.version, self._upgrade = version, None
        self.away_until = now.mono + RESTART_SECONDS
        return done(self._habits, json_=False, restarts=True)

    def capabilities(self, request: Asked, now: Instant) -> Reply:
        """Say what the system can do."""
        del request, now
        told = {"isSupportReboot": True, "isSupportUpdatefirmware": True}
        inner = f"<SysCap>{members(dict(told))}</SysCap>"
        return shown("DeviceCap", inner, self._habits)


def _posix(minutes: int) -> str:
    """Write a zone the way POSIX does: east is negative."""
    sign, away = ("-" if minutes > 0 else "+"), abs(minutes)
    return f"CST{sign}{away // 60}:{away % 60:02d}:00"
