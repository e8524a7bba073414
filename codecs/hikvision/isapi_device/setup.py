"""How a terminal decides who passes: AcsCfg, and what it can do at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.reading import within
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, done, said
from gateway.codecs.hikvision.values import flag, number

CHANNELS = ("Ezviz", "ISUP", "ISAPI", "PrivateSDK", "ISAPIListen")
USER_KINDS = ("normal", "visitor", "unregistered")


def _flag(value: Any) -> bool:
    return flag(value) is not None


def _between(first: int, last: int) -> Callable[[Any], bool]:
    return lambda value: first <= (number(value) or 0) <= last


CHECKS: dict[str, Callable[[Any], bool]] = {
    "uploadCapPic": _flag,
    "saveCapPic": _flag,
    "remoteCheckDoorEnabled": _flag,
    "checkChannelType": lambda value: value in CHANNELS,
    "remoteCheckWithISAPIListen": lambda value: value in ("sync", "async"),
    "needDeviceCheck": _flag,
    "remoteCheckTimeout": _between(1, 10),
    "remoteCheckVerifyMode": _between(1, 15),
    "offlineDevCheckOpenDoorEnabled": _flag,
    "remoteCheckUserTypeList": lambda value: (
        isinstance(value, list) and all(one in USER_KINDS for one in value)
    ),
}
"""Members of AcsCfg and what they may be (certain)."""


class Setup:
    """AcsCfg and the capabilities of access control."""

    def __init__(self, habits: Habits) -> None:
        self._habits = habits
        self.values: Values = {
            "uploadCapPic": True,
            "saveCapPic": True,
            "remoteCheckDoorEnabled": False,
            "checkChannelType": "ISAPI",
            "needDeviceCheck": True,
            "remoteCheckTimeout": 5,
            "remoteCheckVerifyMode": 6,
            "offlineDevCheckOpenDoorEnabled": False,
        }

    def show(self, request: Asked) -> Reply:
        """Show the settings."""
        del request
        return said({"AcsCfg": self.values}, self._habits)

    def put(self, request: Asked) -> Reply:
        """Change those that are told."""
        told = within(request, "AcsCfg")
        for name, value in told.items():
            if name == "remoteCheckWithISAPIListen" and not self._habits.sync:
                raise Unwilling("notSupport", name)
            check = CHECKS.get(name)
            if check is not None and not check(value):
                raise Unwilling("badParameters", name)
        self.values = {**self.values, **told}
        return done(self._habits)

    def capabilities(self, request: Asked) -> Reply:
        """Say which settings there are."""
        del request
        flags = {"@opt": [True, False]}
        about: dict[str, Any] = {name: flags for name, check in CHECKS.items() if check is _flag}
        about |= {
            "checkChannelType": {"@opt": list(CHANNELS)},
            "remoteCheckTimeout": {"@min": 1, "@max": 10},
            "remoteCheckVerifyMode": {"@min": 1, "@max": 15},
            "remoteCheckUserTypeList": {"@opt": list(USER_KINDS)},
        }
        if self._habits.sync:
            about["remoteCheckWithISAPIListen"] = {"@opt": ["sync", "async"]}
        return said({"AcsCfg": about}, self._habits)

    def verdicts(self, request: Asked) -> Reply:
        """Say what a verdict may be."""
        del request
        about = {
            "serialNo": {"@min": 1, "@max": 2_000_000_000},
            "checkResult": {"@opt": ["success", "failed"]},
            "info": {"@min": 1, "@max": self._habits.info},
        }
        return said({"RemoteCheck": about}, self._habits)

    def all(self, request: Asked) -> Reply:
        """Say what access control can do here."""
        del request
        about = {
            "isSupportUserInfo": True,
            "isSupportCardInfo": False,
            "isSupportFDLib": True,
            "isSupportAcsCfg": True,
            "isSupportAcsEvent": True,
            "isSupportRemoteCheck": True,
            "isSupportRemoteControlDoor": True,
        }
        return said({"AccessControl": about}, self._habits)
