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
    search_first_seconds: float = setting(
        10.0,
        "Seconds after which a terminal's memory is searched for records that are missing here.",
        why="The rest of an outage comes by itself, and a search for it would be for nothing.",
        ge=1,
        le=3_600,
    )
    search_longest_seconds: float = setting(
        3_600.0,
        "Longest pause between two searches for the same records, in seconds.",
        why="Pauses double up to it: a terminal keeps its records for weeks.",
        ge=10,
        le=86_400,
    )
    search_attempts: int = setting(
        24,
        "Searches for the same records before they are called lost.",
        why="With the pauses above that is most of a day.",
        ge=1,
        le=1_000,
    )
    longest_wait_seconds: int = setting(
        86_400,
        "Seconds an order may at most wait for its terminal to be there.",
        why="After a day nobody remembers why it was given.",
        ge=1,
        le=604_800,
    )
