"""The catalogue of log events has teeth: source, declarations and documentation must agree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gateway.monitoring.events import EVENTS

from tools.reference import FOLDER, events_page

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("gateway", "protocols", "storage", "monitoring", "codecs", "matcher")
LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
}
NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
LOGGER = re.compile(r"_?(\w+_)?log(ger)?")


class Use(NamedTuple):
    """A place where an event is logged."""

    event: str
    level: str | None
    """None where the call does not tell."""
    place: str


def receiver(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return receiver(node.func).removeprefix("get_")
    return node.id if isinstance(node, ast.Name) else ""


def choices(node: ast.expr) -> list[str] | None:
    """Return the literal texts an argument can have; None when it is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        body, orelse = choices(node.body), choices(node.orelse)
        return None if body is None or orelse is None else body + orelse
    return None


def uses(tree: ast.AST, place: str) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if not (LOGGER.fullmatch(receiver(node.func.value)) and node.args):
                continue
            level = LEVELS.get(node.func.attr)
            if level is not None:
                names = choices(node.args[0])
                for name in ["(no literal)"] if names is None else names:
                    yield Use(name, level, f"{place}:{node.lineno}")
        elif isinstance(node, ast.Dict):
            # What comes past a logger: a line that is put together by hand.
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "event":
                    for name in choices(value) or []:
                        yield Use(name, None, f"{place}:{node.lineno}")


def all_uses() -> list[Use]:
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return [
        use
        for path in paths
        for use in uses(ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)))
    ]


def test_the_walker_finds_what_is_logged() -> None:
    source = """
self._log.info("a.one", x=1)
log.warning("a.two" if x else "a.three")
get_logger().exception("a.four")
log.error(name)
log.info(f"b.{name}")
put({"event": "a.five", "level": "info"})
math.log.info
parser.error("not an event")
self._log.info()
"""
    assert sorted(use[:2] for use in uses(ast.parse(source), "x.py") if use.level) == [
        ("(no literal)", "error"),
        ("(no literal)", "info"),
        ("a.four", "error"),
        ("a.one", "info"),
        ("a.three", "warning"),
        ("a.two", "warning"),
    ]
    assert [use.event for use in uses(ast.parse(source), "x.py") if not use.level] == ["a.five"]


def test_names_are_dotted_and_sorted() -> None:
    assert list(EVENTS) == sorted(EVENTS)
    assert [name for name in EVENTS if not NAME.fullmatch(name)] == []
    assert [name for name, event in EVENTS.items() if not event.says.endswith(".")] == []


def test_everything_logged_is_declared() -> None:
    assert [use for use in all_uses() if use.event not in EVENTS] == []


def test_everything_declared_is_logged() -> None:
    assert set(EVENTS) - {use.event for use in all_uses()} == set()


def test_levels_are_those_declared() -> None:
    wrong = [
        use
        for use in all_uses()
        if use.event in EVENTS and use.level not in (None, EVENTS[use.event].level)
    ]
    assert wrong == []


def test_the_operators_page_is_up_to_date() -> None:
    text = (FOLDER / "log-events.md").read_text(encoding="utf-8")
    assert text == events_page(), "run `python -m tools.reference`"
