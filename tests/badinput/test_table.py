"""The page is the list of what these suites drive."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from gateway.monitoring.events import EVENTS
from gateway.monitoring.metrics import declared

from tests.badinput.table import promises

HERE = Path(__file__).parent
SUITES = (HERE, HERE.parent / "verification")


def texts() -> Iterator[object]:
    """Every literal in the tests of these suites; the names of rows are among them."""
    for path in (path for suite in SUITES for path in suite.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant):
                yield node.value


def test_every_row_is_driven() -> None:
    assert len(promises()) > 20
    assert promises().keys() - set(texts()) == set()


def test_what_the_page_names_exists() -> None:
    metrics = {metric.name for metric in declared()}
    for name, promise in promises().items():
        for word in promise.seen:
            if word.startswith("gatepost_"):
                assert word.partition("{")[0] in metrics, name
            elif not word.startswith(("/", "config.", "directory.")):
                assert word in EVENTS, name
