"""The protocol's document against the code: every number and every conversation stands in both."""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path

import pytest
from gateway.codecs.yls import limits
from gateway.codecs.yls.registers import CAPABILITIES, Command, Fault, Result, Tlv

DOCUMENT = (Path(__file__).parents[3] / "docs" / "protocols" / "yls.md").read_text("utf-8")
CONVERSATIONS = ("4.4", "7.2", "7.7", "8", "10.3", "11.3", "12", "13.2", "14.3", "15.3")
"""Buses, login, new keys, staying in touch, records, verification, blobs, people, orders,
firmware."""

PAIR = r"0x([0-9A-F]{4}) ([A-Z0-9_]+)"


def section(number: str) -> str:
    """Return a section with its subsections left out."""
    title = re.search(rf"^##+ {re.escape(number)}\.? ", DOCUMENT, re.MULTILINE)
    assert title, number
    end = re.search(r"^##", DOCUMENT[title.end() :], re.MULTILINE)
    return DOCUMENT[title.end() : title.end() + end.start() if end else None]


def rows(number: str) -> dict[int, str]:
    """Read the tables of a section: names by number, rows of several taken apart."""
    found: dict[int, str] = {}
    for line in section(number).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        spans = re.findall(r"0x([0-9A-Fa-f]{4})(?:–0x([0-9A-Fa-f]{4}))?", cells[0])
        if not spans or len(cells) < 2:
            continue
        numbers = [n for a, b in spans for n in range(int(a, 16), int(b or a, 16) + 1)]
        plain = re.sub(r"\([^)]*\)", "", cells[1])
        names = re.findall(r"[A-Z][A-Z0-9_]+", plain)
        found |= dict(zip(numbers, names, strict=False))
    return found


def numbered(kind: type[IntEnum]) -> dict[int, str]:
    return {one.value: one.name for one in kind}


@pytest.mark.parametrize(
    ("number", "kind"),
    [("16.1", Command), ("16.2", Tlv), ("14.5", Fault)],
    ids=lambda one: str(one),
)
def test_every_number_has_its_name_in_the_document(number: str, kind: type[IntEnum]) -> None:
    reserved = {int(n, 16): name for n, name in re.findall(PAIR, section("20"))}
    wanted = {n: name for n, name in numbered(kind).items() if reserved.get(n) != name}
    assert rows(number) == wanted


def test_every_result_stands_in_its_table() -> None:
    pairs = re.findall(PAIR, section("16.5"))
    assert {int(value, 16): name for value, name in pairs} == numbered(Result)


@pytest.mark.parametrize("number", CONVERSATIONS)
def test_every_conversation_has_its_states_drawn(number: str) -> None:
    assert "stateDiagram-v2" in section(number)


def test_capabilities_and_limits_are_those_of_the_code() -> None:
    bits = re.findall(r"(\d+) [a-zA-Z]", section("16.4").partition("METHOD")[0])
    assert [int(bit) for bit in bits] == list(range(len(CAPABILITIES)))
    stated = section("16.6")
    for text in (
        f"| verifications open | {limits.MOST_VERIFICATIONS} on a connection |",
        f"| frames that cannot be trusted | {limits.MOST_BAD_MACS} in a session |",
        f"| login | {limits.LOGIN_SECONDS:g} s |",
        f"{limits.MOST_SNAPSHOT // 1024} KiB; {limits.MOST_LANE_PICTURE // 1024} KiB while",
    ):
        assert text in stated, text
