"""The page of bad input names tests, codes, metrics and log events that there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.monitoring.events import EVENTS
from gateway.monitoring.metrics import declared

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "protocols" / "hikvision-bad-input.md"
WORD = re.compile(r"`([^`]+)`")
SOURCES = ("codecs/hikvision", "codecs/http")


def rows() -> dict[str, tuple[list[str], list[str]]]:
    """What the operator sees, and the tests, of every input."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[3] not in ("Test", ""):
            found[cells[0]] = (WORD.findall(cells[2]), WORD.findall(cells[3]))
    return found


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def literals() -> Iterator[str]:
    for folder in SOURCES:
        for path in (ROOT / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


ROWS = rows()
CODES = set(literals())
METRICS = {metric.name for metric in declared()}


def test_every_family_of_input_is_there() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_tests_and_names_nothing_that_is_not_there(row: str) -> None:
    seen, tests = ROWS[row]
    assert tests
    for test in tests:
        path, _, name = test.partition("::")
        assert name in functions(ROOT / "tests" / path), test
    for word in seen:
        if word.startswith("gatepost_"):
            assert word.partition("{")[0] in METRICS, word
        elif "." in word:
            assert word in EVENTS, word
        else:
            assert word in CODES or word.removeprefix("multipart_") in CODES, word
