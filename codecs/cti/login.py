"""The login, 823 and 843: two codes, and no proof that they are the sender's own.

Certain: factory code and device code, 32 bytes of ASCII each, XOR byte. Inferred: a shorter code is
padded at its end with zeros or blanks; the device code alone is what the directory calls the serial
number. The answer's content is inferred too: none where it succeeds.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.codecs.cti.content import Refused, seal, unseal
from gateway.codecs.cti.limits import CODE
from gateway.codecs.values import padded_text, put_padded_text

from gateway.domain.ids import Serial

_PRINTABLE = re.compile("[!-~]{1,32}")


class Login(NamedTuple):
    """Who a terminal says it is."""

    factory: str
    """Compared with nothing: whoever can forge the device code can forge this one."""
    device: Serial


def read_login(content: bytes) -> Login:
    """Read a login; raises Refused(``checksum``, ``length`` or ``text``)."""
    codes = unseal(content)
    if len(codes) < 2 * CODE:
        raise Refused("length", f"登录内容过短 a login has {2 * CODE} bytes, not {len(codes)}")
    factory, device = (padded_text(codes[at : at + CODE], "ascii") for at in (0, CODE))
    if not _PRINTABLE.fullmatch(device):
        raise Refused("text", "设备编码无效 the device code is no printable ASCII")
    return Login(factory, Serial(device))


def put_login(login: Login) -> bytes:
    """Write a login."""
    return seal(b"".join(put_padded_text(code, CODE, "ascii") for code in login))
