"""The chain of the audit trail: the two worked vectors, and what breaks it."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.audit import BEGINNING, AuditEntry, AuditLine, Chain, chained, text

READ = AuditEntry(at_ms=1_562_886_129_000, actor="u1", action="READ_ID", subject="w42")
EXPORT = AuditEntry(at_ms=1_562_886_180_999, actor="u1", action="EXPORT", subject="p7")


def trail(*entries: AuditEntry) -> list[AuditLine]:
    before, lines = BEGINNING, []
    for seq, entry in enumerate(entries, 1):
        before = chained(before, seq, entry)
        lines.append(AuditLine(seq=seq, entry=entry, hash=before))
    return lines


def unbroken(lines: list[AuditLine]) -> int:
    chain = Chain()
    all(chain.follows(line) for line in lines)
    return chain.lines


def test_the_worked_vectors() -> None:
    assert text(1, READ) == "1|2019-07-12T07:02:09+08:00|u1|READ_ID|w42"
    assert text(2, EXPORT) == "2|2019-07-12T07:03:00+08:00|u1|EXPORT|p7"
    first, second = trail(READ, EXPORT)
    assert first.hash.hex() == "ade99ad1012ad0f1b065825af5e5fd2e9f285554bd9b856ddf9acf0b130ac839"
    assert second.hash.hex() == "3f43a4af8831f00a9a10ef363f1c80e2a88433e991259ac2fe3b84694cef30a3"


def test_a_field_cannot_pass_for_two() -> None:
    sly = replace(READ, subject="w42|x", detail="100%\n2|")
    assert text(1, sly).endswith("|w42%7Cx|100%25%0A2%7C")


def test_a_changed_a_removed_and_a_swapped_line_break_the_chain_where_they_are() -> None:
    lines = trail(READ, EXPORT, READ, EXPORT)
    assert unbroken(lines) == 4
    changed = replace(lines[2], entry=replace(READ, subject="w43"))
    assert unbroken([*lines[:2], changed, lines[3]]) == 2
    assert unbroken([lines[0], *lines[2:]]) == 1
    assert unbroken([lines[0], lines[2], lines[1], lines[3]]) == 1
    assert unbroken(lines[1:]) == 0
