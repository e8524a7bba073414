"""Purity (P12): a codec imports nothing that reads a clock, draws a number or does input or output.

Owns the lists. Reads source text, not behaviour: what a text hides, the guard of `gatepost codec
check` meets when the codec runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from gateway.codecs.kit.case import Case, Tally
from gateway.codecs.kit.report import Finding

FORBIDDEN: Mapping[str, str] = {
    **dict.fromkeys(("time", "sched"), "the time is an argument: use the Instant of feed or tick"),
    **dict.fromkeys(("random", "secrets", "uuid"), "random bytes come from context.entropy(n)"),
    **dict.fromkeys(
        (
            "socket",
            "select",
            "selectors",
            "ssl",
            "http",
            "urllib",
            "requests",
            "asyncio",
            "twisted",
        ),
        "bytes come through feed and leave through output",
    ),
    **dict.fromkeys(
        ("os", "io", "pathlib", "shutil", "tempfile", "glob", "sqlite3"),
        "a codec opens nothing; what it must know is in context.settings",
    ),
    **dict.fromkeys(
        ("threading", "multiprocessing", "subprocess", "signal", "concurrent", "_thread", "ctypes"),
        "a conversation is called by one thread and starts nothing",
    ),
    **dict.fromkeys(("logging", "structlog"), "return an event; the gateway logs"),
    **dict.fromkeys(("importlib", "pickle", "marshal"), "what a codec runs must be in its text"),
}
"""Top-level modules a codec may not import, and what to do instead."""

CALLS: Mapping[str, str] = {
    **dict.fromkeys(("open", "input", "print", "breakpoint"), "a codec has no input or output"),
    **dict.fromkeys(("eval", "exec", "compile", "__import__"), "what runs must be in the text"),
    **dict.fromkeys(
        ("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
        "the time is an argument: use the Instant of feed or tick",
    ),
}
_HOUSE = ("gateway.codecs", "gateway.domain")


def purity(case: Case) -> Finding:
    """P12: the codec's own modules import and call nothing that is forbidden."""
    tally = Tally("P12", "the codec reads no clock, draws no numbers and opens nothing")
    if not case.bench.sources:
        return tally.skipped("its source text was not given")
    broken: list[str] = []
    for file, text in case.bench.sources.items():
        tally.cases += 1
        broken += (f"{file}:{line}: {what}" for line, what in faults(text))
    return tally.failed("\n".join(broken)) if broken else tally.passed()


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the sentence of every forbidden import and call."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _imported(node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from _imported(node.lineno, node.module)
        elif isinstance(node, ast.Call):
            name = ".".join(ast.unparse(node.func).split(".")[-2:])
            if name in CALLS:
                yield node.lineno, f"calls {name}(): {CALLS[name]}"


def _imported(line: int, module: str) -> Iterator[tuple[int, str]]:
    top = module.partition(".")[0]
    if top in FORBIDDEN:
        yield line, f"imports {module}: {FORBIDDEN[top]}"
    elif top == "gateway" and not module.startswith(_HOUSE):
        yield (
            line,
            f"imports {module}: a codec sees gateway.codecs and gateway.domain only",
        )
