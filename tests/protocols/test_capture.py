"""What is captured of sessions, over real sockets, and what capturing must never do."""

from __future__ import annotations

from dataclasses import replace

from gateway.protocols.capture import CaptureLimits, Taps

from gateway.domain.captures import Capture, Redaction
from gateway.domain.ids import Serial
from tests.support.captures import ListInbox
from tests.support.lines import line_dialect
from tests.support.network import Bench, Caller, bench, run

LINES = replace(
    line_dialect(), redact=lambda stream, cut, head: stream.replace(b"secret", bytes(6))
)
"""The miniature protocol, with a word of its own on what is secret."""


def taps(**limits: object) -> tuple[ListInbox, Taps]:
    inbox = ListInbox()
    return inbox, Taps(CaptureLimits(**limits), inbox)  # type: ignore[arg-type]


def said(capture: Capture) -> list[tuple[str, bytes]]:
    """Merge pieces of one direction: how TCP cuts a stream is its own business."""
    found: list[tuple[str, bytes]] = []
    for piece in capture.pieces:
        sign = ">" if piece.inward else "<"
        if found and found[-1][0] == sign:
            found[-1] = sign, found[-1][1] + piece.data
        else:
            found.append((sign, piece.data))
    return found


async def after(caller: Caller, *lines: str) -> None:
    """Say lines, and wait until they have been dealt with."""
    caller.say(*lines, "BEAT")
    while await caller.hear() != "BEAT":
        pass


async def end(b: Bench, caller: Caller) -> None:
    await caller.hang_up()
    await b.gone()


def test_what_does_not_decode_is_kept_with_what_led_to_it_and_what_was_answered() -> None:
    async def main() -> None:
        inbox, made = taps()
        async with bench(LINES, taps=made) as b:
            caller = await b.call()
            await caller.login("T-7")
            await after(caller)
            assert inbox.kept == []
            b.clock.pass_(2.0)
            await after(caller, "NOISE")
            (kept,) = inbox.kept
            assert said(kept) == [
                (">", b"HELLO T-7\n"),
                ("<", b"IN 7\n"),
                (">", b"BEAT\n"),
                ("<", b"BEAT\n"),
                (">", b"NOISE\nBEAT\n"),
                ("<", b"BEAT\n"),
            ]
            assert (kept.serial, kept.peer, kept.dialect) == ("T-7", "127.0.0.1", "lines/1")
            assert (kept.code, kept.whole) == ("damaged.magic", True)
            assert kept.redaction is Redaction.DIALECT
            assert kept.pieces[-1].at_ms - kept.pieces[0].at_ms == 2000
            await after(caller, "RUDE")
            await after(caller, "WHAT")
            assert [one.code for one in inbox.kept[1:]] == ["misbehaved.order", "unknown.0000"]
            assert said(inbox.kept[1]) == [
                *said(kept),
                (">", b"RUDE\nBEAT\n"),
                ("<", b"BEAT\n"),
            ]

    run(main)


def test_a_codec_that_raises_leaves_what_made_it_raise() -> None:
    async def main() -> None:
        inbox, made = taps()
        async with bench(LINES, taps=made) as b:
            caller = await b.call()
            await caller.login("T-7")
            caller.say("BOOM secret")
            assert await caller.ended() == b""
            await b.gone()
            (kept,) = inbox.kept
            assert kept.code == "codec_error"
            assert said(kept)[-1] == (">", b"BOOM " + bytes(6) + b"\n")

    run(main)


def test_a_stranger_is_named_by_its_address_only() -> None:
    async def main() -> None:
        inbox, made = taps()
        async with bench(LINES, taps=made) as b:
            caller = await b.call()
            caller.say("NOISE", "BYE")
            assert await caller.ended() == b"BYE\n"
            await b.gone()
            assert [(one.serial, one.peer) for one in inbox.kept] == [(None, "127.0.0.1")]
            assert inbox.asked == [(None, "damaged.magic")]

    run(main)


def test_first_bytes_of_no_dialect_are_kept() -> None:
    def never(head: bytes) -> bool | None:
        return None if len(head) < 4 else False

    async def main() -> None:
        inbox, made = taps(head_bytes=6)
        served = (line_dialect("one", opening=never), line_dialect("two", opening=never))
        async with bench(*served, taps=made) as b:
            caller = await b.call()
            caller.writer.write(b"GET /secrets")
            assert await caller.ended() == b""
            await b.gone()
            (kept,) = inbox.kept
            assert (kept.code, kept.dialect) == ("unrecognised", "unknown")
            assert [piece.data for piece in kept.pieces] == [b"GET /s" + bytes(6)]

    run(main)


