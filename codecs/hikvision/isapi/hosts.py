"""Where a terminal reports: its listening hosts (``httpHosts``), and making one of them ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.codecs.errand import Call
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi.abilities import Ability, read_abilities
from gateway.codecs.hikvision.isapi.talk import (
    Ended,
    Work,
    attempt,
    change,
    fetch,
    members,
    put_xml,
    read,
    refuse,
)
from gateway.codecs.hikvision.isapi.texts import XML, write_xml
from gateway.codecs.hikvision.values import text

HOSTS = "/ISAPI/Event/notification/httpHosts"
ROOT = "HttpHostNotification"
NOWHERE = ("", "0.0.0.0")  # noqa: S104 - how a place says that nobody is told there (certain)
HEARTBEAT_S = 30
SECRETS = ("password",)
"""Never read back by a terminal, so they cannot be compared."""
_OPTIONAL = ("uploadImagesDataType", "httpBroken", "SubscribeEvent", "checkResponseEnabled")
"""Sent only where a terminal lists or has them: others may be refused (inferred)."""
_ORDER = (
    "id",
    "url",
    "protocolType",
    "parameterFormatType",
    "addressingFormatType",
    "hostName",
    "ipAddress",
    "portNo",
    "userName",
    "password",
    "httpAuthenticationMethod",
    "uploadImagesDataType",
    "httpBroken",
    "SubscribeEvent",
    "checkResponseEnabled",
)
"""Order of the maker's schema; whether terminals mind is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """How this gateway is entered in a terminal."""

    url: str
    host: str
    is_name: bool
    port: int
    secure: bool
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User name and password, where listening asks for them."""

    def values(self) -> Values:
        """Return the members of the entry."""
        method = "none" if self.login is None else "MD5digest"
        user, password = self.login or ("", "")
        address = {"hostName": self.host} if self.is_name else {"ipAddress": self.host}
        return {
            "url": self.url,
            "protocolType": "HTTPS" if self.secure else "HTTP",
            "parameterFormatType": "JSON",
            "addressingFormatType": "hostname" if self.is_name else "ipaddress",
            **address,
            "portNo": str(self.port),
            **({"userName": user, "password": password} if self.login else {}),
            "httpAuthenticationMethod": method,
            "uploadImagesDataType": "binary",
            "httpBroken": "true",
            "SubscribeEvent": {"heartbeat": str(HEARTBEAT_S), "eventMode": "all"},
            "checkResponseEnabled": "true",
        }


def list_hosts() -> Work[list[Values]]:
    """Return the entries, in the terminal's order."""
    found = (yield from read(HOSTS, f"{ROOT}List")).get(ROOT, [])
    entries = found if isinstance(found, list) else [found]
    return [one for one in entries if isinstance(one, dict)]


def enter(ours: Ours, *, replace: bool) -> Work[str]:
    """Make the terminal report to us, read it back and have it tried; return what the trial said.

    Raises Ended: ``unsupported``, ``host_taken``, ``not_applied``, ``trial_failed``.
    """
    abilities = read_abilities((yield from fetch(f"{HOSTS}/capabilities")))
    wanted = ours.values()
    for name, value in wanted.items():
        if isinstance(value, str) and not abilities.get(name, Ability()).takes(value):
            raise refuse("unsupported", f"{name} cannot be {value} there")
    place = _place((yield from list_hosts()), ours, replace=replace)
    target = f"{HOSTS}/{text(place.get('id')) or '1'}"
    entry = _merged(place, wanted, abilities)
    yield from change(put_xml(target, ROOT, entry, repeatable=True))
    _compare((yield from read(target, ROOT)), wanted, entry)
    return (yield from _try(target, entry))


def _place(entries: list[Values], ours: Ours, *, replace: bool) -> Values:
    """Return our own entry, else a free one, else the first one if it may be taken."""
    path = ours.url.rpartition("/")[0].rpartition("/")[2]
    for entry in entries:
        before = text(entry.get("url"), 256).rpartition("/")[0].rpartition("/")[2]
        if before and before == path:
            return entry
    for entry in entries:
        address = text(entry.get("ipAddress")), text(entry.get("hostName"))
        if address[0] in NOWHERE and not address[1]:
            return entry
    if not entries:
        return {"id": "1"}
    if replace:
        return entries[0]
    told = ", ".join(text(one.get("ipAddress")) or text(one.get("hostName")) for one in entries)
    raise refuse("host_taken", f"it reports to {told} and has no room for another")


def _merged(place: Values, wanted: Values, abilities: Mapping[str, Ability]) -> Values:
    known = {**place, **wanted}
    if "hostName" in wanted:
        known.pop("ipAddress", None)
    else:
        known.pop("hostName", None)
    if wanted["httpAuthenticationMethod"] == "none":
        known = {name: value for name, value in known.items() if name not in ("userName", *SECRETS)}
    for name in _OPTIONAL:
        if name in known and name not in abilities and name not in place:
            del known[name]
    ordered = {name: known.pop(name) for name in _ORDER if name in known}
    return {**ordered, **known}


def _compare(after: Values, wanted: Values, sent: Values) -> None:
    """Raise Ended where the terminal does not have what it was told."""
    differ = [
        name
        for name, value in wanted.items()
        if name in sent
        and name not in SECRETS
        and isinstance(value, str)
        and text(after.get(name), 256).lower() != value.lower()
    ]
    if differ:
        raise refuse("not_applied", f"read back otherwise: {', '.join(differ)}")


def _try(target: str, entry: Values) -> Work[str]:
    """Have the terminal open a connection to us."""
    call = Call(
        method="POST",
        target=f"{target}/test",
        content_type=XML,
        body=write_xml(ROOT, entry),
        repeatable=True,
        seconds=20.0,
    )
    try:
        answer, why = yield from attempt(call)
    except Ended as ended:
        raise refuse(
            "trial_failed", f"it is set, but the trial was not answered: {ended.code}"
        ) from None
    if why is not None and why.code == "unsupported":
        return "this terminal cannot try it"
    if why is not None and not why.done:
        raise refuse("trial_failed", f"it is set, but its trial failed: {why.said}")
    told = "ok" if why is not None else _told(members(answer, "HttpHostTestResult"))
    if told.lower() != "ok":
        raise refuse("trial_failed", f"it is set, but it does not reach us: {told}")
    return told


def _told(result: Values) -> str:
    return text(result.get("errorDescription")) or text(result.get("errorCode")) or "ok"
