"""Codecs and services that raise or talk nonsense hurt one connection and no other."""

from __future__ import annotations

import pytest
from gateway.codecs.api import Context

from gateway.domain.events import Event
from gateway.domain.requests import Farewell, Parting, Request
from gateway.domain.times import Instant
from tests.support.lines import LineConversation, line_dialect, passage
from tests.support.network import bench, run


def test_a_codec_that_raises_hurts_only_its_own_connection() -> None:
    async def main() -> None:
        async with bench() as b:
            faulty, fine = await b.call(), await b.call()
            await faulty.login("T-7")
            await fine.login("T-8")
            faulty.say("REC 1", "BOOM")
            assert await faulty.ended() == b""
            fine.say("BEAT")
            assert await fine.hear() == "BEAT"
            assert b.counters.counts["codec_error", "lines/1"] == 1
            assert b.counters.counts["closed", "codec_error"] == 1
            (line,) = b.log.named("session.codec_error")
            assert (line["serial"], line["error"]) == ("T-7", "Boom")
            assert str(line["at"]).startswith("lines.py:")
            assert "somebody's name" not in str(b.log.lines)

    run(main)


class Nonsense(LineConversation):
    """Says things that are no bytes, no times and no events."""

    what = ""

    def output(self) -> bytes:
        return 1 if self._serial and self.what == "output" else super().output()  # type: ignore[return-value]

    def deadline(self) -> float | None:
        return "soon" if self._serial and self.what == "deadline" else None  # type: ignore[return-value]

    def lost(self, now: object) -> list[object]:  # type: ignore[override]
        return ["a will"] if self.what == "lost" else []


@pytest.mark.parametrize(
    ("what", "ending"),
    [("output", "codec_error"), ("deadline", "codec_error"), ("lost", "peer_closed")],
)
def test_a_codec_may_talk_nonsense(what: str, ending: str) -> None:
    async def main() -> None:
        kind = type("Kind", (Nonsense,), {"what": what})
        async with bench(line_dialect(conversation=kind)) as b:
            caller, fine = await b.call(), await b.call()
            caller.say("HELLO T-7")
            assert await b.desk.happened.get() == ("login", "T-7")
            if what == "lost":
                assert await caller.hear() == "IN 7"  # unread bytes would turn the FIN into a reset
                await caller.hang_up()
            b.sweep()
            assert await b.desk.happened.get() == ("lost", 7, ending)
            fine.say("BEAT")
            assert await fine.hear() == "BEAT"
            assert len(b.log.named("session.codec_error")) == (what != "lost")
            assert len(b.log.named("session.handling_error")) == (what == "lost")

    run(main)


class Faulty(LineConversation):
    """Raises in one method, once somebody logged in."""

    method = ""

    def submit(self, request: Request, now: Instant) -> list[Event]:
        if isinstance(request, Farewell):
            self._maybe("submit")
        return super().submit(request, now)

    def output(self) -> bytes:
        self._maybe("output")
        return super().output()

    def deadline(self) -> float | None:
        self._maybe("deadline")
        return 0.0

    def tick(self, now: object) -> list[object]:  # type: ignore[override]
        self._maybe("tick")
        return []

    def lost(self, now: object) -> list[object]:  # type: ignore[override]
        self._maybe("lost")
        return []

    def _maybe(self, method: str) -> None:
        if self._serial and type(self).method == method:
            raise ZeroDivisionError


def test_every_method_of_a_codec_may_raise() -> None:
    async def main() -> None:
        for method in ("submit", "output", "deadline", "tick", "lost"):
            kind = type("Kind", (Faulty,), {"method": method})
            async with bench(line_dialect(conversation=kind)) as b:
                caller = await b.call()
                caller.say("HELLO T-7")
                assert await b.desk.happened.get() == ("login", "T-7")
                if method == "lost":
                    assert await caller.hear() == "IN 7"
                    await caller.hang_up()
                for session in b.shared.registry:
                    if method == "submit":
                        session.close(Parting.REVOKED)
                b.sweep()
                await b.gone()
                assert b.counters.counts["codec_error", "lines/1"] == 1, method
                assert await b.desk.happened.get() == (
                    ("lost", 7, "peer_closed" if method == "lost" else "codec_error")
                )

    run(main)


def test_a_codec_that_cannot_begin_is_its_own_connections_end() -> None:
    def unable(context: Context) -> LineConversation:
        raise ZeroDivisionError

    async def main() -> None:
        async with bench(line_dialect(conversation=unable)) as b:
            caller = await b.call()
            assert await caller.ended() == b""
            await b.gone()
            assert b.counters.counts["codec_error", "unknown"] == 1

    run(main)


def test_a_service_that_raises_hurts_only_one_connection() -> None:
    async def main() -> None:
        async with bench() as b:
            b.desk.faulty = True
            caller, fine = await b.call(), await b.call()
            await caller.login("T-7")
            await fine.login("T-8")
            caller.say("REC 1")
            assert await caller.ended() == b""
            fine.say("BEAT")
            assert await fine.hear() == "BEAT"
            assert b.counters.counts["closed", "handling_error"] == 1
            assert b.counters.counts["codec_error", "lines/1"] == 0

    run(main)


class BadLoser(LineConversation):
    """Reports a record when it is told farewell."""

    def submit(self, request: Request, now: Instant) -> list[Event]:
        events = super().submit(request, now)
        return [*events, passage(1)] if isinstance(request, Farewell) else events


def test_a_farewell_that_goes_wrong_is_charged_to_its_own_connection() -> None:
    async def main() -> None:
        async with bench(line_dialect(conversation=BadLoser)) as b:
            b.desk.faulty = True
            older, newer = await b.call(), await b.call()
            await older.login("T-7")
            await newer.login("T-7")
            assert await older.ended() == b""
            newer.say("BEAT")
            assert await newer.hear() == "BEAT"
            assert b.counters.counts["closed", "handling_error"] == 1

    run(main)
