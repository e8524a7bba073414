"""What a terminal knows of its session, and the requests it makes of that."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

from gateway.codecs.hikvision.device_events import DeviceConfig, PushStyle
from gateway.codecs.hikvision.documents import Values, read_json
from gateway.codecs.hikvision.push import texts
from gateway.codecs.hikvision.push.cipher import (
    BLOCK,
    KEY_BYTES,
    hashed,
    login_password,
    proof,
    seal,
    session_key,
    unseal,
)
from gateway.codecs.hikvision.push.paths import Action, PushPath, Secrecy, write_path
from gateway.codecs.http.digest import Login

from gateway.domain.ids import Serial

RANDOM_BYTES = 12
"""Make 16 characters."""
LEAST_S = 1.0
"""Seconds between two requests, whatever a gateway says."""
_NOBODY = Login(user="", password="")


class DeviceSession:
    """Owns the secrets of one terminal's session."""

    def __init__(self, config: DeviceConfig, entropy: Callable[[int], bytes]) -> None:
        self._config = config
        self._style = config.push or PushStyle()
        self._login = config.login or _NOBODY
        self._entropy = entropy
        self._offer: Values = {}
        self._h = ""
        self._secrecy: Secrecy | None = None
        self.challenge = ""
        """What the next request proves; empty without a session."""
        self.interval_s = 30.0
        self.delay_s = 30.0

    def auth_info(self) -> bytes:
        """Ask for a challenge."""
        self.challenge, self._secrecy = "", None
        can = [one for one in KEY_BYTES if one <= self._style.security]
        text = texts.put({"data": {"securityVersion": can}}) if can else b""
        return self._request(Action.AUTH_INFO, text)

    def offered(self, body: bytes) -> None:
        """Take the challenge."""
        self._offer = read_json(body)["data"]
        self._h = hashed(self._login, self._offer["salt"])
        if self._offer["isDataEncrypt"]:
            random = b64encode(self._entropy(RANDOM_BYTES)).decode()
            self._secrecy = Secrecy(self._offer["securityVersion"], self._entropy(BLOCK), random)

    def log_in(self) -> bytes:
        """Prove the password."""
        offer = self._offer
        shown = login_password(
            self._h, offer["challenge"], offer["salt"], offer["iterations"], self._style.by
        )
        data = {"username": self._login.user, "loginPassword": shown}
        return self._request(
            Action.LOGIN, texts.put({"data": data}), plain=not self._style.seals_login
        )

    def ask(self, action: Action, text: bytes) -> bytes:
        """Make a request of the session."""
        return self._request(action, text)

    def answered(self, kind: str, body: bytes) -> bytes:
        """Return the text of an answer; raises Refused."""
        if self._secrecy is None or kind != "application/octet-stream":
            return body
        return unseal(self._key(self._secrecy), self._secrecy.iv, body)

    def logged_in(self, text: bytes) -> None:
        """Take what the gateway says of polling."""
        data = read_json(text)["data"]
        self.interval_s = max(LEAST_S, float(data["commandInterval"]))
        self.delay_s = max(LEAST_S, float(data["errorDelay"]))

    def _key(self, secrecy: Secrecy) -> bytes:
        offer = self._offer
        return session_key(
            self._h, secrecy.random, offer["salt"], offer["iterations"], secrecy.security
        )

    def _request(self, action: Action, text: bytes, *, plain: bool = False) -> bytes:
        secrecy = None if plain else self._secrecy
        path = PushPath(Serial(self._config.path), action, secrecy)
        kind = "application/json"
        if text and secrecy is not None:
            text, kind = seal(self._key(secrecy), secrecy.iv, text), "application/octet-stream"
        lines = [f"POST {write_path(path)} HTTP/1.1", f"Host: {self._config.host}"]
        if self.challenge:
            lines.append(f"My-Custom-Auth: {proof(self._h, self.challenge)}")
        if text:
            lines.append(f"Content-Type: {kind}")
        last = "close" if self._config.style.closes else "keep-alive"
        lines += [f"Content-Length: {len(text)}", f"Connection: {last}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + text