def test_an_inbox_that_takes_nothing_costs_nothing_else() -> None:
    async def main() -> None:
        inbox, made = taps()
        inbox.shut = True
        async with bench(LINES, taps=made) as b:
            caller = await b.call()
            await caller.login("T-7")
            await after(caller, "NOISE", "NOISE")
            caller.say("REC 1")
            assert await b.desk.happened.get() == ("login", "T-7")
            assert await b.desk.happened.get() == ("record", 1)
            assert inbox.kept == []
            inbox.shut = False
            await after(caller, "NOISE")
            assert said(inbox.kept[0])[0] == (">", b"HELLO T-7\n")
            await end(b, caller)
        assert made.budget.held == 0
        assert made.known == {}

    run(main)


def test_without_the_dialects_word_only_heads_of_runs_are_kept() -> None:
    async def main() -> None:
        inbox, made = taps(head_bytes=8)
        async with bench(taps=made) as b:
            caller = await b.call()
            await caller.login("T-7")
            await after(caller, "CLOCK 12345", "NOISE")
            (kept,) = inbox.kept
            assert kept.redaction is Redaction.HEAD
            assert said(kept) == [
                (">", b"HELLO T-" + bytes(2)),
                ("<", b"IN 7\n"),
                (">", b"CLOCK 12" + bytes(15)),
                ("<", b"BEAT\n"),
            ]
            b.clock.pass_(301.0)
            await after(caller, "NOISE")
            assert said(inbox.kept[1])[0] == (">", bytes(11)), "it may begin inside a message"
            assert not inbox.kept[1].whole

    run(main)


def test_a_dialect_that_redacts_wrongly_is_not_believed() -> None:
    def shortens(stream: bytes, cut: bool, head: int) -> bytes:
        return stream[:-1]

    def raises(stream: bytes, cut: bool, head: int) -> bytes:
        raise ZeroDivisionError

    async def main() -> None:
        for redact in (shortens, raises):
            inbox, made = taps(head_bytes=2)
            async with bench(replace(LINES, redact=redact), taps=made) as b:
                caller = await b.call()
                await caller.login("T-7")
                await after(caller, "NOISE")
                assert inbox.kept[0].redaction is Redaction.HEAD
                assert said(inbox.kept[0])[0] == (">", b"HE" + bytes(8))

    run(main)


def test_a_recording_holds_everything_until_its_time_is_up() -> None:
    async def main() -> None:
        inbox, made = taps(ring_bytes=512, ring_seconds=5)
        async with bench(LINES, taps=made) as b:
            caller = await b.call()
            await caller.login("T-7")
            serial = Serial("T-7")
            assert made.record(serial, seconds=60, full=True, now=b.clock.now)
            assert not made.record(Serial("T-8"), seconds=60, full=False, now=b.clock.now)
            for _ in range(5):
                await after(caller, "CLOCK 1", "NOISE secret")
                b.clock.pass_(10.0)
            assert inbox.kept == []
            b.clock.pass_(10.0)
            await after(caller)
            (kept,) = inbox.kept
            assert (kept.code, kept.redaction) == ("damaged.magic", Redaction.NONE)
            both = b"".join(data for _, data in said(kept))
            assert both.count(b"NOISE secret") == 5
            assert list(made.recordings) == ["T-8"]
            await after(caller, "NOISE secret")
            assert inbox.kept[1].redaction is Redaction.DIALECT

    run(main)


def test_a_recording_goes_on_over_connections_and_ends_with_its_bytes() -> None:
    async def main() -> None:
        inbox, made = taps(recording_bytes=9000)
        async with bench(LINES, taps=made) as b:
            made.record(Serial("T-7"), seconds=600, full=False, now=b.clock.now)
            for _ in range(4):
                caller = await b.call()
                await caller.login("T-7")
                await after(caller, "CLOCK 1")
                await end(b, caller)
            assert [one.code for one in inbox.kept] == ["recording"] * 3
            assert {one.redaction for one in inbox.kept} == {Redaction.DIALECT}
            assert made.recordings == {}

    run(main)


def test_always_stores_what_would_be_forgotten_and_the_rest_at_the_end() -> None:
    async def main() -> None:
        inbox, made = taps(always=True, ring_bytes=512)
        async with bench(LINES, taps=made) as b:
            caller = await b.call()
            await caller.login("T-7")
            for _ in range(20):
                await after(caller)
            await end(b, caller)
            assert len(inbox.kept) > 2
            assert {one.code for one in inbox.kept} == {"always"}
            inward = b"".join(p.data for one in inbox.kept for p in one.pieces if p.inward)
            assert inward == b"HELLO T-7\n" + b"BEAT\n" * 20

    run(main)
