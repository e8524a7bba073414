"""Who sends: the path's token first, then the password where one is asked for.

Owns what a connection has proved. Everything is settled by a request's head, so that a stranger's
body is never kept.
"""

from __future__ import annotations

from gateway.codecs.hikvision import keys
from gateway.codecs.hikvision.limits import MOST_WRONG
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.route import Route, read_route
from gateway.codecs.hikvision.settings import Settings
from gateway.codecs.hikvision.way import Judged, Step
from gateway.codecs.http.digest import Challenger, Login, Verdict
from gateway.codecs.http.head import Head

from gateway.domain.events import CredentialWanted, LoginClaimed, LoginFailed, LoginProved

_METHODS = ("POST", "PUT")
"""A listening host may be configured with GET too, which can carry no event."""


class Entrance:
    """What one connection has shown of who it is."""

    def __init__(self, settings: Settings) -> None:
        self._algorithms = settings.algorithms
        self._challenger: Challenger | None = None
        self._target = ""
        self._login: Login | None = None
        self._known = False
        self._wrong = 0
        self.route: Route | None = None
        self.online = False
        """The gateway let the terminal in."""
        self.stale = False
        """The last challenge was met with a nonce that is used up."""

    def enter(self, head: Head) -> Judged:
        """Judge a head; raises Refused."""
        if head.method not in _METHODS:
            raise Refused("method", head.method, 405)
        route = read_route(head.target)
        if route is None:
            raise Refused("route", "no path of a terminal", 404)
        if not head.header("content-length") and not head.header("transfer-encoding"):
            raise Refused("no_length", status=411)
        if self.route is not None:
            if head.target != self._target:
                raise Refused("other_route", "another path on the same connection", 404)
            return self._again(head)
        self.route, self._target = route, head.target
        if not route.token and not self._algorithms:
            return Step.WAIT, [LoginClaimed(serial=route.serial)]
        return Step.WAIT, [CredentialWanted(serial=route.serial)]

    def prove(self, head: Head, secret: bytes | None, wall_ms: int) -> Judged:
        """Judge the same head with the secret at hand; raises Refused.

        ``wall_ms`` is when the connection's own challenge is made, should there be one.
        """
        assert self.route is not None
        held = keys.fits(secret, self.route.token) if self.route.token else True
        if not held:
            raise Refused("token", status=404)
        if not self._algorithms:
            return Step.WAIT, [LoginProved(serial=self.route.serial)]
        self._known = secret is not None
        used = secret or bytes(32)
        self._login = Login(user=self.route.serial, password=keys.password(used))
        self._challenger = Challenger(
            keys.nonce(used, wall_ms),
            self._algorithms,
            lambda nonce: keys.is_fresh(used, nonce, wall_ms),
        )
        return self._again(head)

    def challenges(self) -> list[tuple[str, str]]:
        """Return the headers of a 401."""
        assert self._challenger is not None
        return self._challenger.challenges(stale=self.stale)

    @property
    def spent(self) -> bool:
        """Too many passwords were wrong: the connection ends with this answer."""
        return self._wrong >= MOST_WRONG

    def _again(self, head: Head) -> Judged:
        assert self.route is not None
        if self._challenger is None or self._login is None:
            return Step.TAKE, []
        asked = (head.method, head.target)
        verdict = self._challenger.judge(head.header("authorization"), asked, self._login)
        if verdict is Verdict.HELD and self._known:
            if self.online:
                return Step.TAKE, []
            return Step.WAIT, [LoginProved(serial=self.route.serial)]
        self.stale = verdict is Verdict.STALE
        if verdict in (Verdict.MISSING, Verdict.STALE):
            return Step.DISMISS, []
        self._wrong += 1
        return Step.DISMISS, [LoginFailed(serial=self.route.serial, reason="digest")]
