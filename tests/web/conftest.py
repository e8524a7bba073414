from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import tools
from tests.support.pages import Pages, serving


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks for a missing tool; in CI it runs, and fails."""
    missing = set(tools.missing())
    if tools.required() or not missing:
        return
    without = [item for item in items if missing & set(getattr(item, "fixturenames", ()))]
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=without)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for tool in tools.missing().values():
        terminalreporter.write_line(f"NOT RUN: {tool.proves} (apt-get install {tool.package})")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A browser."""
    return tools.find("chromium")


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' own checker."""
    return tools.find("promtool")


@pytest.fixture(scope="module")
def running() -> Iterator[Pages]:
    with serving() as pages:
        yield pages


@pytest.fixture
def pages(running: Pages) -> Pages:
    running.reasons.clear()
    return running
