"""What a terminal tells of itself, as names and contents for people; secrets are not among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gateway.codecs.errand import Terms
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi.clock import read_clock
from gateway.codecs.hikvision.isapi.hosts import list_hosts
from gateway.codecs.hikvision.isapi.questions import ACCESS, read_questions
from gateway.codecs.hikvision.isapi.talk import Work, fetch, members, read
from gateway.codecs.hikvision.values import text

from gateway.domain.maintenance import Describe, Topic

DEVICE = "/ISAPI/System/deviceInfo"
MOST_FACTS = 100
_HIDDEN = ("password", "userName")
Facts = tuple[tuple[str, str], ...]


def describe(order: Describe, terms: Terms) -> Work[Facts]:
    """Return what is asked for."""
    return (yield from TOPICS[order.topic](terms))


def identity() -> Work[Values]:
    """Return deviceInfo."""
    return (yield from read(DEVICE, "DeviceInfo"))


def facts(values: Values) -> Facts:
    """Return every single value, members of members by a dotted name."""
    found = [one for one in _flat(values, "") if one[0].rpartition(".")[2] not in _HIDDEN]
    return tuple(found[:MOST_FACTS])


def _flat(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner, one in value.items():
            yield from _flat(one, f"{name}.{inner}" if name else inner)
    elif isinstance(value, list):
        for at, one in enumerate(value, 1):
            yield from _flat(one, f"{name}.{at}")
    else:
        yield name, str(value).lower() if isinstance(value, bool) else text(value, 256)


def _identity(terms: Terms) -> Work[Facts]:
    del terms
    return facts((yield from identity()))


def _abilities(terms: Terms) -> Work[Facts]:
    del terms
    return facts(members((yield from fetch(ACCESS)), "AccessControl"))


def _clock(terms: Terms) -> Work[Facts]:
    told, ahead_ms = yield from read_clock(int(terms.settings.get("utc_offset_minutes", 480)))
    return (*facts(told), ("ahead_seconds", f"{ahead_ms / 1000:.1f}"))


def _reporting(terms: Terms) -> Work[Facts]:
    del terms
    shown: Values = {}
    for entry in (yield from list_hosts()):
        # The last part of our own path is what identifies the terminal: nobody needs to see it.
        url = text(entry.get("url"), 256)
        hidden = f"{url.rpartition('/')[0]}/…" if url.startswith("/hik/") else url
        shown[text(entry.get("id"))] = {**entry, "url": hidden}
    return facts(shown)


def _questions(terms: Terms) -> Work[Facts]:
    del terms
    return facts((yield from read_questions()))


TOPICS: dict[Topic, Callable[[Terms], Work[Facts]]] = {
    Topic.IDENTITY: _identity,
    Topic.ABILITIES: _abilities,
    Topic.CLOCK: _clock,
    Topic.REPORTING: _reporting,
    Topic.QUESTIONS: _questions,
}
