"""What may be set for orders to terminals."""

from __future__ import annotations

from gateway.setting_kinds import Section, setting


class CommandsSection(Section):
    """Orders to terminals; see commands.md."""

    queued: int = setting(
        500,
        "Orders that may wait for one terminal.",
        why="More than a day of orders to one terminal is a mistake of whoever gives them.",
        ge=1,
        le=100_000,
    )
    answer_seconds: float = setting(
        60.0,
        "Seconds after which an order without an outcome counts as unknown.",
        why="Twice the longest a terminal may think; until then it gets no other order.",
        ge=5,
        le=3_600,
    )
    longest_wait_seconds: int = setting(
        86_400,
        "Seconds an order may at most wait for its terminal to be there.",
        why="After a day nobody remembers why it was given.",
        ge=1,
        le=604_800,
    )
