"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOUNTED = ("codecs", "matcher", "monitoring", "protocols", "storage")
SOURCES = sorted(
    path
    for folder in ("gateway", *MOUNTED)
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
MEDIAN_MODULE = 150


def settings() -> dict[str, object]:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert isinstance(tool, dict)
    return tool


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE
    assert [entry for entry in functions(path) if entry[1] > LONGEST_FUNCTION] == []


def test_the_median_module_is_small() -> None:
    assert statistics.median(len(p.read_text().splitlines()) for p in SOURCES) <= MEDIAN_MODULE


def test_no_module_is_imported_past_the_one_import_root() -> None:
    bypass = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(MOUNTED)})(?:\.|\s|$)", re.MULTILINE)
    everything = [*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    # `import codecs` alone is the standard library's module and allowed.
    guilty = [
        p.name for p in everything if bypass.search(p.read_text().replace("import codecs\n", ""))
    ]
    assert guilty == []


def test_every_package_is_in_the_wheel() -> None:
    tool = settings()["setuptools"]
    assert isinstance(tool, dict)
    found = set()
    for path in SOURCES:
        if path.name == "__init__.py":
            parts = path.parent.relative_to(ROOT).parts
            found.add(".".join(parts if parts[0] == "gateway" else ("gateway", *parts)))
    assert set(tool["packages"]) == found


def test_the_name_codecs_still_means_the_standard_library() -> None:
    code = "import codecs; print(codecs.lookup('gbk').name, hasattr(codecs, 'api'))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["gbk", "False"]


def test_lock_files_carry_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9.\-]+(?:\[[a-z,]+\])?==", text, re.MULTILINE)
        assert pins
        blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
        assert all("--hash=sha256:" in block for block in blocks)
