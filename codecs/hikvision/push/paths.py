"""The path of a request by PUSH: which terminal, what it wants, and how its body is encrypted.

``/iot/SERIAL/global/0-global/model/service/operate/PUSH/Event?security=4&iv=…&random=…``
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from gateway.codecs.hikvision.push.cipher import BLOCK, KEY_BYTES
from gateway.codecs.hikvision.refused import Refused

from gateway.domain.ids import Serial

PREFIX = "/iot/"
SERVICE = "/global/0-global/model/service/operate/PUSH/"
_PATH = re.compile(
    re.escape(PREFIX) + r"([A-Za-z0-9._-]{1,32})" + re.escape(SERVICE) + r"([A-Za-z]{1,20})\Z"
)
_IV = re.compile(rf"[0-9a-fA-F]{{{2 * BLOCK}}}\Z")
_RANDOM = re.compile(rf"[!-~]{{{BLOCK}}}\Z")
_NAMES = {"security", "iv", "random"}


class Action(Enum):
    """What a terminal wants."""

    AUTH_INFO = "AuthInfo"
    LOGIN = "Login"
    COMMAND_REQUEST = "CommandRequest"
    COMMAND_RESULT = "CommandResult"
    EVENT = "Event"
    LOGOUT = "Logout"


class Secrecy(NamedTuple):
    """How the body of a request and of its answer are encrypted."""

    security: int
    iv: bytes
    random: str


class PushPath(NamedTuple):
    """A path that can be a terminal's."""

    serial: Serial
    action: Action
    secrecy: Secrecy | None


def read_path(target: str) -> PushPath | None:
    """Read a request target; None for one that leads nowhere.

    Raises Refused for an encryption that is none.
    """
    path, mark, query = target.partition("?")
    found = _PATH.match(path)
    if found is None or found[2] not in {one.value for one in Action}:
        return None
    return PushPath(Serial(found[1]), Action(found[2]), _secrecy(query) if mark else None)


def write_path(path: PushPath) -> str:
    """Write a request target, as a terminal does."""
    target = f"{PREFIX}{path.serial}{SERVICE}{path.action.value}"
    if path.secrecy is None:
        return target
    security, iv, random = path.secrecy
    return f"{target}?security={security}&iv={iv.hex()}&random={random}"


def _secrecy(query: str) -> Secrecy:
    pairs = [one.partition("=") for one in query.split("&")]
    given = {name: value for name, _, value in pairs}
    if given.keys() != _NAMES or len(pairs) != len(_NAMES):
        raise Refused("push_query", "security, iv and random are wanted, each once")
    security, iv, random = given["security"], given["iv"], given["random"]
    if security not in map(str, KEY_BYTES):
        raise Refused("push_security", "security is 3 or 4")
    if not _IV.match(iv) or not _RANDOM.match(random):
        raise Refused("push_query", "iv has 32 hexadecimal digits, random 16 characters")
    return Secrecy(int(security), bytes.fromhex(iv), random)
