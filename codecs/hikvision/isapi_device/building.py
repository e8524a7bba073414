"""The web server of a simulated terminal, made of its persona and of the terminal that reports."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from itertools import count

from gateway.codecs.double import Persona
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.isapi_device.access import Account
from gateway.codecs.hikvision.isapi_device.connection import IsapiServer
from gateway.codecs.hikvision.isapi_device.doors import Decide, Happen
from gateway.codecs.hikvision.isapi_device.habits import Habits, drawn
from gateway.codecs.hikvision.isapi_device.system import Nameplate
from gateway.codecs.hikvision.isapi_device.terminal import IsapiTerminal
from gateway.codecs.hikvision.keys import password
from gateway.codecs.hikvision.push.device import PushDevice
from gateway.codecs.http.digest import Login

ADMIN = "admin"
REMEMBERED = 5000
"""Events a simulated terminal keeps for searches."""


def build(
    persona: Persona, device: HikvisionDevice | PushDevice, happen: Happen, decide: Decide
) -> IsapiServer:
    """Return it; the plainest variant has the plainest habits, every other one those of its number.

    Its account is ``admin`` with the password that listening is proved with.
    """
    plate = Nameplate(serial=persona.serial, model=persona.model, mac=device.config.mac)
    habits = drawn(str(persona.variant)) if persona.variant else Habits()
    account = Account(login=Login(user=ADMIN, password=password(persona.secret)))
    terminal = IsapiTerminal(plate, habits, device.memory, happen, decide)
    return IsapiServer(terminal, account, drawn_from(persona.serial))


def drawn_from(seed: str) -> Callable[[int], bytes]:
    """Return a source of up to 32 bytes at once, the same ones for the same seed."""
    numbers = count()
    return lambda size: sha256(f"{seed} {next(numbers)}".encode()).digest()[:size]
