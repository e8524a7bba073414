"""The first moments of a connection: which dialect it speaks, and who waits at the gate."""

from __future__ import annotations

from tests.support.lines import LineConversation, line_dialect
from tests.support.network import bench, run, with_limits


def test_first_bytes_choose_the_dialect() -> None:
    def begins(letter: bytes) -> object:
        return lambda head: head.startswith(letter)

    async def main() -> None:
        hello = line_dialect("hello", opening=begins(b"HELLO"))  # type: ignore[arg-type]
        beat = line_dialect(
            "beat", opening=lambda head: head[:4] == b"BEAT" if len(head) >= 4 else None
        )
        async with bench(hello, beat) as b:
            first, second, third = await b.call(), await b.call(), await b.call()
            await first.login("T-7")
            second.writer.write(b"BE")
            await second.writer.drain()
            second.writer.write(b"AT\nHELLO T-8\n")
            assert [await second.hear() for _ in range(2)] == ["BEAT", "IN 8"]
            third.say("GET / HTTP/1.1")
            assert await third.ended() == b""
            chosen = {session.device: session.dialect for session in b.shared.registry}
            assert chosen == {7: "hello/1", 8: "beat/1"}
            assert b.counters.counts["closed", "unrecognised"] == 1

    run(main)


def test_a_judge_of_first_bytes_that_raises_is_passed_over() -> None:
    def unable(head: bytes) -> bool:
        raise ZeroDivisionError

    async def main() -> None:
        broken = line_dialect("broken", opening=unable)
        async with bench(broken, line_dialect()) as b:
            caller = await b.call()
            caller.say("BEAT")
            assert await caller.hear() == "BEAT"
            assert b.counters.counts["codec_error", "broken/1"] == 1
        async with bench(broken, broken) as b:
            caller = await b.call()
            caller.say("BEAT")
            assert await caller.ended() == b""
            assert b.counters.counts["closed", "unrecognised"] == 1

    run(main)


def test_nobody_is_asked_where_there_is_no_choice() -> None:
    async def main() -> None:
        async with bench(line_dialect(opening=lambda head: False)) as b:
            caller = await b.call()
            caller.say("BEAT")
            assert await caller.hear() == "BEAT"

    run(main)


class Chatty(LineConversation):
    """Speaks first."""

    def output(self) -> bytes:
        return super().output() or self._greeting()

    def _greeting(self) -> bytes:
        if self.context.settings.get("greeted"):
            return b""
        self.context.settings["greeted"] = True
        return b"WELCOME\n"


def test_a_conversation_may_speak_first() -> None:
    async def main() -> None:
        async with bench(line_dialect(conversation=Chatty)) as b:
            caller = await b.call()
            assert await caller.hear() == "WELCOME"

    run(main)


def test_a_city_that_reconnects_waits_its_turn() -> None:
    async def main() -> None:
        limits = with_limits(strangers=2, strangers_per_address=50)
        async with bench(limits=limits) as b:
            callers = [await b.call() for _ in range(20)]
            for number, caller in enumerate(callers):
                caller.say(f"HELLO T-{number}")
            for number, caller in enumerate(callers):
                assert await caller.hear() == f"IN {number}"
            assert (b.shared.gate.inside, b.shared.gate.strangers) == (20, 0)
            assert b.counters.counts["opened", "plain"] == 20

    run(main)


def test_whoever_waits_is_not_read_and_not_for_ever() -> None:
    async def main() -> None:
        limits = with_limits(strangers=1, patience_seconds=5.0)
        async with bench(limits=limits) as b:
            first, second = await b.call(), await b.call()
            first.say("BEAT")
            assert await first.hear() == "BEAT"
            second.say("HELLO T-8")
            reads = b.shared.traffic.reads
            first.say("BEAT")
            assert await first.hear() == "BEAT"
            assert b.shared.traffic.reads == reads + 1
            b.sweep(after=5.1)
            assert await second.ended() == b""
            assert await first.ended() == b""
            await b.gone()
            assert b.counters.counts["closed", "patience"] == 1
            assert b.counters.counts["closed", "login_timeout"] == 1
            assert b.desk.logins == []
            assert b.shared.gate.strangers == 0

    run(main)


def test_time_spent_waiting_is_not_taken_from_the_login() -> None:
    async def main() -> None:
        async with bench(limits=with_limits(strangers=1)) as b:
            first, second = await b.call(), await b.call()
            first.say("BEAT")
            assert await first.hear() == "BEAT"
            b.sweep(after=9.0)
            await first.login("T-7")
            b.sweep(after=9.0)
            await second.login("T-8")

    run(main)
