"""The judge itself: an honest store passes, and every kind of broken promise is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gateway.codecs.yls.device_events import Conflicting

from tests.crash.verdict import Found, violations
from tests.support.recorders import Told


def honest() -> tuple[Told, Found]:
    told = Told(
        sent={1: (1_000, 7), 2: (2_000, 8), 3: (3_000, 9)},
        acknowledged={1, 2},
        pictures={2: "aa", 3: "bb"},
        delivered={2},
    )
    found = Found(
        passages=[(1, 1_000, 7), (2, 2_000, 8), (3, 3_000, 9)],
        identities=[1, 2, 3],
        forwarded=3,
        pictures=["aa", "bb"],
    )
    return told, found


def test_what_is_stored_and_not_yet_acknowledged_is_no_broken_promise() -> None:
    told, found = honest()
    assert violations("A", told, found) == []


TAMPERING: dict[str, Callable[[Told, Found], object]] = {
    "acknowledged, not stored": lambda told, found: found.passages.pop(0),
    "stored twice": lambda told, found: found.passages.append((1, 1_000, 7)),
    "identity without a row": lambda told, found: found.identities.append(4),
    "row without an identity": lambda told, found: found.identities.remove(1),
    "stored, never sent": lambda told, found: told.sent.pop(1),
    "sent, not stored": lambda told, found: told.sent.update({4: (4_000, 1)}),
    "stored otherwise than sent": lambda told, found: told.sent.update({1: (1_000, 1)}),
    "picture acknowledged, not stored": lambda told, found: found.pictures.remove("aa"),
    "picture sent, not stored": lambda told, found: found.pictures.remove("bb"),
    "picture stored twice": lambda told, found: found.pictures.append("aa"),
    "picture stored, never sent": lambda told, found: found.pictures.append("cc"),
    "2 outbox rows for 3 passages": lambda told, found: setattr(found, "forwarded", 2),
    "1 records in quarantine": lambda told, found: setattr(found, "aside", 1),
    "was told": lambda told, found: told.complaints.append(Conflicting(keys=((1, 1),))),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_every_broken_promise_is_found(what: str) -> None:
    told, found = honest()
    TAMPERING[what](told, found)
    assert any(what in broken for broken in violations("A", told, found))
