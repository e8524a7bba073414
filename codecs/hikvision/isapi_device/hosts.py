"""Where a terminal was told to report: httpHosts. It has one place for it (certain)."""

from __future__ import annotations

from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.reading import document
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, done, lack, members, shown
from gateway.codecs.hikvision.values import number, text

FREE = "0.0.0.0"  # noqa: S104 - how a place says that nobody is told there (certain)
MOST_URL = 256
NEEDED = ("url", "protocolType", "addressingFormatType", "portNo", "httpAuthenticationMethod")
METHODS = ("MD5digest", "none", "base64", "basic")
PROTOCOLS = ("HTTP", "HTTPS", "EHome")
KNOWN = (
    "id",
    "url",
    "protocolType",
    "parameterFormatType",
    "addressingFormatType",
    "ipAddress",
    "hostName",
    "portNo",
    "userName",
    "httpAuthenticationMethod",
    "uploadImagesDataType",
    "httpBroken",
    "checkResponseEnabled",
)
"""What is kept and shown again; a password is kept and never shown."""


class Hosts:
    """The one listening host."""

    def __init__(self, habits: Habits) -> None:
        self._habits = habits
        self.host: Values = {
            "id": "1",
            "url": "/",
            "protocolType": "HTTP",
            "parameterFormatType": "XML",
            "addressingFormatType": "ipaddress",
            "ipAddress": FREE,
            "portNo": "80",
            "userName": "",
            "httpAuthenticationMethod": "none",
            "httpBroken": "false",
        }
        self.tests = 0
        """How often somebody had the host tried."""

    def show_all(self, request: Asked) -> Reply:
        """Show the list."""
        del request
        inner = f"<HttpHostNotification>{self._shown()}</HttpHostNotification>"
        return shown("HttpHostNotificationList", inner, self._served)

    def show(self, request: Asked) -> Reply:
        """Show the one."""
        self._served_id(request)
        return shown("HttpHostNotification", self._shown(), self._served)

    def capabilities(self, request: Asked) -> Reply:
        """Say what can be set."""
        del request
        opts = "".join(
            f'<{name} opt="{",".join(values)}"/>'
            for name, values in (
                ("protocolType", PROTOCOLS[:2]),
                ("parameterFormatType", ("XML", "JSON")),
                ("addressingFormatType", ("ipaddress", "hostname")),
                ("httpAuthenticationMethod", METHODS[:2]),
                ("httpBroken", ("true", "false")),
                ("checkResponseEnabled", ("true", "false")),
            )
        )
        inner = f'<hostNumber>1</hostNumber><urlLen max="{MOST_URL}"/>{opts}'
        return shown("HttpHostNotificationCap", inner, self._served)

    def put(self, request: Asked) -> Reply:
        """Set it, alone or in a list."""
        told = document(request)
        if "HttpHostNotification" in told:
            told = told["HttpHostNotification"]
        if not isinstance(told, dict):
            raise Unwilling("badParameters", "HttpHostNotification")
        _judge(told)
        self.host = {"id": "1", **told}
        return done(self._served, json_=False)

    def test(self, request: Asked) -> Reply:
        """Try the host: the terminal opens a connection, here as soon as it can."""
        self._served_id(request)
        if self.host.get("ipAddress") == FREE:
            raise Unwilling("invalidOperation", "ipAddress")
        self.tests += 1
        return shown("HttpHostTestResult", members({"errorDescription": "ok"}), self._served)

    @property
    def _served(self) -> Habits:
        if not self._habits.hosts:
            raise Unwilling("notSupport")
        return self._habits

    def _served_id(self, request: Asked) -> None:
        if request.path.split("/")[5] != "1":
            raise Unwilling("badParameters", "id")

    def _shown(self) -> str:
        return members({name: self.host[name] for name in KNOWN if name in self.host})


def _judge(told: Values) -> None:
    """Raise Unwilling for what cannot be set."""
    for name in NEEDED:
        if not text(told.get(name)):
            raise lack(name)
    port, method = number(told["portNo"]), told["httpAuthenticationMethod"]
    faults = {
        "protocolType": told["protocolType"] not in PROTOCOLS,
        "httpAuthenticationMethod": method not in METHODS,
        "portNo": port is None or not 0 < port < 1 << 16,
        "url": len(str(told["url"])) > MOST_URL,
        "password": method == "none" and bool(text(told.get("password"))),
    }
    for name, wrong in faults.items():
        if wrong:
            raise Unwilling("badParameters", name)
